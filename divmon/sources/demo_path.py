"""The price inside a bar: a path from open to close that touches its high and its low.

A pure function of the bar and the time, so that it costs the same at any speed and two
looks at one moment see one price. No numpy: this is the demo's inner loop.
"""

from math import exp, log, sin
from typing import NamedTuple

WIGGLE = 0.12  # of the bar's range
_GOLDEN = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


class Ohlc(NamedTuple):
    open: float
    high: float
    low: float
    close: float


class SoFar(NamedTuple):
    """A running bar: what it has shown, and where it is."""

    open: float
    high: float
    low: float
    price: float


def chance(*keys: int) -> float:
    """Return a number in [0, 1) that depends on the keys alone (splitmix64)."""
    state = 0
    for key in keys:
        state = (state + key + _GOLDEN) & _MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
        state ^= state >> 31
    return state / 2**64


def so_far(bar: Ohlc, key: int, x: float) -> SoFar:
    """Return the running bar at `x`, the share of the bar's time gone by.

    The price is the open at 0 and the close at 1. On the way it reaches the low first
    if the bar rises, else the high, and then the other.
    """
    x = min(max(x, 0.0), 1.0)
    first = 0.08 + 0.37 * chance(key, 1)
    second = 0.55 + 0.37 * chance(key, 2)
    rises = bar.close >= bar.open
    near, far = (bar.low, bar.high) if rises else (bar.high, bar.low)
    seen: tuple[float, ...]
    if x < first:
        start, end, y, seen = bar.open, near, x / first, (bar.open,)
    elif x < second:
        start, end, y = near, far, (x - first) / (second - first)
        seen = (bar.open, near)
    else:
        start, end, y = far, bar.close, (x - second) / (1 - second)
        seen = (bar.open, near, far)
    price = exp(log(start) + (log(end) - log(start)) * y + _wiggle(bar, key, x, y))
    price = min(max(price, bar.low), bar.high)
    return SoFar(bar.open, max((*seen, price)), min((*seen, price)), price)


def _wiggle(bar: Ohlc, key: int, x: float, y: float) -> float:
    """Return a small wave that is zero where the pieces of the path meet."""
    phase = 6.283 * chance(key, 3)
    waves = sin(37 * x + phase) + 0.5 * sin(151 * x + 2 * phase) + 0.3 * sin(811 * x + 3 * phase)
    return WIGGLE * (log(bar.high) - log(bar.low)) * 4 * y * (1 - y) * waves
