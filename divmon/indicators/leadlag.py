"""Does one series lead the other? The honest default is "no lead found"."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from divmon.indicators.correlation import NORMAL_95, pearson
from divmon.indicators.series import Days, Floats

Bools = NDArray[np.bool_]
LAGS = 5
LEAST = 120  # pairs; below it the band is wider than any lead seen in markets
LIKELY = 0.01
ROUNDING = 1e-6  # of a correlation from running sums; a test that comes out anyhow decides


@dataclass(frozen=True, slots=True)
class Leading:
    """Correlations at lags −5…5; k > 0 means the first series leads.

    `peak` is the lag of the largest |r|. `leads` is that lag if it passes every test.
    """

    lags: dict[int, float | None]
    band: float | None
    peak: int | None
    p: float | None
    same_sign: bool | None
    leads: int | None
    n: int


def ccf(x: Floats, y: Floats, lag: int) -> float | None:
    """Return corr(x_{t−lag}, y_t): x leads where lag > 0."""
    if abs(lag) >= len(x):
        return None
    if lag >= 0:
        return pearson(x[: len(x) - lag], y[lag:])
    return pearson(x[-lag:], y[:lag])


def lead_lag(x: Floats, y: Floats) -> Leading:
    """Look for a lead of `x` over `y` or the other way round.

    Args:
        x: Log returns on the master grid.
        y: Those of the other series. NaN in either leaves the pair out.

    Returns:
        A lead only if the peak is not at lag 0 and beats it, circular-shift p < 0.01,
        and both halves of the sample have its sign.
    """
    both = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    n = len(both)
    if n < LEAST:
        return Leading(dict.fromkeys(range(-LAGS, LAGS + 1)), None, None, None, None, None, n)
    x, y = x[both[0] : both[-1] + 1], y[both[0] : both[-1] + 1]
    lags = {lag: ccf(x, y, lag) for lag in range(-LAGS, LAGS + 1)}
    size = {lag: abs(r) for lag, r in lags.items() if r is not None}
    if not size:
        return Leading(lags, None, None, None, None, None, n)
    # of equal peaks the nearest to 0, so that a tie is never called a lead
    peak = min(size, key=lambda lag: (-size[lag], abs(lag), lag))
    if peak == 0:
        return Leading(lags, NORMAL_95 / sqrt(n), peak, None, None, None, n)
    p = shift_p(x, y, size[peak])
    middle = len(x) // 2
    halves = [ccf(x[part], y[part], peak) for part in (slice(middle), slice(middle, None))]
    same = all(r is not None and r * (lags[peak] or 0.0) > 0 for r in halves)
    found = p < LIKELY and same and size[peak] > size.get(0, 0.0)
    return Leading(lags, NORMAL_95 / sqrt(n), peak, p, same, peak if found else None, n)


def leads_so_far(x: Floats, y: Floats) -> tuple[Bools, Bools]:
    """Return where `lead_lag` of the rows so far found that `x` leads, and where it could tell.

    The test itself takes a millisecond a row. Rows that it cannot pass are found by sums
    that run along: where the peak is not at a positive lag, or the halves differ in sign.
    """
    n = len(x)
    holds, known = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    both = np.isfinite(x) & np.isfinite(y)
    pairs = np.cumsum(both)
    known |= pairs >= LEAST
    if not known.any():
        return holds, known
    start = int(np.argmax(both))
    last = np.maximum.accumulate(np.where(both, np.arange(n), -1))  # what the test looks to
    rows = np.flatnonzero(known & both)
    ends = rows + 1
    sums = {lag: _Sums(x, y, lag) for lag in range(-LAGS, LAGS + 1)}
    size = {lag: np.abs(each.r(start, ends)) for lag, each in sums.items()}
    others = np.max([size[lag] for lag in size if lag <= 0], axis=0)
    middle = start + (ends - start) // 2
    possible = np.zeros(len(rows), dtype=np.bool_)
    for lag in range(1, LAGS + 1):
        halves = sums[lag].r(start, middle) * sums[lag].r(middle, ends)
        possible |= (size[lag] >= others - ROUNDING) & (halves >= -ROUNDING)
    for row in rows[possible]:
        lead = lead_lag(x[: row + 1], y[: row + 1]).leads
        holds[row] = lead is not None and lead > 0
    holds[known] = holds[last[known]]
    return holds, known


class _Sums:
    """Sums along the pairs (x_{t−lag}, y_t), from which any stretch has its correlation."""

    def __init__(self, x: Floats, y: Floats, lag: int) -> None:
        self._lag = lag
        a = x if lag <= 0 else np.concatenate([np.full(lag, np.nan), x[:-lag]])
        b = y if lag >= 0 else np.concatenate([np.full(-lag, np.nan), y[:lag]])
        there = np.isfinite(a) & np.isfinite(b)
        a, b = np.where(there, a, 0.0), np.where(there, b, 0.0)
        columns = (there.astype(np.float64), a, b, a * a, b * b, a * b)
        self._sums = [np.concatenate([[0.0], np.cumsum(column)]) for column in columns]

    def r(self, start: Days | int, end: Days) -> Floats:
        """Return the correlations of stretches; 0 where there is none."""
        first = np.minimum(start + abs(self._lag), end)
        n, a, b, aa, bb, ab = (column[end] - column[first] for column in self._sums)
        n = np.maximum(n, 1.0)
        scale = (aa - a * a / n) * (bb - b * b / n)
        r = np.zeros(len(end))
        np.divide(ab - a * b / n, np.sqrt(np.maximum(scale, 0.0)), out=r, where=scale > 0)
        return r


def shift_p(x: Floats, y: Floats, peak: float) -> float:
    """Return how often a circular shift of `x` shows a peak as large by chance.

    All shifts beyond the lags looked at are tried, by one FFT; for each the largest
    |r| over its eleven lags but the middle one counts, since the peak was chosen
    from as many. Missing values stand at the mean.
    """
    n = len(x)
    a, b = _standard(x), _standard(y)
    circular = np.abs(np.fft.irfft(np.fft.rfft(a).conj() * np.fft.rfft(b), n)) / n
    around = [np.roll(circular, -lag) for lag in range(-LAGS, LAGS + 1) if lag]
    best = np.max(around, axis=0)[2 * LAGS + 1 : n - 2 * LAGS]
    return float((1 + (best >= peak).sum()) / (1 + len(best)))


def _standard(values: Floats) -> Floats:
    there = np.isfinite(values)
    centred = np.where(there, values - values[there].mean(), 0.0)
    scale = sqrt(float(centred @ centred) / len(values))
    return centred / scale if scale > 0 else centred
