"""A simulated market: January 2026 as it was reported, and then on, at any speed.

Everything here is marked: the source is `simulated`, its series are called "demo:…",
its health is of kind "demo". It imports numpy and the calendars; no screen imports it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from math import isfinite

from divmon.errors import SettingsError
from divmon.market.clock import Clock, StillClock
from divmon.market.events import Emit, Event, SourceHealth
from divmon.market.sessions import DAY, day_of, sessions
from divmon.settings import Settings
from divmon.sources import demo_anchors as anchors
from divmon.sources.demo_bridge import HOUR, day
from divmon.sources.demo_macro import Figures
from divmon.sources.demo_market import NAMES, Market
from divmon.sources.demo_ticks import HEALTH_EVERY, Polled, Venues
from divmon.sources.threads import DaemonPool

Sleep = Callable[[float], Awaitable[None]]
LONGEST_STEP, SHORTEST_STEP = 0.1, 0.02  # of the viewer's seconds, between two batches
AHEAD = 3  # days drawn ahead: a session may begin on the day before its date
FIRST_START = 60  # days of history at the very least
MASTER = "XNYS"
HALF_HOUR = 1800  # seconds; sessions end and figures come out at no other times
FASTEST = 10_000.0
SURE = 300  # days after the planned ones for which every calendar has sessions


class DemoClock:
    """The demo's time: `rate` seconds for each one of the viewer, in steps.

    Time stands still between two batches of ticks. So no price is old merely because
    the next batch, a tenth of a second away, is a quarter of an hour later in the demo.
    """

    def __init__(
        self, start: float, rate: float, monotonic: Callable[[], float], sleep: Sleep
    ) -> None:
        self.rate = rate
        self.start = start
        self._now = start
        self._began: float | None = None
        self._monotonic = monotonic
        self._sleep = sleep

    def now(self) -> float:
        return self._now

    def step(self) -> float:
        """Move on to the time that it is; the first step starts the clock."""
        if self._began is None:
            self._began = self._monotonic()
        self._now = self.start + (self._monotonic() - self._began) * self.rate
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` of the demo, a step at the least: within one, no time goes by."""
        await self._sleep(max(seconds / self.rate, SHORTEST_STEP))


class DemoSource:
    """The demo as a Source. With `as_of` it tells what was known then, and no more."""

    name = "demo"
    simulated = True

    def __init__(
        self,
        settings: Settings,
        as_of: datetime | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Check the settings; nothing is generated before `run`.

        Raises:
            SettingsError: demo.start or `as_of` is no time that the demo covers, or
                demo.speed is no positive number.
        """
        self.settings = settings
        self.as_of = as_of
        speed = settings.demo.speed
        if not (isfinite(speed) and 0 < speed <= FASTEST):
            raise SettingsError(
                f"demo.speed must be between 0 and {FASTEST:,.0f}, was {speed}; 1 is real time"
            )
        start = _moment("--as-of" if as_of else "demo.start", as_of or settings.demo.start)
        self._start = start
        self._played = DemoClock(start, speed, monotonic, sleep)
        self.clock: Clock = StillClock(start) if as_of else self._played
        self._sleep = sleep

    def refresh(self) -> None:
        """Nothing ever waits here."""

    async def run(self, emit: Emit) -> None:
        """Emit the history, and then tick until cancelled."""
        pool = DaemonPool(1, "demo")
        try:
            market = await pool.run(self._market)
        finally:
            pool.close()
        player = _Player(self.settings, market, self._start)
        player.tell_history(emit, running=self.as_of is None)
        if self.as_of is not None:
            return
        step = min(max(1 / max(self.settings.demo.ticks_per_s, 1.0), SHORTEST_STEP), LONGEST_STEP)
        before = self._played.step()
        while True:
            now = self._played.step()
            player.play(before, now, emit)
            before = now
            await self._sleep(step)

    def _market(self) -> Market:
        market = Market(self.settings.demo.seed)
        market.grow(int(self._start // DAY) + AHEAD)
        return market


class _Player:
    """Tells of a market up to a time, and then of what happens in it."""

    def __init__(self, settings: Settings, market: Market, start: float) -> None:
        self.market = market
        self.start = start
        self.speed = settings.demo.speed
        self.names = [name for name in NAMES if name in settings.instruments]
        self.bitcoin = "BTC" in settings.instruments
        self.hourly = self.bitcoin and settings.instruments["BTC"].hourly
        self.figures = Figures(settings.fred.series, market)
        self.venues = Venues(settings, market, start)
        self.polled = Polled(settings, market, self.names)
        self._told = dict.fromkeys(self.names, 0)  # the last session told of
        self._day = 0  # the last UTC day of Bitcoin told of, running or not
        self._next_end = 0.0  # no session, hour or day ends before
        self._hour = 0  # the last hour of Bitcoin told of
        self._looked = 0
        self._ended = False
        self._health_told = start

    def tell_history(self, emit: Emit, *, running: bool) -> None:
        """Emit what was known at the start; `running` with Bitcoin's unfinished day."""
        now = self.start
        emit(
            Event(
                now,
                "simulation",
                "demo",
                "SIMULATED: no price here was ever traded; a seeded market between reported levels",
                "notice",
            )
        )
        for name in (*self.venues.names, "yahoo", "fred"):
            emit(SourceHealth(name, "demo", "ok", now, last_data=now))
        self._finished(now, emit, running=running)
        self._publish(now, emit)

    def _say_end(self, now: float, emit: Emit) -> None:
        """Say once that no calendar goes further: markets with sessions stay closed."""
        self._ended = True
        emit(
            Event(
                now,
                "simulation",
                "demo",
                "The exchange calendars end here: only Bitcoin goes on; start the demo again",
                "notice",
            )
        )

    def play(self, before: float, now: float, emit: Emit) -> None:
        """Emit what happened after `before` and up to `now`."""
        self.market.grow(int(now // DAY) + AHEAD)
        self._finished(now, emit, running=True)
        if self.bitcoin:
            self.venues.play(before, now, emit)
        self.polled.play(now, emit)
        if now // HALF_HOUR != self._looked:
            self._publish(now, emit)
            if not self._ended and sessions(MASTER).next_open(now) is None:
                self._say_end(now, emit)
        if (now - self._health_told) / self.speed >= HEALTH_EVERY:
            self._health(now, emit)

    def _finished(self, now: float, emit: Emit, *, running: bool) -> None:
        """Emit the bars that are complete by `now` and not told of yet."""
        if now < self._next_end:
            return
        self._next_end = (now // HALF_HOUR + 1) * HALF_HOUR
        for name in self.names:
            track = self.market.tracks[name]
            last = track.calendar.last_closed(now) or 0
            if last > self._told[name]:
                bars = track.bars(name, "1d", self._told[name] + 1, last, now)
                self._told[name] = last
                if len(bars):
                    emit(bars)
        hour = int(now // HOUR) - 1  # the last that is over
        if self.hourly and hour > self._hour:
            emit(self.market.hours.bars("BTC", "1h", (self._hour + 1) * HOUR, hour * HOUR, now))
            self._hour = hour
        today = int(now // DAY)
        if self.bitcoin and today > self._day:
            # the day that was told of as running is told of again, complete
            emit(self.market.bitcoin_days(self._day, today, now, running=running))
            self._day = today

    def _publish(self, now: float, emit: Emit) -> None:
        """Emit the economic series that have a new point."""
        self._looked = int(now // HALF_HOUR)
        for known in self.figures.news(now):
            emit(known)

    def _health(self, now: float, emit: Emit) -> None:
        self._health_told = now
        for name in self.venues.names:
            emit(self.venues.health(name, now))
        emit(SourceHealth("yahoo", "demo", "ok", self.start, last_data=self.polled.last_data))
        emit(SourceHealth("fred", "demo", "ok", self.start, last_data=now))


def _moment(what: str, given: str | datetime) -> float:
    """Return a start in Unix seconds.

    Raises:
        SettingsError: It is no time, has no zone, or the demo has no market then.
    """
    try:
        moment = datetime.fromisoformat(given) if isinstance(given, str) else given
    except ValueError as error:
        raise SettingsError(
            f"{what} must be a time such as 2026-01-21T00:00:30Z, was {given!r}"
        ) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    first = day_of(day(anchors.FIRST_DAY) + FIRST_START)
    if moment.date() < first:
        raise SettingsError(f"{what} must be from {first} on for the demo, was {_typed(given)}")
    at = moment.timestamp()
    if at > (day(anchors.LAST_DAY) + SURE) * DAY and sessions(MASTER).next_open(at) is None:
        end = day_of(int(sessions(MASTER).days[-1]))
        raise SettingsError(
            f"{what} must be before {end}, where the calendars end, was {_typed(given)}"
        )
    return at


def _typed(given: str | datetime) -> str:
    """Write a start as a person does: a date stands for its end."""
    if isinstance(given, str):
        return given
    if given.timestamp() % DAY == 0:
        return str(given.astimezone(UTC).date() - timedelta(days=1))
    return f"{given.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
