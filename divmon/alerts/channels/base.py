"""What every channel is, and what they share: clean text, and processes that end in time."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from divmon.alerts.model import Alert
from divmon.errors import TransientError

RANKS = {"info": 0, "notice": 1, "warning": 2, "alert": 3, "never": 4}

_KEPT = 4096  # bytes kept of what a process writes
_DYING_S = 1.0  # for a process that was killed
_LINGER_S = 0.2  # for the rest of its output once it has ended


class Channel(Protocol):
    """One way to a person."""

    @property
    def name(self) -> str:
        """The key of it in the outbox, and the name that messages give it."""

    async def send(self, alert: Alert, payload: bytes) -> None:
        """Hand over one alert; `payload` is its JSON, the same bytes at every attempt.

        Ends within the channel's own time limit.

        Raises:
            TransientError: It was not taken; the message says why, without any secret.
            RateLimitedError: As before, and the receiver asked for quiet.
        """


@dataclass(frozen=True)
class Ended:
    """How a process ended, and the first 4 kB of what it wrote."""

    code: int
    output: bytes
    errors: bytes


def reaches(severity: str, least: str) -> bool:
    """Tell whether an alert of `severity` is for a channel that takes `least` and above."""
    return RANKS[severity] >= RANKS[least]


def clean(text: str, most: int = 200) -> str:
    """Return `text` on one line of at most `most` characters, with nothing a terminal obeys.

    Control characters, also those of C1, line separators and the marks that turn the
    direction of writing become blanks.
    """
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def headline(alert: Alert) -> str:
    """Return the title, marked if the alert is a test or not of a real market."""
    marks = ("TEST " if alert.test else "") + ("SIMULATED " if alert.simulated else "")
    return f"{marks}{clean(alert.title)}"


async def run(
    arguments: Sequence[str], *, stdin: bytes, env: Mapping[str, str], timeout_s: float
) -> Ended:
    """Run a program without a shell and without a terminal, to its end or the time limit.

    It is the head of a process group of its own, which is killed at the limit and has
    no terminal to write to.

    Raises:
        TransientError: It cannot be started, or the time is over.
    """
    name = clean(arguments[0].rpartition("/")[2], 60)
    loop = asyncio.get_running_loop()
    try:
        transport, process = await loop.subprocess_exec(
            _Process, *arguments, env=dict(env), start_new_session=True
        )
    except (OSError, ValueError) as error:  # ValueError: a NUL in an argument
        raise TransientError(
            f"{name} cannot be started: {getattr(error, 'strerror', None) or error}"
        ) from error
    try:
        async with asyncio.timeout(timeout_s):
            process.feed(transport, stdin)
            await process.exited.wait()
        with contextlib.suppress(TimeoutError):
            # something that it left behind may hold the pipes open
            await asyncio.wait_for(process.silent.wait(), _LINGER_S)
    except TimeoutError as error:
        raise TransientError(f"{name} did not end within {timeout_s:g} s") from error
    finally:
        if transport.get_returncode() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(transport.get_pid(), signal.SIGKILL)
            with contextlib.suppress(TimeoutError):  # so that no zombie stays
                await asyncio.wait_for(process.exited.wait(), _DYING_S)
        transport.close()
    return Ended(transport.get_returncode() or 0, process.written[1], process.written[2])


class _Process(asyncio.SubprocessProtocol):
    """Keeps the first bytes of what a process writes, and reads on, so that it never waits."""

    def __init__(self) -> None:
        self.written = {1: b"", 2: b""}
        self.exited = asyncio.Event()
        self.silent = asyncio.Event()
        self._open = {1, 2}

    def feed(self, transport: asyncio.SubprocessTransport, data: bytes) -> None:
        pipe = transport.get_pipe_transport(0)
        assert isinstance(pipe, asyncio.WriteTransport)
        pipe.write(data)
        pipe.close()  # once all is written

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self.written[fd] = (self.written[fd] + data)[:_KEPT]

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's signature)
        self._open.discard(fd)
        if not self._open:
            self.silent.set()

    def process_exited(self) -> None:
        self.exited.set()
