"""Readings day by day, as a screen would have seen them at the end of each UTC day."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec

from divmon.indicators.series import History
from divmon.market.sessions import day_number, day_of, sessions
from divmon.reading.assess import assess
from divmon.reading.live import Live
from divmon.reading.model import Reading
from divmon.reading.past import Followed
from divmon.settings import Settings
from divmon.sources.files import FilesSource
from divmon.store.state import Store

DAY = timedelta(days=1)


class Closes:
    """A background that knows when bars close, and nothing of the past."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def closed_at(self, instrument: str, day: date) -> float:
        known = self.settings.instruments.get(instrument)
        close = sessions(known.calendar if known else "24/7").close_of(day_number(day))
        assert close is not None, (instrument, day)
        return float(close)

    grid = None

    def followed(self, state: str) -> Sequence[Followed]:
        return ()


def after_sessions(first: date, last: date) -> list[datetime]:
    """Return the midnights (UTC) after the New York sessions of a span."""
    calendar = sessions("XNYS")
    days = range(day_number(first), day_number(last) + 1)
    return [
        datetime.combine(day_of(day), datetime.min.time(), UTC) + DAY
        for day in days
        if calendar.close_of(day) is not None
    ]


def from_files(folder: Path, settings: Settings, moments: Sequence[datetime]) -> list[Reading]:
    """Read a folder as `--source csv:` does, and assess it at each of `moments`."""
    source = FilesSource(str(folder), settings, as_of=moments[-1])
    store = Store(settings, source=source.name, simulated=False)

    def emit(event: object) -> None:
        store.apply(event)  # type: ignore[arg-type]  # what a source may emit

    asyncio.run(source.run(emit))
    return assessed(store.history(), store.live(source.clock.now()), settings, moments)


def assessed(
    history: History, live: Live, settings: Settings, moments: Sequence[datetime]
) -> list[Reading]:
    return [assess(history, live, settings, moment.timestamp()) for moment in moments]


def write(path: Path, readings: Sequence[Reading]) -> None:
    """Keep Readings for other processes."""
    path.write_bytes(msgspec.msgpack.encode(readings))


def read(path: Path) -> list[Reading]:
    return msgspec.msgpack.decode(path.read_bytes(), type=list[Reading])
