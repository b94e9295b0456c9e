"""How long one instrument has beaten another."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from divmon.indicators.relative import (
    Relative,
    breaker,
    common,
    lead_pp,
    provisional,
    rank,
    relative,
)
from divmon.market.sessions import day_of
from tests.history import day, folder
from tests.strategies import Candles, candles


def of(first: list[float], second: list[float], *holes: int) -> Relative:
    breaks = np.zeros(len(first), dtype=np.bool_)
    breaks[list(holes)] = True
    return relative(np.arange(len(first)), np.asarray(first), np.asarray(second), breaks)


def test_only_common_sessions_are_compared() -> None:
    days, a, b = common(
        np.asarray([1, 2, 4]),
        np.asarray([1.0, 2.0, 4.0]),
        np.asarray([2, 3, 4]),
        np.asarray([20.0, 30.0, 40.0]),
    )
    assert (days.tolist(), a.tolist(), b.tolist()) == ([2, 4], [2.0, 4.0], [20.0, 40.0])


def test_the_run_its_lead_and_its_place() -> None:
    found = of([100, 101, 100, 102, 103, 104], [100, 100, 101, 101, 101, 101])
    assert found.run.tolist() == [0, 1, -1, 1, 2, 3]
    assert lead_pp(found) == pytest.approx(100 * (104 / 100 - 101 / 101))
    assert rank(found.run) == 1
    assert rank(found.run[:2]) == 1
    assert rank(found.run[:4]) == 1
    assert rank(of([1, 2, 3, 3, 4], [1, 1, 1, 2, 2]).run) == 2


def test_a_difference_of_rounding_is_a_tie() -> None:
    found = of([100, 110, 121], [50, 55, 60.5 * (1 + 1e-13)])
    assert found.run.tolist() == [0, 0, 0]
    assert lead_pp(found) is None
    assert rank(found.run) is None


def test_a_missing_session_breaks_the_run() -> None:
    assert of([1, 2, 3, 4, 5], [1, 1, 1, 1, 1], 2).run.tolist() == [0, 1, 0, 1, 2]


def test_nothing_to_compare() -> None:
    empty = relative(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
    assert lead_pp(empty) is None
    assert rank(empty.run) is None


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Candles, Candles]:
    n = draw(st.integers(2, 50))
    return draw(candles(n, n)), draw(candles(n, n))


@given(pairs())
def test_swapping_the_two_flips_the_sign(pair: tuple[Candles, Candles]) -> None:
    a, b = pair
    one, other = relative(a.day, a.close, b.close), relative(a.day, b.close, a.close)
    np.testing.assert_array_equal(one.run, -other.run)
    if (lead := lead_pp(one)) is not None:
        assert lead_pp(other) == pytest.approx(-lead, abs=1e-9)
    assert rank(one.run) == rank(other.run)


@given(pairs())
def test_a_run_followed_by_the_tick_is_the_run_of_the_whole(pair: tuple[Candles, Candles]) -> None:
    a, b = pair
    whole = relative(a.day, a.close, b.close)
    for n in range(2, len(a) + 1):
        before = relative(a.day[: n - 1], a.close[: n - 1], b.close[: n - 1])
        live = provisional(
            int(before.run[-1]),
            float(a.close[n - 2]),
            float(b.close[n - 2]),
            float(a.close[n - 1]),
            float(b.close[n - 1]),
        )
        assert live == whole.run[n - 1]


@given(pairs())
def test_the_run_goes_on_above_its_breaker_and_ends_below(pair: tuple[Candles, Candles]) -> None:
    a, b = pair
    run = int(relative(a.day[:-1], a.close[:-1], b.close[:-1]).run[-1])
    assume(run > 0)
    first, second, now = float(a.close[-2]), float(b.close[-2]), float(b.close[-1])
    edge = breaker(first, second, now)
    assert provisional(run, first, second, edge * 1.0001, now) == run + 1
    assert provisional(run, first, second, edge, now) == 0
    assert provisional(run, first, second, edge * 0.9999, now) == -1


def rut_against_spx(path: Path) -> Relative:
    history = folder(path)
    rut, spx = history.daily["RUT"], history.daily["SPX"]
    return relative(*common(rut.day, rut.close, spx.day, spx.close))


@pytest.mark.parametrize(
    ("text", "length"), [("2026-01-16", 11), ("2026-01-20", 12), ("2026-01-22", 14)]
)
def test_january_2026(shared: Callable[[str], Path], text: str, length: int) -> None:
    found = rut_against_spx(shared("data"))
    assert found.run[found.day == day(text)].tolist() == [length]


def test_runs_as_long_as_that_of_january_2026(shared: Callable[[str], Path]) -> None:
    found = rut_against_spx(shared("data"))
    ends = [
        at
        for at in np.flatnonzero(found.run >= 11)
        if at + 1 == len(found.run) or found.run[at + 1] <= 0
    ]
    years = {day_of(int(found.day[at])).year: int(found.run[at]) for at in ends}
    assert sorted(years) == [1991, 1996, 2000, 2001, 2008, 2026]
    assert years[1996] == 16
    assert day_of(int(found.day[0])) == date(1987, 9, 10)
