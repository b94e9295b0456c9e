"""What BTC must trade at to match the basket, or one asset, since a day."""

from collections.abc import Mapping

import numpy as np

from divmon.indicators.abc_row import group_mean
from divmon.indicators.align import Grid
from divmon.indicators.breadth import ASSETS
from divmon.market.sessions import day_number, day_of
from divmon.reading.model import Catchup

BASKET = "basket"


def catchup(grid: Grid, anchors: Mapping[str, int]) -> tuple[Catchup, ...]:
    """Return catch-up prices as of the last session of `grid`, for each anchor.

    Args:
        grid: Closes on the master grid.
        anchors: Name ("YTD", "last alert") to a day number. Returns are counted from
            the last grid close on or before it; an anchor without a close of BTC is left out.

    Returns:
        The basket first, then its assets. The basket's return is the group-weighted
        mean of simple returns. Price None where the target lacks a close at either end.
    """
    if not len(grid) or "BTC" not in grid.close:
        return ()
    found = []
    for anchor, day in anchors.items():
        at = int(np.searchsorted(grid.day, day, side="right")) - 1
        if at < 0:
            continue
        since = day_of(int(grid.day[at]))
        base = float(grid.close["BTC"][at])
        if not np.isfinite(base):
            continue
        growth = {
            name: float(grid.close[name][-1] / grid.close[name][at])
            for name in ASSETS
            if name in grid.close
        }
        for target, factor in ((BASKET, group_mean(growth)), *growth.items()):
            price = base * factor
            found.append(
                Catchup(
                    target=target,
                    anchor=anchor,
                    since=since,
                    price=price if np.isfinite(price) else None,
                )
            )
    return tuple(found)


def anchors(grid: Grid, alert_since: int | None, wall_since: int | None = None) -> dict[str, int]:
    """Return the usual anchors: the year's start, the last alert, the last close over the wall."""
    if not len(grid):
        return {}
    year = day_of(int(grid.day[-1])).replace(month=1, day=1)
    found = {"YTD": day_number(year) - 1}
    if wall_since is not None:
        found["since the wall"] = wall_since
    if alert_since is not None:
        found["since the last alert"] = alert_since
    return found
