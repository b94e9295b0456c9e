"""What followed a condition: its cases, and the target's returns beside those of any session."""

from collections.abc import Sequence

import numpy as np

from divmon.indicators.align import Grid
from divmon.indicators.base_rates import HORIZONS, Episode, episodes, forward
from divmon.indicators.series import Days, Floats, History
from divmon.market.sessions import day_of
from divmon.reading.frames import AskRates, Rates
from divmon.reading.prepare import Batch
from divmon.reading.signals import Signal, UntoldError, signal
from divmon.reading.told import After, Base, Case


def rates(asked: AskRates, batch: Batch, history: History) -> Rates:
    """Answer from the history that `batch` was made from.

    A signal is known when its bar is completed and is entered at the first New York close
    after that; a bar of Shanghai at the close of its own date, Bitcoin's UTC day at that
    of the next session.
    """
    condition, target = asked.condition, asked.target
    try:
        close = _target(target, batch)
        found = signal(condition, batch, history)
    except UntoldError as error:
        return Rates(condition=condition, target=target, why=error.why)
    grid = batch.grid
    told = np.flatnonzero(found.known)
    if not len(told):
        return Rates(condition=condition, target=target, why="no history", series=found.series)
    at = np.asarray(np.searchsorted(grid.at, found.over, side="right") - 1, dtype=np.int64)
    holds = np.zeros(len(grid), dtype=np.bool_)
    holds[at[found.holds & (at >= 0)]] = True
    parts = episodes(holds)
    # a close before the condition could be told could not have been entered
    begin = int(max(at[told[0]], -1)) + 1
    entries = [part.entry - begin for part in parts if part.entry is not None]
    after = forward(close[begin:], entries)
    return Rates(
        condition=condition,
        target=target,
        series=found.series,
        boundary=found.boundary,
        target_series=_held_for(target, grid),
        level=found.level,
        first=day_of(int(found.day[told[0]])),
        last=day_of(int(found.day[told[-1]])),
        bars=len(told),
        held=int(found.holds.sum()),
        now=bool(found.holds[told[-1]]),
        after={
            str(each.horizon): After(
                value=None,
                n=each.n,
                mean=each.mean,
                interval=None if each.low is None or each.high is None else (each.low, each.high),
                positive=each.positive,
                base=Base(n=each.base_n, mean=each.base_mean, positive=each.base_positive),
                enough=each.enough,
            )
            for each in after
        },
        overlapping={
            str(horizon): overlapping(close[begin:], entries, horizon) for horizon in HORIZONS
        },
        cases=tuple(_case(part, found, at, grid, close) for part in parts),
    )


def overlapping(close: Floats, entries: Sequence[int], horizon: int) -> int:
    """Count the entries whose return over `horizon` shares sessions with that of the one before."""
    counted = [
        at
        for at in entries
        if at + horizon < len(close) and np.isfinite(close[[at, at + horizon]]).all()
    ]
    return int(np.count_nonzero(np.diff(counted) < horizon))


def _target(name: str, batch: Batch) -> Floats:
    if name not in batch.grid.close or not np.isfinite(batch.grid.close[name]).any():
        raise UntoldError("no target")
    known = batch.settings.instruments.get(name)
    if known is not None and known.kind == "rate":
        raise UntoldError("rate target")
    return batch.grid.close[name]


def _held_for(name: str, grid: Grid) -> str:
    if name == "BTC":
        return grid.notes.get("BTC", "")
    return grid.uses.get(name, name)


def _case(part: Episode, found: Signal, at: Days, grid: Grid, close: Floats) -> Case:
    held = found.day[found.holds & (at >= part.start) & (at <= part.end)]
    return Case(
        start=day_of(int(held[0])),
        end=day_of(int(held[-1])),
        bars=len(held),
        entry=None if part.entry is None else day_of(int(grid.day[part.entry])),
        after={str(horizon): _return(close, part.entry, horizon) for horizon in HORIZONS},
    )


def _return(close: Floats, entry: int | None, horizon: int) -> float | None:
    if entry is None or entry + horizon >= len(close):
        return None
    value = close[entry + horizon] / close[entry] - 1.0
    return float(value) if np.isfinite(value) else None
