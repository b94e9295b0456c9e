"""Tracks and races on request: through a real engine, a hub, a slow screen, and a socket."""

import asyncio
from pathlib import Path

from divmon.engine.build import make_engine
from divmon.link.client import AttachedFeed
from divmon.link.codec import AskRace, AskTrack, Frame, Reading, decode_command, encode
from divmon.link.hub import Hub
from divmon.link.server import LinkServer
from divmon.reading.race import Race
from divmon.reading.track import Track
from divmon.settings import load
from tests.link.frames import hello

ASKED = (AskTrack("RUT"), AskTrack("NOTHING"), AskRace("YTD"), AskRace("2025-13-40"))


async def test_an_attached_screen_is_answered_by_the_engine_of_the_watch(socket_at: Path) -> None:
    hub = Hub()
    engine = make_engine(load(), "demo", publish=hub.publish)
    hub.on_command = engine.command
    for command in ASKED:
        engine.command(command)  # before there is anything to compute from: no answer, no harm
    running = asyncio.ensure_future(engine.run())
    feed = AttachedFeed(socket_at, jitter=lambda: 0.0)
    told: dict[str, Track | Race] = {}
    async with LinkServer(socket_at, hub), asyncio.timeout(30):
        async for frame in feed.frames():
            if isinstance(frame, Reading):
                for command in ASKED:
                    await feed.send(command)
            told |= _told(frame)
            if len(told) == len(ASKED):
                break
        await feed.aclose()
        running.cancel()
        await asyncio.wait([running])
    track, race = told["RUT"], told["YTD"]
    assert isinstance(track, Track)
    assert track.records is not None
    assert track.runs[0].rises[0].rank == 1
    nothing, never = told["NOTHING"], told["2025-13-40"]
    assert isinstance(nothing, Track)
    assert nothing.runs == ()
    assert isinstance(race, Race)
    assert [lane.instrument for lane in race.lanes][:2] == ["BTC", "RUT"]
    assert isinstance(never, Race)
    assert never.lack == "date"
    for command in ASKED:
        assert decode_command(encode(command)[4:]) == command


def _told(frame: Frame) -> dict[str, Track | Race]:
    match frame:
        case Track():
            return {frame.instrument: frame}
        case Race():
            return {frame.anchor: frame}
    return {}


def test_a_slow_screen_gets_the_newest_of_each_and_none_of_another_source() -> None:
    hub = Hub()
    slow = hub.subscribe()
    for name in ("RUT", "RUT", "SPX"):
        hub.publish(Track(instrument=name))
        hub.publish(Race(anchor=name))
    assert len(slow) == 4
    hub.publish(hello())
    assert len(slow) == 1  # the Hello
