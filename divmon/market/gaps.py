"""Sessions that a daily series should have and has not.

Yahoo loses whole sessions (28 August 2026 for ^GSPC, ^IXIC and IWM at once), and a
streak that steps over such a hole unseen is a false record.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np

from divmon.market.sessions import Sessions, sessions

# COMEX and the currency desks open on American holidays, but settle those hours with
# the next business day and print no daily bar of their own: on 25 years of gold,
# silver and the dollar index, all but a handful of the days that these two calendars
# expected in vain were days on which XNYS was closed.
_NO_BAR_ON_US_HOLIDAYS: Final = frozenset({"CMES", "24/5"})


def missing(days: Iterable[int], calendar: Sessions, first: int, last: int) -> tuple[int, ...]:
    """Return the sessions from `first` to `last`, both included, that `days` lacks.

    All are days since 1970-01-01. Days that are no sessions are ignored, so are
    sessions from before the calendar begins or after its holidays are known. Empty when
    `last` is before `first`.
    """
    expected = calendar.between(first, min(last, calendar.known_until))
    if not len(expected):
        return ()  # as nearly always of every row, every second
    if calendar.name in _NO_BAR_ON_US_HOLIDAYS:
        new_york = sessions("XNYS")
        # before XNYS is known nothing can be said of a holiday
        known = expected[expected >= new_york.days[0]] if len(new_york.days) else expected[:0]
        expected = known[np.isin(known, new_york.days)]
    have = np.fromiter(days, dtype=np.int64)
    return tuple(expected[~np.isin(expected, have)].tolist())
