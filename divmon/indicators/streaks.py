"""Runs of rises or falls, and how rare one of that length is."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from divmon.indicators.series import Days, Floats

Signs = NDArray[np.int64]
Breaks = NDArray[np.bool_]
Tie = Literal["break", "skip"]

YEAR = 365.25  # days


def candle_sign(open_: float, close: float, doji: float = 0.0) -> int:
    """Return +1 for a rising bar, -1 for a falling one, 0 within the fraction `doji`."""
    return (close > open_ * (1 + doji)) - (close < open_ * (1 - doji))


def candle_signs(open_: Floats, close: Floats, doji: float = 0.0) -> Signs:
    """Return `candle_sign` of every bar, shape (n,)."""
    up, down = close > open_ * (1 + doji), close < open_ * (1 - doji)
    return up.astype(np.int64) - down.astype(np.int64)


def change_signs(close: Floats, breaks: Breaks | None = None) -> Signs:
    """Return the signs of the changes from the bar before, shape (n,).

    The first is 0, and so is one across a missing session: it is not one session's.
    """
    signs = np.zeros(len(close), dtype=np.int64)
    signs[1:] = np.sign(np.diff(close))
    if breaks is not None:
        signs[breaks] = 0
    return signs


def runs(signs: Signs, breaks: Breaks | None = None, tie: Tie = "break") -> Signs:
    """Return the signed length of the run that ends at each bar.

    Args:
        signs: +1, 0 or -1 for each bar, oldest first, shape (n,).
        breaks: True where the bar does not follow the one before it (a session is
            missing between them), so that no run reaches across.
        tie: What a 0 does: "break" ends the run, "skip" leaves it as it was.

    Returns:
        +3 at the third rise in a row, -2 at the second fall, 0 where there is no run.
    """
    part = np.zeros(len(signs), dtype=np.int64)
    if breaks is not None:
        part = np.cumsum(breaks, dtype=np.int64)
    if tie == "skip":
        moving = np.flatnonzero(signs)
        lengths = _runs(signs[moving], part[moving])
        at = np.searchsorted(moving, np.arange(len(signs)), side="right") - 1
        carried = np.zeros(len(signs), dtype=np.int64)
        known = at >= 0
        known[known] = part[moving[at[known]]] == part[known]
        carried[known] = lengths[at[known]]
        return carried
    return _runs(signs, part)


def _runs(signs: Signs, part: Signs) -> Signs:
    index = np.arange(len(signs))
    new = np.ones(len(signs), dtype=np.bool_)
    new[1:] = (signs[1:] != signs[:-1]) | (part[1:] != part[:-1])
    start = np.maximum.accumulate(np.where(new, index, 0))
    return np.asarray(signs * (index - start + 1), dtype=np.int64)


def extend(run: int, sign: int, *, broken: bool = False, tie: Tie = "break") -> int:
    """Return the run after one more bar: `runs` of the longer series, without the series."""
    if sign == 0:
        return run if tie == "skip" and not broken else 0
    return run + sign if run * sign > 0 and not broken else sign


def per_year(lengths: Signs, days: Days, run: int) -> float | None:
    """Return how many runs a year reached `run`, of its direction, in the whole series.

    Args:
        lengths: `runs` of the series, shape (n,).
        days: The bars' dates, days since 1970-01-01, shape (n,).
        run: Signed length; the run that the series ends on counts as well.

    Returns:
        None for no run, or when the series spans less than a year.
    """
    if run == 0 or len(days) == 0 or days[-1] - days[0] < YEAR:
        return None
    # a run passes through each of its lengths once; skipped ties repeat one
    passes = lengths == run
    passes[1:] &= lengths[1:] != lengths[:-1]
    return float(np.count_nonzero(passes) / ((days[-1] - days[0]) / YEAR))


def broken_by(
    run: int, signs: Signs, breaks: Breaks, *, changes: bool = False, tie: Tie = "break"
) -> int | None:
    """Return the bar after the missing session that the final run begins at.

    The run is then "at least" that long. None when its beginning is known. `changes`:
    the signs are of changes, so the first one after the hole is unknown.
    """
    if run == 0 or not breaks.any():
        return None
    first = int(np.flatnonzero(breaks)[-1])
    since = signs[first + changes :]
    inside = np.count_nonzero(since) if tie == "skip" else len(since)
    return first if abs(run) >= inside else None
