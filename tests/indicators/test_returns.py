"""Simple returns over bars and over calendar months and years."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from divmon.indicators.returns import KEYS, bases
from tests.history import day
from tests.strategies import Candles, candles, exact_factors

DAYS = np.asarray(
    [
        day(text)
        for text in (
            "2023-12-29",
            "2024-06-28",
            "2024-12-31",
            "2025-01-31",
            "2025-02-03",
            "2025-02-04",
        )
    ]
)
CLOSE = np.asarray([80.0, 90.0, 100.0, 110.0, 120.0, 132.0])


def test_a_completed_bar_is_compared_with_those_before_it() -> None:
    found = bases(DAYS, CLOSE, int(DAYS[-1])).to(132.0)
    assert set(found) == set(KEYS)
    assert found == {
        "1": pytest.approx(0.1),
        "5": pytest.approx(132 / 80 - 1),
        "20": None,
        "60": None,
        "120": None,
        "mtd": pytest.approx(132 / 110 - 1),
        "ytd": pytest.approx(132 / 100 - 1),
        "year": pytest.approx(100 / 80 - 1),
    }


def test_a_running_bar_counts_as_one_more() -> None:
    found = bases(DAYS, CLOSE, day("2025-02-05")).to(66.0)
    assert found["1"] == pytest.approx(-0.5)
    assert found["5"] == pytest.approx(66 / 90 - 1)


def test_a_new_month_and_a_new_year_start_from_the_last_close() -> None:
    month = bases(DAYS, CLOSE, day("2025-03-03")).to(132.0)
    assert month["mtd"] == 0
    assert month["ytd"] == pytest.approx(0.32)
    year = bases(DAYS, CLOSE, day("2026-01-02")).to(132.0)
    assert (year["mtd"], year["ytd"]) == (0, 0)
    assert year["year"] == pytest.approx(0.32)


def test_a_calendar_year_that_the_series_does_not_reach_is_missing() -> None:
    found = bases(DAYS[1:], CLOSE[1:], int(DAYS[-1])).to(132.0)
    assert found["year"] is None
    assert found["ytd"] == pytest.approx(0.32)
    assert set(bases(DAYS[:0], CLOSE[:0], int(DAYS[0])).to(1.0).values()) == {None}


@given(candles(least=2, most=130))
def test_a_running_price_that_becomes_the_close_keeps_its_returns(bars: Candles) -> None:
    price, at = float(bars.close[-1]), int(bars.day[-1])
    running = bases(bars.day[:-1], bars.close[:-1], at).to(price)
    assert running == bases(bars.day, bars.close, at).to(price)


@given(candles(least=2, most=130), exact_factors)
def test_a_change_of_currency_changes_no_return(bars: Candles, factor: float) -> None:
    price, at = float(bars.close[-1]), int(bars.day[-1])
    scaled = bases(bars.day, bars.close * factor, at).to(price * factor)
    assert scaled == bases(bars.day, bars.close, at).to(price)


@given(candles(least=3, most=130), st.data())
def test_later_bars_change_no_earlier_return(bars: Candles, data: st.DataObject) -> None:
    n = data.draw(st.integers(1, len(bars) - 1))
    at, price = int(bars.day[n - 1]), float(bars.close[n - 1])
    whole = bases(bars.day, bars.close, at).to(price)
    assert bases(bars.day[:n], bars.close[:n], at).to(price) == whole
