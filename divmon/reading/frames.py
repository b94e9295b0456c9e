"""What an engine tells its screens, one struct a kind of frame.

Levels are conflated (Quotes at most five times a second), edges (Happened) never.
`link/codec.py` writes them down.
"""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct, field

from divmon.market.events import Event, SourceHealth
from divmon.reading.condition import Condition
from divmon.reading.model import (
    AbcState,
    CorrelationWindow,
    Instrument,
    Reading,
    RelativeStreak,
)
from divmon.reading.race import Race
from divmon.reading.told import After, Case, Told
from divmon.reading.track import Track

# To be raised with every change of what is sent, in a Reading as well: a screen draws what
# a watch of another version leaves out as missing, and waits for answers that never come.
# A test keeps what each version sends (tests/link/wire.txt).
VERSION = 2


class Hello(Struct, frozen=True, tag="hello", tag_field="frame", kw_only=True):
    """Who is speaking. `rate` is how fast its clock runs against ours (demo, replay)."""

    version: int = VERSION
    program: str
    pid: int
    source: str
    simulated: bool
    now: datetime
    rate: float = 1.0


class Quotes(Struct, frozen=True, eq=False, tag="quotes", tag_field="frame", kw_only=True):
    """Newer rows than those of the last Reading: only the changed ones, whole."""

    as_of: datetime
    instruments: dict[str, Instrument]
    relative_streaks: dict[str, RelativeStreak] = field(default_factory=dict)
    abc_provisional: float | None = None


class Happened(Struct, frozen=True, tag="event", tag_field="frame"):
    """An edge."""

    event: Event


class Health(Struct, frozen=True, tag="health", tag_field="frame"):
    """One source's state changed."""

    source: SourceHealth


class Past(Struct, frozen=True, eq=False, tag="past", tag_field="frame", kw_only=True):
    """The score of every session, oldest first, and the episodes of alert.

    Answers AskPast. Every screen gets it, whoever asked; a newer one replaces it.
    """

    days: tuple[tuple[date, float | None, AbcState], ...]
    episodes: tuple[Told, ...]


class Series(Struct, frozen=True, eq=False, tag="series", tag_field="frame", kw_only=True):
    """The bars of one instrument, oldest first. Answers AskSeries, and reaches every screen.

    `day` counts days since 1970-01-01; `hour` is the start of an hourly bar in Unix
    seconds, of the last five days, and is kept for Bitcoin alone. The last daily bar
    may be one that is not over. `name` is the vendor's: "yahoo:^RUT".
    """

    instrument: str
    name: str = ""
    value_only: bool = False
    day: tuple[int, ...] = ()
    open: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    close: tuple[float, ...] = ()
    hour: tuple[int, ...] = ()
    hour_close: tuple[float, ...] = ()


# Why a condition cannot be told from the data on hand.
Untold = Literal[
    "",
    "no history",
    "no candles",
    "no common sessions",
    "no inputs",
    "no figures",
    "no pair",
    "no wall",
    "never above",
    "no such window",
    "no target",
    "rate target",
]


class Rates(Struct, frozen=True, eq=False, tag="rates", tag_field="frame", kw_only=True):
    """What followed a condition. Answers AskRates, and reaches every screen.

    `after` is by horizon in sessions: the mean of all cases beside that of any session
    since the condition could first be told. `overlapping` counts the cases that begin
    within the horizon of the one before, whose returns share sessions.
    """

    condition: Condition
    target: str
    why: Untold = ""  # there is no answer; all below is empty then
    series: str = ""  # what the condition is told by
    boundary: str = ""  # whose day its bars are: "UTC", "session", "New York"
    target_series: str = ""  # GOLD is GLD at the New York close
    level: float | None = None  # the wall
    first: date | None = None  # the first and the last bar that it could be told on
    last: date | None = None
    bars: int = 0  # of them
    held: int = 0  # of them, on which it held
    now: bool = False  # it holds on the last one
    after: dict[str, After] = field(default_factory=dict)
    overlapping: dict[str, int] = field(default_factory=dict)
    cases: tuple[Case, ...] = ()  # oldest first


class Matrix(Struct, frozen=True, eq=False, tag="matrix", tag_field="frame", kw_only=True):
    """Everything of the watchlist against everything. Answers AskMatrix.

    `windows` has the pairs by their sessions, "20", "60" and "90": of four names 0-1, 0-2,
    0-3, 1-2, 1-3, 2-3.
    """

    names: tuple[str, ...]
    as_of: date | None = None
    uses: dict[str, str] = field(default_factory=dict)  # GOLD -> "GLD"
    apart: dict[str, str] = field(default_factory=dict)  # STAR50 -> "XSHG": closes at another hour
    windows: dict[str, tuple[CorrelationWindow, ...]] = field(default_factory=dict)


class Refresh(Struct, frozen=True, tag="refresh", tag_field="command"):
    """Ask every source that waits to try again now."""


class Ack(Struct, frozen=True, tag="ack", tag_field="command"):
    """A person has seen the alert `id`, or with "" all that there are."""

    id: str = ""


class Snooze(Struct, frozen=True, tag="snooze", tag_field="command"):
    """Tell what `rule` finds only when `seconds` are over."""

    rule: str
    seconds: float


class Mute(Struct, frozen=True, tag="mute", tag_field="command"):
    """Tell nothing of `rule` any more, or again if not `muted`."""

    rule: str
    muted: bool = True


class AskPast(Struct, frozen=True, tag="ask_past", tag_field="command"):
    """Send a Past; there is no answer while nothing is computed yet."""


class AskSeries(Struct, frozen=True, tag="ask_series", tag_field="command"):
    """Send the Series of `instrument`; one that is not known has no bars."""

    instrument: str


class AskTrack(Struct, frozen=True, tag="ask_track", tag_field="command"):
    """Send the Track of `instrument`; there is no answer while nothing is computed yet."""

    instrument: str


class AskRace(Struct, frozen=True, tag="ask_race", tag_field="command"):
    """Send the Race since `anchor`; there is no answer while nothing is computed yet."""

    anchor: str


class AskRates(Struct, frozen=True, tag="ask_rates", tag_field="command"):
    """Send the Rates of `target` after `condition`; no answer while nothing is computed yet."""

    condition: Condition
    target: str


class AskMatrix(Struct, frozen=True, tag="ask_matrix", tag_field="command"):
    """Send a Matrix; there is no answer while nothing is computed yet."""


Frame = Hello | Reading | Quotes | Happened | Health | Past | Series | Track | Race | Rates | Matrix
Command = (
    Refresh | Ack | Snooze | Mute | AskPast | AskSeries | AskTrack | AskRace | AskRates | AskMatrix
)
