"""The score's past: every session, the episodes of alert, and what followed them."""

from datetime import date

import numpy as np
from msgspec import Struct, field

from divmon.indicators.align import Grid
from divmon.indicators.base_rates import HORIZONS, episodes, forward
from divmon.indicators.series import Floats
from divmon.market.sessions import day_number, day_of
from divmon.reading.cross import STATES, Cross
from divmon.reading.model import AbcState, Values

TARGETS = ("BTC", "RUT", "SPX")


class Day(Struct, frozen=True, kw_only=True):
    """One session of the master grid."""

    date: date
    score: float | None
    state: AbcState
    coverage: float
    confidence: float
    quadrant: str | None


class Episode(Struct, frozen=True, kw_only=True):
    """One run of a state, merged with others less than 20 sessions away.

    `after` has simple returns by target and horizon in sessions, from the close after
    the state was confirmed (`entry`); None where that time is not over.
    """

    start: date
    end: date
    sessions: int  # in the state
    max_score: float | None
    entry: date | None
    after: dict[str, Values] = field(default_factory=dict)


class Followed(Struct, frozen=True, kw_only=True):
    """Mean returns after episodes, beside those after any session of the same history.

    The interval is of the mean, 95 %, bootstrap. `enough` is False under ten episodes:
    too few to tell.
    """

    target: str
    horizon: int
    n: int
    mean: float | None
    low: float | None
    high: float | None
    positive: float | None
    base_n: int
    base_mean: float | None
    base_positive: float | None
    enough: bool


def days(cross: Cross, first: date | None = None, last: date | None = None) -> tuple[Day, ...]:
    """Return the sessions from `first` to `last`, both included, from the first score on."""
    path = cross.path
    known = np.flatnonzero(np.isfinite(path.score))
    if not len(known):
        return ()
    start = int(known[0])
    if first is not None:
        start = max(start, int(np.searchsorted(path.day, day_number(first))))
    end = len(path.day)
    if last is not None:
        end = int(np.searchsorted(path.day, day_number(last), side="right"))
    return tuple(
        Day(
            date=day_of(int(path.day[at])),
            score=_value(path.score[at]),
            state=STATES[path.state[at]],
            coverage=float(path.coverage[at]),
            confidence=float(path.confidence[at]),
            quadrant=path.quadrant[at],
        )
        for at in range(start, end)
    )


def state_episodes(cross: Cross, grid: Grid, state: AbcState = "alert") -> tuple[Episode, ...]:
    """Return the episodes of `state`, oldest first."""
    path = cross.path
    held = np.array(path.state, dtype=np.int64) == STATES.index(state)
    found = []
    for each in episodes(held):
        part = slice(each.start, each.end + 1)
        scores = path.score[part]
        scores = scores[np.isfinite(scores)]
        found.append(
            Episode(
                start=day_of(int(path.day[each.start])),
                end=day_of(int(path.day[each.end])),
                sessions=int(held[part].sum()),
                max_score=float(scores.max()) if len(scores) else None,
                entry=None if each.entry is None else day_of(int(path.day[each.entry])),
                after=_after(grid, each.entry),
            )
        )
    return tuple(found)


def followed(cross: Cross, grid: Grid, state: AbcState = "alert") -> tuple[Followed, ...]:
    """Return what followed the episodes of `state`, beside all sessions with a score."""
    held = np.array(cross.path.state, dtype=np.int64) == STATES.index(state)
    scored = np.flatnonzero(np.isfinite(cross.path.score))
    if not len(scored):
        return ()
    begin = int(scored[0])
    entries = [each.entry - begin for each in episodes(held) if each.entry is not None]
    return tuple(
        Followed(
            target=name,
            horizon=each.horizon,
            n=each.n,
            mean=each.mean,
            low=each.low,
            high=each.high,
            positive=each.positive,
            base_n=each.base_n,
            base_mean=each.base_mean,
            base_positive=each.base_positive,
            enough=each.enough,
        )
        for name in TARGETS
        if name in grid.close
        for each in forward(grid.close[name][begin:], entries)
    )


def _after(grid: Grid, entry: int | None) -> dict[str, Values]:
    return {
        name: {str(horizon): _return(grid.close[name], entry, horizon) for horizon in HORIZONS}
        for name in TARGETS
        if name in grid.close
    }


def _return(close: Floats, entry: int | None, horizon: int) -> float | None:
    if entry is None or entry + horizon >= len(close):
        return None
    return _value(close[entry + horizon] / close[entry] - 1.0)


def _value(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None
