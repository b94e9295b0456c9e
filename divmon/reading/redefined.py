"""What other settings make of the numbers: a jump of theirs is no event of the market."""

from divmon.indicators.breadth import ASSETS
from divmon.reading.edges import has_a_past
from divmon.reading.model import Reading
from divmon.settings import Settings
from divmon.settings_change import redefined

# What the score and the rotation rest on. GOLD is GLD where there is one.
GRID = frozenset({"BTC", *ASSETS, "GLD", "SLV", "HYG", "VIX"})
SCORE = "ABC"


class Redefined:
    """The instruments that are shown by something else than before, until that has come.

    A new symbol's bars are asked for, and come some batches later; the first Reading that
    has their past is taken as it is, as at a start.
    """

    def __init__(self) -> None:
        self._without_bars: set[str] = set()
        self._without_past: set[str] = set()
        self._score = False

    def by(self, before: Settings, after: Settings) -> None:
        """Take note of other settings, which the next Reading follows."""
        names = redefined(before, after)
        self._without_bars |= names
        self._without_past |= names
        self._score = self._score or not GRID.isdisjoint(names)

    def now(self, reading: Reading) -> frozenset[str]:
        """Return what is not to be compared with the Reading before this one."""
        rows = reading.instruments
        names = frozenset(self._without_past)
        come = {
            name for name in self._without_bars if name in rows and rows[name].confirmed is not None
        }
        # while a symbol has nothing, the score without it is compared as ever
        score = self._score or not GRID.isdisjoint(come)
        self._score = False
        self._without_bars -= come
        self._without_past -= {name for name in names if name in rows and has_a_past(rows[name])}
        return names | {SCORE} if score else names
