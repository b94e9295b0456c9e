"""From the completed bars of one instrument to its runs and records."""

import numpy as np

from divmon.indicators.base_rates import episodes
from divmon.indicators.drawdowns import Drawdown, drawdowns, records, twin
from divmon.indicators.series import Days, Floats
from divmon.indicators.spells import longest, ranks, reached, spells, years
from divmon.indicators.streaks import Breaks, Signs, candle_signs, change_signs, runs
from divmon.market.sessions import day_number, day_of
from divmon.market.spans import months_before
from divmon.reading.bars import Confirmed
from divmon.reading.track import Fall, RecordRun, Records, Run, RunKind, Runs, Track, Twin

LONGEST = 10  # runs told of each direction
CLUSTERS = 30  # runs of records told, the newest
STEPS = 300  # points of a twin, more than a terminal has dots for


def track_of(known: Confirmed) -> Track:
    """Return the runs and records of the bars that the row was computed from."""
    bars, day, close = known.bars, known.day, known.close
    if bars is None:
        return Track(instrument=known.name)
    missing = sorted(known.missing)
    breaks = np.zeros(len(day), dtype=np.bool_)
    breaks[np.searchsorted(day, np.asarray(missing, dtype=np.int64))] = True
    changes = change_signs(close, breaks)
    # a change is counted from the close before it; the first one has none
    before = np.append(np.nan, close[:-1])
    told = [_runs("close", changes, breaks, day, before, close)]
    if not bars.value_only:
        signs = candle_signs(bars.open, close)
        told.append(_runs("candle", signs, breaks, day, bars.open, close))
    return Track(
        instrument=known.name,
        name=bars.series,
        boundary="UTC" if known.calendar.always_open else "session",
        first=day_of(int(day[0])),
        last=day_of(int(day[-1])),
        years=years(day),
        holes=len(missing),
        runs=tuple(told),
        records=_records(day, close),
    )


def _runs(
    kind: RunKind, signs: Signs, breaks: Breaks, day: Days, before: Floats, close: Floats
) -> Runs:
    changes = kind == "close"
    lengths = runs(signs, breaks)
    found = spells(lengths, breaks, changes=changes)
    rank = ranks(found.length)
    last = len(day) - 1

    def run(at: int) -> Run:
        first, end = int(found.first[at]), int(found.last[at])
        return Run(
            start=day_of(int(day[first])),
            end=day_of(int(day[end])),
            length=int(found.length[at]),
            before=float(before[first]),
            after=float(close[end]),
            rank=int(rank[at]),
            running=end == last,
            cut=bool(found.cut[at]),
        )

    def told(sign: int) -> tuple[Run, ...]:
        chosen = longest(found.length, sign, LONGEST)
        newest = len(found) - 1
        if newest >= 0 and found.last[newest] == last and found.length[newest] * sign > 0:
            chosen += [newest] if newest not in chosen else []
        return tuple(run(at) for at in chosen)

    unknown = changes and (last == 0 or bool(breaks[-1]))
    return Runs(
        kind=kind,
        current=None if unknown else int(lengths[-1]),
        rises=told(1),
        falls=told(-1),
        reached=tuple(reached(found.length)),
    )


def _records(day: Days, close: Floats) -> Records | None:
    """Tell the records, but not those of the first year: anything is one in a short history."""
    since = months_before(day_of(int(day[0])), -12)
    begin = int(np.searchsorted(day, day_number(since)))
    if begin >= len(day):
        return None
    held = records(close)
    held[:begin] = False
    clusters = episodes(held)
    at = np.flatnonzero(held)
    top = np.maximum.accumulate(close)
    last = int(at[-1]) if len(at) else None
    falls = drawdowns(close)
    return Records(
        since=since,
        count=len(at),
        last=None if last is None else day_of(int(day[last])),
        days_since=None if last is None else int(day[-1] - day[last]),
        runs=tuple(
            RecordRun(
                first=day_of(int(day[each.start])),
                last=day_of(int(day[each.end])),
                count=int(held[each.start : each.end + 1].sum()),
                before=float(top[each.start - 1]),
                after=float(close[each.end]),
            )
            for each in reversed(clusters[-CLUSTERS:])
        ),
        clusters=len(clusters),
        falls=tuple(_falls(day, falls)),
        twin=_twin(close, falls),
    )


def _falls(day: Days, found: list[Drawdown]) -> list[Fall]:
    depths = sorted(each.depth for each in found)
    return [
        Fall(
            peak=day_of(int(day[each.peak])),
            trough=day_of(int(day[each.trough])),
            recovered=None if each.end is None else day_of(int(day[each.end])),
            depth=each.depth,
            days=int(day[-1 if each.end is None else each.end] - day[each.peak]),
            rank=1 + depths.index(each.depth),
        )
        for each in reversed(found)
    ]


def _twin(close: Floats, falls: list[Drawdown]) -> Twin | None:
    found = twin(close, falls)
    if found is None:
        return None
    bars = len(found.path) - 1
    # even steps, the high and the last bar among them
    at = np.unique(np.linspace(0, bars, min(bars + 1, STEPS)).round().astype(np.int64))
    low, middle, high = (
        tuple(None if np.isnan(value) else float(value) for value in band[at])
        for band in found.bands
    )
    return Twin(
        bar=tuple(at.tolist()),
        path=tuple(found.path[at].tolist()),
        low=low,
        middle=middle,
        high=high,
        n=tuple(found.n[at].tolist()),
    )
