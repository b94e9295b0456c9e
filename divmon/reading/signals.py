"""On which days of the past a condition held, told from what was known on each of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from divmon.indicators import abc, breadth
from divmon.indicators.align import calendar_of, completed
from divmon.indicators.correlation import break_zs, brokens
from divmon.indicators.leadlag import leads_so_far
from divmon.indicators.rotation import LABELS
from divmon.indicators.series import Daily, Days, Floats, History
from divmon.indicators.streaks import Signs, candle_signs, change_signs, runs
from divmon.indicators.volatility import RECORD_NEEDS, percentiles, record_lows, rolling_cc
from divmon.indicators.walls import default_level
from divmon.market.gaps import missing
from divmon.market.sessions import DAY, Sessions, sessions
from divmon.reading import compare
from divmon.reading.claims import HAIR, YEAR
from divmon.reading.condition import Condition
from divmon.reading.conditions import RECORD_LOW
from divmon.reading.cross import STATES, panel, settled
from divmon.reading.frames import Untold
from divmon.reading.prepare import Batch, related
from divmon.reading.published import TELLERS

Bools = NDArray[np.bool_]
PERCENTILE_LEAST = 252  # values, before a percentile of all so far says anything


class UntoldError(Exception):
    """The data on hand cannot answer; `why` says what they lack."""

    def __init__(self, why: Untold) -> None:
        super().__init__(why)
        self.why: Untold = why


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """A condition over the bars it is told by, its own instrument's: columns of shape (n,).

    `over` is when each bar was completed, Unix seconds: from then on the signal is known.
    `holds` is True only where `known` is.
    """

    day: Days
    over: Days
    holds: Bools
    known: Bools
    series: str = ""
    boundary: str = ""  # whose day: "UTC", "session", "New York"
    level: float | None = None  # of a wall


class _Own(NamedTuple):
    bars: Daily
    calendar: Sessions
    breaks: Bools  # a session is missing before the bar


# as the conditions write them: risk-off, broad-risk-on, rotation, large-cap-led, mixed
_LABELS = [label.replace(" ", "-") for label in LABELS]


class _Ground(NamedTuple):
    """What conditions are evaluated on."""

    batch: Batch
    history: History


Made = Callable[[Condition, _Ground], Signal]


def signal(condition: Condition, batch: Batch, history: History) -> Signal:
    """Evaluate a condition on every bar that was completed at `batch.now`.

    Every value rests on its own bar and earlier ones, so that later bars change none.

    Raises:
        UntoldError: An instrument has no history, or not the kind of bars needed.
    """
    return _MAKERS.get(condition.kind, _label)(condition, _Ground(batch, history))


def _own(name: str, on: _Ground) -> _Own:
    bars = on.history.daily.get(name)
    if bars is None:
        raise UntoldError("no history")
    calendars = {key: each.calendar for key, each in on.batch.settings.instruments.items()}
    calendar = sessions(calendar_of(name, calendars))
    bars = completed(bars, calendar, on.batch.now)
    if not len(bars.day):
        raise UntoldError("no history")
    breaks = np.zeros(len(bars.day), dtype=np.bool_)
    holes = missing(bars.day, calendar, int(bars.day[0]), int(bars.day[-1]))
    breaks[np.searchsorted(bars.day, np.asarray(holes, dtype=np.int64))] = True
    return _Own(bars, calendar, breaks)


def _over(day: Days, calendar: Sessions) -> Days:
    """Return when the bars of `day` were complete; of a day that is no session, at its end."""
    at = np.minimum(np.searchsorted(calendar.days, day), len(calendar.days) - 1)
    closes = np.where(calendar.days[at] == day, calendar.closes[at], (day + 1) * DAY)
    return np.asarray(closes, dtype=np.int64)


def _told(own: _Own, holds: Bools, known: Bools, level: float | None = None) -> Signal:
    return Signal(
        day=own.bars.day,
        over=_over(own.bars.day, own.calendar),
        holds=holds & known,
        known=known,
        series=own.bars.series,
        boundary="UTC" if own.calendar.always_open else "session",
        level=level,
    )


def _streak(condition: Condition, on: _Ground) -> Signal:
    own = _own(condition.on, on)
    bars, n = own.bars, condition.length
    if condition.kind in ("green", "red"):
        if bars.value_only:
            raise UntoldError("no candles")
        length = runs(candle_signs(bars.open, bars.close), own.breaks)
    else:
        length = runs(change_signs(bars.close, own.breaks), own.breaks)
    return _told(own, _reaches(condition, length), np.arange(len(length)) >= n)


def _reaches(condition: Condition, length: Signs) -> Bools:
    sign = -1 if condition.kind in ("red", "fell", "lost-to") else 1
    return np.asarray(length * sign >= condition.length, dtype=np.bool_)


def _beat(condition: Condition, on: _Ground) -> Signal:
    known = on.batch.confirmed
    pair = None
    if condition.on in known and condition.other in known and condition.on != condition.other:
        pair = related(known[condition.on], known[condition.other])
    if pair is None:
        raise UntoldError("no common sessions")
    relation = pair[0]
    ours, theirs = (known[name] for name in (condition.on, condition.other))
    over = np.maximum(_over(relation.day, ours.calendar), _over(relation.day, theirs.calendar))
    enough = np.arange(len(relation.day)) >= condition.length
    series = f"{ours.row.series}, {theirs.row.series}"
    holds = _reaches(condition, relation.run) & enough
    return Signal(relation.day, over, holds, enough, series, "session")


def _record(condition: Condition, on: _Ground) -> Signal:
    own = _own(condition.on, on)
    bars = own.bars
    if condition.kind == "record-high" and bars.value_only:
        raise UntoldError("no candles")
    column = bars.close if condition.kind == "record" else bars.high
    holds = np.zeros(len(column), dtype=np.bool_)
    holds[1:] = column[1:] > np.maximum.accumulate(column)[:-1]
    return _told(own, holds, bars.day - bars.day[0] >= YEAR)


def _below(condition: Condition, on: _Ground) -> Signal:
    own = _own(condition.on, on)
    close = own.bars.close
    level = condition.level or _wall(condition.on, on.batch, close)
    at = np.arange(len(close))
    last_above = np.maximum.accumulate(np.where(close >= level, at, -1))
    # a close never seen above may have been below for longer than the data reach
    known = last_above >= 0
    if not known.any():
        raise UntoldError("never above")
    return _told(own, at - last_above >= condition.length, known, level)


def _wall(name: str, batch: Batch, close: Floats) -> float:
    wall = batch.bitcoin.wall if batch.bitcoin is not None and name == "BTC" else None
    level = wall.level if wall is not None else default_level(float(close[-1]))
    if level is None:
        raise UntoldError("no wall")
    return level


def _quiet(condition: Condition, on: _Ground) -> Signal:
    own = _own(condition.on, on)
    close = own.bars.close
    year = 365 if own.calendar.always_open else 252
    path = rolling_cc(close, year)
    if not len(path):
        raise UntoldError("no history")
    known = np.zeros(len(close), dtype=np.bool_)
    holds = np.zeros(len(close), dtype=np.bool_)
    tail = slice(len(close) - len(path), None)
    if condition.share <= RECORD_LOW:
        holds[tail] = record_lows(path)
        known[tail] = np.arange(len(path)) >= RECORD_NEEDS - 1
    else:
        ranks = percentiles(path, year if condition.window == "1y" else None)
        holds[tail] = ranks <= condition.share
        known[tail] = np.isfinite(ranks) & (np.arange(len(path)) >= year - 1)
    return _told(own, holds, known)


def _moved(condition: Condition, on: _Ground) -> Signal:
    own = _own(condition.on, on)
    found = _changes(own, condition.window)
    known = np.isfinite(found)
    if condition.kind == "gained":
        return _told(own, found >= condition.share - HAIR, known)
    return _told(own, found <= -condition.share + HAIR, known)


def _changes(own: _Own, window: str) -> Floats:
    """Return the simple return over `window` at every bar, NaN where the series is too short."""
    day, close = own.bars.day, own.bars.close
    found = np.full(len(close), np.nan)
    if window.isascii() and window.isdigit() and 0 < len(window) <= 4:
        bars = int(window)
        if 0 < bars < len(close):
            found[bars:] = close[bars:] / close[:-bars] - 1
        if bars == 1:
            found[own.breaks] = np.nan
        return found
    dates = day.astype("datetime64[D]")
    if window == "mtd":
        start, end = _before(day, dates.astype("datetime64[M]")), np.arange(len(day))
    elif window == "ytd":
        start, end = _before(day, dates.astype("datetime64[Y]")), np.arange(len(day))
    elif window == "year":
        years = dates.astype("datetime64[Y]")
        start, end = _before(day, years - 1), _before(day, years)
    else:
        raise UntoldError("no such window")
    there = start >= 0
    found[there] = close[end[there]] / close[start[there]] - 1
    return found


def _before(day: Days, first: NDArray[np.datetime64]) -> Days:
    """Return the last bar before each date, -1 where there is none."""
    numbers = first.astype("datetime64[D]").astype(np.int64)
    return np.asarray(np.searchsorted(day, numbers) - 1, dtype=np.int64)


def _on_grid(batch: Batch, holds: Bools, known: Bools) -> Signal:
    n = len(holds)  # the last session may not be settled yet
    uses = ", ".join(f"{name} is {held}" for name, held in batch.grid.uses.items() if held != name)
    return Signal(batch.grid.day[:n], batch.grid.at[:n], holds & known, known, uses, "New York")


def _state(condition: Condition, on: _Ground) -> Signal:
    states = np.array(on.batch.cross.path.state, dtype=np.int64)
    wanted = STATES.index("alert" if condition.kind == "abc-alert" else "watch")
    return _on_grid(on.batch, states == wanted, states != STATES.index("unknown"))


def _scores(batch: Batch) -> abc.Scores:
    grid, _ = settled(batch.grid, batch.now)
    close = panel(grid)
    if "BTC" not in close or len(close) < 2:
        raise UntoldError("no inputs")
    btc = close.pop("BTC")
    return abc.score(close, btc, {name: grid.late[name] for name in close})


def _label(condition: Condition, on: _Ground) -> Signal:
    grid, _ = settled(on.batch.grid, on.batch.now)
    found = compare.rotation_labels(grid, _scores(on.batch))
    if found is None:
        raise UntoldError("no inputs")
    labels = np.array(found[1], dtype=np.int64)
    return _on_grid(on.batch, labels == _LABELS.index(condition.kind), labels >= 0)


def _breadth(condition: Condition, on: _Ground) -> Signal:
    path = _scores(on.batch).breadth20
    return _on_grid(on.batch, path >= condition.share, np.isfinite(path))


def _dispersion(condition: Condition, on: _Ground) -> Signal:
    scores = _scores(on.batch)
    z = {name: column for name, column in scores.z20.items() if name != "BTC"}
    spread = breadth.dispersion(z, scores.z20["BTC"])
    there = np.isfinite(spread)
    ranks = np.full(len(spread), np.nan)
    ranks[there] = percentiles(spread[there])
    known = there & (np.cumsum(there) >= PERCENTILE_LEAST)
    return _on_grid(on.batch, ranks >= condition.share, known)


def _break(condition: Condition, on: _Ground) -> Signal:
    grid, _ = settled(on.batch.grid, on.batch.now)
    if condition.on == "BTC" or not {"BTC", condition.on} <= grid.close.keys():
        raise UntoldError("no pair")
    z = break_zs(compare.observed(grid, "BTC"), compare.observed(grid, condition.on))
    return _on_grid(on.batch, *brokens(z))


def _figures(condition: Condition, on: _Ground) -> Signal:
    grid, _ = settled(on.batch.grid, on.batch.now)
    found = TELLERS[condition.kind](on.history.macro, grid.at, on.batch.now)
    if found is None or not found.known.any():
        raise UntoldError("no figures")
    return replace(_on_grid(on.batch, found.holds, found.known), series=found.series)


def _leads(_condition: Condition, on: _Ground) -> Signal:
    grid, _ = settled(on.batch.grid, on.batch.now)
    others = [name for name in compare.SAMPLED_TOGETHER if name in grid.close]
    if "BTC" not in grid.close or not others:
        raise UntoldError("no inputs")
    btc = compare.observed(grid, "BTC")
    found = [leads_so_far(btc, compare.observed(grid, name)) for name in others]
    holds, known = (np.any(column, axis=0) for column in zip(*found, strict=True))
    if not known.any():
        raise UntoldError("no inputs")
    return replace(_on_grid(on.batch, holds, known), series=f"BTC, {', '.join(others)}")


_MAKERS: dict[str, Made] = {
    "abc-alert": _state,
    "abc-watch": _state,
    "rose": _streak,
    "fell": _streak,
    "green": _streak,
    "red": _streak,
    "beat": _beat,
    "lost-to": _beat,
    "record": _record,
    "record-high": _record,
    "below": _below,
    "quiet": _quiet,
    "gained": _moved,
    "dropped": _moved,
    "break": _break,
    "breadth": _breadth,
    "dispersion": _dispersion,
    "qt": _figures,
    "draining": _figures,
    "hiking": _figures,
    "leads": _leads,
}
