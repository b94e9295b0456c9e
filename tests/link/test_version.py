"""A watch and a screen of different versions, over real sockets: told, and never a crash."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from divmon.errors import LinkError
from divmon.link import client
from divmon.link.client import AttachedFeed, greeting
from divmon.link.codec import VERSION, AskPast, Happened, Health, Hello, Refresh, encode
from divmon.link.hub import Hub
from divmon.link.server import LinkServer
from tests.link.frames import happened, hello
from tests.link.test_attached import attached, engine, raw_server, until
from tests.link.wire import FILE, wire


def message(**facts: object) -> bytes:
    """Return a frame or a command as another version may write it."""
    body = msgspec.msgpack.encode(facts)
    return len(body).to_bytes(4, "big") + body


OLDER = "the watch is older than this screen: restart it (divmon 0.1, pid 4711)"
NEWER = "this screen is older than the watch: quit and start it again (divmon 9.0, pid 4711)"


@pytest.mark.parametrize(
    ("greeting", "reason"),
    [
        (encode(hello(version=VERSION - 1, program="divmon 0.1")), OLDER),
        (encode(hello(version=VERSION + 1, program="divmon 9.0")), NEWER),
        # a greeting that has changed as well
        (message(frame="hello", version=0, program="divmon 0.1", pid=4711), OLDER),
        (
            message(
                frame="hello", version=99, program="divmon 9.0", pid=4711, now=[1], source=None
            ),
            NEWER,
        ),
    ],
    ids=["older", "newer", "older, another greeting", "newer, another greeting"],
)
async def test_another_version_is_off_and_says_which_side_is_older_and_what_to_do(
    socket_at: Path, greeting: bytes, reason: str
) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0)

    async with raw_server(socket_at, lambda writer: writer.write(greeting)) as heard:
        feed = AttachedFeed(socket_at, sleep=sleep, jitter=lambda: 0.0)
        asking = asyncio.ensure_future(_ask_all_the_time(feed))
        frames = feed.frames()
        for _ in range(2):
            (off,) = await until(frames, lambda _: True)
            assert isinstance(off, Health)
            assert (off.source.name, off.source.state) == ("engine", "off")
            assert off.source.reason == reason
        asking.cancel()
        await feed.aclose()
    assert waits == [client.MISMATCH_WAIT]
    assert not heard  # an older watch would cut us off for a command that it has not


async def _ask_all_the_time(feed: AttachedFeed) -> None:
    while True:
        await feed.send(AskPast())
        await asyncio.sleep(0)


async def test_frames_of_an_unknown_kind_are_passed_over(socket_at: Path) -> None:
    def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(message(frame="news", text="before the greeting"))
        writer.write(encode(hello()))
        writer.write(message(frame="tide", levels={"a": [1, 2]}))
        writer.write(encode(happened(1)))

    async with raw_server(socket_at, answer), attached(socket_at) as (_, frames):
        got = await until(frames, lambda frame: isinstance(frame, Happened))
        assert [type(frame) for frame in got] == [Hello, Health, Happened]
        assert engine("ok")(got[1])


async def test_commands_of_an_unknown_kind_are_passed_over(socket_at: Path) -> None:
    got: asyncio.Queue[object] = asyncio.Queue()
    hub = Hub(got.put_nowait)
    hub.publish(hello())
    async with LinkServer(socket_at, hub) as serving:
        _, writer = await asyncio.open_unix_connection(socket_at)
        writer.write(message(command="ask_tide", instrument="BTC") + encode(Refresh()))
        assert await asyncio.wait_for(got.get(), 5) == Refresh()
        assert (serving.screens, serving.refused) == (1, 0)
        writer.close()


async def test_a_frame_that_cannot_be_read_after_the_greeting_is_not_asked_for_at_once_again(
    socket_at: Path,
) -> None:
    def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(encode(hello()))
        writer.write(message(frame="event", event={"kind": 7}))

    async with raw_server(socket_at, answer), attached(socket_at) as (feed, frames):
        before = feed._clock.now()
        *_, off = await until(frames, engine("off"))
        assert isinstance(off, Health)
        assert "start watch and screen from the same installation" in off.source.reason
        assert off.source.next_try is not None
        assert off.source.next_try - before >= client.MISMATCH_WAIT


def test_what_is_sent_is_what_its_version_says() -> None:
    # a change? raise VERSION in divmon/reading/frames.py, then `python -m tests.link.wire`
    assert wire() == FILE.read_text(encoding="utf-8")


async def test_how_a_watch_greets_is_asked_without_attaching(socket_at: Path) -> None:
    assert greeting(socket_at, 1) is None
    hub = Hub()
    hub.publish(hello())
    async with LinkServer(socket_at, hub):
        found = await asyncio.to_thread(greeting, socket_at, 5)
        assert found is not None
        assert found.pid == 4711
    old = encode(hello(version=VERSION - 1, program="divmon 0.1"))
    async with raw_server(socket_at, lambda writer: writer.write(old)):
        with pytest.raises(LinkError, match="restart it"):
            await asyncio.to_thread(greeting, socket_at, 5)
    async with raw_server(socket_at, lambda writer: writer.write_eof()):
        assert await asyncio.to_thread(greeting, socket_at, 5) is None
