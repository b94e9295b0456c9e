"""What FRED's figures tell on a day of the past: only what was out at its close."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divmon.indicators.liquidity import MONTHLY_LAG, policy
from divmon.indicators.series import Days, Macro
from divmon.market.sessions import DAY, day_of, sessions
from divmon.reading.claims import HIKED_WITHIN
from divmon.reading.macro import read_liquidity
from divmon.reading.published import Told, draining, hiking, tightening
from tests.history import day

FIRST = day("2024-01-03")  # a Wednesday
NEW_YORK = sessions("XNYS")


def closes(first: int, last: int) -> Days:
    days = NEW_YORK.between(first, last)
    return np.asarray(NEW_YORK.closes[np.searchsorted(NEW_YORK.days, days)], dtype=np.int64)


def series(name: str, unit: str, values: list[float], every: int = 7, first: int = FIRST) -> Macro:
    days = first + every * np.arange(len(values), dtype=np.int64)
    return Macro(name, unit, days, np.array(values))


def fed(walcl: list[float], tga: float = 7e5, rrp: float = 500.0) -> dict[str, Macro]:
    return {
        "WALCL": series("WALCL", "USD mn", walcl),
        "WDTGAL": series("WDTGAL", "USD mn", [tga] * len(walcl)),
        "RRPONTSYD": series("RRPONTSYD", "USD bn", [rrp] * len(walcl)),
    }


steps = st.lists(st.sampled_from([-30e3, -12e3, -2e3, 0.0, 2e3, 15e3]), min_size=20, max_size=40)


@settings(max_examples=15, deadline=None)
@given(steps, st.integers(0, 39), st.booleans())
def test_every_close_is_told_what_a_reading_of_that_moment_was(
    moves: list[float], gone: int, gap: bool
) -> None:
    macro = fed(list(7.5e6 + np.cumsum(moves)))
    if gap:
        macro = {
            name: Macro(name, each.unit, np.delete(each.day, gone % len(each.day)),
                        np.delete(each.value, gone % len(each.day)))
            for name, each in macro.items()
        }  # fmt: skip
    end = FIRST + 7 * len(moves)
    at = closes(FIRST, end)
    now = float((end + 30) * DAY)
    qt, drains = tightening(macro, at, now), draining(macro, at, now)
    assert qt is not None
    assert drains is not None
    for n, moment in enumerate(at):
        then, _ = read_liquidity(macro, float(moment))
        fresh = then.as_of is not None and moment / DAY - day(str(then.as_of)) < 10
        if fresh:
            assert bool(qt.known[n]) == (then.qt_state is not None)
            assert bool(drains.known[n]) == (then.change_13w is not None)
        if qt.known[n]:
            assert bool(qt.holds[n]) == (then.qt_state == "QT")
        if drains.known[n]:
            assert bool(drains.holds[n]) == ((then.change_13w or 0.0) < 0)


def first_day(told: Told | None, at: Days) -> str:
    assert told is not None
    return str(day_of(int(at[np.argmax(told.holds)]) // DAY))


@pytest.mark.parametrize(
    ("ninth", "expected"),
    [
        # out on Thursday, 30 minutes after the close
        ("2024-02-28", "2024-03-01"),
        # Thanksgiving: out on Friday after a close at 13:00
        ("2025-11-26", "2025-12-01"),
    ],
)
def test_a_figure_counts_from_the_close_after_its_release(ninth: str, expected: str) -> None:
    last = day(ninth)
    values = list(7.5e6 - 20e3 * np.arange(9))
    walcl = series("WALCL", "USD mn", values, first=last - 56)
    at = closes(last - 60, last + 6)
    told = tightening({"WALCL": walcl}, at, float((last + 30) * DAY))
    assert first_day(told, at) == expected


def test_a_figure_that_is_not_followed_is_of_a_week_and_no_more() -> None:
    macro = fed(list(7.5e6 - 20e3 * np.arange(20)))
    end = FIRST + 7 * 19
    told = tightening(macro, closes(FIRST, end + 60), float((end + 60) * DAY))
    assert told is not None
    out = datetime.fromtimestamp(float(closes(FIRST, end + 60)[told.known][-1]), UTC).date()
    # a Friday: the next one was due the evening before, or on this one after a holiday
    assert out == day_of(end + 9)


def test_without_a_balance_sheet_nothing_is_told() -> None:
    at = closes(FIRST, FIRST + 9)
    assert tightening({}, at, 0.0) is None
    assert draining({}, at, 0.0) is None
    assert hiking({}, at, 0.0) is None
    early = tightening(fed([7.5e6] * 20), at, float(FIRST * DAY))
    assert early is not None
    assert not early.known.any()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([-0.25, -0.1, 0.0, 0.0, 0.0, 0.02, 0.15, 0.1]), min_size=20))
def test_a_policy_rate_is_told_as_it_was_known_at_every_close(moves: list[float]) -> None:
    months = np.arange("2020-01", np.datetime64("2020-01") + len(moves), dtype="datetime64[M]")
    days = months.astype("datetime64[D]").astype(np.int64)
    rate = Macro("IRSTCI01JPM156N", "%", days, np.cumsum(moves))
    at = closes(int(days[0]), int(days[-1]) + 90)
    told = hiking({rate.series: rate}, at, 0.0)
    assert told is not None
    for n, moment in enumerate(at):
        then = policy(rate, float(moment))
        if then is None:
            assert not told.known[n]
            continue
        if not told.known[n]:
            continue
        recent = then.last_change is not None and then.as_of - then.last_change <= HIKED_WITHIN
        assert bool(told.holds[n]) == (recent and (then.change or 0.0) > 0)
    out = days[-1] + MONTHLY_LAG
    assert not told.known[at > (out + 33) * DAY].any()
