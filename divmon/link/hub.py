"""One engine's frames, fanned out to any number of screens, each at its own pace.

A screen that keeps up gets every frame. For one that does not, levels (Reading,
Quotes, Health) are overwritten while they wait and edges (Happened) are queued, so
that a slow screen costs bounded memory and slows nobody. Everything here belongs to
one event loop's thread.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from datetime import timedelta
from typing import Self

from msgspec.structs import replace

from divmon.link.codec import encode
from divmon.market.events import Event, Severity
from divmon.reading.frames import (
    Command,
    Frame,
    Happened,
    Health,
    Hello,
    Matrix,
    Past,
    Quotes,
    Rates,
    Series,
)
from divmon.reading.model import Instrument, Reading, RelativeStreak
from divmon.reading.race import Race
from divmon.reading.track import Track

RECENT = 50  # events that a new screen is told
QUEUED = 10_000  # events that wait for a slow screen before the oldest are summed up
SUMMED_UP = 1_000  # of them at once, so that a screen far behind costs O(1) an event

_SEVERITIES: tuple[Severity, ...] = ("info", "notice", "warning", "alert")
_READING, _QUOTES, _HELLO, _NOT_SHOWN = "reading", "quotes", "hello", "not shown"
_PAST = "past"


class Packet:
    """A frame, and its bytes once somebody needs them: encoded once for all screens."""

    __slots__ = ("_encoded", "frame")

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self._encoded: bytes | None = None

    @property
    def encoded(self) -> bytes:
        if self._encoded is None:
            self._encoded = encode(self.frame)
        return self._encoded


class Hub:
    """Where an engine publishes and screens subscribe.

    The engine publishes Hello first, and again when its source becomes another one.
    `on_command` gets what the screens send back.
    """

    def __init__(
        self,
        on_command: Callable[[Command], None] = lambda _: None,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.on_command = on_command
        self._now = now
        self._hello: Hello | None = None
        self._hello_at = 0.0
        self._subscriptions: set[Subscription] = set()
        self._reading: Packet | None = None
        self._rows: dict[str, Instrument] = {}  # newer than the Reading
        self._streaks: dict[str, RelativeStreak] = {}
        self._quotes: Quotes | None = None  # the newest, for what is not a row
        self._health: dict[str, Packet] = {}
        self._events: deque[Packet] = deque(maxlen=RECENT)

    def publish(self, frame: Frame) -> None:
        """Hand `frame` to every screen. Never waits; costs under 1 µs without a screen."""
        packet = Packet(frame)
        match frame:
            case Quotes():
                self._rows.update(frame.instruments)
                self._streaks.update(frame.relative_streaks)
                self._quotes = frame
            case Reading():
                self._reading = packet
                self._forget_rows()
                if frame.sources:
                    # what it does not name is gone: the demo's, when live took over
                    self._health = {
                        name: known for name, known in self._health.items() if name in frame.sources
                    }
            case Happened():
                self._events.append(packet)
            case Health():
                self._health[frame.source.name] = packet
            case Hello():
                # another source (the demo gave way to live): its prices must not mix with ours
                self._hello, self._hello_at = frame, self._now()
                self._reading = None
                self._health = {}
                self._forget_rows()
        for subscription in self._subscriptions:
            subscription.give(packet)

    def subscribe(self) -> "Subscription":
        """Begin a subscription: Hello, the board as it stands, recent events, then all new."""
        subscription = Subscription(self)
        if self._hello is not None:
            passed = timedelta(seconds=(self._now() - self._hello_at) * self._hello.rate)
            subscription.give(Packet(replace(self._hello, now=self._hello.now + passed)))
        if self._reading is not None:
            subscription.give(self._reading)
        if self._quotes is not None:
            subscription.give(
                Packet(
                    Quotes(
                        as_of=self._quotes.as_of,
                        instruments=dict(self._rows),
                        relative_streaks=dict(self._streaks),
                        abc_provisional=self._quotes.abc_provisional,
                    )
                )
            )
        for packet in (*self._health.values(), *self._events):
            subscription.give(packet)
        self._subscriptions.add(subscription)
        return subscription

    def command(self, command: Command) -> None:
        """Pass on what a screen asked for."""
        self.on_command(command)

    def forget(self, subscription: "Subscription") -> None:
        """Stop giving to `subscription`; its own `close` calls this."""
        self._subscriptions.discard(subscription)

    @property
    def screens(self) -> int:
        """How many subscriptions there are."""
        return len(self._subscriptions)

    def _forget_rows(self) -> None:
        self._rows.clear()
        self._streaks.clear()
        self._quotes = None


class Subscription:
    """What waits for one screen: an iterator of frames that ends when it is closed.

    Frames come in the order in which they began to wait; a level that is overwritten
    keeps its place. So nothing starves, and a Reading comes before the Quotes that are
    newer than it.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._waiting: OrderedDict[Hashable, Packet] = OrderedDict()
        self._events = 0  # of those that wait
        self._number = 0
        self._wanted: asyncio.Future[None] | None = None
        self._closed = False

    def give(self, packet: Packet) -> None:
        """Let `packet` wait for the screen, in place of what it makes outdated."""
        waiting = self._waiting
        match packet.frame:
            case Quotes():
                before = waiting.get(_QUOTES)
                waiting[_QUOTES] = packet if before is None else _merged(before, packet.frame)
            case Reading():
                waiting.pop(_QUOTES, None)
                waiting[_READING] = packet
            case Health():
                waiting["health", packet.frame.source.name] = packet
            case Past():
                waiting[_PAST] = packet
            case Series():
                waiting["series", packet.frame.instrument] = packet
            case Track():
                waiting["track", packet.frame.instrument] = packet
            case Race():
                waiting["race", packet.frame.anchor] = packet
            case Rates():
                waiting["rates", packet.frame.condition, packet.frame.target] = packet
            case Matrix():
                waiting["matrix", ""] = packet
            case Happened():
                self._number += 1
                waiting[self._number] = packet
                self._events += 1
                if self._events > QUEUED:
                    self._sum_up()
            case Hello():
                waiting.pop(_READING, None)
                waiting.pop(_QUOTES, None)
                waiting.pop(_PAST, None)
                for key in [key for key in waiting if isinstance(key, tuple)]:
                    del waiting[key]  # health, bars and answers of the other source
                waiting[_HELLO] = packet
                waiting.move_to_end(_HELLO, last=False)
        self._wake()

    async def packet(self) -> Packet:
        """Wait for the next frame.

        Raises:
            StopAsyncIteration: The subscription was closed.
        """
        while not self._waiting:
            if self._closed:
                raise StopAsyncIteration
            self._wanted = asyncio.get_running_loop().create_future()
            try:
                await self._wanted
            finally:
                self._wanted = None
        key, packet = self._waiting.popitem(last=False)
        self._events -= isinstance(key, int)
        return packet

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Frame:
        return (await self.packet()).frame

    def close(self) -> None:
        """End it now; what waits is dropped."""
        self._closed = True
        self._hub.forget(self)
        self._waiting.clear()
        self._events = 0
        self._wake()

    def __len__(self) -> int:
        """How many frames wait."""
        return len(self._waiting)

    def _wake(self) -> None:
        if self._wanted is not None and not self._wanted.done():
            self._wanted.set_result(None)

    def _sum_up(self) -> None:
        """Replace the oldest events, the least severe first, by one that counts them."""
        queued = [key for key in self._waiting if isinstance(key, int)]
        queued.sort(key=lambda key: (_rank(self._waiting[key]), key))
        gone = [_event(self._waiting.pop(key)) for key in queued[:SUMMED_UP]]
        self._events -= len(gone)
        before = self._waiting.pop(_NOT_SHOWN, None)
        count = len(gone) + (_event(before).data["count"] if before is not None else 0)
        if before is not None:
            gone.append(_event(before))
        summary = Event(
            time=max(event.time for event in gone),
            kind="not_shown",
            subject="link",
            text=f"{count:,} events not shown: this screen was too slow for them",
            severity=max((event.severity for event in gone), key=_SEVERITIES.index),
            data={"count": count},
        )
        self._waiting[_NOT_SHOWN] = Packet(Happened(summary))
        self._waiting.move_to_end(_NOT_SHOWN, last=False)
        if _HELLO in self._waiting:
            self._waiting.move_to_end(_HELLO, last=False)


def _event(packet: Packet) -> Event:
    assert isinstance(packet.frame, Happened)
    return packet.frame.event


def _rank(packet: Packet) -> int:
    return _SEVERITIES.index(_event(packet).severity)


def _merged(before: Packet, after: Quotes) -> Packet:
    """Return the one frame that does what `before` and then `after` would."""
    assert isinstance(before.frame, Quotes)
    return Packet(
        Quotes(
            as_of=after.as_of,
            instruments={**before.frame.instruments, **after.instruments},
            relative_streaks={**before.frame.relative_streaks, **after.relative_streaks},
            abc_provisional=after.abc_provisional,
        )
    )
