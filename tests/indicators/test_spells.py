"""Every run of a series, against a plain loop, and by the laws that hold for all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from divmon.indicators.series import Floats
from divmon.indicators.spells import longest, ranks, reached, spells, years
from divmon.indicators.streaks import Signs, change_signs, per_year, runs
from tests.strategies import Candles, candles, exact_factors, signs

holes = st.lists(st.booleans(), min_size=60, max_size=60)


def plain(signs: list[int], breaks: list[bool]) -> list[tuple[int, int, int]]:
    """Return (first, last, length) of each run, by hand."""
    found: list[tuple[int, int, int]] = []
    for at, sign in enumerate(signs):
        if sign == 0:
            continue
        known = found[-1] if found else None
        if known and known[1] == at - 1 and known[2] * sign > 0 and not breaks[at]:
            found[-1] = (known[0], at, known[2] + sign)
        else:
            found.append((at, at, sign))
    return found


@given(signs, holes)
def test_the_runs_are_those_that_a_loop_finds(signs: list[int], holes: list[bool]) -> None:
    column, breaks = np.array(signs, dtype=np.int64), np.array(holes[: len(signs)], dtype=np.bool_)
    found = spells(runs(column, breaks), breaks)
    ours = list(zip(found.first.tolist(), found.last.tolist(), found.length.tolist(), strict=True))
    assert ours == plain(signs, holes)
    for (first, last, _), cut in zip(ours, found.cut, strict=True):
        after = last + 1 < len(signs) and holes[last + 1]
        assert cut == (first == 0 or holes[first] or after)


@given(candles(least=3), st.integers(1, 9))
def test_as_many_reach_a_length_as_the_row_says(bars: Candles, step: int) -> None:
    day = bars.day * 30  # long enough a time to be counted by years
    none = np.zeros(len(bars), dtype=np.bool_)
    lengths = runs(change_signs(bars.close))
    counts = reached(spells(lengths, none, changes=True).length)
    for run in (step, -step):
        told = per_year(lengths, day, run)
        span = years(day)
        if told is None or span is None:
            assert (told, span) == (None, None)
            continue
        count = counts[step - 1][run < 0] if step <= len(counts) else 0
        assert told == pytest.approx(count / span)


@given(candles(least=2), exact_factors)
def test_a_change_of_currency_changes_no_run(bars: Candles, factor: float) -> None:
    def told(close: Floats) -> Signs:
        breaks = np.zeros(len(close), dtype=np.bool_)
        return spells(runs(change_signs(close)), breaks, changes=True).length

    assert np.array_equal(told(bars.close), told(bars.close * factor))


@given(candles(least=3))
def test_bars_to_come_change_no_run_that_is_over(bars: Candles) -> None:
    def told(n: int) -> list[tuple[int, int]]:
        found = spells(
            runs(change_signs(bars.close[:n])), np.zeros(n, dtype=np.bool_), changes=True
        )
        return list(zip(found.first.tolist(), found.length.tolist(), strict=True))

    before, after = told(len(bars) - 1), told(len(bars))
    assert before[:-1] == after[: max(0, len(before) - 1)]


def test_ranks_count_the_longer_ones_of_the_same_direction() -> None:
    length = np.array([2, -1, 3, -4, 2, -1])
    assert ranks(length).tolist() == [2, 2, 1, 1, 2, 2]
    assert longest(length, 1, 2) == [2, 4]
    assert longest(length, -1, 9) == [3, 5, 1]
    assert reached(length) == [(3, 3), (3, 1), (1, 1), (0, 1)]
    assert reached(length[:0]) == []


def test_a_change_after_a_hole_begins_a_run_of_unknown_length() -> None:
    close = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 4.0])
    breaks = np.array([False, False, True, False, False, False])
    changes = change_signs(close, breaks)
    found = spells(runs(changes, breaks), breaks, changes=True)
    assert found.length.tolist() == [1, 2, -1]
    assert found.first.tolist() == [1, 3, 5]
    assert found.cut.tolist() == [True, True, False]
