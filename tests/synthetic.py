"""The synthetic market: seeded walks on real calendars, and what plain loops made of them."""

import json
from functools import lru_cache
from typing import Any

from divmon.indicators.align import Grid, align
from divmon.settings import load
from tests.history import END, REFERENCE
from tests.history import reference as synthetic_history


def calendars() -> dict[str, str]:
    """Return the calendar of every default instrument."""
    return {name: each.calendar for name, each in load().instruments.items()}


@lru_cache
def synthetic_grid() -> Grid:
    return align(synthetic_history(), calendars(), END)


@lru_cache
def reference() -> dict[str, Any]:
    """Return the values that plain loops computed."""
    data: dict[str, Any] = json.loads((REFERENCE / "reference_synthetic.json").read_text())
    return data
