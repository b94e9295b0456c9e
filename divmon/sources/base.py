"""What every source is."""

from collections.abc import Callable
from typing import Protocol

from divmon.market.clock import Clock
from divmon.market.events import Emit, Interval

LastBar = Callable[[str, Interval], int | None]
"""Ask the archive for the time of the newest bar of (series, interval), None if it has none."""


class Source(Protocol):
    """Anything that yields market events.

    `run` calls `emit` from the event loop's thread until it is cancelled or has no
    more to tell; a finite source (a folder of files) returns. It lets no failure of
    the outside world escape: those become SourceHealth events. Anything that does
    escape is a bug and ends the program.
    """

    @property
    def name(self) -> str:
        """What the Reading names as its source: "live", "demo", "csv:DIR"."""

    @property
    def simulated(self) -> bool:
        """Whether its prices were never traded."""

    @property
    def clock(self) -> Clock:
        """The time that its events belong to."""

    async def run(self, emit: Emit) -> None:
        """Emit events until cancelled or finished."""

    def refresh(self) -> None:
        """Try again now whatever waits for its next try. Harmless at any time."""
