"""An ExchangeSource against the stand-ins, and what it said."""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec

from divmon import settings
from divmon.market.clock import Clock
from divmon.market.events import Event, MarketEvent, Quote, SourceHealth
from divmon.settings import Settings
from divmon.sources import network
from divmon.sources.exchanges import ExchangeSource
from tests.standins.internet import Internet

PATIENCE_S = 15.0  # for a loaded machine; nothing here takes a tenth of it

TIMES = {"silent_s": 20.0, "retry_first_s": 0.02, "retry_longest_s": 0.1}


def exchange_settings(**changes: Any) -> Settings:
    """Return the defaults with quick waits and the `changes` to [exchanges]."""
    default = settings.load()
    exchanges = msgspec.structs.replace(default.exchanges, **{**TIMES, **changes})
    return msgspec.structs.replace(default, exchanges=exchanges)


class Said:
    """What a running source emitted, and a way to wait for more."""

    def __init__(self, source: ExchangeSource) -> None:
        self.source = source
        self.quotes: dict[str, list[Quote]] = defaultdict(list)  # by series
        self.health: dict[str, SourceHealth] = {}
        self._told: dict[str, list[SourceHealth]] = defaultdict(list)  # since last asked
        self.reasons: list[str] = []  # every reason ever given
        self.events: list[Event] = []
        self.every: list[MarketEvent] = []

    def emit(self, event: MarketEvent) -> None:
        self.every.append(event)
        if isinstance(event, Quote):
            self.quotes[event.series].append(event)
        elif isinstance(event, SourceHealth):
            self.health[event.name] = event
            self._told[event.name].append(event)
            if event.reason:
                self.reasons.append(f"{event.name}: {event.reason}")
        elif isinstance(event, Event):
            self.events.append(event)

    def last(self, series: str) -> float | None:
        quotes = self.quotes.get(series)
        return quotes[-1].price if quotes else None

    async def until(self, true: Callable[[], object]) -> None:
        """Wait until `true`; fail with the last health if that does not come."""
        end = time.monotonic() + PATIENCE_S
        while not true():
            if time.monotonic() > end:
                raise AssertionError(f"waited {PATIENCE_S:.0f} s in vain: {self.health}")
            await asyncio.sleep(0.005)

    async def until_price(self, series: str, price: object) -> None:
        """Wait for a price, or for one that `pytest.approx` finds equal."""
        await self.until(lambda: self.last(series) == price)

    async def until_state(self, name: str, state: str) -> SourceHealth:
        """Wait until a source is in `state`, or has been since this was last asked of it.

        A venue is lost and back within 20 ms, which a busy machine lets pass between two looks.
        """
        told = self._told[name]
        await self.until(lambda: any(health.state == state for health in told))
        if self.health[name].state == state:
            told[:] = [self.health[name]]
            return self.health[name]
        at = next(n for n, health in enumerate(told) if health.state == state)
        found = told[at]
        del told[: at + 1]
        return found


@contextlib.asynccontextmanager
async def running(
    internet: Internet,
    *venues: str,
    clock: Clock | None = None,
    env: dict[str, str] | None = None,
    markets: Path | None = None,
    **changes: Any,
) -> AsyncIterator[Said]:
    """Run the source with these venues (default: all), led to the stand-ins by `env` alone."""
    if venues:
        changes["venues"] = venues
    chosen = exchange_settings(**changes)
    found = network.load(chosen.network, internet.env if env is None else env)
    source = ExchangeSource(chosen, found, clock, markets)
    said = Said(source)
    task = asyncio.create_task(source.run(said.emit))
    try:
        yield said
        if task.done():
            task.result()
            raise AssertionError("a live source has no end")
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
