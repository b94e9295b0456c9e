"""Relative rotation: strength against a benchmark and the momentum of that strength.

An approximation, and to be labelled so: the original's formulas are not public and
its name is a trademark.
"""

from typing import Literal

import numpy as np

from divmon.indicators.rolling import FLAT, deviation, mean
from divmon.indicators.series import Floats

WINDOW = 63
STEP = 10
Quadrant = Literal["leading", "weakening", "lagging", "improving"]


def strength(price: Floats, benchmark: Floats) -> tuple[Floats, Floats]:
    """Return ratio and momentum, both centred on 100; NaN until their windows are full."""
    ratio = 100.0 + _standard(100.0 * price / benchmark)
    change = np.full(len(ratio), np.nan)
    change[STEP:] = ratio[STEP:] - ratio[:-STEP]
    return ratio, 100.0 + _standard(change)


def _standard(values: Floats) -> Floats:
    centre = mean(values, WINDOW)
    scale = deviation(values, WINDOW, WINDOW)
    # rounding of a ratio that stands still grows with its level
    scale = np.where(scale > FLAT * np.abs(centre), scale, np.nan)
    return np.asarray((values - centre) / scale, dtype=np.float64)


def quadrant(ratio: float, momentum: float) -> Quadrant:
    """Name the quadrant; 100 itself counts as the upper side."""
    if ratio >= 100:
        return "leading" if momentum >= 100 else "weakening"
    return "improving" if momentum >= 100 else "lagging"
