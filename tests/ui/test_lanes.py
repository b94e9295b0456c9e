"""A race at the newest prices: returns, order, catch-up prices, bars."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from divmon.reading.model import Instrument, ValueState
from divmon.reading.race import Lane, Race
from divmon.ui.lanes import EIGHTHS, Runner, bar, catchup, runners, standing

SINCE = date(2025, 12, 31)


def found(**lanes: tuple[float | None, float | None, str]) -> dict[str, Runner]:
    """Return runners from (base, last, kind)."""
    race = Race(
        anchor="YTD",
        since=SINCE,
        lanes=tuple(
            Lane(instrument=name, base=base, day=SINCE) for name, (base, _, _) in lanes.items()
        ),
    )
    rows = {name: Instrument(last=last, kind=kind) for name, (_, last, kind) in lanes.items()}
    states: dict[str, ValueState] = dict.fromkeys(rows, "live")
    return runners(race, rows, states)


def test_a_return_is_of_the_newest_price_and_missing_where_either_end_is() -> None:
    made = found(RUT=(100.0, 110.0, "index"), SPX=(None, 5.0, "index"), GOLD=(5.0, None, "future"))
    assert made["RUT"].gone == pytest.approx(0.1)
    assert made["SPX"].gone is None
    assert made["GOLD"].gone is None
    assert runners(Race(anchor="x", lanes=(Lane(instrument="Z"),)), {}, {})["Z"].state == "missing"


def test_the_order_is_by_return_levels_after_and_what_has_none_last() -> None:
    made = found(
        BTC=(100.0, 90.0, "crypto"),
        IBIT=(None, 50.0, "etf"),
        VIX=(10.0, 30.0, "volatility"),
        RUT=(100.0, 110.0, "index"),
        US10Y=(4.0, 4.4, "rate"),
        SPX=(200.0, 220.0, "index"),
    )
    assert standing(made) == ("RUT", "SPX", "BTC", "VIX", "US10Y", "IBIT")


def test_the_catch_up_price_is_from_bitcoins_own_base() -> None:
    made = found(
        BTC=(80_000.0, 70_000.0, "crypto"), RUT=(100.0, 125.0, "index"),
        VIX=(10.0, 30.0, "volatility"), GOLD=(None, 1.0, "future"),
    )  # fmt: skip
    assert catchup(made, "RUT") == pytest.approx(100_000.0)
    assert [catchup(made, name) for name in ("BTC", "VIX", "GOLD")] == [None] * 3
    alone = found(RUT=(100.0, 125.0, "index"))
    assert catchup(alone, "RUT") is None


prices = st.floats(0.01, 1e6)


@given(prices, prices, prices)
def test_at_its_catch_up_price_bitcoin_has_gone_as_far(
    base: float, first: float, last: float
) -> None:
    made = found(BTC=(base, 1.0, "crypto"), RUT=(first, last, "index"))
    price = catchup(made, "RUT")
    assert price is not None
    assert price / base - 1 == pytest.approx(last / first - 1, rel=1e-9, abs=1e-9)


@given(st.lists(st.none() | st.sampled_from([90.0, 100.0, 110.0]), max_size=12))
def test_the_order_is_stable(lasts: list[float | None]) -> None:
    made = found(**{f"I{n}": (100.0, last, "index") for n, last in enumerate(lasts)})
    order = standing(made)
    assert sorted(order) == sorted(made)
    known = [(-(made[name].gone or 0.0), list(made).index(name)) for name in order
             if made[name].gone is not None]  # fmt: skip
    assert known == sorted(known)
    assert all(made[name].gone is None for name in order[len(known) :])


gains = st.floats(-0.99, 20)


@given(gains, gains, gains, st.integers(0, 120), st.booleans())
def test_a_bar_stays_in_its_row_and_on_its_side(
    value: float, one: float, other: float, width: int, eighths: bool
) -> None:
    low, high = min(value, one, other), max(value, one, other)
    made = bar(value, low, high, width, eighths=eighths)
    room = made.axis if made.left else width - (min(low, 0) < 0) - made.axis
    assert 0 <= made.full + len(made.edge) <= max(0, room)
    assert made.left == (value < 0)
    assert made.edge in EIGHTHS[1:] or made.edge == ""
    assert eighths or made.edge == ""
    if value and width > 2:
        assert made.full or made.edge


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        (0.10, 0.0, 0.10, (0, 16, "", False)),
        (0.05, 0.0, 0.10, (0, 8, "", False)),
        (0.01, 0.0, 0.10, (0, 1, "▋", False)),
        (0.10, -0.05, 0.10, (5, 10, "", False)),
        (-0.05, -0.05, 0.10, (5, 5, "", True)),
        (-0.02, -0.05, 0.10, (5, 2, "", True)),
        (-0.001, -0.05, 0.10, (5, 0, "▉", True)),
        (0.0, -0.05, 0.10, (5, 0, "", False)),
        (-0.05, -0.05, -0.01, (15, 15, "", True)),
    ],
)
def test_bars_are_to_scale_in_eighths(
    value: float, low: float, high: float, expected: tuple[int, int, str, bool]
) -> None:
    made = bar(value, low, high, 16)
    assert (made.axis, made.full, made.edge, made.left) == expected
