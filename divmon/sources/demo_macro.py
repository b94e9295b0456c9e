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
from divmon.sources.demo_anchors import FIRST_DAY, Level
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


# Economic series: (as-of date, level), lines between them unless they are rates.
WALCL: tuple[Level, ...] = (  # USD mn, Wednesdays
    ("2023-05-31", 8_386_000),
    ("2024-05-29", 7_285_000),
    ("2025-05-28", 6_673_000),
    ("2025-12-03", 6_536_000),  # QT ended on 1 December
    ("2026-01-28", 6_588_000),  # bills are bought since 12 December
    ("2027-12-29", 7_100_000),
)
WDTGAL: tuple[Level, ...] = (  # USD mn, Wednesdays
    ("2023-05-31", 48_000),  # days before the debt limit was lifted
    ("2023-10-25", 835_000),
    ("2024-12-31", 720_000),
    ("2025-06-04", 360_000),
    ("2025-10-29", 985_000),  # the shutdown
    ("2025-12-31", 870_000),
    ("2026-01-14", 780_000),
    ("2026-01-28", 890_000),
    ("2027-12-29", 850_000),
)
RRPONTSYD: tuple[Level, ...] = (  # USD bn, business days
    ("2023-06-01", 2160),
    ("2023-12-29", 800),
    ("2024-12-31", 180),
    ("2025-08-29", 30),
    ("2025-10-01", 8),
    ("2026-01-28", 4),
)
DFF: tuple[Level, ...] = (  # %, from the date on
    ("2023-06-01", 5.08),
    ("2023-07-27", 5.33),
    ("2024-09-19", 4.83),
    ("2024-11-08", 4.58),
    ("2024-12-19", 4.33),
    ("2025-09-18", 4.09),
    ("2025-10-30", 3.87),
    ("2025-12-11", 3.64),
)
BOJ: tuple[Level, ...] = (  # %, from the date on
    ("2023-06-01", -0.1),
    ("2024-03-21", 0.1),
    ("2024-08-01", 0.25),
    ("2025-01-27", 0.5),
    ("2025-12-19", 0.75),
)


class Point(NamedTuple):
    day: int
    value: float
    known: float  # Unix seconds


def points(series: str, market: Market, until: int) -> list[Point]:
    """Return a series' points up to and with day `until`, oldest first.

    Raises:
        KeyError: The demo has no such series; UNITS lists those it has.
    """
    first = day(FIRST_DAY)
    every = np.arange(first, until + 1, dtype=np.int64)
    master = sessions("XNYS")
    if series in ("WALCL", "WDTGAL"):
        levels = WALCL if series == "WALCL" else WDTGAL
        days = every[[day_of(number).weekday() == WEDNESDAY for number in every.tolist()]]
        return _points(days, np.round(line(days, levels)), _h41)
    if series == "RRPONTSYD":
        days = master.between(first, until)
        return _points(days, np.round(line(days, RRPONTSYD), 3), _same_day)
    if series == "DGS10":
        track = market.tracks["US10Y"]
        days = track.calendar.between(first, until)
        return _points(days, np.round(track.closes[: len(days)], 2), _next_morning)
    if series == "DFF":
        return _points(every, stairs(every, DFF), _next_morning)
    if series == "IRSTCI01JPM156N":
        # the true series is a monthly mean; here the policy rate itself, day by day
        return _points(every, stairs(every, BOJ), _next_morning)
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
