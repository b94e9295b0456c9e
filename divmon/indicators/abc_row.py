"""The ABC score of one row, in plain floats: for every tick, in constant time.

A `Tail` keeps what one more close needs of an asset's past, so that the score of the
grid with one more row costs the same after one year and after forty.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite, log, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from divmon.indicators.abc import (
    LATE_MOST,
    LATE_WEIGHT,
    LEAST_CONFIDENCE,
    LEAST_COVERAGE,
    NEAR_HIGH,
    ROUNDING,
    WEIGHTS,
    YEAR,
    YEAR_LEAST,
)
from divmon.indicators.breadth import (
    BASKET,
    CLIP,
    FEWEST_GROUPS,
    SHARE,
    SIGMA_BARS,
    SIGMA_LEAST,
)
from divmon.indicators.rolling import FLAT, log_change
from divmon.indicators.series import Floats

ROOT20, ROOT60 = sqrt(20), sqrt(60)
LONGEST = {"rel20": False, "rel60": False, "breadth20": False, "highs": True, "ddgap": True}
GROUPS = tuple(BASKET.values())


@dataclass(frozen=True, slots=True)
class Tail:
    """One asset's past, seen from the row that comes next."""

    last: float  # close of the last row; NaN if it has none
    back20: float  # close 20 rows before the next one
    back60: float
    n: int  # returns among the last 59
    mean: float
    m2: float  # their sum of squared deviations
    high: float  # of the last 251 closes; -inf without any
    closes: int  # how many of those there are
    late: int  # sessions of its own overdue at the last row


def tail(close: Floats, late: NDArray[np.int64] | None = None) -> Tail:
    """Return what the row after the last needs of `close`."""
    returns = log_change(close)[-SIGMA_BARS + 1 :]
    known = returns[np.isfinite(returns)]
    mean = float(known.mean()) if len(known) else 0.0
    year = close[-YEAR + 1 :]
    year = year[np.isfinite(year)]
    return Tail(
        last=_back(close, 1),
        back20=_back(close, 20),
        back60=_back(close, 60),
        n=len(known),
        mean=mean,
        m2=float(((known - mean) ** 2).sum()),
        high=float(year.max()) if len(year) else -inf,
        closes=len(year),
        late=int(late[-1]) if late is not None and len(late) else 0,
    )


def _back(close: Floats, rows: int) -> float:
    return float(close[-rows]) if len(close) >= rows else nan


@dataclass(frozen=True, slots=True)
class Cell:
    """One asset in one row; NaN where a value is missing."""

    rose: bool
    z20: float
    z60: float
    drawdown: float
    fresh: float
    sigma_full: float  # how full the windows are, 0-1
    year_full: float


def cell(past: Tail, price: float | None) -> Cell:
    """Return the cell of the next row at `price`.

    Without a price the last close is carried as a late one, for one session.
    """
    fresh = 1.0
    if price is None:
        fresh = LATE_WEIGHT
        price = past.last if past.late < LATE_MOST else nan
    step = log(price / past.last)
    n, mean, m2 = past.n, past.mean, past.m2
    if isfinite(step):
        n += 1
        off = step - mean
        mean += off / n
        m2 += off * (step - mean)
    sigma = sqrt(m2 / (n - 1)) if n >= SIGMA_LEAST else nan
    if not sigma > FLAT:
        sigma = nan
    there = price == price
    closes = past.closes + there
    high = max(past.high, price) if there else past.high
    return Cell(
        rose=price > past.back20,
        z20=_clip(log(price / past.back20) / (sigma * ROOT20)),
        z60=_clip(log(price / past.back60) / (sigma * ROOT60)),
        drawdown=price / high - 1.0 if closes >= YEAR_LEAST else nan,
        fresh=fresh,
        sigma_full=n / SIGMA_BARS,
        year_full=closes / YEAR,
    )


def _clip(z: float) -> float:
    return -CLIP if z < -CLIP else CLIP if z > CLIP else z


@dataclass(frozen=True, slots=True)
class Row:
    """The score of one row; None where coverage or confidence is too low for one."""

    score: float | None
    coverage: float
    confidence: float


def group_mean(values: Mapping[str, float]) -> float:
    """Return the mean of the groups' means, over what is there (not NaN)."""
    total = 0.0
    groups = 0
    for members in GROUPS:
        part = 0.0
        known = 0
        for name in members:
            value = values.get(name, nan)
            if value == value:
                part += value
                known += 1
        if known:
            total += part / known
            groups += 1
    return total / groups if groups >= FEWEST_GROUPS else nan


def unit(value: float, zero: float, one: float) -> float:
    """Map `zero` to 0 and `one` to 1, linearly, and clip; NaN stays NaN."""
    mapped = (value - zero) / (one - zero)
    return 0.0 if mapped < 0.0 else 1.0 if mapped > 1.0 else mapped


def score(cells: Mapping[str, Cell], btc: Cell, *, gated: bool = True) -> Row:
    """Score one row; the same arithmetic as `abc.score`, which see.

    Without `gated` low coverage and low confidence do not hold the score back.
    """
    z20 = {name: each.z20 for name, each in cells.items()}
    z60 = {name: each.z60 for name, each in cells.items()}
    dd = {name: each.drawdown for name, each in cells.items()}
    won = {
        name: float(each.rose and each.z20 > btc.z20)
        for name, each in cells.items()
        if each.z20 == each.z20
    }
    near = {name: float(value >= -NEAR_HIGH) for name, value in dd.items() if value == value}
    inputs = {"rel20": z20, "rel60": z60, "breadth20": z20, "highs": dd, "ddgap": dd}
    parts = {
        "rel20": unit(group_mean(z20) - btc.z20, 0.0, 2.0),
        "rel60": unit(group_mean(z60) - btc.z60, 0.0, 2.0),
        "breadth20": unit(group_mean(won) if btc.z20 == btc.z20 else nan, 0.25, 1.0),
        "highs": unit(group_mean(near), 0.0, 0.75),
        "ddgap": unit(group_mean(dd) - btc.drawdown, 0.05, 0.30),
    }
    points = weights = coverage = confidence = 0.0
    for part, value in parts.items():
        if value != value:
            continue
        weight = WEIGHTS[part]
        points += weight * value
        weights += weight
        long = LONGEST[part]
        own = 1.0 if part == "highs" else btc.year_full if long else btc.sigma_full
        for name, number in inputs[part].items():
            if number == number:
                each = cells[name]
                held = weight * SHARE[name]
                coverage += held
                confidence += (
                    held * each.fresh * (each.year_full if long else each.sigma_full) * own
                )
    low = coverage < LEAST_COVERAGE - ROUNDING or confidence < LEAST_CONFIDENCE - ROUNDING
    if weights == 0.0 or (gated and low):
        return Row(None, coverage, confidence)
    return Row(min(100.0 * points / weights, 100.0), coverage, confidence)


def plus_minus(cells: Mapping[str, Cell], btc: Cell) -> float | None:
    """Return the most that leaving out any one asset moves the score, in points.

    The definitions ask for an uncertainty and name none. This one is deterministic,
    has a meaning that a person can check, and grows when one market makes the score.
    None where no asset can be left out.
    """
    whole = score(cells, btc).score
    if whole is None:
        return None
    moves = []
    for left_out, each in cells.items():
        if each.drawdown != each.drawdown and each.z20 != each.z20:
            continue
        rest = {name: other for name, other in cells.items() if name != left_out}
        part = score(rest, btc, gated=False).score
        if part is not None:
            moves.append(abs(part - whole))
    return max(moves, default=None)
