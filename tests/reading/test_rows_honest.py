"""What a row does not know it does not say: holes, stale prices, records, notes."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from divmon.indicators.series import History
from divmon.market.events import SourceHealth
from divmon.market.sessions import day_of, sessions
from divmon.reading.assess import assess, read
from divmon.reading.live import Live, RunningBar
from divmon.reading.model import Instrument
from divmon.reading.prepare import prepare
from tests.history import END, daily, day, folder, hours, moment, reference
from tests.reading.market import (
    OPEN,
    SETTINGS,
    live,
    only,
    quote,
    replace_hours,
    without,
)


def test_a_hole_breaks_no_streak_silently() -> None:
    days = sessions("XNYS").between(day("2025-05-01"), day("2025-06-30"))
    n = len(days)
    up = [100.0 + at for at in range(n + 1)]
    rising, falling = daily("RUT", days, up[1:], open=up[:-1]), daily("SPX", days, up[:0:-1])
    whole = assess(History({"RUT": rising, "SPX": falling}), Live("csv"), SETTINGS, END)
    assert whole.instruments["RUT"].streak.candle == n
    assert whole.instruments["RUT"].streak.broken_by is None
    assert whole.relative_streaks["RUT/SPX"].streak == n - 1
    lost = int(days[-4])
    holed = History({"RUT": without(rising, lost), "SPX": falling})
    reading = assess(holed, Live("csv"), SETTINGS, END)
    row = reading.instruments["RUT"]
    assert (row.streak.candle, row.streak.close) == (3, 2)
    assert row.streak.broken_by == day_of(lost)
    assert row.missing_sessions == (day_of(lost),)
    assert any(text.startswith("RUT: 1 missing") for text in reading.missing)
    pair = reading.relative_streaks["RUT/SPX"]
    assert (pair.streak, pair.broken_by) == (2, day_of(lost))


def test_candles_can_reach_a_hole_where_closes_do_not() -> None:
    days = sessions("XNYS").between(day("2025-06-16"), day("2025-06-30"))
    opens = [100.0] * (len(days) - 3) + [100.0, 90.0, 93.0]  # the second gaps down
    rising = daily("RUT", days, [price + 5 for price in opens], open=opens)
    lost = int(days[-4])
    row = assess(History({"RUT": without(rising, lost)}), Live("csv"), SETTINGS, END)
    streak = row.instruments["RUT"].streak
    assert (streak.candle, streak.close, streak.broken_by) == (3, 1, day_of(lost))


def test_yesterdays_open_is_not_todays() -> None:
    bar = RunningBar(day("2025-06-30"), 1.0, 3_000.0, 1.0, 2_000.0)
    batch = prepare(only("RUT"), SETTINGS, OPEN)
    ticks = live(quote("RUT", 2_000.0), running={"RUT": bar})
    assert read(batch, ticks, OPEN).instruments["RUT"].streak.running is None


def test_a_lead_across_a_missing_session_is_nobodys() -> None:
    lost = day("2025-06-30")
    holed = {name: without(reference().daily[name], lost) for name in ("RUT", "SPX")}
    batch = prepare(History(holed), SETTINGS, OPEN)
    reading = read(batch, live(quote("RUT", 2_000.0), quote("SPX", 5_000.0)), OPEN)
    assert reading.relative_streaks["RUT/SPX"].provisional is None


def test_a_running_bar_after_a_missing_session_begins_a_run() -> None:
    days = sessions("XNYS").between(day("2025-06-16"), day("2025-06-27"))
    n = len(days)
    rising = daily("RUT", days, [101.0] * n, open=[100.0] * n)
    batch = prepare(History({"RUT": rising}), SETTINGS, OPEN)
    streak = read(batch, live(quote("RUT", 102.0, open=101.0)), OPEN).instruments["RUT"].streak
    assert (streak.candle, streak.provisional) == (n, 1)


def test_a_price_at_the_highest_close_is_no_record_yet() -> None:
    days = sessions("XNYS").between(day("2025-06-16"), day("2025-06-30"))
    n = len(days)
    flat = daily("RUT", days, [100.0] * n, open=[99.0] * n, high=[120.0] * n)
    batch = prepare(History({"RUT": flat}), SETTINGS, OPEN)

    def record(price: float) -> bool | None:
        return (
            read(batch, live(quote("RUT", price)), OPEN).instruments["RUT"].high.provisional_record
        )

    assert (record(100.0), record(100.01)) == (False, True)


def test_a_year_is_365_days_for_bitcoin_and_252_sessions_for_the_rest() -> None:
    reading = assess(reference(), Live("csv"), SETTINGS, END)
    for name, window in (("BTC", 365), ("RUT", 252)):
        close = reference().daily[name].close
        found = reading.instruments[name].high.from_52w
        assert found == pytest.approx(close[-1] / close[-window:].max() - 1)
        assert close[-365:].max() > close[-252:].max() or name == "RUT"


def test_a_series_of_closes_has_no_candles() -> None:
    rut = reference().daily["RUT"]
    closes = replace(rut, open=rut.close, high=rut.close, low=rut.close, value_only=True)
    row = assess(History({"RUT": closes}), Live("csv"), SETTINGS, END).instruments["RUT"]
    assert row.streak.candle is None
    assert row.streak.close is not None
    assert row.high.record_intraday is None
    assert (row.volatility.parkinson30, row.volatility.yz30) == (None, None)
    assert row.volatility.cc30 is not None
    assert row.note == "closes only"


# What is told of each row


def test_every_instrument_of_the_settings_has_a_row_in_the_tables_order() -> None:
    reading = assess(only("RUT"), Live("csv"), SETTINGS, END)
    assert list(reading.instruments) == list(SETTINGS.instruments)
    assert reading.groups == SETTINGS.watchlist
    missing = reading.instruments["SLV"]
    assert (missing.state, missing.last, missing.returns) == ("missing", None, {})
    assert (missing.label, missing.group, missing.kind) == ("Silver ETF", "ETFs", "etf")
    assert "SLV: no daily bars" in reading.missing


def test_a_fallback_says_what_it_is() -> None:
    star = replace(reference().daily["STAR50"], series="yahoo:588000.SS")
    row = assess(History({"STAR50": star}), Live("csv"), SETTINGS, END).instruments["STAR50"]
    assert row.series == "yahoo:588000.SS"
    assert row.note == "fallback for 000688.SS"


def test_a_stale_price_is_shown_and_computed_from_no_further() -> None:
    old = quote("RUT", 9_999.0, OPEN - 600, open=1.0)
    batch = prepare(only("RUT", "SPX"), SETTINGS, OPEN)
    reading = read(batch, live(old, quote("SPX", 6000.0)), OPEN)
    row = reading.instruments["RUT"]
    assert (row.last, row.state, row.age_s) == (9_999.0, "stale", 600)
    assert row.streak.provisional is None
    assert row.high.provisional_record is None
    assert reading.relative_streaks["RUT/SPX"].provisional is None


def test_simulated_marks_every_price() -> None:
    ticks = live(quote("RUT", 2000.0), simulated=True, banner="SIMULATED")
    reading = assess(reference(), ticks, SETTINGS, OPEN)
    states = {row.state for row in reading.instruments.values()}
    assert states == {"simulated", "missing"}
    assert (reading.simulated, reading.banner) == (True, "SIMULATED")


def test_the_breaker_is_where_the_run_ends_at_the_seconds_price_now() -> None:
    history = only("RUT", "SPX")
    rut, spx = (float(history.daily[name].close[-1]) for name in ("RUT", "SPX"))
    batch = prepare(history, SETTINGS, OPEN)
    assert batch.pairs["RUT/SPX"].run > 0
    ticks = live(quote("RUT", rut), quote("SPX", spx * 1.01))
    pair = read(batch, ticks, OPEN).relative_streaks["RUT/SPX"]
    assert pair.breaker == pytest.approx(rut * 1.01)
    assert pair.provisional == -1


def test_bitcoins_own_block() -> None:
    starts = range(int(moment("2025-06-25")), int(OPEN), 3600)
    prices = {start: 11_000.0 + index for index, start in enumerate(starts)}
    bars = replace_hours(only("BTC"), prices)
    health = SourceHealth("kraken", "exchange", "ok", since=OPEN)
    ticks = live(
        quote("BTC", 12_000.0), usdt_premium_bp=3.0, spread_bp=2.0, health={"kraken": health}
    )
    reading = assess(bars, ticks, SETTINGS, OPEN)
    row = reading.instruments["BTC"]
    assert row.composite == 12_000.0
    assert (row.usdt_premium_bp, row.spread_bp) == (3.0, 2.0)
    ends = {start + 3600: price for start, price in prices.items()}
    assert row.change_24h == pytest.approx(12_000 / ends[int(OPEN) - 86_400] - 1)
    assert row.change_ny == pytest.approx(12_000 / ends[int(moment("2025-06-30T20:00"))] - 1)
    assert row.boundaries["UTC"] == row.streak.candle
    assert row.boundaries["NY16"] == 5
    assert reading.sources == {"kraken": health}
    given = assess(bars, replace(ticks, price_24h_ago={"BTC": 6_000.0}), SETTINGS, OPEN)
    assert given.instruments["BTC"].change_24h == pytest.approx(1.0)


def test_a_candle_by_new_yorks_close_says_so() -> None:
    starts = range(int(moment("2025-06-25")), int(OPEN), 3600)
    bars = replace_hours(only("BTC"), {start: 11_000.0 + start / 1e5 for start in starts})
    levels = msgspec.structs.replace(SETTINGS.levels, day_boundary="New York")
    own = msgspec.structs.replace(SETTINGS, levels=levels)
    row = assess(bars, live(quote("BTC", 1.0)), own, OPEN).instruments["BTC"]
    assert (row.streak.candle, row.streak.boundary) == (5, "New York close")
    assert (row.streak.running, row.streak.provisional) == (-1, -1)
    assert row.streak.per_year is None


# Real data


def test_the_twentieth_of_january_2026(shared: Callable[[str], Path]) -> None:
    bars = folder(shared("data"))
    history = History(bars.daily, {"BTC": hours(shared("data/intraday/btc_1h.csv"))}, bars.macro)
    reading = assess(history, Live("csv"), SETTINGS, moment("2026-01-21"))
    btc, rut = (reading.instruments[name] for name in ("BTC", "RUT"))
    assert (btc.streak.candle, btc.boundaries["NY16"]) == (-6, -4)
    assert btc.wall is not None
    assert (btc.wall.level, btc.wall.closes_below, btc.wall.touches) == (100_000, 69, 1)
    assert btc.volatility.percentile_all == pytest.approx(0.11, abs=0.005)
    assert btc.volatility.record_low is False
    assert reading.relative_streaks["RUT/SPX"].streak == 12
    assert rut.high.record_close is False
    gold, silver = (reading.instruments[name] for name in ("GOLD", "SILVER"))
    assert gold.high.record_close
    assert gold.returns["year"] == pytest.approx(0.645, abs=0.001)
    assert silver.returns["year"] == pytest.approx(1.42, abs=0.01)
    assert states_of(reading.instruments) <= {"closed", "missing", "stale"}


def states_of(found: Mapping[str, Instrument]) -> set[str]:
    return {row.state for row in found.values()}
