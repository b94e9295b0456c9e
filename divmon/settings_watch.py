"""Follows a settings file while the program runs. The file is only ever read.

The path is watched and not what lies there: editors put a new file in the old one's
place. What they write in two steps is waited for: a change is read once two looks in a
row have found the same, and a file that is gone has to stay away for a whole second.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from divmon import settings
from divmon.errors import SettingsError
from divmon.settings import Settings

LOOK_S = 1.0  # seconds between two looks
SETTLE_S = 0.2  # seconds that a changed file has to stay as it is

Stamp = tuple[int, ...]
NEVER: Stamp = ()  # of a file that nobody has looked at yet


def stamp_of(path: Path) -> Stamp | None:
    """Return what differs when a file was written or replaced; None if there is none.

    With the time of the last change of the inode: `cp -p` and rsync keep the other.
    """
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino, found.st_dev


class Reloaded(NamedTuple):
    """What the file said before, and what it says now."""

    before: Settings
    after: Settings


class SettingsWatch:
    """One settings file.

    Args:
        path: Of the file; there may be none yet.
        read: What was read of it at the start, or the defaults if there was none.
        required: Whether it has to be there, as a file named by --config has.
    """

    def __init__(self, path: Path, read: Settings, *, required: bool = False) -> None:
        self.path = path
        self._read = read
        self._required = required
        self._known: Stamp | None = NEVER  # of what was read
        self._seen: Stamp | None = NEVER  # by the last look
        self._text: str | None = None
        self._wrong = False
        self._poked: asyncio.Event | None = None

    async def changes(
        self, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> AsyncIterator[Reloaded | SettingsError]:
        """Yield each change of the file, or once what is wrong with it, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            outcome = await loop.run_in_executor(None, self.look)
            if outcome is not None:
                yield outcome
            settling = self._seen != self._known and self._seen is not None
            await self._wait(SETTLE_S if settling else LOOK_S, sleep)

    def poke(self) -> None:
        """Look at once: somebody has just been at the file."""
        if self._poked is not None:
            self._poked.set()

    def look(self) -> Reloaded | SettingsError | None:
        """Return what is new since the last look. Blocks while the disk does."""
        stamp, before = stamp_of(self.path), self._seen
        self._seen = stamp
        if stamp == self._known or (stamp != before and before != NEVER):
            return None
        self._known = stamp
        try:
            text = self._content()
            if text == self._text:
                return None
            self._text = text
            read = settings.from_text(text, self.path.name)
        except SettingsError as error:
            self._wrong = True
            return error
        told, was = Reloaded(self._read, read), self._wrong
        self._read, self._wrong = read, False
        return told if was or told.before != told.after else None

    def _content(self) -> str:
        # a dangling link is there, and is told as unreadable rather than passed over
        if self._seen is None and not self._required and not self.path.is_symlink():
            return ""
        return settings.read_text(self.path)

    async def _wait(self, seconds: float, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._poked = asyncio.Event()
        waits = [asyncio.ensure_future(sleep(seconds)), asyncio.ensure_future(self._poked.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
