"""What the completed bars of one instrument say: everything of a row but its price."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import msgspec
import numpy as np

from divmon.indicators.align import completed
from divmon.indicators.highs import Highs, from_window_high, highs
from divmon.indicators.returns import Bases, bases
from divmon.indicators.series import Daily, Days, Floats
from divmon.indicators.streaks import (
    Breaks,
    broken_by,
    candle_signs,
    change_signs,
    per_year,
    runs,
)
from divmon.indicators.volatility import estimate, percentile, record_low, rolling_cc
from divmon.market.gaps import missing
from divmon.market.sessions import Sessions, day_of
from divmon.market.window import Window
from divmon.reading.live import RunningBar
from divmon.reading.model import High, Instrument, Streak, Volatility
from divmon.settings import InstrumentSettings

SPARK = 90  # closes
TELL_MISSING = 252  # sessions back that a missing one is worth naming


@dataclass(frozen=True, slots=True, eq=False)
class Confirmed:
    """One instrument's completed bars, boiled down to what a tick is compared with.

    `row` holds every confirmed value. `own` are the bases for a price of the last
    completed bar, `next` those for a price of the session after it.
    """

    name: str
    calendar: Sessions
    row: Instrument
    day: Days
    close: Floats
    own: Bases | None = None
    next: Bases | None = None
    run: int | None = None  # candle streak
    highs: Highs | None = None
    spark: tuple[float, ...] = ()
    running: RunningBar | None = None  # as the history had it
    missing: frozenset[int] = frozenset()
    bars: Daily | None = None  # the completed ones

    @property
    def last(self) -> int | None:
        """Return the day of the last completed bar."""
        return int(self.day[-1]) if len(self.day) else None

    def bases(self, day: int) -> Bases:
        """Return what a price of `day` is compared with."""
        if self.own is not None and day == self.own.day:
            return self.own
        if self.next is not None and day == self.next.day:
            return self.next
        return _bases(self.day, self.close, day, self.calendar)

    def follows(self, day: int) -> bool:
        """Tell whether no session is missing between the last completed bar and `day`."""
        return self.last is not None and not missing((), self.calendar, self.last + 1, day - 1)


def blank(name: str, settings: InstrumentSettings, group: str, bars: Daily | None) -> Instrument:
    """Return a row that says what an instrument is, and nothing of what it does."""
    notes = [settings.note] if settings.note else []
    series = bars.series if bars is not None else ""
    if settings.fallback and series.partition(":")[2] == settings.fallback:
        notes.append(f"fallback for {settings.yahoo}")
    if bars is not None and bars.value_only:
        notes.append("closes only")
    return Instrument(
        label=settings.label or name,
        group=group,
        kind=settings.kind,
        decimals=settings.decimals,
        series=series,
        note=", ".join(notes),
    )


def confirm(
    name: str, bars: Daily, calendar: Sessions, window: Window, now: float, row: Instrument
) -> Confirmed:
    """Compute every value of one instrument that its completed bars decide."""
    done = completed(bars, calendar, now)
    running = _running(bars, done, window)
    if not len(done.day):
        return Confirmed(name, calendar, row, done.day, done.close, running=running)
    first, last = int(done.day[0]), int(done.day[-1])
    holes = missing(done.day, calendar, first, last)
    breaks = np.zeros(len(done.day), dtype=np.bool_)
    breaks[np.searchsorted(done.day, np.asarray(holes, dtype=np.int64))] = True
    state = highs(done.high, done.close)
    assert state is not None
    own = _bases(done.day, done.close, last, calendar)
    streak = _streak(done, breaks, calendar, holes)
    row = msgspec.structs.replace(
        row,
        confirmed=day_of(last),
        close=float(done.close[-1]),
        missing_sessions=tuple(_told(holes, calendar, last)),
        confirmed_returns=own.to(float(done.close[-1])),
        streak=streak,
        high=_high(done, state, calendar),
        volatility=_volatility(done, calendar),
        sparkline=tuple(done.close[-SPARK:].tolist()),
    )
    upcoming = window.day if window.day is not None and window.day > last else None
    return Confirmed(
        name,
        calendar,
        row,
        done.day,
        done.close,
        own=own,
        next=None if upcoming is None else _bases(done.day, done.close, upcoming, calendar),
        run=streak.candle,
        highs=state,
        spark=row.sparkline,
        running=running,
        missing=frozenset(holes),
        bars=done,
    )


def _bases(day: Days, close: Floats, at: int, calendar: Sessions) -> Bases:
    """Return the bases, without yesterday's close where it is not yesterday's."""
    found = bases(day, close, at)
    n = int(np.searchsorted(day, at))
    if n and missing((), calendar, int(day[n - 1]) + 1, at - 1):
        found.close["1"] = None
    return found


def _running(bars: Daily, done: Daily, window: Window) -> RunningBar | None:
    """Return the bar that the history has of a session that is not over."""
    at = len(done.day)
    if at >= len(bars.day) or bars.value_only or int(bars.day[at]) != window.day:
        return None
    prices = (float(column[at]) for column in (bars.open, bars.high, bars.low, bars.close))
    return RunningBar(int(bars.day[at]), *prices)


def _streak(bars: Daily, breaks: Breaks, calendar: Sessions, holes: tuple[int, ...]) -> Streak:
    changes = change_signs(bars.close, breaks)
    closes = runs(changes, breaks)
    close = int(closes[-1])
    candle = rare = None
    cut = broken_by(close, changes, breaks, changes=True)
    if not bars.value_only:
        signs = candle_signs(bars.open, bars.close)
        candles = runs(signs, breaks)
        candle = int(candles[-1])
        rare = per_year(candles, bars.day, candle)
        cut = broken_by(candle, signs, breaks) or cut
    return Streak(
        candle=candle,
        close=close if len(closes) > 1 and not breaks[-1] else None,
        boundary="UTC" if calendar.always_open else "session",
        per_year=rare,
        close_per_year=per_year(closes, bars.day, close),
        broken_by=None if cut is None else _hole_before(int(bars.day[cut]), holes),
    )


def _hole_before(day: int, holes: tuple[int, ...]) -> date:
    return day_of(max(hole for hole in holes if hole < day))


def _high(bars: Daily, state: Highs, calendar: Sessions) -> High:
    return High(
        record_close=state.record_close,
        record_intraday=None if bars.value_only else state.record_intraday,
        from_high=state.drawdown,
        bars_since_high=state.bars_since_high,
        from_52w=from_window_high(bars.close, 365 if calendar.always_open else 252),
        history_start=day_of(int(bars.day[0])),
        drawdown=state.drawdown,
        underwater_bars=state.bars_since_high,
    )


def _volatility(bars: Daily, calendar: Sessions) -> Volatility:
    year = 365 if calendar.always_open else 252
    found = estimate(bars.open, bars.high, bars.low, bars.close, year, value_only=bars.value_only)
    path = rolling_cc(bars.close, year)
    return Volatility(
        cc30=found.cc,
        parkinson30=found.parkinson,
        gk30=found.garman_klass,
        rs30=found.rogers_satchell,
        yz30=found.yang_zhang,
        annualised=year,
        percentile_1y=percentile(path[-year:]) if len(path) >= year else None,
        percentile_all=percentile(path),
        record_low=record_low(path),
    )


def _told(holes: tuple[int, ...], calendar: Sessions, last: int) -> list[date]:
    if not holes:
        return []
    recent = calendar.between(last - 2 * TELL_MISSING, last)[-TELL_MISSING:]
    oldest = int(recent[0]) if len(recent) else last
    return [day_of(hole) for hole in holes if hole >= oldest]


def group_of(name: str, watchlist: Mapping[str, tuple[str, ...]]) -> str:
    """Return the watchlist group that an instrument stands in, "" for none."""
    return next((group for group, names in watchlist.items() if name in names), "")
