"""Record closes, and the times that a series spent under one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divmon.indicators.series import Floats

LEAST = 0.10  # a fall smaller than this is no episode
QUANTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True)
class Drawdown:
    """From a highest close to the next one as high, as indices of bars."""

    peak: int  # the last close that equals the highest so far
    trough: int  # the first of the lowest closes under it
    end: int | None  # the close that is as high again; None: still under water
    depth: float  # trough over peak, less 1


def records(close: Floats) -> NDArray[np.bool_]:
    """Return which closes are above every earlier one; an equal one is none, nor is the first."""
    found = np.zeros(len(close), dtype=np.bool_)
    found[1:] = close[1:] > np.maximum.accumulate(close)[:-1]
    return found


def drawdowns(close: Floats, least: float = LEAST) -> list[Drawdown]:
    """Return the falls of at least `least` below the highest close so far, oldest first."""
    top = np.maximum.accumulate(close)
    under = np.concatenate(([False], close < top, [False])).astype(np.int8)
    begin, end = np.flatnonzero(np.diff(under) == 1), np.flatnonzero(np.diff(under) == -1)
    found = []
    for start, stop in zip(begin.tolist(), end.tolist(), strict=True):
        trough = start + int(np.argmin(close[start:stop]))
        peak = start - 1
        if close[trough] <= close[peak] * (1 - least):
            depth = float(close[trough] / close[peak] - 1)
            found.append(Drawdown(peak, trough, stop if stop < len(close) else None, depth))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Twin:
    """A fall that goes on, beside the earlier ones as many bars after their highs.

    Columns of shape (bars + 1,), from the high to now. `bands` are the quartiles of the
    earlier falls that were still under water then, NaN where there is none of them;
    `n` counts those.
    """

    path: Floats
    bands: tuple[Floats, Floats, Floats]
    n: NDArray[np.int64]


def twin(close: Floats, episodes: Sequence[Drawdown]) -> Twin | None:
    """Return the running fall beside the earlier ones; None where none runs.

    The earlier are those of `episodes` that are over: all of them became as deep as
    that takes, which nobody knew at their beginning; so did the one that runs.
    """
    if not episodes or episodes[-1].end is not None:
        return None
    peak = episodes[-1].peak
    path = close[peak:] / close[peak] - 1
    before = np.full((len(episodes) - 1, len(path)), np.nan)
    for row, each in zip(before, episodes[:-1], strict=True):
        assert each.end is not None
        part = close[each.peak : each.end][: len(path)]
        row[: len(part)] = part / part[0] - 1
    n = np.isfinite(before).sum(axis=0)
    bands = np.full((len(QUANTILES), len(path)), np.nan)
    some = n > 0
    if some.any():
        bands[:, some] = np.nanquantile(before[:, some], QUANTILES, axis=0)
    return Twin(path, (bands[0], bands[1], bands[2]), n.astype(np.int64))
