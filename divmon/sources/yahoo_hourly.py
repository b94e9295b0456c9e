"""Hourly bars from Yahoo."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from divmon.errors import BlockedError, SourceError
from divmon.market.events import MarketEvent
from divmon.settings import InstrumentSettings
from divmon.sources.base import LastBar
from divmon.sources.limiter import Pauses
from divmon.sources.yahoo_answer import Answer, bars, sift
from divmon.sources.yahoo_ask import HOUR, Ask

_DOUBT_S: Final = 5.0


class HourlyListing:
    """Hourly bars of a market that never closes, for the days of other time zones."""

    _HISTORY: Final = timedelta(days=729)  # Yahoo refuses the hour before the last 730 days
    _AFTER_S: Final = 120.0

    def __init__(
        self,
        name: str,
        instrument: InstrumentSettings,
        last_bar: LastBar,
        now: float,
        jitter: Callable[[], float],
    ) -> None:
        self.name = name
        self.instrument = instrument
        self.symbol = instrument.yahoo
        self.series = f"yahoo:{self.symbol}"
        self.due = 0.0
        self.bad_ticks = 0
        self.gaps = 0
        self.trouble = ""
        oldest = int(now - self._HISTORY.total_seconds())
        self._next = max(last_bar(self.series, "1h") or oldest, oldest)
        self._jitter = jitter
        self._failures = Pauses(5.0, 900.0, jitter=jitter)
        self._doubt: float | None = None

    def ask(self) -> Ask:
        # the hour before goes along: sift compares a bar with its predecessor
        return Ask(self.symbol, "1h", start=self._next - HOUR)

    def take(self, answer: Answer, now: float) -> list[MarketEvent]:
        self._failures.reset()
        whole = [row for row in answer.rows if row.time % HOUR == 0 and row.time + HOUR <= now]
        sifted = sift(whole, self.instrument.kind, answer.meta.price_hint, confirmed=self._doubt)
        self._doubt = None if sifted.doubtful is None else sifted.doubtful.close
        self.bad_ticks += len(sifted.bad)
        self.due = (now // HOUR + 1) * HOUR + self._AFTER_S * (0.5 + self._jitter())
        if self._doubt is not None:
            self.due = now + _DOUBT_S
        if not sifted.rows:
            return []
        self._next = sifted.rows[-1].time
        return [bars(self.name, self.series, answer, sifted.rows)]

    def fail(self, error: SourceError, now: float, others_work: bool) -> list[MarketEvent]:  # noqa: ARG002 (the daily listing of the symbol tells what is wrong)
        patient = HOUR if isinstance(error, BlockedError) else 0
        self.due = now + patient + self._failures.next()
        return []
