"""Seeded bridges between the levels of demo_anchors: closes first, bars around them.

A bridge is a random walk in logarithms whose misses are shared out in proportion to the
variance gone by, so that it goes through every level and is as rough as asked between.
"""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from divmon.market.sessions import DAY, day_number
from divmon.sources.demo_anchors import Level

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HOUR = 3600
LONGEST_RUN = 9  # of RUT over SPX before 2026: the fourteen of January stand alone
GAP = 0.35  # of a session's volatility falls between its open and the close before
REACH = 0.45  # high and low go beyond open and close by so much of it, at one sigma


def day(text: str) -> int:
    """Return the day number of an ISO date."""
    return day_number(date.fromisoformat(text))


def instant(text: str) -> int:
    """Return the Unix time of "2026-01-14T19:00Z", or of the end of the UTC day "2026-01-14"."""
    if "T" in text:
        return int(datetime.fromisoformat(text).timestamp())
    return (day(text) + 1) * DAY


def bridge(steps: Floats, sigma: Floats, at: Ints, levels: Floats) -> Floats:
    """Return prices through `levels` at the indices `at`.

    Args:
        steps: Log steps of the free walk, shape (n,); the first is ignored.
        sigma: Standard deviation of each step, shape (n,), positive.
        at: Indices of the levels, ascending, shape (k,), the first 0.
        levels: Positive prices, shape (k,).

    Returns:
        Prices, shape (n,). After the last level the walk is free.
    """
    walk = np.concatenate(([0.0], np.cumsum(steps[1:])))
    spent = np.concatenate(([0.0], np.cumsum(sigma[1:] ** 2)))
    miss = np.log(levels) - walk[at]
    return np.asarray(np.exp(walk + np.interp(spent, spent[at], miss)))


def below(prices: Floats, ceiling: Floats, spared: Ints) -> Floats:
    """Return `prices` mirrored (in logarithms) at `ceiling` where they are above it.

    NaN is no ceiling; the indices `spared` keep their price.
    """
    mirrored = np.where(prices > ceiling, ceiling * ceiling / prices, prices)
    mirrored[spared] = prices[spared]
    return mirrored


def steps_until(grid: Ints, table: Sequence[tuple[int, float]], after: float) -> Floats:
    """Return a step function on `grid`: each value holds up to and with its time."""
    times = np.array([time for time, _ in table], dtype=np.int64)
    values = np.array([*(value for _, value in table), after])
    return values[np.searchsorted(times, grid, side="left")]


def session_closes(
    days: Ints,
    levels: Sequence[Level],
    ceilings: Sequence[Level],
    volatility: float,
    shocks: Floats,
) -> Floats:
    """Return a close for each session of `days`, through the levels, below the ceilings."""
    wanted = np.array([day(text) for text, _ in levels], dtype=np.int64)
    at = np.searchsorted(days, wanted, side="right") - 1
    sigma = np.full(len(days), volatility / np.sqrt(252))
    values = np.array([value for _, value in levels], dtype=np.float64)
    closes = bridge(sigma * shocks, sigma, at, values)
    ceiling = steps_until(days, [(day(text), value) for text, value in ceilings], np.nan)
    return below(closes, ceiling, at)


def run_lengths(first: Floats, second: Floats) -> list[int]:
    """Return, for each session from the second on, for how many `first` has beaten `second`."""
    runs, run = [], 0
    for ahead in first[1:] / first[:-1] > second[1:] / second[:-1]:
        run = run + 1 if ahead else 0
        runs.append(run)
    return runs


def lead_on(
    close: float, returns: Floats, days: Ints, leads: Sequence[Level], rng: np.random.Generator
) -> Floats:
    """Return closes that follow `close` and beat `returns` by the given leads.

    Args:
        close: The last close before `days`.
        returns: Simple returns of the other series on `days`, shape (n,).
        days: Session days, shape (n,), the last that of the last lead.
        leads: Percentage points gained up to and with each date since the one before;
            shared out at random among its sessions, none getting less than a fifth of
            an equal share.
        rng: Where the shares come from.
    """
    gains = np.zeros(len(days))
    start = 0
    for text, points in leads:
        end = int(np.searchsorted(days, day(text), side="right"))
        shares = rng.uniform(0.6, 1.4, end - start)
        gains[start:end] = points / 100 * shares / shares.sum()
        start = end
    return np.asarray(close * np.cumprod(1 + returns + gains), dtype=np.float64)


def around(
    closes: Floats, sigma: Floats | float, rng: np.random.Generator, gap: float = GAP
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return open, high, low and close round `closes`, each shape (n,), consistent.

    `sigma` is the standard deviation of one bar. The first bar opens at its close.
    """
    n = len(closes)
    moves = rng.standard_normal((3, n)) * sigma
    opens = np.concatenate((closes[:1], closes[:-1])) * np.exp(gap * moves[0])
    highs = np.maximum(opens, closes) * np.exp(REACH * np.abs(moves[1]))
    lows = np.minimum(opens, closes) * np.exp(-REACH * np.abs(moves[2]))
    return opens, highs, lows, closes


def rounded(
    bars: tuple[Floats, Floats, Floats, Floats], decimals: int
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the bars at the precision a venue shows, still consistent: rounding is monotone."""
    opens, highs, lows, closes = (np.round(column, decimals) for column in bars)
    return opens, highs, lows, closes


def line(days: Ints, levels: Sequence[Level]) -> Floats:
    """Return straight lines between levels, one value for each of `days`."""
    return np.interp(days, [day(text) for text, _ in levels], [value for _, value in levels])


def stairs(days: Ints, levels: Sequence[Level]) -> Floats:
    """Return the last level given on or before each of `days`."""
    times = np.array([day(text) for text, _ in levels], dtype=np.int64)
    values = np.array([value for _, value in levels])
    return np.asarray(values[np.searchsorted(times, days, side="right") - 1], dtype=np.float64)


def ordered(levels: Sequence[Level]) -> bool:
    """Tell whether the times of a table ascend."""
    return all(instant(a) < instant(b) for (a, _), (b, _) in pairwise(levels))
