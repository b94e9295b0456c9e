"""One request to Yahoo, and what makes such requests."""

from typing import Final, NamedTuple, Protocol

from divmon.errors import SourceError
from divmon.market.events import Interval, MarketEvent
from divmon.sources.yahoo_answer import Answer

HOUR: Final = 3600


class Ask(NamedTuple):
    """One request: by a `period` in Yahoo's words, or from `start` (Unix seconds) to now."""

    symbol: str
    interval: Interval
    period: str | None = None
    start: int | None = None


class Listing(Protocol):
    """One thing that is asked for again and again."""

    name: str
    due: float
    bad_ticks: int
    gaps: int
    trouble: str

    def ask(self) -> Ask: ...

    def take(self, answer: Answer, now: float) -> list[MarketEvent]: ...

    def fail(self, error: SourceError, now: float, others_work: bool) -> list[MarketEvent]: ...
