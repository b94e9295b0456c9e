"""One word for the market's regime, changed only after two closes."""

from collections.abc import Sequence

import numpy as np

from divmon.indicators.rolling import deviation, log_change, median
from divmon.indicators.series import Floats

LABELS = ("risk-off", "broad risk-on", "rotation", "large-cap led", "mixed")
BARS = 20
WINDOW = 60
LEAST = 48
CLOSES = 2  # that a new label needs


def relative_z(first: Floats, second: Floats) -> Floats:
    """Return the 20-session sum of daily log-return differences in units of their σ_60 √20."""
    ratio = first / second
    scale = deviation(log_change(ratio), WINDOW, LEAST) * np.sqrt(BARS)
    return np.asarray(log_change(ratio, BARS) / scale, dtype=np.float64)


def above_median(values: Floats) -> Floats:
    """Return the value less the median of its last 60 grid sessions."""
    return values - median(values, WINDOW, LEAST)


def raw_labels(spx: Floats, hyg: Floats, btc: Floats, rel: Floats, vix: Floats) -> list[int]:
    """Name each session from its inputs: an index of LABELS, -1 where one is missing (NaN).

    Args:
        spx: 20-session z-scores of the S&P 500, as are `hyg` and `btc`.
        hyg: Of US high yield.
        btc: Of BTC.
        rel: Of small caps against large.
        vix: Points above its 60-session median.
    """
    missing = ~np.isfinite([spx, hyg, btc, rel, vix]).all(axis=0)
    off = (spx < -0.5) & (vix > 2) & (rel < 0)
    on = (rel > 0.5) & (spx > 0.5) & (hyg > 0) & (vix <= 1) & (btc > 0)
    found = np.select([missing, off, on, rel > 0.5, spx > 0.5], [-1, 0, 1, 2, 3], 4)
    return [int(code) for code in found]


def settle(raw: Sequence[int]) -> tuple[list[int], list[int]]:
    """Let a label change only after two closes that name the same new one.

    Returns:
        The label of each session (-1: none yet) and the index of the session that it
        began on. A session without a raw label holds the label and the count. The
        first label needs its two closes too, so that it does not matter which day a
        file begins on.
    """
    label, since, wanted, closes = -1, 0, -1, 0
    labels: list[int] = []
    begins: list[int] = []
    for at, name in enumerate(raw):
        if name >= 0:
            closes = closes + 1 if name == wanted else 1
            wanted = name
            if closes >= CLOSES and name != label:
                label, since = name, at
        labels.append(label)
        begins.append(since)
    return labels, begins
