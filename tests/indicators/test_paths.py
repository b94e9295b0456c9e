"""What was told on each day of the past is what is told of the last day of a shorter past."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divmon.indicators import volatility
from divmon.indicators.correlation import break_z, break_zs, broken, brokens
from divmon.indicators.volatility import percentile, percentiles, record_low, record_lows

values = st.lists(st.sampled_from([0.1, 0.2, 0.2, 0.3, 0.7, 1.5]), max_size=60)


@given(values)
def test_a_percentile_is_that_of_the_values_so_far(some: list[float]) -> None:
    column = np.array(some)
    for at, rank in enumerate(percentiles(column)):
        told = percentile(column[: at + 1])
        assert (told is None and np.isnan(rank)) or rank == pytest.approx(told)


@given(values, st.integers(2, 20))
def test_a_percentile_of_a_window_is_that_of_its_own_values(some: list[float], n: int) -> None:
    column = np.array(some)
    for at, rank in enumerate(percentiles(column, n)):
        told = percentile(column[at + 1 - n : at + 1]) if at + 1 >= n else None
        assert (told is None and np.isnan(rank)) or rank == pytest.approx(told)


def test_a_record_low_is_one_among_all_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volatility, "RECORD_NEEDS", 5)
    column = np.array([3.0, 2.0, 2.5, 2.0, 2.1, 1.9, 1.9, 2.0])
    told = [bool(record_low(column[: at + 1])) for at in range(len(column))]
    assert record_lows(column).tolist() == told


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(-0.9, 0.9), st.floats(0, 0.3))
def test_a_break_is_told_as_it_was_on_its_day(seed: int, r: float, holes: float) -> None:
    dice = np.random.default_rng(seed)
    x = dice.normal(size=340)
    y = r * x + dice.normal(size=340)
    y[300:] = -y[300:]  # so that some break
    x[dice.random(340) < holes] = np.nan
    path = break_zs(x, y)
    holds, known = brokens(path)
    for at in range(285, 340):
        z = break_z(x[: at + 1], y[: at + 1])
        assert (z is None and np.isnan(path[at])) or path[at] == pytest.approx(z, abs=1e-9)
        flag = broken(x[: at + 1], y[: at + 1])
        assert known[at] == (flag is not None)
        assert holds[at] == bool(flag)


def test_too_short_a_series_has_no_break() -> None:
    short = np.zeros(100)
    assert np.isnan(break_zs(short, short)).all()
    holds, known = brokens(break_zs(short[:2], short[:2]))
    assert not holds.any()
    assert not known.any()
