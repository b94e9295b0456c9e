"""What the screen knows: the newest of every frame, and which parts of it changed.

Plain and testable: no Textual in here. Fed from one thread, read by the panels.
"""

import copy
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from msgspec.structs import replace

from divmon.link.codec import (
    Frame,
    Happened,
    Health,
    Hello,
    Matrix,
    Past,
    Quotes,
    Race,
    Rates,
    Series,
    Track,
)
from divmon.market.events import Event, SourceHealth
from divmon.reading.condition import Condition
from divmon.reading.model import Instrument, Reading, RelativeStreak, ValueState, Venue
from divmon.settings import Settings
from divmon.ui.raised import Raised

T = TypeVar("T")

BOARD = "*board"  # everything may have changed
EVENTS = "*events"
ALERTS = "*alerts"
SOURCES = "*sources"
STREAKS = "*streaks"
ABC = "*abc"
BARS = "*bars"
EVENTS_KEPT = 500
SERIES_KEPT = 4  # each up to half a megabyte
TRACKS_KEPT = 8  # each about 10 kB
RACES_KEPT = 8  # each up to 60 kB
RATES_KEPT = 32


class View:
    """The newest Reading with the newer rows laid over it, events, health and the clock.

    Times are the engine's: `now` runs from the last frame's `as_of` at the rate its
    Hello told, so a demo of January is in January for every age on the screen.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        initial: Reading | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self.reading: Reading | None = None
        self.rows: dict[str, Instrument] = {}
        self.relative: dict[str, RelativeStreak] = {}
        self.abc_provisional: float | None = None
        self.health: dict[str, SourceHealth] = {}
        self.link: SourceHealth | None = None
        self.events: deque[Event] = deque(maxlen=EVENTS_KEPT)
        self.alerts = Raised()
        self.simulated = False
        self.series: dict[str, Series] = {}  # the bars that a chart has asked for
        self.tracks: dict[str, Track] = {}  # runs and records, as asked for
        self.races: dict[str, Race] = {}  # by anchor, as asked for
        self.past: Past | None = None  # the score's whole history, once a page has asked for it
        self.rates: dict[tuple[Condition, str], Rates] = {}  # by condition and target, as asked
        self.matrix: Matrix | None = None
        self._row_time: dict[str, float] = {}
        self._told: dict[str, float] = {}  # when each source's health was told, engine's time
        self._current: set[str] = set()  # the sources that the engine at hand has told of
        self._hello: Hello | None = None
        self._rate = 1.0
        self._monotonic = monotonic
        self._wall = wall
        self._clock = (wall(), monotonic())
        self._lost_at: float | None = None
        self._stopped: float | None = None
        if initial is not None:
            self._take_initial(initial)

    # -- frames in -------------------------------------------------------------

    def apply(self, frame: Frame) -> frozenset[str]:
        """Take in one frame; return the parts to redraw: instrument names or *parts."""
        match frame:
            case Hello():
                return self._take_hello(frame)
            case Reading():
                if not frame.warm:
                    self._set_clock(frame.as_of)
                return self._take_reading(frame)
            case Quotes():
                return self._take_quotes(frame)
            case Happened():
                self.events.appendleft(frame.event)
                about_alerts = self.alerts.take(frame.event)
                return frozenset((EVENTS, ALERTS) if about_alerts else (EVENTS,))
            case Health():
                return self._take_health(frame.source)
            case Series():
                _keep(self.series, frame.instrument, frame, SERIES_KEPT)
                return frozenset((BARS,))
            case Track():
                _keep(self.tracks, frame.instrument, frame, TRACKS_KEPT)
                return frozenset()
            case Race():
                _keep(self.races, frame.anchor, frame, RACES_KEPT)
                return frozenset()
            case Past():
                self.past = frame
                return frozenset()
            case Rates():
                key = frame.condition, frame.target
                self.rates.pop(key, None)
                self.rates[key] = frame
                while len(self.rates) > RATES_KEPT:
                    del self.rates[next(iter(self.rates))]
                return frozenset()
            case Matrix():
                self.matrix = frame
                return frozenset()

    def start_over(self, initial: Reading | None = None) -> None:
        """Forget the engine so far and all it told but events; show `initial` until the next."""
        self._hello = None
        self.link, self._lost_at = None, None
        self._rate = 1.0
        self.simulated = False
        self._forget()
        self._set_clock(datetime.fromtimestamp(self._wall(), UTC))
        if initial is not None:
            self._take_initial(initial)

    def _take_initial(self, reading: Reading) -> None:
        self._take_reading(reading)
        if reading.simulated:
            self._set_clock(reading.as_of)

    def _take_hello(self, hello: Hello) -> frozenset[str]:
        """Begin with an engine; nothing that another one told may pass for its own."""
        before, self._hello = self._hello, hello
        self._current.clear()
        shown = self.reading
        if shown is not None and (shown.source, shown.simulated) != (hello.source, hello.simulated):
            self._forget()
        elif before is not None and (before.source, before.simulated, before.pid) != (
            hello.source, hello.simulated, hello.pid,
        ):  # fmt: skip
            self._forget()
            if shown is not None and not hello.simulated:
                # the same market by another process: its last board is as good as an archived
                # one, and as dim; a demo begins anew in January
                self._take_reading(replace(shown, warm=True))
        self._rate = hello.rate
        self.simulated = hello.simulated
        self._set_clock(hello.now)
        self._lost_at, self.link = None, None
        return frozenset((BOARD,))

    def _forget(self) -> None:
        self.past = None
        self.series, self.tracks, self.races = {}, {}, {}
        self.rates, self.matrix = {}, None
        self.reading = None
        self.rows, self._row_time = {}, {}
        self.relative = {}
        self.abc_provisional = None
        self.health, self._told = {}, {}
        self._current.clear()

    def _take_reading(self, reading: Reading) -> frozenset[str]:
        dirty = frozenset((BOARD,))
        if self.reading is not None:
            # not for the first one, which the first frame shows
            from divmon.ui.difference import difference

            dirty = difference(self.reading, self.rows, reading)
        if reading.relative_streaks != self.relative:
            dirty |= {STREAKS}
        if reading.abc.provisional != self.abc_provisional:
            dirty |= {ABC}
        self.reading = reading
        self.simulated = reading.simulated
        stamp = reading.as_of.timestamp()
        self.rows = dict(reading.instruments)
        self._row_time = dict.fromkeys(self.rows, stamp)
        self.relative = dict(reading.relative_streaks)
        self.abc_provisional = reading.abc.provisional
        # the Reading lists every source there is; but a Health frame may have overtaken
        # the Reading that was being computed
        before, self.health = self.health, {}
        for name, source in reading.sources.items():
            known = before.get(name)
            if known is None or source.since >= known.since:
                self.health[name] = source
                self._told[name] = stamp
            else:
                self.health[name] = known
        if reading.warm:
            self._current &= self.health.keys()
        else:
            self._current = set(self.health)
        if _states(self.health) != _states(before):
            dirty |= {SOURCES}
        return frozenset((BOARD,)) if BOARD in dirty else dirty

    def _take_quotes(self, frame: Quotes) -> frozenset[str]:
        self._set_clock(frame.as_of)
        stamp = frame.as_of.timestamp()
        dirty = {name for name, row in frame.instruments.items() if self.rows.get(name) != row}
        self.rows.update(frame.instruments)
        self._row_time.update(dict.fromkeys(frame.instruments, stamp))
        for pair, streak in frame.relative_streaks.items():
            if self.relative.get(pair) != streak:
                self.relative[pair] = streak
                dirty.add(STREAKS)
        if frame.abc_provisional != self.abc_provisional:
            self.abc_provisional = frame.abc_provisional
            dirty.add(ABC)
        return frozenset(dirty)

    def _take_health(self, source: SourceHealth) -> frozenset[str]:
        if source.kind != "link":
            self.health[source.name] = source
            self._told[source.name] = self.now
            self._current.add(source.name)
            return frozenset((SOURCES,))
        was_lost = self.link_lost
        self.link = source
        if source.state == "ok":
            self._lost_at = None
        elif self._lost_at is None:
            self._lost_at = self._monotonic()
        return frozenset((BOARD,)) if was_lost != self.link_lost else frozenset((SOURCES,))

    # -- clock -----------------------------------------------------------------

    def _set_clock(self, moment: datetime) -> None:
        self._clock = (moment.timestamp(), self._monotonic())

    @property
    def now(self) -> float:
        """The engine's time, in Unix seconds."""
        if self._stopped is not None:
            return self._stopped
        stamp, at = self._clock
        return stamp + (self._monotonic() - at) * self._rate

    @property
    def now_utc(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)

    def freeze(self) -> "View":
        """Return a copy that no frame changes and whose clock stands still: a paused screen."""
        still = copy.copy(self)
        still.rows, still.relative = dict(self.rows), dict(self.relative)
        still.health, still.events = dict(self.health), self.events.copy()
        still._row_time, still._told = dict(self._row_time), dict(self._told)
        still._current = set(self._current)
        still.alerts = self.alerts.copy()
        still._stopped = self.now
        return still

    # -- what panels ask --------------------------------------------------------

    @property
    def paused(self) -> bool:
        """Whether this is a frozen copy."""
        return self._stopped is not None

    @property
    def link_lost(self) -> bool:
        return self._lost_at is not None

    @property
    def link_lost_for(self) -> float | None:
        """Seconds of ours since the engine went away, None while it is there."""
        return None if self._lost_at is None else self._monotonic() - self._lost_at

    @property
    def live(self) -> bool:
        """Whether the board may be drawn in colour: there is a Reading, and it is of now."""
        return self.reading is not None and not self.reading.warm and not self.link_lost

    def age(self, name: str) -> float | None:
        """Return the seconds since the row's price was made, None if there is none.

        Of a price that is live, the seconds since its receipt: the venue's clock may be
        off by more than counts there.
        """
        row = self.rows.get(name)
        if row is None or row.last is None:
            return None
        live = row.state == "live" or (row.state == "simulated" and row.session != "closed")
        if live or row.time is None:
            return self._silent_for(name, row)
        return max(0.0, self.now - row.time.timestamp(), self._silent_for(name, row) or 0.0)

    def _silent_for(self, name: str, row: Instrument) -> float | None:
        """Return the seconds since the row's price was received: what staleness goes by."""
        if row.received is not None:
            return max(0.0, self.now - row.received.timestamp())
        return None if row.age_s is None else max(0.0, row.age_s + self._since_frame(name))

    def hearsay(self, name: str) -> float | None:
        """Return the age of what is known of a source, None while its engine is there to tell."""
        if name in self._current and not self.link_lost:
            return None
        return max(0.0, self.now - self._told.get(name, self.now))

    def venue_age(self, venue: Venue) -> float | None:
        """Return the seconds since a venue of BTC spoke."""
        return None if venue.age_s is None else max(0.0, venue.age_s + self._since_frame("BTC"))

    def _since_frame(self, name: str) -> float:
        return self.now - self._row_time.get(name, self.now)

    def state(self, name: str) -> ValueState:
        """Return the row's state, stale as soon as its age here passes the limit.

        The engine says so too, but this screen must not trust a price because the
        frame that would have said otherwise is late.
        """
        row = self.rows.get(name)
        if row is None or row.last is None:
            return "missing"
        if row.state in ("live", "delayed"):
            limit = (
                self.settings.exchanges.silent_s
                if row.kind == "crypto"
                # a delayed source's receipt is as fresh as any; only its stamp lags
                else self.settings.yahoo.stale_s
            )
            if not self.live or (self._silent_for(name, row) or 0.0) > max(limit, 5 * self._rate):
                return "stale"
        return row.state

    def order(self) -> list[tuple[str, str]]:
        """Return (group, name) of every row in the table's own order.

        What the watchlist leaves out is not listed, though it may be known: the score
        needs its instruments, whoever looks at them.
        """
        if self.reading is None:
            return [
                (group, name) for group, names in self.settings.watchlist.items() for name in names
            ]
        if self.reading.groups:
            return [(group, name) for group, names in self.reading.groups.items() for name in names]
        return [(row.group, name) for name, row in self.rows.items() if name != "BTC"]


def _keep(kept: dict[str, T], name: str, newest: T, most: int) -> None:
    """Put the newest last, and let go of what has been there longest."""
    kept.pop(name, None)
    kept[name] = newest
    while len(kept) > most:
        del kept[next(iter(kept))]


def _states(health: dict[str, SourceHealth]) -> dict[str, tuple[str, str]]:
    """Return what is drawn at once; ages and countdowns pass with the seconds."""
    return {name: (source.state, source.reason) for name, source in health.items()}
