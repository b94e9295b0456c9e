"""A clock that only a test moves, and a source that runs on it."""

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import Callable
from typing import Any, Self, TypeVar

from divmon.market.events import Bars, Event, MarketEvent, Quote, SourceHealth
from divmon.sources.base import Source

E = TypeVar("E", bound=MarketEvent)


class HandClock:
    """Time stands still until `set`."""

    def __init__(self, start: float) -> None:
        self.time = start
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = itertools.count()

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.time + seconds, next(self._count), future))
        await future

    @property
    def next(self) -> float | None:
        """When the next sleeper wakes."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    def set(self, time: float) -> None:
        self.time = max(self.time, time)
        while self._sleepers and self._sleepers[0][0] <= self.time:
            future = heapq.heappop(self._sleepers)[2]
            if not future.done():
                future.set_result(None)


class Stage:
    """Runs a source and keeps what it said. `idle` tells when no request is under way."""

    def __init__(self, source: Source, clock: HandClock, idle: Callable[[], bool]) -> None:
        self.source = source
        self.clock = clock
        self.idle = idle
        self.said: list[MarketEvent] = []
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self.source.run(self.said.append))
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def settle(self) -> None:
        """Wait until nothing goes on but waiting for the clock."""
        quiet = 0
        for _ in range(5_000):
            assert self._task is not None
            for _ in range(40):  # what was woken wakes others in turn
                await asyncio.sleep(0)
            if self._task.done():
                self._task.result()
            # twice: an answer that came with the last turn has woken no one yet
            quiet = quiet + 1 if self.idle() else 0
            if quiet == 2:
                return
            if not quiet:
                await asyncio.sleep(0.001)
        raise AssertionError("requests are still under way after 12 s")

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait for something that needs no more time of the clock."""
        for _ in range(2000):
            assert self._task is not None
            if condition():
                return
            if self._task.done():
                self._task.result()
            await asyncio.sleep(0.005)
        raise AssertionError(f"not within 10 s; said last: {self.said[-3:]}")

    async def forward(self, seconds: float) -> None:
        """Let `seconds` pass, stopping wherever the source waits for the clock."""
        end = self.clock.time + seconds
        await self.settle()
        while (moment := self.clock.next) is not None and moment <= end:
            self.clock.set(moment)
            await self.settle()
        self.clock.set(end)
        await self.settle()

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.said if isinstance(event, kind)]

    @property
    def health(self) -> SourceHealth:
        return self.of(SourceHealth)[-1]

    @property
    def state(self) -> str:
        return self.health.state

    def events(self, kind: str) -> list[Event]:
        return [event for event in self.of(Event) if event.kind == kind]

    def closes(self, instrument: str, interval: str = "1d") -> dict[int, float]:
        """What the bars said, the newest last."""
        found: dict[int, float] = {}
        for bars in self.of(Bars):
            if bars.instrument == instrument and bars.interval == interval:
                found.update(zip(bars.time, bars.close, strict=True))
        return found

    def quotes(self, instrument: str) -> list[Quote]:
        return [quote for quote in self.of(Quote) if quote.instrument == instrument]
