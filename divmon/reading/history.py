"""The score's past as `divmon history` tells it: days, and episodes with what followed.

What followed one episode stands beside what followed all of them and what followed any
session, so that no single case is read without its base rate.
"""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from divmon.indicators.align import Grid
from divmon.reading import frames
from divmon.reading.cross import Cross
from divmon.reading.past import Day, Episode, Followed, days, followed, state_episodes
from divmon.reading.told import After, Base, Told


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


def whole(cross: Cross, grid: Grid) -> frames.Past:
    """Return all of it as a frame for screens: 30 bytes a session."""
    found = past(cross, grid)
    return frames.Past(
        days=tuple((day.date, day.score, day.state) for day in found.days),
        episodes=found.episodes,
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
