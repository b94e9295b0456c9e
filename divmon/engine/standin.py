"""The demo, while it stands in for sources that do not answer."""

import asyncio
from collections.abc import Callable

from divmon.engine.board import Board
from divmon.market.events import MarketEvent
from divmon.settings import Settings
from divmon.settings_change import in_force
from divmon.sources.base import Source
from divmon.sources.threads import DaemonPool


class StandIn:
    """Plays a source on a board of its own until a real one answers.

    Args:
        behind: The board of the sources that do not answer.
        take: Takes in one event, for the board that is named.
        on_batch: Called when the board that is shown has a new batch.
        turned: Told what has happened, each time another board is shown.
    """

    def __init__(
        self,
        behind: Board,
        pool: DaemonPool,
        *,
        take: Callable[[Board, MarketEvent], None],
        on_batch: Callable[[], None],
        turned: Callable[[str], None],
    ) -> None:
        self.board: Board | None = None  # while it plays
        self._behind = behind
        self._pool = pool
        self._take = take
        self._on_batch = on_batch
        self._turned = turned

    async def play(self, make: Callable[[], Source]) -> None:
        """Play what `make` returns while no source has ever answered."""
        await asyncio.sleep(self._behind.settings.general.offline_after_s)
        if not self._behind.store.empty:
            return
        source = make()
        demo = Board(self._behind.settings, source.clock, self._pool, source="demo", simulated=True)
        self.board = demo
        self._turned("No source answers: the demo stands in, SIMULATED")
        tasks = [
            asyncio.ensure_future(source.run(lambda event: self._take(demo, event))),
            asyncio.ensure_future(demo.keep_prepared(self._on_batch)),
        ]
        answered = asyncio.ensure_future(self._first_answer())
        try:
            await asyncio.wait([*tasks, answered], return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            for task in (*tasks, answered):
                task.cancel()
            self.board = None
        self._turned("A source answers: the demo has ended, this is live")

    def reconfigure(self, settings: Settings) -> None:
        """Go on by other settings, if it plays."""
        if self.board is not None:
            self.board.reconfigure(in_force(self.board.settings, settings, simulated=True))

    async def _first_answer(self) -> None:
        while self._behind.store.empty or self._behind.batch is None:
            await asyncio.sleep(0.1)
