"""What is happening now, as the store hands it to `read`: small, frozen, cheap to make."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from divmon.market.events import Quote, SourceHealth
from divmon.reading.model import Venue


@dataclass(frozen=True, slots=True)
class RunningBar:
    """The bar of the session or UTC day that is not over. `day` since 1970-01-01."""

    day: int
    open: float
    high: float
    low: float
    close: float


@dataclass(frozen=True, slots=True, eq=False)
class Live:
    """The newest accepted price of every instrument, and how its sources are.

    `quotes["BTC"]` is the composite, with source "composite" and the newest receipt
    among the venues used. `venues` and the two figures in bp describe it.
    """

    source: str
    simulated: bool = False
    quotes: Mapping[str, Quote] = field(default_factory=dict)
    running: Mapping[str, RunningBar] = field(default_factory=dict)
    venues: Mapping[str, Venue] = field(default_factory=dict)
    usdt_premium_bp: float | None = None
    spread_bp: float | None = None
    price_24h_ago: Mapping[str, float] = field(default_factory=dict)
    health: Mapping[str, SourceHealth] = field(default_factory=dict)
    banner: str = ""
