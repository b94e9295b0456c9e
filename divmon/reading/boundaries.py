"""A 24/7 market has as many days as there are midnights: its candles by other clocks.

On 20 January 2026 Bitcoin's run was 6 by UTC, 4 by New York's close and 3 by Tokyo.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from divmon.errors import SettingsError
from divmon.indicators.align import BTC_AGE, HOUR
from divmon.indicators.series import Days, Floats, Hourly
from divmon.indicators.streaks import runs

NEW_YORK = ZoneInfo("America/New_York")
CLOSE = time(16)
MIDNIGHT = time(0)
LOOK_BACK = 120  # days; no run was ever half as long


def zone(name: str) -> tzinfo | None:
    """Return the time zone that a setting names, None for this machine's own.

    Raises:
        SettingsError: There is no such zone.
    """
    if name == "local":
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SettingsError(
            f'time_zone = {name!r} is not known; use "local" or a name such as "Europe/Zurich"'
        ) from error


def cuts(at: time, where: tzinfo | None, now: float) -> Days:
    """Return the last days' ends up to `now`, Unix seconds, oldest first."""
    today = datetime.fromtimestamp(now, where or UTC).date()
    ends = [_end(today - timedelta(days=back), at, where) for back in range(LOOK_BACK, -2, -1)]
    return np.asarray([end for end in ends if end <= now], dtype=np.int64)


def following(at: time, where: tzinfo | None, now: float) -> int:
    """Return the next day's end after `now`."""
    today = datetime.fromtimestamp(now, where or UTC).date()
    ends = (_end(today + timedelta(days=ahead), at, where) for ahead in range(-1, 3))
    return min(end for end in ends if end > now)


def _end(day: date, at: time, where: tzinfo | None) -> int:
    wall = datetime.combine(day, at)
    return int((wall.astimezone() if where is None else wall.replace(tzinfo=where)).timestamp())


def as_of(hourly: Hourly, moments: Days) -> Floats:
    """Return the closes of the hours that end by each moment, NaN where two hours lack."""
    found = np.full(len(moments), np.nan)
    if not len(hourly.start):
        return found
    end = hourly.start + HOUR
    at = np.searchsorted(end, moments, side="right") - 1
    fresh = (at >= 0) & (moments - end[np.maximum(at, 0)] <= BTC_AGE)
    found[fresh] = hourly.close[at[fresh]]
    return found


def run(closes: Floats) -> int | None:
    """Return the streak of the days between the closes at their ends, None for no last day."""
    if len(closes) < 2 or np.isnan(closes[-2:]).any():
        return None
    with np.errstate(invalid="ignore"):
        signs = np.nan_to_num(np.sign(np.diff(closes))).astype(np.int64)
    return int(runs(signs)[-1])
