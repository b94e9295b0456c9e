"""Screens attached to a server, over real sockets: the same numbers, and no harm to others."""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from divmon.errors import LinkError
from divmon.link import client, server
from divmon.link.client import AttachedFeed, find_watch
from divmon.link.codec import (
    Frame,
    Happened,
    Health,
    Hello,
    Quotes,
    Reading,
    Refresh,
    decode_frame,
    encode,
)
from divmon.link.framing import Splitter
from divmon.link.hub import Hub
from divmon.link.server import LinkServer
from tests.link.conftest import ROOT
from tests.link.frames import happened, health, hello, plain, quotes, reading

Serve = Callable[[Path], "subprocess.Popen[bytes]"]


async def until(frames: AsyncIterator[Frame], wanted: Callable[[Frame], bool]) -> list[Frame]:
    """Return the frames up to the first that is `wanted`."""
    got = []
    async with asyncio.timeout(10):
        async for frame in frames:
            got.append(frame)
            if wanted(frame):
                return got
    raise AssertionError("the frames ended")


def engine(state: str) -> Callable[[Frame], bool]:
    """Tell frames that say the engine itself is in `state`."""
    return lambda frame: (
        isinstance(frame, Health) and (frame.source.name, frame.source.state) == ("engine", state)
    )


@contextlib.asynccontextmanager
async def attached(path: Path) -> AsyncIterator[tuple[AttachedFeed, AsyncIterator[Frame]]]:
    feed = AttachedFeed(path, jitter=lambda: 0.0)
    try:
        yield feed, feed.frames()
    finally:
        await feed.aclose()


@contextlib.asynccontextmanager
async def raw_server(
    path: Path, answer: Callable[[asyncio.StreamWriter], None]
) -> AsyncIterator[bytearray]:
    """Serve `path` with something that is not ours; yield what the screens say to it."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    writers = []
    heard = bytearray()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        answer(writer)
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(1 << 16):
                heard.extend(data)

    raw = await asyncio.start_unix_server(connected, path)
    try:
        yield heard
    finally:
        raw.close()
        for writer in writers:
            writer.transport.abort()
        path.unlink()


async def test_two_screens_show_the_board_and_every_change_of_it(socket_at: Path) -> None:
    hub = Hub()
    for frame in (hello(), reading(1, BTC=1.0, RUT=9.0), quotes(2, BTC=2.0), health("yahoo", 1.0)):
        hub.publish(frame)
    hub.publish(happened(1))
    async with (
        LinkServer(socket_at, hub) as serving,
        attached(socket_at) as (_, first),
        attached(socket_at) as (_, second),
    ):
        for frames in (first, second):
            greeting, ok, *board = await until(frames, lambda frame: isinstance(frame, Happened))
            assert isinstance(greeting, Hello)
            assert engine("ok")(ok)
            assert [plain(frame) for frame in board] == [
                plain(reading(1, BTC=1.0, RUT=9.0)),
                plain(quotes(2, BTC=2.0)),
                plain(health("yahoo", 1.0)),
                plain(happened(1)),
            ]
        assert serving.screens == 2
        hub.publish(quotes(3, RUT=3.0))
        for frames in (first, second):
            assert plain(await anext(frames)) == plain(quotes(3, RUT=3.0))


async def test_a_command_reaches_the_engine(socket_at: Path) -> None:
    got: asyncio.Queue[object] = asyncio.Queue()
    hub = Hub(got.put_nowait)
    hub.publish(hello())
    async with LinkServer(socket_at, hub), attached(socket_at) as (feed, frames):
        await feed.send(Refresh())  # no connection yet: dropped
        await until(frames, engine("ok"))
        await feed.send(Refresh())
        assert await asyncio.wait_for(got.get(), 5) == Refresh()
        assert got.empty()


async def test_a_screen_that_does_not_read_slows_nobody_and_catches_up(socket_at: Path) -> None:
    hub = Hub()
    hub.publish(hello())
    big = "x" * 50_000
    async with LinkServer(socket_at, hub), attached(socket_at) as (_, frames):
        await until(frames, engine("ok"))
        reader, writer = await asyncio.open_unix_connection(socket_at)
        slow = next(iter(hub._subscriptions))
        for number in range(1, 301):
            hub.publish(reading(number, **{big: float(number)}))
            hub.publish(happened(number))
            await until(frames, lambda frame: isinstance(frame, Happened))
        waiting = [len(subscription) for subscription in hub._subscriptions]
        assert min(waiting) == 0
        # one Reading and its events: 15 MB of Readings were sent, some 0.5 MB are on the way
        assert 200 < max(waiting) <= 301
        assert slow in hub._subscriptions
        splitter, numbers, events = Splitter(), [], 0
        while events < 300:
            for body in splitter.feed(await asyncio.wait_for(reader.read(1 << 20), 5)):
                frame = decode_frame(body)
                if isinstance(frame, Reading):
                    numbers.append(int(frame.instruments[big].last or 0))
                events += isinstance(frame, Happened)
        assert numbers[-1] == 300
        assert numbers == sorted(numbers)
        assert len(numbers) < 100
        writer.close()


async def test_garbage_from_one_peer_ends_that_peer_alone(socket_at: Path) -> None:
    hub = Hub()
    hub.publish(hello())
    noise = random.Random(1)
    async with LinkServer(socket_at, hub) as serving, attached(socket_at) as (_, frames):
        await until(frames, engine("ok"))
        for length in (1, 3, 4, 5, 64, 5000) * 5:
            reader, writer = await asyncio.open_unix_connection(socket_at)
            writer.write(b"\x00\x00\x00\x02\xc1\xc1" + noise.randbytes(length))
            while await asyncio.wait_for(reader.read(1 << 16), 5):
                pass
            writer.close()
        assert serving.refused == 30
        assert serving.screens == 1
        hub.publish(quotes(1, BTC=1.0))
        assert isinstance(await anext(frames), Quotes)


async def test_a_peer_that_announces_too_much_is_cut_off(socket_at: Path) -> None:
    hub = Hub()
    hub.publish(hello())
    async with LinkServer(socket_at, hub) as serving:
        reader, writer = await asyncio.open_unix_connection(socket_at)
        writer.write(b"\x7f\xff\xff\xff")
        while await asyncio.wait_for(reader.read(1 << 16), 5):
            pass
        writer.close()
        assert serving.refused == 1


async def test_an_idle_engine_is_not_taken_for_a_dead_one(
    socket_at: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "SILENCE", 0.3)
    hub = Hub()
    hub.publish(hello())
    async with LinkServer(socket_at, hub, heartbeat=0.05), attached(socket_at) as (_, frames):
        await until(frames, engine("ok"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.8):
                await anext(frames)


async def test_a_killed_watch_is_missed_at_once_by_both_screens_and_both_come_back(
    socket_at: Path, serve: Serve
) -> None:
    killed = serve(socket_at)
    async with attached(socket_at) as (_, first), attached(socket_at) as (_, second):
        for frames in (first, second):
            await until(frames, lambda frame: isinstance(frame, Quotes))
        killed.send_signal(signal.SIGKILL)
        start = time.monotonic()
        for frames in (first, second):
            lost = (await until(frames, engine("retrying")))[-1]
            assert isinstance(lost, Health)
            assert lost.source.reason == f"the engine (pid {killed.pid}) is gone"
            assert lost.source.next_try is not None
        assert time.monotonic() - start < 2
        again = serve(socket_at)
        for frames in (first, second):
            *waiting, greeting, ok, board = await until(
                frames, lambda frame: isinstance(frame, Reading)
            )
            assert all(engine("retrying")(frame) for frame in waiting)
            assert isinstance(greeting, Hello)
            assert greeting.pid == again.pid
            assert isinstance(ok, Health)
            assert (ok.source.state, ok.source.reconnects) == ("ok", 1)
            assert isinstance(board, Reading)


async def test_a_stopped_watch_is_missed_within_two_seconds(socket_at: Path, serve: Serve) -> None:
    stopped = serve(socket_at)
    async with attached(socket_at) as (_, frames):
        await until(frames, lambda frame: isinstance(frame, Quotes))
        stopped.send_signal(signal.SIGSTOP)
        start = time.monotonic()
        lost = (await until(frames, engine("retrying")))[-1]
        assert time.monotonic() - start < 2
        assert isinstance(lost, Health)
        assert "no word from the engine" in lost.source.reason


async def test_events_are_told_once_though_a_new_connection_repeats_them(socket_at: Path) -> None:
    hub = Hub()
    hub.publish(hello())
    hub.publish(happened(1))
    async with attached(socket_at) as (_, frames):
        async with LinkServer(socket_at, hub):
            await until(frames, lambda frame: isinstance(frame, Happened))
        await until(frames, engine("retrying"))
        hub.publish(happened(2))
        async with LinkServer(socket_at, hub):
            got = await until(frames, lambda frame: isinstance(frame, Happened))
            assert plain(got[-1]) == plain(happened(2))


async def test_waits_double_up_to_a_ceiling_and_a_hello_resets_them(socket_at: Path) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0)

    hub = Hub()
    hub.publish(hello())
    feed = AttachedFeed(socket_at, sleep=sleep, jitter=lambda: 0.0)
    frames = feed.frames()
    for _ in range(7):
        assert engine("retrying")(await anext(frames))
    assert waits == [0.2, 0.4, 0.8, 1.6, 2.0, 2.0]
    async with LinkServer(socket_at, hub):
        await until(frames, engine("ok"))
    waits.clear()
    await anext(frames)
    await anext(frames)
    assert waits == [0.2]
    await feed.aclose()


async def test_garbage_from_a_server_is_told_and_never_raised(socket_at: Path) -> None:
    noise = random.Random(2)

    def answer(writer: asyncio.StreamWriter) -> None:
        if noise.random() < 0.5:
            writer.write(encode(hello()))
        writer.write(noise.randbytes(noise.choice([1, 7, 100, 5000])))
        writer.write_eof()

    async def at_once(_: float) -> None:
        await asyncio.sleep(0)

    async with raw_server(socket_at, answer):
        feed = AttachedFeed(socket_at, sleep=at_once)
        frames = feed.frames()
        troubles = [await until(frames, lambda f: not engine("ok")(f)) for _ in range(60)]
        await feed.aclose()
    told = [frame for frames in troubles for frame in frames if isinstance(frame, Health)]
    assert {frame.source.state for frame in told} == {"off", "retrying", "ok"}


async def test_closing_ends_the_frames_at_once_while_connected_and_while_waiting(
    socket_at: Path,
) -> None:
    hub = Hub()
    hub.publish(hello())
    feed = AttachedFeed(socket_at)
    frames = feed.frames()
    await anext(frames)
    waiting = asyncio.ensure_future(anext(frames, None))
    await asyncio.sleep(0.01)
    await feed.aclose()
    assert await asyncio.wait_for(waiting, 0.15) is None
    async with LinkServer(socket_at, hub), attached(socket_at) as (feed, frames):
        await until(frames, engine("ok"))
        waiting = asyncio.ensure_future(anext(frames, None))
        await asyncio.sleep(0.01)
        await feed.aclose()
        assert await asyncio.wait_for(waiting, 0.15) is None


async def test_a_second_watch_is_refused_and_told_the_pid(socket_at: Path) -> None:
    async with LinkServer(socket_at, Hub()):
        with pytest.raises(LinkError, match=rf"running already \(pid {os.getpid()}\); attach"):
            await LinkServer(socket_at, Hub()).start()
        assert find_watch(socket_at)
    assert not socket_at.exists()


async def test_the_socket_of_a_dead_watch_is_replaced(socket_at: Path, serve: Serve) -> None:
    dead = serve(socket_at)
    assert find_watch(socket_at)
    dead.kill()
    dead.wait()
    assert socket_at.exists()
    assert not find_watch(socket_at)
    async with LinkServer(socket_at, Hub()):
        assert find_watch(socket_at)


async def test_the_socket_is_for_this_user_alone(socket_at: Path) -> None:
    async with LinkServer(socket_at, Hub()):
        assert stat.S_IMODE(socket_at.stat().st_mode) == 0o600
        assert stat.S_IMODE(socket_at.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
async def test_another_user_is_hung_up_on_even_where_the_file_lets_them_in(socket_at: Path) -> None:
    hub = Hub()
    hub.publish(hello())
    async with LinkServer(socket_at, hub) as serving:
        for path, mode in (
            (socket_at, 0o666),
            (socket_at.parent, 0o755),
            (socket_at.parents[1], 0o755),
        ):
            path.chmod(mode)
        script = (
            f"import socket; s = socket.socket(1); s.connect({str(socket_at)!r}); print(s.recv(99))"
        )
        other = await asyncio.create_subprocess_exec(
            "/usr/bin/env",
            "python3",
            "-c",
            script,
            user=65534,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        output, _ = await other.communicate()
        assert output.strip() == b"b''" or b"ConnectionResetError" in output
        assert serving.refused == 1


async def test_a_path_too_long_for_a_socket_is_told_with_the_way_out(socket_at: Path) -> None:
    path = socket_at.parent / ("x" * 100) / "watch.sock"
    with pytest.raises(LinkError, match=r"may have \d+ bytes, was \d+; set XDG_RUNTIME_DIR"):
        await LinkServer(path, Hub()).start()
    assert not find_watch(path)


async def test_a_folder_that_cannot_be_made_is_told(socket_at: Path) -> None:
    socket_at.parent.write_text("a file")
    with pytest.raises(LinkError, match="is not a folder"):
        await LinkServer(socket_at, Hub()).start()


def test_nothing_serves_where_there_is_nothing_or_a_file(socket_at: Path) -> None:
    assert not find_watch(socket_at)
    socket_at.parent.mkdir()
    socket_at.write_text("a file")
    assert not find_watch(socket_at)


def test_finding_a_watch_that_hangs_takes_no_time(socket_at: Path) -> None:
    socket_at.parent.mkdir()
    with contextlib.ExitStack() as stack:
        hung = stack.enter_context(socket.socket(socket.AF_UNIX))
        hung.bind(str(socket_at))
        hung.listen(0)
        start = time.monotonic()
        for _ in range(3):
            held = stack.enter_context(socket.socket(socket.AF_UNIX))
            held.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                held.connect(str(socket_at))
            find_watch(socket_at)
        assert time.monotonic() - start < 1


@pytest.mark.parametrize(
    "module", ["divmon.link.client", "divmon.link.server", "divmon.store.archive", "divmon.paths"]
)
def test_an_attached_screen_imports_nothing_heavy(module: str) -> None:
    heavy = "numpy pandas ccxt yfinance exchange_calendars aiohttp curl_cffi textual requests"
    script = f"import sys, {module}; print([m for m in {heavy.split()} if m in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout == "[]\n"


async def test_the_heartbeat_leaves_a_busy_screen_alone(socket_at: Path) -> None:
    """A byte of a heartbeat within a frame would be garbage to the screen."""
    hub = Hub()
    hub.publish(hello())
    async with LinkServer(socket_at, hub, heartbeat=0.001), attached(socket_at) as (_, frames):
        await until(frames, engine("ok"))
        for number in range(1, 51):
            hub.publish(reading(number, **{"x" * 200_000: 1.0}))
            (frame,) = await until(frames, lambda _: True)
            assert isinstance(frame, Reading)
    assert server.HEARTBEAT * 3 < client.SILENCE


@pytest.mark.parametrize("what", ["socket", "folder"])
async def test_what_was_removed_is_made_again_under_the_screens(
    socket_at: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(server, "LOOK", 0.02)
    hub = Hub()
    hub.publish(hello())
    async with LinkServer(socket_at, hub), attached(socket_at) as (_, early):
        await until(early, engine("ok"))
        if what == "socket":
            socket_at.unlink()
        else:
            shutil.rmtree(socket_at.parent)
        async with asyncio.timeout(5):
            while not find_watch(socket_at):
                await asyncio.sleep(0.02)
        with pytest.raises(LinkError, match="running already"):
            await LinkServer(socket_at, Hub()).start()
        async with attached(socket_at) as (_, late):
            await until(late, engine("ok"))
            hub.publish(quotes(1, BTC=1.0))
            assert isinstance(await anext(early), Quotes)
            assert isinstance(await anext(late), Quotes)
    assert not socket_at.exists()


async def test_a_watch_whose_place_was_taken_leaves_it_alone(
    socket_at: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = LinkServer(socket_at, Hub())
    await first.start()
    shutil.rmtree(socket_at.parent)
    async with LinkServer(socket_at, Hub()):
        monkeypatch.setattr(server, "LOOK", 0.01)
        await asyncio.sleep(0.05)
        await first.stop()
        assert find_watch(socket_at)
