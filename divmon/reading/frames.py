"""What an engine tells its screens, one struct a kind of frame.

Levels are conflated (Quotes at most ten times a second), edges (Happened) never.
`link/codec.py` writes them down.
"""

from datetime import date, datetime

from msgspec import Struct, field

from divmon.market.events import Event, SourceHealth
from divmon.reading.model import AbcState, Instrument, Reading, RelativeStreak
from divmon.reading.race import Race
from divmon.reading.told import Told
from divmon.reading.track import Track

VERSION = 1


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


Frame = Hello | Reading | Quotes | Happened | Health | Past | Series | Track | Race
Command = Refresh | Ack | Snooze | Mute | AskPast | AskSeries | AskTrack | AskRace
