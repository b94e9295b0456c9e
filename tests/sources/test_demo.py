"""The demo as a source: its clock, its ticks, its bars, its faults. Time is scripted."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise

import msgspec
import pytest

from divmon.errors import SettingsError
from divmon.market.events import (
    Bars,
    Event,
    MacroPoints,
    MarketEvent,
    Quote,
    SourceHealth,
)
from divmon.market.sessions import sessions
from divmon.sources.demo import DemoClock, DemoSource
from tests.sources.demo_facts import AFTER_20_JANUARY, Board, iso, settings, told

VENUES = {"coinbase", "kraken", "bitstamp", "binance", "okx"}


class EnoughError(Exception):
    """The scripted sleep has been asked often enough."""


class Script:
    """A monotonic clock that only `sleep` moves, and that ends the play after `seconds`."""

    def __init__(self, seconds: float) -> None:
        self.at = 1000.0
        self.end = self.at + seconds

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds
        if self.at > self.end:
            raise EnoughError


def play(
    seconds: float, look: Callable[[DemoSource, MarketEvent], None] | None = None, **demo: object
) -> tuple[DemoSource, list[MarketEvent]]:
    """Return what the demo tells in so many of the viewer's seconds."""
    script = Script(seconds)
    source = DemoSource(settings(**demo), monotonic=script.monotonic, sleep=script.sleep)
    events: list[MarketEvent] = []

    def emit(event: MarketEvent) -> None:
        events.append(event)
        if look is not None:
            look(source, event)

    with pytest.raises(EnoughError):
        asyncio.run(source.run(emit))
    return source, events


def encoded(events: list[MarketEvent]) -> bytes:
    def columns(thing: object) -> object:
        return list(thing)  # type: ignore[call-overload] # the columns of Bars, arrays

    return msgspec.msgpack.encode(events, enc_hook=columns)


def quotes(events: list[MarketEvent], instrument: str, source: str | None = None) -> list[Quote]:
    return [
        event
        for event in events
        if isinstance(event, Quote)
        and event.instrument == instrument
        and (source is None or event.source == source)
    ]


# determinism and consistency


def test_one_seed_tells_the_same_bytes_and_another_others() -> None:
    once, again = (encoded(play(20, speed=500.0)[1]) for _ in range(2))
    assert once == again
    assert encoded(play(20, speed=500.0, seed=1)[1]) != once


def test_history_does_not_depend_on_when_it_is_looked_at() -> None:
    early, late = (Board(told(datetime(*day, tzinfo=UTC))) for day in ((2026, 1, 10), (2026, 5, 1)))
    for name, bars in early.daily.items():
        longer = late.daily[name]
        for column in ("time", "open", "high", "low", "close"):
            assert list(getattr(longer, column))[: len(bars)] == list(getattr(bars, column)), name


def test_nothing_is_told_of_what_was_not_known_then() -> None:
    moment = datetime(2026, 1, 20, 15, 30, tzinfo=UTC)
    events = told(moment)
    board = Board(events)
    assert {name: iso(bars.time[-1]) for name, bars in board.daily.items()} == {
        **dict.fromkeys(board.daily, "2026-01-16"),  # New York has not closed on the 20th
        "BTC": "2026-01-19",
        "STAR50": "2026-01-20",
        "DXY": "2026-01-19",
        "USDJPY": "2026-01-19",
        "GOLD": "2026-01-19",
        "SILVER": "2026-01-19",
    }
    assert board.hourly.time[-1] + 3600 == datetime(2026, 1, 20, 15, tzinfo=UTC).timestamp()
    assert not [event for event in events if isinstance(event, Quote)]
    assert all(
        event.published <= moment.timestamp()
        for event in events
        if isinstance(event, MacroPoints) and event.published
    )


def test_the_balance_sheet_comes_out_on_thursday_afternoon() -> None:
    def newest(moment: str) -> str:
        return iso(max(Board(told(datetime.fromisoformat(moment))).macro["WALCL"]))

    assert newest("2026-01-15T21:29Z") == "2026-01-07"
    assert newest("2026-01-15T21:31Z") == "2026-01-14"


def test_live_goes_on_where_history_ends() -> None:
    _, events = play(3)
    board = Board([event for event in events if isinstance(event, Bars | MacroPoints)])
    last = board.hourly.close[-1]
    for quote in quotes(events, "BTC"):
        price = quote.price * (1.0003 if quote.currency == "USDT" else 1)
        assert price == pytest.approx(last, rel=0.001)
    running = board.daily["BTC"]
    assert iso(running.time[-1]) == "2026-01-21"
    assert running.open[-1] == running.close[-2] == last


# the clock


def test_the_clock_runs_at_its_rate_and_starts_where_it_is_told() -> None:
    script = Script(100)
    clock = DemoClock(5000.0, 60.0, script.monotonic, script.sleep)
    script.at += 7  # before the first step nothing runs
    assert (clock.now(), clock.step()) == (5000.0, 5000.0)
    script.at += 2
    assert clock.now() == 5000.0
    assert clock.step() == pytest.approx(5120.0)
    assert clock.now() == pytest.approx(5120.0)


async def test_a_sleep_takes_its_share_of_the_viewers_time_and_never_none() -> None:
    script = Script(100)
    clock = DemoClock(0.0, 60.0, script.monotonic, script.sleep)
    await clock.sleep(120)
    assert script.at == pytest.approx(1002)
    await clock.sleep(0.001)
    assert script.at == pytest.approx(1002.02)


def test_the_demo_starts_after_the_close_of_20_january() -> None:
    source = DemoSource(settings())
    assert source.clock.now() == AFTER_20_JANUARY.timestamp() + 30


@pytest.mark.parametrize(
    ("demo", "message"),
    [
        (
            {"start": "tomorrow"},
            "demo.start must be a time such as 2026-01-21T00:00:30Z, was 'tomorrow'",
        ),
        ({"start": "2020-01-01T00:00:00Z"}, "must be from 2023-07-31 on for the demo, was 2020"),
        ({"speed": 0.0}, "demo.speed must be between 0 and 10,000, was 0.0"),
        ({"speed": float("nan")}, "demo.speed must be"),
    ],
)
def test_wrong_settings_are_named(demo: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message.replace(".", r"\.")):
        DemoSource(settings(**demo))


def test_as_of_before_the_market_begins_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match="--as-of must be from 2023-07-31 on"):
        DemoSource(settings(), datetime(2022, 1, 1, tzinfo=UTC))


# ticks


def test_five_venues_tick_at_the_rate_that_was_asked() -> None:
    _, events = play(20)
    ticks = quotes(events, "BTC")
    assert {quote.source for quote in ticks} == VENUES
    assert len(ticks) == pytest.approx(205, abs=2)  # one each to begin with
    usdt = quotes(events, "USDT", "kraken")
    assert all(abs(quote.price - 1) < 0.001 for quote in usdt)
    assert len(usdt) >= 15
    for quote in ticks:
        assert quote.currency == ("USDT" if quote.source in ("binance", "okx") else "USD")


def test_a_thousand_ticks_a_second_come_evenly() -> None:
    source, events = play(3, ticks_per_s=1000.0)
    ticks = quotes(events, "BTC")
    assert len(ticks) == pytest.approx(3000, abs=30)
    steps = [b.event_time - a.event_time for a, b in pairwise(ticks)]
    assert max(steps) < 0.01
    assert ticks[-1].event_time == pytest.approx(source.clock.now())


def test_prices_move_but_do_not_jump() -> None:
    _, events = play(120)
    prices = [quote.price for quote in quotes(events, "BTC", "coinbase")]
    assert len(set(prices)) > len(prices) / 2
    assert all(abs(b / a - 1) < 0.001 for a, b in pairwise(prices))


def test_an_open_market_is_polled_and_a_closed_one_shows_where_it_ended() -> None:
    _, events = play(60)
    close = sessions("XNYS").close_of(20473)
    for quote in quotes(events, "RUT"):
        assert quote.event_time == close
        assert quote.price == Board(told(AFTER_20_JANUARY)).closes("RUT")["2026-01-20"]
    gold = quotes(events, "GOLD", "yahoo")
    assert len(gold) >= 3
    assert all(quote.event_time == quote.received_time for quote in gold)
    for quote in gold:
        assert quote.low is not None
        assert quote.high is not None
        assert quote.low <= quote.price <= quote.high


def test_the_running_sessions_range_grows_into_its_bar() -> None:
    """New York on 21 January, played in under a minute: the ticks end on the bar."""
    _, events = play(60, start="2026-01-21T14:00:00Z", speed=500.0)
    small = [quote for quote in quotes(events, "RUT") if quote.event_time == quote.received_time]
    bar = next(
        bars
        for bars in events
        if isinstance(bars, Bars) and bars.instrument == "RUT" and len(bars) == 1
    )
    assert small[0].price == pytest.approx(bar.open[0], rel=0.003)
    assert small[-1].price == pytest.approx(bar.close[0], rel=0.003)
    assert max(quote.price for quote in small) == pytest.approx(bar.high[0], rel=0.002)
    assert min(quote.price for quote in small) == pytest.approx(bar.low[0], rel=0.002)
    assert {quote.open for quote in small} == {bar.open[0]}


def test_venues_fall_silent_one_at_a_time_and_come_back() -> None:
    _, events = play(1200)
    start = AFTER_20_JANUARY.timestamp() + 30
    silences = 0
    for venue in VENUES:
        times = [quote.received_time for quote in quotes(events, "BTC", venue)]
        holes = [(a, b) for a, b in pairwise([start, *times]) if b - a > 10]
        assert all(b - a < 45 for a, b in holes)
        silences += len(holes)
    assert 3 <= silences <= 5  # one in four minutes
    lost = [
        event for event in events if isinstance(event, SourceHealth) and event.state == "retrying"
    ]
    assert all("simulated" in event.reason for event in lost)
    for event in lost:
        back = [
            later
            for later in events
            if isinstance(later, SourceHealth)
            and later.name == event.name
            and later.state == "ok"
            and later.reconnects > event.reconnects
        ]
        assert back


# speed


@pytest.mark.parametrize("speed", [1.0, 60.0, 10_000.0])
def test_at_any_speed_no_price_is_old_when_it_comes(speed: float) -> None:
    ages = []

    def look(source: DemoSource, event: MarketEvent) -> None:
        if isinstance(event, Quote):
            ages.append(source.clock.now() - event.received_time)

    play(5, look, speed=speed)
    assert max(ages) == 0


def test_high_speed_conflates_and_does_not_lag() -> None:
    source, events = play(30, speed=10_000.0)
    start = AFTER_20_JANUARY.timestamp() + 30
    assert source.clock.now() - start == pytest.approx(300_000, abs=2000)
    assert len(quotes(events, "BTC")) <= 30 * 10 * 5 + 5
    days = [
        iso(bars.time[-1])
        for bars in events
        if isinstance(bars, Bars) and bars.instrument == "BTC" and bars.interval == "1d"
    ]
    assert days == ["2026-01-21", "2026-01-22", "2026-01-23", "2026-01-24"]


def test_each_bar_is_told_once_complete_and_in_order() -> None:
    _, events = play(90, speed=10_000.0)
    for name in ("RUT", "GOLD", "STAR50", "IBIT"):
        told_of: list[int] = []
        for bars in events:
            if isinstance(bars, Bars) and bars.instrument == name:
                told_of += list(bars.time)
        assert all(a < b for a, b in pairwise(told_of))
        calendar = sessions(settings().instruments[name].calendar)
        assert told_of == calendar.between(told_of[0], told_of[-1]).tolist()
        assert iso(told_of[-1]) >= "2026-01-30"
    hours = [
        time
        for bars in events
        if isinstance(bars, Bars) and bars.interval == "1h"
        for time in bars.time
    ]
    assert all(b - a == 3600 for a, b in pairwise(hours))


def test_bitcoins_running_day_is_told_again_when_it_is_over() -> None:
    _, events = play(30, speed=10_000.0)
    told_of = [
        bars
        for bars in events
        if isinstance(bars, Bars) and bars.instrument == "BTC" and bars.interval == "1d"
    ]
    for before, after in pairwise(told_of):
        assert after.time[0] == before.time[-1]
        assert after.open[0] == before.open[-1]
        assert after.high[0] >= before.high[-1]
        assert after.low[0] <= before.low[-1]


def test_the_market_goes_on_for_years() -> None:
    board = Board(told(datetime(2027, 6, 1, tzinfo=UTC)))
    assert iso(board.daily["RUT"].time[-1]) >= "2027-05-28"
    assert board.daily["VIX"].low[-1] > 5
    assert max(board.daily["VIX"].close[-250:]) < 80


def test_past_the_last_calendar_only_bitcoin_goes_on_and_it_is_said() -> None:
    calendar = sessions("XNYS")
    start = datetime.fromtimestamp(calendar.opens[-1] - 3600, UTC)
    _, events = play(30, start=start.isoformat(), speed=10_000.0)
    said = [event.text for event in events if isinstance(event, Event)]
    assert [text for text in said if "calendars end here: only Bitcoin goes on" in text] == said[1:]
    assert len(said) == 2
    assert quotes(events, "BTC")[-1].event_time > calendar.closes[-1] + 86_400
    beyond = datetime.fromtimestamp(calendar.closes[-1] + 1, UTC)
    with pytest.raises(SettingsError, match="where the calendars end"):
        DemoSource(settings(start=beyond.isoformat()))


# what it says of itself


def test_it_says_that_it_is_simulated() -> None:
    source, events = play(15)
    assert source.simulated
    first = events[0]
    assert isinstance(first, Event)
    assert "SIMULATED" in first.text
    health = [event for event in events if isinstance(event, SourceHealth)]
    assert {event.name for event in health} == {*VENUES, "yahoo", "fred"}
    assert {event.kind for event in health} == {"demo"}
    assert all(
        event.series.startswith("demo:") for event in events if isinstance(event, Bars | Quote)
    )


def test_an_instrument_that_it_does_not_know_gets_nothing() -> None:
    own = settings()
    known = own.instruments["SPX"]
    changed = msgspec.structs.replace(
        own, instruments={"NVDA": known, "RUT": own.instruments["RUT"]}
    )
    events: list[MarketEvent] = []
    asyncio.run(DemoSource(changed, AFTER_20_JANUARY).run(events.append))
    names = {event.instrument for event in events if isinstance(event, Bars | Quote)}
    assert names == {"RUT"}
