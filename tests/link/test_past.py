"""The score's past on request: through a real engine, a hub, and a slow screen."""

import asyncio
from datetime import date
from pathlib import Path

from divmon.link.client import AttachedFeed
from divmon.link.codec import AskPast, Hello, Past, decode_frame, encode
from divmon.link.hub import Hub
from divmon.link.local import LocalFeed
from divmon.link.server import LinkServer
from divmon.reading.told import Told
from divmon.settings import load
from tests.link.frames import hello


def past(number: int) -> Past:
    told = Told(
        start=date(2025, 1, 2), end=date(2025, 2, 3), sessions=number, max_score=71.0,
        entry=None, after={},
    )  # fmt: skip
    return Past(days=((date(2026, 1, 20), 74.5, "alert"),), episodes=(told,))


async def test_an_engine_answers_with_every_session_and_episode() -> None:
    feed = LocalFeed(load(), "demo", None)
    asked: Past | None = None
    async with asyncio.timeout(30):
        async for frame in feed.frames():
            if isinstance(frame, Past):
                asked = frame
                break
            await feed.send(AskPast())
        await feed.aclose()
    assert asked is not None
    assert len(asked.days) > 500
    assert [day for day, _, _ in asked.days] == sorted(day for day, _, _ in asked.days)
    last = asked.episodes[-1]
    assert last.end <= asked.days[-1][0]
    assert list(last.after) == ["5", "20", "60", "120"]
    body = encode(asked)[4:]
    assert decode_frame(body).__struct_fields__ == asked.__struct_fields__
    assert len(body) < 1_000_000


def test_a_slow_screen_gets_the_newest_only_and_none_of_another_source() -> None:
    hub = Hub()
    slow = hub.subscribe()
    hub.publish(past(1))
    hub.publish(past(2))
    assert len(slow) == 1
    hub.publish(hello())
    assert len(slow) == 1  # the Hello


async def test_an_attached_screen_asks_through_the_socket_and_every_screen_is_told(
    socket_at: Path,
) -> None:
    hub = Hub()
    hub.on_command = lambda command: hub.publish(past(3)) if command == AskPast() else None
    hub.publish(hello())
    beside = hub.subscribe()
    feed = AttachedFeed(socket_at, jitter=lambda: 0.0)
    told: Past | None = None
    async with LinkServer(socket_at, hub), asyncio.timeout(10):
        async for frame in feed.frames():
            if isinstance(frame, Past):
                told = frame
                break
            await feed.send(AskPast())
        await feed.aclose()
    assert told is not None
    assert told.days == past(3).days
    assert told.episodes == past(3).episodes
    assert isinstance(await anext(beside), Hello)
    assert isinstance(await anext(beside), Past)
