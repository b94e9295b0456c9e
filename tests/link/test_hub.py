"""A hub: every screen ends with the same board, whatever its pace, and no edge is lost."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from divmon.link.codec import Frame, Happened, Health, Hello, Quotes, Reading, Refresh
from divmon.link.hub import QUEUED, RECENT, Hub, Subscription
from tests.link.frames import NOW, happened, health, hello, plain, quotes, reading


class Board:
    """What a screen that applies every frame in turn would show."""

    def __init__(self) -> None:
        self.rows: dict[str, float | None] = {}
        self.as_of: Any = None
        self.source = ""
        self.health: dict[str, float] = {}
        self.events: list[str] = []

    def apply(self, frames: Iterable[Frame]) -> "Board":
        for frame in frames:
            match frame:
                case Hello():
                    if frame.source != self.source:
                        self.rows, self.as_of, self.health = {}, None, {}
                    self.source = frame.source
                case Reading():
                    self.rows = {name: row.last for name, row in frame.instruments.items()}
                    self.as_of = frame.as_of
                case Quotes():
                    self.rows |= {name: row.last for name, row in frame.instruments.items()}
                    self.as_of = frame.as_of
                case Health():
                    self.health[frame.source.name] = frame.source.since
                case Happened():
                    self.events.append(frame.event.text)
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Board) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment] # a board changes


def drained(subscription: Subscription, most: int = 1_000_000) -> list[Frame]:
    """Return what waits, without waiting for more."""
    found: list[Frame] = []
    while len(subscription) and len(found) < most:
        step = subscription.packet()
        try:
            step.send(None)
        except StopIteration as done:
            found.append(done.value.frame)
    return found


names = st.sampled_from(["BTC", "RUT", "GOLD"])
lasts = st.dictionaries(names, st.floats(1, 9), max_size=3)
published = st.lists(
    st.one_of(
        st.tuples(st.just(reading), lasts),
        st.tuples(st.just(quotes), lasts),
        st.tuples(st.just(happened), st.just({})),
        st.tuples(st.sampled_from(["kraken", "yahoo"]), st.just({})),
        st.tuples(st.just(hello), st.just({})),
        st.integers(1, 4),  # a screen reads so many
    ),
    max_size=40,
)


@given(published)
def test_a_slow_screen_and_a_late_one_end_with_the_board_of_one_that_saw_everything(
    steps: Any,
) -> None:
    hub = Hub(now=lambda: 0.0)
    hub.publish(hello())
    slow = hub.subscribe()
    every: list[Frame] = [hello()]
    seen: list[Frame] = []
    for number, step in enumerate(steps):
        if isinstance(step, int):
            seen += drained(slow, most=step)
            continue
        make, values = step
        if make is hello:
            frame: Frame = hello(source=f"source {number}")
        elif isinstance(make, str):
            frame = health(make, float(number))
        else:
            frame = make(number, **values)
        every.append(frame)
        hub.publish(frame)
    seen += drained(slow)
    whole = Board().apply(every)
    assert Board().apply(seen) == whole
    late = Board().apply(drained(hub.subscribe()))
    late.events = whole.events[:-RECENT] + late.events
    assert late == whole


def test_a_screen_that_keeps_up_gets_every_frame_as_it_is() -> None:
    hub = Hub()
    subscription = hub.subscribe()
    sent: list[Frame] = [hello(), reading(1, BTC=1.0), quotes(2, BTC=2.0), quotes(3, BTC=3.0)]
    got = []
    for frame in sent:
        hub.publish(frame)
        got += drained(subscription)
    assert got == sent  # the same objects


def test_waiting_quotes_become_one_and_a_newer_reading_replaces_them() -> None:
    hub = Hub()
    subscription = hub.subscribe()
    hub.publish(quotes(1, BTC=1.0, RUT=1.0))
    hub.publish(happened(1))
    hub.publish(quotes(2, BTC=2.0))
    assert [plain(frame) for frame in drained(subscription)] == [
        plain(quotes(2, BTC=2.0, RUT=1.0)),
        plain(happened(1)),
    ]
    hub.publish(quotes(3, BTC=3.0))
    hub.publish(reading(4, BTC=4.0))
    hub.publish(quotes(5, RUT=5.0))
    assert [plain(frame) for frame in drained(subscription)] == [
        plain(reading(4, BTC=4.0)),
        plain(quotes(5, RUT=5.0)),
    ]


def test_another_source_drops_the_prices_of_the_old_one() -> None:
    hub = Hub()
    early = hub.subscribe()
    hub.publish(hello(source="demo", simulated=True))
    hub.publish(reading(1, BTC=1.0))
    hub.publish(quotes(2, BTC=2.0))
    hub.publish(hello())
    for subscription in (early, hub.subscribe()):
        (frame,) = drained(subscription)
        assert isinstance(frame, Hello)
        assert frame.source == "live"


def test_a_late_screen_is_not_told_of_sources_that_are_gone() -> None:
    hub = Hub()
    for name in ("demo", "kraken"):
        hub.publish(health(name, 1.0))
    hub.publish(replace(reading(1), sources={"kraken": health("kraken", 1.0).source}))
    told = [frame.source.name for frame in drained(hub.subscribe()) if isinstance(frame, Health)]
    assert told == ["kraken"]


def test_a_late_hello_tells_the_time_of_now() -> None:
    clock = iter([100.0, 160.0])
    hub = Hub(now=lambda: next(clock))
    hub.publish(hello(rate=10.0))
    (frame,) = drained(hub.subscribe())
    assert isinstance(frame, Hello)
    assert frame.now == NOW + timedelta(seconds=600)


def test_events_of_a_stuck_screen_are_summed_up_the_least_severe_first() -> None:
    hub = Hub()
    subscription = hub.subscribe()
    hub.publish(hello())
    for number in range(2 * QUEUED):
        hub.publish(happened(number, severity="alert" if number % 100 == 0 else "info"))
    assert len(subscription) <= QUEUED + 2
    first, summary, *rest = drained(subscription)
    assert isinstance(first, Hello)
    assert isinstance(summary, Happened)
    shown = [frame.event for frame in rest if isinstance(frame, Happened)]
    assert summary.event.data["count"] + len(shown) == 2 * QUEUED
    assert summary.event.text.startswith(f"{summary.event.data['count']:,} events not shown")
    assert summary.event.severity == "info"
    assert [event.time for event in shown] == sorted(event.time for event in shown)
    assert sum(event.severity == "alert" for event in shown) == 2 * QUEUED // 100


def test_not_even_alerts_fill_the_memory_and_their_sum_is_an_alert() -> None:
    hub = Hub()
    subscription = hub.subscribe()
    for number in range(QUEUED + 1):
        hub.publish(happened(number, severity="alert"))
    summary = drained(subscription)[0]
    assert isinstance(summary, Happened)
    assert (summary.event.kind, summary.event.severity) == ("not_shown", "alert")


def test_a_frame_is_encoded_once_for_all_screens() -> None:
    async def main() -> None:
        hub = Hub()
        first, second = hub.subscribe(), hub.subscribe()
        hub.publish(reading(1, BTC=1.0))
        assert (await first.packet()).encoded is (await second.packet()).encoded

    asyncio.run(main())


async def test_a_waiting_screen_is_woken_by_a_frame_and_by_the_end() -> None:
    hub = Hub()
    subscription = hub.subscribe()
    got: list[Frame] = []

    async def watch() -> None:
        got.extend([frame async for frame in subscription])

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    hub.publish(reading(1))
    await asyncio.sleep(0)
    assert len(subscription) == 0  # taken
    subscription.close()
    await asyncio.wait_for(watching, 1)
    assert len(got) == 1
    assert hub.screens == 0
    hub.publish(reading(2))
    assert len(subscription) == 0


def test_commands_reach_the_engine() -> None:
    got: list[object] = []
    hub = Hub(got.append)
    hub.command(Refresh())
    assert got == [Refresh()]
