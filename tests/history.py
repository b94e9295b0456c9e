"""Histories for tests: folders of CSV files, and columns from lists."""

import csv
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np

from divmon.indicators.series import Daily, Floats, History, Hourly, Macro
from divmon.market.sessions import day_number

REFERENCE = Path(__file__).parent / "reference"
MACRO = {"WALCL": "USD mn", "TGA_DAILY": "USD mn", "RRPONTSYD": "USD bn"}
END = datetime(2025, 7, 1, tzinfo=UTC).timestamp()  # just after the reference's last day


def day(text: str) -> int:
    return day_number(date.fromisoformat(text))


def moment(text: str) -> float:
    """Return an ISO time, UTC unless it says otherwise, in Unix seconds."""
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def daily(
    name: str, days: Iterable[int], close: Sequence[float] | Floats, **columns: Sequence[float]
) -> Daily:
    """Return daily bars; a column that is not given repeats the closes."""
    closes = np.asarray(close, dtype=np.float64)
    other = {
        key: np.asarray(columns.get(key, closes), dtype=np.float64)
        for key in ("open", "high", "low")
    }
    return Daily(
        name,
        f"test:{name.lower()}",
        np.asarray(list(days), dtype=np.int64),
        other["open"],
        other["high"],
        other["low"],
        closes,
        value_only=not columns,
    )


def hourly(name: str, start: Iterable[float], close: Sequence[float]) -> Hourly:
    return Hourly(
        name,
        f"test:{name.lower()}",
        np.asarray(list(start), dtype=np.int64),
        np.asarray(close, dtype=np.float64),
    )


@lru_cache
def folder(path: Path) -> History:
    """Read a folder of NAME.csv, leniently: what has neither close nor value is left out."""
    history = History()
    for file in sorted(path.glob("*.csv")):
        name = file.stem.upper()
        with file.open(newline="") as lines:
            rows = list(csv.DictReader(lines))
        key = "close" if "close" in rows[0] else "value"
        rows = [row for row in rows if row[key]]
        days = [day(row["date"]) for row in rows]
        values = [float(row[key]) for row in rows]
        if name in MACRO:
            history.macro[name] = Macro(
                name, MACRO[name], np.array(days, dtype=np.int64), np.array(values)
            )
            continue
        columns = {
            column: [float(row[column] or row[key]) for row in rows]
            for column in ("open", "high", "low")
            if column in rows[0]
        }
        history.daily[name] = daily(name, days, values, **columns)
    return history


@lru_cache
def hours(path: Path, name: str = "BTC") -> Hourly:
    """Read one file of hourly bars."""
    with path.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    starts = [moment(row["open_time_utc"].replace("Z", "+00:00")) for row in rows]
    return hourly(name, starts, [float(row["close"]) for row in rows])


def reference() -> History:
    """Return the synthetic reference series."""
    return folder(REFERENCE)
