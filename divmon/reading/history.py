"""The score's past as `divmon history` tells it: days, and episodes with what followed.

What followed one episode stands beside what followed all of them and what followed any
session, so that no single case is read without its base rate.
"""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from divmon.indicators.align import Grid
from divmon.reading.cross import Cross
from divmon.reading.past import Day, Episode, Followed, days, followed, state_episodes


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


class Past(Struct, frozen=True, kw_only=True):
    """The sessions asked for, and the episodes of alert that touch them."""

    days: tuple[Day, ...]
    episodes: tuple[Told, ...]


def past(cross: Cross, grid: Grid, first: date | None = None, last: date | None = None) -> Past:
    """Return what there is from `first` to `last`, both included; None: no limit.

    The limits choose what is shown. Means and base rates are those of all the data.
    """
    rates = followed(cross, grid)
    return Past(
        days=days(cross, first, last),
        episodes=tuple(
            _told(episode, rates)
            for episode in state_episodes(cross, grid)
            if (first is None or episode.end >= first) and (last is None or episode.start <= last)
        ),
    )


def _told(episode: Episode, rates: Sequence[Followed]) -> Told:
    after: dict[str, dict[str, After]] = {}
    for rate in rates:
        horizon = str(rate.horizon)
        low, high = rate.low, rate.high
        after.setdefault(horizon, {})[rate.target] = After(
            value=episode.after[rate.target][horizon],
            n=rate.n,
            mean=rate.mean,
            interval=None if low is None or high is None else (low, high),
            positive=rate.positive,
            base=Base(n=rate.base_n, mean=rate.base_mean, positive=rate.base_positive),
            enough=rate.enough,
        )
    return Told(
        start=episode.start,
        end=episode.end,
        sessions=episode.sessions,
        max_score=episode.max_score,
        entry=episode.entry,
        after=after,
    )
