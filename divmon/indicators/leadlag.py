"""Does one series lead the other? The honest default is "no lead found"."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from divmon.indicators.correlation import NORMAL_95, pearson
from divmon.indicators.series import Floats

LAGS = 5
LEAST = 120  # pairs; below it the band is wider than any lead seen in markets
LIKELY = 0.01


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
