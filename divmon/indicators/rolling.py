"""Moving windows over columns that may have holes (NaN). Shape (n,) in, shape (n,) out.

Every value depends on its own window alone and never on a running sum, so that
appending bars cannot change an earlier one in its last digit.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from divmon.indicators.series import Floats

FLAT = 1e-12  # a smaller standard deviation of log returns is rounding, not movement


def log_change(close: Floats, bars: int = 1) -> Floats:
    """Return ln(C_t / C_{t-bars}); NaN for the first `bars` and beside holes."""
    change = np.full(len(close), np.nan)
    if len(close) > bars:
        logs = np.log(close)
        change[bars:] = logs[bars:] - logs[:-bars]
    return change


def count(values: Floats, n: int) -> NDArray[np.int64]:
    """Return how many of the last `n` values are there, also before the first full window."""
    there = np.concatenate([[0], np.cumsum(np.isfinite(values))])
    upto = np.arange(1, len(values) + 1)
    return np.asarray(there[upto] - there[np.maximum(upto - n, 0)], dtype=np.int64)


def mean(values: Floats, n: int) -> Floats:
    """Return the mean of the last `n` values; NaN unless all are there."""
    result = np.full(len(values), np.nan)
    if len(values) >= n:
        result[n - 1 :] = sliding_window_view(values, n).mean(axis=1)
    return result


def deviation(values: Floats, n: int, least: int) -> Floats:
    """Return the sample standard deviation of the last `n` values.

    NaN with fewer than `least` of them, or where they do not vary.
    """
    size = len(values)
    result = np.full(size, np.nan)
    seen = count(values, n)
    rows = np.flatnonzero(seen >= max(least, 2))
    if not len(rows):
        return result
    padded = np.concatenate([np.full(n - 1, np.nan), values])
    window = sliding_window_view(padded, n)[rows]
    there = np.isfinite(window)
    known = np.where(there, window, 0.0)
    total = seen[rows]
    spread = np.where(there, known - (known.sum(axis=1) / total)[:, None], 0.0)
    found = np.sqrt(np.einsum("ij,ij->i", spread, spread) / (total - 1))
    result[rows] = np.where(found > FLAT, found, np.nan)
    return result


def highest(values: Floats, n: int, least: int) -> Floats:
    """Return the highest of the last `n` values; NaN with fewer than `least` of them."""
    if not len(values):
        return values.copy()
    padded = np.concatenate(
        [np.full(n - 1, -np.inf), np.where(np.isfinite(values), values, -np.inf)]
    )
    # log2(n) passes instead of n comparisons a bar: the maximum of two halves that may overlap
    width = 1
    best = padded
    while width * 2 <= n:
        best = np.maximum(best[: len(best) - width], best[width:])
        width *= 2
    offset = n - width
    top = np.maximum(best[: len(best) - offset], best[offset:]) if offset else best
    return np.where(count(values, n) >= max(least, 1), top, np.nan)


def median(values: Floats, n: int, least: int) -> Floats:
    """Return the median of the last `n` values; NaN with fewer than `least` of them."""
    result = np.full(len(values), np.nan)
    rows = np.flatnonzero(count(values, n) >= max(least, 1))
    if len(rows):
        padded = np.concatenate([np.full(n - 1, np.nan), values])
        result[rows] = np.nanmedian(sliding_window_view(padded, n)[rows], axis=1)
    return result
