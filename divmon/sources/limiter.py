"""How often we ask: a steady rate, and pauses that grow while a source is unwell."""

import random
from collections.abc import Callable

from divmon.market.clock import Clock


class Limiter:
    """Lets `rate` calls a second through, evenly, after a first `burst` at once.

    The burst is for a start, when every row of the screen waits for its first answer;
    it does not grow back, so a limiter that has been idle lets through one call only.
    """

    def __init__(self, rate: float, clock: Clock, burst: int = 1) -> None:
        self.rate = rate
        self.clock = clock
        self._burst = burst
        self._next = 0.0  # when the next call may go, in the clock's seconds

    async def acquire(self) -> None:
        """Wait for a turn. Turns are given in the order of asking."""
        now = self.clock.now()
        if self._burst > 0:
            self._burst -= 1
            self._next = now + 1 / self.rate
            return
        turn = max(now, self._next)
        self._next = turn + 1 / self.rate
        if turn > now:
            await self.clock.sleep(turn - now)


class Pauses:
    """Pauses that double from `first` to `longest`, each shortened by up to `shrink` at random.

    Random, so that many programs cut off together do not come back together.
    """

    def __init__(
        self,
        first: float,
        longest: float,
        *,
        shrink: float = 0.5,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.first = first
        self.longest = longest
        self.shrink = shrink
        self.jitter = jitter
        self.count = 0

    def next(self) -> float:
        """Return the next pause, in seconds."""
        # 2**63 is far beyond any `longest`, and a count of weeks must not overflow a float
        pause = min(self.longest, self.first * 2.0 ** min(self.count, 63))
        self.count += 1
        return pause * (1 - self.shrink * self.jitter())

    def reset(self) -> None:
        """Begin anew with `first`."""
        self.count = 0
