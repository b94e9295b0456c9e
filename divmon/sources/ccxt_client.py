"""One exchange of ccxt.pro, with the cures for what it does under faults.

* A frame that its parser trips over kills a stream without a word: each is dropped
  and counted, and more than three in a minute rebuild the connection.
* A refused subscription is stored where nobody looks: it is passed to who waits.
* Its own waits between dials are off: the supervisor decides when to try again.
* Its markets come from our own small file, so that nothing is asked before the first
  trade; an exchange or a symbol that is not in there costs a full load. Upkeep compares
  them with the exchange's own list (exchange_upkeep).
* Sessions, TLS contexts and proxies are ours, one for all exchanges.
"""

import asyncio
import contextlib
import difflib
import json
from collections import deque
from collections.abc import Callable
from importlib import resources
from typing import Any, Protocol
from urllib.parse import urlsplit

from divmon.errors import BlockedError, TransientError
from divmon.sources.network import Network
from divmon.sources.supervise import Renewal
from divmon.sources.vendor_errors import plain, translate

KEEP_ALIVE_MS = 5000  # of pings; three unanswered ones, so 15 s, betray a dead socket
BAD_FRAMES_A_MINUTE = 3
# How each lets one ask for a single market; the others are asked for all they have.
NARROW = {"binance": "symbol", "bybit": "symbol", "kraken": "pair", "okx": "instId"}


class Stream(Protocol):
    """Who waits for the trades of one market."""

    symbol: str
    client: Any
    waiting: bool  # for the first data of this connection
    since: float  # when the connection was made, on our clock
    task: "asyncio.Task[Any] | None"
    trouble: Exception | None

    def bad_frame(self) -> None:
        """Count a frame that made no sense."""


class Exchange:
    """One ccxt.pro exchange, shared by the streams of its markets."""

    def __init__(
        self,
        cls: Any,
        network: Network,
        session: Any,
        now: Callable[[], float],
        newer: dict[str, dict[str, str]] | None = None,
    ) -> None:
        self.name: str = cls.__name__
        # the markets that need no question, with what an earlier run found changed
        self.slim = {**_slim_markets().get(self.name, {}), **(newer or {})}
        self.streams: list[Stream] = []
        self.arrived = 0.0  # when the newest frame came, on our clock
        self._network = network
        self._now = now
        self._bad: deque[float] = deque(maxlen=BAD_FRAMES_A_MINUTE + 1)
        self._loading = asyncio.Lock()
        self._status: tuple[int, Any] | None = None  # of the last REST answer
        self._dials: set[asyncio.Task[Any]] = set()
        self._ccxt = self._make(cls, session)

    def _make(self, cls: Any, session: Any) -> Any:
        network = self._network
        exchange = cls(
            {
                "session": session,
                "timeout": int(network.read_timeout_s * 1000),
                "newUpdates": True,
                # it would hold back the second subscription of a socket by a second, and
                # we send nothing else, but for one list of markets
                "enableRateLimit": False,
                "httpsProxyCallback": lambda url, *_: network.proxy_for(_host(url)),
            }
        )
        exchange.ssl_context = network.ssl_context()
        exchange.timeout_on_exit = 0
        exchange.streaming = {
            **exchange.streaming,
            "keepAlive": KEEP_ALIVE_MS,
            # ccxt rounds down to whole seconds, and 0 would fail at once
            "connectionTimeout": max(1000, int(network.connect_timeout_s * 1000)),
        }
        exchange.ws_dial_delay = lambda _url: 0
        self._make_client = exchange.client
        exchange.client = self._client
        self._on_rest_response = exchange.on_rest_response
        exchange.on_rest_response = self._note_status
        return exchange

    # what the streams ask for

    async def prepare(self, symbol: str) -> None:
        """Make sure that the market is known.

        Raises:
            BlockedError: The exchange does not have it, or refuses us.
            SourceError: It could not be asked.
        """
        async with self._loading:
            if not self._ccxt.markets:
                wanted = {stream.symbol for stream in self.streams} | {symbol}
                if wanted <= self.slim.keys():
                    self._use_slim()
                else:
                    self.slim = {}
                    await self._load_markets()
        if symbol not in self._ccxt.markets:
            near = difflib.get_close_matches(symbol, list(self._ccxt.markets), n=3, cutoff=0.5)
            hint = f"; did you mean {', '.join(near)}?" if near else ""
            raise BlockedError(f"{self.name} has no market {plain(ValueError(symbol))!r}{hint}")

    def _use_slim(self) -> None:
        whole = self._ccxt.safe_market_structure  # with every key, or parsers trip
        self._ccxt.set_markets([whole(_market(name, ids)) for name, ids in self.slim.items()])

    async def _load_markets(self) -> None:
        self._spare_requests()
        await self._call(self._ccxt.load_markets(True))
        if not self._ccxt.markets:
            # a web page with status 200 looks to ccxt like an exchange without markets
            raise TransientError("no markets in its answer; is there a login page before it?")

    def _spare_requests(self) -> None:
        options = self._ccxt.options.get("fetchMarkets")
        if isinstance(options, dict) and "spot" in options.get("types", ()):
            options["types"] = ["spot"]  # Binance: 1 request instead of 3, 0.2 s instead of 0.4 s
        self._ccxt.has["fetchCurrencies"] = False  # Kraken: 65 ms instead of 1.1 s

    async def listed(self, symbol: str) -> dict[str, str] | None:
        """Return what the exchange itself calls a market of `slim`; None: it trades there no more.

        Raises:
            SourceError: It could not be asked, or answered nonsense.
        """
        self._spare_requests()
        own = self.slim[symbol]["id"]
        narrow = {key: own for key in [NARROW.get(self.name)] if key is not None}
        markets: list[dict[str, Any]] = []
        if narrow:
            # Binance's whole list takes 0.3 s of the loop and 23 MB
            with contextlib.suppress(TransientError, BlockedError):
                markets = await self._call(self._ccxt.fetch_markets(narrow))
        if not any(market.get("symbol") == symbol for market in markets):
            markets = await self._call(self._ccxt.fetch_markets())
        if not markets:
            raise TransientError("no markets in its answer")
        for market in markets:
            if market.get("symbol") == symbol and market.get("active") is not False:
                return {key: str(market.get(key)) for key in ("id", "baseId", "quoteId")}
        return None

    def adopt(self, symbol: str, ids: dict[str, str]) -> None:
        """Use other ids for a market from now on."""
        self.slim[symbol] = ids
        self._use_slim()
        self.renew()

    @property
    def since(self) -> float | None:
        """When the oldest connection in use was made, None if there is none."""
        return min((each.since for each in self.streams if each.client is not None), default=None)

    def renew(self) -> None:
        """Give up every connection; the streams serve on over new ones."""
        for client in {id(each.client): each.client for each in self.streams}.values():
            if client is not None:
                self._give_up(client, Renewal())

    async def trades(self, stream: Stream) -> list[dict[str, Any]]:
        """Wait for the next trades of a market, oldest first, in ccxt's unified form.

        Raises:
            SourceError: Whatever went wrong, also if the connection was kicked.
        """
        trades: list[dict[str, Any]] = await self._call(
            self._ccxt.watch_trades(stream.symbol), stream
        )
        return trades

    async def _call(self, call: Any, stream: Stream | None = None) -> Any:
        self._status = None
        try:
            return await call
        except asyncio.CancelledError:
            # ccxt cancels its futures when a client closes; that is not us being stopped
            task = asyncio.current_task()
            if stream is not None and stream.trouble is not None and task is not None:
                trouble, stream.trouble = stream.trouble, None
                task.uncancel()
                raise translate(trouble) from trouble
            if task is not None and task.cancelling():
                raise
            raise TransientError("the connection was closed") from None
        # ccxt promises its own errors and yet lets out aiohttp's, and whatever a parser
        # trips over (KeyError, TypeError, ...); nothing of ours runs inside the call.
        except Renewal:
            raise
        except Exception as error:
            if stream is None:
                self._add_status(error)
            ours = translate(error)
            if stream is not None and not isinstance(ours, BlockedError):
                # still open if the venue refused: it would not be asked for trades again
                self.kick(stream.client, str(ours))
            raise ours from error

    def _add_status(self, error: Exception) -> None:
        """Hang the HTTP status on ccxt's REST error, which has it in its text only."""
        if self._status is not None and self._status[0] >= 400:
            vars(error)["status"], vars(error)["headers"] = self._status

    def kick(self, client: Any, reason: str) -> None:
        """Drop a connection; who waits on it gets a TransientError with the reason."""
        self._give_up(client, ConnectionError(reason))

    def _give_up(self, client: Any, error: Exception) -> None:
        if client in (self._ccxt.clients or {}).values() and not client.connecting:
            client.on_error(error)

    def goodbyes(self) -> "list[asyncio.Future[None]]":
        """Begin to close every connection. A venue that hangs never lets its task end."""
        for dial in self._dials:
            dial.cancel()
        clients = list((self._ccxt.clients or {}).values())
        return [*self._dials, *(asyncio.ensure_future(client.close()) for client in clients)]

    async def close(self) -> None:
        """Release what is left, once the connections are gone."""
        self._ccxt.clients = {}
        await self._ccxt.close()

    # what ccxt calls

    def _client(self, url: str) -> Any:
        """Give ccxt the connection to `url`, and note which stream runs over it."""
        known = (self._ccxt.clients or {}).get(url)
        task = asyncio.current_task()
        for stream in self.streams:
            if stream.task is task:
                break
        else:
            stream = None
        if stream is not None and stream.client not in (None, known):
            if isinstance(stream.client.error, Renewal):
                raise stream.client.error
            # dropped while nobody awaited: ccxt would dial at once, as often as that happens
            raise TransientError(plain(stream.client.error or ConnectionError("dropped")))
        if known is not None and stream is not None and stream.client is known:
            return known  # as for all but the first trades of a connection
        client = self._make_client(url)
        if client is not known:
            self._tame(client)
        if stream is not None:
            stream.client, stream.waiting, stream.since = client, True, self._now()
            self._forget(stream.symbol)
        return client

    def _forget(self, symbol: str) -> None:
        """Drop the cached trades of a market, which are of a connection that is gone."""
        (self._ccxt.trades or {}).pop(symbol, None)

    def _tame(self, client: Any) -> None:
        client.proxy = self._network.proxy_for(_host(client.url))
        handle, dial = client.handle_message, client.open

        def guarded(message: Any) -> None:
            self.arrived = self._now()
            if self._is_overlooked_refusal(client, message.data):
                client.on_error(ConnectionError(message.data))
                return
            try:
                handle(message)
            # a venue's bytes can make the parsers raise anything at all
            except Exception as error:  # noqa: BLE001 (see above)
                self._bad_frame(client, error)
            if client.rejections:
                self._rejected(client)

        async def tracked(*args: Any) -> None:
            task = asyncio.current_task()
            if task is not None:
                self._dials.add(task)
                task.add_done_callback(self._dials.discard)
            await dial(*args)

        client.handle_message, client.open = guarded, tracked

    def _bad_frame(self, client: Any, error: Exception) -> None:
        """Drop one frame; give up the connection when they come thick."""
        streams = [stream for stream in self.streams if stream.client is client]
        for stream in streams[:1]:  # the frame was one, whoever it was meant for
            stream.bad_frame()
        now = self._now()
        self._bad.append(now)
        spoken = any(kind.__name__ == "ExchangeError" for kind in type(error).__mro__)
        if spoken and any(stream.waiting for stream in streams):
            client.on_error(error)  # the venue's own words instead of the data asked for
        elif len(self._bad) == self._bad.maxlen and now - self._bad[0] <= 60:
            self._bad.clear()
            self.kick(client, f"more than {BAD_FRAMES_A_MINUTE} bad frames in a minute")

    def _rejected(self, client: Any) -> None:
        """Pass a refusal to the streams that still wait for their first data."""
        _, error = client.rejections.popitem()
        client.rejections.clear()
        if not isinstance(translate(error), BlockedError):
            client.on_error(error)
            return
        waiting = [
            stream
            for stream in self.streams
            if stream.client is client and stream.waiting and stream.task is not None
        ]
        named = [stream for stream in waiting if self._is_named(stream.symbol, str(error))]
        for stream in named or waiting:
            stream.trouble = error
            if stream.task is not None:
                stream.task.cancel()

    def _is_overlooked_refusal(self, client: Any, data: Any) -> bool:
        """Tell whether a frame is a refusal that ccxt overlooks, while we wait for data.

        Bitstamp's codes are numbers, and ccxt compares them with text.
        """
        return (
            isinstance(data, str)
            and '"bts:error"' in data
            and any(stream.client is client and stream.waiting for stream in self.streams)
        )

    def _is_named(self, symbol: str, text: str) -> bool:
        """Tell whether a refusal names the market, by our name or the venue's own."""
        own = (self._ccxt.markets or {}).get(symbol, {}).get("id", symbol)
        words = {word.strip("'\",:;()") for word in text.split()}
        return symbol in words or own in words

    def _note_status(self, code: int, *rest: Any) -> Any:
        self._status = code, rest[3]  # (reason, url, method, response headers, ...)
        return self._on_rest_response(code, *rest)


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _slim_markets() -> dict[str, dict[str, dict[str, str]]]:
    text = resources.files("divmon.sources").joinpath("markets.json").read_text(encoding="utf-8")
    markets: dict[str, dict[str, dict[str, str]]] = json.loads(text)
    return markets


def _market(symbol: str, ids: dict[str, str]) -> dict[str, Any]:
    """Return one market as ccxt wants it; it fills in the rest."""
    base, _, quote = symbol.partition("/")
    return {
        **ids,
        "lowercaseId": ids["id"].lower(),
        "symbol": symbol,
        "base": base,
        "quote": quote,
        "type": "spot",
        "spot": True,
        "contract": False,
        "active": True,
        "precision": {"amount": 1e-8, "price": 0.01},
    }
