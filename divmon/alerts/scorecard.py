"""What followed each alert, and what follows any session: the alerts' own base rates.

As in `divmon history`, returns are simple and count from the entry, which is the close
after the session that the alert is of. `low` is the lowest close on the way.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct

from divmon.market.sessions import day_number
from divmon.store.archive import Archive

if TYPE_CHECKING:
    # divmon alerts prints what is kept, and needs no numpy for it
    from divmon.indicators.align import Grid
    from divmon.indicators.series import Floats

HORIZONS = (5, 20, 60)  # sessions
TARGETS = ("BTC", "RUT", "SPX")
FELL = 0.05  # a fall of so much below the entry counts


class Outcome(Struct, frozen=True, kw_only=True):
    """What one target did after one alert."""

    target: str
    horizon: int  # sessions
    change: float  # of the last close against the entry
    low: float  # of the lowest


class Score(Struct, frozen=True, kw_only=True):
    """One rule, one target, one horizon: how often it fell, beside any session's rate."""

    rule: str
    fired: int
    target: str
    horizon: int
    n: int  # alerts whose horizon is over
    fell: int  # of these, so many fell FELL or more on the way
    mean: float | None
    base_n: int
    base_fell: int
    base_mean: float | None


# made from the grid


def outcome(close: "Floats", entry: int, horizon: int) -> tuple[float, float] | None:
    """Return change and low of one window, None if it is not over or misses an end.

    Args:
        close: Closes on the master grid, NaN where missing, shape (n,).
        entry: Index of the close that is entered at.
        horizon: Sessions after that.
    """
    end = entry + horizon
    if not 0 <= entry < end < len(close):
        return None
    first, last = float(close[entry]), float(close[end])
    on_the_way = [float(each) for each in close[entry + 1 : end + 1] if each == each]
    if first != first or last != last:
        return None
    return last / first - 1.0, min(on_the_way) / first - 1.0


def any_session(close: "Floats", horizon: int) -> tuple[int, int, float | None]:
    """Return how many windows there are, in how many the target fell, and the mean change."""
    import numpy as np

    if len(close) <= horizon:
        return 0, 0, None
    windows = np.lib.stride_tricks.sliding_window_view(close, horizon + 1)
    whole = np.isfinite(windows[:, 0]) & np.isfinite(windows[:, -1])
    first = windows[whole, 0]
    if not len(first):
        return 0, 0, None
    low = np.nanmin(windows[whole, 1:], axis=1) / first - 1.0
    change = windows[whole, -1] / first - 1.0
    return len(first), int((low <= -FELL).sum()), float(change.mean())


def fill(archive: Archive, grid: "Grid") -> None:
    """Write down what has become known since: outcomes, and the rates of any session."""
    import numpy as np

    found: list[tuple[object, ...]] = []
    closes = {name: grid.close[name] for name in TARGETS if name in grid.close}
    for identity, session in _unscored(archive, list(closes)):
        at = int(np.searchsorted(grid.day, day_number(session)))
        if at >= len(grid) or grid.day[at] != day_number(session):
            continue  # a history that does not reach back, or not yet so far
        found.extend(
            (identity, name, horizon, *known)
            for name, close in closes.items()
            for horizon in HORIZONS
            if (known := outcome(close, at + 1, horizon)) is not None
        )
    rates = [
        (name, horizon, *any_session(close, horizon))
        for name, close in closes.items()
        for horizon in HORIZONS
    ]
    archive.write(partial(_write, outcomes=found, rates=rates))


def _unscored(archive: Archive, targets: Sequence[str]) -> list[tuple[str, date]]:
    """Return the alerts that lack an outcome."""
    rows = archive.read(
        "SELECT id, session FROM alerts WHERE session IS NOT NULL AND"
        " (SELECT count(*) FROM alert_outcomes WHERE alert_outcomes.id = alerts.id) < ?",
        (len(targets) * len(HORIZONS),),
    )
    return [(identity, date.fromisoformat(session)) for identity, session in rows]


def _write(
    db: sqlite3.Connection,
    outcomes: Sequence[tuple[object, ...]],
    rates: Sequence[tuple[object, ...]],
) -> int:
    # the first that was known stays: what a person was told then does not change
    db.executemany("INSERT OR IGNORE INTO alert_outcomes VALUES (?, ?, ?, ?, ?)", outcomes)
    db.executemany("REPLACE INTO alert_base_rates VALUES (?, ?, ?, ?, ?)", rates)
    return len(outcomes) + len(rates)


# read back


def outcomes(archive: Archive) -> dict[str, list[Outcome]]:
    """Return what followed, by the alert's id."""
    found: dict[str, list[Outcome]] = {}
    for identity, target, horizon, change, low in archive.read(
        "SELECT id, target, horizon, change, low FROM alert_outcomes ORDER BY target, horizon"
    ):
        each = Outcome(target=target, horizon=horizon, change=change, low=low)
        found.setdefault(identity, []).append(each)
    return found


def scorecard(
    archive: Archive, rules: Mapping[str, Sequence[str]], known: Mapping[str, Sequence[Outcome]]
) -> list[Score]:
    """Return how the alerts did.

    Args:
        archive: Which has the rates of any session.
        rules: The ids of each rule's alerts.
        known: The outcomes by id.
    """
    found = []
    for target, horizon, base_n, base_fell, base_mean in archive.read(
        "SELECT target, horizon, n, fell, mean FROM alert_base_rates ORDER BY target, horizon"
    ):
        for rule, ids in rules.items():
            after = [
                each
                for identity in ids
                for each in known.get(identity, ())
                if (each.target, each.horizon) == (target, horizon)
            ]
            found.append(
                Score(
                    rule=rule,
                    fired=len(ids),
                    target=target,
                    horizon=horizon,
                    n=len(after),
                    fell=sum(each.low <= -FELL for each in after),
                    mean=sum(each.change for each in after) / len(after) if after else None,
                    base_n=base_n,
                    base_fell=base_fell,
                    base_mean=base_mean,
                )
            )
    return sorted(found, key=lambda score: (score.rule, score.target, score.horizon))
