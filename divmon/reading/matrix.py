"""The correlation of everything on the watchlist with everything."""

from itertools import combinations

from divmon.indicators.align import MASTER
from divmon.indicators.correlation import Pearson, window
from divmon.market.sessions import day_of
from divmon.reading.compare import observed
from divmon.reading.cross import settled
from divmon.reading.frames import Matrix
from divmon.reading.model import CorrelationWindow
from divmon.reading.prepare import Batch

WINDOWS = (20, 60, 90)  # sessions, as on the board


def matrix(batch: Batch) -> Matrix:
    """Return r of aligned daily log returns for every pair, with interval and n.

    BTC first, then the watchlist in its own order. A name without history is there with
    n = 0. Takes 40 ms for 18 names.
    """
    grid, _ = settled(batch.grid, batch.now)
    listed = [name for names in batch.settings.watchlist.values() for name in names]
    names = tuple(dict.fromkeys(["BTC", *listed]))
    moves = {name: observed(grid, name) for name in names if name in grid.close}
    pairs = list(combinations(names, 2))
    return Matrix(
        names=names,
        as_of=day_of(int(grid.day[-1])) if len(grid) else None,
        uses={name: held for name, held in grid.uses.items() if name in names and held != name},
        apart={
            name: known.calendar
            for name in names
            if (known := batch.settings.instruments.get(grid.uses.get(name, name))) is not None
            and name != "BTC"
            and known.calendar != MASTER
        },
        windows={
            str(n): tuple(
                _cell(window(moves[a], moves[b], n))
                if a in moves and b in moves
                else CorrelationWindow()
                for a, b in pairs
            )
            for n in WINDOWS
        },
    )


def _cell(found: Pearson) -> CorrelationWindow:
    return CorrelationWindow(r=found.r, low=found.low, high=found.high, n=found.n)
