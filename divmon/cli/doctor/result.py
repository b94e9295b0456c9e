"""What a check found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Status = Literal["OK", "WARN", "FAIL"]


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table; `way_out` says what to do about a WARN or FAIL."""

    name: str
    status: Status
    text: str
    way_out: str = ""


def table(results: Sequence[Result]) -> str:
    """Return the results as lines, ways out under what they are for."""
    from divmon.cli.exits import plain

    width = max((len(result.name) for result in results), default=0)
    lines = []
    for result in results:
        lines.append(f"{result.status:<4}  {result.name:<{width}}  {plain(result.text)}")
        if result.way_out:
            lines.append(f"{'':<4}  {'':<{width}}  → {plain(result.way_out)}")
    counts = {status: sum(r.status == status for r in results) for status in ("FAIL", "WARN")}
    lines.append(f"{len(results)} checks, {counts['FAIL']} failed, {counts['WARN']} with a warning")
    return "\n".join(lines) + "\n"
