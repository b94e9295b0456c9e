"""What was measured, as text for a terminal and as the table of the README."""

import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

BEGIN, END = "<!-- figures: python -m benchmarks --markdown -->", "<!-- /figures -->"


@dataclass(frozen=True)
class Row:
    """One measurement; `budget` is empty where none is promised, `kept` None as well."""

    what: str
    measured: str
    budget: str = ""
    kept: bool | None = None

    @classmethod
    def of(cls, what: str, value: float, form: str, most: float | None = None) -> "Row":
        """Return the row of a number; `form` is a format such as "{:.1f} ms"."""
        budget = "" if most is None else f"≤ {form.format(most)}"
        return cls(what, form.format(value), budget, None if most is None else value <= most)


def as_text(rows: Sequence[Row]) -> str:
    """Return aligned columns; what is over its budget says so."""
    wide = max(len(row.what) for row in rows)
    lines = [f"{'what':<{wide}}  {'measured':>12}  budget"]
    for row in rows:
        over = "  OVER" if row.kept is False else ""
        lines.append(f"{row.what:<{wide}}  {row.measured:>12}  {row.budget}{over}")
    return "\n".join(lines)


def as_markdown(rows: Sequence[Row], where: str) -> str:
    """Return the table with its caption."""
    lines = ["| what | measured | budget |", "|---|---|---|"]
    lines += [
        f"| {row.what} | {row.measured} | {row.budget}{' (over)' if row.kept is False else ''} |"
        for row in rows
    ]
    return "\n".join([f"Measured on {where}.", "", *lines])


def put(text: str, table: str) -> str:
    """Return a document with `table` in its place.

    Raises:
        ValueError: It has no such place.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"there is no place for the figures; add the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def machine() -> str:
    """Name this machine, the versions that matter, the day, and what else is going on."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    chip = f"{len(names)} × {names[0]}" if names else platform.machine()
    day = time.strftime("%Y-%m-%d", time.gmtime())
    load = os.getloadavg()[2]
    others = f", with a load of {load:.1f} by others, which lengthens times" if load > 1 else ""
    return (
        f"{chip}, Python {platform.python_version()}, Textual {version('textual')}, {day}{others}"
    )
