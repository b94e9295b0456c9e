"""Five estimators of volatility, and how unusual it is."""

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from divmon.indicators.series import Floats

WINDOW = 30
RECORD_NEEDS = 1000  # values, before a lowest one is called a record

# Yang and Zhang (2000), Journal of Business 73(3): their alpha 1.34
_K = 0.34 / (1.34 + (WINDOW + 1) / (WINDOW - 1))


@dataclass(frozen=True, slots=True)
class Estimates:
    """Annualised volatility over the last 30 bars; None where bars or ranges lack."""

    cc: float | None = None
    parkinson: float | None = None
    garman_klass: float | None = None
    rogers_satchell: float | None = None
    yang_zhang: float | None = None


def estimate(
    open_: Floats, high: Floats, low: Floats, close: Floats, year: int, *, value_only: bool = False
) -> Estimates:
    """Return the five estimates at the last bar.

    Args:
        open_, high, low, close: Bars, oldest first, shape (n,); only the last 31 are
            read, so this is O(1) in the length of history and serves a running bar
            as well: pass the last 30 completed bars and the running one.
        year: Bars a year, 365 for a 24/7 market, 252 for sessions.
        value_only: The bars have no ranges: close-to-close alone is estimated.

    Source:
        Parkinson (1980), Garman and Klass (1980), Rogers and Satchell (1991),
        Yang and Zhang (2000).
    """
    columns = [column[-WINDOW - 1 :] for column in (open_, high, low, close)]
    if len(close) < WINDOW or not positive(*columns):
        return Estimates()
    before = close[-WINDOW - 1 : -1]
    o, h, lo, c = (column[-WINDOW:] for column in (open_, high, low, close))
    enough = len(before) == WINDOW
    cc = _annual(float(np.var(np.log(c / before), ddof=1)), year) if enough else None
    if value_only:
        return Estimates(cc)
    spread = np.log(h / lo) ** 2
    body = np.log(c / o)
    rs = float(np.mean(np.log(h / c) * np.log(h / o) + np.log(lo / c) * np.log(lo / o)))
    yz = None
    if enough:
        overnight = float(np.var(np.log(o / before), ddof=1))
        yz = _annual(overnight + _K * float(np.var(body, ddof=1)) + (1 - _K) * rs, year)
    return Estimates(
        cc,
        _annual(float(np.mean(spread)) / (4 * log(2)), year),
        _annual(float(np.mean(spread / 2 - (2 * log(2) - 1) * body**2)), year),
        _annual(rs, year),
        yz,
    )


def positive(*columns: Floats) -> bool:
    """Tell whether logarithms may be taken: a yield can touch 0, a price cannot."""
    return all(bool((column > 0).all()) for column in columns)


def _annual(variance: float, year: int) -> float | None:
    # an open or close outside the bar's range can make a range estimate negative;
    # rounding makes -1e-20 of a trend bar's zero
    return sqrt(max(variance, 0.0) * year) if variance > -1e-15 else None


def rolling_cc(close: Floats, year: int) -> Floats:
    """Return the close-to-close volatility at every bar that has 30 returns, shape (n - 30,).

    Each value is computed from its own window alone: no later bar can move it.
    """
    broken = np.flatnonzero(close <= 0)
    close = close[broken[-1] + 1 :] if len(broken) else close
    if len(close) <= WINDOW:
        return np.zeros(0)
    returns = np.log(close[1:] / close[:-1])
    windows = np.lib.stride_tricks.sliding_window_view(returns, WINDOW)
    return np.asarray(windows.std(axis=1, ddof=1) * np.sqrt(year), dtype=np.float64)


def percentile(values: Floats) -> float | None:
    """Return the mid-rank of the last value among all, itself included, as a fraction.

    (less + equal / 2) / n; None with fewer than two values.
    """
    if len(values) < 2:
        return None
    less = np.count_nonzero(values < values[-1])
    equal = np.count_nonzero(values == values[-1])
    return float((less + equal / 2) / len(values))


def percentiles(values: Floats, last: int | None = None) -> Floats:
    """Return `percentile` as it was at every value, shape (n,): no later one moves it.

    Args:
        values: Without holes.
        last: Rank among so many values up to each one; None: among all up to it. NaN
            where there are fewer, and for the first value of all.
    """
    ranks = np.full(len(values), np.nan)
    if last is not None:
        if last >= 2 and len(values) >= last:
            windows = np.lib.stride_tricks.sliding_window_view(values, last)
            own = windows[:, -1:]
            less, equal = (windows < own).sum(axis=1), (windows == own).sum(axis=1)
            ranks[last - 1 :] = (less + equal / 2) / last
        return ranks
    seen: list[float] = []
    for at, value in enumerate(values.tolist()):
        insort(seen, value)
        low, high = bisect_left(seen, value), bisect_right(seen, value)
        if at:
            ranks[at] = (low + (high - low) / 2) / len(seen)
    return ranks


def record_lows(values: Floats) -> NDArray[np.bool_]:
    """Return `record_low` as it was at every value; False where it was not known yet."""
    found = values <= np.minimum.accumulate(values)
    found[: RECORD_NEEDS - 1] = False
    return np.asarray(found, dtype=np.bool_)


def record_low(values: Floats) -> bool | None:
    """Tell whether the last value is no higher than any before; None under 1000 values."""
    return bool(values[-1] <= values.min()) if len(values) >= RECORD_NEEDS else None
