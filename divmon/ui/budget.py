"""When the screen may be painted again: what the market asks for waits, a person never.

Two buckets fill with time. One holds frames: after a quiet moment a few follow each
other at `fps`, under constant change three of ten are drawn, since nobody reads ten
prices a second, and fewer while each of them changes much of the screen: a thousand
ticks then cost what ten do. The other, if there is a budget, holds bytes. What waits is
drawn later and is then the newest; nothing is queued.
"""

import time
from collections.abc import Callable

STEADY = 0.3  # of the frames under constant change ...
LEAST = 3.0  # ... but that many a second, if `fps` has them
USUAL = 80  # bytes of a frame; without a budget, one of more counts for up to two
BURST_S = 1.0  # how long frames may follow each other at `fps` after a quiet moment
SAVED_S = 1.0  # of a budget's bytes that a quiet moment saves up
DEBT_S = 3.0  # what a page that was opened may cost: a venue is fresh for 5 s


class Bucket:
    """Fills at `rate` a second up to `most`; may be emptied to `least`, below zero."""

    def __init__(self, rate: float, most: float, least: float, now: Callable[[], float]) -> None:
        self.rate = rate
        self.most = most
        self.least = least
        self._now = now
        self._holds = most
        self._at = now()

    @property
    def holds(self) -> float:
        """How much is in it now."""
        now = self._now()
        self._holds = min(self.most, self._holds + self.rate * max(0.0, now - self._at))
        self._at = now
        return self._holds

    def take(self, amount: float) -> None:
        """Take `amount` out; the owner has asked `wait` or does not want to wait."""
        self._holds = max(self.least, self.holds - amount)

    def wait(self, amount: float = 0.0) -> float:
        """Return the seconds until it holds `amount`."""
        return max(0.0, (amount - self.holds) / self.rate)


class Pace:
    """When the next frame that the market asks for may be drawn.

    Args:
        fps: Frames a second at the most.
        bytes_per_s: What may be written to the terminal; None: as much as comes.
    """

    def __init__(
        self,
        fps: float,
        bytes_per_s: float | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.written = 0  # bytes, of everything
        self._now = now
        self._last = float("-inf")
        self.limit(fps, bytes_per_s)

    def limit(self, fps: float, bytes_per_s: float | None) -> None:
        """Go on at other limits."""
        now = self._now
        self.gap = 1 / fps
        self.budget = bytes_per_s
        steady = min(fps, max(LEAST, STEADY * fps))
        self._frames = Bucket(steady, max(1.0, BURST_S * steady), -1.0, now)
        self._bytes: Bucket | None = None
        if bytes_per_s is not None:
            self._bytes = Bucket(bytes_per_s, SAVED_S * bytes_per_s, -DEBT_S * bytes_per_s, now)

    def wait(self) -> float:
        """Return the seconds until a frame may be drawn; 0 is now."""
        gap = self._last + self.gap - self._now()
        return max(0.0, gap, self._frames.wait(1.0), self.short())

    def short(self) -> float:
        """Return the seconds until the budget has something again; 0 without one."""
        return 0.0 if self._bytes is None else self._bytes.wait()

    def drew(self) -> None:
        """Note that a frame was drawn, for whatever reason."""
        self._last = self._now()
        self._frames.take(1.0)

    def wrote(self, count: int) -> None:
        """Note what has gone to the terminal, for whatever reason."""
        self.written += count
        if self._bytes is not None:
            self._bytes.take(count)
        elif count > USUAL:
            self._frames.take(min(1.0, count / USUAL - 1.0))
