"""The rows of a Reading: confirmed by bars, followed by ticks, honest about what lacks."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from divmon.indicators.series import Daily, Days, Floats, History
from divmon.market.events import Quote, SourceHealth
from divmon.market.sessions import day_of, sessions
from divmon.reading.assess import abc_provisional, assess, read, relative_streaks, rows
from divmon.reading.live import Live, RunningBar
from divmon.reading.model import Instrument, Reading
from divmon.reading.prepare import Batch, prepare
from divmon.settings import Settings, load
from tests.history import END, daily, day, folder, hourly, hours, moment, reference

SETTINGS = load()
OPEN = moment("2025-07-01T15:00")  # a Tuesday noon in New York, after the reference's last day


def quote(name: str, price: float, at: float = OPEN, **more: float) -> Quote:
    source = "composite" if name == "BTC" else "yahoo"
    return Quote(name, source, price, at, at, **more)  # type: ignore[arg-type]


def live(*quotes: Quote, **more: object) -> Live:
    made = Live("live", quotes={each.instrument: each for each in quotes})
    return replace(made, **more)  # type: ignore[arg-type]


def without(bars: Daily, *days: int) -> Daily:
    keep = ~np.isin(bars.day, days)
    columns = {key: getattr(bars, key)[keep] for key in ("day", "open", "high", "low", "close")}
    return replace(bars, **columns)


def plus(bars: Daily, at: int, opened: float, price: float) -> Daily:
    """Return the bars with one more, whose range is that of its ends."""

    def one(column: Floats, value: float) -> Floats:
        return np.append(column, value)

    days: Days = np.append(bars.day, at)
    return replace(
        bars,
        day=days,
        open=one(bars.open, opened),
        high=one(bars.high, max(opened, price)),
        low=one(bars.low, min(opened, price)),
        close=one(bars.close, price),
    )


def only(*names: str) -> History:
    return History({name: reference().daily[name] for name in names})


def small(names: tuple[str, ...]) -> Settings:
    """Return the settings with these instruments alone: quicker to prepare."""
    return msgspec.structs.replace(
        SETTINGS, instruments={name: SETTINGS.instruments[name] for name in names}
    )


# A tick and the bar that it becomes


@hypothesis_settings(max_examples=40, deadline=None)
@given(
    rut=st.lists(st.floats(0.9, 1.1), min_size=1, max_size=4),
    spx=st.lists(st.floats(0.9, 1.1), min_size=1, max_size=4),
    opened=st.floats(0.97, 1.03),
)
def test_what_ticks_say_provisionally_the_closed_bar_confirms(
    rut: list[float], spx: list[float], opened: float
) -> None:
    history, own = only("RUT", "SPX"), small(("RUT", "SPX"))
    batch = prepare(history, own, OPEN)
    base = {name: float(bars.close[-1]) for name, bars in history.daily.items()}
    reading = None
    for ours, theirs in zip(rut + rut[-1:] * 4, spx + spx[-1:] * 4, strict=False):
        ticks = (
            quote("RUT", base["RUT"] * ours, open=base["RUT"] * opened),
            quote("SPX", base["SPX"] * theirs, open=base["SPX"] * opened),
        )
        reading = read(batch, live(*ticks), OPEN)
    assert reading is not None
    at = day("2025-07-01")
    done = History(
        {
            each.instrument: plus(
                history.daily[each.instrument], at, base[each.instrument] * opened, each.price
            )
            for each in ticks
        }
    )
    closed = read(prepare(done, own, moment("2025-07-01T21:00")), Live("csv"), OPEN + 20_000)
    for name in ("RUT", "SPX"):
        before, after = reading.instruments[name], closed.instruments[name]
        assert before.confirmed != after.confirmed
        assert before.streak.provisional == after.streak.candle
        assert before.high.provisional_record == after.high.record_close
        assert before.returns == pytest.approx(after.confirmed_returns, rel=1e-9, abs=1e-12)
        assert before.previous_close == after.previous_close
        assert before.sparkline == after.sparkline
    pair, confirmed = (each.relative_streaks["RUT/SPX"] for each in (reading, closed))
    assert pair.provisional == confirmed.streak


@hypothesis_settings(max_examples=25, deadline=None)
@given(opened=st.floats(0.97, 1.03), price=st.floats(0.9, 1.1))
def test_the_same_for_the_utc_day(opened: float, price: float) -> None:
    history, own = only("BTC"), small(("BTC",))
    base = float(history.daily["BTC"].close[-1])
    bar = RunningBar(day("2025-07-01"), base * opened, base * 2, base / 2, base * price)
    tick = live(quote("BTC", base * price), running={"BTC": bar})
    before = read(prepare(history, own, OPEN), tick, OPEN).instruments["BTC"]
    done = History({"BTC": plus(history.daily["BTC"], bar.day, bar.open, bar.close)})
    midnight = moment("2025-07-02")
    after = read(prepare(done, own, midnight), Live("csv"), midnight).instruments["BTC"]
    assert before.streak.provisional == after.streak.candle
    assert (
        before.streak.candle
        == assess(history, Live("csv"), own, END).instruments["BTC"].streak.candle
    )
    assert before.returns == pytest.approx(after.confirmed_returns, rel=1e-9, abs=1e-12)


def test_a_tick_changes_no_confirmed_value() -> None:
    batch = prepare(reference(), SETTINGS, OPEN)
    calm = read(batch, Live("live"), OPEN).instruments["RUT"]
    wild = read(batch, live(quote("RUT", 9_999.0, open=1.0)), OPEN).instruments["RUT"]
    for name in ("confirmed", "close", "confirmed_returns", "volatility", "vs_btc20"):
        assert getattr(wild, name) == getattr(calm, name)
    assert (wild.streak.candle, wild.streak.close) == (calm.streak.candle, calm.streak.close)
    assert wild.high.record_close == calm.high.record_close
    assert wild.high.provisional_record is True


def test_a_running_bar_in_the_history_confirms_nothing() -> None:
    rut = reference().daily["RUT"]
    running = plus(rut, day("2025-07-01"), 1.0, 9_999.0)
    plain = assess(only("RUT"), Live("live"), SETTINGS, OPEN).instruments["RUT"]
    row = assess(History({"RUT": running}), Live("live"), SETTINGS, OPEN).instruments["RUT"]
    assert row == plain
    tick = live(quote("RUT", 0.5))
    followed = assess(History({"RUT": running}), tick, SETTINGS, OPEN).instruments["RUT"]
    assert followed.streak.running == -1  # the bar's own open is known from the history


def test_a_bar_received_before_its_session_ended_never_becomes_a_close() -> None:
    rut = plus(reference().daily["RUT"], day("2025-07-01"), 1900.0, 1950.0)
    evening = moment("2025-07-01T22:00")
    polled = replace(rut, received=moment("2025-07-01T19:59"))
    row = assess(History({"RUT": polled}), Live("live"), SETTINGS, evening).instruments["RUT"]
    assert str(row.confirmed) == "2025-06-30"
    again = replace(rut, received=moment("2025-07-01T20:15"))
    row = assess(History({"RUT": again}), Live("live"), SETTINGS, evening).instruments["RUT"]
    assert (str(row.confirmed), row.close) == ("2025-07-01", 1950.0)


def test_rows_are_those_of_the_reading() -> None:
    batch = prepare(reference(), SETTINGS, OPEN)
    ticks = live(quote("RUT", 2000.0, open=1990.0), quote("SPX", 6000.0), quote("BTC", 12_000.0))
    reading = read(batch, ticks, OPEN)
    names = ("BTC", "RUT", "GLD", "nobody")
    assert rows(batch, ticks, OPEN, names) == {
        name: reading.instruments[name] for name in names if name != "nobody"
    }
    assert relative_streaks(batch, ticks, OPEN) == reading.relative_streaks
    assert abc_provisional(batch, ticks, OPEN) == reading.abc.provisional


# Where the previous close comes from


def test_the_previous_close_is_the_last_sessions_and_never_a_quote() -> None:
    rut = reference().daily["RUT"]
    batch = prepare(only("RUT", "BTC"), SETTINGS, OPEN)
    running = read(batch, live(quote("RUT", 2000.0)), OPEN).instruments["RUT"]
    assert running.previous_close == rut.close[-1]
    assert running.returns["1"] == pytest.approx(2000.0 / rut.close[-1] - 1)
    evening = moment("2025-06-30T23:00")
    last = live(quote("RUT", float(rut.close[-1]), moment("2025-06-30T20:00:30")))
    closed = assess(only("RUT"), last, SETTINGS, evening).instruments["RUT"]
    assert closed.previous_close == rut.close[-2]
    assert closed.returns["1"] == pytest.approx(rut.close[-1] / rut.close[-2] - 1)
    assert (closed.state, closed.session) == ("closed", "closed")


def test_after_the_close_and_before_the_bar_the_quote_is_still_provisional() -> None:
    rut = reference().daily["RUT"]
    now = moment("2025-07-01T20:00:40")
    row = assess(
        only("RUT"), live(quote("RUT", 2000.0, now, open=1990.0)), SETTINGS, now
    ).instruments["RUT"]
    assert row.confirmed == day_of(day("2025-06-30"))
    assert row.previous_close == rut.close[-1]
    assert row.streak.running == 1
    assert row.state == "closed"


def test_a_quote_of_the_bars_own_session_is_newer_than_the_bar() -> None:
    now = moment("2025-06-30T20:30")
    history = only("RUT", "SPX")
    batch = prepare(history, SETTINGS, now)
    ticks = live(quote("RUT", 1_999.0, now), quote("SPX", 5_000.0, now))
    reading = read(batch, ticks, now)
    row = reading.instruments["RUT"]
    assert row.last == 1_999.0
    assert row.returns["1"] == pytest.approx(1_999 / history.daily["RUT"].close[-2] - 1)
    assert row.streak.provisional is None  # the session is in the confirmed streak already
    assert reading.relative_streaks["RUT/SPX"].provisional is None


def test_an_older_quote_gives_way_to_the_bar() -> None:
    rut = reference().daily["RUT"]
    now = moment("2025-07-01T12:00")
    old = live(quote("RUT", 1.0, moment("2025-06-27T20:00")))
    row = assess(only("RUT"), old, SETTINGS, now).instruments["RUT"]
    assert row.last == rut.close[-1]
    assert row.received is None


def test_a_missing_session_makes_the_change_unknown_and_the_run_at_least() -> None:
    rut = reference().daily["RUT"]
    holed = without(rut, int(rut.day[-1]))
    row = assess(History({"RUT": holed}), live(quote("RUT", 2000.0)), SETTINGS, OPEN)
    found = row.instruments["RUT"]
    assert found.previous_close is None
    assert found.returns["1"] is None
    assert found.returns["5"] is not None
    assert f"RUT: no bar yet of 2025-06-30, last {found.confirmed}" in row.missing


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


def replace_hours(history: History, prices: Mapping[int, float]) -> History:
    return History(history.daily, {"BTC": hourly("BTC", prices, list(prices.values()))})


def test_a_candle_by_new_yorks_close_says_so() -> None:
    starts = range(int(moment("2025-06-25")), int(OPEN), 3600)
    bars = replace_hours(only("BTC"), {start: 11_000.0 + start / 1e5 for start in starts})
    levels = msgspec.structs.replace(SETTINGS.levels, day_boundary="New York")
    own = msgspec.structs.replace(SETTINGS, levels=levels)
    row = assess(bars, live(quote("BTC", 1.0)), own, OPEN).instruments["BTC"]
    assert (row.streak.candle, row.streak.boundary) == (5, "New York close")
    assert (row.streak.running, row.streak.provisional) == (-1, -1)
    assert row.streak.per_year is None


# The score, were the session to close now

MOVES = {"BTC": 0.97, "RUT": 1.02, "SPX": 1.01, "IXIC": 1.0, "GOLD": 1.01, "SILVER": 1.03}


def noon() -> Live:
    history = reference().daily
    return live(
        *(quote(name, float(history[name].close[-1]) * move) for name, move in MOVES.items()),
        quote("STAR50", float(history["STAR50"].close[-1]) * 0.99, moment("2025-07-01T07:00")),
    )


def test_the_provisional_score_is_that_of_the_closed_session() -> None:
    ticks = noon()
    score = abc_provisional(prepare(reference(), SETTINGS, OPEN), ticks, OPEN)
    done = {
        name: plus(reference().daily[name], day("2025-07-01"), each.price, each.price)
        for name, each in ticks.quotes.items()
    }
    history = History(reference().daily | done, {}, reference().macro)
    closed = assess(history, Live("csv"), SETTINGS, moment("2025-07-02"))
    assert str(closed.session.date) == "2025-07-01"
    assert score is not None
    assert score == pytest.approx(closed.abc.score, abs=1e-9)
    assert closed.abc.provisional is None


def test_no_score_is_provisional_outside_the_session_or_without_bitcoin() -> None:
    batch = prepare(reference(), SETTINGS, moment("2025-07-01T13:00"))
    early = live(quote("BTC", 9_000.0, moment("2025-07-01T13:00")))
    assert abc_provisional(batch, early, moment("2025-07-01T13:00")) is None
    now = prepare(reference(), SETTINGS, OPEN)
    ticks = noon()
    gone = {name: each for name, each in ticks.quotes.items() if name != "BTC"}
    assert abc_provisional(now, replace(ticks, quotes=gone), OPEN) is None


def test_a_price_of_yesterdays_session_is_not_todays() -> None:
    batch = prepare(reference(), SETTINGS, OPEN)
    ticks = replace(noon(), simulated=True)  # its states never say stale
    fallen = ticks.quotes["RUT"].price * 0.7

    def score(**rut: Quote) -> float | None:
        kept = {name: each for name, each in ticks.quotes.items() if name != "RUT"}
        return abc_provisional(batch, replace(ticks, quotes=kept | rut), OPEN)

    evening = moment("2025-06-30T20:00:10")
    assert score(RUT=quote("RUT", fallen, evening)) == score()
    assert score(RUT=quote("RUT", fallen)) != score()


# When the batch must be made anew, and that nobody looks ahead


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2025-07-01T13:00", "2025-07-01T13:30"),  # XNYS opens
        ("2025-07-01T15:00", "2025-07-01T20:00"),
        ("2025-07-01T20:00", "2025-07-01T22:00"),  # COMEX closes
        ("2025-07-05T12:00", "2025-07-05T20:00"),  # Saturday: Bitcoin's New York day
        ("2025-07-05T20:00", "2025-07-06T00:00"),
    ],
)
def test_the_batch_is_valid_until_something_closes_or_opens(now: str, until: str) -> None:
    general = msgspec.structs.replace(SETTINGS.general, time_zone="UTC")
    own = msgspec.structs.replace(SETTINGS, general=general)
    batch = prepare(only("BTC", "RUT"), own, moment(now))
    assert batch.valid_until == moment(until)


def test_an_old_batch_still_tells_the_session_right() -> None:
    batch = prepare(only("RUT"), SETTINGS, OPEN)
    later = read(batch, Live("live"), moment("2025-07-01T21:00"))
    assert later.session.state == "closed"
    assert str(later.session.date) == "2025-07-01"
    assert later.instruments["RUT"].session == "closed"
    assert later.instruments["RUT"].state == "stale"  # the bar of this day has not come


@pytest.mark.parametrize("text", ["2024-08-06", "2024-11-30T18:30", "2025-03-11T02:00"])
def test_cutting_the_data_changes_nothing_before_the_cut(text: str) -> None:
    now = moment(text)
    cut = {
        name: without(bars, *bars.day[bars.day > now // 86_400].tolist())
        for name, bars in reference().daily.items()
    }
    whole = assess(reference(), Live("csv"), SETTINGS, now)
    part = assess(History(cut, {}, reference().macro), Live("csv"), SETTINGS, now)
    assert part.instruments == whole.instruments
    assert part.relative_streaks == whole.relative_streaks


def test_the_order_of_instruments_does_not_matter() -> None:
    bars = reference().daily
    turned = History(dict(reversed(list(bars.items()))), {}, reference().macro)
    one = assess(reference(), Live("csv"), SETTINGS, END)
    other = assess(turned, Live("csv"), SETTINGS, END)
    assert msgspec.json.encode(one) == msgspec.json.encode(other)


def test_the_viewers_time_zone_changes_the_local_candle_alone() -> None:
    starts = range(int(moment("2025-06-01")), int(END), 3600)
    wave = {start: 11_000 + 500 * np.sin(start / 40_000) for start in starts}
    history = replace_hours(reference(), wave)

    def seen(name: str) -> Reading:
        general = msgspec.structs.replace(SETTINGS.general, time_zone=name)
        return assess(history, Live("csv"), msgspec.structs.replace(SETTINGS, general=general), END)

    def rest(reading: Reading) -> bytes:
        row = reading.instruments["BTC"]
        same = msgspec.structs.replace(row, boundaries=row.boundaries | {"local": None})
        return msgspec.json.encode(
            msgspec.structs.replace(reading, instruments=reading.instruments | {"BTC": same})
        )

    assert rest(seen("Asia/Tokyo")) == rest(seen("America/New_York"))


@pytest.mark.parametrize("gone", ["BTC", "RUT", "SPX", "GOLD", "STAR50", "IXIC", "SILVER"])
def test_an_instrument_that_lacks_is_told_and_raises_nothing(gone: str) -> None:
    kept = {name: bars for name, bars in reference().daily.items() if name != gone}
    reading = assess(History(kept, {}, reference().macro), Live("csv"), SETTINGS, END)
    assert reading.instruments[gone].state == "missing"
    assert any(text.startswith(f"{gone}:") for text in reading.missing)


@pytest.mark.parametrize("n", [0, 1, 2, 21, 31])
def test_short_series_invent_nothing(n: int) -> None:
    short = {
        name: without(bars, *bars.day[: len(bars.day) - n].tolist())
        for name, bars in reference().daily.items()
    }
    reading = assess(History(short), Live("csv"), SETTINGS, END)
    row = reading.instruments["RUT"]
    assert (row.last is None) == (n == 0)
    assert row.high.from_52w is None
    assert row.volatility.percentile_1y is None
    assert row.returns.get("60") is None


def test_nothing_at_all() -> None:
    reading = assess(History(), Live("live"), SETTINGS, OPEN)
    assert {row.state for row in reading.instruments.values()} == {"missing"}
    assert reading.relative_streaks == {}


def test_a_quote_without_any_history_is_a_price_and_nothing_more() -> None:
    tick = live(quote("RUT", 2_000.0, open=1_990.0, high=2_001.0, low=1_989.0))
    row = assess(History(), tick, SETTINGS, OPEN).instruments["RUT"]
    assert (row.last, row.state, row.sparkline) == (2_000.0, "live", (2_000.0,))
    assert (row.previous_close, row.streak.candle, row.streak.provisional) == (None, None, None)
    assert set(row.returns.values()) == {None}


quotes = st.builds(
    Quote,
    instrument=st.sampled_from(["BTC", "RUT", "SPX", "GOLD", "STAR50", "VIX", "nobody"]),
    source=st.sampled_from(["composite", "yahoo"]),
    price=st.floats(1e-3, 1e9),
    event_time=st.floats(OPEN - 4e5, OPEN + 4e5),
    received_time=st.floats(OPEN - 4e5, OPEN + 4e5),
    open=st.none() | st.floats(1e-3, 1e9),
    delay_s=st.sampled_from([0.0, 600.0]),
)


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.lists(quotes, max_size=6), st.floats(OPEN - 3e5, OPEN + 3e5))
def test_no_tick_at_any_time_raises_or_makes_a_nan(ticks: list[Quote], now: float) -> None:
    reading = read(prepared(), live(*ticks), now)
    text = msgspec.json.encode(reading)
    assert msgspec.json.encode(msgspec.json.decode(text, type=Reading)) == text
    for row in reading.instruments.values():
        assert row.last is None or row.last > 0
        assert row.age_s is None or row.age_s >= 0
        assert (row.last is None) == (row.state == "missing")
        assert all(value is None or np.isfinite(value) for value in row.returns.values())


@lru_cache
def prepared() -> Batch:
    return prepare(reference(), SETTINGS, OPEN)


def test_a_tick_reads_no_more_of_history_than_its_last_bar() -> None:
    batch = prepared()
    ticks = live(quote("RUT", 2000.0, open=1990.0), quote("SPX", 6000.0), quote("BTC", 12_000.0))
    forgetful = replace(
        batch,
        confirmed={
            name: replace(known, day=known.day[-1:], close=known.close[-1:])
            for name, known in batch.confirmed.items()
        },
    )
    for now in (OPEN, moment("2025-07-01T20:30")):
        assert read(forgetful, ticks, now).instruments == read(batch, ticks, now).instruments


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
