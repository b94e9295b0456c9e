"""Time as an argument.

The clock comes from the source, so that a simulated January 2026 is in January
2026 for every age, session and countdown on the screen.
"""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Where the program gets its time from."""

    def now(self) -> float:
        """Return the current time, in Unix seconds."""

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` of this clock."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class StillClock:
    """A clock that stands at one moment of the past; waiting takes our own seconds."""

    rate = 0.0

    def __init__(self, at: float) -> None:
        self.at = at

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
