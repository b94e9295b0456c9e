"""The facts that sources yield. Frozen, checked once here, and then trusted.

Every fact has two clocks, both in Unix seconds: `event_time` is the venue's stamp
and may run ahead of or behind ours; `received_time` is ours, taken as the bytes
arrive, and is what staleness is measured from.
"""

from array import array
from collections.abc import Callable
from math import isfinite
from typing import Any, Literal

from msgspec import Struct, field

from divmon.errors import DataError

Interval = Literal["1d", "1h"]
SourceState = Literal["starting", "ok", "retrying", "rate_limited", "off"]
Severity = Literal["info", "notice", "warning", "alert"]


class Quote(Struct, frozen=True, gc=False, tag="quote"):
    """One price seen at one place.

    `instrument` is our name (BTC, RUT), `source` the venue or vendor (kraken, yahoo).
    `open`, `high` and `low` are those of the running session, where the source tells.
    """

    instrument: str
    source: str
    price: float
    event_time: float
    received_time: float
    currency: str = "USD"
    open: float | None = None
    high: float | None = None
    low: float | None = None
    series: str = ""  # the vendor's name of what was quoted, "yahoo:^RUT"
    delay_s: float = 0.0  # as the source declares it; COMEX at Yahoo: 600

    def __post_init__(self) -> None:
        if not (isfinite(self.price) and self.price > 0):
            raise DataError(
                f"{self.source} {self.instrument}: price must be positive, was {self.price!r}"
            )


class Bars(Struct, frozen=True, eq=False, tag="bars"):
    """Completed and running bars of one series, oldest first, as columns of one length.

    `time` holds the session date as days since 1970-01-01 for "1d" (the exchange's
    own date; the UTC day for a 24/7 market) and the start of the bar in Unix seconds
    for "1h". A value-only series repeats its value in open, high, low and close and
    says so in `value_only`. NaN volume is unknown volume.
    """

    instrument: str
    series: str
    interval: Interval
    time: "array[int]"
    open: "array[float]"
    high: "array[float]"
    low: "array[float]"
    close: "array[float]"
    volume: "array[float]"
    received_time: float
    value_only: bool = False

    def __len__(self) -> int:
        return len(self.time)

    def __post_init__(self) -> None:
        columns = (self.open, self.high, self.low, self.close, self.volume)
        if any(len(column) != len(self.time) for column in columns):
            raise DataError(f"{self.series}: bars must have columns of one length")
        for earlier, later in zip(self.time, self.time[1:], strict=False):
            if later <= earlier:
                raise DataError(f"{self.series}: bars must be ordered in time, was {later}")
        for column in columns[:4]:
            for value in column:
                if not (isfinite(value) and value > 0):
                    raise DataError(f"{self.series}: prices must be positive, was {value!r}")


class MacroPoints(Struct, frozen=True, eq=False, tag="macro"):
    """Levels of one economic series.

    `points` are (days since 1970-01-01 of the as-of date, value), oldest first, in the
    units that `unit` names after normalisation ("USD mn", "USD bn", "%").
    """

    series: str
    unit: str
    points: tuple[tuple[int, float], ...]
    received_time: float
    published: float | None = None


class SourceHealth(Struct, frozen=True, tag="health"):
    """How one source is doing, for the sources line, `doctor` and the JSON."""

    name: str
    kind: Literal["exchange", "poll", "file", "demo", "link"]
    state: SourceState
    since: float  # of this state
    reason: str = ""  # why it is not ok, in words for a person
    last_data: float | None = None
    next_try: float | None = None  # or the next poll, when ok
    latency_ms: float | None = None
    reconnects: int = 0
    bad_ticks: int = 0
    bad_frames: int = 0
    gaps: int = 0


class Event(Struct, frozen=True, tag="event"):
    """Something that happened once and must not be lost.

    `text` is plain text for a person; `data` holds the same facts for a program.
    """

    time: float
    kind: str  # "record", "source_lost", "source_back", "bad_tick", "gap", "simulation", ...
    subject: str
    text: str
    severity: Severity = "info"
    data: dict[str, Any] = field(default_factory=dict)


MarketEvent = Quote | Bars | MacroPoints | SourceHealth | Event
Emit = Callable[[MarketEvent], None]
