"""Calendar distances, counted alike by the engine and by the screen. Light: dates alone."""

from calendar import monthrange
from datetime import date

MONTHS = {"1M": 1, "3M": 3, "1Y": 12, "5Y": 60}


def months_before(day: date, months: int) -> date:
    """Return the same day of an earlier month, or that month's last: 31 March less one is 28 Feb.

    The first day that there is, 1 January 1, where the calendar does not reach so far.
    """
    year, month = divmod(12 * day.year + day.month - 1 - months, 12)
    if year < 1:
        return date.min
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def year_before(day: date) -> date:
    """Return the last day of the year before: what a year's change is counted from."""
    return date(day.year - 1, 12, 31) if day.year > 1 else date.min
