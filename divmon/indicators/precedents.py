"""The "January rule": years in which small caps won January by five points or more."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from divmon.indicators.align import MASTER
from divmon.indicators.series import Daily, Days, Floats
from divmon.market.sessions import day_number, day_of, sessions

RULE_PP = 5.00
NEAR_PP = 4.50  # a near miss is within half a point below the rule
ROUNDING = 1e-9  # 5.00 pp is a case, however its last digit came out


@dataclass(frozen=True, slots=True)
class January:
    """Leads of the first over the second in percentage points, by year."""

    leads: Mapping[int, float] = field(default_factory=dict)  # completed Januaries
    years: tuple[int, ...] = ()  # that qualify
    near: tuple[int, ...] = ()
    kept: tuple[int, ...] = ()  # of `years`, those that ended with a lead over the whole year
    current: float | None = None  # of the newest January in the data, complete or not
    qualifies: bool | None = None  # None while that January runs
    start: int | None = None  # day number of the first common close


def january(first: Daily, second: Daily) -> January:
    """Compare calendar Januaries, from price data on hand.

    Args:
        first: Completed daily bars of small caps.
        second: Of large caps.

    Returns:
        A year counts if both series have the last XNYS session of December and of
        January; a lead is the difference of the two simple price returns.
    """
    days, at_first, at_second = np.intersect1d(
        first.day, second.day, assume_unique=True, return_indices=True
    )
    if not len(days):
        return January()
    a, b = first.close[at_first], second.close[at_second]
    last = day_of(int(days[-1]))
    leads: dict[int, float] = {}
    kept = []
    current: float | None = None
    for year in range(day_of(int(days[0])).year + 1, last.year + 1):
        base = _close_at(days, _last_session(year - 1, 12))
        if base is None:
            continue
        end = _close_at(days, _last_session(year, 1))
        if end is None:
            if last.year == year and last.month == 1:
                current = _lead(a, b, base, len(days) - 1)
            continue
        leads[year] = current = _lead(a, b, base, end)
        close = _close_at(days, _last_session(year, 12))
        if close is not None and _lead(a, b, base, close) > 0:
            kept.append(year)
    years = tuple(year for year, lead in leads.items() if lead >= RULE_PP - ROUNDING)
    return January(
        leads=leads,
        years=years,
        near=tuple(year for year, lead in leads.items() if NEAR_PP <= lead < RULE_PP - ROUNDING),
        kept=tuple(year for year in kept if year in years),
        current=current,
        qualifies=None if last.year not in leads else last.year in years,
        start=int(days[0]),
    )


def _lead(a: Floats, b: Floats, base: int, end: int) -> float:
    return float(100.0 * (a[end] / a[base] - b[end] / b[base]))


def _last_session(year: int, month: int) -> int | None:
    """Return the last XNYS session of a month."""
    after = date(year + month // 12, month % 12 + 1, 1)
    found = sessions(MASTER).between(day_number(date(year, month, 1)), day_number(after) - 1)
    return int(found[-1]) if len(found) else None


def _close_at(days: Days, day: int | None) -> int | None:
    if day is None:
        return None
    at = int(np.searchsorted(days, day))
    return at if at < len(days) and days[at] == day else None
