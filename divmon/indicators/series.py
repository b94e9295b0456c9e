"""The history that every reading is computed from. Arrays run oldest to newest."""

from dataclasses import dataclass, field
from math import inf

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Days = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Daily:
    """Daily bars of one instrument: `day` counts days since 1970-01-01, ascending.

    `series` names what it really is ("yahoo:^RUT", "csv:rut"). `value_only`: the
    source had closes alone, and open, high and low repeat them. `received`: when the
    last bar was, Unix seconds; one received before its session ended is a running bar
    for ever, since its close is only the price of that moment.
    """

    instrument: str
    series: str
    day: Days
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    value_only: bool = False
    received: float = inf


@dataclass(frozen=True, slots=True, eq=False)
class Hourly:
    """Hourly bars; `start` is Unix seconds, ascending, gaps allowed. `received` as in Daily."""

    instrument: str
    series: str
    start: Days
    close: Floats
    received: float = inf


@dataclass(frozen=True, slots=True, eq=False)
class Macro:
    """Levels of one economic series, in `unit` ("USD mn", "USD bn", "%")."""

    series: str
    unit: str
    day: Days
    value: Floats


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """All that is known of the past. May hold the running bar of each series as its last."""

    daily: dict[str, Daily] = field(default_factory=dict)
    hourly: dict[str, Hourly] = field(default_factory=dict)
    macro: dict[str, Macro] = field(default_factory=dict)
