"""The thread that writes the archive: levels conflated, everything else in order."""

import sqlite3
import threading
import time
from collections.abc import Callable, Hashable

from divmon.errors import ArchiveError, SettingsError
from divmon.store.database import Database, is_busy, is_corrupt

Write = Callable[[sqlite3.Connection], int]
"""Write one thing into an open transaction; return about how many rows that took."""

EVERY = 0.5  # seconds from the first thing that waits to its commit
ROWS = 20_000  # rows in one transaction, 0.05 s: others wait for the lock so long
AGAIN = 5.0  # seconds after a failure
WAITING = 10_000  # writes kept while the disk refuses them; then the oldest go
BUSY_TOLD = 5  # failures by a foreign lock before it is told


class Writer:
    """Takes writes from any thread, and never makes the caller wait for the disk.

    What could not be written is tried again. `lock` guards the reader's connection,
    which in memory is the writer's as well.
    """

    def __init__(self, reader: Database, *, every: float = EVERY, again: float = AGAIN) -> None:
        self.lock = threading.RLock()
        self._reader = reader
        self._notices = reader.notices
        self._own = Database(reader.path, reader.notices)
        self._every = every
        self._again = again
        self._ready = threading.Condition()
        self._levels: dict[Hashable, Write] = {}
        self._edges: list[Write] = []
        self._given = self._done = 0
        self._urgent = self._closing = False
        self._thread: threading.Thread | None = None
        self._crash: BaseException | None = None
        self._refused = 0  # failures in a row
        self._told = False  # of these failures
        self._may_pass = False  # the last failure was somebody else's lock
        self._deadline = float("inf")

    def put(self, key: Hashable, write: Write) -> None:
        """Give a level: a later one of the same key replaces it."""
        with self._ready:
            if self._wake():
                self._levels[key] = write

    def add(self, write: Write) -> None:
        """Give an edge, or rows of their own: all are written, in this order."""
        with self._ready:
            if self._wake():
                self._edges.append(write)

    def flush(self, timeout: float) -> bool:
        """Wait until nothing that was given before waits; False if something does."""
        with self._ready:
            wanted = self._given
            self._urgent = True
            self._ready.notify_all()
            self._ready.wait_for(lambda: self._done >= wanted or self._crash, timeout)
            return self._done >= wanted

    def close(self, timeout: float) -> bool:
        """Write what waits, as far as `timeout` allows, and close both connections."""
        if self._reader.mode != "memory":
            # before the thread closes: the last of the two folds the WAL in
            with self.lock:
                self._reader.close()
        with self._ready:
            self._closing = True
            self._deadline = time.monotonic() + timeout * 0.9
            self._ready.notify_all()
        if self._thread is not None:
            self._thread.join(timeout)
            if self._thread.is_alive():
                return False
        with self.lock:
            self._reader.close()
        return self._done >= self._given

    def _wake(self) -> bool:
        """Count one more and wake the thread for it; False after `close`."""
        if self._crash is not None:
            raise RuntimeError("the archive's writer failed") from self._crash
        if self._closing:
            return False
        self._given += 1
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="archive", daemon=True)
            self._thread.start()
        elif not (self._levels or self._edges):
            self._ready.notify_all()
        return True

    def _run(self) -> None:
        try:
            while self._turn():
                pass
            self._own.close()
        # Broad, since a thread's traceback would go over the screen: the next caller raises it.
        except Exception as error:  # noqa: BLE001
            with self._ready:
                self._crash = error
                self._ready.notify_all()

    def _turn(self) -> bool:
        """Wait for work, do it, and say whether there may be more."""
        with self._ready:
            self._ready.wait_for(lambda: self._levels or self._edges or self._closing)
            pause = self._again if self._refused else self._every
            self._ready.wait_for(lambda: self._urgent or self._closing, pause)
            levels, self._levels = self._levels, {}
            edges, self._edges = self._edges, []
            given, self._urgent = self._given, False
        writes = [*edges, *levels.values()]
        written = not writes or self._commit(writes)
        with self._ready:
            if written:
                self._done = given
            else:
                self._levels = levels | self._levels
                self._edges = [*edges, *self._edges][-WAITING:]
            self._ready.notify_all()
            if self._closing:
                more = bool(self._levels or self._edges)
                return more and self._may_pass and time.monotonic() < self._deadline
            return True

    def _commit(self, writes: list[Write]) -> bool:
        """Write, in transactions of about ROWS rows; say whether it is done with."""
        match self._reader.mode:
            case "read-only":
                return True  # and nothing ever will be
            case "memory":
                with self.lock:
                    return self._transact(self._reader, writes)
            case "file":
                return self._transact(self._own, writes)

    def _transact(self, database: Database, writes: list[Write]) -> bool:
        connection = None
        try:
            connection = database.connection(strict=True)
            rows = 0
            for write in writes:
                if not connection.in_transaction:
                    connection.execute("BEGIN IMMEDIATE")
                rows += write(connection)
                if rows >= ROWS:
                    connection.execute("COMMIT")
                    rows = 0
            if connection.in_transaction:
                connection.execute("COMMIT")
        except sqlite3.ProgrammingError:
            raise  # wrong SQL of ours
        except (sqlite3.DatabaseError, SettingsError, ArchiveError) as error:
            self._failed(database, connection, error)
            return False
        if self._told:
            self._notices.tell(f"{database.path}: writing again")
        self._refused = 0
        self._told = self._may_pass = False
        return True

    def _failed(
        self, database: Database, connection: sqlite3.Connection | None, error: Exception
    ) -> None:
        """Undo what was begun, and tell why, unless it passes by itself."""
        self._refused += 1
        self._may_pass = isinstance(error, sqlite3.Error) and is_busy(error)
        if isinstance(error, sqlite3.Error) and is_corrupt(error):
            try:
                database.set_aside(error)
            except ArchiveError as failure:
                error = failure
            else:
                self._refused, self._may_pass = 0, True
                return
        elif database is self._own and not self._may_pass:
            database.close()  # which rolls back; the next attempt starts afresh
        elif connection is not None and connection.in_transaction:
            connection.execute("ROLLBACK")
        if not self._may_pass or self._refused == BUSY_TOLD:
            self._told = True
            self._notices.tell(
                f"{database.path} cannot be written: {error}; trying every {self._again:g} s"
            )
