"""Everything on the watchlist since one day, as frames carry it. Light."""

from datetime import date as Date  # noqa: N812 (as in the model)
from typing import Literal

from msgspec import Struct

ANCHORS = ("YTD", "1M", "3M", "1Y", "BTC high", "wall", "ABC")
"""What a race may begin on, beside a date such as "2025-10-06"."""

Lack = Literal["", "nothing", "later", "old"]
NoRace = Literal["", "nothing", "high", "wall", "abc", "date", "future"]


class Lane(Struct, frozen=True, kw_only=True):
    """One instrument. A return is the newest price over `base`, less 1.

    `base` is its own last completed close on or before the race's day, and `day` whose;
    None has its reason in `lack`: no bars at all, bars that begin `later` (on `day`), or
    a last one, of `day`, that is too `old` to stand for the race's.
    """

    instrument: str
    day: Date | None = None
    base: float | None = None
    path: tuple[float, ...] = ()  # closes over the base as of the race's days, from 1.0 on
    lack: Lack = ""


class Race(Struct, frozen=True, eq=False, tag="race", tag_field="frame", kw_only=True):
    """Bases and closes since a day, as of completed bars. Answers AskRace, for every screen.

    `days` are sessions of New York, days since 1970-01-01, the first being the race's own
    day; at most a few hundred are told. `lack` says why there is no race.
    """

    anchor: str  # as it was asked for
    since: Date | None = None
    days: tuple[int, ...] = ()
    lanes: tuple[Lane, ...] = ()
    lack: NoRace = ""
