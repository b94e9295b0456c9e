"""Records and drawdowns, against plain loops, and by the laws that hold for all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from divmon.indicators.drawdowns import Drawdown, drawdowns, records, twin
from tests.strategies import exact_factors

# even numbers, so that equal highs and falls of just ten percent are common
closes = st.lists(st.integers(5, 40), max_size=80).map(lambda found: np.array(found, dtype=float))


def plain(close: list[float], least: float) -> list[tuple[int, int, int | None]]:
    found: list[tuple[int, int, int | None]] = []
    peak, trough = 0, 0
    for at, value in enumerate(close):
        if value >= close[peak]:
            if close[trough] <= close[peak] * (1 - least):
                found.append((peak, trough, at))
            peak = trough = at
        elif value < close[trough]:
            trough = at
    if close and close[trough] <= close[peak] * (1 - least):
        found.append((peak, trough, None))
    return found


@given(closes, st.sampled_from([0.05, 0.1, 0.3]))
def test_the_drawdowns_are_those_that_a_loop_finds(close: np.ndarray, least: float) -> None:
    found = drawdowns(close, least)
    assert [(each.peak, each.trough, each.end) for each in found] == plain(close.tolist(), least)
    for each in found:
        assert each.depth == pytest.approx(close[each.trough] / close[each.peak] - 1)
        assert -1 < each.depth < 0


@given(closes)
def test_a_record_is_above_every_close_before_it(close: np.ndarray) -> None:
    told = records(close)
    assert told.tolist() == [at > 0 and close[at] > max(close[:at]) for at in range(len(close))]


@given(closes, exact_factors)
def test_a_change_of_currency_changes_nothing(close: np.ndarray, factor: float) -> None:
    assert drawdowns(close * factor) == drawdowns(close)
    assert records(close * factor).tolist() == records(close).tolist()


@given(closes, st.integers(5, 40))
def test_closes_to_come_change_nothing_that_is_over(close: np.ndarray, more: int) -> None:
    before, after = drawdowns(close), drawdowns(np.append(close, float(more)))
    over = [each for each in before if each.end is not None]
    assert after[: len(over)] == over
    assert records(np.append(close, float(more)))[: len(close)].tolist() == records(close).tolist()


def test_a_fall_that_goes_on_stands_beside_those_still_under_water_then() -> None:
    close = np.array([10.0, 8, 9, 10, 20, 10, 12, 14, 20, 40, 30, 20, 30, 20])
    found = drawdowns(close)
    assert [(each.peak, each.end) for each in found] == [(0, 3), (4, 8), (9, None)]
    made = twin(close, found)
    assert made is not None
    assert made.path.tolist() == [0.0, -0.25, -0.5, -0.25, -0.5]
    assert made.n.tolist() == [2, 2, 2, 1, 0]
    low, middle, high = (band.tolist() for band in made.bands)
    assert middle[:4] == pytest.approx([0.0, -0.35, -0.25, -0.3])
    assert low[1] < middle[1] < high[1]
    assert np.isnan([low[4], middle[4], high[4]]).all()


def test_there_is_no_twin_without_a_fall_that_goes_on_nor_bands_for_the_first() -> None:
    close = np.array([10.0, 8, 10])
    assert twin(close, drawdowns(close)) is None
    assert twin(close, []) is None
    alone = twin(close[:2], [Drawdown(0, 1, None, -0.2)])
    assert alone is not None
    assert alone.n.tolist() == [0, 0]
    assert np.isnan(alone.bands).all()
