"""The demo's economic series, each point with the time from which it was known."""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from divmon.indicators.liquidity import release
from divmon.market.events import MacroPoints
from divmon.market.sessions import DAY, day_of, sessions
from divmon.sources import demo_anchors as anchors
from divmon.sources.demo_bridge import Floats, Ints, day, line, stairs
from divmon.sources.demo_market import Market

NEW_YORK = ZoneInfo("America/New_York")
WEDNESDAY = 2
MORNING = time(9, 0)  # of the next day: rates
AFTERNOON = time(13, 30)  # of the same day: the reverse repo operation

UNITS = {
    "WALCL": "USD mn",
    "WDTGAL": "USD mn",
    "RRPONTSYD": "USD bn",
    "DFF": "%",
    "DGS10": "%",
    "IRSTCI01JPM156N": "%",
}


class Point(NamedTuple):
    day: int
    value: float
    known: float  # Unix seconds


def points(series: str, market: Market, until: int) -> list[Point]:
    """Return a series' points up to and with day `until`, oldest first.

    Raises:
        KeyError: The demo has no such series; UNITS lists those it has.
    """
    first = day(anchors.FIRST_DAY)
    every = np.arange(first, until + 1, dtype=np.int64)
    master = sessions("XNYS")
    if series in ("WALCL", "WDTGAL"):
        levels = anchors.WALCL if series == "WALCL" else anchors.WDTGAL
        days = every[[day_of(number).weekday() == WEDNESDAY for number in every.tolist()]]
        return _points(days, np.round(line(days, levels)), _h41)
    if series == "RRPONTSYD":
        days = master.between(first, until)
        return _points(days, np.round(line(days, anchors.RRPONTSYD), 3), _same_day)
    if series == "DGS10":
        track = market.tracks["US10Y"]
        days = master.between(first, until)
        return _points(days, np.round(track.closes[: len(days)], 2), _next_morning)
    if series == "DFF":
        return _points(every, stairs(every, anchors.DFF), _next_morning)
    if series == "IRSTCI01JPM156N":
        # the true series is a monthly mean; here the policy rate itself, day by day
        return _points(every, stairs(every, anchors.BOJ), _next_morning)
    raise KeyError(series)


class Figures:
    """What was known of the series at a time that only goes forward."""

    def __init__(self, wanted: Iterable[str], market: Market) -> None:
        self.market = market
        self._day = -1
        self._points: dict[str, list[Point]] = {series: [] for series in wanted if series in UNITS}
        self._told = dict.fromkeys(self._points, 0)

    def news(self, now: float) -> list[MacroPoints]:
        """Return the series, whole, that have a new point since the last call."""
        today = int(now // DAY)
        if today != self._day:
            self._day = today
            self._points = {series: points(series, self.market, today) for series in self._points}
        news = []
        for series, every in self._points.items():
            count = bisect_right(every, now, key=lambda point: point.known)
            if count > self._told[series]:
                self._told[series] = count
                known = tuple((point.day, point.value) for point in every[:count])
                news.append(MacroPoints(series, UNITS[series], known, now, every[count - 1].known))
        return news


def _h41(wednesday: date) -> float:
    return release(wednesday).timestamp()


def _same_day(of: date) -> float:
    return datetime.combine(of, AFTERNOON, NEW_YORK).timestamp()


def _next_morning(of: date) -> float:
    return datetime.combine(of + timedelta(days=1), MORNING, NEW_YORK).timestamp()


def _points(days: Ints, values: Floats, known: Callable[[date], float]) -> list[Point]:
    return [
        Point(number, value, known(day_of(number)))
        for number, value in zip(days.tolist(), values.tolist(), strict=True)
    ]
