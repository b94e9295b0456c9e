"""Runs a terminal program in a pseudo-terminal and measures it from outside. Linux."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

QUIET_S = 0.05
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Load:
    """What a program cost over a while: CPU as a share of one core, bytes a second written."""

    cpu: float
    bytes_per_s: float
    rss_mb: float


class Terminal:
    """One program, one pty of `size` (columns, rows)."""

    def __init__(
        self,
        command: list[str],
        size: tuple[int, int] = (120, 36),
        env: dict[str, str] | None = None,
    ) -> None:
        self.written = 0
        self.tail = b""
        self._master, slave = pty.openpty()
        columns, rows = size
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.started = time.monotonic()
        self._process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})},
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        os.close(self._master)

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def read(self, seconds: float) -> bytes:
        """Read what comes within `seconds`, and return at the first piece of it."""
        ready, _, _ = select.select([self._master], [], [], max(0.0, seconds))
        if not ready:
            return b""
        try:
            data = os.read(self._master, 65536)
        except OSError:
            data = b""
        self.written += len(data)
        self.tail = (self.tail + data)[-200_000:]
        return data

    def wait_for(self, pattern: str, timeout: float = 30.0) -> float:
        """Read until `pattern` has been written; return the seconds since the start.

        Raises:
            TimeoutError: It has not come.
        """
        wanted = re.compile(pattern.encode())
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            self.read(deadline - time.monotonic())
            if wanted.search(self.tail):
                return time.monotonic() - self.started
        raise TimeoutError(f"{pattern!r} was not written within {timeout:g} s")

    def load(self, seconds: float) -> Load:
        """Watch for `seconds`."""
        cpu, written, began = self.cpu(), self.written, time.monotonic()
        while (left := began + seconds - time.monotonic()) > 0:
            self.read(left)
        passed = time.monotonic() - began
        return Load(
            (self.cpu() - cpu) / passed, (self.written - written) / passed, self._rss() / 1e6
        )

    def answer(self, key: str, timeout: float = 5.0) -> float:
        """Press `key`; return the seconds until a screenful came back in one read.

        A tick of the market writes a handful of cells, 200 bytes at the most; what a key
        opens or closes writes thousands.

        Raises:
            TimeoutError: Nothing of that size came.
        """
        while self.read(QUIET_S):
            pass  # what the key before has drawn comes in several pieces
        began = time.monotonic()
        self.press(key)
        while time.monotonic() - began < timeout:
            if len(self.read(timeout)) >= 1_000:
                return time.monotonic() - began
        raise TimeoutError(f"{key!r} was not answered within {timeout:g} s")

    def _stat(self) -> list[str]:
        text = Path(f"/proc/{self._process.pid}/stat").read_text()
        return text.rsplit(")", 1)[1].split()

    def cpu(self) -> float:
        """Return the seconds of CPU that the program has used, in user and system."""
        fields = self._stat()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def _rss(self) -> int:
        return int(self._stat()[21]) * PAGE
