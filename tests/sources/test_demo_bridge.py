"""Bridges and paths: the laws that every bar and every moment of the demo keeps."""

from itertools import pairwise
from math import exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divmon.market.sessions import DAY
from divmon.sources import demo_anchors as anchors
from divmon.sources import demo_macro
from divmon.sources.demo_bridge import (
    HOUR,
    around,
    below,
    bridge,
    day,
    instant,
    lead_on,
    ordered,
    stairs,
    steps_until,
)
from divmon.sources.demo_market import Market
from divmon.sources.demo_path import Ohlc, chance, so_far

seeds = st.integers(0, 2**63 - 1)
prices = st.floats(0.5, 200_000)


@st.composite
def bars(draw: st.DrawFn) -> Ohlc:
    first, last = draw(prices), draw(st.floats(0.8, 1.25))
    high, low = draw(st.floats(1, 1.1)), draw(st.floats(0.9, 1))
    close = first * last
    return Ohlc(first, max(first, close) * high, min(first, close) * low, close)


@given(seeds, st.lists(prices, min_size=2, max_size=6), st.integers(5, 40))
def test_a_bridge_goes_through_every_level(seed: int, levels: list[float], gap: int) -> None:
    n = gap * (len(levels) - 1) + 10
    steps = np.random.default_rng(seed).standard_normal(n) * 0.02
    at = np.arange(len(levels)) * gap
    result = bridge(steps, np.full(n, 0.02), at, np.array(levels))
    assert result[at] == pytest.approx(levels)
    assert (result > 0).all()
    # past the last level nothing pulls: the steps are those of the walk
    assert np.diff(np.log(result[at[-1] :])) == pytest.approx(steps[at[-1] + 1 :])


def test_a_bridge_shares_its_miss_by_variance_not_by_time() -> None:
    sigma = np.array([1.0, 1.0, 3.0])
    result = bridge(np.zeros(3), sigma, np.array([0, 2]), np.array([1.0, exp(10)]))
    assert log(result[1]) == pytest.approx(1.0)


def test_a_ceiling_mirrors_all_but_levels() -> None:
    result = below(
        np.array([90.0, 110.0, 120.0, 95.0]), np.array([100.0, 100.0, 100.0, np.nan]), np.array([2])
    )
    assert result == pytest.approx([90, 100 * 100 / 110, 120, 95])


def test_a_table_of_steps_holds_each_value_up_to_and_with_its_time() -> None:
    grid = np.array([1, 5, 6, 9], dtype=np.int64)
    assert steps_until(grid, [(5, 0.1), (8, 0.2)], 0.3).tolist() == [0.1, 0.1, 0.2, 0.3]


def test_stairs_hold_each_level_from_its_date_on() -> None:
    days = np.array([day("2025-12-10"), day("2025-12-11"), day("2026-01-20")])
    assert stairs(days, demo_macro.DFF).tolist() == [3.87, 3.64, 3.64]


@given(seeds, st.lists(st.floats(-0.03, 0.03), min_size=14, max_size=14))
def test_leads_are_gained_whatever_the_other_did(seed: int, returns: list[float]) -> None:
    days = np.arange(day("2026-01-02"), day("2026-01-16"), dtype=np.int64)
    leads = (("2026-01-08", 1.4), ("2026-01-09", 0.05), ("2026-01-15", -3.0))
    closes = lead_on(100.0, np.array(returns), days, leads, np.random.default_rng(seed))
    gains = [
        b / a - 1 - other for (a, b), other in zip(pairwise([100.0, *closes]), returns, strict=True)
    ]
    assert sum(gains[:7]) == pytest.approx(0.014)
    assert gains[7] == pytest.approx(0.0005)
    assert min(gains[:7]) > 0.014 / 7 / 5
    assert max(gains[8:]) < 0


@given(seeds, st.floats(0.001, 0.1))
def test_bars_hold_their_open_and_close(seed: int, sigma: float) -> None:
    rng = np.random.default_rng(seed)
    closes = np.exp(np.cumsum(rng.standard_normal(50) * sigma)) * 100
    opens, highs, lows, same = around(closes, sigma, rng)
    assert (same == closes).all()
    assert (lows <= np.minimum(opens, closes)).all()
    assert (highs >= np.maximum(opens, closes)).all()
    assert (lows > 0).all()


@settings(max_examples=12, deadline=None)
@given(seeds)
def test_every_bar_of_every_seed_is_consistent(seed: int) -> None:
    market = Market(seed)
    market.grow(day(anchors.LAST_DAY) + 40)
    for track in (market.hours, *market.tracks.values()):
        opens, highs, lows, closes = (np.array(column) for column in track.columns)
        assert (lows > 0).all()
        assert (lows <= np.minimum(opens, closes)).all()
        assert (highs >= np.maximum(opens, closes)).all()
        assert (np.diff(track.time) > 0).all()
        # an index closes where the next session's bar is not far from opening
        assert np.abs(np.log(opens[1:] / closes[:-1])).max() < 0.25


@settings(max_examples=5, deadline=None)
@given(seeds, st.integers(1, 30))
def test_the_market_grows_the_same_in_one_step_or_in_many(seed: int, days: int) -> None:
    once, slowly = Market(seed), Market(seed)
    end = day(anchors.LAST_DAY) + days
    once.grow(end)
    for until in range(day(anchors.LAST_DAY) + 1, end + 1):
        slowly.grow(until)
    for name, track in once.tracks.items():
        assert track.columns == slowly.tracks[name].columns, name
    assert once.hours.columns == slowly.hours.columns


def test_hours_join_without_a_gap() -> None:
    hours = Market(3).hours
    assert all(b - a == HOUR for a, b in pairwise(hours.time))
    assert hours.columns[0][1:] == hours.columns[3][:-1]


@given(bars(), st.integers(0, 2**40))
def test_a_path_opens_touches_both_ends_and_closes(bar: Ohlc, key: int) -> None:
    start, end = so_far(bar, key, 0.0), so_far(bar, key, 1.0)
    assert start.price == pytest.approx(bar.open)
    assert end.price == pytest.approx(bar.close)
    assert (end.high, end.low) == (bar.high, bar.low)


@given(bars(), st.integers(0, 2**40), st.floats(-0.5, 1.5))
def test_a_path_stays_inside_its_bar(bar: Ohlc, key: int, x: float) -> None:
    moment = so_far(bar, key, x)
    assert bar.low <= moment.low <= moment.price <= moment.high <= bar.high
    assert moment.open == bar.open


@settings(max_examples=40)
@given(bars(), st.integers(0, 2**40))
def test_a_path_has_no_jumps(bar: Ohlc, key: int) -> None:
    steps = [so_far(bar, key, at / 2000).price for at in range(2001)]
    reach = log(bar.high) - log(bar.low)
    assert all(abs(log(b / a)) <= 0.12 * reach + 1e-12 for a, b in pairwise(steps))


def test_chances_are_even_and_repeat() -> None:
    draws = [chance(7, number) for number in range(10_000)]
    assert draws == [chance(7, number) for number in range(10_000)]
    assert min(draws) >= 0
    assert max(draws) < 1
    counts, _ = np.histogram(draws, bins=10, range=(0, 1))
    assert counts.min() > 900
    assert counts.max() < 1100


# the tables


def test_every_table_is_in_order_of_time() -> None:
    tables = [how.levels for how in anchors.INSTRUMENTS.values()]
    tables += [anchors.BTC_LEVELS, anchors.BTC_CEILINGS, anchors.BTC_VOLATILITY, anchors.LEADS]
    tables += [
        *anchors.CEILINGS.values(),
        demo_macro.WALCL,
        demo_macro.WDTGAL,
        demo_macro.RRPONTSYD,
    ]
    tables += [demo_macro.DFF, demo_macro.BOJ]
    for table in tables:
        assert ordered(table)


def test_times_are_read_as_they_are_written() -> None:
    assert instant("2026-01-20") == (day("2026-01-20") + 1) * DAY
    assert instant("2026-01-14T19:00Z") == day("2026-01-14") * DAY + 19 * HOUR
