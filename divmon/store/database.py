"""One SQLite file, shared by several processes: opening, upgrading, setting it aside.

WAL with synchronous=NORMAL: a killed process loses nothing that was committed, and a
power cut can lose the newest commits but tears nothing.
"""

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from divmon.errors import ArchiveError, SettingsError
from divmon.paths import private_file
from divmon.store.schema import APPLICATION_ID, STEPS, VERSION

Mode = Literal["file", "read-only", "memory"]

BUSY_MS = 400  # less than the second that closing may take
OPEN_WAIT = 1.0  # seconds for another process that makes, upgrades or recovers the file
WAL_LIMIT = 16 * 1024 * 1024  # bytes that the WAL shrinks to after the first load


class Notices(list[str]):
    """What a person should know of the archive, in the order it happened."""

    def tell(self, text: str) -> None:
        """Add a notice, once: a full disk is full at every attempt."""
        if text not in self:
            self.append(text)


class Database:
    """A connection that stays right when the file under it is set aside or deleted.

    `mode` says how it is held, `notices` why it is not a plain file. Not locked: the
    owner sees to it that one thread at a time uses it.
    """

    def __init__(self, path: Path, notices: Notices) -> None:
        self.path = path
        self.mode: Mode = "file"
        self.notices = notices
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None

    def connection(self, *, strict: bool = False) -> sqlite3.Connection:
        """Return the connection, opened if needed.

        Memory is the last resort; only if `strict` is anything raised: sqlite3's own
        errors, SettingsError, or ArchiveError.
        """
        if self._connection is not None and self._file is not None and self._file != _id(self.path):
            # another process set the file aside, or somebody deleted it
            self.close()
        if self._connection is None:
            self._connection = self._open_file() if strict else self._open()
        return self._connection

    def set_aside(self, error: sqlite3.Error) -> None:
        """Move the corrupt file away and say so; the next `connection` makes a new one.

        Raises:
            ArchiveError: It cannot be moved.
        """
        mine = self._file
        self.close()
        try:
            with _exclusively(self.path):
                # somebody else may have done it since, and the new file must stay
                if mine is None or mine == _id(self.path):
                    self.notices.tell(_move_away(self.path, error))
        except OSError as failure:
            raise ArchiveError(
                f"{self.path} is damaged ({error}) and cannot be moved: {failure.strerror}"
            ) from failure

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
        self._connection = self._file = None

    def _open(self) -> sqlite3.Connection:
        deadline = time.monotonic() + OPEN_WAIT
        while True:
            try:
                try:
                    return self._open_file()
                except sqlite3.DatabaseError as error:
                    if is_corrupt(error):
                        self.set_aside(error)
                    elif not is_busy(error):
                        return self._open_read_only(f"{self.path}: {error}")
                    elif time.monotonic() > deadline:
                        return self._in_memory(f"{self.path} is locked by another program")
                    else:
                        time.sleep(0.02)
            except (SettingsError, ArchiveError) as error:
                return self._open_read_only(str(error))

    def _open_file(self) -> sqlite3.Connection:
        private_file(self.path)
        file = _id(self.path)
        connection = _connect(str(self.path))
        try:
            if _version(connection) != VERSION:
                with _exclusively(self.path):
                    _upgrade(connection, self.path)
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT}")
        except BaseException:
            connection.close()
            raise
        # that of before: had the file changed in between, the next use opens the new one
        self._file = file
        self.mode = "file"
        return connection

    def _open_read_only(self, reason: str) -> sqlite3.Connection:
        # immutable: a WAL database in a folder that cannot be written has no other way
        for options in ("mode=ro", "mode=ro&immutable=1"):
            try:
                connection = _connect(f"{self.path.absolute().as_uri()}?{options}")
            except sqlite3.OperationalError:
                continue
            try:
                if _version(connection) == 0:
                    raise sqlite3.OperationalError("empty")
                connection.execute("SELECT count(*) FROM sqlite_master")
            except sqlite3.DatabaseError:
                connection.close()
                continue
            self.mode = "read-only"
            self.notices.tell(f"the archive is read-only: {reason}")
            return connection
        return self._in_memory(reason)

    def _in_memory(self, reason: str) -> sqlite3.Connection:
        self.mode = "memory"
        self.notices.tell(f"nothing is archived in this run: {reason}")
        connection = _connect(":memory:")
        _upgrade(connection, self.path)
        return connection


def is_corrupt(error: sqlite3.Error) -> bool:
    """Tell whether SQLite found the file damaged, or no database at all."""
    return _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_busy(error: sqlite3.Error) -> bool:
    """Tell whether somebody else held the lock for too long."""
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _code(error: sqlite3.Error) -> int:
    # the low byte is the error, the rest its variety
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _connect(name: str) -> sqlite3.Connection:
    """Open a connection in autocommit mode; `name` is a path, or a file: URI."""
    return sqlite3.connect(
        name,
        timeout=BUSY_MS / 1000,
        isolation_level=None,
        check_same_thread=False,
        uri=name.startswith("file:"),
    )


def _version(connection: sqlite3.Connection) -> int:
    row: tuple[int] = connection.execute("PRAGMA user_version").fetchone()
    return row[0]


def _upgrade(connection: sqlite3.Connection, path: Path) -> None:
    found = _version(connection)
    if found > VERSION:
        raise ArchiveError(
            f"{path} was written by a newer divmon (archive version {found}, this one "
            f"knows {VERSION}); upgrade divmon, or move the file away"
        )
    connection.execute("PRAGMA journal_mode = WAL")
    for version, statements in enumerate(STEPS[found:], start=found + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in statements:
                # SQLite keeps the text; without our indentation the schema fits its first
                # page, and damage to any other is found and set aside when it is read
                connection.execute(" ".join(statement.split()))
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {version}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


@contextmanager
def _exclusively(path: Path) -> Iterator[None]:
    """Hold the lock beside `path`, for what two processes must not do at once.

    Raises:
        ArchiveError: It cannot be made, or another process held it for OPEN_WAIT seconds.
    """
    try:
        lock = os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ArchiveError(f"{path}.lock cannot be made: {error.strerror}") from error
    try:
        deadline = time.monotonic() + OPEN_WAIT
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise ArchiveError(f"{path}: another divmon is upgrading it") from None
                time.sleep(0.01)
        yield
    finally:
        os.close(lock)


def _id(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _move_away(path: Path, error: sqlite3.Error) -> str:
    """Rename the database and its WAL; return the sentence that says so."""
    aside = path.with_name(f"{path.name}.corrupt-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
    while aside.exists():
        aside = aside.with_name(f"{aside.name}x")
    path.rename(aside)
    for suffix in ("-wal", "-shm"):
        left = path.with_name(path.name + suffix)
        if left.exists():
            left.rename(aside.with_name(aside.name + suffix))
    return f"{path} was damaged ({error}); it is kept as {aside.name} and a new one was begun"
