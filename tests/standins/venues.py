"""Five exchanges on loopback, each by its real host name and in its own format.

`Venues(internet)` registers them; `venues["kraken"].tick(91_000.0)` makes a trade;
`venues.walk(91_000.0)` lets the whole market run by itself. `misbehave` makes one
venue behave badly until `heal`:

    silence     no trades, but pings are answered
    mute        no trades and no pongs: a half-open socket
    flap        every connection is accepted and reset at once
    garbage     bad frames between the good ones (all of the venue's GARBAGE)
    late        trades are stamped `value` seconds in the past
    slow        trades leave `value` seconds after they happened
    refuse      subscriptions are refused in the venue's own words
    http        REST and handshakes answer with the status `value`
    html        REST and handshakes answer with a web page and status 200

and at once, whatever the state: `drop` (reset), `end` (end of stream without a
goodbye), `close` (with a websocket code), `say` (any frame), `skip` (lose trade ids).
"""

import asyncio
import contextlib
import json
import random
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

from aiohttp import WSMsgType, web

from tests.standins.internet import Internet

Fault = Literal["", "silence", "mute", "flap", "garbage", "late", "slow", "refuse", "http", "html"]
Frame = str | bytes | dict[str, Any] | list[Any]
PAGE = "<!doctype html><html><head><title>Sign in</title></head><body>Welcome</body></html>"


@dataclass(frozen=True)
class Trade:
    """One trade; `at` is Unix seconds."""

    id: int
    symbol: str
    price: float
    at: float
    amount: float = 0.00125
    side: Literal["buy", "sell"] = "buy"

    @property
    def ms(self) -> int:
        return round(self.at * 1000)

    @property
    def iso(self) -> str:
        return datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(eq=False)
class Socket:
    """One websocket connection and what it subscribed to."""

    ws: web.WebSocketResponse
    request: web.Request
    symbols: set[str] = field(default_factory=set)
    frames: int = 0  # sent so far: Coinbase numbers them

    async def send(self, frame: Frame) -> None:
        with contextlib.suppress(ConnectionError):
            if isinstance(frame, bytes):
                await self.ws.send_bytes(frame)
            else:
                await self.ws.send_str(frame if isinstance(frame, str) else json.dumps(frame))
        self.frames += 1


class VenueStandIn(ABC):
    """What all venues have in common."""

    name: ClassVar[str]
    hosts: ClassVar[tuple[str, ...]]
    markets: ClassVar[dict[str, str]]  # ccxt's symbol: the venue's own
    GARBAGE: ClassVar[tuple[Frame, ...]] = ('{"e":', b"\xff\xfe\x00", "plain text", "17")

    def __init__(self, internet: Internet) -> None:
        self.fault: Fault = ""
        self.value = 0.0
        self.sockets: set[Socket] = set()
        self.requests: list[str] = []  # REST paths asked for
        self.dials = 0
        self.subscriptions: list[str] = []
        self.headers: dict[str, str] = {}  # of answers to "http"
        self._internet = internet
        self._telling: set[asyncio.Future[None]] = set()
        self._ids = dict.fromkeys(self.markets, 68_000_000)
        self._past: dict[str, deque[Trade]] = {name: deque(maxlen=50) for name in self.markets}
        for host in self.hosts:
            internet.add(host, self._handle)

    # from the test's thread

    def tick(self, price: float, at: float | None = None, symbol: str = "") -> Trade:
        """Make a trade and send it to whoever subscribed; return it."""
        return self._internet.call(self.trade(price, at, symbol))

    def misbehave(self, fault: Fault, value: float = 0.0, **headers: str) -> None:
        self.fault, self.value, self.headers = fault, value, headers

    def heal(self) -> None:
        self.fault, self.value, self.headers = "", 0.0, {}

    def reset(self) -> None:
        """Heal, and forget all that happened; trade ids go on."""
        self.heal()
        self.dials = 0
        self.requests.clear()
        self.subscriptions.clear()
        for past in self._past.values():
            past.clear()

    def skip(self, count: int, symbol: str = "") -> None:
        """Let trades happen that nobody is told of."""
        self._ids[symbol or self.symbol] += count

    def say(self, *frames: Frame) -> None:
        """Send any frames to every connection."""
        self._internet.call(self._say(frames))

    def drop(self) -> None:
        """Reset every connection."""
        self._internet.call(self._each_transport("abort"))

    def end(self) -> None:
        """End every stream without a websocket goodbye."""
        self._internet.call(self._each_transport("close"))

    def close(self, code: int) -> None:
        """Close every connection with a websocket code."""

        async def close() -> None:
            for socket in list(self.sockets):
                await socket.ws.close(code=code)

        self._internet.call(close())

    def burst_and_end(self, price: float) -> None:
        """Make a few trades and end every stream, all in one go."""

        async def burst() -> None:
            sockets = list(self.sockets)
            for _ in range(3):
                await self.trade(price)
            for socket in sockets:
                await socket.ws.close(code=1001)
            while any(socket in self.sockets for socket in sockets):
                await asyncio.sleep(0.001)

        self._internet.call(burst())

    @property
    def symbol(self) -> str:
        return next(iter(self.markets))

    def watched(self, symbol: str = "") -> int:
        """Return how many connections are subscribed."""
        wanted = symbol or self.symbol
        return sum(wanted in socket.symbols for socket in list(self.sockets))

    # on the internet's own loop

    async def trade(self, price: float, at: float | None = None, symbol: str = "") -> Trade:
        symbol = symbol or self.symbol
        when = time.time() if at is None else at
        if self.fault == "late":
            when -= self.value
        self._ids[symbol] += 1
        trade = Trade(self._ids[symbol], symbol, price, when)
        self._past[symbol].append(trade)
        if self.fault in ("silence", "mute"):
            return trade
        for socket in list(self.sockets):
            if symbol not in socket.symbols:
                continue
            if self.fault == "garbage":
                await socket.send(random.choice(self.GARBAGE))
            if self.fault == "slow":
                later = asyncio.get_running_loop().call_later
                later(self.value, self._tell_soon, socket, trade)
            else:
                await self._tell(socket, trade)
        return trade

    async def _tell(self, socket: Socket, trade: Trade) -> None:
        await socket.send(self.update(socket, trade))

    def _tell_soon(self, socket: Socket, trade: Trade) -> None:
        task = asyncio.ensure_future(self._tell(socket, trade))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _say(self, frames: Iterable[Frame]) -> None:
        for socket in list(self.sockets):
            for frame in frames:
                await socket.send(frame)

    async def _each_transport(self, method: str) -> None:
        for socket in list(self.sockets):
            if socket.request.transport is not None:
                getattr(socket.request.transport, method)()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if self.fault == "http":
            return web.json_response(
                {"error": "scripted"}, status=int(self.value), headers=self.headers
            )
        if self.fault == "html":
            return web.Response(text=PAGE, content_type="text/html")
        if request.headers.get("Upgrade", "").lower() != "websocket":
            self.requests.append(request.path_qs)
            return web.json_response(self.rest(request.path, request.query))
        return await self._serve(request)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.dials += 1
        ws = web.WebSocketResponse(autoping=False, timeout=0.2)
        socket = Socket(ws, request)
        try:
            await ws.prepare(request)
            if self.fault == "flap" and request.transport is not None:
                request.transport.abort()
                return ws
            self.sockets.add(socket)
            for frame in self.greeting():
                await socket.send(frame)
            async for message in ws:
                if message.type == WSMsgType.PING:
                    if self.fault != "mute":
                        await ws.pong(message.data)
                elif message.type == WSMsgType.TEXT and self.fault != "mute":
                    for reply in self.answer(socket, message.data):
                        await socket.send(reply)
        except ConnectionError:
            pass  # dropped by the script
        finally:
            self.sockets.discard(socket)
        return ws

    def subscribe(self, socket: Socket, symbol: str) -> list[Trade]:
        """Subscribe; return the trades of a snapshot, oldest first."""
        socket.symbols.add(symbol)
        self.subscriptions.append(symbol)
        return list(self._past[symbol])

    def symbol_of(self, own: str) -> str | None:
        return next((symbol for symbol, name in self.markets.items() if name == own), None)

    # in the venue's own words

    def greeting(self) -> Iterator[Frame]:
        return iter(())

    @abstractmethod
    def answer(self, socket: Socket, text: str) -> Iterator[Frame]: ...

    @abstractmethod
    def update(self, socket: Socket, trade: Trade) -> Frame: ...

    @abstractmethod
    def rest(self, path: str, query: Mapping[str, str]) -> Any: ...


class Venues:
    """The five of them, and a market that runs by itself."""

    def __init__(self, internet: Internet) -> None:
        from tests.standins.venue_formats import Binance, Bitstamp, Coinbase, Kraken, Okx

        self._internet = internet
        self._all: dict[str, VenueStandIn] = {
            kind.name: kind(internet) for kind in (Coinbase, Kraken, Bitstamp, Binance, Okx)
        }

    def __getitem__(self, name: str) -> VenueStandIn:
        return self._all[name]

    def __iter__(self) -> Iterator[VenueStandIn]:
        return iter(self._all.values())

    def tick(self, price: float, usdt: float = 1.0) -> None:
        """One trade everywhere, at the same price in dollars, and one of USDT/USD."""
        self._internet.call(self._tick(price, usdt))

    def heal(self) -> None:
        for venue in self:
            venue.heal()

    def reset(self) -> None:
        """Heal, and forget all that happened; trade ids go on."""
        for venue in self:
            venue.reset()

    def walk(
        self, price: float, per_second: float = 2.0, *, usdt: float = 0.9995, seed: int = 1
    ) -> None:
        """Let the price wander, with `per_second` trades at each venue, until the end."""

        async def begin() -> None:
            self._walker = asyncio.ensure_future(self._walk(price, per_second, usdt, seed))

        self._internet.call(begin())

    async def _tick(self, price: float, usdt: float) -> None:
        for venue in self:
            rate = usdt if venue.symbol.endswith("USDT") else 1.0
            await venue.trade(price / rate)
        await self["kraken"].trade(usdt, symbol="USDT/USD")

    async def _walk(self, price: float, per_second: float, usdt: float, seed: int) -> None:
        chance = random.Random(seed)
        clock = asyncio.get_running_loop().time
        due = clock()
        while True:
            price *= 1 + chance.gauss(0, 0.00003)
            for venue in self:
                rate = usdt if venue.symbol.endswith("USDT") else 1.0
                await venue.trade(round(price / rate * (1 + chance.gauss(0, 0.00002)), 2))
            if chance.random() < 0.5:
                await self["kraken"].trade(
                    round(usdt + chance.gauss(0, 0.00003), 5), symbol="USDT/USD"
                )
            due = max(due + 1 / per_second, clock() - 1)
            await asyncio.sleep(max(0.0, due - clock()))
