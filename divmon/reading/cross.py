"""The cross-asset part of a Reading: all that compares instruments on the master grid."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from dataclasses import replace as replace_data
from typing import Any

import numpy as np
from msgspec.structs import replace

from divmon.indicators import abc, abc_row, breadth
from divmon.indicators.abc import Machine
from divmon.indicators.align import Grid
from divmon.indicators.rolling import log_change
from divmon.indicators.series import Days, Floats, History
from divmon.market.sessions import day_of
from divmon.reading import compare, model
from divmon.reading.compare import last_of
from divmon.reading.flips import flips
from divmon.reading.ledger import Metric, ledger
from divmon.reading.macro import read_liquidity
from divmon.settings import Settings

STATES: tuple[model.AbcState, ...] = ("calm", "watch", "alert", "unknown")
UNKNOWN = 3
AWAITED_S = 6 * 3600  # after a close, for which its bars are awaited rather than late
HISTORY = 90  # sessions


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """The score's whole history, one entry a session of the grid; NaN where none."""

    day: Days
    score: Floats
    state: list[int]  # index of STATES
    coverage: Floats
    confidence: Floats
    quadrant: list[str | None]


@dataclass(frozen=True, slots=True, eq=False)
class Cross:
    """Everything confirmed, and what `provisional_abc` needs of the past."""

    abc: model.Abc
    correlation: dict[str, model.Correlation]
    beta_gap: model.BetaGap
    dispersion: model.Dispersion
    breadth20: float | None
    rotation: model.Rotation
    rotation_map: dict[str, model.RotationPoint]
    leadlag: dict[str, model.LeadLag]
    liquidity: model.Liquidity
    precedents: model.Precedents
    path: Path
    machine: Machine  # after the last session; copy before stepping
    tails: dict[str, abc_row.Tail] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)  # GOLD -> the quote to use, "GLD"
    ledger: tuple[model.Record, ...] = ()
    last_alert: int | None = None  # day on which the running or the last alert began
    missing: tuple[str, ...] = ()  # in words


def prepare_cross(grid: Grid, history: History, settings: Settings, now: float) -> Cross:
    """Compute all cross-asset readings as of the last session of `grid`.

    Args:
        grid: Completed sessions up to `now`.
        history: The series themselves, for the January rule and the macro levels.
        settings: For the calendars.
        now: Unix seconds; nothing published later is used.
    """
    grid, waiting = settled(grid, now)
    close = panel(grid)
    btc = close.pop("BTC", np.full(len(grid), np.nan))
    late = {name: grid.late[name] for name in close}
    scores = abc.score(close, btc, late)
    path, machine = _path(grid, scores)
    tails = {name: abc_row.tail(column, late[name]) for name, column in close.items()}
    tails["BTC"] = abc_row.tail(btc)
    keys = {name: grid.uses.get(name, name) for name in tails}
    liquidity, missing = read_liquidity(history.macro, now)
    lost = _missing(grid, scores)
    found = _abc(grid, scores, path, close, btc, late, lost)
    held = {keys[name]: past.last for name, past in tails.items() if past.last == past.last}
    return Cross(
        abc=replace(found, flips=flips(found.state, tails, keys, held)),
        correlation=compare.correlation(grid),
        beta_gap=compare.beta_gap(grid),
        dispersion=compare.dispersion(scores),
        breadth20=last_of(scores.breadth20),
        rotation=compare.rotation(grid, scores),
        rotation_map=compare.rotation_map(grid, close, btc),
        leadlag=compare.leadlag(grid),
        liquidity=liquidity,
        precedents=compare.precedents(history, settings, now),
        path=path,
        machine=machine,
        tails=tails,
        keys=keys,
        ledger=ledger(grid.day, _metrics(grid, scores)),
        last_alert=_last_alert(path),
        missing=(*waiting, *lost, *missing),
    )


def provisional_abc(cross: Cross, last: Mapping[str, float]) -> float | None:
    """Return the score if the session after the grid's last closed at the prices `last`.

    Args:
        cross: Of the completed sessions.
        last: Running prices by instrument. GOLD counts by the price of what the grid
            holds for it (`cross.keys`). An asset without a price is carried as late.

    Returns:
        What the batch would give on the grid with that row, to 1e-9; None without a
        price of BTC or where coverage or confidence is too low. O(1) in the history.
    """
    if "BTC" not in last:
        return None
    cells = {
        name: abc_row.cell(past, last.get(cross.keys[name]))
        for name, past in cross.tails.items()
        if name != "BTC"
    }
    return abc_row.score(cells, abc_row.cell(cross.tails["BTC"], last["BTC"])).score


def flips_at(cross: Cross, last: Mapping[str, float]) -> tuple[model.Flip, ...]:
    """Return the flips with the others held at running prices; takes 5-10 ms."""
    return flips(cross.abc.state, cross.tails, cross.keys, last)


def next_state(cross: Cross, score: float) -> model.AbcState:
    """Return the state if the next session closed with `score`."""
    after: Machine = copy(cross.machine)
    return STATES[after.step(score)]


def settled(grid: Grid, now: float) -> tuple[Grid, tuple[str, ...]]:
    """Leave out the last session while none of its New York closes has come in.

    A source has the day's bars some minutes after the close. Until then the readings
    stay those of the session before, and say so; after six hours the bars are late.
    """
    trading = [name for name in compare.SAMPLED_TOGETHER if name in grid.close]
    if (
        len(grid) < 2
        or now - int(grid.at[-1]) >= AWAITED_S
        or not trading
        or any(grid.late[name][-1] == 0 for name in trading)
        or all(grid.late[name][-2] != 0 for name in trading)
    ):
        return grid, ()

    def cut(columns: dict[str, Any]) -> dict[str, Any]:
        return {name: column[:-1] for name, column in columns.items()}

    shorter = replace_data(
        grid,
        day=grid.day[:-1],
        at=grid.at[:-1],
        close=cut(grid.close),
        carried=cut(grid.carried),
        late=cut(grid.late),
    )
    return shorter, (f"closes of {day_of(int(grid.day[-1]))} are not in yet",)


def panel(grid: Grid) -> dict[str, Floats]:
    """Return the columns of the basket's assets and BTC that the score reads.

    An asset one of its own sessions late keeps its last close, at half confidence;
    after that it is dropped. BTC is never carried.
    """
    columns = {
        name: abc.fresh(grid.close[name], grid.late[name])
        for name in breadth.ASSETS
        if name in grid.close
    }
    if "BTC" in grid.close:
        columns["BTC"] = grid.close["BTC"]
    return columns


def quadrant_of(trad: float, btc: float) -> str | None:
    """Name the quadrant of the basket's and BTC's 20-session z-scores."""
    if not np.isfinite([trad, btc]).all():
        return None
    if trad > 0:
        if btc <= 0:
            return "ABC"
        return "BTC lags" if btc < trad else "both up"
    return "crypto-led" if btc > 0 else "risk-off"


def _path(grid: Grid, scores: abc.Scores) -> tuple[Path, Machine]:
    known = abc.known(scores.score)
    machine = Machine()
    state = []
    for value, certain in zip(scores.score.tolist(), known.tolist(), strict=True):
        after = machine.step(None if value != value else value)
        state.append(after if certain else UNKNOWN)
    quadrants = [
        quadrant_of(trad, btc)
        for trad, btc in zip(scores.trad20.tolist(), scores.z20["BTC"].tolist(), strict=True)
    ]
    path = Path(grid.day, scores.score, state, scores.coverage, scores.confidence, quadrants)
    return path, machine


def _abc(
    grid: Grid,
    scores: abc.Scores,
    path: Path,
    close: Mapping[str, Floats],
    btc: Floats,
    late: Mapping[str, Days],
    missing: tuple[str, ...],
) -> model.Abc:
    if not len(grid):
        return model.Abc(missing=missing)
    score = last_of(scores.score)
    values = {name: last_of(column) for name, column in scores.parts.items()}
    whole = sum(abc.WEIGHTS[name] for name, value in values.items() if value is not None)
    components = {
        name: model.Component(
            value=value,
            weight=abc.WEIGHTS[name],
            contribution=None
            if value is None or score is None
            else 100 * abc.WEIGHTS[name] * value / whole,
        )
        for name, value in values.items()
    }
    first = len(grid) - 1
    while first > 0 and path.state[first - 1] == path.state[-1]:
        first -= 1
    never = first == 0 and path.state[-1] == UNKNOWN
    z20, z60 = last_of(scores.z20["BTC"]), last_of(scores.z60["BTC"])
    trad20, trad60 = last_of(scores.trad20), last_of(scores.trad60)
    recent = slice(max(len(grid) - HISTORY, 0), None)
    return model.Abc(
        as_of=day_of(int(grid.day[-1])),
        score=score,
        plus_minus=_plus_minus(close, btc, late),
        state=STATES[path.state[-1]],
        # a state that never was known has not begun on the first day of the data
        since=None if never else day_of(int(grid.day[first])),
        sessions=None if never else len(grid) - first,
        coverage=last_of(scores.coverage),
        confidence=last_of(scores.confidence),
        components=components,
        quadrant=path.quadrant[-1],
        gap20=_less(trad20, z20),
        gap60=_less(trad60, z60),
        z_trad={"20": trad20, "60": trad60},
        z_btc={"20": z20, "60": z60},
        history=tuple(
            (day_of(int(day)), None if value != value else float(value), STATES[state])
            for day, value, state in zip(
                grid.day[recent], path.score[recent], path.state[recent], strict=True
            )
        ),
        uses=dict(grid.uses) | {name: note for name, note in grid.notes.items() if name == "BTC"},
        missing=missing,
    )


def _plus_minus(close: Mapping[str, Floats], btc: Floats, late: Mapping[str, Days]) -> float | None:
    if not np.isfinite(btc[-1:]).all():
        return None
    cells = {
        name: abc_row.cell(
            abc_row.tail(column[:-1], late[name][:-1]),
            None if late[name][-1] > 0 else float(column[-1]),
        )
        for name, column in close.items()
    }
    return abc_row.plus_minus(cells, abc_row.cell(abc_row.tail(btc[:-1]), float(btc[-1])))


def _missing(grid: Grid, scores: abc.Scores) -> tuple[str, ...]:
    """Name what the last score lacks, in words."""
    lost = []
    for name in ("BTC", *breadth.ASSETS):
        if name not in grid.close:
            lost.append(f"{name}: no history")
        elif not len(grid) or not np.isfinite(scores.z20[name][-1]):
            late = int(grid.late[name][-1]) if len(grid) else 0
            sessions = "session" if late == 1 else "sessions"
            why = f"{late} {sessions} late" if late > 0 else "window not full"
            lost.append(f"{name}: {why}")
        elif name != "BTC" and grid.late[name][-1] > 0:
            lost.append(f"{name}: {int(grid.late[name][-1])} of its sessions late, carried")
    return tuple(lost)


def _last_alert(path: Path) -> int | None:
    alert = STATES.index("alert")
    for at in range(len(path.state) - 1, -1, -1):
        if path.state[at] == alert and (at == 0 or path.state[at - 1] != alert):
            return int(path.day[at])
    return None


def _metrics(grid: Grid, scores: abc.Scores) -> dict[str, Metric]:
    """Return the numbers that the ledger ranks, over all history where BTC has a value."""
    spread = {name: column for name, column in scores.z20.items() if name != "BTC"}
    z20 = scores.z20["BTC"]
    found = {
        "abc": Metric("ABC score", scores.score),
        "gap20": Metric("basket less BTC over 20 sessions, σ", scores.trad20 - z20),
        "gap60": Metric("basket less BTC over 60 sessions, σ", scores.trad60 - scores.z60["BTC"]),
        "breadth20": Metric("share of the basket up and ahead of BTC", scores.breadth20, "%"),
    }
    if spread:
        found["dispersion"] = Metric("dispersion of z-scores", breadth.dispersion(spread, z20))
    if "BTC" in grid.close:
        btc = _change(grid.close["BTC"])
        for name in spread:
            lead = _change(grid.close[name]) - btc
            found[f"{name}-BTC"] = Metric(f"{name} less BTC over 20 sessions", lead, "%")
    return found


def _change(close: Floats) -> Floats:
    """Return simple returns over 20 sessions."""
    return np.expm1(log_change(close, 20))


def _less(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a - b
