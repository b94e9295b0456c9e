"""What venues do on bad days: each recovers by itself, and none disturbs the others."""

import asyncio
import time

import pytest

from divmon.market.clock import SystemClock
from tests.sources.exchange_stage import running
from tests.standins.internet import Internet
from tests.standins.venue_formats import Binance, Bitstamp, Coinbase, Kraken, Okx
from tests.standins.venues import Frame, Venues, VenueStandIn

NAMES = ["coinbase", "kraken", "bitstamp", "binance", "okx"]
HARMLESS: list[Frame] = [
    "plain text",
    "17",
    {"channel": "heartbeat"},
    {"arg": [], "data": {}},
    {"event": "bts:error", "channel": "", "data": {"code": 4009, "message": "no"}},
]


def entry(venue: VenueStandIn) -> str:
    return f"{venue.name} {venue.symbol}"


def series(venue: VenueStandIn) -> str:
    return f"{venue.name}:{venue.symbol}"


class ShiftedClock(SystemClock):
    """The machine's clock, plus what a test adds to it."""

    shift = 0.0

    def now(self) -> float:
        return time.time() + self.shift


@pytest.mark.parametrize("how", ["drop", "end", "cut", "1000", "1008", "1012"])
@pytest.mark.parametrize("name", NAMES)
async def test_a_dropped_connection_comes_back(
    internet: Internet, venues: Venues, name: str, how: str
) -> None:
    venue = venues[name]
    async with running(internet, entry(venue), usdt_rate="") as said:
        await said.until(lambda: venue.watched())
        venue.tick(91_000.0)
        await said.until_price(series(venue), 91_000.0)
        if how == "cut":
            internet.cut(venue.hosts[0])
        elif how.isdecimal():
            venue.close(int(how))
        else:
            getattr(venue, how)()
        await said.until_state(name, "retrying")
        await said.until(lambda: venue.dials == 2 and venue.watched())
        venue.tick(91_001.0)
        await said.until_price(series(venue), 91_001.0)
        health = await said.until_state(name, "ok")
        assert health.reconnects == 1
        assert f"closed with code {how if how.isdecimal() else 1006}" in said.reasons[0]


async def test_a_venue_that_is_cut_off_leaves_the_others_alone(
    internet: Internet, venues: Venues
) -> None:
    async with running(internet) as said:
        await said.until(lambda: all(venue.watched() for venue in venues))
        venues.tick(91_000.0)
        await said.until(lambda: all(said.last(series(venue)) for venue in venues))
        internet.unreachable.add("ws.kraken.com")
        venues["kraken"].drop()
        health = await said.until_state("kraken", "retrying")
        await said.until(lambda: said.health["kraken"].reconnects >= 3)
        venues.tick(91_001.0)
        for name in ("coinbase", "bitstamp"):
            await said.until_price(f"{name}:BTC/USD", 91_001.0)
        others = [health for name, health in said.health.items() if "kraken" not in name]
        assert [health.reconnects for health in others] == [0] * 4
        assert said.health["kraken"].reason == "the proxy answered HTTP 502; see [network] proxy"
        assert health.next_try is not None
        lost = [event for event in said.events if event.subject == "kraken"]
        assert [event.kind for event in lost] == ["source_lost"]
        internet.unreachable.clear()
        await said.until(lambda: venues["kraken"].watched())
        venues["kraken"].tick(91_002.0)
        await said.until_state("kraken", "ok")
        assert [event.kind for event in said.events if event.subject == "kraken"][-1] == (
            "source_back"
        )


@pytest.mark.parametrize(
    ("name", "frame"),
    [
        pytest.param(kind.name, frame, id=f"{kind.name}-{number}")
        for kind in (Coinbase, Kraken, Bitstamp, Binance, Okx)
        for number, frame in enumerate(kind.GARBAGE)
    ],
)
async def test_a_frame_of_garbage_costs_nothing_but_itself(
    internet: Internet, venues: Venues, name: str, frame: Frame
) -> None:
    """Without the guard most of these hang the stream for good."""
    venue = venues[name]
    async with running(internet, entry(venue), usdt_rate="", silent_s=1.0) as said:
        await said.until(lambda: venue.watched())
        venue.tick(91_000.0)
        await said.until_price(series(venue), 91_000.0)
        venue.say(frame)
        venue.tick(91_001.0)
        await said.until_price(series(venue), 91_001.0)
        assert venue.dials == 1
        if frame not in HARMLESS:
            await said.until(
                lambda: said.health[name].bad_frames + said.health[name].bad_ticks == 1
            )


@pytest.mark.parametrize("name", NAMES)
async def test_garbage_by_the_dozen_rebuilds_the_connection(
    internet: Internet, venues: Venues, name: str
) -> None:
    venue = venues[name]
    async with running(internet, entry(venue), usdt_rate="") as said:
        await said.until(lambda: venue.watched())
        venue.tick(91_000.0)
        await said.until_state(name, "ok")
        venue.say(*['{"e":'] * 3)
        venue.tick(91_001.0)
        await said.until_price(series(venue), 91_001.0)
        assert venue.dials == 1
        venue.say('{"e":')
        await said.until(lambda: venue.dials == 2 and venue.watched())
        assert said.reasons == [f"{name}: more than 3 bad frames in a minute"]
        venue.tick(91_002.0)
        await said.until_price(series(venue), 91_002.0)


@pytest.mark.parametrize("name", NAMES)
async def test_a_silent_venue_is_dialled_again(
    internet: Internet, venues: Venues, name: str
) -> None:
    """It answers pings: ccxt would wait for ever."""
    venue = venues[name]
    async with running(internet, entry(venue), usdt_rate="", silent_s=0.6) as said:
        await said.until(lambda: venue.watched())
        venue.tick(91_000.0)
        await said.until_state(name, "ok")
        venue.misbehave("silence")
        await said.until_state(name, "retrying")
        assert "no trade for" in said.reasons[0] or "nothing for" in said.reasons[0]
        venue.heal()
        await said.until(lambda: venue.dials >= 2 and venue.watched())
        venue.tick(91_001.0)
        await said.until_state(name, "ok")


async def test_a_half_open_socket_is_found_dead_before_it_counts_as_silent(
    internet: Internet, venues: Venues
) -> None:
    clock = ShiftedClock()
    venue = venues["bitstamp"]
    async with running(internet, entry(venue), clock=clock, silent_s=40.0) as said:
        await said.until(lambda: venue.watched())
        venue.tick(91_000.0)
        await said.until_state("bitstamp", "ok")
        venue.misbehave("mute")
        clock.shift = 21.0
        await said.until(lambda: said.reasons)
        assert said.reasons[0].startswith("bitstamp: the connection is dead: nothing for 2")
        venue.heal()
        await said.until(lambda: venue.dials == 2 and venue.watched())


async def test_frozen_bytes_are_noticed_too(internet: Internet, venues: Venues) -> None:
    async with running(internet, silent_s=0.8) as said:
        await said.until(lambda: all(venue.watched() for venue in venues))
        venues.tick(91_000.0)
        await said.until(lambda: all(said.last(series(venue)) for venue in venues))
        internet.frozen.add("ws.okx.com")
        for step in range(400):
            venues.tick(91_000.0 + step)
            await asyncio.sleep(0.01)
            if said.health["okx"].state == "retrying":
                break
        assert said.health["okx"].state == "retrying"
        assert [said.health[name].state for name in NAMES[:4]] == ["ok"] * 4


async def test_a_quiet_market_on_a_talking_socket_is_given_more_time(
    internet: Internet, venues: Venues
) -> None:
    """USDT/USD may not trade for a while; rebuilding would interrupt BTC/USD as well."""
    kraken = venues["kraken"]
    async with running(internet, "kraken BTC/USD", "okx BTC/USDT", silent_s=0.3) as said:
        await said.until(lambda: kraken.watched() and kraken.watched("USDT/USD"))
        kraken.tick(1.0, symbol="USDT/USD")
        end = time.monotonic() + 1.0
        while time.monotonic() < end:
            kraken.tick(91_000.0)
            await asyncio.sleep(0.05)
        assert kraken.dials == 1
        while kraken.dials == 1 and time.monotonic() < end + 10:
            kraken.tick(91_000.0)
            await asyncio.sleep(0.05)
        assert kraken.dials == 2
        assert any("kraken USDT/USD: no trade for" in reason for reason in said.reasons)


async def test_a_backlog_is_cut_short(internet: Internet, venues: Venues) -> None:
    venue = venues["kraken"]
    async with running(internet, entry(venue), silent_s=1.0) as said:
        await said.until(lambda: venue.watched())
        for price in (91_000.0, 91_001.0):
            venue.tick(price)
            await said.until_price(series(venue), price)
        venue.misbehave("late", 0.5)
        venue.tick(91_002.0, at=time.time() + 0.6)
        await said.until_price(series(venue), 91_002.0)
        venue.misbehave("late", 4.0)
        venue.tick(91_003.0)
        await said.until(lambda: said.reasons)
        assert said.reasons[0] == "kraken: trades arrive 4 s late"
        await said.until(lambda: venue.dials == 2)


async def test_a_clock_that_is_wrong_is_told_and_left_alone(
    internet: Internet, venues: Venues
) -> None:
    venue = venues["kraken"]
    venue.misbehave("late", 7.0)  # later than what counts as silence
    async with running(internet, entry(venue), silent_s=5.0) as said:
        await said.until(lambda: venue.watched())
        for n in range(30):
            venue.tick(91_000.0 + n)
            await said.until_price(series(venue), 91_000.0 + n)
            await asyncio.sleep(0.05)  # three rounds of the watchdog in all
        health = said.health["kraken"]
        assert (health.state, health.reason) == ("ok", "its clock is 7 s behind ours")
        assert venue.dials == 1
        assert health.latency_ms == pytest.approx(7000, abs=500)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("status", [403, 451])
async def test_a_venue_that_is_blocked_here_is_off_and_says_so(
    internet: Internet, venues: Venues, name: str, status: int
) -> None:
    venue, other = venues[name], venues["kraken" if name != "kraken" else "coinbase"]
    venue.misbehave("http", status)
    async with running(internet, entry(venue), entry(other), usdt_rate="") as said:
        health = await said.until_state(name, "off")
        assert health.reason == (
            f"blocked here (HTTP {status}); use another venue in [exchanges] venues"
        )
        dials = len(internet.connects)
        await said.until(lambda: other.watched())
        other.tick(91_000.0)
        await said.until_state(other.name, "ok")
        said.source.refresh()
        await asyncio.sleep(0.1)
        assert len(internet.connects) <= dials + 1
        assert [event.kind for event in said.events] == ["source_lost"]


async def test_a_venue_that_asks_for_quiet_gets_it(internet: Internet, venues: Venues) -> None:
    venues["okx"].misbehave("http", 429, **{"Retry-After": "7"})
    async with running(internet, "okx BTC/USDT", usdt_rate="") as said:
        health = await said.until_state("okx", "rate_limited")
        assert health.reason == "asked for quiet (HTTP 429)"
        assert health.next_try == pytest.approx(time.time() + 7, abs=2)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ("http", 500, "HTTP 500"),
        ("http", 503, "HTTP 503"),
        ("html", 0, "a web page instead of an exchange; is there a login page before it?"),
    ],
)
async def test_a_handshake_that_fails_is_tried_again(
    internet: Internet, venues: Venues, name: str, fault: str, status: int, words: str
) -> None:
    venue = venues[name]
    venue.misbehave("html" if fault == "html" else "http", status)
    async with running(internet, entry(venue), usdt_rate="") as said:
        await said.until(lambda: name in said.health and said.health[name].reconnects >= 2)
        assert said.reasons[0] == f"{name}: {words}"
        venue.heal()
        await said.until(lambda: venue.watched())
        venue.tick(91_000.0)
        await said.until_state(name, "ok")


async def test_a_login_page_in_place_of_the_list_of_markets(
    internet: Internet, venues: Venues
) -> None:
    """ccxt takes it for an exchange without markets, and would stay so."""
    venue = venues["bitstamp"]
    venue.misbehave("html")
    async with running(internet, "bitstamp BTC/USDT", usdt_rate="") as said:
        await said.until_state("bitstamp", "retrying")
        venue.heal()
        await said.until(lambda: venue.watched("BTC/USDT"))


@pytest.mark.parametrize(
    ("status", "state"), [(451, "off"), (429, "rate_limited"), (500, "retrying")]
)
async def test_the_list_of_markets_fails_as_a_handshake_does(
    internet: Internet, venues: Venues, status: int, state: str
) -> None:
    venues["bitstamp"].misbehave("http", status)
    async with running(internet, "bitstamp BTC/USDT", usdt_rate="") as said:
        health = await said.until_state("bitstamp", state)
        assert f"HTTP {status}" in health.reason


async def test_accept_and_drop_is_met_with_growing_waits(
    internet: Internet, venues: Venues
) -> None:
    """ccxt alone would dial 140 times a second."""
    venue = venues["coinbase"]
    venue.misbehave("flap")
    async with running(internet, entry(venue), retry_first_s=0.05, retry_longest_s=10.0) as said:
        await said.until(lambda: said.health and said.health["coinbase"].reconnects >= 2)
        await asyncio.sleep(0.5)
        assert venue.dials < 25
        venue.heal()
        said.source.refresh()
        await said.until(lambda: venue.watched())


async def test_only_our_own_waits_count(internet: Internet, venues: Venues) -> None:
    """ccxt would wait 0.2 s, 0.4 s, ... between dials, whatever the user or a refresh says."""
    venues["okx"].misbehave("http", 500)
    async with running(internet, "okx BTC/USDT", usdt_rate="") as said:
        start = time.monotonic()
        await said.until(lambda: said.health.get("okx") and said.health["okx"].reconnects >= 7)
        assert time.monotonic() - start < 5


async def test_a_connection_lost_between_two_waits_is_a_failure_too(
    internet: Internet, venues: Venues
) -> None:
    """ccxt dials again at once and tells nobody, as often as that happens."""
    venue = venues["binance"]
    async with running(internet, entry(venue), usdt_rate="", retry_first_s=0.02) as said:
        await said.until(lambda: venue.watched())
        for n in range(10):
            venue.burst_and_end(91_000.0 + n)
            await said.until(lambda: venue.watched())
        await said.until(lambda: venue.dials == 11)
        venue.tick(92_000.0)
        await said.until_price(series(venue), 92_000.0)
        assert said.health["binance"].reconnects == 10


async def test_refresh_wakes_who_waits(internet: Internet, venues: Venues) -> None:
    venue = venues["bitstamp"]
    internet.unreachable.add("ws.bitstamp.net")
    async with running(internet, entry(venue), retry_first_s=1e6, retry_longest_s=1e6) as said:
        health = await said.until_state("bitstamp", "retrying")
        assert health.next_try is not None
        internet.unreachable.clear()
        said.source.refresh()
        await said.until(lambda: venue.watched())
        venue.tick(91_000.0)
        await said.until_state("bitstamp", "ok")


@pytest.mark.parametrize("name", ["coinbase", "okx", "bitstamp", "binance"])
async def test_a_refused_subscription_is_not_waited_out(
    internet: Internet, venues: Venues, name: str
) -> None:
    venue = venues[name]
    venue.misbehave("refuse")
    async with running(internet, entry(venue), usdt_rate="", silent_s=30.0) as said:
        health = await said.until_state(name, "retrying")
        assert "BTC" in health.reason or "Invalid" in health.reason or "4009" in health.reason
        venue.heal()
        await said.until(lambda: venue.watched())
        venue.tick(91_000.0)
        await said.until_state(name, "ok")


async def test_a_venues_words_cannot_steer_the_terminal(internet: Internet, venues: Venues) -> None:
    venue = venues["coinbase"]
    async with running(internet, entry(venue)) as said:
        await said.until(lambda: venue.watched())
        venue.say({"type": "error", "message": "\x1b[2J\x1b]0;pwned\x07 [/b]\n" + "x" * 5000})
        await said.until(lambda: said.reasons)
        assert said.reasons[0].isprintable()
        assert len(said.reasons[0]) < 200


async def test_an_untrusted_certificate_says_what_to_set(
    internet: Internet, venues: Venues
) -> None:
    env = {**internet.env, "SSL_CERT_FILE": ""}
    async with running(internet, "kraken BTC/USD", env=env) as said:
        health = await said.until_state("kraken", "retrying")
        assert "certificate is not trusted" in health.reason
        assert "[network] ca_bundle" in health.reason


async def test_hosts_in_no_proxy_are_asked_directly(internet: Internet, venues: Venues) -> None:
    """There is no such host on loopback, so the direct way must fail, and without a CONNECT."""
    internet.connects.clear()
    env = {**internet.env, "NO_PROXY": "kraken.com"}
    async with running(internet, "kraken BTC/USD", "coinbase BTC/USD", env=env) as said:
        await said.until(lambda: venues["coinbase"].watched())
        await said.until_state("kraken", "retrying")
    assert {name.rpartition(":")[0] for name in internet.connects} == {
        "advanced-trade-ws.coinbase.com"
    }


@pytest.mark.parametrize("where", ["frozen", "blackholes", "mute"])
async def test_closing_takes_no_time_whatever_hangs(
    internet: Internet, venues: Venues, where: str
) -> None:
    hosts = {host for venue in venues for host in venue.hosts}
    if where == "blackholes":
        internet.blackholes |= hosts
    context = running(internet)
    said = await context.__aenter__()
    if where == "blackholes":
        await said.until(lambda: said.health and len(internet.connects) >= 5)
    else:
        await said.until(lambda: all(venue.watched() for venue in venues))
        venues.tick(91_000.0)
        await said.until(lambda: all(said.last(series(venue)) for venue in venues))
        internet.frozen |= hosts if where == "frozen" else set()
        for venue in venues:
            venue.misbehave("mute")
    start = time.monotonic()
    await context.__aexit__(None, None, None)
    assert time.monotonic() - start < 0.5
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == 1
