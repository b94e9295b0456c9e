"""`divmon claims` and `divmon headlines`: what is said of the market, against the data."""

from typing import TYPE_CHECKING, Any

import click

from divmon.cli import exits
from divmon.cli.gathering import Asked, asks, print_reading, to_json

if TYPE_CHECKING:
    from divmon.reading.model import Reading

HEADLINES = 5  # of the ledger's rarest


@click.command(epilog=exits.HELP)
@asks
@click.pass_context
def claims(context: click.Context, /, **asked: Any) -> None:
    """Check what commentary says: true, false, only under a condition, or cannot tell."""
    print_reading(context, Asked(**asked), _write_claims)


@click.command(epilog=exits.HELP)
@asks
@click.pass_context
def headlines(context: click.Context, /, **asked: Any) -> None:
    """Print the sentence and the rarest numbers, one a line: for tmux, motd and cron."""
    print_reading(context, Asked(**asked), _write_headlines)


def _write_claims(reading: "Reading", form: str) -> str:
    if form == "json":
        return to_json(
            {
                "as_of": reading.as_of,
                "source": reading.source,
                "simulated": reading.simulated,
                "claims": reading.claims,
            }
        )
    lines = [_banner(reading)] if reading.simulated else []
    for claim in reading.claims:
        as_of = f" ({claim.as_of})" if claim.as_of else ""
        lines.append(f"{claim.verdict:<11}  {claim.text}: {claim.evidence}{as_of}")
    return _lines(lines)


def _write_headlines(reading: "Reading", form: str) -> str:
    rarest = sorted(reading.ledger, key=lambda record: record.rank / record.n)[:HEADLINES]
    if form == "json":
        return to_json(
            {
                "as_of": reading.as_of,
                "source": reading.source,
                "simulated": reading.simulated,
                "sentence": reading.sentence,
                "ledger": rarest,
            }
        )
    lines = [_banner(reading)] if reading.simulated else []
    lines += [reading.sentence.en] if reading.sentence.en else []
    return _lines([*lines, *(record.text for record in rarest)])


def _banner(reading: "Reading") -> str:
    return reading.banner or "SIMULATED"


def _lines(lines: list[str]) -> str:
    return "".join(f"{exits.plain(line)}\n" for line in lines)
