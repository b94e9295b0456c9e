"""On which sessions a claim about the Federal Reserve or the Bank of Japan held.

Told at every session's close from what was out by then: the H.4.1 comes half an hour
after a Thursday's close, so it counts from Friday's on. The levels themselves are those of
today; the H.4.1 hardly ever revises one, and what FRED said on the day is not on hand.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from divmon.indicators import liquidity
from divmon.indicators.series import Days, Floats, Macro
from divmon.market.sessions import DAY
from divmon.reading.claims import HIKED_WITHIN
from divmon.reading.macro import BOJ, first_of, weekly

Bools = NDArray[np.bool_]
WEEKS = 13  # over which liquidity drains, as the claim has it
A_WEEK_S = 8 * DAY  # from one release to the next, with a holiday between
A_MONTH_S = 32 * DAY


class Told(NamedTuple):
    """What was known at each close; `holds` is True only where `known` is."""

    holds: Bools
    known: Bools
    series: str


def tightening(macro: Mapping[str, Macro], at: Days, now: float) -> Told | None:
    """Tell whether the balance sheet shrank by more than 10 bn USD a month."""
    found = weekly(macro, now)
    if found is None:
        return None
    pace = liquidity.paces(found.day, found.walcl)
    holds = pace < -liquidity.FLAT_PACE
    return _by_week(found.day, holds, np.isfinite(pace), at, "WALCL")


def draining(macro: Mapping[str, Macro], at: Days, now: float) -> Told | None:
    """Tell whether net liquidity fell over 13 weeks."""
    found = weekly(macro, now)
    if found is None:
        return None
    change = liquidity.changes(found.day, found.net, WEEKS)
    series = "WALCL - TGA - RRPONTSYD"
    return _by_week(found.day, change < 0, np.isfinite(change), at, series)


def hiking(macro: Mapping[str, Macro], at: Days, _now: float) -> Told | None:
    """Tell whether the last move within 400 days was a rise."""
    series = first_of(macro, BOJ)
    if series is None or not len(series.day):
        return None
    found = liquidity.policies(series)
    moved = found.last_change >= 0
    recent = moved & (found.day - found.last_change <= HIKED_WITHIN)
    # a move before the data begin would count for as long
    known = moved | (found.day - found.day[0] >= HIKED_WITHIN)
    out, holds = found.known.astype(np.float64) * DAY, recent & (found.change > 0)
    return _until_next(out, holds, known, at, A_MONTH_S, series.series)


TELLERS: dict[str, Callable[[Mapping[str, Macro], Days, float], Told | None]] = {
    "qt": tightening,
    "draining": draining,
    "hiking": hiking,
}


def _by_week(day: Days, holds: Bools, known: Bools, at: Days, series: str) -> Told:
    return _until_next(liquidity.releases(day), holds, known, at, A_WEEK_S, series)


def _until_next(
    out: Floats, holds: Bools, known: Bools, at: Days, longest: int, series: str
) -> Told:
    """Carry what each figure told from the first close after its release to the next one's."""
    last = np.searchsorted(out, at, side="right") - 1
    there = last >= 0
    there[there] = at[there] - out[last[there]] <= longest
    told = np.zeros(len(at), dtype=np.bool_)
    told[there] = known[last[there]]
    found = np.zeros(len(at), dtype=np.bool_)
    found[told] = holds[last[told]]
    return Told(found, told, series)
