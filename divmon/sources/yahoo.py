"""Yahoo Finance: daily history, hourly bitcoin and polled quotes of the whole watchlist.

One loop decides what is asked next; a few daemon threads ask. What an instrument
needs and what an answer means is in yahoo_listing, what is wrong with an answer in
yahoo_answer, and yfinance itself in yahoo_client, which is imported in a thread.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from divmon.errors import BlockedError, RateLimitedError, SettingsError, SourceError, TransientError
from divmon.market.clock import Clock
from divmon.market.events import Emit, Event
from divmon.market.sessions import sessions
from divmon.settings import Settings
from divmon.sources.base import LastBar
from divmon.sources.limiter import Limiter
from divmon.sources.network import Network
from divmon.sources.poll import PollSupervisor
from divmon.sources.supervise import Waits
from divmon.sources.threads import DaemonPool
from divmon.sources.yahoo_answer import Answer
from divmon.sources.yahoo_ask import Listing
from divmon.sources.yahoo_hourly import HourlyListing
from divmon.sources.yahoo_listing import DailyListing

if TYPE_CHECKING:
    from divmon.sources.yahoo_client import Client

_OTHERS_WORK_S: Final = 300.0
_ENOUGH_FAIL: Final = 3  # instruments in a row: it is Yahoo then, not a symbol
_FEW_ROWS: Final = 200
_RETRY_FIRST_S: Final = 2.0
_RETRY_LONGEST_S: Final = 120.0


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
        self._daily: dict[str, DailyListing] = {}
        self._hourly: dict[str, HourlyListing] = {}
        self._listings: list[Listing] = []  # all of both, in the order of asking
        self._busy: set[Listing] = set()
        self._first: set[Listing] = set()  # asked for without regard to the rate
        self._client: Client | None = None
        self._supervisor: PollSupervisor | None = None
        self._limiter: Limiter | None = None
        self._emit: Emit = lambda _event: None
        self._wake = asyncio.Event()
        self._fault: BaseException | None = None
        self._probing = True  # one request at a time until one is answered
        self._failing: set[str] = set()  # instruments, since the last answer to any
        self._answered: dict[str, float] = {}  # symbol: when

    @property
    def requests(self) -> int:
        """How many requests were made so far, those for cookies and crumbs included."""
        return 0 if self._client is None else self._client.requests

    def refresh(self) -> None:
        """Try again now what waits after a failure; a 429 is still waited out."""
        if self._supervisor is not None:
            self._supervisor.retry_now()
        now = self.clock.now()
        for listing in self._listings:
            if listing.trouble:
                listing.due = min(listing.due, now)
        self._wake.set()

    def reconfigure(self, settings: Settings) -> None:
        """Ask from now on for the instruments of `settings`; what is known of the others stays.

        Their calendars should be loaded: this is called on the loop.
        """
        self.settings = settings
        self.pool.size = settings.yahoo.threads
        if self._client is not None:
            self._list_instruments()
            self._wake.set()

    async def run(self, emit: Emit) -> None:
        """Emit bars, quotes, events and health until cancelled."""
        self._emit = emit
        yahoo = self.settings.yahoo
        waits = Waits(_RETRY_FIRST_S, _RETRY_LONGEST_S, yahoo.pause_first_s, yahoo.pause_longest_s)
        self._supervisor = PollSupervisor(
            self.name, "poll", emit, self.clock, waits=waits, jitter=self.jitter
        )
        try:
            self._supervisor.report()  # "starting", before the second that the imports take
            if self._client is None:
                self._client = await self.pool.run(self._open)
                self._list_instruments()
            await self._supervisor.run(self._serve)
        finally:
            self.pool.close()

    def _open(self) -> "Client":
        """Import what is heavy, in a thread: 0.8 s of yfinance and pandas, and the calendars."""
        for instrument in self.settings.instruments.values():
            with contextlib.suppress(SettingsError):  # told when it is listed
                sessions(instrument.calendar)
        module = import_module("divmon.sources.yahoo_client")
        client: Client = module.Client(self.network, self.clock.now)
        return client

    def _list_instruments(self) -> None:
        yahoo, now = self.settings.yahoo, self.clock.now()
        daily: dict[str, DailyListing] = {}
        hourly: dict[str, HourlyListing] = {}
        for name in _board_order(self.settings):
            instrument = self.settings.instruments[name]
            try:
                calendar = sessions(instrument.calendar)
            except SettingsError as error:
                text = f"{name} is not asked for: [instruments.{name}] {error}"
                self._emit(Event(now, "symbol", name, text, "warning"))
                continue
            known = self._daily.get(name)
            if known is None or known.instrument != instrument:
                known = DailyListing(name, instrument, calendar, yahoo, self.last_bar, self.jitter)
            known.settings = yahoo
            daily[name] = known
            if instrument.hourly:
                hours = self._hourly.get(name)
                if hours is None or hours.instrument != instrument:
                    hours = HourlyListing(name, instrument, self.last_bar, now, self.jitter)
                hourly[name] = hours
        before = set(self._listings)
        self._daily, self._hourly = daily, hourly
        self._listings = [*daily.values(), *hourly.values()]
        # the start-up burst: one answer a symbol, because every row waits for it
        self._first = {one for one in self._listings if one in self._first or one not in before}
        self._failing &= set(daily)
        if self._limiter is None:
            self._limiter = Limiter(yahoo.requests_per_s, self.clock)
        self._limiter.rate = yahoo.requests_per_s

    async def _serve(self) -> None:
        """Ask for what is due, until Yahoo as a whole fails.

        Raises:
            TransientError, RateLimitedError: It is not one symbol's fault.
        """
        assert self._limiter is not None  # _open has run
        self._probing, self._fault = True, None
        self._failing.clear()
        tasks: set[asyncio.Task[None]] = set()
        try:
            while True:
                listing = await self._next()
                self._busy.add(listing)
                if listing not in self._first:
                    await self._limiter.acquire()
                task = asyncio.create_task(self._ask(listing))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                task.add_done_callback(self._done)
        finally:
            # what still hangs in a thread is no one's any more
            for task in tasks:
                task.cancel()
            self._busy.clear()

    def _done(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and task.exception() is not None:
            self._fault = self._fault or task.exception()
        self._wake.set()

    async def _next(self) -> Listing:
        """Wait until something is due and may be asked for, or raise what went wrong."""
        while True:
            if self._fault is not None:
                raise self._fault
            now = self.clock.now()
            waiting = [one for one in self._listings if one not in self._busy]
            most = 1 if self._probing else self.pool.size
            if not waiting or len(self._busy) >= most:
                await self._wait(None)
                continue
            # of those that are due alike, min takes the first: the order of the board
            listing = min(waiting, key=lambda one: one.due)
            if listing.due <= now:
                return listing
            await self._wait(listing.due - now)

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

    async def _ask(self, listing: Listing) -> None:
        """Ask once for `listing`, and pass on what the answer means."""
        ask, client = listing.ask(), self._client
        assert client is not None  # _open has run
        try:
            answer = await self.pool.run(
                client.fetch, ask.symbol, ask.interval, period=ask.period, start=ask.start
            )
        except BlockedError as error:
            self._refused(listing, ask.symbol, error)
        except RateLimitedError:
            raise
        except SourceError as error:
            self._failing.add(listing.name)
            if self._probing or self._all_fail():
                raise
            self._first.discard(listing)
            for event in listing.fail(error, self.clock.now(), others_work=True):
                self._emit(event)
        else:
            if listing in self._listings:  # else it is no longer wanted
                await self._take(listing, answer)
        finally:
            self._busy.discard(listing)

    async def _take(self, listing: Listing, answer: Answer) -> None:
        now = self.clock.now()
        if len(answer.rows) > _FEW_ROWS:
            # 40 years of sessions take 100 ms, which the loop has not; while a listing
            # is busy no one else touches it
            events = await self.pool.run(listing.take, answer, now)
        else:
            events = listing.take(answer, now)
        self._probing = False
        self._failing.clear()
        self._first.discard(listing)
        self._answered[answer.symbol] = now
        for event in events if listing in self._listings else ():
            self._emit(event)
        self._report(answer.received_time, answer.latency_ms)

    def _refused(self, listing: Listing, symbol: str, error: BlockedError) -> None:
        """Take note of an answer that concerns one symbol alone."""
        now = self.clock.now()
        self._first.discard(listing)
        works = any(
            other != symbol and at > now - _OTHERS_WORK_S for other, at in self._answered.items()
        )
        for event in listing.fail(error, now, others_work=works):
            self._emit(event)
        if works:
            self._report(None, None)
            return
        # the first answer of all: it may be the symbol, and it may be Yahoo
        self._failing.add(listing.name)
        if self._all_fail():
            raise TransientError(f"Yahoo gives no prices for any symbol ({error})")

    def _all_fail(self) -> bool:
        return len(self._failing) >= min(_ENOUGH_FAIL, len({one.name for one in self._listings}))

    def _report(self, received: float | None, latency_ms: float | None) -> None:
        supervisor = self._supervisor
        assert supervisor is not None  # run has begun
        troubles = [f"{one.name}: {one.trouble}" for one in self._listings if one.trouble]
        supervisor.note = "; ".join(troubles[:3]) + ("; …" if len(troubles) > 3 else "")
        supervisor.bad_ticks = sum(one.bad_ticks for one in self._listings)
        supervisor.gaps = sum(one.gaps for one in self._listings)
        now = self.clock.now()
        waiting = [one.due for one in self._listings if one not in self._busy]
        supervisor.next_poll = max(now, min(waiting, default=now))
        if received is not None:
            supervisor.data(received, latency_ms)
        supervisor.refresh()


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
