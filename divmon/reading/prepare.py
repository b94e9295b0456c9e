"""The batch: everything that depends on completed bars alone, computed when one closes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import numpy as np

from divmon.indicators.align import Grid, align, calendar_of, completed, ended
from divmon.indicators.relative import Relative, common, lead_pp, rank, relative
from divmon.indicators.series import Floats, History
from divmon.indicators.streaks import Breaks, broken_by
from divmon.market.freshness import Limits
from divmon.market.gaps import missing
from divmon.market.sessions import day_of, sessions
from divmon.market.window import Window, window
from divmon.reading.bars import Confirmed, blank, confirm, group_of
from divmon.reading.bitcoin import Bitcoin, bitcoin, by_new_york
from divmon.reading.cross import Cross, prepare_cross
from divmon.reading.model import Claim, RelativeStreak, Session
from divmon.reading.own_claims import own_claims
from divmon.settings import InstrumentSettings, Settings

PAIRS = (("RUT", "SPX"), ("IWM", "SPY"))  # index with index, ETF with ETF: never mixed


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A relative streak as of the last common session, and what a tick is compared with."""

    first: str
    second: str
    row: RelativeStreak
    day: int
    first_close: float
    second_close: float
    run: int


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What `read` needs beside the newest prices.

    `valid_until` is the next moment, Unix seconds, at which a bar closes or a session
    opens or ends; from then on the engine should prepare again.
    """

    now: float
    valid_until: float | None
    settings: Settings
    confirmed: dict[str, Confirmed]
    windows: dict[str, Window]  # by calendar name
    pairs: dict[str, Pair]
    bitcoin: Bitcoin | None
    grid: Grid
    cross: Cross
    vs_btc20: dict[str, float | None]
    session: Session
    limits: Limits
    missing: tuple[str, ...]
    own_claims: tuple[Claim, ...] = ()


def prepare(history: History, settings: Settings, now: float) -> Batch:
    """Compute everything that the bars completed by `now` decide.

    Bars of sessions that are not over count as running and enter no confirmed value.
    Takes about half a second for 20 instruments and 40 years: call it in a thread.

    Raises:
        SettingsError: A calendar or the time zone of the settings is not known.
    """
    calendars = {name: known.calendar for name, known in settings.instruments.items()}
    names = [*settings.instruments, *(set(history.daily) - set(settings.instruments))]
    names[len(settings.instruments) :] = sorted(names[len(settings.instruments) :])
    used = {calendar_of(name, calendars) for name in names} | {"XNYS", "24/7"}
    windows = {name: window(sessions(name), now) for name in sorted(used)}
    confirmed = {
        name: _confirmed(name, history, settings, windows[calendar_of(name, calendars)], now)
        for name in names
    }
    grid = align(history, calendars, now)
    done = History(
        {
            name: completed(bars, sessions(calendar_of(name, calendars)), now)
            for name, bars in history.daily.items()
        },
        {name: ended(hours, now) for name, hours in history.hourly.items()},
        history.macro,
    )
    extra = None
    if "BTC" in confirmed:
        btc = confirmed["BTC"]
        extra = bitcoin(done.daily.get("BTC"), done.hourly.get("BTC"), btc.row, settings, now)
        if settings.levels.day_boundary == "New York":
            confirmed["BTC"] = replace(btc, row=by_new_york(btc.row, extra))
    ends: list[float] = [until for known in windows.values() if (until := known.until) is not None]
    if extra is not None:
        ends.append(extra.until)

    def relate(first: str, second: str) -> RelativeStreak | None:
        pair = _pair(confirmed, first, second)
        return None if pair is None else pair.row

    return Batch(
        now=now,
        valid_until=min(ends, default=None),
        settings=settings,
        confirmed=confirmed,
        windows=windows,
        pairs={
            f"{first}/{second}": pair
            for first, second in PAIRS
            if (pair := _pair(confirmed, first, second)) is not None
        },
        bitcoin=extra,
        grid=grid,
        cross=prepare_cross(grid, done, settings, now),
        vs_btc20=_against_bitcoin(grid),
        session=session_of(windows["XNYS"]),
        limits=Limits(
            settings.exchanges.fresh_s, settings.yahoo.poll_open_s, settings.yahoo.stale_s
        ),
        missing=_lacks(confirmed, windows),
        own_claims=own_claims(settings.claims, confirmed, relate),
    )


def session_of(known: Window) -> Session:
    """Return the XNYS session as the Reading tells it."""
    return Session(
        date=None if known.last_closed is None else day_of(known.last_closed),
        state=known.state,
        next_open=_moment(known.next_open),
        next_close=_moment(known.next_close),
    )


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _confirmed(
    name: str, history: History, settings: Settings, known: Window, now: float
) -> Confirmed:
    bars = history.daily.get(name)
    own = settings.instruments.get(name) or InstrumentSettings(label=name)
    row = blank(name, own, group_of(name, settings.watchlist), bars)
    if bars is None:
        nothing = np.zeros(0)
        return Confirmed(name, known.calendar, row, nothing.astype(np.int64), nothing)
    return confirm(name, bars, known.calendar, known, now, row)


def _pair(confirmed: Mapping[str, Confirmed], first: str, second: str) -> Pair | None:
    if first not in confirmed or second not in confirmed:
        return None
    found = related(confirmed[first], confirmed[second])
    if found is None:
        return None
    relation, breaks, holes = found
    days, a, b = relation.day, relation.first, relation.second
    run = int(relation.run[-1])
    cut = broken_by(run, relation.run, breaks, changes=True)
    row = RelativeStreak(
        streak=run if len(days) > 1 else None,
        lead_pp=lead_pp(relation),
        since=_since(relation),
        breaker=float(a[-1]) if run else None,
        rank=rank(relation.run),
        history_start=day_of(int(days[0])),
        broken_by=None if cut is None else day_of(max(h for h in holes if h < days[cut])),
    )
    return Pair(first, second, row, int(days[-1]), float(a[-1]), float(b[-1]), run)


def related(ours: Confirmed, theirs: Confirmed) -> tuple[Relative, Breaks, tuple[int, ...]] | None:
    """Return the relative runs of two instruments, the breaks in them, and the missing sessions.

    None without a common session.
    """
    days, a, b = common(ours.day, ours.close, theirs.day, theirs.close)
    if not len(days):
        return None
    holes = missing(days, ours.calendar, int(days[0]), int(days[-1]))
    if ours.calendar is not theirs.calendar:
        trading = theirs.calendar.days
        holes = tuple(day for day in holes if day in trading)
    breaks = np.zeros(len(days), dtype=np.bool_)
    breaks[np.searchsorted(days, np.asarray(holes, dtype=np.int64))] = True
    return relative(days, a, b, breaks), breaks, holes


def _since(relation: Relative) -> date | None:
    length = abs(int(relation.run[-1]))
    return day_of(int(relation.day[len(relation.day) - length])) if length else None


def _against_bitcoin(grid: Grid) -> dict[str, float | None]:
    """Return the 20-session returns less Bitcoin's, both on the grid."""
    if "BTC" not in grid.close or len(grid) <= 20:
        return {}

    def change(column: Floats) -> float:
        return float(column[-1] / column[-21] - 1)

    ours = change(grid.close["BTC"])
    gaps = {name: change(column) - ours for name, column in grid.close.items() if name != "BTC"}
    return {name: gap if np.isfinite(gap) else None for name, gap in gaps.items()}


def _lacks(confirmed: Mapping[str, Confirmed], windows: Mapping[str, Window]) -> tuple[str, ...]:
    """Say in words which bars are not there."""
    words = []
    for name, known in confirmed.items():
        if known.last is None:
            words.append(f"{name}: no daily bars")
            continue
        told = known.row.missing_sessions
        if told:
            some = ", ".join(str(day) for day in told[-3:])
            words.append(f"{name}: {len(told)} missing of the last 252 sessions ({some})")
        over = windows[known.calendar.name].last_closed
        late = missing((), known.calendar, known.last + 1, over or 0)
        if late:
            words.append(f"{name}: no bar yet of {day_of(late[-1])}, last {day_of(known.last)}")
    return tuple(words)
