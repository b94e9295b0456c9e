"""Base rates and the matrix on request: a real engine behind a real socket, and slow screens."""

import asyncio
import contextlib
from pathlib import Path

import msgspec
import pytest

from divmon.engine.build import make_engine
from divmon.errors import LinkError
from divmon.link.client import AttachedFeed
from divmon.link.codec import (
    AskMatrix,
    AskRates,
    Matrix,
    Rates,
    Reading,
    decode_command,
    decode_frame,
    encode,
)
from divmon.link.hub import Hub
from divmon.link.server import LinkServer
from divmon.reading.condition import Condition
from divmon.settings import load
from tests.link.frames import hello

RED = Condition(kind="red", on="BTC", length=3)
HOSTILE = Condition(kind="rose", on="\x1b[2J[/b]", length=3)


async def test_an_attached_screen_asks_a_real_engine_and_every_screen_is_told(
    socket_at: Path,
) -> None:
    hub = Hub()
    engine = make_engine(load(), "demo", publish=hub.publish)
    hub.on_command = engine.command
    beside = hub.subscribe()
    feed = AttachedFeed(socket_at, jitter=lambda: 0.0)
    found: dict[object, Rates | Matrix] = {}
    async with LinkServer(socket_at, hub), asyncio.timeout(40):
        running = asyncio.ensure_future(engine.run())
        async for frame in feed.frames():
            if isinstance(frame, Reading) and not found:
                for condition, target in ((RED, "BTC"), (RED, "RUT"), (HOSTILE, "BTC")):
                    await feed.send(AskRates(condition, target))
                await feed.send(AskMatrix())
            elif isinstance(frame, Rates):
                found[frame.condition, frame.target] = frame
            elif isinstance(frame, Matrix):
                found["matrix"] = frame
            if len(found) == 4:
                break
        await feed.aclose()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    bitcoin, small = found[RED, "BTC"], found[RED, "RUT"]
    assert isinstance(bitcoin, Rates)
    assert isinstance(small, Rates)
    assert bitcoin.why == ""
    assert len(bitcoin.cases) > 3
    assert [case.start for case in bitcoin.cases] == [case.start for case in small.cases]
    assert bitcoin.cases[0].after != small.cases[0].after
    assert list(bitcoin.after) == ["5", "20", "60", "120"]
    untold = found[HOSTILE, "BTC"]
    assert isinstance(untold, Rates)
    assert untold.why == "no history"
    whole = found["matrix"]
    assert isinstance(whole, Matrix)
    assert len(whole.windows["60"]) == len(whole.names) * (len(whole.names) - 1) // 2
    told = 0
    while len(beside):
        told += isinstance((await beside.packet()).frame, Rates | Matrix)
    assert told == 4


async def test_an_engine_computes_an_answer_once_a_batch() -> None:
    engine = make_engine(load(), "demo", publish=lambda _: None)
    assert await engine.board.answer(AskRates(RED, "BTC")) is None
    running = asyncio.ensure_future(engine.run())
    async with asyncio.timeout(30):
        while engine.board.batch is None:
            await asyncio.sleep(0.05)
        first = await engine.board.answer(AskRates(RED, "BTC"))
        assert first is not None
        assert await engine.board.answer(AskRates(RED, "BTC")) is first
        await engine.board.prepare()
        assert await engine.board.answer(AskRates(RED, "BTC")) is not first
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


def test_a_slow_screen_gets_the_newest_of_each_question_and_none_of_another_source() -> None:
    hub = Hub()
    slow = hub.subscribe()
    for target in ("BTC", "BTC", "RUT"):
        hub.publish(Rates(condition=RED, target=target))
    hub.publish(Matrix(names=("BTC",)))
    hub.publish(Matrix(names=("BTC", "RUT")))
    assert len(slow) == 3
    hub.publish(hello())
    assert len(slow) == 1  # the Hello


def test_questions_and_answers_come_back_as_they_were() -> None:
    question = AskRates(RED, "BTC")
    assert decode_command(encode(question)[4:]) == question
    answer = Rates(condition=RED, target="BTC", held=3, overlapping={"60": 2})
    again = decode_frame(encode(answer)[4:])
    assert msgspec.to_builtins(again) == msgspec.to_builtins(answer)
    unknown = encode(question)[4:].replace(b"\xa3red", b"\xa3odd")
    with pytest.raises(LinkError, match="not a command"):
        decode_command(unknown)
