"""What Bitcoin's row has beside the others': other clocks' candles, the wall, the day's change."""

from dataclasses import dataclass
from datetime import time, tzinfo

import msgspec
import numpy as np

from divmon.indicators.align import BTC_AGE, HOUR, MASTER
from divmon.indicators.series import Daily, Floats, Hourly
from divmon.indicators.walls import default_level, sigmas, wall
from divmon.market.sessions import DAY, day_of, sessions
from divmon.reading.boundaries import CLOSE, MIDNIGHT, NEW_YORK, as_of, cuts, following, run, zone
from divmon.reading.model import Instrument, Wall
from divmon.settings import Settings


@dataclass(frozen=True, slots=True, eq=False)
class Bitcoin:
    """Confirmed values and bases, as `Confirmed` has them for every row."""

    boundaries: dict[str, int | None]
    wall: Wall | None
    hourly: Hourly | None
    new_york: float | None  # price at the last XNYS close, hourly bars only
    candle_base: float | None  # where the running New York day began
    until: float  # the next day's end by either clock

    def day_ago(self, now: float) -> float | None:
        """Return the price of 24 hours ago, None if no hour ended within two hours before."""
        if self.hourly is None:
            return None
        end = now - DAY
        at = int(np.searchsorted(self.hourly.start, end - HOUR, side="right")) - 1
        if at < 0 or end - HOUR - self.hourly.start[at] > BTC_AGE:
            return None
        return float(self.hourly.close[at])


def bitcoin(
    bars: Daily | None, hourly: Hourly | None, row: Instrument, settings: Settings, now: float
) -> Bitcoin:
    """Compute what completed daily and hourly bars say of Bitcoin, each None where they lack."""
    hours = hourly if hourly is not None and len(hourly.start) else None
    own = zone(settings.general.time_zone)
    new_york = closes_at(hours, CLOSE, NEW_YORK, now)
    local = closes_at(hours, MIDNIGHT, own, now)
    session = sessions(MASTER)
    last = session.last_closed(now)
    end = None if last is None else session.close_of(last)
    return Bitcoin(
        boundaries={
            "UTC": row.streak.candle,
            "NY16": run(new_york),
            "local": run(local),
        },
        wall=_wall(bars, settings.levels.wall, row.volatility.cc30),
        hourly=hours,
        new_york=None if hours is None or end is None else _at(hours, end),
        candle_base=_value(new_york[-1]) if len(new_york) else None,
        until=min(following(CLOSE, NEW_YORK, now), following(MIDNIGHT, own, now)),
    )


def closes_at(hourly: Hourly | None, at: time, where: tzinfo | None, now: float) -> Floats:
    return np.zeros(0) if hourly is None else as_of(hourly, cuts(at, where, now))


def by_new_york(row: Instrument, found: Bitcoin) -> Instrument:
    """Return the row with its candle streak by New York's close, where that is known."""
    length = found.boundaries["NY16"]
    if length is None:
        return row
    # how rare the length is would need the hours of all history
    streak = msgspec.structs.replace(
        row.streak, candle=length, boundary="New York close", per_year=None, broken_by=None
    )
    return msgspec.structs.replace(row, streak=streak)


def _at(hourly: Hourly, moment: int) -> float | None:
    return _value(as_of(hourly, np.asarray([moment], dtype=np.int64))[0])


def _value(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


def _wall(bars: Daily | None, chosen: float, volatility: float | None) -> Wall | None:
    if bars is None or not len(bars.day):
        return None
    close = float(bars.close[-1])
    level = chosen or default_level(close)
    if level is None:
        return None
    state = wall(level, bars.day, bars.high, bars.close)
    above = state.last_close_above
    return Wall(
        level=level,
        closes_below=state.closes_below,
        last_close_above=None if above is None else day_of(above),
        touches=state.touches,
        touch_dates=tuple(day_of(day) for day in state.touch_days),
        pierced=state.pierced,
        distance=level / close - 1,
        sigmas=sigmas(level, close, volatility),
        closest=None if state.highest is None else state.highest / level - 1,
    )
