"""One store, the batch computed from it, and the frames made of both."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from divmon.indicators.align import Grid
from divmon.indicators.series import History
from divmon.market.clock import Clock
from divmon.market.events import Event, MarketEvent
from divmon.market.sessions import day_number, sessions
from divmon.memory import give_back
from divmon.reading.assess import abc_provisional, read, relative_streaks, rows
from divmon.reading.bars_told import series_of
from divmon.reading.cross import STATES
from divmon.reading.edges import edges
from divmon.reading.frames import AskMatrix, AskPast, AskRates, Matrix, Past, Quotes, Rates, Series
from divmon.reading.history import whole
from divmon.reading.matrix import matrix
from divmon.reading.model import Reading
from divmon.reading.past import Followed, followed
from divmon.reading.prepare import Batch, prepare
from divmon.reading.race import Race
from divmon.reading.race_told import race_of
from divmon.reading.rates import rates
from divmon.reading.redefined import Redefined
from divmon.reading.track import Track
from divmon.reading.track_told import track_of
from divmon.settings import Settings
from divmon.sources.threads import DaemonPool
from divmon.store.archive import Archive
from divmon.store.state import Store

SETTLE = 0.25  # seconds without a new bar before the batch is computed ...
SETTLE_AT_MOST = 2.0  # ... unless bars have been coming for so long
ANSWERS = 64  # kept of one batch

Asked = AskPast | AskRates | AskMatrix
Answer = Past | Rates | Matrix


class Board:
    """What one set of sources amounts to.

    The engine has one, and a second while the demo stands in for sources that do not
    answer; they share nothing, so nothing simulated can reach the real one.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        pool: DaemonPool,
        *,
        source: str,
        simulated: bool,
        archive: Archive | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.store = Store(settings, source=source, simulated=simulated, archive=archive)
        self.batch: Batch | None = None
        self.version = 0  # of the history that `batch` was made from
        self.told: Reading | None = None  # the one that the last edges were told of
        self._redefined = Redefined()
        self.history = History()  # that `batch` was made from
        self._answers: tuple[Batch | None, dict[Asked, Answer]] = (None, {})
        self._pool = pool
        self._changed = asyncio.Event()

    def apply(self, event: MarketEvent) -> list[Event]:
        """Take in one event; return what happened by it."""
        before = self.store.history_version
        edges = self.store.apply(event)
        if self.store.history_version != before:
            self._changed.set()
        return edges

    def reconfigure(self, settings: Settings) -> None:
        """Go on by other settings; the batch that follows them comes when it is computed."""
        self.settings = settings
        self.store.reconfigure(settings)
        self._changed.set()

    async def restore(self) -> None:
        """Load the archive, in a thread: 150,000 bars take 0.3 s."""
        await self._pool.run(self.store.restore)
        if self.store.archive is not None:
            self.told = await self._pool.run(self.store.archive.last_reading)
        if self.store.history_version:
            self._changed.set()

    async def keep_prepared(self, on_batch: Callable[[], None]) -> None:
        """Compute the batch anew whenever a bar arrived or the clock closed one."""
        while True:
            await self._wait_for_a_reason()
            await self.prepare()
            on_batch()

    async def prepare(self) -> None:
        """Compute the batch from the history as it stands."""
        self._changed.clear()
        version, before = self.store.history_version, self.batch
        history = self.store.history()
        self.batch = await self._pool.run(prepare, history, self.settings, self.clock.now())
        if before is not None and before.settings is not self.batch.settings:
            self._redefined.by(before.settings, self.batch.settings)
        self.history = history
        await self._pool.run(give_back)
        self.version = version

    def happened(self, reading: Reading) -> list[Event]:
        """Return what the batch that `reading` is of has confirmed since the one before."""
        found = edges(self.told, reading, self.closed_at, self._redefined.now(reading))
        self.told = reading
        return found

    @property
    def settled(self) -> bool:
        """Whether the batch holds every bar that has arrived."""
        return self.batch is not None and self.version == self.store.history_version

    async def answer(self, asked: Asked) -> Answer | None:
        """Return what a screen asks of all history, or None before there is a batch.

        Computed in the batch's thread, once a batch: a base rate takes up to 0.1 s,
        that of "BTC leads" 1 s.
        """
        batch, history = self.batch, self.history
        if batch is None:
            return None
        if self._answers[0] is not batch:
            self._answers = (batch, {})
        known = self._answers[1]
        if asked in known:
            return known[asked]
        answer: Answer
        match asked:
            case AskPast():
                answer = await self._pool.run(whole, batch.cross, batch.grid)
            case AskRates():
                answer = await self._pool.run(rates, asked, batch, history)
            case AskMatrix():
                answer = await self._pool.run(matrix, batch)
        known[asked] = answer
        while len(known) > ANSWERS:
            del known[next(iter(known))]
        return answer

    def series(self, instrument: str) -> Series:
        """Return every bar of an instrument: 5 ms for 40 years."""
        return series_of(self.store.history(), instrument)

    def track(self, instrument: str) -> Track | None:
        """Return the runs and records of an instrument, or None before there is a batch."""
        if self.batch is None:
            return None
        known = self.batch.confirmed.get(instrument)
        return Track(instrument=instrument) if known is None else track_of(known)

    def race(self, anchor: str) -> Race | None:
        """Return the race since `anchor`, or None before there is a batch: 2 ms."""
        return None if self.batch is None else race_of(self.batch, anchor)

    def reading(self, banner: str = "") -> Reading | None:
        """Return everything as of now, or None before there is a batch."""
        if self.batch is None:
            return None
        now = self.clock.now()
        return read(self.batch, self.store.live(now, banner), now)

    def quotes(self) -> Quotes | None:
        """Return the rows changed since the last call, or None if there are none."""
        names = self.store.drain()
        if self.batch is None or not names:
            return None
        now = self.clock.now()
        live = self.store.live(now)
        return Quotes(
            as_of=datetime.fromtimestamp(now, UTC),
            instruments=rows(self.batch, live, now, names),
            relative_streaks=relative_streaks(self.batch, live, now),
            abc_provisional=abc_provisional(self.batch, live, now),
        )

    def closed_at(self, instrument: str, day: date) -> float:
        """Return when the bar of `day` was over, in Unix seconds."""
        known = self.settings.instruments.get(instrument)
        calendar = sessions("24/7" if known is None else known.calendar)
        close = calendar.close_of(day_number(day))
        return self.clock.now() if close is None else float(close)

    @property
    def grid(self) -> Grid | None:
        """The closes of the master sessions."""
        return None if self.batch is None else self.batch.grid

    def followed(self, state: str) -> Sequence[Followed]:
        """Return what followed earlier episodes of an ABC state."""
        known = next((each for each in STATES if each == state), None)
        if self.batch is None or known is None:
            return ()
        return followed(self.batch.cross, self.batch.grid, known)

    async def _wait_for_a_reason(self) -> None:
        if self.batch is None:
            await self._changed.wait()
            return
        wake: list[asyncio.Task[Any]] = [asyncio.create_task(self._changed.wait())]
        if self.batch.valid_until is not None:
            wait = max(0.0, self.batch.valid_until - self.clock.now())
            wake.append(asyncio.create_task(self._sleep(wait)))
        try:
            await asyncio.wait(wake, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in wake:
                task.cancel()
        await self._let_bars_settle()

    async def _sleep(self, seconds: float) -> None:
        await self.clock.sleep(seconds)

    async def _let_bars_settle(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + SETTLE_AT_MOST
        while self._changed.is_set() and loop.time() < deadline:
            self._changed.clear()
            await asyncio.sleep(SETTLE)
