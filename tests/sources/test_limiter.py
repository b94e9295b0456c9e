"""A steady rate, and pauses that grow."""

import asyncio

import pytest

from divmon.sources.limiter import Limiter, Pauses
from tests.sources.by_hand import HandClock


async def test_a_burst_once_and_then_an_even_rate() -> None:
    clock = HandClock(1000.0)
    limiter = Limiter(2.0, clock, burst=3)
    passed: list[float] = []

    async def ask() -> None:
        await limiter.acquire()
        passed.append(clock.now())

    tasks = [asyncio.create_task(ask()) for _ in range(6)]
    for _ in range(20):
        await asyncio.sleep(0)
        if clock.next is not None:
            clock.set(clock.next)
    await asyncio.gather(*tasks)
    assert passed == [1000.0, 1000.0, 1000.0, 1000.5, 1001.0, 1001.5]


async def test_idling_saves_up_no_second_burst() -> None:
    clock = HandClock(1000.0)
    limiter = Limiter(1.0, clock, burst=2)
    await limiter.acquire()
    await limiter.acquire()
    clock.set(2000.0)
    await limiter.acquire()
    waits = asyncio.create_task(limiter.acquire())
    await asyncio.sleep(0)
    assert clock.next == 2001.0
    waits.cancel()


def test_pauses_double_to_the_longest_and_begin_anew() -> None:
    pauses = Pauses(60.0, 900.0, jitter=lambda: 0.0)
    assert [pauses.next() for _ in range(6)] == [60, 120, 240, 480, 900, 900]
    for _ in range(2000):
        assert pauses.next() == 900
    pauses.reset()
    assert pauses.next() == 60


def test_chance_shortens_a_pause_by_no_more_than_its_share() -> None:
    assert Pauses(60.0, 900.0, jitter=lambda: 1.0).next() == 30.0
    assert Pauses(60.0, 900.0, shrink=0.1, jitter=lambda: 1.0).next() == pytest.approx(54.0)
