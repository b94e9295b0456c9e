"""Liquidity, policy rates and the January rule, as known at a time."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divmon.indicators.liquidity import (
    as_of,
    change,
    net_liquidity,
    out_of_range,
    pace,
    pace_state,
    policy,
    release,
    theil_sen,
)
from divmon.indicators.precedents import january
from divmon.indicators.series import Macro
from divmon.market.sessions import sessions
from tests.history import daily, day, moment
from tests.history import reference as synthetic_history
from tests.synthetic import reference


def macro(series: str, unit: str, points: dict[str, float]) -> Macro:
    days = np.array([day(text) for text in points], dtype=np.int64)
    return Macro(series, unit, days, np.array(list(points.values())))


@pytest.mark.parametrize(
    ("wednesday", "expected"),
    [
        ("2026-01-14", "2026-01-15T21:30:00+00:00"),  # 16:30 in winter
        ("2026-07-08", "2026-07-09T20:30:00+00:00"),  # and in summer
        ("2025-11-26", "2025-11-28T21:30:00+00:00"),  # Thanksgiving is on Thursday
        ("2025-12-24", "2025-12-26T21:30:00+00:00"),
        ("2025-06-18", "2025-06-20T20:30:00+00:00"),  # Juneteenth, a holiday since 2021
        ("2014-06-18", "2014-06-19T20:30:00+00:00"),
    ],
)
def test_the_h41_is_out_on_thursday_or_after_a_holiday_on_friday(
    wednesday: str, expected: str
) -> None:
    assert release(date.fromisoformat(wednesday)).timestamp() == moment(expected)


def test_the_thirteen_week_change_of_the_balance_sheet() -> None:
    walcl = synthetic_history().macro["WALCL"]
    a_month, state = reference()["qt13"]
    found = change(walcl.day, walcl.value / 1000, 13)
    assert found is not None
    assert found / 3 == pytest.approx(a_month, abs=1e-9)
    assert pace_state(found / 3) == state


def test_inputs_older_than_six_days_are_missing() -> None:
    wednesdays = np.array([100, 107, 114], dtype=np.int64)
    found = as_of(wednesdays, np.array([94, 106], dtype=np.int64), np.array([1.0, 2.0]))
    assert np.array_equal(found, [1.0, 2.0, np.nan], equal_nan=True)


def test_a_pace_needs_nine_weeks_running() -> None:
    days = np.arange(9, dtype=np.int64) * 7
    levels = np.array([100.0, 98, 96, 94, 1000, 90, 88, 86, 84])  # one wild level counts little
    assert pace(days, levels) == pytest.approx(-2 * 13 / 3)
    hole = days.copy()
    hole[4:] += 7
    assert pace(hole, levels) is None
    assert pace(days[:8], levels[:8]) is None
    assert pace(days, np.where(days == 21, np.nan, levels)) is None


@pytest.mark.parametrize(
    ("value", "state"), [(-10.1, "QT"), (-10, "flat"), (10, "flat"), (10.1, "expanding")]
)
def test_paces_have_names(value: float, state: str) -> None:
    assert pace_state(value) == state


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=9, max_size=9), st.floats(-1e3, 1e3))
def test_a_trend_added_to_levels_is_added_to_their_slope(levels: list[float], slope: float) -> None:
    values = np.array(levels)
    tilted = values + slope * np.arange(9)
    assert theil_sen(tilted) == pytest.approx(theil_sen(values) + slope, rel=1e-6, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 400 * 24))
def test_what_comes_out_later_changes_nothing_known_before(hours: int) -> None:
    known = synthetic_history().macro
    inputs = (known["WALCL"], known["TGA_DAILY"], known["RRPONTSYD"])
    now = moment("2024-02-01") + 3600.0 * hours
    before, after = net_liquidity(*inputs, now), net_liquidity(*inputs, moment("2026-01-01"))
    n = len(before.day)
    assert np.array_equal(before.net, after.net[:n], equal_nan=True)
    for at, out in ((n - 1, True), (n, False)):
        if at < len(after.day):
            wednesday = date(1970, 1, 1) + timedelta(days=int(after.day[at]))
            assert (release(wednesday).timestamp() <= now) == out


@pytest.mark.parametrize(
    ("kind", "value", "good"),
    [
        ("WALCL", 6.6e6, True),
        ("WALCL", 6.6e9, False),
        ("WALCL", 6.6e3, False),
        ("TGA", 8.0e5, True),
        ("TGA", 8.0e8, False),
        ("RRP", 3.2, True),
        ("RRP", 3200.0, False),
    ],
)
def test_units_are_checked_by_the_size_of_levels(kind: Any, value: float, good: bool) -> None:
    unit = "USD bn" if kind == "RRP" else "USD mn"
    found = out_of_range(macro(kind, unit, {"2026-01-14": value}), kind)
    assert (found is None) == good
    assert good or (found is not None and "was" in found)


def test_a_policy_move_is_the_last_step_and_not_the_noise() -> None:
    points = {"2025-12-08": 3.88, "2025-12-09": 3.89, "2025-12-10": 3.89, "2025-12-11": 3.64}
    points |= {"2025-12-12": 3.64, "2025-12-15": 3.63, "2025-12-16": 3.64}
    found = policy(macro("DFF", "%", points), moment("2025-12-18"))
    assert found is not None
    assert (found.level, found.as_of, found.last_change) == (
        3.64,
        day("2025-12-16"),
        day("2025-12-11"),
    )
    assert found.change == pytest.approx(-0.25)
    before = policy(macro("DFF", "%", points), moment("2025-12-11"))
    assert before is not None
    assert (before.last_change, before.change) == (None, None)
    assert policy(macro("DFF", "%", points), moment("2025-12-01")) is None


def test_a_move_that_two_monthly_means_share_is_one_and_dated_by_the_first() -> None:
    points = {"2025-10-01": 0.477, "2025-11-01": 0.478, "2025-12-01": 0.57, "2026-01-01": 0.728}
    series = macro("IRSTCI01JPM156N", "%", points)
    found = policy(series, moment("2026-03-01"))
    assert found is not None
    assert found.last_change == day("2025-12-01")
    assert found.change == pytest.approx(0.25)
    # January's mean is not out on the last day of January
    before = policy(series, moment("2026-01-31"))
    assert before is not None
    assert before.as_of == day("2025-12-01")


def two_years(first_january: float, second_january: float) -> tuple[Any, Any]:
    """Return a pair whose lead over each January is as given, in points, and flat beside."""
    days = sessions("XNYS").between(day("2019-12-02"), day("2021-12-31"))
    lead = np.ones(len(days))
    for month, points in (("2020-01", first_january), ("2021-01", second_january)):
        lead[days >= day(f"{month}-15")] *= 1 + points / 100
    return daily("RUT", days, 100 * lead), daily("SPX", days, np.full(len(days), 50.0))


@pytest.mark.parametrize(
    ("lead", "years", "near"), [(5.0, (2020,), ()), (4.99, (), (2020,)), (4.49, (), ())]
)
def test_the_january_rule_begins_at_five_points(
    lead: float, years: tuple[int, ...], near: tuple[int, ...]
) -> None:
    found = january(*two_years(lead, -3.0))
    assert (found.years, found.near) == (years, near)
    assert found.current == pytest.approx(-3.0)
    assert found.qualifies is False


def test_a_running_january_does_not_qualify_yet() -> None:
    rut, spx = two_years(6.0, 8.0)
    n = int(np.searchsorted(rut.day, day("2021-01-22")))
    found = january(
        daily("RUT", rut.day[:n], rut.close[:n]), daily("SPX", rut.day[:n], spx.close[:n])
    )
    assert found.current == pytest.approx(8.0)
    assert (found.qualifies, found.years, found.kept) == (None, (2020,), (2020,))


def test_a_year_without_its_last_december_session_is_no_case() -> None:
    rut, spx = two_years(6.0, 8.0)
    keep = rut.day != day("2019-12-31")
    found = january(daily("RUT", rut.day[keep], rut.close[keep]), spx)
    assert found.years == (2021,)


def test_nothing_in_common_nothing_found() -> None:
    empty = daily("RUT", [], [])
    assert january(empty, empty).years == ()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(100, 2400))
def test_later_bars_change_no_january_that_is_over(seed: int, cut: int) -> None:
    rng = np.random.default_rng(seed)
    days = sessions("XNYS").between(day("2010-01-04"), day("2019-12-31"))
    a, b = (100 * np.exp(np.cumsum(rng.normal(0, 0.01, len(days)))) for _ in range(2))
    whole = january(daily("RUT", days, a), daily("SPX", days, b))
    part = january(daily("RUT", days[:cut], a[:cut]), daily("SPX", days[:cut], b[:cut]))
    assert {year: whole.leads[year] for year in part.leads} == dict(part.leads)
    assert set(part.years) <= set(whole.years)
