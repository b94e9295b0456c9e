"""The rows of a Reading: confirmed by bars, followed by ticks."""

from dataclasses import replace
from functools import lru_cache

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from divmon.indicators.series import History
from divmon.market.events import Quote
from divmon.market.sessions import day_of
from divmon.reading.assess import abc_provisional, assess, read, relative_streaks, rows
from divmon.reading.live import Live, RunningBar
from divmon.reading.model import Reading
from divmon.reading.prepare import Batch, prepare
from tests.history import END, day, moment, reference
from tests.reading.market import OPEN, SETTINGS, live, only, plus, quote, small, without

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
