"""From the batch to a race: a day to begin on, and every instrument's closes since.

A return is counted from the instrument's own completed close, as the rows count theirs;
it is not sampled on the master grid, so a price on the screen can be checked by hand.
"""

from datetime import date

import numpy as np

from divmon.indicators.align import CARRY, MASTER
from divmon.indicators.series import Days
from divmon.market.sessions import Sessions, day_number, day_of, sessions
from divmon.market.spans import MONTHS, months_before, year_before
from divmon.reading.bars import Confirmed
from divmon.reading.prepare import Batch
from divmon.reading.race import Lane, NoRace, Race

BTC = "BTC"
STEPS = 366  # days told; a year of them, and more than most screens have cells
YEAR = 365  # days of BTC's one-year high


def race_of(batch: Batch, anchor: str) -> Race:
    """Return the race since `anchor`: one of `ANCHORS`, or a date."""
    today = batch.windows[MASTER].day
    if today is None or all(known.last is None for known in batch.confirmed.values()):
        return Race(anchor=anchor, lack="nothing")
    since = _since(batch, anchor, day_of(today))
    if isinstance(since, str):
        return Race(anchor=anchor, lack=since)
    day = day_number(since)
    if day > max(today, *(known.last or 0 for known in batch.confirmed.values())):
        return Race(anchor=anchor, since=since, lack="future")
    days = _days(day, batch.windows[MASTER].last_closed or day)
    return Race(
        anchor=anchor,
        since=since,
        days=tuple(days.tolist()),
        lanes=tuple(_lane(batch.confirmed[name], day, days) for name in _names(batch)),
    )


def _names(batch: Batch) -> list[str]:
    listed = [name for names in batch.settings.watchlist.values() for name in names]
    return [name for name in dict.fromkeys([BTC, *listed]) if name in batch.confirmed]


def _since(batch: Batch, anchor: str, today: date) -> date | NoRace:
    """Return the day whose closes are the bases, or why there is none.

    `today` is that of the newest New York session that has begun: a year and a month
    are over for all rows at once.
    """
    if anchor == "YTD":
        return year_before(today)
    if anchor in MONTHS:
        return months_before(today, MONTHS[anchor])
    if anchor == "BTC high":
        return _high(batch.confirmed.get(BTC)) or "high"
    if anchor == "wall":
        wall = batch.bitcoin.wall if batch.bitcoin is not None else None
        return (wall.last_close_above if wall is not None else None) or "wall"
    if anchor == "ABC":
        return batch.cross.abc.since or "abc"
    try:
        return date.fromisoformat(anchor)
    except ValueError:
        return "date"


def _high(btc: Confirmed | None) -> date | None:
    """Return the day of BTC's highest close of a year, the newest of equal ones."""
    if btc is None or btc.last is None:
        return None
    close = btc.close[int(np.searchsorted(btc.day, btc.last - YEAR + 1)) :]
    back = int(np.argmax(close[::-1]))
    return day_of(int(btc.day[len(btc.day) - 1 - back]))


def _days(first: int, last: int) -> Days:
    """Return the race's day and the sessions of New York after it, thinned evenly."""
    days = np.append(first, sessions(MASTER).between(first + 1, last))
    if len(days) <= STEPS:
        return days
    return days[np.linspace(0, len(days) - 1, STEPS).round().astype(np.int64)]


def _lane(known: Confirmed, day: int, days: Days) -> Lane:
    if known.last is None:
        return Lane(instrument=known.name, lack="nothing")
    at = int(np.searchsorted(known.day, day, side="right")) - 1
    if at < 0:
        return Lane(instrument=known.name, day=day_of(int(known.day[0])), lack="later")
    own = day_of(int(known.day[at]))
    if _sessions_between(known.calendar, int(known.day[at]), day) > CARRY:
        return Lane(instrument=known.name, day=own, lack="old")
    base = float(known.close[at])
    closes = known.close[np.searchsorted(known.day, days, side="right") - 1]
    return Lane(instrument=known.name, day=own, base=base, path=tuple((closes / base).tolist()))


def _sessions_between(calendar: Sessions, first: int, last: int) -> int:
    """Count the sessions after `first` that have passed by `last`."""
    return len(calendar.between(first + 1, last))
