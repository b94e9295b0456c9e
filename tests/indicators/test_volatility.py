"""Five estimators of volatility, and how unusual it is."""

from collections.abc import Callable
from dataclasses import astuple
from math import log, sqrt
from pathlib import Path
from statistics import stdev

import numpy as np
import pytest
from hypothesis import given

from divmon.indicators.volatility import (
    Estimates,
    estimate,
    percentile,
    record_low,
    rolling_cc,
)
from tests.history import day, folder
from tests.strategies import Candles, candles, factors


def of(bars: Candles, *, value_only: bool = False) -> Estimates:
    return estimate(bars.open, bars.high, bars.low, bars.close, 365, value_only=value_only)


@given(candles(least=31, most=40))
def test_close_to_close_is_the_standard_deviation_of_thirty_log_returns(bars: Candles) -> None:
    returns = [log(b / a) for a, b in zip(bars.close[-31:], bars.close[-30:], strict=False)]
    assert of(bars).cc == pytest.approx(sqrt(365) * stdev(returns), rel=1e-9, abs=1e-12)


@given(candles(least=31), factors)
def test_a_change_of_currency_changes_no_volatility(bars: Candles, factor: float) -> None:
    assert astuple(of(bars.times(factor))) == pytest.approx(astuple(of(bars)), rel=1e-6, abs=1e-6)


@given(candles(least=32))
def test_only_the_last_thirty_one_bars_count_so_a_running_bar_costs_the_same(bars: Candles) -> None:
    tail = Candles(
        bars.day[-31:], bars.open[-31:], bars.high[-31:], bars.low[-31:], bars.close[-31:]
    )
    assert of(tail) == of(bars)


def test_a_pure_trend_bar_has_no_rogers_satchell_volatility() -> None:
    edges = np.linspace(100, 140, 32)
    rising = estimate(edges[:-1], edges[1:], edges[:-1], edges[1:], 365)
    assert rising.rogers_satchell == 0
    assert rising.parkinson is not None
    assert rising.parkinson > 0


def test_too_few_bars_and_closes_alone_give_none_and_not_zero() -> None:
    flat = np.full(31, 100.0)
    assert estimate(flat[:29], flat[:29], flat[:29], flat[:29], 365) == Estimates()
    thirty = estimate(flat[:30], flat[:30], flat[:30], flat[:30], 365)
    assert (thirty.cc, thirty.parkinson, thirty.yang_zhang) == (None, 0.0, None)
    alone = estimate(flat, flat, flat, flat, 365, value_only=True)
    assert alone == Estimates(cc=0.0)


def test_a_close_outside_its_range_is_no_negative_variance() -> None:
    flat = np.full(31, 100.0)
    torn = np.tile([90.0, 110.0], 16)[:31]
    assert estimate(flat, flat, flat, torn, 365).garman_klass is None


def test_a_yield_of_zero_is_no_logarithm() -> None:
    close = np.full(80, 2.0)
    close[20] = 0.0
    assert len(rolling_cc(close, 252)) == 80 - 21 - 30
    assert estimate(close[:40], close[:40], close[:40], close[:40], 252) == Estimates()
    assert estimate(close, close, close, close, 252).cc == 0


@given(candles(least=31))
def test_the_path_ends_at_the_estimate_and_no_later_bar_moves_it(bars: Candles) -> None:
    path = rolling_cc(bars.close, 365)
    assert path[-1] == pytest.approx(of(bars).cc, rel=1e-9, abs=1e-12)
    part = rolling_cc(bars.close[:-1], 365)
    np.testing.assert_array_equal(part, path[:-1])


def test_percentile_is_the_mid_rank() -> None:
    assert percentile(np.asarray([1.0, 3.0, 2.0, 2.0])) == pytest.approx((1 + 2 / 2) / 4)
    assert percentile(np.asarray([5.0, 1.0])) == pytest.approx(0.25)
    assert percentile(np.asarray([1.0])) is None


def test_a_record_low_needs_a_thousand_values() -> None:
    values = np.linspace(2, 1, 1000)
    assert record_low(values[:999]) is None
    assert record_low(values) is True
    assert record_low(values[::-1]) is False
    assert record_low(np.append(values, 1.0)) is True  # no higher than any before


def test_january_2026_was_no_record_low(shared: Callable[[str], Path]) -> None:
    btc = folder(shared("data")).daily["BTC"]
    path = rolling_cc(btc.close[btc.day <= day("2026-01-20")], 365)
    assert percentile(path) == pytest.approx(0.11, abs=0.005)
    assert record_low(path) is False
