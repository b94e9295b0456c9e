"""A price level from below: how long, how often tried, how far."""

from dataclasses import dataclass, replace
from math import floor, log, sqrt

from divmon.indicators.series import Days, Floats

STEPS = (100_000, 50_000, 10_000)
REACH = 0.25  # a level farther above the close is no wall
TOUCH = 0.03  # a high this near touches, if armed
ARM = 0.05  # a close this far below arms the next touch


def default_level(close: float) -> float | None:
    """Return the coarsest round level above `close` within 25 %, None if there is none."""
    for step in STEPS:
        level = (floor(close / step) + 1) * step
        if level <= close * (1 + REACH):
            return float(level)
    return None


@dataclass(frozen=True, slots=True)
class WallState:
    """The level after the last close at or above it. A break, close >= level, starts anew."""

    level: float
    closes_below: int = 0
    last_close_above: int | None = None  # day number; None: never in this history
    touches: int = 0
    touch_days: tuple[int, ...] = ()
    pierced: bool = False  # some high since then reached the level, its close did not
    highest: float | None = None  # high since then
    armed: bool = False


def step(state: WallState, day: int, high: float, close: float) -> WallState:
    """Return the state after one more bar."""
    level = state.level
    if close >= level:
        return WallState(level, last_close_above=day)
    touch = state.armed and high >= level * (1 - TOUCH)
    return replace(
        state,
        closes_below=state.closes_below + 1,
        touches=state.touches + touch,
        touch_days=(*state.touch_days, day) if touch else state.touch_days,
        pierced=state.pierced or high >= level,
        highest=high if state.highest is None else max(high, state.highest),
        armed=(state.armed and not touch) or close <= level * (1 - ARM),
    )


def wall(level: float, day: Days, high: Floats, close: Floats) -> WallState:
    """Return the state after all bars; columns of shape (n,), n may be 0."""
    above = (close >= level).nonzero()[0]
    first = int(above[-1]) + 1 if len(above) else 0
    state = WallState(level, last_close_above=int(day[first - 1]) if first else None)
    for bar in zip(
        day[first:].tolist(), high[first:].tolist(), close[first:].tolist(), strict=True
    ):
        state = step(state, *bar)
    return state


def sigmas(level: float, close: float, volatility: float | None) -> float | None:
    """Return the distance in daily standard deviations; `volatility` is a 24/7 market's, a year."""
    return log(level / close) / (volatility / sqrt(365)) if volatility else None
