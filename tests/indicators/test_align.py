"""The master grid: what is sampled when, how old it may be, and the off-by-one trap."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from divmon.indicators.align import align
from divmon.indicators.series import Floats, History
from divmon.market.sessions import DAY, sessions
from tests.history import END, daily, day, folder, hourly, hours, moment, reference

CALENDARS = {
    "BTC": "24/7",
    "RUT": "XNYS",
    "GOLD": "CMES",
    "SILVER": "CMES",
    "STAR50": "XSHG",
}


def correlation(a: Floats, b: Floats) -> float:
    both = np.isfinite(a) & np.isfinite(b)
    return float(np.corrcoef(a[both], b[both])[0, 1])


def returns(prices: Floats) -> Floats:
    return np.diff(np.log(prices))


def walk(seed: int, n: int) -> Floats:
    return np.asarray(
        100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.01, n))), dtype=np.float64
    )


def hours_of(first: str, last: str) -> range:
    return range(int(moment(first)), int(moment(last)), 3600)


def test_the_grid_is_the_calendar_half_days_and_clock_changes_included() -> None:
    rut = daily("RUT", [day("2025-03-07")], [2000.0])
    grid = align(History(daily={"RUT": rut}), CALENDARS, moment("2025-12-01"))
    at = dict(zip(grid.day.tolist(), grid.at.tolist(), strict=True))
    assert at[day("2025-03-07")] == moment("2025-03-07T21:00")  # winter time
    assert at[day("2025-03-10")] == moment("2025-03-10T20:00")  # summer time
    assert at[day("2025-07-03")] == moment("2025-07-03T17:00")  # half day
    assert at[day("2025-11-28")] == moment("2025-11-28T18:00")
    assert day("2025-07-04") not in at
    assert max(at) == day("2025-11-28")


def test_a_session_is_on_the_grid_from_its_close_on() -> None:
    rut = daily("RUT", [day("2026-01-15"), day("2026-01-16")], [2674.56, 2677.74])
    history = History(daily={"RUT": rut})
    close = moment("2026-01-16T21:00")
    assert align(history, CALENDARS, close - 1).day[-1] == day("2026-01-15")
    grid = align(history, CALENDARS, close)
    assert grid.day[-1] == day("2026-01-16")
    assert grid.close["RUT"][-1] == 2677.74


def test_bitcoin_is_the_hour_that_ends_by_the_close_of_the_session() -> None:
    starts = hours_of("2025-07-02T00:00", "2025-07-09T00:00")
    btc = hourly("BTC", starts, [float(start) for start in starts])
    rut = daily("RUT", [day("2025-07-02")], [2000.0])
    grid = align(History({"RUT": rut}, {"BTC": btc}), CALENDARS, moment("2025-07-08"))
    ends = dict(zip(grid.day.tolist(), (grid.close["BTC"] + 3600).tolist(), strict=True))
    assert ends[day("2025-07-02")] == moment("2025-07-02T20:00")
    assert ends[day("2025-07-03")] == moment("2025-07-03T17:00")


@pytest.mark.parametrize(("missing", "has_value"), [(1, True), (2, True), (3, False)])
def test_an_hour_older_than_two_hours_is_no_price(missing: int, has_value: bool) -> None:
    close = int(moment("2025-07-02T20:00"))
    starts = [
        start
        for start in hours_of("2025-07-01T00:00", "2025-07-04T00:00")
        if not close - missing * 3600 <= start < close
    ]
    btc = hourly("BTC", starts, [1.0] * len(starts))
    # a UTC close is there, but inside the hours we have it may not stand in
    utc = daily("BTC", range(day("2025-06-25"), day("2025-07-04")), [2.0] * 9)
    grid = align(History({"BTC": utc}, {"BTC": btc}), CALENDARS, moment("2025-07-04"))
    value = grid.close["BTC"][np.flatnonzero(grid.day == day("2025-07-02"))[0]]
    assert np.isfinite(value) == has_value


def test_before_the_hours_the_utc_close_of_the_same_date_serves_and_is_named() -> None:
    starts = hours_of("2025-07-02T00:00", "2025-07-04T00:00")
    btc = hourly("BTC", starts, [1.0] * len(starts))
    utc = daily("BTC", range(day("2025-06-27"), day("2025-07-04")), [2.0] * 7)
    grid = align(History({"BTC": utc}, {"BTC": btc}), CALENDARS, moment("2025-07-04"))
    assert grid.close["BTC"].tolist() == [2.0, 2.0, 2.0, 1.0, 1.0]
    assert grid.notes["BTC"] == (
        "hourly close by 16:00 ET since 2025-07-02, UTC close of the same date before"
    )


def test_a_utc_day_that_still_runs_is_not_on_the_grid() -> None:
    utc = daily("BTC", range(day("2025-06-27"), day("2025-07-02")), [1.0, 2.0, 3.0, 4.0, 5.0])
    history = History(daily={"BTC": utc})
    running = align(history, CALENDARS, moment("2025-07-01T22:00"))
    assert np.isnan(running.close["BTC"][-1])
    assert running.carried["BTC"][-1] == 1
    done = align(history, CALENDARS, moment("2025-07-02T00:00"))
    assert done.close["BTC"][-1] == 5.0


def test_an_hour_received_before_it_ended_is_no_close() -> None:
    starts = hours_of("2025-07-01T00:00", "2025-07-01T20:00")
    rut = daily("RUT", [day("2025-07-01")], [2000.0])
    btc = hourly("BTC", starts, [float(start) for start in starts])
    partly = replace(btc, received=moment("2025-07-01T19:30"))
    grid = align(History({"RUT": rut}, {"BTC": partly}), CALENDARS, moment("2025-07-01T20:00"))
    assert grid.close["BTC"].tolist() == [moment("2025-07-01T18:00")]


def test_shanghai_is_carried_over_golden_week_and_is_not_late() -> None:
    shanghai = sessions("XSHG").between(day("2024-09-02"), day("2024-10-31"))
    star = daily("STAR50", shanghai, shanghai.astype(float))
    rut = daily("RUT", [day("2024-09-03")], [2000.0])
    grid = align(History({"STAR50": star, "RUT": rut}), CALENDARS, moment("2024-10-31"))
    at = np.flatnonzero(grid.day == day("2024-10-07"))[0]
    assert grid.close["STAR50"][at] == day("2024-09-30")
    assert grid.carried["STAR50"][at] == 5
    assert grid.late["STAR50"][at] == 0


def test_a_frozen_foreign_series_is_dropped_after_ten_sessions() -> None:
    shanghai = sessions("XSHG").between(day("2024-06-03"), day("2024-06-28"))
    star = daily("STAR50", shanghai, [1.0] * len(shanghai))
    grid = align(History(daily={"STAR50": star}), CALENDARS, moment("2024-08-01"))
    carried = grid.carried["STAR50"]
    assert np.array_equal(np.isfinite(grid.close["STAR50"]), carried <= 10)
    assert carried[-1] > 10
    assert grid.late["STAR50"][-1] > 10


def test_a_new_york_series_is_never_carried() -> None:
    days = sessions("XNYS").between(day("2025-06-02"), day("2025-06-30"))
    rut = daily("RUT", days[days != day("2025-06-10")], [1.0] * (len(days) - 1))
    grid = align(History(daily={"RUT": rut}), CALENDARS, moment("2025-07-01"))
    hole = np.flatnonzero(np.isnan(grid.close["RUT"]))
    assert grid.day[hole].tolist() == [day("2025-06-10")]
    assert grid.late["RUT"][hole].tolist() == [1]


def test_gold_and_silver_mean_the_etfs_where_there_are_any() -> None:
    days = sessions("XNYS").between(day("2025-06-02"), day("2025-06-30"))
    gold, gld = daily("GOLD", days, [3300.0] * len(days)), daily("GLD", days, [300.0] * len(days))
    silver = daily("SILVER", days, [36.0] * len(days))
    history = History(daily={"GOLD": gold, "GLD": gld, "SILVER": silver})
    grid = align(history, CALENDARS, moment("2025-07-01"))
    assert grid.uses == {"GOLD": "GLD", "SILVER": "SILVER"}
    assert set(grid.close["GOLD"]) == {300.0}
    assert set(grid.close["SILVER"]) == {36.0}


def test_nothing_in_nothing_out() -> None:
    grid = align(History(), CALENDARS, END)
    assert len(grid) == 0
    assert grid.close == {}


def test_an_empty_series_is_a_column_without_values() -> None:
    rut = daily("RUT", [day("2025-06-10")], [1.0])
    grid = align(History({"RUT": rut, "STAR50": daily("STAR50", [], [])}), CALENDARS, END)
    assert np.isnan(grid.close["STAR50"]).all()
    assert set(grid.carried["STAR50"]) == {-1}


def test_cutting_the_data_changes_nothing_before_the_cut() -> None:
    whole = align(reference(), CALENDARS, END)
    for text in ("2024-02-13", "2024-10-08", "2024-11-30T18:30"):
        part = align(reference(), CALENDARS, moment(text))
        for name, column in part.close.items():
            done = slice(0, len(part) - 1)  # BTC's UTC day may end after the last session
            np.testing.assert_array_equal(column[done], whole.close[name][done], err_msg=name)


def test_the_off_by_one_trap() -> None:
    """Bitcoin moves with the session it ends; the previous UTC close must not show it."""
    days = np.arange(day("2023-01-01"), day("2025-06-30"))
    shocks = walk(1, len(days))
    btc = daily("BTC", days, shocks)
    trading = sessions("XNYS").between(int(days[0]), int(days[-1]))
    at = np.searchsorted(days, trading)
    noise = walk(2, len(trading))
    rut = daily("RUT", trading, np.sqrt(shocks[at] * noise))
    grid = align(History(daily={"BTC": btc, "RUT": rut}), CALENDARS, END)
    x, y = returns(grid.close["BTC"]), returns(grid.close["RUT"])
    assert correlation(x, y) > 0.6
    shifted = replace(btc, day=btc.day + 1)  # a bar named by its end, not its start
    trap = align(History(daily={"BTC": shifted, "RUT": rut}), CALENDARS, END)
    late = returns(trap.close["BTC"])
    assert abs(correlation(late, y)) < 0.25  # weekends share a part
    assert correlation(late[1:], y[:-1]) > 0.4


def test_the_off_by_one_trap_on_real_data(shared: Callable[[str], Path]) -> None:
    history = folder(shared("data"))
    btc, rut = history.daily["BTC"], history.daily["RUT"]
    now = moment("2026-07-01")
    hour = {"BTC": hours(shared("data/intraday/btc_1h.csv"))}
    grid = align(History({"BTC": btc, "RUT": rut}, hour), CALENDARS, now)
    recent = grid.day >= day("2024-07-01")
    x, y = returns(grid.close["BTC"][recent]), returns(grid.close["RUT"][recent])
    assert correlation(x, y) == pytest.approx(0.50, abs=0.02)
    trap = align(History({"BTC": replace(btc, day=btc.day + 1), "RUT": rut}), CALENDARS, now)
    late = returns(trap.close["BTC"][recent])
    assert abs(correlation(late, y)) < 0.1
    assert correlation(late[1:], y[:-1]) == pytest.approx(0.48, abs=0.04)
    assert abs(correlation(x[1:], y[:-1])) < 0.1


def test_no_utc_hour_is_constant() -> None:
    grid = align(reference(), CALENDARS, END)
    assert {int(at % DAY) // 3600 for at in grid.at} == {17, 18, 20, 21}
