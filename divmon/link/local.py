"""The feed of a screen that runs its own engine.

The engine brings pandas, ccxt and yfinance (2 s, 150 MB), so this module imports none
of it: `frames` does, in a thread, after the screen has painted its first frame.
"""

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from divmon.link.codec import Command, Frame
from divmon.settings import Settings

if TYPE_CHECKING:
    from divmon.engine.core import Engine
    from divmon.store.archive import Archive


class LocalFeed:
    """An engine of our own, started when the first frame is asked for."""

    name = "engine"

    def __init__(self, settings: Settings, source: str, archive: "Archive | None") -> None:
        self.settings = settings
        self.source = source
        self.archive = archive
        self._engine: Engine | None = None
        self._running: asyncio.Task[None] | None = None

    async def frames(self) -> AsyncIterator[Frame]:
        """Yield the engine's frames; a bug in the engine is raised here."""
        from divmon.link.hub import Hub
        from divmon.memory import few_arenas
        from divmon.sources.threads import DaemonPool

        few_arenas()
        pool = DaemonPool(1, "import")
        build: Any = await pool.run(importlib.import_module, "divmon.engine.build")
        hub = Hub()
        engine: Engine = build.make_engine(
            self.settings, self.source, publish=hub.publish, archive=self.archive, alerts=True
        )
        hub.on_command = engine.command
        self._engine = engine
        subscription = hub.subscribe()
        self._running = asyncio.ensure_future(self._engine.run())
        self._running.add_done_callback(lambda _: subscription.close())
        async for frame in subscription:
            yield frame
        if not self._running.cancelled():
            self._running.result()

    async def send(self, command: Command) -> None:
        if self._engine is not None:
            self._engine.command(command)

    async def reconfigure(self, settings: Settings) -> None:
        self.settings = settings
        if self._engine is not None:
            await self._engine.reconfigure(settings)

    async def aclose(self) -> None:
        """Stop the engine. Threads that hang in a vendor's call are daemons and end with us."""
        if self._running is not None:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([self._running], timeout=0.5)
