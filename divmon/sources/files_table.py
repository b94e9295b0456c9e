"""One CSV file of prices or levels, read strictly: what cannot be is dropped and said.

A row that no market can have produced is left out; the notes name the file, the line,
the value and what was done. A file that cannot be understood at all is a DataError.
"""

import csv
import io
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import pairwise
from math import isfinite, nan
from pathlib import Path
from typing import NamedTuple

from divmon.errors import DataError

COLUMNS = ("open", "high", "low", "close", "volume")
DATE, HOUR_START = "date", "open_time_utc"
EXAMPLE = "date,open,high,low,close or date,value"
DROPPED = "row dropped"
CITED = 3  # lines that a note names; the rest are counted
HOUR = 3600
FIRST_YEAR, LAST_YEAR = 1700, 2200  # beyond them a date is a slip of the pen
_EPOCH = date(1970, 1, 1).toordinal()

Row = tuple[int, float, float, float, float, float]  # time, open, high, low, close, volume


class Note(NamedTuple):
    """What was wrong in a file, for a person; `lost` when rows are left out for it."""

    text: str
    lost: bool


@dataclass(slots=True)
class Table:
    """The rows of one file, oldest first, one for each time.

    `time` holds days since 1970-01-01, or Unix seconds where `hourly`. A file of
    levels repeats them in all four columns and is `value_only`.
    """

    file: str
    hourly: bool
    value_only: bool
    rows: list[Row]
    notes: list[Note] = field(default_factory=list)

    def columns(self, until: int) -> tuple["array[int]", list["array[float]"]]:
        """Return times, and open, high, low, close and volume, of the rows up to `until`."""
        rows = [row for row in self.rows if row[0] <= until]
        times, *prices = zip(*rows, strict=True) if rows else ((),) * 6
        return array("q", times), [array("d", column) for column in prices]


class _Notes:
    """What was found wrong, by kind, with the first lines of each."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: dict[str, list[str]] = {}

    def add(self, kind: str, line: int, value: str = "") -> None:
        self.found.setdefault(kind, []).append(f"line {line}" + (f", was {value}" if value else ""))

    def notes(self) -> list[Note]:
        notes = []
        for kind, places in self.found.items():
            more = f" and {len(places) - CITED:,} more" if len(places) > CITED else ""
            text = f"{self.file}: {kind} ({'; '.join(places[:CITED])}{more})"
            notes.append(Note(text, kind.startswith(DROPPED)))
        return notes


def read_table(path: Path, *, positive: bool) -> Table:
    """Read one file.

    Args:
        path: A CSV file in UTF-8 with a header: date,open,high,low,close[,volume],
            date,close or date,value; open_time_utc instead of date for hourly bars.
        positive: Whether the values are prices, which zero and less cannot be.

    Raises:
        DataError: The file cannot be read, is empty, has no header or an unknown column.
    """
    file = plain(path.name)
    text = _text(path, file)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = _header(next(reader, []), file, text)
        notes = _Notes(file)
        rows = _rows(reader, header, notes, positive=positive)
    except csv.Error as error:
        raise DataError(
            f"{file}: line {reader.line_num}: {error}; save it as plain comma-separated text"
        ) from error
    hourly = header[0] == HOUR_START
    value_only = "open" not in header or all(row[1] == row[2] == row[3] == row[4] for row in rows)
    table = Table(file, hourly, value_only, _ordered(rows, notes, hourly=hourly), notes.notes())
    if not table.rows:
        why = (
            "; ".join(note.text.removeprefix(f"{file}: ") for note in table.notes)
            or f"nothing below its header; add rows of {','.join(header)}"
        )
        raise DataError(f"{file}: no row could be used: {why}")
    return table


def newest(path: Path) -> int | None:
    """Return the end, in Unix seconds, of the newest row near the end of a file; a quick look."""
    try:
        with path.open("rb") as stream:
            stream.seek(0, io.SEEK_END)
            stream.seek(max(stream.tell() - 4096, 0))
            lines = stream.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return None
    ends = []
    for line in lines:
        cell = line.partition(",")[0].strip()
        try:
            ends.append(_start(cell) + HOUR if "T" in cell else (_day(cell) + 1) * 86_400)
        except ValueError:
            continue
    return max(ends, default=None)


def plain(text: str) -> str:
    """Return text from outside without control characters and no longer than a line."""
    shown = "".join(char if char.isprintable() else "?" for char in text)
    return shown if len(shown) <= 60 else shown[:59] + "…"


def _text(path: Path, file: str) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{file}: not UTF-8 at byte {error.start:,}; save it as UTF-8") from error
    except OSError as error:
        raise DataError(f"{file}: cannot be read: {error.strerror}") from error
    if not text.strip():
        raise DataError(f"{file}: empty; it must hold {EXAMPLE}")
    return text


def _header(cells: list[str], file: str, text: str) -> list[str]:
    """Return the names of the columns, lower case.

    Raises:
        DataError: They are missing, unknown, repeated or not enough.
    """
    names = [cell.strip().lower() for cell in cells]
    if len(names) == 1:
        for separator, called in ((";", "semicolons"), ("\t", "tabs")):
            if separator in names[0]:
                raise DataError(
                    f"{file}: line 1: columns are separated by {called}; "
                    "save it with commas, and with a point in numbers"
                )
    first = names[0] if names else ""
    if first not in (DATE, HOUR_START):
        line = plain(text.splitlines()[0])
        if first[:4].isdigit():
            raise DataError(f"{file}: no header, line 1 was {line!r}; put {EXAMPLE} above it")
        raise DataError(f"{file}: line 1 must begin with date, was {line!r}; use {EXAMPLE}")
    for name in names[1:]:
        if name not in (*COLUMNS, "value"):
            raise DataError(
                f"{file}: line 1: unknown column {plain(name)!r}; "
                f"remove it, known are {', '.join(COLUMNS)}, value"
            )
        if names.count(name) > 1:
            raise DataError(f"{file}: line 1: column {name!r} stands there twice; remove one")
    given = {name for name in ("open", "high", "low") if name in names}
    if ("close" in names) == ("value" in names) or len(given) not in (0, 3):
        raise DataError(f"{file}: line 1 must be {EXAMPLE}, was {','.join(names)!r}")
    if given and "close" not in names:
        raise DataError(f"{file}: line 1: open, high and low need close beside them, not value")
    return names


def _rows(
    reader: Iterator[list[str]], header: list[str], notes: _Notes, *, positive: bool
) -> list[Row]:
    """Return the rows that can be, in the order of the file."""
    width = len(header)
    when: Callable[[str], int] = _start if header[0] == HOUR_START else _day
    close_at = header.index("close" if "close" in header else "value")
    bars = "open" in header
    o_at, h_at, l_at = (
        (header.index(n) for n in ("open", "high", "low")) if bars else (close_at,) * 3
    )
    v_at = header.index("volume") if "volume" in header else None
    rows: list[Row] = []
    for cells in reader:
        line = reader.line_num  # type: ignore[attr-defined] # csv.reader's type has no public name
        if len(cells) != width:
            if any(cell.strip() for cell in cells):
                notes.add(f"{DROPPED}, it must have {width} cells", line, str(len(cells)))
            continue
        last = cells[close_at]
        if not last or last == ".":  # FRED writes a point for no value
            notes.add(f"row without {header[close_at]} left out", line)
            continue
        try:
            time = when(cells[0])
        except ValueError:
            notes.add(
                f"{DROPPED}, {header[0]} must be like "
                + ("2026-01-20T15:00:00Z" if when is _start else "2026-01-20"),
                line,
                repr(plain(cells[0])),
            )
            continue
        try:
            close = _number(last)
            if bars and cells[o_at] and cells[h_at] and cells[l_at]:
                first, high, low = (_number(cells[at]) for at in (o_at, h_at, l_at))
            else:
                if bars:
                    notes.add("only a close: open, high and low repeat it", line)
                first = high = low = close
        except ValueError as error:
            notes.add(f"{DROPPED}, it must hold plain numbers such as 1234.5", line, str(error))
            continue
        if positive and not min(first, high, low, close) > 0:
            value = f"{min(first, high, low, close):g}"
            notes.add(f"{DROPPED}, a price must be positive", line, value)
            continue
        if high < low:
            notes.add(f"{DROPPED}, high is below low", line, f"{high:g} < {low:g}")
            continue
        if not (low <= first <= high and low <= close <= high):
            notes.add("open or close outside low to high, kept as it is", line)
        volume = nan if v_at is None else _volume(cells[v_at])
        rows.append((time, first, high, low, close, volume))
    return rows


def _ordered(rows: list[Row], notes: _Notes, *, hourly: bool) -> list[Row]:
    """Return the rows by time, the last of those with one time."""
    ascending = all(a[0] < b[0] for a, b in pairwise(rows))
    if ascending:
        return rows
    back = [b[0] for a, b in pairwise(rows) if b[0] < a[0]]
    if back:
        notes.found[f"rows out of order, {len(back):,} steps back: merged by time"] = [
            f"first at {_said(back[0], hourly=hourly)}"
        ]
    kept = {row[0]: row for row in rows}
    if len(kept) < len(rows):
        times = Counter(row[0] for row in rows)
        notes.found["a time stands there twice: the last row is used"] = [
            _said(time, hourly=hourly) for time, count in times.items() if count > 1
        ]
    return [kept[time] for time in sorted(kept)]


def _said(time: int, *, hourly: bool) -> str:
    if hourly:
        return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%MZ")
    return date.fromordinal(time + _EPOCH).isoformat()


def _day(text: str) -> int:
    if len(text) != 10:  # fromisoformat takes 20260120 and weeks as well
        text = text.strip()
        if len(text) != 10:
            raise ValueError(text)
    return _believed(date.fromisoformat(text)).toordinal() - _EPOCH


def _start(text: str) -> int:
    moment = datetime.fromisoformat(text.strip())
    _believed(moment)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _believed(when: date) -> date:
    if not FIRST_YEAR <= when.year <= LAST_YEAR:
        raise ValueError(f"year {when.year}")
    return when


def _number(text: str) -> float:
    """Return a finite number; ValueError holds what was there instead, quoted."""
    try:
        value = float(text)
    except ValueError:
        value = nan
    if not isfinite(value) or "_" in text:  # float takes 1_000
        raise ValueError(repr(plain(text)))
    return value


def _volume(text: str) -> float:
    """Return a volume, NaN where it is unknown; nothing is computed from it."""
    try:
        value = float(text)
    except ValueError:
        return nan
    return value if isfinite(value) and value >= 0 else nan
