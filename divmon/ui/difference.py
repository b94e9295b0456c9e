"""What of a new Reading a screen must draw anew."""

from msgspec.structs import replace

from divmon.reading.model import Instrument, Reading
from divmon.ui.view import ABC, BOARD, STREAKS

# What of a Reading changes from second to second, and is compared on its own below.
_MOVING = ("as_of", "instruments", "relative_streaks", "sources", "abc", "sentence", "catchup")
_STEADY = tuple(name for name in Reading.__struct_fields__ if name not in _MOVING)


def difference(before: Reading, rows: dict[str, Instrument], after: Reading) -> frozenset[str]:
    """Return what a screen of `before`, with the newer `rows` over it, must draw anew.

    An engine sends a whole Reading every second, in which little is new but ages; to
    repaint the board for it cost more than ten ticks do.
    """
    if list(rows) != list(after.instruments):
        return frozenset((BOARD,))
    if any(getattr(before, name) != getattr(after, name) for name in _STEADY):
        return frozenset((BOARD,))
    dirty = set()
    if (
        before.sentence != after.sentence
        or before.catchup != after.catchup
        or replace(before.abc, provisional=None) != replace(after.abc, provisional=None)
    ):
        dirty.add(ABC)
    for name, row in after.instruments.items():
        old = rows[name]
        if replace(old, age_s=None) != replace(row, age_s=None):
            dirty.add(name)
            if (old.streak, old.high) != (row.streak, row.high):
                dirty.add(STREAKS)
    return frozenset(dirty)
