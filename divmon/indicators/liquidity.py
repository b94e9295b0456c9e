"""Net liquidity, the pace of QT and central-bank rates, as far as published at a time.

Balance sheet, Treasury account (TGA) and reverse repos (RRP) of the Federal Reserve;
results in USD billions.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import combinations
from statistics import median
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from divmon.indicators.series import Days, Floats, Macro
from divmon.market.sessions import DAY, day_number, day_of

NEW_YORK = ZoneInfo("America/New_York")
RELEASE = time(16, 30)  # of the H.4.1, on Thursdays
MOST_AGE = 6  # days from an input's date to the Wednesday
LEVELS = 9  # weekly levels that the pace is fitted to
WEEKS_A_MONTH = 13 / 3
FLAT_PACE = 10.0  # USD bn a month
WEDNESDAY = 2
DAILY_STEP = 0.10  # a policy move; the daily fixing itself wanders by 0.01-0.05
MONTHLY_STEP = 0.04  # a month's mean shows a move of 0.25 on its 25th day as 0.05
MONTHLY_LAG = 46  # days from the date of a month's mean (its first day) to its publication
DAILY_LAG = 1

Pace = Literal["QT", "flat", "expanding"]
Kind = Literal["WALCL", "TGA", "RRP"]


@dataclass(frozen=True, slots=True, eq=False)
class Net:
    """Weekly levels in USD bn, as of the Wednesdays in `day`; NaN where an input is missing."""

    day: Days
    walcl: Floats
    tga: Floats
    rrp: Floats

    @property
    def net(self) -> Floats:
        return self.walcl - self.tga - self.rrp


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy rate in %: its level, and its last change with the day it showed."""

    level: float
    as_of: int
    last_change: int | None
    change: float | None


def release(wednesday: date) -> datetime:
    """Return when the H.4.1 of `wednesday` comes out: Thursday 16:30 in New York.

    A federal holiday puts it off to Friday.
    """
    day = wednesday + timedelta(days=1)
    if holiday_thursday(day):
        day += timedelta(days=1)
    return datetime.combine(day, RELEASE, NEW_YORK)


def releases(wednesdays: Days) -> Floats:
    """Return `release` of each day, Unix seconds."""
    return np.array([release(day_of(int(day))).timestamp() for day in wednesdays])


def holiday_thursday(day: date) -> bool:
    """Tell whether a Thursday is a federal holiday (the Monday holidays never are)."""
    thanksgiving = day.month == 11 and 22 <= day.day <= 28
    fixed = (day.month, day.day) in {(1, 1), (7, 4), (11, 11), (12, 25)}
    juneteenth = day.year >= 2021 and (day.month, day.day) == (6, 19)
    return thanksgiving or fixed or juneteenth


def millions(series: Macro) -> Floats:
    """Return WALCL or TGA levels in USD mn, whatever they came in.

    Series that say nothing are taken by size: both have stood above 10 000 in
    millions since 2003 but for days, and below it in billions always.
    """
    unit = series.unit or ("USD mn" if np.median(series.value) > 10_000 else "USD bn")
    return series.value if unit == "USD mn" else series.value * 1000.0


def billions(series: Macro) -> Floats:
    """Return RRP levels in USD bn; they have never passed 3 000."""
    unit = series.unit or ("USD bn" if series.value.max(initial=0.0) <= 3000 else "USD mn")
    return series.value if unit == "USD bn" else series.value / 1000.0


def out_of_range(series: Macro, kind: Kind) -> str | None:
    """Say what is wrong with the newest level, None if it can be one.

    The balance sheet has stood between 6 and 10 million USD mn since 2020.
    """
    if not len(series.value):
        return f"{series.series}: no values"
    newest = float((billions(series) if kind == "RRP" else millions(series))[-1])
    low, high, unit = {
        "WALCL": (6e6 if series.day[-1] >= _SINCE_2020 else 5e5, 1e7, "USD mn"),
        "TGA": (0.0, 3e6, "USD mn"),
        "RRP": (0.0, 3000.0, "USD bn"),
    }[kind]
    if low <= newest <= high:
        return None
    return f"{series.series}: level must be {low:,.0f} to {high:,.0f} {unit}, was {newest:,.0f}"


_SINCE_2020 = day_number(date(2020, 7, 1))


def net_liquidity(walcl: Macro, tga: Macro, rrp: Macro, now: float) -> Net:
    """Return the weekly levels of the Wednesdays whose H.4.1 is out at `now`.

    Args:
        walcl: The balance sheet, Wednesday levels.
        tga: A Wednesday level (WDTGAL) or the daily closing balance; never the week's
            average, which is $41 bn (one standard deviation) off.
        rrp: Overnight reverse repos, daily.
        now: Unix seconds.
    """
    day = walcl.day
    level = millions(walcl) / 1000.0
    published = len(day)
    while published and release(day_of(int(day[published - 1]))).timestamp() > now:
        published -= 1
    wednesday = (day[:published] + 3) % 7 == WEDNESDAY  # 1970-01-01 was a Thursday
    day, level = day[:published][wednesday], level[:published][wednesday]
    return Net(
        day,
        level,
        as_of(day, tga.day, millions(tga) / 1000.0),
        as_of(day, rrp.day, billions(rrp)),
    )


def as_of(days: Days, day: Days, value: Floats) -> Floats:
    """Return the newest value on or before each of `days`; NaN if older than six days."""
    at = np.searchsorted(day, days, side="right") - 1
    known = at >= 0
    known[known] = days[known] - day[at[known]] <= MOST_AGE
    result = np.full(len(days), np.nan)
    result[known] = value[at[known]]
    return result


def change(day: Days, value: Floats, weeks: int) -> float | None:
    """Return the last value less that of exactly `weeks` earlier, None if one is missing."""
    if not len(day):
        return None
    at = int(np.searchsorted(day, day[-1] - 7 * weeks))
    if day[at] != day[-1] - 7 * weeks:
        return None
    found = float(value[-1] - value[at])
    return found if np.isfinite(found) else None


def theil_sen(values: Floats) -> float:
    """Return the median slope per step over all pairs of `values`."""
    return median(
        float(values[j] - values[i]) / (j - i) for i, j in combinations(range(len(values)), 2)
    )


def pace(day: Days, level: Floats) -> float | None:
    """Return the Theil-Sen slope of the last nine weekly levels, in units a month.

    None where they are not nine weeks running.
    """
    if len(day) < LEVELS or bool((np.diff(day[-LEVELS:]) != 7).any()):
        return None
    if not np.isfinite(level[-LEVELS:]).all():
        return None
    return theil_sen(level[-LEVELS:]) * WEEKS_A_MONTH


def paces(day: Days, level: Floats) -> Floats:
    """Return `pace` as it was with every level as the last one, NaN where it was None."""
    found = np.full(len(day), np.nan)
    if len(day) < LEVELS:
        return found
    windows = sliding_window_view(level, LEVELS)
    running = (sliding_window_view(np.diff(day), LEVELS - 1) == 7).all(axis=1)
    usable = running & np.isfinite(windows).all(axis=1)
    first, second = np.triu_indices(LEVELS, 1)
    slopes = (windows[usable][:, second] - windows[usable][:, first]) / (second - first)
    found[LEVELS - 1 :][usable] = np.median(slopes, axis=1) * WEEKS_A_MONTH
    return found


def changes(day: Days, value: Floats, weeks: int) -> Floats:
    """Return `change` as it was with every value as the last one, NaN where it was None."""
    found = np.full(len(day), np.nan)
    at = np.searchsorted(day, day - 7 * weeks)
    there = day[at] == day - 7 * weeks
    found[there] = value[there] - value[at[there]]
    return found


def pace_state(per_month: float) -> Pace:
    """Name a pace in USD bn a month."""
    if per_month < -FLAT_PACE:
        return "QT"
    return "expanding" if per_month > FLAT_PACE else "flat"


def policy(series: Macro, now: float) -> Policy | None:
    """Return the level and the last change of a rate as known at `now`.

    A change is a step between neighbours of at least 0.10 points (0.04 in a series of
    monthly means); steps of one sign that follow each other directly are one change,
    dated by the first, since a mean spreads a move over two months.
    """
    lag, least = _kind_of(series)
    known = int(np.searchsorted(series.day, now / DAY - lag, side="right"))
    if not known:
        return None
    steps = np.diff(series.value[:known])
    big = np.flatnonzero(_is_move(steps, least))
    last_change, moved = None, None
    if len(big):
        first, moved = _move(steps, int(big[-1]), least)
        last_change = int(series.day[first + 1])
    return Policy(float(series.value[known - 1]), int(series.day[known - 1]), last_change, moved)


@dataclass(frozen=True, slots=True, eq=False)
class Policies:
    """A policy rate as it was known with every value as the last one, shape (n,)."""

    day: Days
    known: Days  # the day from which the value counts as published
    last_change: Days  # -1: none in the data so far
    change: Floats


def policies(series: Macro) -> Policies:
    """Return what `policy` said from the day on which each value was published."""
    lag, least = _kind_of(series)
    steps = np.diff(series.value)
    at = np.where(_is_move(steps, least), np.arange(len(steps)), -1)
    last_change = np.full(len(series.day), -1, dtype=np.int64)
    moved = np.zeros(len(series.day))
    for n, last in enumerate(np.maximum.accumulate(at), start=1):
        if last >= 0:
            first, moved[n] = _move(steps, int(last), least)
            last_change[n] = series.day[first + 1]
    return Policies(series.day, series.day + lag, last_change, moved)


def _kind_of(series: Macro) -> tuple[int, float]:
    """Return the days to the publication of a value, and the least step that is a move."""
    monthly = len(series.day) > 1 and float(np.median(np.diff(series.day))) > 20
    return (MONTHLY_LAG, MONTHLY_STEP) if monthly else (DAILY_LAG, DAILY_STEP)


def _is_move(steps: Floats, least: float) -> NDArray[np.bool_]:
    return np.asarray(np.abs(steps) >= least - 1e-9, dtype=np.bool_)


def _move(steps: Floats, last: int, least: float) -> tuple[int, float]:
    """Return the first step of the move that ends with the step `last`, and its size."""
    first = last
    while first > 0 and steps[first - 1] * steps[last] > 0 and abs(steps[first - 1]) >= least:
        first -= 1
    return first, float(steps[first : last + 1].sum())
