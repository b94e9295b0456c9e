"""The trades of one market on one exchange, and the watchdog over them.

ccxt has no notion of data that stopped: a server that answers pings and sends no
trades hangs for ever. So four ages are watched, once a second:

    data    no trade for `silent_s`: the connection is rebuilt. Where another market
            talks on the same socket, a quiet one is given ten times as long
    frames  nothing at all, not even a pong, for 15 s: the socket is dead
    dial    neither connected nor failed: left to the connect time-out
    events  trades that come ever later than at first, by more than `silent_s`: a
            backlog; a venue whose clock is merely wrong is left alone, and noted
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from divmon.errors import SettingsError
from divmon.market.clock import Clock
from divmon.market.events import Emit, Event, Quote
from divmon.sources.ccxt_client import KEEP_ALIVE_MS, Exchange
from divmon.sources.supervise import Supervisor

CONSECUTIVE = {"binance", "coinbase", "kraken"}  # trade ids grow by one within a market
DEAD_S = 3 * KEEP_ALIVE_MS / 1000
PATIENT = 10.0  # times as long for a market that shares its socket
SKEW_S = 1.0  # a clock that is off by more is told
WINDOW_S = 60.0  # over which the smallest lag stands for the clocks' difference
LOOK_S = 1.0  # between two looks at the ages
GAP_EVENT_S = 60.0  # one gap event a minute; the count is in the health


@dataclass(frozen=True)
class Venue:
    """One entry of the settings: "kraken BTC/USD"."""

    exchange: str
    symbol: str
    source: str  # the name of its quotes and its health
    instrument: str  # BTC, or USDT for the rate
    currency: str  # USD or USDT

    @classmethod
    def parse(cls, text: str, option: str, base: str) -> "Venue":
        """Read "EXCHANGE SYMBOL".

        Raises:
            SettingsError: It has another form, another base, or a currency we cannot convert.
        """
        exchange, _, symbol = text.strip().partition(" ")
        found, _, quote = symbol.strip().partition("/")
        example = f'"kraken {base}/USD"'
        if not exchange or not quote:
            raise SettingsError(
                f'[exchanges] {option}: {text!r} must be "EXCHANGE SYMBOL", such as {example}'
            )
        if found != base:
            raise SettingsError(
                f"[exchanges] {option}: {text!r} must be a market of {base}, such as {example}"
            )
        if quote not in ("USD", "USDT") or quote == base:
            raise SettingsError(
                f"[exchanges] {option}: {text!r} is quoted in {quote}; only USD"
                f"{' and USDT' if base != 'USDT' else ''} can be compared"
            )
        source = exchange if base == "BTC" else f"{exchange} {base}/{quote}"
        return cls(exchange, f"{base}/{quote}", source, base, quote)


class TradeStream:
    """Serves one venue until it fails. `serve` is what the supervisor runs."""

    def __init__(
        self,
        venue: Venue,
        exchange: Exchange,
        supervisor: Supervisor,
        emit: Emit,
        clock: Clock,
        silent_s: float,
    ) -> None:
        self.venue = venue
        self.symbol = venue.symbol
        self.supervisor = supervisor
        # what the exchange looks at, see ccxt_client.Stream
        self.client: Any = None
        self.waiting = True
        self.since = 0.0
        self.task: asyncio.Task[Any] | None = None
        self.trouble: Exception | None = None
        self.heard = 0.0  # when data came last, or when we began to wait for it
        self._exchange = exchange
        self._emit = emit
        self._clock = clock
        self._silent_s = silent_s
        self._last_id: int | None = None
        self._last_event = 0.0
        self._gap_told = float("-inf")
        self._lag: float | None = None  # of the newest trade
        self._lags = (float("inf"), float("inf"))  # smallest of this window and of the last
        self._window = 0.0
        self._best_lag = float("inf")  # on this connection
        exchange.streams.append(self)

    async def serve(self) -> None:
        """Emit quotes until something fails.

        Raises:
            SourceError: What failed.
        """
        self.task, self.client, self.trouble = asyncio.current_task(), None, None
        self.heard = self._clock.now()
        watchdog: asyncio.Task[None] | None = None
        try:
            await self._exchange.prepare(self.symbol)
            self.heard = self._clock.now()
            watchdog = asyncio.create_task(self._watch_over())
            while True:
                trades = await self._exchange.trades(self)
                if watchdog.done():
                    watchdog.result()  # raises: it ends only by a bug
                self._take(trades)
        finally:
            self.task = None
            if watchdog is not None:
                watchdog.cancel()

    def bad_frame(self) -> None:
        """Count a frame that made no sense."""
        self.supervisor.bad_frames += 1

    def _take(self, trades: Sequence[Mapping[str, Any]]) -> None:
        """Emit the newest of a batch of trades, and check that none is missing before it.

        ccxt's unified trade, abridged:
            {"id": "68230622", "price": 91000.5, "timestamp": 1769000000123, ...}
        where `timestamp` is Unix milliseconds. The first batch of a connection is
        what happened before it, up to 1000 trades: it has no lag to learn from.
        """
        received = self._exchange.arrived or self._clock.now()
        first, self.waiting = self.waiting, False
        if first:
            self._last_id, self._best_lag, self._lag = None, float("inf"), None
        newest: tuple[float, float] | None = None
        for trade in trades:
            price, stamp = trade.get("price"), trade.get("timestamp")
            if not (isinstance(price, int | float) and isfinite(price) and price > 0):
                self.supervisor.bad_ticks += 1
                continue
            event_time = received if stamp is None else stamp / 1000
            if newest is None or event_time >= newest[0]:
                newest = event_time, float(price)
        if self.venue.exchange in CONSECUTIVE:
            self._check_ids(trades, received)
        self.heard = received
        if newest is None:
            return
        event_time, price = newest
        if not first:
            self._learn_lag(received - event_time, received)
        self.supervisor.data(received, None if self._lag is None else self._lag * 1000)
        # Never backwards, unless the last stamp was ahead of our clock: one tick from
        # the year 2100 must not silence the venue.
        if event_time < self._last_event <= received + SKEW_S:
            return
        self._last_event = event_time
        venue = self.venue
        self._emit(
            Quote(
                instrument=venue.instrument,
                source=venue.exchange,
                price=price,
                event_time=event_time,
                received_time=received,
                currency=venue.currency,
                series=f"{venue.exchange}:{venue.symbol}",
            )
        )

    def _check_ids(self, trades: Sequence[Mapping[str, Any]], received: float) -> None:
        if len(trades) == 1 and self._last_id is not None:
            only = str(trades[0].get("id"))
            if only.isdecimal() and int(only) == self._last_id + 1:
                self._last_id += 1  # as nearly always
                return
        ids = sorted({int(trade["id"]) for trade in trades if str(trade.get("id")).isdecimal()})
        if not ids:
            return
        last, newest = self._last_id, ids[-1]
        self._last_id = newest if last is None else max(last, newest)
        known = ids if last is None else [last, *(number for number in ids if number > last)]
        missing = known[-1] - known[0] + 1 - len(known)
        if missing <= 0:
            return
        self.supervisor.gaps += 1
        if received - self._gap_told >= GAP_EVENT_S:
            self._gap_told = received
            text = f"{self.venue.source}: {missing} trades missing before {newest}"
            self._emit(
                Event(received, "gap", self.venue.source, text, "notice", {"missing": missing})
            )

    def _learn_lag(self, lag: float, received: float) -> None:
        """Follow how late trades are; the least of it is the clocks' difference."""
        self._lag = lag
        self._best_lag = min(self._best_lag, lag)
        if received - self._window > WINDOW_S:
            self._window, self._lags = received, (lag, self._lags[0])
        elif lag < self._lags[0]:
            self._lags = (lag, self._lags[1])
        skew = min(self._lags)
        if abs(skew) > SKEW_S:
            way = "behind" if skew > 0 else "ahead of"
            self.supervisor.note = f"its clock is {abs(skew):.0f} s {way} ours"
        else:
            self.supervisor.note = ""

    async def _watch_over(self) -> None:
        pause = min(LOOK_S, self._silent_s / 4)
        while True:
            await self._clock.sleep(pause)
            self.supervisor.refresh()
            if reason := self._complaint():
                self.heard = self._clock.now()
                self._exchange.kick(self.client, reason)

    def _complaint(self) -> str:
        client, now = self.client, self._clock.now()
        if client is None or not client.isConnected:
            return ""
        frames = now - (client.last_message_at or client.connectionEstablished) / 1000
        if frames > DEAD_S:
            return f"the connection is dead: nothing for {frames:.0f} s"
        quiet = now - self.heard
        if quiet > self._silent_s * (PATIENT if self._neighbour_talks(now) else 1.0):
            return f"no trade for {quiet:.0f} s"
        if self._lag is not None and self._lag - self._best_lag > self._silent_s:
            return f"trades arrive {self._lag - self._best_lag:.0f} s late"
        return ""

    def _neighbour_talks(self, now: float) -> bool:
        return any(
            isinstance(other, TradeStream)
            and other is not self
            and other.client is self.client
            and not other.waiting
            and now - other.heard <= self._silent_s
            for other in self._exchange.streams
        )
