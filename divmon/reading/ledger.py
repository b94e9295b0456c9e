"""The record ledger: how rare today's values are, in words that the data supports."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from divmon.indicators.series import Days, Floats
from divmon.market.sessions import day_of
from divmon.reading.model import Record

SHOWN = 5
LEAST = 250  # values; in less than a year everything is rare


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """One number a session, NaN where there is none; `unit` formats it for a person."""

    name: str
    values: Floats
    unit: str = ""  # "%" shows the value times 100


def ledger(day: Days, metrics: Mapping[str, Metric]) -> tuple[Record, ...]:
    """Return the rarest of today's values, rarest first.

    A value counts from the nearer end of its own history: rank 1 of the highs or of
    the lows. Values of equal rarity keep the order of `metrics`.
    """
    found = [record for key, each in metrics.items() if (record := _record(key, day, each))]
    found.sort(key=lambda record: record.rank / record.n)
    return tuple(found[:SHOWN])


def _record(key: str, day: Days, metric: Metric) -> Record | None:
    there = np.isfinite(metric.values)
    n = int(there.sum())
    if n < LEAST or not there[-1]:
        return None
    values, days = metric.values[there], day[there]
    last, earlier = values[-1], values[:-1]
    above, below = int((earlier > last).sum()), int((earlier < last).sum())
    high = above <= below
    rank = 1 + (above if high else below)
    as_far = np.flatnonzero(earlier >= last if high else earlier <= last)
    when = day_of(int(days[as_far[-1]])) if len(as_far) else None
    start = day_of(int(days[0]))
    shown = f"{100 * last:+.1f} %" if metric.unit == "%" else f"{last:.2f}".rstrip("0").rstrip(".")
    place = "highest" if high else "lowest"
    ordinal = "" if rank == 1 else f"{_ordinal(rank)} "
    beyond = f", last as {'high' if high else 'low'} on {when}" if when else ""
    return Record(
        metric=key,
        value=float(last),
        rank=rank,
        n=n,
        last_equal=when,
        text=f"{metric.name} {shown}: {ordinal}{place} of {n} sessions from {start}{beyond}",
    )


def _ordinal(n: int) -> str:
    suffix = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{suffix}"
