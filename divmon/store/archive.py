"""What is kept across restarts: bars, macro points, quotes, health, events, the last Reading.

Reading is done by the caller (a bar or a Reading takes microseconds, all bars some
tenths of a second, so those in a thread); writing by a daemon thread, which puts what
came in half a second into one transaction. No method raises for what the disk does:
`notices` tells it, and the program runs on. Light: sqlite3 and msgspec alone.
"""

import math
import sqlite3
import zlib
from array import array
from collections.abc import Iterable
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec

from divmon.errors import ArchiveError, DataError
from divmon.market.events import Bars, Event, Interval, MacroPoints, Quote, SourceHealth
from divmon.market.text import encodable
from divmon.reading.model import SCHEMA, Reading
from divmon.store.database import Database, Mode, Notices, is_corrupt
from divmon.store.writer import Write, Writer

KEEP_EVENTS = 400 * 86_400  # seconds; a year, and the same season of the year before

T = TypeVar("T")
Row = tuple[Any, ...]

_quotes = msgspec.json.Decoder(Quote)
_healths = msgspec.json.Decoder(SourceHealth)
_data = msgspec.json.Decoder(dict[str, Any])
_json = msgspec.json.Encoder()


class Archive:
    """The archive of one user; several processes and threads may use it at once.

    `notices` says what a person should know: set aside, read-only, full, back again.
    """

    def __init__(self, database: Database, writer: Writer) -> None:
        self.notices = database.notices
        self._database = database
        self._writer = writer
        self._lock = writer.lock
        self._closed = False
        self._last: dict[tuple[str, str], int] = {}
        self._pruned = False

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the archive at `path`, whatever state it is in.

        A damaged file is set aside, one that cannot be written is read, and where
        there is nothing to read either, memory serves for this run; `notices` says so.
        """
        database = Database(path, Notices())
        database.connection()
        return cls(database, Writer(database))

    @property
    def mode(self) -> Mode:
        """How it is held: in its file, read-only, or in memory alone."""
        return self._database.mode

    @property
    def path(self) -> Path:
        return self._database.path

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until nothing given so far waits to be written; False if something does."""
        return self._writer.flush(timeout)

    def close(self, timeout: float = 1.0) -> bool:
        """Write what waits and close; False if that was not possible in `timeout` seconds."""
        self._closed = True
        return self._writer.close(timeout)

    # bars

    def save_bars(self, bars: Bars) -> None:
        """Keep bars; a bar of a time already known is replaced."""
        if not len(bars):
            return
        key = bars.series, bars.interval
        self._last[key] = max(bars.time[-1], self._last.get(key, bars.time[-1]))
        self._writer.add(partial(_write_bars, bars=bars))

    def bars(self, series: str, interval: Interval) -> Bars | None:
        """Return all bars of one series, None if there are none."""
        found = self._bars("WHERE series = ? AND interval = ?", (series, interval))
        return found[0] if found else None

    def all_bars(self) -> list[Bars]:
        """Return the bars of every series, once for each instrument that shows it."""
        return self._bars("", ())

    def last_bar(self, series: str, interval: Interval) -> int | None:
        """Return the time of the newest bar, given or kept; None if there is none."""
        known = self._last.get((series, interval))
        if known is None:
            rows = self._rows(
                "SELECT max(time) FROM bars WHERE series_id ="
                " (SELECT id FROM series WHERE series = ? AND interval = ?)",
                (series, interval),
            )
            known = rows[0][0] if rows else None
            if known is not None:
                self._last.setdefault((series, interval), known)
        return known

    def _bars(self, where: str, values: Row) -> list[Bars]:
        found = []
        for number, series, interval, value_only, received in self._rows(
            # `where` is one of two texts of ours; the values are bound
            f"SELECT id, series, interval, value_only, received FROM series {where} ORDER BY id",  # noqa: S608
            values,
        ):
            rows = self._rows(
                "SELECT time, open, high, low, close, volume FROM bars"
                " WHERE series_id = ? ORDER BY time",
                (number,),
            )
            if not rows:
                continue
            time, opened, high, low, close, volume = zip(*rows, strict=True)
            if None in volume:
                volume = tuple(math.nan if value is None else value for value in volume)
            owners = "SELECT instrument FROM owners WHERE series_id = ? ORDER BY instrument"
            for (instrument,) in self._rows(owners, (number,)):
                try:
                    bars = Bars(
                        instrument,
                        series,
                        interval,
                        array("q", time),
                        array("d", opened),
                        array("d", high),
                        array("d", low),
                        array("d", close),
                        array("d", volume),
                        received,
                        bool(value_only),
                    )
                except (DataError, TypeError) as error:  # TypeError: no number in the column
                    self.notices.tell(f"archive: {series}: {error}; this series is left out")
                else:
                    found.append(bars)
        return found

    # macro series

    def save_macro(self, points: MacroPoints) -> None:
        """Keep points; those of a day already known, or in another unit, are replaced."""
        self._writer.add(partial(_write_macro, macro=points))

    def macros(self) -> list[MacroPoints]:
        """Return every economic series."""
        found = []
        for series, unit, received, published in self._rows(
            "SELECT series, unit, received, published FROM macro_series ORDER BY series"
        ):
            points = self._rows(
                "SELECT day, value FROM macro WHERE series = ? ORDER BY day", (series,)
            )
            found.append(MacroPoints(series, unit, tuple(points), received, published))
        return found

    # levels: the newest alone

    def save_quote(self, quote: Quote) -> None:
        """Keep the newest quote of an instrument at a source. Cheap: call it for every one."""
        self._writer.put(("quote", quote.instrument, quote.source), partial(_write_quote, quote))

    def quotes(self) -> list[Quote]:
        """Return the last quote of every instrument at every source."""
        rows = self._rows("SELECT quote FROM quotes ORDER BY instrument, source")
        return _decoded(_quotes, rows)

    def save_health(self, health: SourceHealth) -> None:
        """Keep how a source is doing."""
        self._writer.put(("health", health.name), partial(_write_health, health))

    def health(self) -> list[SourceHealth]:
        """Return how every source was doing when last heard of."""
        return _decoded(_healths, self._rows("SELECT health FROM health ORDER BY name"))

    def save_reading(self, reading: Reading) -> None:
        """Keep the Reading that the next start shows first. A simulated one is not kept."""
        if not reading.simulated:
            self._writer.put(("reading",), partial(_write_reading, reading))

    def last_reading(self) -> Reading | None:
        """Return the last Reading kept; None if there is none that this version can read."""
        rows = self._rows("SELECT value FROM kept WHERE name = 'last_reading'")
        if not rows:
            return None
        try:
            reading = msgspec.msgpack.decode(zlib.decompress(rows[0][0]), type=Reading)
        except (zlib.error, msgspec.DecodeError, UnicodeDecodeError, DataError):
            return None
        return reading if reading.schema == SCHEMA else None

    # edges: all of them

    def add_event(self, event: Event) -> None:
        """Keep one event. The same event twice is one."""
        row = (
            event.time,
            event.kind,
            event.subject,
            encodable(event.text),
            event.severity,
            # encoded here, so that data which no JSON can hold fails where it was made
            _json.encode(encodable(event.data)).decode(),
        )
        if not self._pruned:
            self._pruned = True
            self._writer.add(partial(_prune_events, newest=event.time))
        self._writer.add(partial(_write_event, row=row))

    def events(self, limit: int = 200, since: float | None = None) -> list[Event]:
        """Return the newest `limit` events not older than `since`, oldest first."""
        rows = self._rows(
            "SELECT time, kind, subject, text, severity, data FROM events"
            " WHERE time >= ? ORDER BY time DESC, id DESC LIMIT ?",
            (-math.inf if since is None else since, limit),
        )
        return [
            Event(time, kind, subject, text, severity, _facts(data))
            for time, kind, subject, text, severity, data in reversed(rows)
        ]

    # tables of the alerts, whose rows they read and write themselves

    def write(self, write: Write) -> None:
        """Have `write` called with a transaction open, by the writer's thread and soon.

        It may be called again when the disk refused, and must then amount to the same.
        """
        self._writer.add(write)

    def read(self, sql: str, values: Row = ()) -> list[Row]:
        """Return the rows of a query; none, and a notice, where the file cannot be read."""
        return self._rows(sql, values)

    def is_empty(self) -> bool:
        """Tell whether there is nothing to show: no Reading, no quote, no bar."""
        rows = self._rows(
            "SELECT EXISTS (SELECT 1 FROM kept) + EXISTS (SELECT 1 FROM quotes)"
            " + EXISTS (SELECT 1 FROM bars)"
        )
        return not rows or rows[0][0] == 0

    def _rows(self, sql: str, values: Row = ()) -> list[Row]:
        """Return the rows of a query; none, and a notice, where the file cannot be read."""
        with self._lock:
            if self._closed:
                return []
            try:
                return self._database.connection().execute(sql, values).fetchall()
            except sqlite3.ProgrammingError:
                raise  # wrong SQL of ours
            except sqlite3.DatabaseError as error:
                if not is_corrupt(error) or self.mode != "file":
                    self.notices.tell(f"{self.path} cannot be read: {error}")
                    return []
                try:
                    self._database.set_aside(error)
                except ArchiveError as failure:
                    self.notices.tell(str(failure))
                return []


def _decoded(decoder: "msgspec.json.Decoder[T]", rows: Iterable[Row]) -> list[T]:
    """Decode one column, without what another version wrote in another shape."""
    found = []
    for (text,) in rows:
        try:
            found.append(decoder.decode(text))
        except (msgspec.DecodeError, DataError):
            continue
    return found


def _facts(text: str) -> dict[str, Any]:
    """Decode an event's data; the event is worth showing without it as well."""
    try:
        return _data.decode(text)
    except msgspec.DecodeError:
        return {}


def _packed(thing: Quote | SourceHealth) -> str:
    try:
        return _json.encode(thing).decode()
    except UnicodeEncodeError:
        return _json.encode(encodable(msgspec.to_builtins(thing))).decode()


def _write_bars(db: sqlite3.Connection, bars: Bars) -> int:
    db.execute(
        "INSERT INTO series (series, interval, value_only, received) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (series, interval) DO UPDATE SET value_only = excluded.value_only,"
        " received = max(received, excluded.received)",
        (bars.series, bars.interval, bars.value_only, bars.received_time),
    )
    (number,) = db.execute(
        "SELECT id FROM series WHERE series = ? AND interval = ?", (bars.series, bars.interval)
    ).fetchone()
    db.execute("INSERT OR IGNORE INTO owners VALUES (?, ?)", (number, bars.instrument))
    # The WHERE spares the disk: at every start a source gives most bars again, unchanged.
    db.executemany(
        "INSERT INTO bars VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (series_id, time) DO UPDATE SET"
        " open = excluded.open, high = excluded.high, low = excluded.low,"
        " close = excluded.close, volume = excluded.volume"
        " WHERE (open, high, low, close, volume) IS NOT (excluded.open, excluded.high,"
        " excluded.low, excluded.close, excluded.volume)",
        zip(
            repeat(number),
            bars.time,
            bars.open,
            bars.high,
            bars.low,
            bars.close,
            bars.volume,
            strict=False,
        ),
    )
    return len(bars)


def _write_macro(db: sqlite3.Connection, macro: MacroPoints) -> int:
    db.execute(
        "DELETE FROM macro WHERE series = ?"
        " AND EXISTS (SELECT 1 FROM macro_series WHERE series = ? AND unit <> ?)",
        (macro.series, macro.series, macro.unit),
    )
    db.execute(
        "INSERT INTO macro_series VALUES (?, ?, ?, ?) ON CONFLICT (series) DO UPDATE SET"
        " unit = excluded.unit, received = excluded.received, published = excluded.published",
        (macro.series, macro.unit, macro.received_time, macro.published),
    )
    db.executemany(
        "INSERT INTO macro VALUES (?, ?, ?)"
        " ON CONFLICT (series, day) DO UPDATE SET value = excluded.value"
        " WHERE value <> excluded.value",
        ((macro.series, day, value) for day, value in macro.points),
    )
    return len(macro.points)


def _write_quote(quote: Quote, db: sqlite3.Connection) -> int:
    db.execute(
        "REPLACE INTO quotes VALUES (?, ?, ?)",
        (quote.instrument, quote.source, _packed(quote)),
    )
    return 1


def _write_health(health: SourceHealth, db: sqlite3.Connection) -> int:
    db.execute("REPLACE INTO health VALUES (?, ?)", (health.name, _packed(health)))
    return 1


def _write_reading(reading: Reading, db: sqlite3.Connection) -> int:
    # 60 kB every ten seconds are 500 MB a day; compressed a quarter, for 1 ms of this thread
    try:
        packed = msgspec.msgpack.encode(reading)
    except UnicodeEncodeError:
        packed = msgspec.msgpack.encode(encodable(msgspec.to_builtins(reading)))
    blob = zlib.compress(packed, level=1)
    db.execute("REPLACE INTO kept VALUES ('last_reading', ?)", (blob,))
    return 1


def _write_event(db: sqlite3.Connection, row: Row) -> int:
    db.execute(
        "INSERT OR IGNORE INTO events (time, kind, subject, text, severity, data)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        row,
    )
    return 1


def _prune_events(db: sqlite3.Connection, newest: float) -> int:
    # by the older of two clocks: a machine whose clock was wrong for once loses nothing
    (kept,) = db.execute("SELECT max(time) FROM events").fetchone()
    if kept is None:
        return 0
    return db.execute(
        "DELETE FROM events WHERE time < ?", (min(kept, newest) - KEEP_EVENTS,)
    ).rowcount
