"""The score's past, and that no part of a Reading knows its future."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divmon.indicators.align import Grid, align
from divmon.indicators.series import History
from divmon.reading.cross import Cross, prepare_cross
from divmon.reading.past import days, followed, state_episodes
from divmon.settings import load
from tests.history import END, day, folder, moment
from tests.history import reference as synthetic_history
from tests.synthetic import calendars

PARTS = (
    "abc",
    "correlation",
    "beta_gap",
    "dispersion",
    "breadth20",
    "rotation",
    "rotation_map",
    "leadlag",
    "liquidity",
    "precedents",
    "ledger",
)


def prepare(history: History, now: float) -> tuple[Grid, Cross]:
    grid = align(history, calendars(), now)
    return grid, prepare_cross(grid, history, load(), now)


def told(cross: Cross) -> dict[str, bytes]:
    return {part: msgspec.json.encode(getattr(cross, part)) for part in PARTS}


def cut(history: History, last: int) -> History:
    """Return what was there by the end of day `last`."""

    def until(series: Any, *names: str) -> Any:
        n = int(np.searchsorted(series.day, last, side="right"))
        columns: Any = {name: getattr(series, name)[:n] for name in ("day", *names)}
        return replace(series, **columns)

    return History(
        {name: until(bars, "open", "high", "low", "close") for name, bars in history.daily.items()},
        {},
        {name: until(series, "value") for name, series in history.macro.items()},
    )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 900))
def test_no_part_of_a_reading_knows_the_future(after: int) -> None:
    """With all of history on hand, a moment of the past reads as it did then."""
    history = synthetic_history()
    last = day("2023-01-03") + after
    now = float((last + 1) * 86_400)
    (_, known), (_, then) = prepare(history, now), prepare(cut(history, last), now)
    assert told(known) == told(then)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 900))
def test_the_past_of_the_score_stays_as_it_was(after: int) -> None:
    history = synthetic_history()
    now = float((day("2023-01-04") + after) * 86_400)
    then, today = prepare(history, now)[1].path, prepare(history, END)[1].path
    n = len(then.day)
    assert np.array_equal(then.score, today.score[:n], equal_nan=True)
    assert then.state == today.state[:n]
    assert then.quadrant == today.quadrant[:n]


def test_days_are_from_the_first_score_on() -> None:
    _, cross = prepare(synthetic_history(), END)
    found = days(cross)
    assert found[0].score is not None
    assert found[-1].date == date(2025, 6, 30)
    assert found[-1].state == cross.abc.state
    part = days(cross, date(2025, 6, 1), date(2025, 6, 7))
    assert [each.date.day for each in part] == [2, 3, 4, 5, 6]
    assert part == found[-20:-15]
    assert days(prepare(History(), END)[1]) == ()


@pytest.fixture(scope="module")
def real(shared: Callable[[str], Path]) -> tuple[Grid, Cross]:
    return prepare(folder(shared("data")), moment("2026-08-22"))


def test_the_alerts_of_real_history(real: tuple[Grid, Cross]) -> None:
    grid, cross = real
    found = [each for each in state_episodes(cross, grid) if each.start >= date(2015, 10, 1)]
    # 14 runs, of which December and January 2026 and the two of June 2026 are one each
    assert len(found) == 12
    january = next(each for each in found if each.start <= date(2026, 1, 20) <= each.end)
    assert january.start == date(2025, 12, 5)
    assert january.entry == date(2025, 12, 8)
    at = int(np.searchsorted(grid.day, day("2025-12-08")))
    btc = grid.close["BTC"]
    assert january.after["BTC"]["20"] == pytest.approx(btc[at + 20] / btc[at] - 1)
    assert found[-1].after["BTC"]["120"] is None


def test_what_followed_is_told_beside_the_base(real: tuple[Grid, Cross]) -> None:
    grid, cross = real
    found = {(each.target, each.horizon): each for each in followed(cross, grid)}
    near, far = found["BTC", 5], found["BTC", 120]
    assert near.n >= far.n
    assert near.base_n > 2000
    assert near.enough == (near.n >= 10)
    assert near.low is not None
    assert near.high is not None
    assert near.mean is not None
    assert near.low <= near.mean <= near.high
