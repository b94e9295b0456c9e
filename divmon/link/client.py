"""A screen's feed from the engine of another process. Light: nothing that computes."""

import asyncio
import contextlib
import os
import random
import socket
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from pathlib import Path

from divmon.errors import LinkError, UnknownKindError
from divmon.link.codec import Command, Frame, Happened, Health, Hello, decode_frame, encode
from divmon.link.framing import Splitter, peer_uid
from divmon.market.clock import Clock, SystemClock
from divmon.market.events import Event, SourceHealth, SourceState
from divmon.settings import Settings

SILENCE = 1.4  # seconds without a byte: three heartbeats of the server
GRACE = 0.2  # seconds more, for bytes that came while we ourselves were stopped
CONNECT = 1.0
FIRST_WAIT, LONGEST_WAIT = 0.2, 2.0  # seconds before trying again
MISMATCH_WAIT = 10.0  # another version answers, or garbage; it may be restarted
REMEMBERED = 200  # events, to tell none twice after a reconnect
UNSENT = 64 * 1024  # bytes on the way to an engine that does not read: commands are dropped
PIECE = 256 * 1024  # bytes read at once


def find_watch(path: Path, timeout: float = 0.05) -> bool:
    """Tell whether a process of this user serves at `path`. Blocks for `timeout` at most."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(str(path))
            return peer_uid(connection) in (None, os.geteuid())
    except OSError:
        return False


def greeting(path: Path, timeout: float) -> Hello | None:
    """Return how the watch at `path` greets, None if it says nothing. Blocks.

    Raises:
        LinkError: It is of another version, or no watch.
    """
    splitter = Splitter()
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(str(path))
            while data := connection.recv(PIECE):
                for body in splitter.feed(data):
                    with contextlib.suppress(UnknownKindError):
                        if isinstance(frame := decode_frame(body), Hello):
                            return frame
    except OSError:
        return None
    return None


class AttachedFeed:
    """The frames of a running `divmon watch`, through its deaths and returns.

    Every connection gives Hello, then Health of the "engine" itself, then the board.
    When the engine is gone or silent, a Health frame says so within two seconds; the
    first frame of all may be such a one. It is "off" where the other end is no watch of
    this version, with the reason in words for a person.
    """

    name = "watch"

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.path = path
        self._clock = clock or SystemClock()
        self._sleep = sleep
        self._jitter = jitter
        self._closed = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._told: deque[Event] = deque(maxlen=REMEMBERED)
        self._reconnects = -1  # the first connection is none
        self._pid = 0

    async def frames(self) -> AsyncIterator[Frame]:
        """Yield frames until `aclose`."""
        wait = FIRST_WAIT
        lost: float | None = None
        state: SourceState
        while not self._closed.is_set():
            greeted = False
            try:
                async with contextlib.aclosing(self._connection()) as frames:
                    async for frame in frames:
                        if isinstance(frame, Hello):
                            greeted = True
                            wait, lost = FIRST_WAIT, None
                        yield frame
                reason, state = self._gone(greeted), "retrying"
            except TimeoutError:
                reason, state = f"no word from the engine for {SILENCE:g} s", "retrying"
            except LinkError as error:
                # another program or version: it will not be cured by asking at once
                reason, state = str(error), "off"
            except OSError as error:
                nobody = f"no watch at {self.path}: {error.strerror or error}"
                reason, state = self._gone(greeted) if greeted else nobody, "retrying"
            if self._closed.is_set():
                return
            now = self._clock.now()
            lost = now if lost is None else lost
            # shortened at random: many screens cut off together do not return together
            pause = (MISMATCH_WAIT if state == "off" else wait) * (1 - self._jitter() / 4)
            yield self._health(state, lost, reason=reason, next_try=now + pause)
            await self._pause(pause)
            wait = min(wait * 2, LONGEST_WAIT)

    async def send(self, command: Command) -> None:
        """Pass a command on; dropped while there is no engine, or one that does not read."""
        writer = self._writer
        if (
            writer is not None
            and not writer.is_closing()
            and writer.transport.get_write_buffer_size() < UNSENT
        ):
            writer.write(encode(command))

    async def reconfigure(self, settings: Settings) -> None:
        """Nothing to do: the watch follows its own file."""

    async def aclose(self) -> None:
        """End `frames` at once."""
        self._closed.set()
        if self._writer is not None:
            self._writer.transport.abort()

    async def _connection(self) -> AsyncGenerator[Frame, None]:
        """Yield the frames of one connection, to its end.

        Raises:
            TimeoutError: Nothing came for SILENCE seconds.
            LinkError: What came is not the link of this version.
            OSError: There is nobody to connect to.
        """
        async with asyncio.timeout(CONNECT):
            reader, writer = await asyncio.open_unix_connection(self.path, limit=PIECE)
        try:
            if peer_uid(writer.get_extra_info("socket")) not in (None, os.geteuid()):
                raise LinkError(f"{self.path} is served by another user; remove it")
            splitter = Splitter()
            greeted = False
            while data := await self._read(reader):
                for body in splitter.feed(data):
                    try:
                        frame = decode_frame(body)
                    except UnknownKindError:
                        continue
                    if isinstance(frame, Hello):
                        self._pid, self._writer = frame.pid, writer
                        self._reconnects += not greeted
                        yield frame
                        if not greeted:
                            yield self._health("ok", self._clock.now())
                        greeted = True
                    elif _heartbeat(frame) or self._old(frame):
                        continue
                    elif greeted:
                        yield frame
                    else:
                        raise LinkError(f"{self.path}: the first frame must be Hello")
        finally:
            self._writer = None
            writer.transport.abort()

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        try:
            async with asyncio.timeout(SILENCE):
                return await reader.read(PIECE)
        except TimeoutError:
            # We may have been stopped (a terminal's ctrl-Z) and the bytes be there.
            async with asyncio.timeout(GRACE):
                return await reader.read(PIECE)

    async def _pause(self, seconds: float) -> None:
        """Sleep, or less if the feed is closed."""
        waits = [
            asyncio.ensure_future(self._sleep(seconds)),
            asyncio.ensure_future(self._closed.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _gone(self, greeted: bool) -> str:
        if greeted:
            return f"the engine (pid {self._pid}) is gone"
        return f"the watch at {self.path} hung up"

    def _old(self, frame: Frame) -> bool:
        """Tell whether `frame` is an event told before: a new connection repeats the last ones."""
        if not isinstance(frame, Happened):
            return False
        if frame.event in self._told:
            return True
        self._told.append(frame.event)
        return False

    def _health(
        self, state: SourceState, since: float, *, reason: str = "", next_try: float | None = None
    ) -> Health:
        return Health(
            SourceHealth(
                name="engine",
                kind="link",
                state=state,
                since=since,
                reason=reason,
                next_try=next_try,
                reconnects=max(self._reconnects, 0),
            )
        )


def _heartbeat(frame: Frame) -> bool:
    return isinstance(frame, Health) and frame.source.name == "engine"
