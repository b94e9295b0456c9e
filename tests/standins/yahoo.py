"""Yahoo Finance on loopback: charts in the real format, cookies, crumbs, and bad days.

Data are scripted from any thread; prices go out as the 32-bit floats of the real
thing. `misbehave` takes, for all symbols or one:

    429 500 401 404   the status, with Yahoo's own body
    html              a redirect to the consent page, whose form leads back to it
    down              "Will be right back"
    empty truncated null shape   a body that is not what it should be
    hang drop_session            no answer; a reset connection
    zero_last nan_last absurd_last bad_quote   lies about the newest prices
    crumb_429 crumb_html no_cookie             only the cookies and crumbs fail
"""

import asyncio
import math
import random
import struct
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from divmon.market.sessions import DAY, day_of, sessions
from divmon.settings import Settings
from tests.standins.internet import Internet

HOSTS = (
    "query1.finance.yahoo.com",
    "query2.finance.yahoo.com",
    "fc.yahoo.com",
    "guce.yahoo.com",
    "consent.yahoo.com",
)
RANGES = ["1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max"]
CONSENT = (
    "<!doctype html><html><head><title>Yahoo is part of the Yahoo family of brands</title></head>"
    "<body><form method='post' action='https://consent.yahoo.com/v2/collectConsent'>"
    "<input type='hidden' name='csrfToken' value='x'><button name='agree'>Accept all</button>"
    "</form>consent</body></html>"
)
DOWN = "<html><body><h1>Will be right back...</h1>Our engineers are working on it.</body></html>"

Bar = tuple[int, float, float, float, float, float]  # day or hour, OHLC, volume


@dataclass
class Listed:
    """One symbol. `opens` is the bar's stamp in the exchange's local time, in seconds."""

    symbol: str
    calendar: str = "XNYS"
    zone: str = "America/New_York"
    opens: int = 34_200
    exchange: str = "SNP"
    kind: str = "INDEX"
    hint: int = 2
    daily: dict[int, Bar] = field(default_factory=dict)
    hourly: dict[int, Bar] = field(default_factory=dict)
    price: float | None = None
    at: float | None = None
    splits: dict[int, tuple[int, int]] = field(default_factory=dict)


def profile(symbol: str, calendar: str) -> Listed:
    """Return how Yahoo lists a symbol of this kind."""
    if symbol.endswith("-USD"):
        return Listed(symbol, calendar, "UTC", 0, "CCC", "CRYPTOCURRENCY")
    if symbol.endswith("=F"):
        return Listed(symbol, calendar, opens=0, exchange="CMX", kind="FUTURE")
    if symbol.endswith("=X"):
        return Listed(symbol, calendar, "Europe/London", 0, "CCY", "CURRENCY", 4)
    if symbol.endswith(".SS"):
        return Listed(symbol, calendar, "Asia/Shanghai", 34_200, "SHH")
    if symbol.endswith(".NYB"):
        return Listed(symbol, calendar, opens=0, exchange="NYB")
    if symbol in ("^RUT", "^VIX", "^TNX"):
        return Listed(symbol, calendar, exchange="WCB")
    return Listed(symbol, calendar, kind="INDEX" if symbol.startswith("^") else "ETF")


class Yahoo:
    """The stand-in. `now` is its clock, in Unix seconds."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.now = now
        self.listed: dict[str, Listed] = {}
        self.delay_s = 0.0
        self.replay: Callable[[web.Request, str], Awaitable[web.StreamResponse]] | None = None
        self.requests: list[tuple[float, str, str]] = []  # when, path, range or period1
        self.counts: Counter[str] = Counter()  # by symbol, "crumb", "cookie", "consent"
        self._wrongs: dict[str, set[str]] = {}
        self._lock = threading.Lock()

    def join(self, internet: Internet) -> None:
        """Serve Yahoo's hosts there. Before its start."""
        for host in HOSTS:
            internet.add(host, self.handle)

    # what tests script

    def list_symbol(self, symbol: str, calendar: str = "XNYS") -> Listed:
        return self.listed.setdefault(symbol, profile(symbol, calendar))

    def set_daily(self, symbol: str, bars: Iterable[Bar], calendar: str = "XNYS") -> None:
        listed = self.list_symbol(symbol, calendar)
        with self._lock:
            listed.daily = {bar[0]: bar for bar in bars}

    def set_hourly(self, symbol: str, bars: Iterable[Bar]) -> None:
        with self._lock:
            self.listed[symbol].hourly = {bar[0]: bar for bar in bars}

    def add_daily(self, symbol: str, bar: Bar) -> None:
        with self._lock:
            self.listed[symbol].daily[bar[0]] = bar

    def lose(self, symbol: str, *days: int) -> list[Bar]:
        """Forget these sessions; return them, so that they can be found again."""
        with self._lock:
            return [self.listed[symbol].daily.pop(day) for day in days]

    def quote(self, symbol: str, price: float, at: float | None = None) -> None:
        listed = self.listed[symbol]
        listed.price, listed.at = price, at

    def misbehave(self, how: str, symbol: str = "*") -> None:
        with self._lock:
            self._wrongs[symbol] = self._wrongs.get(symbol, set()) | {how}

    def heal(self) -> None:
        with self._lock:
            self._wrongs = {}

    def count(self) -> int:
        return len(self.requests)

    # what is served

    async def handle(self, request: web.Request) -> web.StreamResponse:
        host, path = request.host.partition(":")[0], request.path
        asked = request.query.get("range", request.query.get("period1", ""))
        self.requests.append((self.now(), host + path, asked))
        if host == "fc.yahoo.com":
            return self._cookie()
        if path.endswith("/getcrumb"):
            return self._crumb()
        if host in ("guce.yahoo.com", "consent.yahoo.com"):
            self.counts["consent"] += 1
            return web.Response(text=CONSENT, content_type="text/html")
        if path.startswith("/v8/finance/chart/"):
            return await self._chart(request, path.rpartition("/")[2])
        return web.json_response({"error": path}, status=404)

    def _cookie(self) -> web.Response:
        self.counts["cookie"] += 1
        response = web.Response(status=404, text="", content_type="text/html")
        if "no_cookie" not in self._wrongs.get("*", ()):
            response.set_cookie("A3", "d=AQAB", domain="yahoo.com", max_age=31_557_600, path="/")
        return response

    def _crumb(self) -> web.Response:
        self.counts["crumb"] += 1
        wrongs = self._wrongs.get("*", set())
        if "crumb_429" in wrongs or "429" in wrongs:
            return web.Response(status=429, text="Too Many Requests\r\n")
        if "crumb_html" in wrongs or "html" in wrongs:
            return web.Response(text=CONSENT, content_type="text/html")
        return web.Response(text="Ab1/cd2EfGh")

    async def _chart(self, request: web.Request, symbol: str) -> web.StreamResponse:
        self.counts[symbol] += 1
        if self.replay is not None:
            return await self.replay(request, symbol)
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        with self._lock:
            wrongs = self._wrongs.get("*", set()) | self._wrongs.get(symbol, set())
        if "hang" in wrongs:
            await asyncio.sleep(3600)
        if "drop_session" in wrongs:
            assert request.transport is not None
            request.transport.abort()
            raise ConnectionResetError
        if "429" in wrongs:
            return web.Response(status=429, text="Too Many Requests\r\n")
        if "500" in wrongs:
            return _error(500, "Internal Server Error", "Internal failure")
        if "401" in wrongs:
            return _error(401, "Unauthorized", "Invalid Crumb")
        if "html" in wrongs:
            raise web.HTTPFound("https://consent.yahoo.com/v2/collectConsent?sessionId=3_cc")
        if "down" in wrongs:
            return web.Response(text=DOWN, content_type="text/html")
        if "empty" in wrongs:
            return web.Response(text="", content_type="application/json")
        if "null" in wrongs:
            return web.json_response({"chart": {"result": None, "error": None}})
        if "shape" in wrongs:
            return web.json_response({"chart": {"result": [{"meta": [], "indicators": 3}]}})
        listed = self.listed.get(symbol)
        if listed is None or "404" in wrongs:
            return _error(404, "Not Found", "No data found, symbol may be delisted")
        body = web.json_response(self.chart(listed, dict(request.query), wrongs))
        if "truncated" in wrongs:
            assert isinstance(body.body, bytes)
            return web.Response(
                body=body.body[: len(body.body) // 2], content_type="application/json"
            )
        return body

    def chart(self, listed: Listed, query: dict[str, str], wrongs: set[str]) -> dict[str, Any]:
        """Return the answer of v8/finance/chart."""
        now = self.now()
        hourly = query["interval"] == "1h"
        with self._lock:
            source = dict(listed.hourly if hourly else listed.daily)
        stamp = (lambda t: t) if hourly else (lambda t: _stamp(t, listed))
        bars = sorted((stamp(bar[0]), bar) for bar in source.values() if stamp(bar[0]) <= now)
        if "period1" in query:
            first, last = int(query["period1"]), int(query["period2"])
            # the real thing appends the running row even when it is past period2
            bars = [one for one in bars if first <= one[0]]
            bars = [one for one in bars if one[0] <= max(last, int(now))]
        else:
            bars = bars[-int(query["range"].rstrip("d")) :]
        price, at = self._now(listed, bars)
        columns = [[_float32(bar[i]) for _, bar in bars] for i in range(1, 5)]
        volume: list[float | None] = [bar[5] for _, bar in bars]
        _lie(columns, wrongs)
        result: dict[str, Any] = {
            "meta": self._meta(listed, query, 0.0 if "bad_quote" in wrongs else price, at, now),
            "indicators": {"quote": [{}]},
        }
        if bars:
            opens, highs, lows, closes = columns
            result["timestamp"] = [one[0] for one in bars]
            values = {"open": opens, "high": highs, "low": lows, "close": closes, "volume": volume}
            result["indicators"] = {"quote": [values], "adjclose": [{"adjclose": closes}]}
            splits = {
                str(_stamp(day, listed)): {
                    "date": _stamp(day, listed),
                    "numerator": up,
                    "denominator": down,
                    "splitRatio": f"{up}:{down}",
                }
                for day, (up, down) in listed.splits.items()
                if bars[0][0] <= _stamp(day, listed) <= now
            }
            if splits:
                result["events"] = {"splits": splits}
        return {"chart": {"result": [result], "error": None}}

    def _now(self, listed: Listed, bars: list[tuple[int, Bar]]) -> tuple[float | None, float]:
        now = self.now()
        if listed.price is not None:
            return listed.price, listed.at or now
        if not bars:
            return None, now
        calendar = sessions(listed.calendar)
        ended = calendar.closes[calendar.closes <= now]
        running = calendar.current(now) is not None
        return bars[-1][1][4], now if running or not len(ended) else float(ended[-1])

    def _meta(
        self, listed: Listed, query: dict[str, str], price: float | None, at: float, now: float
    ) -> dict[str, Any]:
        calendar = sessions(listed.calendar)
        index = int(calendar.closes.searchsorted(now, side="right"))
        start, end = int(calendar.opens[index]), int(calendar.closes[index])
        offset = datetime.fromtimestamp(now, ZoneInfo(listed.zone)).utcoffset()
        gmt = int(offset.total_seconds()) if offset else 0
        period = {"timezone": "EST", "start": start, "end": end, "gmtoffset": gmt}
        shut = period | {"start": start, "end": start}
        day = listed.daily.get(max(listed.daily, default=0))
        return {
            "currency": "USD",
            "symbol": listed.symbol,
            "exchangeName": listed.exchange,
            "fullExchangeName": listed.exchange,
            "instrumentType": listed.kind,
            "firstTradeDate": _stamp(min(listed.daily, default=0), listed),
            "regularMarketTime": int(at),
            "hasPrePostMarketData": False,
            "gmtoffset": gmt,
            "timezone": "EST",
            "exchangeTimezoneName": listed.zone,
            "regularMarketPrice": price,
            "regularMarketDayHigh": day[2] if day else None,
            "regularMarketDayLow": day[3] if day else None,
            "regularMarketVolume": 0,
            # a lie for whoever takes it for yesterday's close, as on the real wire
            "chartPreviousClose": 1.0,
            "priceHint": listed.hint,
            "currentTradingPeriod": {"pre": shut, "regular": dict(period), "post": dict(shut)},
            **({"tradingPeriods": [[dict(period)]]} if query["interval"] == "1h" else {}),
            "dataGranularity": query["interval"],
            "range": query.get("range", ""),
            "validRanges": RANGES,
        }


def _stamp(day: int, listed: Listed) -> int:
    """Return when Yahoo says that the bar of `day` begins."""
    midnight = datetime.combine(day_of(day), datetime.min.time(), ZoneInfo(listed.zone))
    return int(midnight.timestamp()) + listed.opens


def _float32(value: float) -> float:
    return float(struct.unpack("f", struct.pack("f", value))[0])


def _lie(columns: list[list[Any]], wrongs: set[str]) -> None:
    for column in columns:
        if column and "zero_last" in wrongs:
            column[-1] = 0.0
        if column and "nan_last" in wrongs:
            column[-1] = None
        if column and "absurd_last" in wrongs:
            column[-1] *= 100


def _error(status: int, code: str, description: str) -> web.Response:
    error = {"code": code, "description": description}
    return web.json_response({"chart": {"result": None, "error": error}}, status=status)


def walk(days: Iterable[int], last: float, seed: str, sigma: float = 0.01) -> list[Bar]:
    """Return daily bars that wander and end at about `last`; the same for the same seed."""
    chance = random.Random(seed)
    numbers = list(days)
    logs = [0.0]
    for _ in numbers[1:]:
        logs.append(logs[-1] + chance.gauss(0.0002, sigma))
    closes = [last * math.exp(one - logs[-1]) for one in logs]
    bars = []
    for at, (day, close) in enumerate(zip(numbers, closes, strict=True)):
        opened = closes[at - 1] if at else close
        high = max(opened, close) * (1 + abs(chance.gauss(0, sigma / 3)))
        low = min(opened, close) * (1 - abs(chance.gauss(0, sigma / 3)))
        bars.append((day, opened, high, low, close, float(chance.randrange(1, 10**7))))
    return bars


_LAST = {
    "BTC": 91_000.0, "RUT": 2_645.0, "SPX": 6_900.0, "IXIC": 23_400.0, "GOLD": 4_750.0,
    "SILVER": 94.0, "STAR50": 1_500.0, "VIX": 17.0, "HYG": 81.0, "DXY": 98.5, "US10Y": 4.2,
    "USDJPY": 158.0, "IWM": 262.0, "SPY": 688.0, "QQQ": 610.0, "GLD": 436.0, "SLV": 85.0,
    "IBIT": 51.0,
}  # fmt: skip


def universe(yahoo: Yahoo, settings: Settings, years: int = 10) -> None:
    """List every instrument of the settings with a wandering history that ends now."""
    now = yahoo.now()
    today = int(now // DAY)
    for name, instrument in settings.instruments.items():
        if not instrument.yahoo:
            continue
        calendar = sessions(instrument.calendar)
        days = calendar.between(today - 365 * years, today + 1)
        begun = [int(day) for day in days if calendar.opens[calendar.days == day][0] <= now]
        sigma = 0.03 if instrument.kind == "crypto" else 0.01
        last = _LAST.get(name, 100.0)
        bars = walk(begun, last, name, sigma)
        yahoo.set_daily(instrument.yahoo, bars, instrument.calendar)
        # stamped with its date's midnight, a bar is not there before: on a Sunday evening
        # COMEX trades Monday's session, and Yahoo has no bar of it yet
        listed = yahoo.listed[instrument.yahoo]
        yahoo.lose(instrument.yahoo, *(day for day in begun if _stamp(day, listed) > now))
        if instrument.hourly:
            hour = int(now // 3600) * 3600
            hours = range(hour - 730 * DAY, hour + 1, 3600)
            yahoo.set_hourly(instrument.yahoo, walk(hours, last, name + "1h", 0.005))
