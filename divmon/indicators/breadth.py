"""The basket and how it stands against BTC: z-scores, group means, breadth, dispersion."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from divmon.indicators.rolling import deviation, log_change
from divmon.indicators.series import Floats

BASKET: dict[str, tuple[str, ...]] = {
    "US large": ("SPX", "IXIC"),
    "US small": ("RUT",),
    "metals": ("GOLD", "SILVER"),
    "China": ("STAR50",),
}
ASSETS = tuple(name for members in BASKET.values() for name in members)
SHARE = {  # of the whole basket
    name: 1 / len(BASKET) / len(members) for members in BASKET.values() for name in members
}
GROUP = {name: at for at, members in enumerate(BASKET.values()) for name in members}
FEWEST_GROUPS = 2
SIGMA_BARS = 60
SIGMA_LEAST = 48
CLIP = 4.0

Bools = NDArray[np.bool_]


def sigma(close: Floats) -> Floats:
    """Return the daily volatility σ_60; NaN with fewer than 48 returns, or without movement."""
    return deviation(log_change(close), SIGMA_BARS, SIGMA_LEAST)


def zscore(close: Floats, bars: int, scale: Floats | None = None) -> Floats:
    """Return ln(C_t / C_{t-bars}) in units of σ_60 √bars, clipped to ±4."""
    scale = sigma(close) if scale is None else scale
    in_sigmas: Floats = log_change(close, bars) / (scale * np.sqrt(bars))
    return np.clip(in_sigmas, -CLIP, CLIP)


def group_mean(values: Mapping[str, Floats]) -> Floats:
    """Return the mean of the groups' means, over what is there (not NaN).

    Args:
        values: Asset name to column. Members weigh equal in a group, groups equal in
            the result. Names outside the basket are ignored.

    Returns:
        NaN where fewer than two groups have a value.
    """
    total: Floats | float = 0.0
    groups: Floats | float = 0.0
    for members in BASKET.values():
        columns = [values[name] for name in members if name in values]
        if not columns:
            continue
        there = np.isfinite(columns)
        known = there.sum(axis=0)
        mean = np.where(there, columns, 0.0).sum(axis=0) / np.maximum(known, 1)
        total = total + mean
        groups = groups + (known > 0)
    groups = np.asarray(groups, dtype=np.float64)
    size = len(next(iter(values.values()))) if values else 0
    result = np.full(size, np.nan)
    np.divide(total, groups, out=result, where=np.broadcast_to(groups >= FEWEST_GROUPS, (size,)))
    return result


def breadth(change: Mapping[str, Floats], z: Mapping[str, Floats], z_btc: Floats) -> Floats:
    """Return the group-weighted share of assets that rose and beat BTC in units of σ.

    Args:
        change: 20-session changes, any increasing measure of the return.
        z: z-scores over the same sessions.
        z_btc: Those of BTC.
    """
    won = {
        name: np.where(
            np.isfinite(column) & np.isfinite(z_btc),
            ((change[name] > 0) & (column > z_btc)).astype(np.float64),
            np.nan,
        )
        for name, column in z.items()
    }
    return group_mean(won)


def dispersion(z: Mapping[str, Floats], z_btc: Floats) -> Floats:
    """Return the sample standard deviation of z over the assets and BTC.

    NaN without BTC or with fewer than two assets.
    """
    table = np.array([*(z[name] for name in sorted(z)), z_btc])
    there = np.isfinite(table)
    n = there.sum(axis=0)
    known = np.where(there, table, 0.0)
    usable = (n >= 3) & there[-1]
    spread = np.where(there, known - known.sum(axis=0) / np.maximum(n, 1), 0.0)
    return np.where(usable, np.sqrt((spread**2).sum(axis=0) / np.maximum(n - 1, 1)), np.nan)


def percentile(values: Floats) -> float | None:
    """Return the mid-rank of the last value among all: (#less + ½ #equal) / N, itself included."""
    known = values[np.isfinite(values)]
    if not len(known) or not np.isfinite(values[-1]):
        return None
    last = values[-1]
    return float(((known < last).sum() + 0.5 * (known == last).sum()) / len(known))
