"""What the tests of the demo share: its events, and plain loops over its bars."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime

import msgspec

from divmon.market.events import Bars, MacroPoints, MarketEvent
from divmon.settings import Settings, load
from divmon.sources.demo import DemoSource

AFTER_20_JANUARY = datetime(2026, 1, 21, tzinfo=UTC)
AFTER_23_JANUARY = datetime(2026, 1, 24, tzinfo=UTC)
EPOCH = date(1970, 1, 1).toordinal()


def settings(**demo: object) -> Settings:
    """Return the defaults with other values in [demo]."""
    defaults = load()
    return msgspec.structs.replace(defaults, demo=msgspec.structs.replace(defaults.demo, **demo))


def told(as_of: datetime, **demo: object) -> list[MarketEvent]:
    """Return what the demo tells as of a moment."""
    events: list[MarketEvent] = []
    asyncio.run(DemoSource(settings(**demo), as_of).run(events.append))
    return events


class Board:
    """The bars and series among `events`, by name and ISO date."""

    def __init__(self, events: list[MarketEvent]) -> None:
        bars = [event for event in events if isinstance(event, Bars)]
        self.daily = {each.instrument: each for each in bars if each.interval == "1d"}
        self.hourly = next(each for each in bars if each.interval == "1h")
        self.macro = {
            event.series: dict(event.points) for event in events if isinstance(event, MacroPoints)
        }

    def closes(self, name: str) -> dict[str, float]:
        bars = self.daily[name]
        return {iso(day): close for day, close in zip(bars.time, bars.close, strict=True)}


def iso(day: int) -> str:
    return date.fromordinal(day + EPOCH).isoformat()


def number(text: str) -> int:
    return date.fromisoformat(text).toordinal() - EPOCH


def streak(opens: list[float], closes: list[float]) -> int:
    """Return the signed length of the run of candles at the end."""
    run = 0
    for o, c in zip(reversed(opens), reversed(closes), strict=True):
        sign = (c > o) - (c < o)
        if sign == 0 or sign * run < 0:
            break
        run += sign
    return run


def boundary_streak(hourly: Bars, end_hour: Callable[[int], bool]) -> int:
    """Return the candle streak of days that end when an hour ends for which `end_hour` says so."""
    closes = [
        close
        for start, close in zip(hourly.time, hourly.close, strict=True)
        if end_hour(start + 3600)
    ]
    return streak(closes[:-1], closes[1:])
