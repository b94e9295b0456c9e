"""What is told of the past. Light on purpose: an attached screen imports it."""

from datetime import date

from msgspec import Struct


class Base(Struct, frozen=True, kw_only=True):
    """Simple returns after any session with a score."""

    n: int
    mean: float | None
    positive: float | None  # share above 0


class After(Struct, frozen=True, kw_only=True):
    """One target over one horizon, simple returns as fractions.

    `value` is this episode's, None while it is not over. The others are of all episodes
    of the data: the interval is of the mean, 95 %, by bootstrap. `enough` is False under
    ten episodes: too few to tell.
    """

    value: float | None
    n: int
    mean: float | None
    interval: tuple[float, float] | None
    positive: float | None
    base: Base
    enough: bool


class Told(Struct, frozen=True, kw_only=True):
    """One episode; `after` is by horizon in sessions, then by target."""

    start: date
    end: date
    sessions: int
    max_score: float | None
    entry: date | None  # the close that `after` counts from
    after: dict[str, dict[str, After]]


class Case(Struct, frozen=True, kw_only=True):
    """One episode of a condition, dated by the bars of its own instrument.

    `after` has the target's simple return by horizon in sessions, from the close `entry`
    on: the first one after the signal was known. None while it is not over.
    """

    start: date
    end: date
    bars: int  # on which the condition held
    entry: date | None
    after: dict[str, float | None]
