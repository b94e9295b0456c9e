"""The ABC score (Anything But Crypto, 0-100), its confidence and its states.

All columns are on the master grid, oldest first. The same arithmetic exists twice:
here over columns, in `abc_row` over one row of plain floats for every tick; a property
test holds the two together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divmon.indicators.breadth import (
    SHARE,
    SIGMA_BARS,
    breadth,
    group_mean,
    sigma,
    zscore,
)
from divmon.indicators.rolling import count, highest, log_change
from divmon.indicators.series import Floats

WEIGHTS = {"rel20": 0.25, "rel60": 0.20, "breadth20": 0.20, "highs": 0.15, "ddgap": 0.20}
YEAR = 252
YEAR_LEAST = 126  # closes that a high of the year needs
NEAR_HIGH = 0.02
LEAST_COVERAGE = 0.70
LEAST_CONFIDENCE = 0.70
LATE_WEIGHT = 0.5  # of an asset that is one of its own sessions late
LATE_MOST = 1  # two sessions late is dropped
ROUNDING = 1e-9  # sums of weights such as 0.75 × 0.93 are compared with limits

States = NDArray[np.int8]
CALM, WATCH, ALERT = 0, 1, 2
CLOSES = 2  # that a change of state needs
SILENT_MOST = 3  # sessions without a score before the state is unknown


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """The score and what it is made of, one value a session, NaN where there is none."""

    score: Floats
    parts: dict[str, Floats]  # component to its 0-1 value
    coverage: Floats
    confidence: Floats
    z20: dict[str, Floats]  # by asset, BTC included
    z60: dict[str, Floats]
    trad20: Floats
    trad60: Floats
    breadth20: Floats


def unit(value: Floats, zero: float, one: float) -> Floats:
    """Map `zero` to 0 and `one` to 1, linearly, and clip."""
    mapped: Floats = (value - zero) / (one - zero)
    return np.clip(mapped, 0.0, 1.0)


def drawdown(close: Floats) -> Floats:
    """Return the close over the highest close of the last 252 sessions, less 1."""
    return np.asarray(close / highest(close, YEAR, YEAR_LEAST) - 1.0, dtype=np.float64)


def _rise(close: Floats, bars: int) -> Floats:
    """Return C_t − C_{t−bars}: its sign is exact, that of a difference of logs is not."""
    rise = np.full(len(close), np.nan)
    rise[bars:] = close[bars:] - close[: max(len(close) - bars, 0)]
    return rise


def weighted(parts: Mapping[str, Floats]) -> Floats:
    """Return 100 Σ w s / Σ w over the components that are there."""
    weights = np.array([WEIGHTS[name] for name in parts])
    table = np.array(list(parts.values()))
    there = np.isfinite(table)
    total = (there * weights[:, None]).sum(axis=0)
    points = (np.where(there, table, 0.0) * weights[:, None]).sum(axis=0)
    result: Floats = np.full(table.shape[1], np.nan)
    np.divide(100.0 * points, total, out=result, where=total > 0)
    # Σ w / Σ w may be one ulp above 1
    return np.asarray(np.minimum(result, 100.0), dtype=np.float64)


def score(
    close: Mapping[str, Floats], btc: Floats, late: Mapping[str, NDArray[np.int64]] | None = None
) -> Scores:
    """Score every session.

    Args:
        close: Closes of the basket's assets; any may be missing or have holes.
        btc: BTC at the same times. A session without it has no score.
        late: By asset, how many of its own sessions are overdue; none if not given.

    Returns:
        Score NaN where coverage or confidence is below 0.70, BTC is missing, or
        fewer than two groups are there.
    """
    names = [name for name in SHARE if name in close]
    scale = {name: sigma(close[name]) for name in names}
    scale_btc = sigma(btc)
    z20 = {name: zscore(close[name], 20, scale[name]) for name in names}
    z60 = {name: zscore(close[name], 60, scale[name]) for name in names}
    b20, b60 = zscore(btc, 20, scale_btc), zscore(btc, 60, scale_btc)
    dd = {name: drawdown(close[name]) for name in names}
    dd_btc = drawdown(btc)
    near = {
        name: np.where(np.isfinite(dd[name]), (dd[name] >= -NEAR_HIGH).astype(np.float64), np.nan)
        for name in names
    }
    size = len(btc)
    nothing = np.full(size, np.nan)
    trad20 = group_mean(z20) if names else nothing
    trad60 = group_mean(z60) if names else nothing
    change = {name: _rise(close[name], 20) for name in names}
    share = breadth(change, z20, b20) if names else nothing
    high = group_mean(near) if names else nothing
    deep = group_mean(dd) if names else nothing
    parts = {
        "rel20": unit(trad20 - b20, 0.0, 2.0),
        "rel60": unit(trad60 - b60, 0.0, 2.0),
        "breadth20": unit(share, 0.25, 1.0),
        "highs": np.where(np.isfinite(btc), unit(high, 0.0, 0.75), np.nan),
        "ddgap": unit(deep - dd_btc, 0.05, 0.30),
    }
    coverage, confidence = _trust(close, btc, late or {}, z20, z60, dd, parts)
    enough = (coverage >= LEAST_COVERAGE - ROUNDING) & (confidence >= LEAST_CONFIDENCE - ROUNDING)
    return Scores(
        score=np.where(enough & np.isfinite(btc), weighted(parts), np.nan),
        parts=parts,
        coverage=coverage,
        confidence=confidence,
        z20={**z20, "BTC": b20},
        z60={**z60, "BTC": b60},
        trad20=trad20,
        trad60=trad60,
        breadth20=share,
    )


def _trust(
    close: Mapping[str, Floats],
    btc: Floats,
    late: Mapping[str, NDArray[np.int64]],
    z20: Mapping[str, Floats],
    z60: Mapping[str, Floats],
    dd: Mapping[str, Floats],
    parts: Mapping[str, Floats],
) -> tuple[Floats, Floats]:
    """Return coverage and confidence, both 0-1.

    Coverage is the weight of each component times the share of the basket that it
    rests on. Confidence scales each of those shares by the asset's freshness and by
    how full its window is, and the component by BTC's window: coverage × freshness ×
    history, where the factors are means over the weight that is there.
    """
    inputs = {"rel20": z20, "rel60": z60, "breadth20": z20, "highs": dd, "ddgap": dd}
    window = {"rel20": SIGMA_BARS, "rel60": SIGMA_BARS, "breadth20": SIGMA_BARS}
    size = len(btc)
    full = {name: _fullness(column) for name, column in ((*close.items(), ("BTC", btc)))}
    coverage = np.zeros(size)
    confidence = np.zeros(size)
    for part, weight in WEIGHTS.items():
        there = np.isfinite(parts[part])
        long = part not in window
        for name, column in inputs[part].items():
            held = np.where(there & np.isfinite(column), weight * SHARE[name], 0.0)
            fresh = np.where(late[name] > 0, LATE_WEIGHT, 1.0) if name in late else 1.0
            coverage += held
            # `highs` compares the assets with themselves: BTC's window plays no part
            own = full["BTC"][long] if part != "highs" else 1.0
            confidence += held * fresh * full[name][long] * own
    # seven weights of 1/8 and 1/4 times five do not add up to 1 in the last digit
    return np.minimum(coverage, 1.0), np.minimum(confidence, 1.0)


def _fullness(close: Floats) -> tuple[Floats, Floats]:
    """Return how full the windows of σ_60 and of the year are, 0-1."""
    return (
        count(log_change(close), SIGMA_BARS) / SIGMA_BARS,
        count(close, YEAR) / YEAR,
    )


class Machine:
    """The states, one confirmed score at a time.

    calm → watch at ≥ 50, watch → calm at < 40, → alert at ≥ 70, alert → watch at < 60;
    each needs two consecutive closes. Two closes that are enough for a longer way take
    it at once. A missing score holds the state and the counters.
    """

    def __init__(self) -> None:
        self.state = CALM
        self._at_least_50 = self._at_least_70 = self._below_40 = self._below_60 = 0

    def step(self, value: float | None) -> int:
        """Take in one score and return the state after it."""
        if value is None:
            return self.state
        self._at_least_50 = self._at_least_50 + 1 if value >= 50 else 0
        self._at_least_70 = self._at_least_70 + 1 if value >= 70 else 0
        self._below_40 = self._below_40 + 1 if value < 40 else 0
        self._below_60 = self._below_60 + 1 if value < 60 else 0
        above = WATCH if self._at_least_50 >= CLOSES else CALM
        below = WATCH if self._below_60 >= CLOSES else ALERT
        if self._at_least_70 >= CLOSES:
            self.state = ALERT
        elif self._below_40 >= CLOSES:
            self.state = CALM
        else:
            self.state = min(max(self.state, above), below)
        return self.state


def states(scores: Sequence[float | None]) -> list[int]:
    """Run the machine from calm over `scores`."""
    machine = Machine()
    return [machine.step(value) for value in scores]


def known(path: Floats) -> NDArray[np.bool_]:
    """Tell for each session whether its state can be known.

    False before the first score, and after more than three sessions without one.
    """
    at = np.arange(len(path))
    last = np.maximum.accumulate(np.where(np.isfinite(path), at, -SILENT_MOST - len(path) - 1))
    return np.asarray(at - last <= SILENT_MOST, dtype=np.bool_)


def fresh(close: Floats, late: NDArray[np.int64]) -> Floats:
    """Carry a close over one overdue session, and drop it after that.

    Args:
        close: As the grid has it, NaN where the session's own bar is not there.
        late: Sessions of the asset's own calendar that are over and have no bar.
    """
    at = np.arange(len(close))
    last = np.maximum.accumulate(np.where(np.isfinite(close), at, -1))
    held = (last >= 0) & (late >= 0) & (late <= LATE_MOST) & (at - last <= LATE_MOST)
    return np.where(held, close[np.maximum(last, 0)], np.nan)
