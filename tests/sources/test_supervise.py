"""One supervisor for all sources: what it waits, tells and gives up."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from divmon.errors import BlockedError, RateLimitedError, TransientError
from divmon.market.events import Event, MarketEvent, SourceHealth
from divmon.sources.supervise import Supervisor, Waits


class HandClock:
    """A clock that moves when somebody sleeps, and remembers for how long."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.waits: list[float] = []
        self.hold = asyncio.Event()  # sleeps longer than `patience` wait for it
        self.patience = float("inf")

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        if seconds > self.patience:
            await self.hold.wait()
        self.time += seconds


class Stage:
    """A supervisor and what it said, with a source that plays a script.

    A step is an error to raise, or a number: data for so many seconds.
    """

    def __init__(self, *script: Exception | float, jitter: float = 1.0) -> None:
        self.clock = HandClock()
        self.said: list[MarketEvent] = []
        self.script = list(script)
        self.supervisor = Supervisor(
            "kraken", "exchange", self.said.append, self.clock, jitter=lambda: jitter
        )

    async def serve(self) -> None:
        while self.script:
            step = self.script.pop(0)
            if isinstance(step, Exception):
                raise step
            self.supervisor.data(self.clock.time)
            self.clock.time += step
            self.supervisor.data(self.clock.time)

    async def play(self, serve: Callable[[], Awaitable[None]] | None = None) -> None:
        await asyncio.wait_for(self.supervisor.run(serve or self.serve), 5)

    @property
    def states(self) -> list[str]:
        return [said.state for said in self.said if isinstance(said, SourceHealth)]

    @property
    def events(self) -> list[str]:
        return [said.kind for said in self.said if isinstance(said, Event)]


def cut() -> TransientError:
    return TransientError("closed with code 1006")


async def test_waits_double_up_to_the_longest() -> None:
    stage = Stage(*[cut() for _ in range(10)])
    await stage.play()
    assert stage.clock.waits == [0.25, 0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert stage.supervisor.reconnects == 10


async def test_only_ten_seconds_of_data_start_the_waits_anew() -> None:
    stage = Stage(cut(), cut(), 9.9, cut(), 10.0, cut(), cut())
    await stage.play()
    assert stage.clock.waits == [0.25, 0.5, 1.0, 0.25, 0.5]


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_a_wait_is_never_below_nothing_nor_above_the_longest(n: int, jitter: float) -> None:
    waits = Waits(first_s=0.25, longest_s=30)
    assert 0 <= waits.transient(n, jitter) <= 30
    assert 60 <= waits.quiet(n, None) <= 900


async def test_rate_limits_are_quiet_for_a_minute_then_longer() -> None:
    stage = Stage(*[RateLimitedError("429") for _ in range(6)])
    await stage.play()
    assert stage.clock.waits == [60, 120, 240, 480, 900, 900]
    assert stage.states == ["starting"] + ["rate_limited"] * 6


@pytest.mark.parametrize(
    ("told", "waited"), [(7.5, 7.5), (0.0, 0.0), (1e12, 86_400.0), (-5.0, 60.0)]
)
async def test_what_the_source_asks_for_is_honoured(told: float, waited: float) -> None:
    stage = Stage(RateLimitedError("429", retry_after=told))
    await stage.play()
    assert stage.clock.waits == [waited]


async def test_each_class_of_failure_counts_for_itself() -> None:
    stage = Stage(cut(), RateLimitedError("429"), cut(), RateLimitedError("429"))
    await stage.play()
    assert stage.clock.waits == [0.25, 60, 0.5, 120]


async def test_a_blocked_source_is_off_for_good_and_says_why() -> None:
    stage = Stage(1.0, BlockedError("blocked here (HTTP 451)"), 5.0)
    await stage.play()
    assert stage.states == ["starting", "ok", "off"]
    assert stage.clock.waits == []
    health = stage.supervisor.health()
    assert (health.reason, health.next_try) == ("blocked here (HTTP 451)", None)
    assert stage.events == ["source_lost"]


async def test_a_bug_passes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        await Stage(ZeroDivisionError()).play()


async def test_health_carries_the_reason_and_the_time_of_the_next_try() -> None:
    stage = Stage(2.0, cut(), jitter=0.5)
    stage.clock.patience = 0
    task = asyncio.create_task(stage.play())
    while "retrying" not in stage.states:
        await asyncio.sleep(0)
    health = stage.supervisor.health()
    assert health.state == "retrying"
    assert health.reason == "closed with code 1006"
    assert health.next_try == pytest.approx(1002.125)
    assert health.since == 1002.0
    assert health.last_data == 1002.0
    stage.clock.hold.set()
    await task


async def test_lost_and_back_are_told_once() -> None:
    stage = Stage(20.0, cut(), cut(), cut(), 1.0)
    await stage.play()
    assert stage.events == ["source_lost", "source_back"]
    back = stage.said[-1]
    assert isinstance(back, Event)
    assert back.text == "kraken: back after 2 s"
    assert back.data["away_s"] == 1.75


async def test_a_blip_of_a_flapping_source_is_no_event_but_a_long_loss_is() -> None:
    stage = Stage(1.0, cut(), 1.0, cut())
    await stage.play()
    assert stage.events == ["source_lost"]


async def test_a_source_that_never_came_up_is_told_at_its_second_failure() -> None:
    once = Stage(cut())
    await once.play()
    twice = Stage(cut(), cut())
    await twice.play()
    assert (once.events, twice.events) == ([], ["source_lost"])


async def test_retry_now_ends_a_wait_after_a_cut() -> None:
    stage = Stage(cut(), 3.0)
    stage.clock.patience = 0  # no wait ends by itself
    task = asyncio.create_task(stage.play())
    while "retrying" not in stage.states:
        await asyncio.sleep(0)
    assert not task.done()
    stage.supervisor.retry_now()
    await task
    assert stage.states[-1] == "ok"


async def test_retry_now_does_not_disturb_a_source_that_asked_for_quiet() -> None:
    stage = Stage(RateLimitedError("429"), 3.0)
    stage.clock.patience = 0
    task = asyncio.create_task(stage.play())
    while "rate_limited" not in stage.states:
        await asyncio.sleep(0)
    stage.supervisor.retry_now()
    for _ in range(10):
        await asyncio.sleep(0)
    assert stage.states[-1] == "rate_limited"
    stage.clock.hold.set()
    await task


async def test_an_early_retry_now_does_not_shorten_a_later_wait() -> None:
    stage = Stage(cut())
    stage.supervisor.retry_now()
    await stage.play()
    assert stage.clock.waits == [0.25]
    assert stage.clock.time == 1000.25


async def test_ten_thousand_ticks_are_two_reports() -> None:
    stage = Stage()
    stage.supervisor.report()
    for tick in range(10_000):
        stage.supervisor.data(1000.0 + tick / 1e4, latency_ms=12.0)
    assert stage.states == ["starting", "ok"]


async def test_refresh_tells_changed_counters_and_aged_figures_only() -> None:
    stage = Stage()
    supervisor = stage.supervisor
    supervisor.data(1000.0)
    count = len(stage.said)
    supervisor.data(1001.0)
    supervisor.refresh()
    assert len(stage.said) == count
    supervisor.gaps += 1
    supervisor.refresh()
    assert stage.said[-1] == supervisor.health()
    supervisor.data(1006.5)
    supervisor.refresh()
    assert len(stage.said) == count + 2


async def test_a_note_is_shown_while_all_is_well() -> None:
    stage = Stage()
    stage.supervisor.data(1000.0)
    stage.supervisor.note = "clock 4 s behind ours"
    stage.supervisor.refresh()
    assert stage.said[-1] == stage.supervisor.health()
    assert stage.supervisor.health().reason == "clock 4 s behind ours"


async def test_cancelling_ends_a_wait_at_once() -> None:
    stage = Stage(cut())
    stage.clock.patience = 0
    task = asyncio.create_task(stage.supervisor.run(stage.serve))
    while "retrying" not in stage.states:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(asyncio.all_tasks()) == 1
