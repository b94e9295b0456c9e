from array import array
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec
import pytest

from divmon.market.events import Bars, Event, MacroPoints, Quote, SourceHealth
from divmon.market.sessions import DAY, day_number, sessions
from divmon.settings import Settings, load
from divmon.store.archive import Archive
from divmon.store.state import Store

TUESDAY = day_number(date(2026, 1, 20))
CLOSE = float(sessions("XNYS").close_of(TUESDAY) or 0)


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load()


@pytest.fixture
def store(settings: Settings) -> Store:
    return Store(settings, source="live", simulated=False)


def bars(
    instrument: str, days: list[int], close: float, series: str = "", interval: str = "1d"
) -> Bars:
    column = array("d", [close] * len(days))
    return Bars(
        instrument,
        series or f"yahoo:{instrument}",
        interval,  # type: ignore[arg-type]  # a literal, passed as text for brevity
        array("q", days),
        column,
        column,
        column,
        column,
        column,
        received_time=CLOSE,
    )


def quote(instrument: str, price: float, at: float, source: str = "yahoo", **more: float) -> Quote:
    return Quote(instrument, source, price, at, at, **more)  # type: ignore[arg-type]


def test_a_newer_quote_replaces_an_older_one_and_never_the_other_way(store: Store) -> None:
    store.apply(quote("RUT", 2_600.0, CLOSE - 60))
    store.apply(quote("RUT", 2_500.0, CLOSE - 120))
    assert store.quotes["RUT"].price == 2_600.0
    assert store.drain() == {"RUT"}
    assert store.drain() == set()


def test_a_price_far_from_the_close_waits_for_a_second_reading(store: Store) -> None:
    store.apply(bars("RUT", [TUESDAY - 1], 2_600.0))
    told = store.apply(quote("RUT", 0.26, CLOSE - 60))
    assert [event.kind for event in told] == ["bad_tick"]
    assert "0.26" in told[0].text
    assert "RUT" not in store.quotes
    store.apply(quote("RUT", 0.26, CLOSE - 60))  # a cache repeats itself: no second reading
    assert "RUT" not in store.quotes
    store.apply(quote("RUT", 2_610.0, CLOSE - 30))
    assert store.quotes["RUT"].price == 2_610.0


def test_a_real_jump_is_believed_at_its_second_reading(store: Store) -> None:
    store.apply(bars("VIX", [TUESDAY - 1], 16.0))
    store.apply(quote("VIX", 24.0, CLOSE - 60))
    store.apply(quote("VIX", 24.4, CLOSE - 40))
    assert store.quotes["VIX"].price == 24.4


def test_the_running_bar_takes_its_open_from_the_quote_and_widens(store: Store) -> None:
    opened = CLOSE - 3600
    store.apply(quote("RUT", 2_600.0, opened, open=2_590.0, high=2_605.0, low=2_580.0))
    store.apply(quote("RUT", 2_610.0, opened + 60))
    bar = store.running["RUT"]
    assert (bar.day, bar.open, bar.high, bar.low, bar.close) == (
        TUESDAY,
        2_590.0,
        2_610.0,
        2_580.0,
        2_610.0,
    )


def test_without_an_open_there_is_no_running_bar(store: Store) -> None:
    store.apply(quote("RUT", 2_600.0, CLOSE - 60))
    assert "RUT" not in store.running


def test_a_price_stamped_after_the_close_belongs_to_the_session_that_ended(store: Store) -> None:
    store.apply(quote("RUT", 2_600.0, CLOSE + 900, open=2_590.0))
    assert store.running["RUT"].day == TUESDAY


def test_bitcoin_is_the_composite_of_its_venues(store: Store) -> None:
    now = float(TUESDAY * DAY + 3600)
    for venue, price in (("coinbase", 91_000.0), ("kraken", 91_010.0), ("bitstamp", 91_020.0)):
        store.apply(quote("BTC", price, now, source=venue))
    live = store.live(now)
    assert live.quotes["BTC"].price == 91_010.0
    assert live.quotes["BTC"].source == "composite"
    assert {name for name, venue in live.venues.items() if venue.used} == {
        "coinbase",
        "kraken",
        "bitstamp",
    }
    assert live.venues["okx"].reason


def test_an_absurd_tick_is_told_once_a_minute_counted_always_and_not_used(store: Store) -> None:
    now = float(TUESDAY * DAY + 3600)
    store.apply(SourceHealth("okx", "exchange", "ok", now))
    for venue in ("coinbase", "kraken", "bitstamp"):
        store.apply(quote("BTC", 91_000.0, now, source=venue))
    told = [store.apply(quote("BTC", 9.1, now + i / 10, source="okx")) for i in range(3)]
    assert [len(events) for events in told] == [1, 0, 0]
    live = store.live(now)
    assert live.quotes["BTC"].price == 91_000.0
    assert live.health["okx"].bad_ticks == 3


def test_stale_venues_leave_the_last_composite_standing_with_its_age(store: Store) -> None:
    now = float(TUESDAY * DAY + 3600)
    store.apply(quote("BTC", 91_000.0, now, source="kraken"))
    store.live(now)
    live = store.live(now + 600)
    assert live.quotes["BTC"].event_time == now
    assert not any(venue.used for venue in live.venues.values())


def test_a_candle_of_ours_stands_in_until_the_sources_own_arrives(store: Store) -> None:
    store.apply(bars("BTC", [TUESDAY - 2, TUESDAY - 1], 90_000.0))
    midnight = float((TUESDAY + 1) * DAY)
    store.apply(quote("BTC", 89_000.0, midnight - 5, source="composite", open=90_000.0))
    before = store.history_version
    store.apply(quote("BTC", 89_100.0, midnight + 1, source="composite", open=89_000.0))
    assert store.history_version > before
    daily = store.history().daily["BTC"]
    assert daily.day[-1] == TUESDAY
    assert daily.close[-1] == 89_000.0
    store.apply(bars("BTC", [TUESDAY], 88_990.0))
    assert store.history().daily["BTC"].close[-1] == 88_990.0


def test_a_day_that_was_not_watched_to_its_end_is_no_candle(store: Store) -> None:
    store.apply(bars("BTC", [TUESDAY - 2, TUESDAY - 1], 90_000.0))
    midnight = float((TUESDAY + 1) * DAY)
    store.apply(quote("BTC", 89_000.0, midnight - 9 * 3600, source="composite", open=90_000.0))
    store.apply(quote("BTC", 89_100.0, midnight + 1, source="composite", open=89_000.0))
    assert store.history().daily["BTC"].day[-1] == TUESDAY - 1


def test_beside_a_composite_another_price_gives_the_open_and_the_range_only(store: Store) -> None:
    now = float(TUESDAY * DAY + 3600)
    for venue in ("coinbase", "kraken"):
        store.apply(quote("BTC", 91_000.0, now, source=venue))
    store.live(now)
    store.apply(quote("BTC", 90_500.0, now + 5, open=92_000.0, high=92_500.0, low=90_000.0))
    assert store.quotes["BTC"].price == 91_000.0
    bar = store.running["BTC"]
    assert (bar.open, bar.high, bar.low, bar.close) == (92_000.0, 92_500.0, 90_000.0, 91_000.0)
    store.apply(quote("BTC", 90_600.0, now + 300))
    assert store.quotes["BTC"].source == "yahoo"
    store.apply(quote("BTC", 90_700.0, now + 301, source="kraken"))
    assert store.live(now + 301).quotes["BTC"].source == "composite"


def test_the_price_of_a_day_ago_is_that_of_the_hour_that_had_ended_then(store: Store) -> None:
    start = TUESDAY * DAY
    store.apply(bars("BTC", [start - 2 * 3600, start - 3600], 90_000.0, interval="1h"))
    assert store.live(float(start + DAY)).price_24h_ago == {"BTC": 90_000.0}
    assert store.live(float(start + DAY + 3 * 3600)).price_24h_ago == {}


def test_a_bar_counts_as_a_close_only_if_it_came_after_the_close(store: Store) -> None:
    early = bars("RUT", [TUESDAY], 2_600.0)
    store.apply(msgspec.structs.replace(early, received_time=CLOSE - 1_200))
    assert store.history().daily["RUT"].received == CLOSE - 1_200
    before = store.history_version
    store.apply(msgspec.structs.replace(early, received_time=CLOSE + 60))
    assert store.history_version > before
    assert store.history().daily["RUT"].received == CLOSE + 60
    store.apply(
        msgspec.structs.replace(bars("RUT", [TUESDAY - 9], 2_500.0), received_time=CLOSE + 90)
    )
    assert store.history().daily["RUT"].received == CLOSE + 60


def test_a_fallback_serves_until_the_series_asked_for_is_as_new(store: Store) -> None:
    store.apply(bars("STAR50", [TUESDAY - 1], 1.5, series="yahoo:588000.SS"))
    assert store.history().daily["STAR50"].series == "yahoo:588000.SS"
    store.apply(bars("STAR50", [TUESDAY - 9], 1_400.0, series="yahoo:000688.SS"))
    assert store.history().daily["STAR50"].series == "yahoo:588000.SS"
    store.apply(bars("STAR50", [TUESDAY - 1], 1_500.0, series="yahoo:000688.SS"))
    assert store.history().daily["STAR50"].series == "yahoo:000688.SS"


def test_edges_pass_through_and_are_kept(settings: Settings, archive: Archive) -> None:
    store = Store(settings, source="live", simulated=False, archive=archive)
    event = Event(CLOSE, "source_lost", "kraken", "kraken: silent 30 s", "warning")
    assert store.apply(event) == [event]
    archive.flush()
    assert archive.events(10) == [event]


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    archive = Archive.open(tmp_path / "archive.db")
    yield archive
    archive.close()


def test_what_was_archived_is_there_after_a_restart(settings: Settings, archive: Archive) -> None:
    first = Store(settings, source="live", simulated=False, archive=archive)
    first.apply(bars("RUT", [TUESDAY - 1], 2_600.0))
    first.apply(quote("RUT", 2_610.0, CLOSE - 60))
    first.apply(MacroPoints("WALCL", "USD mn", ((TUESDAY, 6_582_000.0),), CLOSE))
    archive.flush()
    again = Store(settings, source="live", simulated=False, archive=archive)
    again.restore()
    assert not again.empty
    history = again.history()
    assert history.daily["RUT"].close.tolist() == [2_600.0]
    assert history.macro["WALCL"].value.tolist() == [6_582_000.0]
    assert again.quotes["RUT"].price == 2_610.0


def with_instruments(settings: Settings, **symbols: str) -> Settings:
    """Return settings with these symbols of Yahoo; an empty one takes the instrument out."""
    table = dict(settings.instruments)
    for name, symbol in symbols.items():
        table[name] = msgspec.structs.replace(table["RUT"], yahoo=symbol)
        if not symbol:
            del table[name]
    return msgspec.structs.replace(settings, instruments=table)


def test_other_settings_change_the_history_and_what_is_shown_of_it(
    store: Store, settings: Settings
) -> None:
    store.apply(bars("RUT", [TUESDAY - 1], 2_600.0))
    store.apply(bars("QQQ", [TUESDAY - 1], 600.0))
    before = store.history_version
    store.reconfigure(with_instruments(settings, QQQ=""))
    assert store.history_version > before
    assert set(store.history().daily) == {"RUT"}
    # taken back, what was known is there: Yahoo is asked for the newest alone
    store.reconfigure(settings)
    assert set(store.history().daily) == {"RUT", "QQQ"}


def test_prices_of_a_wrong_symbol_go_with_it(store: Store, settings: Settings) -> None:
    wrong = with_instruments(settings, NVDA="NVDA.WRONG")
    store.reconfigure(wrong)
    store.apply(bars("NVDA", [TUESDAY - 1], 9.0, series="yahoo:NVDA.WRONG"))
    store.apply(quote("NVDA", 9.1, CLOSE - 60))
    store.reconfigure(with_instruments(settings, NVDA="NVDA"))
    assert "NVDA" not in store.history().daily
    assert "NVDA" not in store.live(CLOSE).quotes
    store.apply(bars("NVDA", [TUESDAY - 2], 180.0, series="yahoo:NVDA"))
    assert store.history().daily["NVDA"].close[-1] == 180.0
    # and back: what is known of that symbol serves again
    store.reconfigure(wrong)
    assert store.history().daily["NVDA"].close[-1] == 9.0


def test_other_venues_leave_the_price_and_take_their_health_along(
    store: Store, settings: Settings
) -> None:
    store.apply(quote("BTC", 91_000.0, CLOSE, source="kraken"))
    store.apply(SourceHealth("kraken", "exchange", "ok", CLOSE))
    store.apply(SourceHealth("yahoo", "poll", "ok", CLOSE))
    only = msgspec.structs.replace(settings.exchanges, venues=("kraken BTC/USD",))
    store.reconfigure(msgspec.structs.replace(settings, exchanges=only))
    live = store.live(CLOSE + 1)
    assert live.quotes["BTC"].price == 91_000.0
    assert set(live.venues) == {"kraken"}
    assert set(live.health) == {"yahoo"}  # the new source reports its own at once
