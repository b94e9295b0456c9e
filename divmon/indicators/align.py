"""The master grid: every series sampled at the close of the XNYS session, in one place.

Joining New York closes with Bitcoin's *previous* UTC close drops the daily BTC-RUT
correlation from 0.50 to 0.05 and invents "RUT leads BTC by a day", r = 0.48: whatever
compares two instruments takes both from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from divmon.indicators.series import Daily, Days, Floats, History, Hourly
from divmon.market.sessions import Sessions, day_of, sessions

MASTER = "XNYS"
CARRY = 10  # grid sessions that a foreign close is carried; Golden Week takes 6
BTC_AGE = 7200  # seconds from the end of the last hourly bar to the session close
HOUR = 3600
SPOT = {"GOLD": "GLD", "SILVER": "SLV"}  # futures settle after 16:00 ET, these close with it


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Closes as of each completed XNYS session; arrays of shape (n,), oldest first.

    `close[name]` is NaN where the instrument has no value. `carried[name]` counts the
    grid sessions since the bar that the value is from (0: the same date), `late[name]`
    the sessions of its own calendar that were over by then and have no bar (a holiday
    of its own makes a value carried, not late); -1 in both where no bar exists yet.
    They are also filled where `close` is NaN, to say why.
    """

    day: Days  # session dates, days since 1970-01-01
    at: Days  # session closes, Unix seconds; 13:00 in New York on half days
    close: dict[str, Floats] = field(default_factory=dict)
    carried: dict[str, Days] = field(default_factory=dict)
    late: dict[str, Days] = field(default_factory=dict)
    uses: dict[str, str] = field(default_factory=dict)  # GOLD -> "GLD": what the column holds
    notes: dict[str, str] = field(default_factory=dict)  # BTC -> "UTC close"

    def __len__(self) -> int:
        return len(self.day)


def calendar_of(name: str, calendars: Mapping[str, str]) -> str:
    """Return the calendar that an instrument trades by; one we do not know is American."""
    return calendars.get(name, "24/7" if name == "BTC" else MASTER)


def completed(daily: Daily, calendar: Sessions, now: float) -> Daily:
    """Return the bars of sessions that are over at `now`, and were when they were received."""
    last = calendar.last_closed(min(now, daily.received))
    n = 0 if last is None else int(np.searchsorted(daily.day, last, side="right"))
    if n == len(daily.day):
        return daily
    return replace(
        daily,
        day=daily.day[:n],
        open=daily.open[:n],
        high=daily.high[:n],
        low=daily.low[:n],
        close=daily.close[:n],
    )


def ended(hourly: Hourly, now: float) -> Hourly:
    """Return the hours that are over at `now`, and were when they were received."""
    end = min(now, hourly.received)
    n = int(np.searchsorted(hourly.start, end - HOUR, side="right"))
    return replace(hourly, start=hourly.start[:n], close=hourly.close[:n])


def align(history: History, calendars: Mapping[str, str], now: float) -> Grid:
    """Sample every daily series of `history` at the XNYS closes up to `now`.

    Args:
        history: Daily and hourly bars; running bars are left out here.
        calendars: Instrument to calendar name, as in the settings.
        now: Unix seconds; no session that closes later is in the grid.

    Returns:
        The grid from the first bar of any instrument (1980 at the earliest). GOLD and
        SILVER hold GLD and SLV where the history has those; `uses` says which.
    """
    master = sessions(MASTER)
    daily = {
        name: completed(bars, sessions(calendar_of(name, calendars)), now)
        for name, bars in history.daily.items()
    }
    firsts = [int(bars.day[0]) for bars in daily.values() if len(bars.day)]
    hourly = ended(history.hourly["BTC"], now) if "BTC" in history.hourly else None
    if hourly is not None and len(hourly.start):
        firsts.append(int(hourly.start[0]) // 86_400)
    last = master.last_closed(now)
    if not firsts or last is None:
        nothing = np.zeros(0, dtype=np.int64)
        return Grid(nothing, nothing)
    day = master.between(min(firsts), last)
    at = master.closes[np.searchsorted(master.days, day)]
    grid = Grid(day, at)
    for name, bars in daily.items():
        if name != "BTC" and SPOT.get(name) not in daily:
            _column(grid, name, bars, sessions(calendar_of(name, calendars)))
    _bitcoin(grid, daily.get("BTC"), hourly)
    for future, etf in SPOT.items():
        source = etf if etf in daily else future
        if source not in daily:
            continue
        grid.uses[future] = source
        grid.close[future] = grid.close[source]
        grid.carried[future] = grid.carried[source]
        grid.late[future] = grid.late[source]
    return grid


def _column(grid: Grid, name: str, bars: Daily, calendar: Sessions) -> None:
    """Join by date; carry what is not XNYS over its own holidays, and count both ages."""
    at = np.searchsorted(bars.day, grid.day, side="right") - 1
    known = at >= 0
    bar_day = np.where(known, bars.day[np.maximum(at, 0)], 0) if len(bars.day) else grid.day * 0
    grid.carried[name] = carried = np.where(known, _sessions_after(grid.day, bar_day, grid.day), -1)
    over = np.searchsorted(calendar.closes, grid.at, side="right")
    seen = np.searchsorted(calendar.days, bar_day, side="right")
    grid.late[name] = np.where(known, np.maximum(over - seen, 0), -1)
    usable = known & (carried <= (0 if calendar.name == MASTER else CARRY))
    grid.close[name] = _take(bars.close, at, usable)


def _bitcoin(grid: Grid, daily: Daily | None, hourly: Hourly | None) -> None:
    """Take the hourly bar that ends by the close; beyond the hours we have, the UTC day."""
    if daily is None and hourly is None:
        return
    n = len(grid)
    close = np.full(n, np.nan)
    carried = np.full(n, -1, dtype=np.int64)
    outside = np.ones(n, dtype=np.bool_)
    notes = []
    if hourly is not None and len(hourly.start):
        end = hourly.start + HOUR
        at = np.searchsorted(end, grid.at, side="right") - 1
        # a hole of more than two hours inside the hours we have stays a hole
        outside = (at < 0) | (grid.at > end[-1] + BTC_AGE)
        fresh = (at >= 0) & (grid.at - end[np.maximum(at, 0)] <= BTC_AGE)
        close = _take(hourly.close, at, fresh)
        carried[fresh] = 0
        if fresh.any():
            notes.append(f"hourly close by 16:00 ET since {day_of(int(grid.day[fresh.argmax()]))}")
    if daily is not None and outside.any():
        at = np.searchsorted(daily.day, grid.day, side="right") - 1
        same = (at >= 0) & outside
        same[same] = daily.day[at[same]] == grid.day[same]
        close = np.where(same, _take(daily.close, at, same), close)
        carried[same] = 0
        if same.any():
            notes.append("UTC close of the same date" + (" before" if notes else ""))
    known = np.maximum.accumulate(np.where(carried == 0, np.arange(n), -1))
    age = np.where(known >= 0, np.arange(n) - known, -1)
    grid.close["BTC"], grid.carried["BTC"], grid.late["BTC"] = close, age, age
    grid.notes["BTC"] = ", ".join(notes) or "no close"


def _sessions_after(days: Days, bar_day: Days, until: Days) -> Days:
    """Count the sessions of `days` after `bar_day` and up to `until`."""
    upto = np.searchsorted(days, until, side="right")
    after = np.searchsorted(days, bar_day, side="right")
    return (upto - after).astype(np.int64)


def _take(values: Floats, at: Days, where: NDArray[np.bool_]) -> Floats:
    taken = np.full(len(at), np.nan)
    taken[where] = values[at[where]]
    return taken
