"""The liquidity block of a Reading, from the levels published by now."""

from collections.abc import Mapping

import numpy as np

from divmon.indicators import liquidity
from divmon.indicators.series import Floats, Macro
from divmon.market.sessions import day_of
from divmon.reading import model

# H.4.1's own Wednesday level first: the Treasury's balance reaches back to 2022 only
TGA = ("WDTGAL", "TGA", "TGA_DAILY")
FED = ("DFF", "DFEDTARU")
BOJ = ("IRSTCI01JPM156N", "IRSTCB01JPM156N")
WEEKS = 104  # of history that go along


def read_liquidity(
    macro: Mapping[str, Macro], now: float
) -> tuple[model.Liquidity, tuple[str, ...]]:
    """Return the block and what it lacks, in words.

    Args:
        macro: By series name.
        now: Unix seconds; nothing published later is used.
    """
    lost: list[str] = []
    walcl, tga, rrp = _inputs(macro, lost)
    fed, boj = _rate(macro, FED, now), _rate(macro, BOJ, now)
    if walcl is None:
        return model.Liquidity(fed_rate=fed, boj_rate=boj), tuple(lost)
    weekly = _net(walcl, tga, rrp, now)
    if not len(weekly.day):
        return model.Liquidity(fed_rate=fed, boj_rate=boj), (
            *lost,
            "WALCL: nothing published by then",
        )
    pace = liquidity.pace(weekly.day, weekly.walcl)
    net = weekly.net
    complete = np.flatnonzero(np.isfinite(net))[-WEEKS:]
    if tga and rrp and not np.isfinite(net[-1]):
        lost.append(f"net liquidity: an input of {day_of(int(weekly.day[-1]))} is over 6 days old")
    return (
        model.Liquidity(
            net=_value(net),
            as_of=day_of(int(weekly.day[-1])),
            change_4w=liquidity.change(weekly.day, net, 4),
            change_13w=liquidity.change(weekly.day, net, 13),
            qt_pace=pace,
            qt_state=None if pace is None else liquidity.pace_state(pace),
            walcl=_value(weekly.walcl),
            tga=_value(weekly.tga),
            rrp=_value(weekly.rrp),
            history=tuple((day_of(int(weekly.day[at])), float(net[at])) for at in complete),
            fed_rate=fed,
            boj_rate=boj,
        ),
        tuple(lost),
    )


def weekly(macro: Mapping[str, Macro], now: float) -> liquidity.Net | None:
    """Return the weekly levels published by `now`, None without a balance sheet."""
    walcl, tga, rrp = _inputs(macro, [])
    return None if walcl is None else _net(walcl, tga, rrp, now)


def first_of(macro: Mapping[str, Macro], names: tuple[str, ...]) -> Macro | None:
    return next((macro[name] for name in names if name in macro), None)


def _inputs(
    macro: Mapping[str, Macro], lost: list[str]
) -> tuple[Macro | None, Macro | None, Macro | None]:
    return (
        _usable(macro, ("WALCL",), "WALCL", lost),
        _usable(macro, TGA, "TGA", lost),
        _usable(macro, ("RRPONTSYD",), "RRP", lost),
    )


def _net(walcl: Macro, tga: Macro | None, rrp: Macro | None, now: float) -> liquidity.Net:
    nothing = Macro("", "USD bn", np.zeros(0, dtype=np.int64), np.zeros(0))
    return liquidity.net_liquidity(walcl, tga or nothing, rrp or nothing, now)


def _usable(
    macro: Mapping[str, Macro],
    names: tuple[str, ...],
    kind: liquidity.Kind,
    lost: list[str],
) -> Macro | None:
    series = first_of(macro, names)
    if series is None:
        lost.append(f"{names[0]}: no history")
        return None
    if wrong := liquidity.out_of_range(series, kind):
        lost.append(wrong)
        return None
    return series


def _rate(macro: Mapping[str, Macro], names: tuple[str, ...], now: float) -> model.Rate:
    series = first_of(macro, names)
    found = None if series is None else liquidity.policy(series, now)
    if series is None or found is None:
        return model.Rate()
    # the series are in percent, a Reading holds fractions
    return model.Rate(
        level=found.level / 100.0,
        as_of=day_of(found.as_of),
        last_change=None if found.last_change is None else day_of(found.last_change),
        change=None if found.change is None else found.change / 100.0,
        series=series.series,
    )


def _value(column: Floats) -> float | None:
    return float(column[-1]) if np.isfinite(column[-1]) else None
