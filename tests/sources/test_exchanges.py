"""Real ccxt.pro against loopback exchanges: what is served is what is emitted."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from divmon.errors import SettingsError
from divmon.market.composite import Composite
from divmon.market.events import Event, Quote
from divmon.sources import ccxt_client, network
from divmon.sources.exchanges import ExchangeSource
from tests.sources.exchange_stage import exchange_settings, running
from tests.standins.internet import Internet
from tests.standins.venues import Venues

BTC = [
    "coinbase:BTC/USD",
    "kraken:BTC/USD",
    "bitstamp:BTC/USD",
    "binance:BTC/USDT",
    "okx:BTC/USDT",
]


async def test_five_venues_and_the_usdt_rate(internet: Internet, venues: Venues) -> None:
    async with running(internet) as said:
        await said.until(lambda: all(venue.watched() for venue in venues))
        await said.until(lambda: venues["kraken"].watched("USDT/USD"))
        for price in (91_000.0, 91_000.5, 90_999.0):
            venues.tick(price, usdt=0.9991)
        for name in ("coinbase", "kraken", "bitstamp"):
            await said.until_price(f"{name}:BTC/USD", 90_999.0)
        await said.until_price("kraken:USDT/USD", 0.9991)
        usdt = pytest.approx(90_999 / 0.9991, abs=0.05)  # okx quotes to 0.1
        await said.until_price("binance:BTC/USDT", usdt)
        await said.until_price("okx:BTC/USDT", usdt)
        assert {name: health.state for name, health in said.health.items()} == dict.fromkeys(
            ["coinbase", "kraken", "bitstamp", "binance", "okx", "kraken USDT/USD"], "ok"
        )


async def test_a_quote_carries_both_clocks_to_the_millisecond(
    internet: Internet, venues: Venues
) -> None:
    async with running(internet, "binance BTC/USDT", usdt_rate="") as said:
        await said.until(lambda: venues["binance"].watched())
        before = time.time()
        trade = venues["binance"].tick(91_234.56, at=1_769_000_000.123)
        await said.until(lambda: said.quotes)
        quote = said.quotes["binance:BTC/USDT"][-1]
        assert (quote.instrument, quote.source, quote.currency) == ("BTC", "binance", "USDT")
        assert (quote.price, quote.event_time) == (91_234.56, trade.at)
        assert before <= quote.received_time <= time.time()


async def test_the_usdt_rate_is_a_quote_of_usdt(internet: Internet, venues: Venues) -> None:
    async with running(internet, "okx BTC/USDT") as said:
        await said.until(lambda: venues["kraken"].watched("USDT/USD"))
        venues["kraken"].tick(0.9987, symbol="USDT/USD")
        await said.until(lambda: said.quotes["kraken:USDT/USD"])
        quote = said.quotes["kraken:USDT/USD"][0]
        assert (quote.instrument, quote.source, quote.currency) == ("USDT", "kraken", "USD")


async def test_the_default_venues_need_no_rest_and_their_real_ports(
    internet: Internet, venues: Venues
) -> None:
    internet.connects.clear()
    async with running(internet) as said:
        await said.until(lambda: all(venue.watched() for venue in venues))
        await said.until(lambda: venues["kraken"].watched("USDT/USD"))
    assert [venue.requests for venue in venues] == [[]] * 5
    assert sorted(internet.connects) == [
        "advanced-trade-ws.coinbase.com:443",
        "stream.binance.com:9443",
        "ws.bitstamp.net:443",
        "ws.kraken.com:443",
        "ws.okx.com:443",
    ]


async def test_two_markets_of_one_exchange_share_a_connection(
    internet: Internet, venues: Venues
) -> None:
    async with running(internet, "kraken BTC/USD", "okx BTC/USDT") as said:
        await said.until(lambda: len(venues["kraken"].subscriptions) == 2)
    assert venues["kraken"].dials == 1


async def test_what_happened_before_we_came_has_its_own_time(
    internet: Internet, venues: Venues
) -> None:
    """A snapshot is old; its newest trade comes out, with the time that it happened."""
    now = time.time()
    for ago in (60.0, 50.0, 40.0):
        venues["coinbase"].tick(91_000 + ago, at=now - ago)
    async with running(internet, "coinbase BTC/USD") as said:
        await said.until(lambda: said.quotes)
        assert [quote.price for quote in said.quotes["coinbase:BTC/USD"]] == [91_040.0]
        quote = said.quotes["coinbase:BTC/USD"][0]
        assert quote.received_time - quote.event_time == pytest.approx(40, abs=2)
        assert said.health["coinbase"].latency_ms is None
        venues["coinbase"].tick(91_001.0)
        await said.until_price("coinbase:BTC/USD", 91_001.0)
        venues["coinbase"].tick(91_002.0)
        await said.until_price("coinbase:BTC/USD", 91_002.0)
    composite = Composite()
    composite.update(quote)
    assert composite.value(quote.received_time).price is None


async def test_a_batch_is_conflated_to_its_newest_and_never_reordered(
    internet: Internet, venues: Venues
) -> None:
    async with running(internet, "kraken BTC/USD") as said:
        await said.until(lambda: venues["kraken"].watched())
        start = time.time() - 100
        for n in range(200):
            venues["kraken"].tick(91_000.0 + n, at=start + n / 10)
        await said.until_price("kraken:BTC/USD", 91_199.0)
        times = [quote.event_time for quote in said.quotes["kraken:BTC/USD"]]
        assert times == sorted(times)
        venues["kraken"].tick(80_000.0, at=start)  # a replay of the past
        venues["kraken"].tick(91_200.0, at=start + 20)
        await said.until_price("kraken:BTC/USD", 91_200.0)
        assert 80_000.0 not in [quote.price for quote in said.quotes["kraken:BTC/USD"]]


async def test_a_tick_from_the_future_does_not_silence_a_venue(
    internet: Internet, venues: Venues
) -> None:
    async with running(internet, "bitstamp BTC/USD") as said:
        await said.until(lambda: venues["bitstamp"].watched())
        venues["bitstamp"].tick(91_000.0, at=time.time() + 86_400 * 365)
        await said.until_price("bitstamp:BTC/USD", 91_000.0)
        venues["bitstamp"].tick(91_001.0)
        await said.until_price("bitstamp:BTC/USD", 91_001.0)


@pytest.mark.parametrize("name", ["binance", "coinbase", "kraken"])
async def test_missing_trade_ids_are_counted_and_told_once_a_minute(
    internet: Internet, venues: Venues, name: str
) -> None:
    venue = venues[name]
    series = f"{name}:{venue.symbol}"
    async with running(internet, f"{name} {venue.symbol}", usdt_rate="") as said:
        await said.until(lambda: venue.watched())
        for price in (91_000.0, 91_001.0):
            venue.tick(price)
        for price in (91_002.0, 91_003.0):
            await said.until(lambda: said.last(series))
            venue.skip(3)
            venue.tick(price)
        await said.until_price(series, 91_003.0)
        await said.until(lambda: said.health[name].gaps == 2)
        gaps = [event for event in said.events if event.kind == "gap"]
        assert len(gaps) == 1
        assert gaps[0].data == {"missing": 3}
        assert gaps[0].text.startswith(f"{name}: 3 trades missing before ")


async def test_ids_that_need_not_be_consecutive_are_no_gap(
    internet: Internet, venues: Venues
) -> None:
    async with running(internet, "okx BTC/USDT", usdt_rate="") as said:
        await said.until(lambda: venues["okx"].watched())
        for price in (91_000.0, 91_001.0):
            venues["okx"].skip(5)
            venues["okx"].tick(price)
        await said.until_price("okx:BTC/USDT", 91_001.0)
        assert not [event for event in said.events if event.kind == "gap"]


@pytest.mark.parametrize("price", [None, 0, -91_000.0])
async def test_a_price_that_is_none_is_counted_and_not_emitted(
    internet: Internet, venues: Venues, price: float | None
) -> None:
    async with running(internet, "kraken BTC/USD", silent_s=1.0) as said:
        await said.until(lambda: venues["kraken"].watched())
        trade = {"symbol": "BTC/USD", "side": "buy", "price": price, "qty": 1, "trade_id": 1}
        trade["timestamp"] = "2026-01-20T12:00:00.000000Z"
        venues["kraken"].say({"channel": "trade", "type": "update", "data": [trade]})
        await said.until(lambda: said.health["kraken"].bad_ticks == 1)
        assert said.last("kraken:BTC/USD") is None
        venues["kraken"].tick(91_000.0)
        await said.until_price("kraken:BTC/USD", 91_000.0)


async def test_an_absurd_tick_does_not_reach_the_composite(
    internet: Internet, venues: Venues
) -> None:
    settings = exchange_settings().exchanges
    composite = Composite.of(settings)
    async with running(internet) as said:
        await said.until(lambda: all(venue.watched() for venue in venues))
        await said.until(lambda: venues["kraken"].watched("USDT/USD"))
        venues.tick(91_000.0)
        await said.until(lambda: all(said.last(series) for series in [*BTC, "kraken:USDT/USD"]))
        venues["kraken"].tick(910_000.0)
        await said.until_price("kraken:BTC/USD", 910_000.0)
    quotes = [event for event in said.every if isinstance(event, Quote)]
    complaints = [wrong for quote in quotes if (wrong := composite.update(quote))]
    reading = composite.value(said.quotes["kraken:BTC/USD"][-1].received_time)
    assert complaints == ["kraken: 910,000.00 is +900% off the other venues"]
    assert reading.price == pytest.approx(91_000, rel=1e-5)
    assert reading.used == 5
    assert reading.bad_ticks == {"kraken": 1}


# which markets there are


async def test_a_market_that_is_not_in_our_file_is_looked_up(
    internet: Internet, venues: Venues
) -> None:
    async with running(internet, "bitstamp BTC/USDT", usdt_rate="") as said:
        await said.until(lambda: venues["bitstamp"].watched("BTC/USDT"))
        venues["bitstamp"].tick(91_000.0, symbol="BTC/USDT")
        await said.until_price("bitstamp:BTC/USDT", 91_000.0)
    assert venues["bitstamp"].requests


async def test_a_market_that_does_not_exist_is_off_and_names_the_nearest(
    internet: Internet, venues: Venues
) -> None:
    async with running(internet, "binance BTC/USD", "kraken BTC/USD") as said:
        health = await said.until_state("binance", "off")
        assert health.reason == "binance has no market 'BTC/USD'; did you mean BTC/USDT?"
        venues["kraken"].tick(91_000.0)
        await said.until_state("kraken", "ok")


@pytest.mark.parametrize("name", ["binance", "bitstamp", "coinbase", "kraken", "okx"])
async def test_without_our_file_of_markets_every_exchange_is_asked(
    internet: Internet, venues: Venues, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ccxt_client, "_slim_markets", dict)
    venue = venues[name]
    async with running(internet, f"{name} {venue.symbol}", usdt_rate="") as said:
        await said.until(lambda: venue.watched())
        venue.tick(91_000.0)
        await said.until_price(f"{name}:{venue.symbol}", 91_000.0)
    assert venue.requests


async def test_a_refused_market_does_not_disturb_its_neighbour(
    internet: Internet, venues: Venues
) -> None:
    """The stand-in does not list BTC/USDT, so the venue refuses it on the shared socket."""
    async with running(internet, "kraken BTC/USDT") as said:
        health = await said.until_state("kraken", "off")
        assert health.reason == "refused: Currency pair not supported BTC/USDT"
        await said.until(lambda: venues["kraken"].watched("USDT/USD"))
        venues["kraken"].tick(0.9995, symbol="USDT/USD")
        await said.until_price("kraken:USDT/USD", 0.9995)
    assert venues["kraken"].dials == 1


@pytest.mark.parametrize(
    ("venues", "rate", "words"),
    [
        (("kraken",), "", '"EXCHANGE SYMBOL"'),
        (("",), "", '"EXCHANGE SYMBOL"'),
        (("kraken ETH/USD",), "", "market of BTC"),
        (("kraken BTC/EUR",), "", "quoted in EUR"),
        (("kraken BTC/USD:USD",), "", "quoted in USD:USD"),
        (("krakken BTC/USD",), "", "did you mean kraken"),
        (("kraken BTC/USD", "kraken BTC/USDT"), "", "kraken 2 times"),
        (("okx BTC/USDT",), "kraken BTC/USD", "market of USDT"),
        (("okx BTC/USDT",), "kraken USDT/EUR", "quoted in EUR"),
        (("okx BTC/USDT",), "nobody USDT/USD", "'nobody' is not known"),
    ],
)
def test_a_venue_written_wrongly_is_told_at_once(
    venues: tuple[str, ...], rate: str, words: str
) -> None:
    settings = exchange_settings(venues=venues, usdt_rate=rate)
    with pytest.raises(SettingsError, match=words):
        ExchangeSource(settings, network.load(settings.network, {}))


async def test_recorded_coinbase_frames_give_the_recorded_prices(
    internet: Internet, venues: Venues, shared: Callable[[str], Path]
) -> None:
    recorded = json.loads(shared("wire/ccxt/ws_captures.json").read_text())
    frames = recorded["coinbase"]["watchTrades"]["messages"]
    async with running(internet, "coinbase BTC/USD") as said:
        await said.until(lambda: venues["coinbase"].watched())
        venues["coinbase"].say(*frames)
        await said.until(lambda: said.quotes)
        quote = said.quotes["coinbase:BTC/USD"][-1]
        assert (quote.price, quote.event_time) == (63310.25, 1786562868.298)
        assert not said.events


@pytest.mark.parametrize(
    ("name", "file", "wanted"),
    [
        ("bitstamp", "BITSTAMP.ws.1.0.ws.json", '"live_trades_'),
        ("okx", "OKX.ws.1.0.ws.json", '"channel": "trades"'),
    ],
)
async def test_recorded_frames_of_other_markets_disturb_nothing(
    internet: Internet,
    venues: Venues,
    shared: Callable[[str], Path],
    name: str,
    file: str,
    wanted: str,
) -> None:
    """Whatever else a venue says on the socket, it is neither a BTC price nor a bad frame."""
    frames = [
        line["recv"]
        for line in json.loads(shared(f"wire/cryptofeed/{file}").read_text())
        if "recv" in line and wanted in json.dumps(line) and "BTC-USDT" not in json.dumps(line)
    ]
    venue = venues[name]
    async with running(internet, f"{name} {venue.symbol}", usdt_rate="") as said:
        await said.until(lambda: venue.watched())
        assert frames
        venue.say(*frames[:100])
        venue.tick(91_000.0)
        await said.until_price(f"{name}:{venue.symbol}", 91_000.0)
        assert len(said.quotes) == 1
        assert said.health[name].bad_frames == 0
        assert [event for event in said.every if isinstance(event, Event)] == []


async def test_nothing_is_left_behind(internet: Internet, venues: Venues) -> None:
    async with running(internet) as said:
        await said.until(lambda: all(venue.watched() for venue in venues))
    await said.until(lambda: not any(venue.sockets for venue in venues))
    assert len(asyncio.all_tasks()) == 1
