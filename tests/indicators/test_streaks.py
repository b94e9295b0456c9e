"""Runs of rises and falls."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from divmon.indicators.streaks import (
    Breaks,
    Signs,
    Tie,
    broken_by,
    candle_sign,
    candle_signs,
    change_signs,
    extend,
    per_year,
    runs,
)
from tests.history import day, folder
from tests.strategies import Candles, candles, exact_factors, signs

ties = st.sampled_from(["break", "skip"])


def as_signs(values: Sequence[int]) -> Signs:
    return np.asarray(values, dtype=np.int64)


def no_breaks(n: int, *at: int) -> Breaks:
    found = np.zeros(n, dtype=np.bool_)
    found[list(at)] = True
    return found


def test_lengths_are_signed_and_a_tie_ends_a_run() -> None:
    assert runs(as_signs([1, 1, -1, -1, -1, 0, 1])).tolist() == [1, 2, -1, -2, -3, 0, 1]


def test_a_skipped_tie_leaves_the_run_as_it_was() -> None:
    assert runs(as_signs([0, 1, 0, 1, 0, -1]), tie="skip").tolist() == [0, 1, 1, 2, 2, -1]


@pytest.mark.parametrize("tie", ["break", "skip"])
def test_no_run_reaches_across_a_missing_session(tie: Tie) -> None:
    found = runs(as_signs([1, 1, 0, 1, 1]), no_breaks(5, 2), tie)
    assert found.tolist() == [1, 2, 0, 1, 2]


def test_a_doji_is_within_the_fraction_asked_for() -> None:
    assert candle_sign(100.0, 100.05) == 1
    assert candle_sign(100.0, 100.05, doji=0.001) == 0
    assert candle_sign(100.0, 99.0, doji=0.001) == -1


def test_a_change_across_a_missing_session_is_nobodys() -> None:
    close = np.asarray([1.0, 2.0, 3.0, 4.0])
    assert change_signs(close, no_breaks(4, 2)).tolist() == [0, 1, 0, 1]


def test_a_run_that_begins_at_a_hole_is_at_least_that_long() -> None:
    found = as_signs([1, 1, 1, 1])
    assert broken_by(2, found, no_breaks(4, 2)) == 2
    assert broken_by(2, found, no_breaks(4, 1)) is None
    assert broken_by(0, found, no_breaks(4, 2)) is None
    # of changes, the first after the hole is unknown
    assert broken_by(1, as_signs([1, 1, 0, 1]), no_breaks(4, 2), changes=True) == 2


def test_rarity_counts_runs_and_not_bars() -> None:
    found = runs(as_signs([1, 1, 1, -1, 1, 1, -1, -1]))
    days = np.linspace(0, 2 * 365.25, len(found)).round().astype(np.int64)
    assert per_year(found, days, 2) == pytest.approx(1, rel=1e-2)
    assert per_year(found, days, 3) == pytest.approx(0.5, rel=1e-2)
    assert per_year(found, days, -2) == pytest.approx(0.5, rel=1e-2)
    assert per_year(found, days, 0) is None
    assert per_year(found, days[:1].repeat(8), 2) is None  # less than a year


def test_rarity_counts_a_run_with_a_skipped_tie_once() -> None:
    found = runs(as_signs([1, 1, 0, 0, 1]), tie="skip")
    days = np.asarray([0, 100, 200, 300, 366])
    assert per_year(found, days, 2) == pytest.approx(365.25 / 366)


@given(signs, ties)
def test_a_run_followed_bar_by_bar_is_the_run_of_the_whole(values: list[int], tie: Tie) -> None:
    run = 0
    followed = [run := extend(run, sign, tie=tie) for sign in values]
    assert runs(as_signs(values), tie=tie).tolist() == followed


@given(signs, st.lists(st.booleans(), min_size=60, max_size=60), ties)
def test_the_same_with_missing_sessions(values: list[int], holes: list[bool], tie: Tie) -> None:
    breaks = np.asarray(holes[: len(values)], dtype=np.bool_)
    run = 0
    followed = [
        run := extend(run, sign, broken=hole, tie=tie)
        for sign, hole in zip(values, breaks.tolist(), strict=True)
    ]
    assert runs(as_signs(values), breaks, tie).tolist() == followed


@given(signs, ties)
def test_mirroring_the_market_mirrors_its_runs(values: list[int], tie: Tie) -> None:
    assert runs(-as_signs(values), tie=tie).tolist() == (-runs(as_signs(values), tie=tie)).tolist()


@given(candles(), exact_factors)
def test_a_change_of_currency_changes_no_run(bars: Candles, factor: float) -> None:
    scaled = bars.times(factor)
    for found, same in (
        (candle_signs(scaled.open, scaled.close), candle_signs(bars.open, bars.close)),
        (change_signs(scaled.close), change_signs(bars.close)),
    ):
        np.testing.assert_array_equal(runs(found), runs(same))


@given(candles(least=2), ties)
def test_later_bars_change_no_earlier_run(bars: Candles, tie: Tie) -> None:
    whole = runs(candle_signs(bars.open, bars.close), tie=tie)
    part = bars.head(len(bars) // 2)
    before = runs(candle_signs(part.open, part.close), tie=tie)
    np.testing.assert_array_equal(before, whole[: len(part)])


def test_six_red_candles_on_the_twentieth(shared: Callable[[str], Path]) -> None:
    btc = folder(shared("data")).daily["BTC"]
    until = btc.day <= day("2026-01-20")
    assert runs(candle_signs(btc.open, btc.close)[until])[-1] == -6
