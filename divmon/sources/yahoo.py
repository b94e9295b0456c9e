"""Yahoo Finance: daily history, hourly bitcoin and polled quotes of the whole watchlist.

One loop decides what is asked next; a few daemon threads ask. What an instrument
needs and what an answer means is in yahoo_listing, what is wrong with an answer in
yahoo_answer, and yfinance itself in yahoo_client, which is imported in a thread.
"""

import asyncio
import random
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from divmon.errors import BlockedError, RateLimitedError, SourceError
from divmon.market.clock import Clock
from divmon.market.events import Emit, Event, SourceHealth, SourceState
from divmon.market.sessions import sessions
from divmon.settings import Settings
from divmon.sources.base import LastBar
from divmon.sources.limiter import Limiter, Pauses
from divmon.sources.network import Network
from divmon.sources.threads import DaemonPool
from divmon.sources.yahoo_answer import Answer
from divmon.sources.yahoo_listing import DailyListing, HourlyListing, Listing

if TYPE_CHECKING:
    from divmon.sources.yahoo_client import Client

_OTHERS_WORK_S: Final = 300.0
_FAILURES_IN_A_ROW: Final = 3  # of different symbols: it is Yahoo then, not a symbol
_HEALTH_EVERY_S: Final = 5.0


class YahooSource:
    """All instruments of the settings that have a Yahoo symbol.

    The start is a burst of one request a symbol: with an archive the last sessions,
    without one the whole history. Each answer brings the row's bars and its quote at
    once, so the burst fills the screen, and no false record can be seen in a history
    that is only a month long yet. After it, `requests_per_s` holds.
    """

    name: str = "yahoo"
    simulated: bool = False

    def __init__(
        self,
        settings: Settings,
        network: Network,
        clock: Clock,
        last_bar: LastBar,
        *,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.clock: Clock = clock
        self.settings = settings
        self.network = network
        self.last_bar = last_bar
        self.jitter = jitter
        self.pool = DaemonPool(settings.yahoo.threads, "yahoo")
        self._listings: list[Listing] = []
        self._busy: set[Listing] = set()
        self._client: Client | None = None
        self._wake = asyncio.Event()
        self._emit: Emit = lambda _event: None
        yahoo = settings.yahoo
        # 429: the pause is the wish of the other side, so chance only lengthens it
        self._quiet = Pauses(yahoo.pause_first_s, yahoo.pause_longest_s, shrink=0.0)
        self._retry = Pauses(2.0, 120.0, jitter=jitter)
        self._pause_until = 0.0
        self._paused_at = 0.0
        self._probing = True  # one request at a time until one is answered
        self._failures = 0
        self._answered: dict[str, float] = {}  # symbol: when
        self._health = SourceHealth("yahoo", "poll", "starting", since=clock.now())
        self._health_at = 0.0

    @property
    def requests(self) -> int:
        """How many requests were made so far, those for cookies and crumbs included."""
        return 0 if self._client is None else self._client.requests

    def kick(self) -> None:
        """Try again now what waits after a failure; a 429 is still waited out."""
        if self._health.state == "rate_limited":
            return
        now = self.clock.now()
        self._pause_until = now
        for listing in self._listings:
            if listing.trouble or self._health.state != "ok":
                listing.due = min(listing.due, now)
        self._wake.set()

    async def run(self, emit: Emit) -> None:
        """Emit bars, quotes, events and health until cancelled."""
        self._emit = emit
        self._tell("starting", "", self.clock.now(), due=None)
        await self.pool.run(self._open)
        # the start-up burst: one request a symbol, because every row waits for it
        limiter = Limiter(self.settings.yahoo.requests_per_s, self.clock, burst=len(self._listings))
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    listing = await self._next()
                    self._busy.add(listing)
                    await limiter.acquire()
                    if self._pause_until > self.clock.now():
                        self._busy.discard(listing)  # a 429 came in while this one waited
                        continue
                    group.create_task(self._serve(listing))
        finally:
            self.pool.close()

    def _open(self) -> None:
        """Import what is heavy, in a thread: 0.8 s of yfinance and pandas, and the calendars."""
        module = import_module("divmon.sources.yahoo_client")
        self._client = module.Client(self.network, self.clock.now)
        now = self.clock.now()
        hourly: list[Listing] = []
        for name in _board_order(self.settings):
            instrument = self.settings.instruments[name]
            calendar = sessions(instrument.calendar)
            self._listings.append(
                DailyListing(
                    name, instrument, calendar, self.settings.yahoo, self.last_bar, self.jitter
                )
            )
            if instrument.hourly:
                hourly.append(HourlyListing(name, instrument, self.last_bar, now, self.jitter))
        self._listings += hourly

    async def _next(self) -> Listing:
        """Wait until something is due and may be asked for."""
        while True:
            now = self.clock.now()
            waiting = [one for one in self._listings if one not in self._busy]
            most = 1 if self._probing else self.pool.size
            if not waiting or len(self._busy) >= most:
                await self._wait(None)
                continue
            # the first of those that are due longest: min keeps the order of the board
            listing = min(waiting, key=lambda one: one.due)
            ready = max(listing.due, self._pause_until)
            if ready <= now:
                return listing
            await self._wait(ready - now)

    async def _wait(self, seconds: float | None) -> None:
        """Wait `seconds`, or until something wakes the loop."""
        self._wake.clear()
        waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._wake.wait())]
        if seconds is not None:
            waits.append(asyncio.ensure_future(self.clock.sleep(seconds)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _serve(self, listing: Listing) -> None:
        """Ask once for `listing`, and pass on what the answer means."""
        begun = self.clock.now()
        ask = listing.ask()
        client = self._client
        assert client is not None  # _open has run
        try:
            answer = await self.pool.run(
                client.fetch, ask.symbol, ask.interval, period=ask.period, start=ask.start
            )
        except SourceError as error:
            self._failed(listing, error, begun)
        else:
            self._succeeded(listing, answer)
        finally:
            self._busy.discard(listing)
            self._wake.set()

    def _succeeded(self, listing: Listing, answer: Answer) -> None:
        now = self.clock.now()
        was_away = self._health.state in ("retrying", "rate_limited")
        self._probing = False
        self._failures = 0
        self._quiet.reset()
        self._retry.reset()
        self._answered[answer.symbol] = now
        for event in listing.take(answer, now):
            self._emit(event)
        if was_away:
            self._emit(Event(now, "source_back", "yahoo", "Yahoo answers again"))
        self._tell("ok", self._troubles(), now, data=now, latency=answer.latency_ms)

    def _failed(self, listing: Listing, error: SourceError, begun: float) -> None:
        now = self.clock.now()
        if isinstance(error, BlockedError):
            # an answer about this symbol: the way to Yahoo is open
            self._probing = self._probing and not self._answered
            others = [at for symbol, at in self._answered.items() if symbol != listing.ask().symbol]
            works = any(at > now - _OTHERS_WORK_S for at in others)
            for event in listing.fail(error, now, others_work=works):
                self._emit(event)
            state: SourceState = "ok" if works else "starting"
            if self._health.state not in ("retrying", "rate_limited"):
                self._tell(state, self._troubles() or str(error), now)
            return
        if begun < self._paused_at:
            # asked before the pause began: its failure says nothing new
            listing.due = self._pause_until
            return
        if isinstance(error, RateLimitedError):
            listing.due = now
            pause = max(self._quiet.next(), error.retry_after or 0.0)
            longest = self.settings.yahoo.pause_longest_s
            pause = min(pause, max(longest, 3600.0)) * (1 + self.jitter() / 20)
            self._pause(now, pause, "rate_limited", str(error))
            return
        for event in listing.fail(error, now, others_work=False):
            self._emit(event)
        self._failures += 1
        if self._probing or self._failures >= _FAILURES_IN_A_ROW:
            listing.due = now
            self._pause(now, self._retry.next(), "retrying", str(error))
        else:
            self._tell("ok", f"{listing.name}: {error}", now)

    def _pause(self, now: float, seconds: float, state: SourceState, reason: str) -> None:
        first = self._health.state in ("ok", "starting")
        self._paused_at = now
        self._pause_until = now + seconds
        self._probing = True
        if first:
            lost = Event(now, "source_lost", "yahoo", reason, "notice")
            self._emit(lost)
        self._tell(state, reason, now, due=self._pause_until)

    def _troubles(self) -> str:
        """Say which symbols are not served, while the rest is."""
        told = [f"{one.name}: {one.trouble}" for one in self._listings if one.trouble]
        return "; ".join(told[:3]) + ("; …" if len(told) > 3 else "")

    def _tell(
        self,
        state: SourceState,
        reason: str,
        now: float,
        *,
        due: float | None = None,
        data: float | None = None,
        latency: float | None = None,
    ) -> None:
        """Emit the health, at once when it changed and now and then when it did not."""
        before = self._health
        changed = (state, reason) != (before.state, before.reason)
        if due is None:
            waiting = [one.due for one in self._listings if one not in self._busy]
            due = max(now, min(waiting)) if waiting else None
        self._health = SourceHealth(
            "yahoo",
            "poll",
            state,
            since=now if state != before.state else before.since,
            reason=reason,
            last_data=data or before.last_data,
            next_try=due,
            latency_ms=latency or before.latency_ms,
            bad_ticks=sum(one.bad_ticks for one in self._listings),
            gaps=sum(one.gaps for one in self._listings),
        )
        if changed or (due != before.next_try and now - self._health_at >= _HEALTH_EVERY_S):
            self._health_at = now
            self._emit(self._health)


def _board_order(settings: Settings) -> list[str]:
    """Return the instruments with a Yahoo symbol, those of the watchlist's top first.

    Bitcoin leads: every comparison needs its daily closes.
    """
    wanted = ["BTC", *(name for names in settings.watchlist.values() for name in names)]
    wanted += settings.instruments
    return [
        name
        for name in dict.fromkeys(wanted)
        if name in settings.instruments and settings.instruments[name].yahoo
    ]
