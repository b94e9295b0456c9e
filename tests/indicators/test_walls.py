"""A level from below: how long, how often tried, how far."""

from collections.abc import Callable
from math import log, sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from divmon.indicators.walls import WallState, default_level, sigmas, step, wall
from tests.history import day, folder
from tests.strategies import Candles, candles


@pytest.mark.parametrize(
    ("close", "level"),
    [
        (88_310.9, 100_000),
        (80_000, 100_000),
        (79_999, 80_000),
        (100_000, 110_000),  # at the level is not below it
        (121_000, 150_000),
        (119_000, 120_000),
        (42_000, 50_000),
        (8_100, 10_000),
        (7_000, None),
    ],
)
def test_the_coarsest_round_level_within_reach(close: float, level: float | None) -> None:
    assert default_level(close) == level


def bars(*rows: tuple[float, float]) -> WallState:
    high, close = (np.asarray(column) for column in zip(*rows, strict=True))
    return wall(100.0, np.arange(len(rows)), high, close)


def test_touches_count_only_after_a_retreat() -> None:
    assert bars((101, 100), (98, 97)).touches == 0  # never armed
    armed = bars((101, 100), (98, 94))
    assert (armed.touches, armed.armed) == (0, True)
    assert bars((101, 100), (98, 95)).armed
    assert not bars((101, 100), (98, 95.01)).armed
    once = bars((101, 100), (98, 94), (98, 96), (99, 96))
    assert (once.touches, once.touch_days) == (1, (2,))  # not re-armed in between
    twice = bars((101, 100), (98, 94), (98, 94), (97, 96))
    assert (twice.touches, twice.touch_days) == (2, (2, 3))  # touched and armed in one bar


def test_a_close_at_the_level_breaks_it_and_starts_anew() -> None:
    state = bars((98, 94), (99, 98), (101, 100))
    assert state == WallState(100.0, last_close_above=2)


def test_a_high_through_the_level_with_a_close_below_pierces() -> None:
    state = bars((101, 100), (100.5, 99), (98, 97))
    assert state.pierced
    assert (state.closes_below, state.last_close_above, state.highest) == (2, 0, 100.5)


def test_a_level_never_closed_above_has_no_date() -> None:
    state = bars((98, 94), (98, 94))
    assert (state.last_close_above, state.closes_below) == (None, 2)
    assert wall(100.0, np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0)) == WallState(100.0)


def test_the_distance_in_daily_standard_deviations() -> None:
    assert sigmas(110.0, 100.0, 0.4) == pytest.approx(log(1.1) / (0.4 / sqrt(365)))
    assert sigmas(110.0, 100.0, None) is None
    assert sigmas(110.0, 100.0, 0.0) is None  # a flat market is no scale


@given(candles(), st.floats(90, 110))
def test_a_wall_followed_bar_by_bar_is_that_of_the_whole(found: Candles, level: float) -> None:
    state = WallState(level)
    for row in zip(found.day.tolist(), found.high.tolist(), found.close.tolist(), strict=True):
        state = step(state, *row)
    assert state == wall(level, found.day, found.high, found.close)


@given(candles(), st.floats(90, 110))
def test_each_touch_is_a_high_near_the_level_and_there_are_no_more_than_bars(
    found: Candles, level: float
) -> None:
    state = wall(level, found.day, found.high, found.close)
    high = dict(zip(found.day.tolist(), found.high.tolist(), strict=True))
    assert len(state.touch_days) == state.touches <= state.closes_below
    assert all(high[at] >= level * 0.97 for at in state.touch_days)


def test_sixty_nine_closes_under_a_hundred_thousand(shared: Callable[[str], Path]) -> None:
    btc = folder(shared("data")).daily["BTC"]
    until = btc.day <= day("2026-01-20")
    state = wall(100_000.0, btc.day[until], btc.high[until], btc.close[until])
    assert (state.closes_below, state.touches) == (69, 1)
    assert default_level(float(btc.close[until][-1])) == 100_000
