"""Keeps one source running, whatever the outside world does to it.

A source is a coroutine that serves data until it fails with one of our SourceErrors,
into which the adapters turn their vendors' errors. Anything else that it raises is a
bug and passes through. What is done about a failure depends on its class:

    TransientError     wait up to 0.25 s, 0.5 s, ... 30 s, at random, and try again
    RateLimitedError   be quiet as long as we were told, else 60 s, 120 s, ... 15 min
    BlockedError       never in this run

A Renewal is no failure: the source gave up a good connection for a new one.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from divmon.errors import BlockedError, RateLimitedError, SourceError, TransientError
from divmon.market.clock import Clock
from divmon.market.events import Emit, Event, SourceHealth, SourceState


class Renewal(Exception):  # noqa: N818 (no error)
    """The connection was given up on purpose: serve again at once, nothing is lost or told."""


STABLE_S = 10.0  # of data until a source counts as well again, and its waits start anew
LONGEST_QUIET_S = 86_400.0  # a Retry-After beyond a day is nonsense
REFRESH_S = 5.0  # how old the figures of a healthy source may get on the screen


@dataclass(frozen=True)
class Waits:
    """How long to wait, in seconds, after the n-th failure in a row (from 0)."""

    first_s: float = 0.25
    longest_s: float = 30.0
    quiet_first_s: float = 60.0
    quiet_longest_s: float = 900.0

    def transient(self, n: int, jitter: float) -> float:
        """Full jitter: anything from 0 to the doubled wait, so that many clients cut
        off together do not return together."""
        return jitter * min(self.longest_s, self.first_s * 2.0 ** min(n, 60))

    def quiet(self, n: int, told: float | None) -> float:
        """Return what the source asked for, else the doubled quiet."""
        if told is not None and told >= 0:
            return min(told, LONGEST_QUIET_S)
        return min(self.quiet_longest_s, self.quiet_first_s * 2.0 ** min(n, 60))


class Supervisor:
    """Runs one source and tells how it is.

    The source calls `data` for whatever arrives, adds to the counters, and may call
    `report` to have them shown. SourceHealth is emitted whenever the state changes;
    one `source_lost` Event when a source that was well fails, or any fails twice without
    10 s of data between, and one `source_back` when data flows again after that.
    """

    def __init__(
        self,
        name: str,
        kind: Literal["exchange", "poll"],
        emit: Emit,
        clock: Clock,
        *,
        waits: Waits | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self.reconnects = 0
        self.bad_ticks = 0
        self.bad_frames = 0
        self.gaps = 0
        self.latency_ms: float | None = None
        self.last_data: float | None = None
        self.note = ""  # shown as the reason while all is well: "clock 4 s behind ours"
        self._kind = kind
        self._emit = emit
        self._clock = clock
        self._waits = waits or Waits()
        self._jitter = jitter
        self._state: SourceState = "starting"
        self._since = clock.now()
        self._reason = ""
        self._next_try: float | None = None
        self._failures: Counter[type[SourceError]] = Counter()  # since data was stable
        self._first_data: float | None = None  # since the last failure
        self._lost_at: float | None = None
        self._wake = asyncio.Event()
        self._told: SourceHealth | None = None

    @property
    def state(self) -> SourceState:
        return self._state

    async def run(self, serve: Callable[[], Awaitable[None]]) -> None:
        """Call `serve` for ever, until it is blocked, it returns, or this is cancelled."""
        if self._told is None:
            self.report()
        while True:
            self._first_data = None
            try:
                await serve()
                return
            except Renewal:
                continue
            except BlockedError as error:
                self._fail("off", str(error), None)
                return
            except RateLimitedError as error:
                wait = self._waits.quiet(self._count(RateLimitedError), error.retry_after)
                self._fail("rate_limited", str(error), wait)
                await self._clock.sleep(wait)
            except TransientError as error:
                wait = self._waits.transient(self._count(TransientError), self._jitter())
                self._fail("retrying", str(error), wait)
                await self._sleep_until_woken(wait)
            self.reconnects += 1

    def data(self, received_time: float, latency_ms: float | None = None) -> None:
        """Note that data arrived. Called for every tick: O(1), emits on a change only."""
        self.last_data = received_time
        if latency_ms is not None:
            self.latency_ms = latency_ms
        if self._first_data is None:
            self._first_data = received_time
        if self._state != "ok":
            self._set("ok", "", None)
            if self._lost_at is not None:
                away = received_time - self._lost_at
                self._lost_at = None
                self._tell("source_back", f"{self.name}: back after {away:.0f} s", "info", away)

    def retry_now(self) -> None:
        """End the wait after a transient failure. One that the source asked for stands."""
        self._wake.set()

    def health(self) -> SourceHealth:
        """Return how the source is at this moment."""
        return SourceHealth(
            name=self.name,
            kind=self._kind,
            state=self._state,
            since=self._since,
            reason=self._reason or (self.note if self._state == "ok" else ""),
            last_data=self.last_data,
            next_try=self._next_try,
            latency_ms=self.latency_ms,
            reconnects=self.reconnects,
            bad_ticks=self.bad_ticks,
            bad_frames=self.bad_frames,
            gaps=self.gaps,
        )

    def report(self) -> None:
        """Emit the health now."""
        self._told = self.health()
        self._emit(self._told)

    def refresh(self) -> None:
        """Emit the health if a counter or note changed, or the figures told are old.

        For the source's own housekeeping, once or twice a second.
        """
        now, told = self.health(), self._told
        if told is None or now == told:
            return
        aged = (now.last_data or 0) - (told.last_data or 0) >= REFRESH_S
        if aged or _counters(now) != _counters(told):
            self.report()

    def _count(self, kind: type[SourceError]) -> int:
        """Return how many failures of this kind came before this one since data was stable."""
        if self._was_stable():
            self._failures.clear()
        self._failures[kind] += 1
        return self._failures[kind] - 1

    def _was_stable(self) -> bool:
        if self._first_data is None or self.last_data is None:
            return False
        return self.last_data - self._first_data >= STABLE_S

    def _fail(self, state: SourceState, reason: str, wait: float | None) -> None:
        now = self._clock.now()
        announce = state == "off" or self._failures.total() >= 2 or self._was_stable()
        self._wake.clear()
        self._set(state, reason, None if wait is None else now + wait)
        if announce and self._lost_at is None:
            self._lost_at = now
            self._tell("source_lost", f"{self.name}: {reason}", "warning", None)

    def _set(self, state: SourceState, reason: str, next_try: float | None) -> None:
        if state != self._state:
            self._since = self._clock.now()
        self._state, self._reason, self._next_try = state, reason, next_try
        self.report()

    def _tell(
        self, kind: str, text: str, severity: Literal["info", "warning"], away: float | None
    ) -> None:
        data: dict[str, Any] = {"state": self._state, "reason": self._reason}
        if away is not None:
            data["away_s"] = round(away, 3)
        self._emit(Event(self._clock.now(), kind, self.name, text, severity, data))

    async def _sleep_until_woken(self, seconds: float) -> None:
        sleeper = asyncio.ensure_future(self._clock.sleep(seconds))
        waker = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({sleeper, waker}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeper.cancel()
            waker.cancel()


def _counters(health: SourceHealth) -> tuple[str, int, int, int, int]:
    return (
        health.reason,
        health.bad_ticks,
        health.bad_frames,
        health.gaps,
        health.reconnects,
    )
