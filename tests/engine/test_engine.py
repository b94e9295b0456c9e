"""The engine with real store, readings and archive; only the sources are scripted."""

import asyncio
from array import array
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from divmon.engine.core import Engine
from divmon.engine.gather import failed_required, gather
from divmon.market.clock import Clock
from divmon.market.events import Bars, Emit, Event, MarketEvent, Quote, SourceHealth
from divmon.market.sessions import day_number
from divmon.reading.frames import Frame, Happened, Health, Hello, Quotes, Refresh
from divmon.reading.model import Reading
from divmon.settings import Settings, load
from divmon.sources.demo import DemoSource
from divmon.store.archive import Archive

NOON = datetime(2026, 1, 20, 12, tzinfo=UTC).timestamp()
TUESDAY = day_number(date(2026, 1, 20))


class ScriptedClock:
    """Stands still until told; sleeping is giving way."""

    def __init__(self, now: float = NOON) -> None:
        self.time = now

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


class ScriptedSource:
    """Emits a list, then whatever is put into `emit` by hand."""

    simulated = False

    def __init__(self, script: Sequence[MarketEvent] = (), *, ends: bool = False) -> None:
        self.name = "live"
        self.clock: Clock = ScriptedClock()
        self.refreshed = 0
        self.emit: Emit = lambda _: None
        self.started = asyncio.Event()
        self._script = script
        self._ends = ends

    async def run(self, emit: Emit) -> None:
        self.emit = emit
        for event in self._script:
            emit(event)
        self.started.set()
        if not self._ends:
            await asyncio.Event().wait()

    def refresh(self) -> None:
        self.refreshed += 1


@pytest.fixture(scope="module")
def settings() -> Settings:
    loaded = load()
    quick = msgspec.structs.replace(loaded.general, offline_after_s=0.05)
    return msgspec.structs.replace(loaded, general=quick)


def closes(instrument: str, *values: float, last: int = TUESDAY - 1) -> Bars:
    column = array("d", values)
    days = array("q", range(last - len(values) + 1, last + 1))
    return Bars(
        instrument,
        f"yahoo:{instrument}",
        "1d",
        days,
        column,
        column,
        column,
        column,
        column,
        NOON,
    )


def tick(price: float, at: float = NOON, venue: str = "kraken") -> Quote:
    return Quote("BTC", venue, price, at, at)


@asynccontextmanager
async def running(engine: Engine) -> AsyncIterator[None]:
    task = asyncio.ensure_future(engine.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(found: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not found():
            await asyncio.sleep(0.01)


def kinds(frames: list[Frame]) -> set[str]:
    return {type(frame).__name__ for frame in frames}


async def test_events_become_frames_with_hello_first(settings: Settings) -> None:
    frames: list[Frame] = []
    source = ScriptedSource(
        [
            closes("BTC", 90_000.0, 91_000.0),
            SourceHealth("kraken", "exchange", "ok", NOON),
            Event(NOON, "source_back", "kraken", "kraken: back after 3 s"),
            tick(91_500.0),
        ]
    )
    engine = Engine(settings, [source], publish=frames.append)
    async with running(engine):
        await until(lambda: {"Reading", "Health", "Happened"} <= kinds(frames))
        source.emit(tick(91_600.0, NOON + 1))
        await until(lambda: isinstance(frames[-1], Quotes))
    assert isinstance(frames[0], Hello)
    assert [frame.source.name for frame in frames if isinstance(frame, Health)] == ["kraken"]
    assert "kraken: back after 3 s" in [
        frame.event.text for frame in frames if isinstance(frame, Happened)
    ]
    row = [frame for frame in frames if isinstance(frame, Quotes)][-1].instruments["BTC"]
    assert row.last == 91_600.0
    assert row.previous_close == 91_000.0


async def test_a_thousand_ticks_become_few_frames_and_the_last_price_wins(
    settings: Settings,
) -> None:
    frames: list[Frame] = []
    source = ScriptedSource([closes("BTC", 90_000.0, 91_000.0)])
    engine = Engine(settings, [source], publish=frames.append)
    async with running(engine):
        await until(lambda: "Reading" in kinds(frames))
        for i in range(1_000):
            source.emit(tick(91_000.0 + i / 10, NOON + i / 1_000))
        await until(
            lambda: any(
                isinstance(frame, Quotes) and frame.instruments["BTC"].last == 91_099.9
                for frame in frames
            )
        )
    assert len([frame for frame in frames if isinstance(frame, Quotes)]) < 10


async def test_refresh_reaches_every_source(settings: Settings) -> None:
    source = ScriptedSource()
    engine = Engine(settings, [source], publish=lambda _: None)
    engine.command(Refresh())
    assert source.refreshed == 1


async def test_a_bug_in_a_source_ends_the_engine(settings: Settings) -> None:
    class Broken(ScriptedSource):
        async def run(self, emit: Emit) -> None:
            raise RuntimeError("a bug")

    with pytest.raises(ExceptionGroup) as raised:
        await Engine(settings, [Broken()], publish=lambda _: None).run()
    assert raised.group_contains(RuntimeError, match="a bug")


async def test_with_nothing_to_show_the_demo_stands_in_and_gives_way(
    settings: Settings, tmp_path: Path
) -> None:
    archive = Archive.open(tmp_path / "archive.db")
    frames: list[Frame] = []
    source = ScriptedSource(
        [SourceHealth("yahoo", "poll", "retrying", NOON, "no route to host", next_try=NOON + 4)]
    )
    engine = Engine(
        settings,
        [source],
        publish=frames.append,
        archive=archive,
        standby=lambda: DemoSource(settings),
    )
    async with running(engine):
        await until(lambda: any(isinstance(f, Reading) and f.simulated for f in frames))
        shown = next(f for f in frames if isinstance(f, Reading) and f.simulated)
        assert shown.banner.startswith("SIMULATED")
        assert shown.banner == (
            "SIMULATED · no market data · next try in 4 s · no route to host: yahoo"
        )
        assert shown.instruments["BTC"].state == "simulated"
        assert frames[-1] is not None
        source.emit(closes("BTC", 90_000.0, 91_000.0))
        source.emit(tick(91_500.0))
        await until(lambda: isinstance(frames[-1], Reading) and not frames[-1].simulated)
        hellos = [frame.simulated for frame in frames if isinstance(frame, Hello)]
        assert hellos == [False, True, False]
    archive.flush()
    kept = archive.last_reading()
    assert kept is not None
    assert not kept.simulated
    assert {bars.instrument for bars in archive.all_bars()} == {"BTC"}
    assert not any("SIMULATED" in event.text for event in archive.events(100))
    archive.close()


async def test_with_something_to_show_no_demo_comes(settings: Settings) -> None:
    frames: list[Frame] = []
    source = ScriptedSource([closes("BTC", 90_000.0, 91_000.0)])
    engine = Engine(settings, [source], publish=frames.append, standby=lambda: DemoSource(settings))
    async with running(engine):
        await until(lambda: "Reading" in kinds(frames))
        await asyncio.sleep(0.2)
    assert not any(frame.simulated for frame in frames if isinstance(frame, Hello | Reading))


async def test_a_restart_shows_the_archived_board_and_repeats_no_event(
    settings: Settings, tmp_path: Path
) -> None:
    def start(script: Sequence[MarketEvent], frames: list[Frame]) -> Engine:
        return Engine(settings, [ScriptedSource(script)], publish=frames.append, archive=archive)

    archive = Archive.open(tmp_path / "archive.db")
    rising = closes("BTC", *(2_000.0 + i for i in range(500)))
    first: list[Frame] = []
    async with running(start([rising], first)):
        await until(lambda: "Reading" in kinds(first))
    assert any(isinstance(f, Happened) and f.event.kind == "record_close" for f in first)
    archive.flush()
    again: list[Frame] = []
    async with running(start([], again)):
        await until(lambda: "Reading" in kinds(again))
    row = next(f for f in again if isinstance(f, Reading)).instruments["BTC"]
    assert row.close == 2_499.0
    assert not any(isinstance(f, Happened) for f in again)
    archive.close()


async def test_what_befell_the_archive_is_told(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    path.write_bytes(b"no database at all" * 300)
    archive = Archive.open(path)
    frames: list[Frame] = []
    async with running(
        Engine(settings, [ScriptedSource()], publish=frames.append, archive=archive)
    ):
        await until(lambda: "Happened" in kinds(frames))
    told = [frame.event for frame in frames if isinstance(frame, Happened)]
    assert [event.kind for event in told] == ["archive"]
    assert "archive.db" in told[0].text
    archive.close()


async def test_gather_ends_with_a_finite_source_and_names_what_is_required(
    settings: Settings,
) -> None:
    source = ScriptedSource([closes("BTC", 90_000.0, 91_000.0)], ends=True)
    reading = await gather(Engine(settings, [source], publish=lambda _: None), wait=20)
    assert reading is not None
    assert reading.instruments["BTC"].close == 91_000.0
    assert failed_required(reading, settings) == ["btc", "yahoo"]
    assert failed_required(None, settings) == ["btc", "yahoo"]


async def test_gather_returns_what_there_is_when_time_is_up(settings: Settings) -> None:
    source = ScriptedSource([closes("BTC", 90_000.0, 91_000.0), tick(91_500.0)])
    reading = await gather(Engine(settings, [source], publish=lambda _: None), wait=1.0)
    assert reading is not None
    assert reading.instruments["BTC"].last == 91_500.0
    assert failed_required(reading, settings) == ["yahoo"]
