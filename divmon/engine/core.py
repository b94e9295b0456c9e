"""The engine: runs the sources and publishes frames.

    sources ─emit─▶ store ─▶ prepare (thread, when a bar closes) ─▶ Batch
                      └────▶ read / rows (loop, when a price moved) ─▶ frames

The changed rows (Quotes) go out at most five times a second, the first change after a
quiet fifth at once; the whole Reading once a second, since ages and states change
without any event.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from divmon import __version__
from divmon.alerts.desk import Desk
from divmon.engine import banner
from divmon.engine.board import Asked, Board
from divmon.engine.delivering import Delivering
from divmon.engine.plan import MakeDelivery, Plan, load_calendars
from divmon.engine.standin import StandIn
from divmon.market.events import Event, MarketEvent, Severity, SourceHealth
from divmon.reading.frames import (
    Ack,
    AskMatrix,
    AskPast,
    AskRace,
    AskRates,
    AskSeries,
    AskTrack,
    Command,
    Frame,
    Happened,
    Health,
    Hello,
    Mute,
    Refresh,
    Snooze,
)
from divmon.reading.model import Reading
from divmon.settings import Settings
from divmon.settings_change import in_force
from divmon.sources.base import Source
from divmon.sources.threads import DaemonPool
from divmon.store.archive import Archive

QUOTES_EVERY = 0.2  # seconds; a screen draws three a second of what changes constantly
READING_EVERY = 1.0  # seconds
ASKED_AT_MOST = 32  # questions that wait; a screen asks again what was dropped


class Engine:
    """Runs until cancelled. `publish` gets every frame, on the loop's thread.

    With `standby`, a live engine that has nothing to show `offline_after_s` after its
    start plays that source under a banner until a real one answers.

    With `alerts`, the rules of the settings are followed; what they find goes to the
    `delivery`, which is made when the engine runs and gets a way to tell of its own.

    `replan` says what other settings make of the sources and the delivery; without it
    both stay as they are.
    """

    def __init__(
        self,
        settings: Settings,
        sources: Sequence[Source],
        *,
        publish: Callable[[Frame], None],
        archive: Archive | None = None,
        standby: Callable[[], Source] | None = None,
        alerts: bool = False,
        delivery: MakeDelivery | None = None,
        replan: Callable[[Settings, Settings, Sequence[Source]], Plan] | None = None,
    ) -> None:
        first = sources[0]
        self.settings = settings
        self.sources = sources
        self.publish = publish
        self.archive = archive
        self.standby = standby
        self.pool = DaemonPool(1, "batch")
        self.board = Board(
            settings,
            first.clock,
            self.pool,
            source=first.name if len(sources) == 1 else "live",
            simulated=first.simulated,
            archive=archive,
        )
        self.desk: Desk | None = None
        self._delivering = Delivering(delivery, self._happened)
        self._replan = replan
        self._group: asyncio.TaskGroup | None = None  # while it runs
        self._tasks: dict[Source, asyncio.Task[None]] = {}
        if alerts:
            self.desk = Desk(
                settings,
                publish=self._happened,
                deliver=None if delivery is None else self._delivering.deliver,
                archive=archive,
            )
        self._asked: dict[Asked, None] = {}  # oldest first; two screens' same question is one
        self._was_asked = asyncio.Event()
        self.finished = asyncio.Event()  # every source has told all it ever will
        self._stand_in = StandIn(
            self.board,
            self.pool,
            take=self._take,
            on_batch=self._on_batch,
            turned=self._greet_anew,
        )
        self._timer: asyncio.TimerHandle | None = None
        self._published = 0.0
        self._saved = 0.0
        self._noticed = 0  # notices of the archive that have been told

    @property
    def shown(self) -> Board:
        """The board that the frames are made from."""
        return self._stand_in.board or self.board

    @property
    def simulated(self) -> bool:
        """Whether all it has is a demo; a stand-in for sources that do not answer is none."""
        return self.board.store.simulated

    @property
    def reading(self) -> Reading | None:
        """Everything as of now, or None while there is nothing to compute from."""
        return self.shown.reading(self._banner())

    def hello(self) -> Hello:
        """Say who this is, and what time it is here."""
        board = self.shown
        return Hello(
            program=f"divmon {__version__}",
            pid=os.getpid(),
            source=board.store.source,
            simulated=board.store.simulated,
            now=datetime.fromtimestamp(board.clock.now(), UTC),
            rate=getattr(board.clock, "rate", 1.0),
        )

    async def run(self) -> None:
        """Run the sources and publish frames until cancelled."""
        self.publish(self.hello())
        for text in self.settings.refused:
            # a screen covers what the command line said of it
            self._happened(self._event(text, "settings"))
        self._delivering.start()
        try:
            await self.board.restore()
            async with asyncio.TaskGroup() as group:
                self._group = group
                group.create_task(self.board.keep_prepared(self._on_batch))
                group.create_task(self._publish_readings())
                if self.standby is not None:
                    group.create_task(self._stand_in.play(self.standby))
                group.create_task(self._run_sources())
                group.create_task(self._answer())
        finally:
            self._group = None
            if self._timer is not None:
                self._timer.cancel()
            self._save_reading(force=True)
            if self.desk is not None:
                self.desk.close()
            self._delivering.close()

    def command(self, command: Command) -> None:
        """Do what a screen asks."""
        match command:
            case Refresh():
                for source in self.sources:
                    source.refresh()
            case AskSeries():
                self.publish(self.shown.series(command.instrument))
            case AskTrack() if track := self.shown.track(command.instrument):
                self.publish(track)
            case AskRace() if race := self.shown.race(command.anchor):
                self.publish(race)
            case AskPast() | AskRates() | AskMatrix():
                self._asked[command] = None
                if len(self._asked) > ASKED_AT_MOST:
                    del self._asked[next(iter(self._asked))]
                self._was_asked.set()
            case Ack() | Snooze() | Mute() if self.desk is not None:
                self.desk.command(command)

    async def reconfigure(self, settings: Settings) -> None:
        """Go on by other settings. What takes a restart stays as it is.

        A source that is asked for the same as before goes on undisturbed; what is shown
        stays until the next batch follows the new settings.

        Raises:
            SettingsError: A source cannot be had as the settings want it; nothing has changed.
        """
        await self.pool.run(load_calendars, settings)
        before = self.settings
        settings = in_force(before, settings, simulated=self.simulated)
        plan = Plan(self.sources)
        if self._replan is not None:
            plan = self._replan(before, settings, self.sources)
        self.settings = settings
        self.board.reconfigure(settings)
        self._stand_in.reconfigure(settings)
        self._change_sources(plan.sources)
        plan.follow()
        if plan.delivery is not None:
            self._delivering.change(plan.delivery)
        for text in settings.refused:
            if text not in before.refused:
                self._happened(self._event(text, "settings"))

    def tell_settings(self, text: str, severity: Severity) -> None:
        """Tell every screen what became of a changed settings file."""
        event = Event(self.shown.clock.now(), "settings", "settings", text, severity)
        self._happened(event)

    def _change_sources(self, sources: Sequence[Source]) -> None:
        before, self.sources = self.sources, sources
        self.board.clock = sources[0].clock
        for source in before:
            if source not in sources and (task := self._tasks.pop(source, None)) is not None:
                task.cancel()
        for source in sources:
            if source not in before:
                self._start_source(source)

    def take(self, event: MarketEvent) -> None:
        """Take in one event of a source."""
        self._take(self.board, event)

    async def _run_sources(self) -> None:
        for source in self.sources:
            self._start_source(source)

    def _start_source(self, source: Source) -> None:
        if self._group is None:
            return  # it starts with the engine

        def take(event: MarketEvent) -> None:
            if source in self._tasks:  # one that was replaced has nothing more to say
                self.take(event)

        def ended(_: asyncio.Task[None]) -> None:
            if all(task.done() and not task.cancelled() for task in self._tasks.values()):
                self.finished.set()

        self._tasks[source] = self._group.create_task(source.run(take))
        self._tasks[source].add_done_callback(ended)

    def _take(self, board: Board, event: MarketEvent) -> None:
        for edge in board.apply(event):
            if board is self.shown:
                self._happened(edge)
        if board is not self.shown:
            return
        if isinstance(event, SourceHealth):
            self.publish(Health(event))
        if self._timer is None and board.store.dirty:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(
                max(0.0, self._published + QUOTES_EVERY - loop.time()), self._publish_quotes
            )

    def _publish_quotes(self) -> None:
        self._timer = None
        self._published = asyncio.get_running_loop().time()
        if frame := self.shown.quotes():
            self.publish(frame)

    def _on_batch(self) -> None:
        """Tell what the bars that have just closed amount to."""
        board, reading = self.shown, self.reading
        if reading is None:
            return
        for event in board.happened(reading):
            self._take(board, event)
        self._tell(reading)

    def _publish_reading(self) -> None:
        if reading := self.reading:
            self._tell(reading)

    def _tell(self, reading: Reading) -> None:
        self.publish(reading)
        if self.desk is not None:
            batch = self.board.batch
            if batch is not None and batch.settings is not self.desk.settings:
                # not before: a number by the old settings is no news to the new rules
                self.desk.reconfigure(batch.settings)
            self.desk.take(reading, self.shown)

    async def _answer(self) -> None:
        """Answer the screens that ask for more than a Reading; each answer goes to all."""
        while True:
            await self._was_asked.wait()
            self._was_asked.clear()
            while self._asked:
                asked = next(iter(self._asked))
                del self._asked[asked]
                if (answer := await self.shown.answer(asked)) is not None:
                    self.publish(answer)

    async def _publish_readings(self) -> None:
        while True:
            await asyncio.sleep(READING_EVERY)
            self._tell_notices()
            self._publish_reading()
            self._save_reading()

    def _tell_notices(self) -> None:
        """Tell what the archive has to say: set aside, read-only, disk full, back again."""
        if self.archive is None:
            return
        for text in self.archive.notices[self._noticed :]:
            self._noticed += 1
            self._happened(self._event(text, "archive"))

    def _save_reading(self, *, force: bool = False) -> None:
        """Keep the board on disk, so that the next start can paint it at once."""
        now = self.board.clock.now()
        due = now - self._saved >= self.settings.archive.last_reading_every_s
        if self.archive is None or self._stand_in.board is not None or not (due or force):
            return
        if (reading := self.board.reading()) is not None and not self.board.store.empty:
            self.archive.save_reading(reading)
            self._saved = now

    def _greet_anew(self, text: str) -> None:
        """Say who this is now: the demo has begun to stand in, or has ended."""
        self.publish(self.hello())
        self._happened(self._event(text))
        self._publish_reading()  # a demo that begins has none

    def _happened(self, event: Event) -> None:
        self.publish(Happened(event))

    def _event(self, text: str, kind: str = "simulation") -> Event:
        return Event(
            time=self.board.clock.now(),
            kind=kind,
            subject="divmon",
            text=text,
            severity="warning",
        )

    def _banner(self) -> str:
        if self._stand_in.board is None:
            return banner.DEMO if self.board.store.simulated else ""
        return banner.offline(self.board.store.health.values(), self.board.clock.now())
