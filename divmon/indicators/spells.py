"""Every run that a series has had: how long, from when to when, and how often."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divmon.indicators.series import Days
from divmon.indicators.streaks import YEAR, Breaks, Signs


@dataclass(frozen=True, slots=True, eq=False)
class Spells:
    """Whole runs, oldest first, as columns of one length.

    `first` and `last` are the bars that a run begins and ends on; `length` is signed.
    `cut`: the history begins, or a session is missing, where the run does, or where it
    ends, so that it is "at least" that long.
    """

    first: Days
    last: Days
    length: Signs
    cut: Breaks

    def __len__(self) -> int:
        return len(self.length)


def spells(lengths: Signs, breaks: Breaks, *, changes: bool = False) -> Spells:
    """Return the runs of a series.

    Args:
        lengths: `runs` of the series, in which a tie ends a run, shape (n,).
        breaks: True where a session is missing before the bar, shape (n,).
        changes: The runs are of changes from the bar before, so that the first bar,
            and the first after a hole, have none.
    """
    following = np.append(lengths[1:], 0)
    last = np.flatnonzero((lengths != 0) & (following != lengths + np.sign(lengths)))
    length = lengths[last]
    first = last - np.abs(length) + 1
    # of a change: the bar that it was counted from
    before = first - 1 if changes else first
    unknown = breaks.copy()
    unknown[:1] = True
    cut = unknown[before] | np.append(breaks[1:], False)[last]
    return Spells(first, last, length, cut)


def ranks(length: Signs) -> NDArray[np.int64]:
    """Return the rank of each run among those of its direction; 1: none was longer."""
    found = np.zeros(len(length), dtype=np.int64)
    for sign in (1, -1):
        own = length * sign > 0
        size = np.abs(length[own])
        found[own] = 1 + len(size) - np.searchsorted(np.sort(size), size, side="right")
    return found


def longest(length: Signs, sign: int, count: int) -> list[int]:
    """Return the indices of the `count` longest runs of a direction, of equal ones the newest."""
    own = np.flatnonzero(length * sign > 0)
    order = np.lexsort((-own, -np.abs(length[own])))
    return [int(at) for at in own[order[:count]]]


def reached(length: Signs) -> list[tuple[int, int]]:
    """Return how many rises and how many falls reached 1, 2, 3 … bars."""
    most = int(np.abs(length).max(initial=0))
    counts = []
    for sign in (1, -1):
        sizes = np.bincount(np.maximum(length * sign, 0), minlength=most + 1)[1:]
        counts.append(sizes[::-1].cumsum()[::-1].tolist())
    return list(zip(*counts, strict=True))


def years(day: Days) -> float | None:
    """Return the years from the first bar to the last; None for less than one: too few to tell."""
    if not len(day) or day[-1] - day[0] < YEAR:
        return None
    return float(day[-1] - day[0]) / YEAR
