"""Exchange calendars: which days trade, and from when to when.

Heavy (exchange_calendars brings pandas: 0.65 s), so nothing that a screen imports
may import this module. Days are counted since 1970-01-01, times are Unix seconds.
"""

from array import array
from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Literal

import exchange_calendars
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.tseries.holiday import AbstractHolidayCalendar, Holiday, USColumbusDay, sunday_to_monday

from divmon.errors import SettingsError

DAY = 86_400
AHEAD = 3 * 366  # days of a calendar that never ends
FIRST_DAY = "1980-01-01"  # exchange_calendars knows its exchanges' holidays from here on
GUESSED = 366  # days ahead, at the least, that every calendar reaches, known or not
US_BONDS = "US bonds"
"""XNYS without the two days on which it trades and Treasuries do not: on ten years of
^TNX every session that XNYS expected in vain was one of them."""


def day_number(day: date) -> int:
    """Return the days since 1970-01-01."""
    return day.toordinal() - _EPOCH


def day_of(number: int) -> date:
    """Return the date of a day number."""
    return date.fromordinal(number + _EPOCH)


_EPOCH = date(1970, 1, 1).toordinal()


def holds(days: "array[int]", day: int) -> bool:
    """Tell whether ascending `days` have `day`."""
    at = bisect_left(days, day)
    return at < len(days) and days[at] == day


class _BondHolidays(AbstractHolidayCalendar):
    rules = [  # noqa: RUF012 (pandas' way)
        USColumbusDay,
        Holiday("Veterans Day", month=11, day=11, observance=sunday_to_monday),
    ]


class Sessions:
    """The sessions of one exchange, half days and clock changes included.

    Holidays are known up to the day `known_until`; later sessions are guessed, see `sessions`.
    """

    def __init__(
        self,
        name: str,
        days: NDArray[np.int64],
        opens: NDArray[np.int64],
        closes: NDArray[np.int64],
        known_until: int | None = None,
    ) -> None:
        self.name = name
        self.known_until = int(days[-1]) if known_until is None else known_until
        self.days = days
        self.opens = opens
        self.closes = closes
        # bisect takes 0.6 µs on these, 16 µs on numpy's, where each step makes a scalar, and
        # 0.3 µs on lists, which for ten calendars are 9 MB instead of two
        self._days, self._opens, self._closes = (
            array("q", times.astype(np.int64).tobytes()) for times in (days, opens, closes)
        )

    @property
    def always_open(self) -> bool:
        return self.name == "24/7"

    def is_session(self, day: int) -> bool:
        """Tell whether `day` trades."""
        return holds(self._days, day)

    def between(self, first: int, last: int) -> NDArray[np.int64]:
        """Return the session days from `first` to `last`, both included."""
        return self.days[bisect_left(self._days, first) : bisect_right(self._days, last)]

    def close_of(self, day: int) -> int | None:
        """Return when the session of `day` ends, None if it does not trade."""
        at = bisect_left(self._days, day)
        return self._closes[at] if at < len(self._days) and self._days[at] == day else None

    def last_closed(self, now: float) -> int | None:
        """Return the newest session that is over at `now`."""
        at = bisect_right(self._closes, now) - 1
        return self._days[at] if at >= 0 else None

    def last_opened(self, now: float) -> int | None:
        """Return the newest session that had begun at `now`, over or not."""
        at = bisect_right(self._opens, now) - 1
        return self._days[at] if at >= 0 else None

    def current(self, now: float) -> int | None:
        """Return the session that is running at `now`, None outside hours."""
        at = bisect_right(self._opens, now) - 1
        return self._days[at] if at >= 0 and now < self._closes[at] else None

    def state(self, now: float) -> Literal["open", "closed", "24/7"]:
        """Say whether the market trades at `now`."""
        if self.always_open:
            return "24/7"
        return "closed" if self.current(now) is None else "open"

    def next_open(self, now: float) -> int | None:
        """Return when the next session begins, None past the end of the calendar."""
        at = bisect_right(self._opens, now)
        return self._opens[at] if at < len(self._opens) else None

    def next_close(self, now: float) -> int | None:
        """Return when the running or the next session ends."""
        at = bisect_right(self._closes, now)
        return self._closes[at] if at < len(self._closes) else None


@lru_cache
def sessions(name: str) -> Sessions:
    """Return the calendar that exchange_calendars calls `name` ("XNYS", "24/7", …).

    China announces the holidays of a year in the autumn before, so its calendar ends with
    the year; a program that runs into January goes on with every weekday at the hours of
    the last session, and expects none of them (`known_until`).

    Raises:
        SettingsError: There is no such calendar.
    """
    if name == "24/7":
        days = np.arange(0, day_number(datetime.now(UTC).date()) + AHEAD, dtype=np.int64)
        return Sessions(name, days, days * DAY, (days + 1) * DAY)
    schedule = _schedule("XNYS" if name == US_BONDS else name)
    days = schedule.index.values.astype("datetime64[D]").astype(np.int64)
    opens = schedule["open"].to_numpy(dtype="datetime64[s]").astype(np.int64)
    closes = schedule["close"].to_numpy(dtype="datetime64[s]").astype(np.int64)
    if name == US_BONDS:
        holidays = _BondHolidays().holidays(schedule.index[0], schedule.index[-1])
        kept = ~schedule.index.isin(holidays)
        days, opens, closes = days[kept], opens[kept], closes[kept]
    known_until = int(days[-1])
    ahead = np.arange(known_until + 1, day_number(datetime.now(UTC).date()) + GUESSED)
    ahead = ahead[(ahead + _EPOCH - 1) % 7 < 5]
    into = [(times[-1] - known_until * DAY) + ahead * DAY for times in (opens, closes)]
    return Sessions(
        name,
        np.concatenate([days, ahead]),
        np.concatenate([opens, into[0]]),
        np.concatenate([closes, into[1]]),
        known_until,
    )


def _schedule(name: str) -> pd.DataFrame:
    """Return opens and closes by day, as far as exchange_calendars knows them."""
    try:
        calendar = exchange_calendars.get_calendar(name, start=FIRST_DAY)
    except exchange_calendars.errors.InvalidCalendarName as error:
        raise SettingsError(
            f"calendar = {name!r} is not known; use an exchange_calendars name such as XNYS, 24/7"
        ) from error
    except ValueError:
        # some calendars begin later than FIRST_DAY and say so this way
        calendar = exchange_calendars.get_calendar(name)
    schedule: pd.DataFrame = calendar.schedule
    return schedule
