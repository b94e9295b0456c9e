"""The Yahoo source on a good day: real yfinance, a scripted Yahoo, a clock moved by hand."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

import msgspec
import pytest

from divmon.market.events import Bars, Quote
from divmon.market.sessions import DAY, sessions
from divmon.sources.yahoo_answer import denoise
from tests.sources.yahoo_stage import Market, served
from tests.standins.yahoo import universe

AFTERNOON = datetime(2026, 1, 21, 19, 30, tzinfo=UTC).timestamp()  # a Wednesday, 14:30 in New York
TODAY = int(AFTERNOON // DAY)
NYSE_CLOSE = datetime(2026, 1, 21, 21, 0, tzinfo=UTC).timestamp()


@pytest.fixture(scope="module")
def market() -> Iterator[Market]:
    with served() as market:
        yield market


@pytest.fixture(autouse=True)
def fresh(market: Market) -> None:
    market.begin(AFTERNOON)


async def test_a_cold_start_fills_the_whole_board_in_one_burst(market: Market) -> None:
    universe(market.yahoo, market.defaults, years=3)
    async with market.stage(market.defaults) as stage:
        await stage.forward(0)
        listed = [name for name, one in market.defaults.instruments.items() if one.yahoo]
        assert len(listed) == 18
        for name in listed:
            instrument = market.defaults.instruments[name]
            calendar = sessions(instrument.calendar)
            scripted = market.yahoo.listed[instrument.yahoo].daily
            # every completed session, as exact as a 32-bit float is, and not the running one
            hint = market.yahoo.listed[instrument.yahoo].hint
            done = {
                day: denoise(bar[4], hint)
                for day, bar in scripted.items()
                if (calendar.close_of(day) or 0) <= AFTERNOON
            }
            assert stage.closes(name) == pytest.approx(done, rel=1e-6), name
            (quote,) = stage.quotes(name)
            assert quote.price == scripted[max(scripted)][4]
            assert quote.series == f"yahoo:{instrument.yahoo}"
            assert quote.received_time == AFTERNOON
        hours = stage.closes("BTC", "1h")
        assert len(hours) == 729 * 24
        assert max(hours) == AFTERNOON // 3600 * 3600 - 3600
        # the only moment at which requests_per_s does not hold
        assert market.yahoo.counts["cookie"] == market.yahoo.counts["crumb"] == 1
        assert market.yahoo.count() == len(listed) + 1 + 2
        assert market.source.requests == market.yahoo.count()
        assert stage.state == "ok"
        assert stage.health.latency_ms is not None
        assert stage.events("gap") == stage.events("bad_tick") == []


async def test_the_running_sessions_prices_come_with_the_quote(market: Market) -> None:
    market.universe("RUT", "GOLD")
    running = market.yahoo.listed["^RUT"].daily[TODAY]
    market.yahoo.quote("^RUT", 2650.25, AFTERNOON - 15)
    market.yahoo.quote("GC=F", 4755.0, AFTERNOON - 640)
    async with market.stage() as stage:
        await stage.forward(0)
        (quote,) = stage.quotes("RUT")
        assert (quote.price, quote.event_time) == (2650.25, AFTERNOON - 15)
        assert quote.open == pytest.approx(running[1], rel=1e-6)
        assert (quote.high, quote.low) == pytest.approx((running[2], running[3]), rel=1e-6)
        (gold,) = stage.quotes("GOLD")
        assert gold.delay_s == 600.0  # COMEX, as Yahoo declares it
        assert max(stage.closes("RUT")) == TODAY - 1


async def test_with_an_archive_only_the_last_sessions_are_asked_for(market: Market) -> None:
    market.universe("RUT", "BTC", hourly=True)
    newest = {("yahoo:^RUT", "1d"): TODAY - 5, ("yahoo:BTC-USD", "1d"): TODAY - 1}
    newest["yahoo:BTC-USD", "1h"] = int(AFTERNOON) // 3600 * 3600 - 7200
    async with market.stage(last_bar=lambda series, interval: newest.get((series, interval))) as s:
        await s.forward(0)
        assert min(s.closes("RUT")) >= TODAY - 15
        assert max(s.closes("RUT")) == TODAY - 1
        assert min(s.closes("BTC")) == TODAY - 11
        assert len(s.closes("BTC", "1h")) == 3
        assert len(s.quotes("RUT")) == 1


async def test_polls_are_polite_and_follow_the_markets_hours(market: Market) -> None:
    market.universe("RUT", "SPX", "STAR50", "BTC")
    async with market.stage() as stage:
        await stage.forward(0)
        before = Counter(market.yahoo.counts)
        await stage.forward(600)
        asked = market.yahoo.counts - before
        # open: every 18 to 20 s; closed, or streamed by exchanges: every 270 to 300 s
        assert 28 <= asked["^RUT"] <= 34
        assert 28 <= asked["^GSPC"] <= 34
        assert 1 <= asked["000688.SS"] <= 2
        assert 1 <= asked["BTC-USD"] <= 2
        assert len(stage.quotes("RUT")) == asked["^RUT"] + 1
        times = [when for when, path, _ in market.yahoo.requests if "/chart/" in path][5:]
        assert all(later - earlier >= 0.99 for earlier, later in pairwise(times))
        # a poll that brings no new session sends no bars
        assert len(stage.of(Bars)) == 4


async def test_the_close_is_awaited_and_a_running_bar_never_sent(market: Market) -> None:
    market.universe("RUT")
    yahoo = market.yahoo
    async with market.stage() as stage:
        await stage.forward(NYSE_CLOSE - AFTERNOON - 10)
        assert max(stage.closes("RUT")) == TODAY - 1
        # Yahoo stops at 15:30 and its bar of the day with it
        yahoo.quote("^RUT", 2640.0, NYSE_CLOSE - 1800)
        await stage.forward(600)
        assert TODAY not in stage.closes("RUT")
        official = yahoo.listed["^RUT"].daily[TODAY]
        official = (TODAY, official[1], official[2], official[3], 2641.5, 1.0)
        yahoo.add_daily("^RUT", official)
        yahoo.quote("^RUT", 2641.5, NYSE_CLOSE + 60)
        await stage.forward(1500)
        assert stage.closes("RUT")[TODAY] == 2641.5
        # and a correction of it comes through as well
        yahoo.add_daily("^RUT", (*official[:4], 2641.9, 1.0))
        await stage.forward(400)
        assert stage.closes("RUT")[TODAY] == 2641.9
        assert stage.events("gap") == []


async def test_a_close_that_never_comes_is_a_gap(market: Market) -> None:
    market.universe("RUT")
    market.yahoo.lose("^RUT", TODAY)
    async with market.stage() as stage:
        await stage.forward(NYSE_CLOSE - AFTERNOON + 3600)
        assert stage.events("gap") == []  # not yet: it is late
        await stage.forward(3 * 3600)
        (gap,) = stage.events("gap")
        assert gap.data["missing"] == ["2026-01-21"]
        assert stage.health.gaps == 1


async def test_bitcoins_day_ends_at_midnight_utc(market: Market) -> None:
    market.universe("BTC", hourly=True)
    yahoo = market.yahoo
    midnight = (TODAY + 1) * DAY
    async with market.stage() as stage:
        await stage.forward(midnight - AFTERNOON - 5)
        assert max(stage.closes("BTC")) == TODAY - 1
        yahoo.add_daily("BTC-USD", (TODAY, 91000.0, 92000.0, 90000.0, 90500.5, 1.0))
        yahoo.add_daily("BTC-USD", (TODAY + 1, 90500.5, 90600.0, 90400.0, 90550.0, 1.0))
        yahoo.set_hourly("BTC-USD", [(midnight - 3600, 9e4, 9e4, 9e4, 90500.5, 1.0)])
        await stage.forward(500)
        assert stage.closes("BTC")[TODAY] == 90500.5
        assert TODAY + 1 not in stage.closes("BTC")
        assert stage.closes("BTC", "1h")[midnight - 3600] == 90500.5


async def test_a_lost_session_is_told_asked_for_again_and_filled(market: Market) -> None:
    market.universe("SPX", "RUT")
    lost = TODAY - 30 - (TODAY - 30 + 3) % 7 + 1  # a Tuesday: five days of polls do not reach it
    assert sessions("XNYS").is_session(lost)
    kept = market.yahoo.lose("^GSPC", lost)
    async with market.stage() as stage:
        await stage.forward(0)
        (gap,) = stage.events("gap")
        assert gap.subject == "SPX"
        assert gap.data["n"] == 1
        assert lost not in stage.closes("SPX")
        await stage.forward(400)
        asked = [window for _, path, window in market.yahoo.requests if "GSPC" in path]
        windows = [window for window in asked if window != "5d"]
        assert len(windows) == 3  # the history, and two tries
        market.yahoo.add_daily("^GSPC", kept[0])
        await stage.forward(1900)
        assert stage.closes("SPX")[lost] == pytest.approx(kept[0][4], rel=1e-6)
        assert len(stage.events("gap")) == 2
        assert stage.health.gaps == 0
        assert len(stage.of(Bars)) == 3  # the two histories, and the one session


async def test_a_split_restates_the_whole_history(market: Market) -> None:
    market.universe("IWM")
    async with market.stage() as stage:
        await stage.forward(0)
        listed = market.yahoo.listed["IWM"]
        before = stage.closes("IWM")[TODAY - 8]
        halved = [
            (d, o / 2, h / 2, low / 2, c / 2, v) for d, o, h, low, c, v in listed.daily.values()
        ]
        market.yahoo.set_daily("IWM", halved)
        listed.splits[TODAY] = (2, 1)
        await stage.forward(60)
        assert stage.closes("IWM")[TODAY - 8] == pytest.approx(before / 2, rel=1e-6)
        assert len(stage.of(Bars)) == 2
        assert len(stage.events("split")) == 1


async def test_nothing_heavy_is_imported_by_importing_the_source() -> None:
    program = (
        "import sys, divmon.sources.yahoo\n"
        "print([name for name in ('yfinance', 'curl_cffi') if name in sys.modules])"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


async def test_many_polls_keep_to_the_sessions_connections(market: Market) -> None:
    market.universe("RUT", "SPX")
    async with market.stage() as stage:
        await stage.forward(0)
        connects = len(market.internet.connects)
        await stage.forward(300)
        assert len(stage.of(Quote)) > 25
        # persistent threads keep their connections: none is made anew for a poll
        assert len(market.internet.connects) - connects <= market.defaults.yahoo.threads


async def test_a_changed_list_asks_for_what_is_new_and_for_nothing_again(market: Market) -> None:
    wider = market.universe("RUT", "SPX", "GOLD")
    narrow = market.universe("RUT", "SPX")
    async with market.stage(narrow) as stage:
        await stage.forward(0)
        before = Counter(market.yahoo.counts)
        market.source.reconfigure(wider)
        await stage.forward(0)
        assert market.yahoo.counts - before == Counter({"GC=F": 1})
        assert len(stage.closes("GOLD")) > 200
        market.source.reconfigure(market.universe("RUT"))
        before = Counter(market.yahoo.counts)
        await stage.forward(60)
        assert set(market.yahoo.counts - before) == {"^RUT"}


async def test_an_answer_for_what_is_no_longer_wanted_is_dropped(market: Market) -> None:
    both, one = market.universe("RUT", "GOLD"), market.universe("RUT")
    async with market.stage(both) as stage:
        await stage.until(lambda: market.yahoo.counts["GC=F"] or stage.quotes("RUT"))
        market.source.reconfigure(one)
        said = len(stage.said)
        await stage.forward(0)
        later = stage.said[said:]
        assert not any(getattr(event, "instrument", "") == "GOLD" for event in later)


async def test_polls_become_rarer_without_a_new_start(market: Market) -> None:
    settings = market.universe("RUT")
    rare = msgspec.structs.replace(settings.yahoo, poll_open_s=200.0)
    async with market.stage() as stage:
        await stage.forward(60)
        market.source.reconfigure(msgspec.structs.replace(settings, yahoo=rare))
        await stage.forward(20)
        before = Counter(market.yahoo.counts)
        await stage.forward(600)
        assert 2 <= (market.yahoo.counts - before)["^RUT"] <= 4
        assert market.yahoo.counts["cookie"] <= 1
