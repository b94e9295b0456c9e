"""What to ask Yahoo about one instrument next, and what its answers mean.

No network and no waiting here: `ask` says what is due, `take` turns an answer into
events. Only completed sessions leave as bars. A running bar would turn into a false
close by itself, at the moment the session ends, if Yahoo fell silent before that; the
running session's open, high and low travel with the quote instead.
"""

from array import array
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from divmon.errors import BlockedError, DataError, SourceError
from divmon.market.events import Event, MarketEvent
from divmon.market.gaps import missing
from divmon.market.sessions import DAY, Sessions, day_of, holds
from divmon.settings import InstrumentSettings, YahooSettings
from divmon.sources.base import LastBar
from divmon.sources.limiter import Pauses
from divmon.sources.yahoo_answer import (
    Answer,
    NoHistoryError,
    Row,
    UnknownSymbolError,
    agree,
    bars,
    delay,
    denoise,
    leaps,
    quote,
    sift,
)
from divmon.sources.yahoo_ask import HOUR, Ask

# Sessions before the archive's newest bar that are fetched again with it: Yahoo
# corrects closes for some days, and a split shows in the window where it happened.
_OVERLAP_DAYS: Final = 10
_POLL: Final = "5d"  # one small answer: the quote, and the official closes of this week
_SETTLE_S: Final = 30.0  # after a close, before its bar is asked for
# Index closes are corrected for about 20 minutes after the bell; a session whose
# prices never reached its end (a rate index that stops at 15:00) is taken after two hours.
_FINAL_AFTER_S: Final = 7200.0
_REACHED_END_S: Final = 300.0
# COMEX pauses an hour before its calendar's session ends, ^TNX stops an hour before XNYS.
_REACHED_END_EARLY_S: Final = 3900.0
_EARLY: Final = frozenset({"future", "fx", "rate"})
_REPAIR_DAYS: Final = (
    400  # older holes are told but not asked for again: no one has seen one filled
)
_REPAIRS: Final = (60.0, 300.0, 1800.0)
_FEW_SESSIONS: Final = 60  # a main symbol with less history than this gives way to its fallback
_KEPT_ROWS: Final = 16


class DailyListing:
    """The quote and the daily bars of one instrument."""

    def __init__(
        self,
        name: str,
        instrument: InstrumentSettings,
        calendar: Sessions,
        settings: YahooSettings,
        last_bar: LastBar,
        jitter: Callable[[], float],
    ) -> None:
        self.name = name
        self.instrument = instrument
        self.calendar = calendar
        self.settings = settings
        self.symbol = instrument.yahoo
        self.due = 0.0
        self.bad_ticks = 0
        self.gaps = 0
        self.trouble = ""
        self._last_bar = last_bar
        self._jitter = jitter
        self._failures = Pauses(5.0, 900.0, jitter=jitter)
        self._late = Pauses(20.0, settings.poll_closed_s, shrink=0.1, jitter=jitter)
        self._doubts = Pauses(5.0, settings.poll_closed_s, shrink=0.1, jitter=jitter)
        self._begin()

    @property
    def series(self) -> str:
        return f"yahoo:{self.symbol}"

    def _begin(self) -> None:
        """Know nothing of the series but where the archive ends."""
        self._whole = False  # the history is there
        self._archived = self._last_bar(self.series, "1d")
        self._days = array("q")  # of completed bars emitted, oldest first
        self._newest: dict[int, Row] = {}
        self._delay_s = 0.0
        self._doubt_bar: float | None = None
        self._doubt_quote: float | None = None
        self._told: deque[tuple[int, str]] = deque(maxlen=64)
        self._split: int | None = None
        self._holes: tuple[int, ...] = ()
        self._told_holes: tuple[int, ...] = ()
        self._looked: tuple[int, int | None, bool] | None = None
        self._repairs = 0
        self._repair_at: float | None = None
        self._repairing = False  # what was asked last was a repair

    def ask(self) -> Ask:
        """Return the request that is due."""
        if not self._whole:
            if self._archived is None:
                return Ask(self.symbol, "1d", period="max")
            return Ask(self.symbol, "1d", start=(self._archived - _OVERLAP_DAYS) * DAY)
        self._repairing = self._repair_at is not None and self._repair_at <= self.due
        if self._repairing and self._holes:
            return Ask(self.symbol, "1d", start=(self._holes[0] - _OVERLAP_DAYS) * DAY)
        return Ask(self.symbol, "1d", period=_POLL)

    def take(self, answer: Answer, now: float) -> list[MarketEvent]:
        """Return the events of an answer, and set when to ask again."""
        self._failures.reset()
        self._delay_s = delay(answer.meta.exchange)
        sifted = sift(
            answer.rows, self.instrument.kind, answer.meta.price_hint, confirmed=self._doubt_bar
        )
        first_time = not self._whole
        if first_time and self._archived is None and self._too_short(sifted.rows):
            return self._fall_back("hardly any history", now)
        if self._split_news(answer, first_time):
            # prices before a split are restated by Yahoo, so the archived ones are too large
            self._whole, self._archived = False, None
            self.due = now
            return [self._event(now, "split", "the prices were split; its history is read anew")]
        events: list[MarketEvent] = []
        self._doubt_bar = None if sifted.doubtful is None else sifted.doubtful.close
        bad = list(sifted.bad)
        if sifted.doubtful is not None:
            bad.append(
                (sifted.doubtful.time, f"close {sifted.doubtful.close!r} at its first reading")
            )
        final = [row for row in sifted.rows if self._final(row.time, answer, now)]
        fresh = [row for row in final if self._newest.get(row.time) != row]
        if first_time:
            self._whole = True
        else:
            # what a poll no longer reaches has been emitted before
            fresh = [
                row for row in fresh if row.time in self._newest or not holds(self._days, row.time)
            ]
        if fresh:
            events.append(bars(self.name, self.series, answer, fresh))
            self._days = array("q", sorted({*self._days, *(row.time for row in fresh)}))
            newest = {**self._newest, **{row.time: row for row in fresh}}
            self._newest = {day: newest[day] for day in sorted(newest)[-_KEPT_ROWS:]}
        events += self._take_quote(answer, sifted.rows, now, bad)
        events += self._tell_bad(bad, now)
        events += self._look_for_holes(now)
        self.trouble = "" if not self._doubt_bar and not self._doubt_quote else "a doubtful price"
        self._plan(now)
        return events

    def fail(self, error: SourceError, now: float, others_work: bool) -> list[MarketEvent]:
        """Take note of a failure, and set when to ask again.

        `others_work`: Yahoo serves other symbols, so that a lack of prices is this
        symbol's and not an outage, in which Yahoo calls everything delisted.
        """
        self.due = now + self._failures.next()
        if isinstance(error, NoHistoryError) and not others_work:
            return []
        if not isinstance(error, BlockedError):
            return []
        if not self._whole and self._archived is None and self.instrument.fallback:
            return self._fall_back(str(error), now)
        known = isinstance(error, UnknownSymbolError)
        trouble = f"{self.symbol} is unknown" if known else f"no prices for {self.symbol}"
        self.due = now + HOUR * (1 + self._jitter() / 10)
        if self.trouble == trouble:
            return []
        self.trouble = trouble
        way_out = f"check yahoo = {self.symbol!r} in [instruments.{self.name}]"
        if known:
            text = f"Yahoo does not know the symbol {self.symbol!r}; {way_out}"
        else:
            text = f"Yahoo has no prices for {self.symbol!r} ({error}); {way_out}"
        return [self._event(now, "symbol", text, data={"symbol": self.symbol})]

    def _too_short(self, rows: Sequence[Row]) -> bool:
        on_main = self.symbol == self.instrument.yahoo
        return bool(self.instrument.fallback) and on_main and len(rows) < _FEW_SESSIONS

    def _fall_back(self, why: str, now: float) -> list[MarketEvent]:
        """Use the other symbol from now on; from the fallback, go back to the main one."""
        gave_up, main = self.symbol, self.instrument.yahoo
        self.symbol = self.instrument.fallback if gave_up == main else main
        self._begin()
        if gave_up != main:  # neither serves: the main one is tried again later
            self.due = now + HOUR * (1 + self._jitter() / 10)
            self.trouble = f"no prices for {main} and {gave_up}"
            return []
        self.due = now
        text = f"{main} gives {why} at Yahoo; {self.symbol} is shown instead, under its own name"
        data = {"symbol": main, "fallback": self.symbol}
        return [self._event(now, "fallback", text, data=data)]

    def _split_news(self, answer: Answer, first_time: bool) -> bool:
        if answer.split is None or answer.split == self._split:
            return False
        self._split = answer.split
        whole_history = first_time and self._archived is None
        return not whole_history

    def _final(self, day: int, answer: Answer, now: float) -> bool:
        """Tell whether the bar of `day` is over, and not cut off before its end."""
        close = self.calendar.close_of(day)
        if close is None:
            # no session by the calendar: a weekend's row is noise, a holiday's is real
            return day_of(day).weekday() < 5 and now > (day + 2) * DAY
        if now < close + self._delay_s:
            return False
        meta = answer.meta
        if now >= close + self._delay_s + _FINAL_AFTER_S or meta.time is None:
            return True
        if meta.period_start is None or meta.period_end is None:
            return True
        if not meta.period_start < close <= meta.period_end + DAY / 2:
            return True  # the answer's own session is another one
        early = _REACHED_END_EARLY_S if self.instrument.kind in _EARLY else _REACHED_END_S
        return meta.time >= min(meta.period_end, close) - early

    def _take_quote(
        self, answer: Answer, rows: Sequence[Row], now: float, bad: list[tuple[int, str]]
    ) -> list[MarketEvent]:
        session = self.calendar.current(now)
        running = rows[-1] if rows and rows[-1].time == session else None
        today = int((answer.meta.time or now) // DAY)
        try:
            found = quote(self.name, self.series, answer, running.open if running else None)
        except DataError:
            bad.append((today, f"price {answer.meta.price!r}"))
            return []
        if found is None:
            return []
        before = next((row.close for row in reversed(rows) if row is not running), None)
        doubt, self._doubt_quote = self._doubt_quote, None
        leap = before is not None and leaps(found.price, before, self.instrument.kind)
        if leap and (doubt is None or not agree(found.price, doubt)):
            self._doubt_quote = found.price
            bad.append((today, f"price {denoise(found.price, 2)!r} after {before!r}"))
            return []
        return [found]

    def _tell_bad(self, bad: Sequence[tuple[int, str]], now: float) -> list[MarketEvent]:
        """Count the bad ticks that were not seen before, and name them in one event."""
        new = [one for one in bad if one not in self._told]
        if not new:
            return []
        self._told.extend(new)
        self.bad_ticks += len(new)
        day, what = new[-1]
        more = f" and {len(new) - 1} more" if len(new) > 1 else ""
        text = f"not used: {what} of {day_of(day)}{more} from {self.symbol}"
        data = {"series": self.series, "bad": [[str(day_of(d)), w] for d, w in new[-50:]]}
        return [self._event(now, "bad_tick", text, data=data)]

    def _look_for_holes(self, now: float) -> list[MarketEvent]:
        """Compare what came with the calendar; ask again for recent holes, and tell."""
        owed = self._owed(now)
        looked = (len(self._days), owed, now < self._owed_until(owed or 0))
        # comparing 24,000 days takes 3 ms, and a poll that brought none changes nothing
        if not self._days or owed is None or (looked == self._looked and not self._repairing):
            return []
        self._looked = looked
        holes = missing(self._days, self.calendar, self._days[0], owed)
        if holes and holes[-1] == owed and now < self._owed_until(owed):
            holes = holes[:-1]  # today's close is awaited, not missed
        self.gaps = len(holes)
        recent = tuple(day for day in holes if day > owed - _REPAIR_DAYS)
        if recent != self._holes:
            if set(recent) - set(self._holes):
                self._repairs = 0
                self._repair_at = None
            self._holes = recent
        if not recent:
            self._repair_at = None
        elif self._repair_at is None or self._repairing:
            if self._repairs < len(_REPAIRS):
                self._repair_at = now + _REPAIRS[self._repairs]
                self._repairs += 1
            else:
                self._repair_at = now + DAY / 4
        if holes == self._told_holes:
            return []
        filled = len(set(self._told_holes) - set(holes))
        news = set(holes) - set(self._told_holes)
        self._told_holes = holes
        days = [str(day_of(day)) for day in holes]
        if not news:
            text = f"{self.symbol}: {filled} missing sessions came in, {len(holes)} still missing"
        else:
            several = f"{len(holes)} sessions are" if len(holes) > 1 else "one session is"
            text = (
                f"{self.symbol}: {several} missing at Yahoo, the last on {days[-1]}; asking again"
            )
        data = {"series": self.series, "missing": days[-50:], "n": len(days)}
        return [self._event(now, "gap", text, data=data)]

    def _owed(self, now: float) -> int | None:
        """Return the newest session whose close Yahoo should have by `now`."""
        owed = self.calendar.last_closed(now - self._delay_s - _SETTLE_S)
        if owed is not None and missing((), self.calendar, owed, owed):
            return owed
        # a holiday of New York's, in a market that has no bar of it
        past = () if owed is None else missing((), self.calendar, owed - 14, owed)
        return past[-1] if past else None

    def _owed_until(self, day: int) -> float:
        close = self.calendar.close_of(day)
        return (close or 0) + self._delay_s + _FINAL_AFTER_S

    def _plan(self, now: float) -> None:
        """Set when to ask next: by the market's hours, and sooner for what is awaited."""
        calendar, settings = self.calendar, self.settings
        # the exchanges stream bitcoin; Yahoo is asked for its daily close alone
        running = calendar.state(now) == "open"
        pause = settings.poll_open_s if running else settings.poll_closed_s
        pause *= 1 - self._jitter() / 10
        if self._doubt_bar is not None or self._doubt_quote is not None:
            pause = min(pause, self._doubts.next())
        else:
            self._doubts.reset()
        self.due = now + pause
        owed = self._owed(now)
        if owed is not None and not holds(self._days, owed) and now < self._owed_until(owed):
            self.due = min(self.due, now + self._late.next())
        else:
            self._late.reset()
        opening = calendar.next_open(now)
        if opening is not None:
            self.due = min(self.due, opening + 5 * (1 + self._jitter()))
        for close in (calendar.next_close(now), calendar.next_close(now - self._delay_s - 60)):
            # a little spread, or seventeen symbols would all be due in one second
            after = None if close is None else close + self._delay_s + _SETTLE_S
            if after is not None and after > now:
                self.due = min(self.due, after + 10 * self._jitter())
        if self._repair_at is not None:
            self.due = min(self.due, max(now, self._repair_at))

    def _event(self, now: float, kind: str, text: str, data: dict[str, Any] | None = None) -> Event:
        return Event(now, kind, self.name, f"{self.name}: {text}", "notice", data or {})
