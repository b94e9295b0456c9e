"""Blocks of a Reading that compare instruments: correlation, rotation, leads, precedents."""

from collections.abc import Mapping
from datetime import date

import numpy as np

from divmon.indicators import abc, breadth
from divmon.indicators.align import Grid, calendar_of, completed
from divmon.indicators.betagap import SHOWN_R2
from divmon.indicators.betagap import beta_gap as fit_beta_gap
from divmon.indicators.correlation import break_z, broken, ewma, window
from divmon.indicators.leadlag import Leading, lead_lag
from divmon.indicators.precedents import january
from divmon.indicators.rolling import log_change
from divmon.indicators.rotation import LABELS, above_median, raw_labels, relative_z, settle
from divmon.indicators.rotation_map import STEP, WINDOW, quadrant, strength
from divmon.indicators.series import Floats, History
from divmon.market.sessions import day_of, sessions
from divmon.reading import model
from divmon.settings import Settings

CONTEXT = ("VIX", "HYG", "DXY", "US10Y", "USDJPY")
# Lead and lag need samples of one moment: these close when the grid does. Shanghai
# closes twelve hours earlier and would "follow" BTC by a day for that reason alone.
SAMPLED_TOGETHER = ("RUT", "SPX", "IXIC")
BENCHMARK = "SPX"
TAIL_POINTS, TAIL_STEP = 6, 5  # a point a week


def observed(grid: Grid, name: str) -> Floats:
    """Return daily log returns between two closes of the session's own date, NaN elsewhere.

    A carried close is no sample: its zero return, and the one that spans the holiday,
    would be paired with single days of the other series.
    """
    return log_change(np.where(grid.carried[name] == 0, grid.close[name], np.nan))


def correlation(grid: Grid) -> dict[str, model.Correlation]:
    if "BTC" not in grid.close:
        return {}
    btc = observed(grid, "BTC")
    return {
        f"BTC/{name}": _correlate(btc, observed(grid, name))
        for name in (*breadth.ASSETS, *CONTEXT)
        if name in grid.close
    }


def _correlate(x: Floats, y: Floats) -> model.Correlation:
    d20, d60, d90 = (
        model.CorrelationWindow(r=found.r, low=found.low, high=found.high, n=found.n)
        for found in (window(x, y, n) for n in (20, 60, 90))
    )
    return model.Correlation(
        d20=d20,
        d60=d60,
        d90=d90,
        ewma94=ewma(x, y),
        break_=model.Break(z=break_z(x, y), flag=broken(x, y)),
    )


def beta_gap(grid: Grid) -> model.BetaGap:
    names = ("RUT", "GOLD")
    if any(name not in grid.close for name in ("BTC", *names)):
        return model.BetaGap()
    found = fit_beta_gap(grid.close["BTC"], [grid.close[name] for name in names])
    if found is None:
        return model.BetaGap()
    return model.BetaGap(
        betas=dict(zip(names, found.betas, strict=True)),
        r2=found.r2,
        expected=found.expected,
        actual=found.actual,
        gap=found.gap,
        z=found.z,
        shown=found.r2 >= SHOWN_R2,
    )


def dispersion(scores: abc.Scores) -> model.Dispersion:
    z = {name: column for name, column in scores.z20.items() if name != "BTC"}
    btc = scores.z20["BTC"]
    if not z or not len(btc):
        return model.Dispersion()
    spread = breadth.dispersion(z, btc)
    if last_of(spread) is None:
        return model.Dispersion()
    return model.Dispersion(
        value=last_of(spread),
        percentile=breadth.percentile(spread),
        btc_rank=1 + sum(bool(column[-1] > btc[-1]) for column in z.values()),
    )


def rotation(grid: Grid, scores: abc.Scores) -> model.Rotation:
    found = rotation_labels(grid, scores)
    if found is None:
        return model.Rotation()
    inputs, labels, begins = found
    known = labels[-1] >= 0
    return model.Rotation(
        label=LABELS[labels[-1]] if known else None,
        since=day_of(int(grid.day[begins[-1]])) if known else None,
        inputs={name: last_of(column) for name, column in inputs.items()},
    )


def rotation_labels(
    grid: Grid, scores: abc.Scores
) -> tuple[dict[str, Floats], list[int], list[int]] | None:
    """Return the inputs, and of every session the label (-1: none yet) and where it began."""
    close = grid.close
    if not len(grid) or any(name not in close for name in ("SPX", "RUT", "HYG", "VIX")):
        return None
    inputs = {
        "spx": scores.z20["SPX"],
        "hyg": breadth.zscore(close["HYG"], 20),
        "btc": scores.z20["BTC"],
        "rel": relative_z(close["RUT"], close["SPX"]),
        "vix": above_median(close["VIX"]),
    }
    return inputs, *settle(raw_labels(**inputs))


def rotation_map(
    grid: Grid, close: Mapping[str, Floats], btc: Floats
) -> dict[str, model.RotationPoint]:
    if BENCHMARK not in close:
        return {}
    reach = 2 * WINDOW + STEP + TAIL_POINTS * TAIL_STEP
    against = close[BENCHMARK][-reach:]
    found = {}
    for name, column in (*close.items(), ("BTC", btc)):
        if name == BENCHMARK or name not in grid.close:
            continue
        ratio, momentum = strength(column[-reach:], against)
        points = [
            (float(ratio[-1 - back]), float(momentum[-1 - back]))
            for back in range(0, TAIL_POINTS * TAIL_STEP, TAIL_STEP)
            if back < len(ratio)
        ]
        tail = [point for point in points if np.isfinite(point).all()]
        if tail and tail[0] == points[0]:
            now = tail[0]
            found[name] = model.RotationPoint(
                ratio=now[0], momentum=now[1], quadrant=quadrant(*now), tail=tuple(tail[::-1])
            )
        else:
            found[name] = model.RotationPoint()
    return found


def leadlag(grid: Grid) -> dict[str, model.LeadLag]:
    if "BTC" not in grid.close:
        return {}
    btc = observed(grid, "BTC")
    found = {}
    for name in SAMPLED_TOGETHER:
        if name in grid.close:
            leading = lead_lag(btc, observed(grid, name))
            found[f"BTC/{name}"] = model.LeadLag(
                lags={str(lag): r for lag, r in leading.lags.items()},
                band=leading.band,
                peak=leading.peak,
                verdict=_verdict("BTC", name, leading),
            )
    return found


def _verdict(x: str, y: str, found: Leading) -> str:
    if found.peak is None:
        return "too few sessions to tell"
    if found.leads is None:
        return "no lead found"
    first, second = (x, y) if found.leads > 0 else (y, x)
    days = abs(found.leads)
    return f"{first} leads {second} by {days} session{'s' * (days > 1)}"


def precedents(history: History, settings: Settings, now: float) -> model.Precedents:
    calendars = {name: each.calendar for name, each in settings.instruments.items()}
    pair = [
        completed(history.daily[name], sessions(calendar_of(name, calendars)), now)
        for name in ("RUT", "SPX")
        if name in history.daily
    ]
    if len(pair) < 2:
        return model.Precedents()
    found = january(*pair)
    return model.Precedents(
        january=model.JanuaryRule(
            years=found.years,
            near=found.near,
            kept=found.kept,
            current_lead_pp=found.current,
            qualifies=found.qualifies,
            history_start=date_of(found.start),
        )
    )


def last_of(column: Floats) -> float | None:
    return float(column[-1]) if len(column) and np.isfinite(column[-1]) else None


def date_of(day: int | None) -> date | None:
    return None if day is None else day_of(day)
