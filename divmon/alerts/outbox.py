"""What the channels have still to take: in the archive, so that it survives kill -9.

At least once: an alert waits for a channel from the moment that the archive commits it
(half a second after it was raised) until the channel has taken it or it is too old. A
process that is killed between the taking and the commit that notes it sends that one
again, under the same id. Several processes may share an archive; the one that holds the
lock beside it sends, for all of them.

Where there is no archive, or none that can be written, memory serves for this run.
"""

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple

import msgspec

from divmon.alerts.lock import FileLock
from divmon.alerts.model import Alert
from divmon.market.text import encodable
from divmon.store.archive import Archive

MOST = 1000  # alerts that wait for one channel; when there are more, the oldest are given up
KEEP_S = 90 * 86_400.0  # how long it is remembered what has been sent
FLUSH_S = 2.0  # for the disk to commit; a busy one takes tens of ms

Outcome = Literal["sent", "refused", "too old", "too many"]
Key = tuple[str, str]
"""The alert's id and the channel's name."""


@dataclass
class Entry:
    """An alert that a channel has still to take. `created` is in Unix seconds."""

    alert: str
    channel: str
    payload: bytes
    created: float
    attempts: int = 0

    @property
    def key(self) -> Key:
        return self.alert, self.channel


class Fetched(NamedTuple):
    """What there is to send; `leads` is False where another process sends it."""

    leads: bool
    entries: Sequence[Entry]


class Outbox:
    """The entries that wait.

    `add` may be called from any thread, `fetch` from a second one, since it blocks, and
    everything else from the thread that sends.
    """

    def __init__(self, archive: Archive | None) -> None:
        self.waiting: dict[Key, Entry] = {}
        self._archive = archive
        self._given: list[Entry] = []  # not yet known to be in the archive
        self._guard = threading.Lock()  # of `_given`
        self._settled: dict[Key, None] = {}  # in this run: the archive may not know it yet
        self._lock = None if archive is None else FileLock(f"{archive.path}.delivery")
        self._pruned = False

    def add(self, alert: Alert, channels: Iterable[str], now: float) -> None:
        """Have `alert` wait for each of `channels`; again has no effect. Never blocks."""
        payload = encode(alert)
        entries = [Entry(alert.id, channel, payload, now) for channel in channels]
        if self._archive is not None and entries:
            self._archive.write(partial(_insert, entries=entries))
        with self._guard:
            self._given.extend(entries)

    def fetch(self, now: float) -> Fetched:
        """Return what was given here and by other processes. Blocks while the disk works."""
        with self._guard:
            given, self._given = self._given, []
        if self._archive is None or self._archive.mode != "file":
            return Fetched(True, given)
        stored = not given or self._archive.flush(FLUSH_S)
        if not self._leads():
            if not stored:
                with self._guard:
                    self._given[:0] = given
            return Fetched(False, ())
        if not self._pruned:
            self._pruned = True
            self._archive.write(partial(_prune, before=now - KEEP_S))
        rows = self._archive.read(
            "SELECT alert, channel, payload, created, attempts FROM outbox"
            " WHERE settled IS NULL ORDER BY id"
        )
        found = [
            Entry(alert, channel, payload.encode(), created, attempts)
            for alert, channel, payload, created, attempts in rows
        ]
        # a full disk: what it does not take goes out all the same
        return Fetched(True, found if stored else [*found, *given])

    def take(self, fetched: Fetched) -> None:
        """Let what was fetched wait here; what another process sends no longer does."""
        if not fetched.leads:
            self.waiting.clear()
        for entry in fetched.entries:
            if entry.key not in self._settled:
                self.waiting.setdefault(entry.key, entry)

    def inherit(self, other: "Outbox") -> None:
        """Take over what waits in one that has been closed.

        What is in the archive's file is found there; the rest is in its memory alone.
        """
        with self._guard, other._guard:
            self._given[:0] = [*other.waiting.values(), *other._given]
            other._given = []
        self._settled.update(other._settled)

    def settle(self, entry: Entry, outcome: Outcome, now: float) -> None:
        """Note that `entry` waits no more."""
        self.waiting.pop(entry.key, None)
        self._settled[entry.key] = None
        if len(self._settled) > 10 * MOST:
            del self._settled[next(iter(self._settled))]
        if self._archive is not None:
            self._archive.write(partial(_settle, entry=entry, outcome=outcome, now=now))

    def failed(self, entry: Entry) -> None:
        """Note one more attempt that failed."""
        entry.attempts += 1
        if self._archive is not None:
            self._archive.write(partial(_count, entry=entry, attempts=entry.attempts))

    def close(self) -> None:
        """Let another process send."""
        if self._lock is not None:
            self._lock.close()

    def _leads(self) -> bool:
        """Tell whether this process sends, and take that on if none does."""
        try:
            return self._lock is None or self._lock.take()
        except OSError:
            return True  # a folder that takes no file: better twice than not at all


def encode(alert: Alert) -> bytes:
    """Return the alert as the JSON that webhooks and commands get."""
    try:
        return msgspec.json.encode(alert)
    except UnicodeEncodeError:  # half a character, from a venue's message
        return msgspec.json.encode(encodable(msgspec.to_builtins(alert)))


def _insert(db: sqlite3.Connection, entries: list[Entry]) -> int:
    db.executemany(
        "INSERT OR IGNORE INTO outbox (alert, channel, payload, created) VALUES (?, ?, ?, ?)",
        ((each.alert, each.channel, each.payload.decode(), each.created) for each in entries),
    )
    return len(entries)


def _settle(db: sqlite3.Connection, entry: Entry, outcome: Outcome, now: float) -> int:
    # an upsert, since a damaged archive may have been set aside meanwhile
    db.execute(
        "INSERT INTO outbox (alert, channel, payload, created, attempts, settled, outcome)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (alert, channel) DO UPDATE SET"
        " attempts = excluded.attempts, settled = excluded.settled, outcome = excluded.outcome",
        (
            entry.alert,
            entry.channel,
            entry.payload.decode(),
            entry.created,
            entry.attempts,
            now,
            outcome,
        ),
    )
    return 1


def _count(db: sqlite3.Connection, entry: Entry, attempts: int) -> int:
    db.execute(
        "UPDATE outbox SET attempts = ? WHERE alert = ? AND channel = ?",
        (attempts, entry.alert, entry.channel),
    )
    return 1


def _prune(db: sqlite3.Connection, before: float) -> int:
    return db.execute("DELETE FROM outbox WHERE settled < ?", (before,)).rowcount
