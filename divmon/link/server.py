"""Serves one engine's frames on a Unix socket, for the screens of this user alone."""

import asyncio
import contextlib
import fcntl
import os
import socket
import sys
from pathlib import Path
from typing import Protocol, Self

from divmon.errors import LinkError, SettingsError, UnknownKindError
from divmon.link.codec import decode_command, encode
from divmon.link.framing import Splitter, peer_uid
from divmon.link.hub import Subscription
from divmon.market.clock import Clock, SystemClock
from divmon.market.events import SourceHealth
from divmon.paths import private_folder
from divmon.reading.frames import Command, Health

HEARTBEAT = 0.4  # seconds of silence before a screen is told that all is well
LONGEST_COMMAND = 64 * 1024  # bytes
LONGEST_PATH = 103 if sys.platform == "darwin" else 107  # bytes, of sockaddr_un
LOOK = 5.0  # seconds between two looks whether our socket is still there
SCREENS = 64  # at once; more are a mistake in somebody's script
PIECE = 64 * 1024  # bytes read at once


class Serves(Protocol):
    """What a server needs of an engine: `link.hub.Hub` is one."""

    def subscribe(self) -> Subscription:
        """Begin a subscription for one screen."""

    def command(self, command: Command) -> None:
        """Take what a screen asked for."""


class LinkServer:
    """The server of one `divmon watch`. One process serves a path; the lock beside it says which.

    A screen that stops reading, sends garbage or dies is cut off or waited for alone;
    the engine and the other screens do not notice.
    """

    def __init__(
        self,
        path: Path,
        hub: Serves,
        *,
        heartbeat: float = HEARTBEAT,
        clock: Clock | None = None,
    ) -> None:
        self.path = path
        self.refused = 0  # peers cut off: another user, garbage, too many
        self._hub = hub
        self._heartbeat = heartbeat
        self._clock = clock or SystemClock()
        self._lock: int | None = None
        self._server: asyncio.Server | None = None
        self._file: tuple[int, int] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._screens: dict[asyncio.Task[None], _Screen] = {}

    @property
    def screens(self) -> int:
        """How many screens are attached."""
        return len(self._screens)

    async def start(self) -> None:
        """Begin to serve. The socket of a dead process is replaced.

        Raises:
            LinkError: Another watch serves here, or no socket can be made here.
        """
        length = len(os.fsencode(self.path))
        if length > LONGEST_PATH:
            raise LinkError(
                f"{self.path}: a socket's path may have {LONGEST_PATH} bytes, was {length}; "
                "set XDG_RUNTIME_DIR to a shorter folder of yours"
            )
        try:
            await self._serve()
        except LinkError:
            await self.stop()
            raise
        self._tasks = [
            asyncio.create_task(self._beat(), name="link heartbeat"),
            asyncio.create_task(self._look(), name="link socket"),
        ]

    async def _serve(self) -> None:
        """Take the lock and listen, in place of what we listened on before."""
        try:
            private_folder(self.path.parent)
            if self._lock is None or not _holds(self._lock, self.path):
                lock = _take_lock(self.path)
                self._release()
                self._lock = lock
            elif self._server is not None:
                self._server.close()
            listening = _bound(self.path)
            self._file = _file(self.path)
            self._server = await asyncio.start_unix_server(
                self._attach, sock=listening, limit=PIECE
            )
        except SettingsError as error:
            raise LinkError(str(error)) from error
        except OSError as error:
            self._release()
            raise LinkError(f"{self.path} cannot be served: {error.strerror}") from error

    def _release(self) -> None:
        """Stop listening; those who are attached stay."""
        if self._server is not None:
            # first, while the lock says that nobody else has bound it since
            if self._file is not None and self._file == _file(self.path):
                self.path.unlink()
            self._server.close()
            self._server = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def stop(self) -> None:
        """Stop serving and let the screens go; the socket is removed."""
        for task in self._tasks:
            task.cancel()
        self._tasks = []
        self._release()
        for screen in list(self._screens.values()):
            screen.writer.transport.abort()
            screen.subscription.close()
        if self._screens:
            await asyncio.wait(list(self._screens), timeout=1)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _attach(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if self.screens >= SCREENS or not _same_user(writer):
            self.refused += 1
            writer.transport.abort()
            return
        screen = _Screen(self._hub.subscribe(), writer, asyncio.get_running_loop().time())
        self._screens[task] = screen
        listening = asyncio.create_task(self._listen(reader, screen), name="link commands")
        try:
            await screen.serve()
        finally:
            del self._screens[task]
            screen.subscription.close()
            listening.cancel()
            writer.transport.abort()

    async def _listen(self, reader: asyncio.StreamReader, screen: "_Screen") -> None:
        """Pass on what the screen asks for, until it goes or makes no sense."""
        splitter = Splitter(LONGEST_COMMAND)
        try:
            while data := await reader.read(PIECE):
                for body in splitter.feed(data):
                    # a newer screen has seen our version, and told the person
                    with contextlib.suppress(UnknownKindError):
                        self._hub.command(decode_command(body))
        except LinkError:
            self.refused += 1
        except OSError:
            pass  # it went away
        finally:
            screen.writer.transport.abort()
            screen.subscription.close()

    async def _beat(self) -> None:
        """Let every screen hear from us, so that silence means we are gone or stuck."""
        since = self._clock.now()
        alive = encode(Health(SourceHealth(name="engine", kind="link", state="ok", since=since)))
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._heartbeat)
            for screen in list(self._screens.values()):
                screen.beat(alive, before=loop.time() - self._heartbeat)

    async def _look(self) -> None:
        """Serve anew when the socket is gone.

        systemd removes XDG_RUNTIME_DIR at the last logout, and makes it again at the
        next login, while a watch in tmux runs on.
        """
        while True:
            await asyncio.sleep(LOOK)
            if self._file != _file(self.path):
                # not possible yet, or somebody else serves there: look again
                with contextlib.suppress(LinkError):
                    await self._serve()


class _Screen:
    """One attached screen."""

    def __init__(
        self, subscription: Subscription, writer: asyncio.StreamWriter, now: float
    ) -> None:
        self.subscription = subscription
        self.writer = writer
        self._sent = now

    async def serve(self) -> None:
        """Send what the subscription yields, as fast as the screen takes it."""
        loop = asyncio.get_running_loop()
        # the screen went away: writes fail, and the listener closes the subscription
        with contextlib.suppress(OSError, StopAsyncIteration):
            while True:
                packet = await self.subscription.packet()
                self.writer.write(packet.encoded)
                self._sent = loop.time()
                await self.writer.drain()

    def beat(self, alive: bytes, before: float) -> None:
        """Write `alive` if nothing was sent since `before` and nothing is on its way."""
        transport = self.writer.transport
        if self._sent <= before and not transport.get_write_buffer_size():
            if not transport.is_closing():
                transport.write(alive)
            self._sent = before


def _same_user(writer: asyncio.StreamWriter) -> bool:
    return peer_uid(writer.get_extra_info("socket")) in (None, os.geteuid())


def _file(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _take_lock(path: Path) -> int:
    """Return a descriptor that holds the lock of `path` until it is closed, or we die."""
    lock = os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = os.pread(lock, 20, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(lock)
        raise LinkError(f"a watch is running already (pid {pid}); attach with `divmon`") from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock


def _holds(lock: int, path: Path) -> bool:
    """Tell whether `lock` is still the lock of `path`, and not that of a removed folder."""
    mine = os.fstat(lock)
    return (mine.st_dev, mine.st_ino) == _file(Path(f"{path}.lock"))


def _bound(path: Path) -> socket.socket:
    """Return a socket bound to `path`, for this user alone.

    What is there already is dead, since we hold the lock.
    """
    path.unlink(missing_ok=True)
    served = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # no moment in which others could connect: the folder is 0700
        served.bind(str(path))
        path.chmod(0o600)
    except OSError:
        served.close()
        raise
    return served
