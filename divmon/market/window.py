"""Where a moment lies in an exchange's day, looked up once and then compared."""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Literal

from divmon.market.sessions import DAY, Sessions


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """The newest session that has begun, and what comes next. Days are since 1970-01-01."""

    calendar: Sessions
    state: Literal["open", "closed", "24/7"]
    day: int | None  # of the newest session that has begun
    opened: float
    closed: float  # its end, which may lie ahead
    last_closed: int | None
    next_open: int | None
    next_close: int | None

    @property
    def until(self) -> float | None:
        """Return when this stops being true, None past the end of the calendar."""
        ends = [moment for moment in (self.next_open, self.next_close) if moment is not None]
        return min(ends, default=None)

    def session_of(self, event_time: float) -> int | None:
        """Return the newest session that had begun at `event_time`.

        A price stamped after a close belongs to the session that has ended.
        """
        if self.day is not None and event_time >= self.opened:
            # the UTC day may have turned since this was looked up
            return int(event_time // DAY) if self.calendar.always_open else self.day
        at = bisect_right(self.calendar.opens, event_time) - 1
        return int(self.calendar.days[at]) if at >= 0 else None


def window(calendar: Sessions, now: float) -> Window:
    """Look up `now`."""
    at = bisect_right(calendar.opens, now) - 1
    return Window(
        calendar,
        calendar.state(now),
        int(calendar.days[at]) if at >= 0 else None,
        float(calendar.opens[at]) if at >= 0 else 0.0,
        float(calendar.closes[at]) if at >= 0 else 0.0,
        calendar.last_closed(now),
        calendar.next_open(now),
        calendar.next_close(now),
    )
