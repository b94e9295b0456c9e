"""What followed: forward returns after a condition, beside those of all sessions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divmon.indicators.series import Floats

HORIZONS = (5, 20, 60, 120)  # sessions
APART = 20  # episodes closer than this are one
FEW = 10  # episodes; below it nothing can be told
DRAWS = 2000
SEED = 20260120


@dataclass(frozen=True, slots=True)
class Episode:
    """Sessions from the first to the last on which the condition held (indices)."""

    start: int
    end: int
    entry: int | None  # the close after the confirmed signal; None: not yet


@dataclass(frozen=True, slots=True)
class Forward:
    """Simple returns over one horizon; the interval is of the mean, 95 %."""

    horizon: int
    n: int
    mean: float | None
    low: float | None
    high: float | None
    positive: float | None  # share of returns above 0
    base_n: int
    base_mean: float | None
    base_positive: float | None
    enough: bool  # False: too few to tell


def episodes(holds: NDArray[np.bool_], apart: int = APART) -> list[Episode]:
    """Return the runs of a condition, merged where less than `apart` sessions apart.

    The signal of an episode is known at the close of its first session, so its entry
    is the close after. An episode's end moves while it runs; its entry never does.
    """
    days = np.flatnonzero(holds)
    if not len(days):
        return []
    cuts = np.flatnonzero(np.diff(days) >= apart) + 1
    found = []
    for part in np.split(days, cuts):
        start, end = int(part[0]), int(part[-1])
        found.append(Episode(start, end, start + 1 if start + 1 < len(holds) else None))
    return found


def forward(
    close: Floats, entries: Sequence[int], horizons: Sequence[int] = HORIZONS
) -> list[Forward]:
    """Return what followed the entries, and what followed any session.

    Args:
        close: Closes on the master grid, NaN where missing.
        entries: Indices of the sessions entered at the close.
        horizons: Sessions ahead. A return that is not over yet is left out.
    """
    at = np.asarray(entries, dtype=np.int64)
    found = []
    for horizon in horizons:
        ahead = np.full(len(close), np.nan)
        if len(close) > horizon:
            ahead[:-horizon] = close[horizon:] / close[:-horizon] - 1.0
        base = ahead[np.isfinite(ahead)]
        after = ahead[at]
        after = after[np.isfinite(after)]
        low, high = bootstrap_mean(after)
        found.append(
            Forward(
                horizon=horizon,
                n=len(after),
                mean=float(after.mean()) if len(after) else None,
                low=low,
                high=high,
                positive=float((after > 0).mean()) if len(after) else None,
                base_n=len(base),
                base_mean=float(base.mean()) if len(base) else None,
                base_positive=float((base > 0).mean()) if len(base) else None,
                enough=len(after) >= FEW,
            )
        )
    return found


def bootstrap_mean(values: Floats, seed: int = SEED) -> tuple[float | None, float | None]:
    """Return the 95 % percentile interval of the mean over 2000 resamples, seeded.

    (None, None) for fewer than three values: resampling two says nothing.
    """
    if len(values) < 3:
        return None, None
    draws = np.random.default_rng(seed).integers(0, len(values), (DRAWS, len(values)))
    means = values[draws].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)
