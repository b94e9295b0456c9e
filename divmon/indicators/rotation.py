"""One word for the market's regime, changed only after two closes."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from divmon.indicators.rolling import deviation, log_change, median
from divmon.indicators.series import Floats

Label = Literal["risk-off", "broad risk-on", "rotation", "large-cap led", "mixed"]
BARS = 20
WINDOW = 60
LEAST = 48
CLOSES = 2  # that a new label needs


def relative_z(first: Floats, second: Floats) -> Floats:
    """Return the 20-session sum of daily log-return differences in units of their σ_60 √20."""
    ratio = first / second
    return log_change(ratio, BARS) / (deviation(log_change(ratio), WINDOW, LEAST) * np.sqrt(BARS))


def above_median(values: Floats) -> Floats:
    """Return the value less the median of its last 60 grid sessions."""
    return values - median(values, WINDOW, LEAST)


def raw_label(spx: float, hyg: float, btc: float, rel: float, vix: float) -> Label | None:
    """Name one session from its inputs; None where one is missing (NaN).

    Args:
        spx: 20-session z-score of the S&P 500, as are `hyg` and `btc`.
        hyg: Of US high yield.
        btc: Of BTC.
        rel: Of small caps against large.
        vix: Points above its 60-session median.
    """
    if not np.isfinite([spx, hyg, btc, rel, vix]).all():
        return None
    if spx < -0.5 and vix > 2 and rel < 0:
        return "risk-off"
    if rel > 0.5:
        broad = spx > 0.5 and hyg > 0 and vix <= 1 and btc > 0
        return "broad risk-on" if broad else "rotation"
    return "large-cap led" if spx > 0.5 else "mixed"


def settle(raw: Sequence[Label | None]) -> tuple[list[Label | None], list[int]]:
    """Let a label change only after two closes that name the same new one.

    Returns:
        The label of each session, and the index of the session that it began on. A
        session without a raw label holds the label and the count. The first label
        needs its two closes too, so it does not matter which day a file begins on.
    """
    label: Label | None = None
    since = 0
    wanted: Label | None = None
    closes = 0
    labels: list[Label | None] = []
    begins: list[int] = []
    for at, name in enumerate(raw):
        if name is not None:
            closes = closes + 1 if name == wanted else 1
            wanted = name
            if closes >= CLOSES and name != label:
                label, since = name, at
        labels.append(label)
        begins.append(since)
    return labels, begins
