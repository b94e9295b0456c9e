"""A terminal that can be read: a real pty, and pyte to know what is on its screen."""

import codecs
import os
import select
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Self

import pexpect
import pyte


def program(
    *arguments: str, size: tuple[int, int] = (200, 60), env: Mapping[str, str] = {}
) -> pexpect.spawn:
    """Start `divmon ARGUMENTS` in a pty of `size`, columns × rows."""
    columns, rows = size
    return pexpect.spawn(
        sys.executable,
        ["-m", "divmon", *arguments],
        env={**_without_a_size(os.environ), "TERM": "xterm-256color", "LANG": "C.UTF-8", **env},
        dimensions=(rows, columns),
    )


class Emulator:
    """`divmon ARGUMENTS` on a screen of `size`, columns × rows."""

    def __init__(
        self, *arguments: str, size: tuple[int, int] = (200, 60), env: Mapping[str, str] = {}
    ) -> None:
        columns, rows = size
        self._child: Any = program(*arguments, size=size, env=env)
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.close(force=True)

    @property
    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(self._screen.display)

    def line(self, word: str) -> str:
        """Return the first line that holds `word`, "" if none does."""
        return next((line for line in self._screen.display if word in line), "")

    def press(self, keys: str) -> None:
        self._child.send(keys)

    def read(self) -> None:
        """Take in what has been written, or is within a tenth of a second."""
        ready, _, _ = select.select([self._child.child_fd], [], [], 0.1)
        if ready:
            self._stream.feed(self._decode.decode(os.read(self._child.child_fd, 65536)))

    def wait_until(self, shown: Callable[[], bool], timeout: float = 40.0) -> float:
        """Read until `shown()`; return the seconds it took.

        Raises:
            AssertionError: It has not come; the screen is in the message.
        """
        began = time.monotonic()
        while not shown():
            assert time.monotonic() - began < timeout, f"after {timeout:g} s:\n{self.text}"
            self.read()
        return time.monotonic() - began

    def wait_for(self, text: str, timeout: float = 40.0) -> float:
        """Read until the screen shows `text`; return the seconds it took."""
        return self.wait_until(lambda: text in self.text, timeout)

    def attached(self) -> bool:
        return "engine gone" not in self.text


def _without_a_size(env: Mapping[str, str]) -> dict[str, str]:
    """COLUMNS and LINES of the shell that runs the tests would overrule the pty's size."""
    return {name: value for name, value in env.items() if name not in ("COLUMNS", "LINES")}
