"""The Yahoo source on a bad day: what Yahoo and the way to it can do, and what is said then."""

import json
import logging
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from divmon.errors import SourceError
from divmon.market.events import Bars, Quote
from divmon.market.sessions import DAY
from divmon.settings import InstrumentSettings
from divmon.sources import network
from tests.sources.yahoo_stage import Market, served

AFTERNOON = datetime(2026, 1, 21, 19, 30, tzinfo=UTC).timestamp()
TODAY = int(AFTERNOON // DAY)


@pytest.fixture(scope="module")
def market() -> Iterator[Market]:
    with served() as market:
        yield market


@pytest.fixture(autouse=True)
def fresh(market: Market) -> None:
    market.begin(AFTERNOON)


FAULTS = {
    "500": "Yahoo has a fault of its own (500)",
    "401": "Yahoo refused the request (401)",
    "html": "Yahoo answered with its consent page",
    "down": "will be right back",
    "empty": "Yahoo answered with nothing",
    "truncated": "cut short or garbled",
    "shape": "cut short or garbled",
    "drop_session": "connection failed",
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_at_the_start_is_named_and_healed_from(market: Market, fault: str) -> None:
    market.universe("RUT", "SPX", "BTC")
    market.yahoo.misbehave(fault)
    async with market.stage(jitter=0.9) as stage:
        await stage.forward(0)
        assert stage.state == "retrying"
        assert FAULTS[fault] in stage.health.reason
        assert stage.health.next_try is not None
        first = market.yahoo.counts["BTC-USD"]
        await stage.forward(60)
        # one probe at a time, ever more seldom: of one symbol, not of all
        probes = sum(market.yahoo.counts[name] for name in ("BTC-USD", "^RUT", "^GSPC"))
        assert first <= 2
        assert 4 <= probes <= 14
        market.yahoo.heal()
        stage.source.refresh()
        await stage.settle()
        assert stage.state == "ok"
        assert {quote.instrument for quote in stage.of(Quote)} == {"RUT", "SPX", "BTC"}
        assert len(stage.events("source_lost")) == len(stage.events("source_back")) == 1


async def test_a_fault_in_the_middle_keeps_the_times_of_the_good_data(market: Market) -> None:
    market.universe("RUT", "SPX", "IXIC")
    async with market.stage() as stage:
        await stage.forward(60)
        assert stage.state == "ok"
        market.yahoo.misbehave("500")
        await stage.forward(60)
        assert stage.state == "retrying"
        assert AFTERNOON + 30 < (stage.health.last_data or 0) <= AFTERNOON + 60
        (lost,) = stage.events("source_lost")
        assert "500" in lost.text


async def test_429_silences_all_of_yahoo_and_says_until_when(market: Market) -> None:
    market.universe("RUT", "SPX", "BTC")
    async with market.stage(jitter=0.5) as stage:
        await stage.forward(30)
        market.yahoo.misbehave("429")
        await stage.forward(30)
        health = stage.health
        assert health.state == "rate_limited"
        assert "429" in health.reason
        assert health.next_try is not None
        assert health.next_try - stage.clock.now() > 20
        asked = market.yahoo.count()
        stage.source.refresh()  # a key press is no reason to break the quiet
        await stage.forward(health.next_try - stage.clock.now() - 1)
        assert market.yahoo.count() == asked
        await stage.forward(600)
        # 60, 120, 240 s: one request each, not yfinance's three
        assert 3 <= market.yahoo.count() - asked <= 5
        market.yahoo.heal()
        await stage.forward(1000)
        assert stage.state == "ok"
        assert len(stage.events("source_back")) == 1


async def test_time_outs_are_ours_and_end(market: Market) -> None:
    market.universe("RUT")
    market.yahoo.misbehave("hang")
    async with market.stage(read_timeout_s=0.2) as stage:
        await stage.settle()
        assert stage.health.reason == "no answer in time"


async def test_stopping_waits_for_no_hanging_request(market: Market) -> None:
    market.universe("RUT", "SPX", "BTC")
    async with market.stage() as stage:
        await stage.forward(30)
        market.yahoo.misbehave("hang")
        stage.clock.set(stage.clock.now() + 30)
        await stage.until(lambda: market.source.pool.busy > 0)
        begun = time.monotonic()
    assert time.monotonic() - begun < 0.5


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("unreachable", "the proxy answered HTTP 502; see [network] proxy"),
        ("nowhere", "connection refused"),
    ],
)
async def test_no_way_out_is_named(market: Market, where: str, said: str) -> None:
    market.universe("RUT")
    hosts = set(market.internet.hosts)
    market.internet.unreachable = hosts
    try:
        async with market.stage() as stage:
            if where == "nowhere":
                object.__setattr__(market.source.network, "proxy", "http://127.0.0.1:9")
            await stage.forward(0)
            assert stage.state == "retrying"
            assert stage.health.reason == said
    finally:
        market.internet.unreachable = set()


async def test_one_symbols_fault_is_not_the_others(market: Market) -> None:
    market.universe("RUT", "SPX", "BTC")
    market.yahoo.misbehave("500", "^RUT")
    async with market.stage() as stage:
        await stage.forward(120)
        assert stage.state == "ok"
        assert len(stage.quotes("SPX")) >= 4
        assert stage.quotes("RUT") == []
        assert market.yahoo.counts["^RUT"] <= 7  # backing off by itself
        market.yahoo.heal()
        await stage.forward(200)
        assert stage.quotes("RUT")


@pytest.mark.parametrize("known", [True, False])
async def test_a_symbol_that_gives_nothing_is_named_with_a_way_out(
    market: Market, known: bool
) -> None:
    settings = market.universe("RUT", "SPX")
    wrong = InstrumentSettings(yahoo="NVDAX[/b]", label="x")
    instruments = {"WRONG": wrong, **settings.instruments}
    market.settings = msgspec.structs.replace(settings, instruments=instruments)
    if known:
        market.yahoo.list_symbol("NVDAX[/b]")
        market.yahoo.misbehave("null", "NVDAX[/b]")
    async with market.stage() as stage:
        await stage.forward(120)
        (event,) = stage.events("symbol")
        assert event.subject == "WRONG"
        assert "'NVDAX[/b]'" in event.text
        assert "[instruments.WRONG]" in event.text
        assert stage.state == "ok"
        assert "WRONG" in stage.health.reason
        assert len(stage.quotes("RUT")) >= 5
        assert market.yahoo.counts["NVDAX[/b]"] <= 3  # once an hour, and twice at the start


async def test_an_unknown_calendar_costs_its_instrument_alone(market: Market) -> None:
    settings = market.universe("RUT", "SPX")
    odd = msgspec.structs.replace(settings.instruments["SPX"], calendar="XMOON")
    instruments = {**settings.instruments, "SPX": odd}
    market.settings = msgspec.structs.replace(settings, instruments=instruments)
    async with market.stage() as stage:
        await stage.forward(0)
        (event,) = stage.events("symbol")
        assert "XMOON" in event.text
        assert stage.quotes("RUT")


@pytest.mark.parametrize("fault", ["404", "null", "short"])
async def test_the_fallback_serves_under_its_own_name(market: Market, fault: str) -> None:
    market.universe("STAR50", "RUT", "SPX")
    yahoo = market.yahoo
    scripted = list(yahoo.listed["000688.SS"].daily.values())
    yahoo.set_daily("588000.SS", [(bar[0], 1.5, 1.5, 1.5, 1.5, 9.0) for bar in scripted], "XSHG")
    if fault == "short":
        yahoo.set_daily("000688.SS", scripted[-5:], "XSHG")
    else:
        yahoo.misbehave(fault, "000688.SS")
    async with market.stage() as stage:
        await stage.forward(60)
        (event,) = stage.events("fallback")
        assert "000688.SS" in event.text
        assert "588000.SS" in event.text
        assert {bars.series for bars in stage.of(Bars) if bars.instrument == "STAR50"} == {
            "yahoo:588000.SS"
        }
        assert {quote.series for quote in stage.quotes("STAR50")} == {"yahoo:588000.SS"}
        assert stage.state == "ok"


async def test_when_all_symbols_are_delisted_it_is_yahoo(market: Market) -> None:
    market.universe("STAR50", "RUT", "SPX", "BTC")
    market.yahoo.misbehave("null")
    async with market.stage(jitter=0.9) as stage:
        await stage.forward(60)
        assert stage.state == "retrying"
        assert "no prices for any symbol" in stage.health.reason
        assert stage.events("symbol") == []


@pytest.mark.parametrize("lie", ["zero_last", "nan_last", "absurd_last"])
async def test_a_lie_about_the_newest_bar_is_not_used(market: Market, lie: str) -> None:
    # in the evening, when the newest bar is a close
    market.clock.set(AFTERNOON + 4 * 3600)
    market.universe("RUT", "SPX")
    market.yahoo.misbehave(lie, "^RUT")
    true = market.yahoo.listed["^RUT"].daily[TODAY][4]
    async with market.stage() as stage:
        await stage.forward(2)
        assert TODAY not in stage.closes("RUT")
        assert max(stage.closes("RUT")) == TODAY - 1
        assert TODAY in stage.closes("SPX")
        if lie != "nan_last":  # yfinance drops those by itself
            (bad,) = stage.events("bad_tick")
            assert bad.subject == "RUT"
            assert stage.health.bad_ticks == 1
        market.yahoo.heal()
        await stage.forward(600)
        assert stage.closes("RUT")[TODAY] == pytest.approx(true, rel=1e-6)
        assert len(stage.events("bad_tick")) <= 1


async def test_a_price_that_leaps_needs_a_second_reading(market: Market) -> None:
    market.universe("RUT", "SPX")
    async with market.stage() as stage:
        await stage.forward(0)
        last = stage.quotes("RUT")[-1].price
        market.yahoo.quote("^RUT", last / 100)
        await stage.forward(21)
        assert stage.quotes("RUT")[-1].price == last
        assert stage.events("bad_tick")
        market.yahoo.quote("^RUT", last * 0.7)  # a crash without any circuit breaker
        await stage.forward(3)
        assert stage.quotes("RUT")[-1].price == last
        await stage.forward(30)
        assert stage.quotes("RUT")[-1].price == pytest.approx(last * 0.7)


async def test_a_price_of_zero_is_no_price(market: Market) -> None:
    market.universe("RUT", "SPX")
    market.yahoo.misbehave("bad_quote", "^RUT")
    async with market.stage() as stage:
        await stage.forward(100)
        assert stage.quotes("RUT") == []
        assert len(stage.quotes("SPX")) >= 4
        (bad,) = stage.events("bad_tick")  # told once, not at each poll
        assert "price 0.0" in bad.text


@pytest.mark.parametrize("fault", ["crumb_429", "crumb_html", "no_cookie"])
async def test_charts_need_no_crumb(market: Market, fault: str) -> None:
    market.universe("RUT", "SPX")
    market.yahoo.misbehave(fault)
    async with market.stage() as stage:
        await stage.forward(60)
        assert stage.state == "ok"
        assert len(stage.quotes("RUT")) >= 3
        # what fails is not asked for again with each poll
        assert market.yahoo.counts["crumb"] + market.yahoo.counts["cookie"] <= 3
        assert not any("Too Many" in url for _, url, _ in market.yahoo.requests)


async def test_nothing_reaches_the_terminal(
    market: Market, capfd: pytest.CaptureFixture[str]
) -> None:
    market.universe("RUT", "SPX")
    async with market.stage() as stage:
        for fault in ("404", "truncated", "null", "500", "crumb_429"):
            market.yahoo.misbehave(fault)
            await stage.forward(5)
            market.yahoo.heal()
            await stage.forward(30)
        assert logging.getLogger("yfinance").handlers
    assert capfd.readouterr() == ("", "")


def test_the_process_ends_while_yahoo_hangs(market: Market) -> None:
    market.universe("RUT")
    market.yahoo.misbehave("hang")
    program = (
        "import asyncio, time\n"
        "from divmon import settings\n"
        "from divmon.market.clock import SystemClock\n"
        "from divmon.sources import network\n"
        "from divmon.sources.yahoo import YahooSource\n"
        "async def main():\n"
        "    s = settings.load()\n"
        "    source = YahooSource(s, network.load(s.network), SystemClock(), lambda a, b: None)\n"
        "    task = asyncio.create_task(source.run(lambda event: None))\n"
        "    while source.requests < 3: await asyncio.sleep(0.01)\n"
        "    task.cancel()\n"
        "    print(time.time(), flush=True)\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, env=_env(market))
    took = time.time() - float(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert took < 3  # and not the 30 s of the time-outs


def _env(market: Market) -> dict[str, str]:
    return {**os.environ, **market.internet.env}


def test_recorded_answers_are_read_or_refused_by_name(
    market: Market, shared: Callable[[str], Path]
) -> None:
    from divmon.sources.yahoo_client import Client

    folder = shared("wire/yahoo")
    client = Client(network.load(market.settings.network, market.internet.env), time.time)
    read: dict[str, int] = {}
    refused: dict[str, str] = {}
    body: dict[str, Any] = {}

    async def replay(_request: web.Request, _symbol: str) -> web.StreamResponse:
        status = body["status"]
        return web.json_response(body["body"], status=status if isinstance(status, int) else 200)

    market.yahoo.replay = replay
    try:
        for path in sorted(folder.glob("chart-*.json")):
            body.clear()
            body.update(json.loads(path.read_text(encoding="utf-8")))
            interval = "1h" if "1h" in path.name else "1d"
            try:
                answer = client.fetch("^RUT", interval, period="5d")  # type: ignore[arg-type]
            except SourceError as error:
                refused[path.name] = str(error)
                continue
            read[path.name] = len(answer.rows)
            assert all(isinstance(row.time, int) for row in answer.rows)
            assert answer.meta.price is None or math.isfinite(answer.meta.price)
    finally:
        market.yahoo.replay = None
    assert read["chart-BTC-USD-2020-01-01-to-2020-01-03.json"] == 3
    assert read["chart-GC=F-2020-01-01-to-2020-01-03.json"] == 1
    # a weekend: no rows, but the meta has the last price
    weekend = "chart-AAPL-2025-02-01-to-2025-02-02-includePrePost-false-interval-1m.json"
    assert read[weekend] == 0
    assert len(read) >= 15
    assert all(text.isprintable() for text in refused.values())
