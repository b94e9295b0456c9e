"""The synthetic market: seeded walks on real calendars, and what plain loops made of them."""

import csv
import json
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from divmon.indicators.align import Grid, align
from divmon.indicators.series import Daily, History, Macro
from divmon.market.sessions import day_number
from divmon.settings import load

REFERENCE = Path(__file__).parent / "reference"


def day(text: str) -> int:
    """Return the day number of an ISO date."""
    return day_number(date.fromisoformat(text))


def moment(text: str) -> float:
    """Return the Unix time of an ISO date or time, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def read_history(folder: Path) -> History:
    """Read a folder of NAME.csv; empty cells of a column repeat the close."""
    history = History()
    for path in sorted(folder.glob("*.csv")):
        name = path.stem.upper()
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        days = np.array([day(row["date"]) for row in rows], dtype=np.int64)
        if "value" in rows[0]:
            values = np.array([float(row["value"]) for row in rows])
            history.macro[name] = Macro(name, "", days, values)
            continue
        opened, high, low, close = (
            np.array([float(row.get(key) or row["close"]) for row in rows])
            for key in ("open", "high", "low", "close")
        )
        history.daily[name] = Daily(name, f"csv:{path.stem}", days, opened, high, low, close)
    return history


def calendars() -> dict[str, str]:
    """Return the calendar of every default instrument."""
    return {name: each.calendar for name, each in load().instruments.items()}


@lru_cache
def synthetic_history() -> History:
    return read_history(REFERENCE)


@lru_cache
def synthetic_grid() -> Grid:
    return align(synthetic_history(), calendars(), moment("2025-07-01"))


@lru_cache
def reference() -> dict[str, Any]:
    """Return the values that plain loops computed."""
    data: dict[str, Any] = json.loads((REFERENCE / "reference_synthetic.json").read_text())
    return data
