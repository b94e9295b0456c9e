"""How long one instrument has beaten another."""

from dataclasses import dataclass

import numpy as np

from divmon.indicators.series import Days, Floats
from divmon.indicators.streaks import Breaks, Signs, extend, runs

TIE = 1e-12  # simple returns that differ by no more are equal, and end a run


@dataclass(frozen=True, slots=True, eq=False)
class Relative:
    """Runs over common sessions: `run[i]` ends at `day[i]`; the first has no return, so 0."""

    day: Days
    first: Floats
    second: Floats
    run: Signs


def common(
    day_a: Days, close_a: Floats, day_b: Days, close_b: Floats
) -> tuple[Days, Floats, Floats]:
    """Return the dates that both have, and their closes there."""
    days, at_a, at_b = np.intersect1d(day_a, day_b, assume_unique=True, return_indices=True)
    return days, close_a[at_a], close_b[at_b]


def relative(days: Days, first: Floats, second: Floats, breaks: Breaks | None = None) -> Relative:
    """Return the runs in which the first beat the second (+) or lost to it (-).

    Args:
        days: Common sessions, ascending, shape (n,).
        first, second: Closes on them, never rounded: the thinnest day of the run of
            January 2026 was 0.05 percentage points.
        breaks: True where a common session is missing before the bar.
    """
    lead = first[1:] / first[:-1] - second[1:] / second[:-1]
    signs = np.zeros(len(days), dtype=np.int64)
    signs[1:] = np.where(np.abs(lead) <= TIE, 0, np.sign(lead))
    if breaks is not None:
        signs[breaks] = 0  # over a hole the change is not one session's
    return Relative(days, first, second, runs(signs, breaks))


def lead_pp(relation: Relative) -> float | None:
    """Return the first's return less the second's over the final run, in percentage points."""
    n = len(relation.day)
    length = abs(int(relation.run[-1])) if n else 0
    if length == 0:
        return None
    start = n - 1 - length
    ours = relation.first[-1] / relation.first[start]
    theirs = relation.second[-1] / relation.second[start]
    return float(100 * (ours - theirs))


def rank(lengths: Signs) -> int | None:
    """Return the place of the final run among all of its sign, 1 for the longest."""
    if len(lengths) == 0 or lengths[-1] == 0:
        return None
    sign = np.sign(lengths[-1])
    ends = np.ones(len(lengths), dtype=np.bool_)
    ends[:-1] = np.abs(lengths[1:]) != np.abs(lengths[:-1]) + 1
    same = np.abs(lengths[ends & (np.sign(lengths) == sign)])
    return 1 + int(np.count_nonzero(same > abs(lengths[-1])))


def breaker(first_close: float, second_close: float, second_now: float) -> float:
    """Return the first's price at which its return equals the second's: there the run ends."""
    return first_close * (second_now / second_close)


def provisional(
    run: int, first_close: float, second_close: float, first_now: float, second_now: float
) -> int:
    """Return the run if the running session closed now."""
    lead = first_now / first_close - second_now / second_close
    return extend(run, 0 if abs(lead) <= TIE else (lead > 0) - (lead < 0))
