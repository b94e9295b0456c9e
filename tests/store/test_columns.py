from array import array

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from divmon.market.events import Bars
from divmon.store.columns import Columns

prices = st.floats(0.01, 1e6)


@st.composite
def bars(draw: st.DrawFn) -> Bars:
    times = sorted(draw(st.sets(st.integers(0, 40), min_size=1, max_size=20)))
    column = array("d", [draw(prices) for _ in times])
    days = array("q", times)
    return Bars("RUT", "yahoo:^RUT", "1d", days, column, column, column, column, column, 0.0)


def as_dict(columns: Columns) -> dict[int, float]:
    return dict(zip(columns.time.tolist(), columns.prices[3].tolist(), strict=True))


@given(bars(), bars())
def test_merging_is_a_dictionary_update(old: Bars, new: Bars) -> None:
    merged = Columns.of(old).merged(new)
    expected = dict(zip(old.time, old.close, strict=True)) | dict(
        zip(new.time, new.close, strict=True)
    )
    assert as_dict(merged) == expected
    assert np.all(np.diff(merged.time) > 0)


@given(bars())
def test_bars_already_known_change_nothing(some: Bars) -> None:
    columns = Columns.of(some)
    assert columns.merged(some) is columns


def test_the_indicators_see_the_same_columns() -> None:
    columns = Columns.of(
        Bars(
            "BTC",
            "yahoo:BTC-USD",
            "1h",
            array("q", [3600, 7200]),
            array("d", [1.0, 2.0]),
            array("d", [3.0, 4.0]),
            array("d", [0.5, 1.5]),
            array("d", [2.0, 3.0]),
            array("d", [0.0, 0.0]),
            received_time=0.0,
        )
    )
    daily, hourly = columns.daily(), columns.hourly()
    assert [daily.open[0], daily.high[0], daily.low[0], daily.close[0]] == [1.0, 3.0, 0.5, 2.0]
    assert hourly.start.tolist() == [3600, 7200]
    assert hourly.close.tolist() == [2.0, 3.0]
