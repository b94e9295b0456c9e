"""Records, drawdown and the distance from the high."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from divmon.indicators.highs import after, from_window_high, highs
from tests.strategies import Candles, candles, exact_factors


def test_a_record_is_above_all_before_and_an_equal_close_is_none() -> None:
    close = np.asarray([1.0, 2.0, 2.0])
    tied = highs(close, close)
    assert tied is not None
    assert not tied.record_close
    assert tied.bars_since_high == 0
    assert tied.drawdown == 0
    broken = highs(close[:2], close[:2])
    assert broken is not None
    assert broken.record_close


def test_an_intraday_record_is_another_thing() -> None:
    state = highs(np.asarray([10.0, 11.0]), np.asarray([9.5, 9.0]))
    assert state is not None
    assert (state.record_intraday, state.record_close) == (True, False)


def test_the_first_bar_is_no_record_and_no_bars_are_nothing() -> None:
    one = highs(np.asarray([1.0]), np.asarray([1.0]))
    assert one is not None
    assert not one.record_close
    assert not one.record_intraday
    assert highs(np.zeros(0), np.zeros(0)) is None


def test_drawdown_counts_from_the_last_equal_high() -> None:
    close = np.asarray([4.0, 5.0, 5.0, 4.0, 4.5])
    state = highs(close, close)
    assert state is not None
    assert state.drawdown == pytest.approx(-0.1)
    assert state.bars_since_high == 2


def test_half_a_year_has_no_52_week_high() -> None:
    close = np.linspace(2, 1, 252)
    assert from_window_high(close[:251], 252) is None
    assert from_window_high(close, 252) == pytest.approx(-0.5)
    assert from_window_high(np.append(99.0, close), 252) == pytest.approx(-0.5)


@given(candles(least=2))
def test_highs_followed_bar_by_bar_are_those_of_the_whole(bars: Candles) -> None:
    state = highs(bars.high[:1], bars.close[:1])
    for n in range(2, len(bars) + 1):
        assert state is not None
        state = after(state, float(bars.high[n - 1]), float(bars.close[n - 1]))
        assert state == highs(bars.high[:n], bars.close[:n])


@given(candles(), exact_factors)
def test_a_change_of_currency_changes_no_record(bars: Candles, factor: float) -> None:
    state, scaled = highs(bars.high, bars.close), highs(bars.high * factor, bars.close * factor)
    assert state is not None
    assert scaled is not None
    assert (state.record_close, state.record_intraday, state.bars_since_high) == (
        scaled.record_close,
        scaled.record_intraday,
        scaled.bars_since_high,
    )
    assert scaled.drawdown == state.drawdown


@given(candles(least=2), st.integers(1, 40))
def test_a_drawdown_is_never_positive(bars: Candles, window: int) -> None:
    state = highs(bars.high, bars.close)
    assert state is not None
    assert state.drawdown <= 0
    assert (state.drawdown == 0) == (state.bars_since_high == 0)
    assert (from_window_high(bars.close, window) or 0) >= state.drawdown
