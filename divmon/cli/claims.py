"""`divmon claims`: what is said of the market, against the data."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from divmon.cli import exits
from divmon.cli.gathering import Asked, asks, print_reading, to_json

if TYPE_CHECKING:
    from divmon.reading.model import Reading

SIGNS = {"true": "✔", "false": "✘", "only-under": "~", "cannot-tell": "?"}
TEXT = 40  # columns


@click.command(epilog=exits.HELP)
@asks
@click.pass_context
def claims(context: click.Context, /, **asked: Any) -> None:
    """Check what commentary says: ✔ true, ✘ false, ~ only under a condition, ? cannot tell."""
    print_reading(context, Asked(**asked), _write)


def _write(reading: "Reading", form: str) -> str:
    if form == "json":
        return to_json(
            {
                "as_of": reading.as_of,
                "source": reading.source,
                "simulated": reading.simulated,
                "claims": reading.claims,
            }
        )
    return "".join(f"{exits.plain(line)}\n" for line in _text(reading))


def _text(reading: "Reading") -> Iterator[str]:
    from divmon.ui import words

    if reading.simulated:
        yield reading.banner or "SIMULATED"
    for claim in reading.claims:
        width = max(TEXT, len(claim.text))
        yield f"{SIGNS[claim.verdict]} {words.fit(claim.text, width)}  {claim.evidence}"
        when = f"as of {claim.as_of}" if claim.as_of else ""
        if told := "; ".join(filter(None, (claim.window, when))):
            yield f"    {told}"
