"""What followed: episodes, entries, forward returns and their intervals."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divmon.indicators.base_rates import Episode, bootstrap_mean, episodes, forward


def flags(*at: int, n: int = 100) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    found = np.zeros(n, dtype=np.bool_)
    found[list(at)] = True
    return found


def test_episodes_less_than_twenty_sessions_apart_are_one() -> None:
    assert episodes(flags(10, 11, 30)) == [Episode(10, 30, 11)]
    assert episodes(flags(10, 11, 31)) == [Episode(10, 11, 11), Episode(31, 31, 32)]


def test_a_signal_of_today_has_no_entry_yet() -> None:
    assert episodes(flags(99)) == [Episode(99, 99, None)]
    assert episodes(flags()) == []


def test_forward_returns_are_counted_from_the_entry() -> None:
    close = 100 * 1.01 ** np.arange(100.0)
    close[50:] *= 2
    (five,) = forward(close, [10, 48, 97], [5])
    up = 1.01**5
    assert five.n == 2  # the third is not over
    assert five.mean == pytest.approx(((up - 1) + (2 * up - 1)) / 2)
    assert (five.positive, five.enough) == (1.0, False)
    assert five.base_n == 95
    assert (five.low, five.high) == (None, None)


def test_ten_episodes_are_enough() -> None:
    close = np.linspace(100, 200, 300)
    assert [each.enough for each in forward(close, range(0, 180, 20), [5])] == [False]
    assert [each.enough for each in forward(close, range(0, 200, 20), [5])] == [True]


def test_the_interval_is_the_same_every_time_and_holds_the_mean() -> None:
    values = np.random.default_rng(1).normal(0.02, 0.05, 40)
    low, high = bootstrap_mean(values)
    assert (low, high) == bootstrap_mean(values)
    assert low is not None
    assert high is not None
    assert low < values.mean() < high
    # about ±1.96 standard errors for a sample of normals
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 40**0.5, rel=0.1)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=120), st.integers(1, 119))
def test_later_sessions_change_no_entry_that_was_taken(held: list[bool], cut: int) -> None:
    holds = np.array(held, dtype=np.bool_)
    before = [each.entry for each in episodes(holds[:cut]) if each.entry is not None]
    after = [each.entry for each in episodes(holds)]
    assert after[: len(before)] == before


@settings(max_examples=60, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=120))
def test_every_session_of_the_condition_is_in_one_episode(held: list[bool]) -> None:
    holds = np.array(held, dtype=np.bool_)
    found = episodes(holds)
    for at in np.flatnonzero(holds):
        assert sum(each.start <= at <= each.end for each in found) == 1
    for a, b in pairwise(found):
        assert b.start - a.end >= 20
