"""The bars of one instrument on request: through a real engine, a hub, and a slow screen."""

import asyncio

from divmon.link.codec import AskSeries, Reading, Series, decode_command, decode_frame, encode
from divmon.link.hub import Hub
from divmon.link.local import LocalFeed
from divmon.settings import load
from tests.link.frames import hello


async def asked(*names: str) -> dict[str, Series]:
    """Ask a demo engine once it has a Reading, until every name has been answered."""
    feed = LocalFeed(load(), "demo", None)
    found: dict[str, Series] = {}
    async with asyncio.timeout(30):
        async for frame in feed.frames():
            if isinstance(frame, Reading):
                for name in names:
                    await feed.send(AskSeries(name))
            if isinstance(frame, Series):
                found[frame.instrument] = frame
                if found.keys() == set(names):
                    break
        await feed.aclose()
    return found


async def test_an_engine_answers_with_every_bar_and_the_hours_that_it_keeps() -> None:
    found = await asked("BTC", "RUT", "NOTHING")
    bitcoin, small = found["BTC"], found["RUT"]
    assert len(small.day) > 500
    assert list(small.day) == sorted(set(small.day))
    for series in (bitcoin, small):
        columns = (series.open, series.high, series.low, series.close)
        assert {len(column) for column in columns} == {len(series.day)}
        assert all(high >= low for high, low in zip(series.high, series.low, strict=True))
    assert small.hour == ()
    assert 100 < len(bitcoin.hour) == len(bitcoin.hour_close) <= 120
    assert found["NOTHING"].day == ()
    again = decode_frame(encode(small)[4:])
    assert isinstance(again, Series)
    assert again.close == small.close
    assert decode_command(encode(AskSeries("RUT"))[4:]) == AskSeries("RUT")


def test_a_slow_screen_gets_the_newest_of_each_and_none_of_another_source() -> None:
    hub = Hub()
    slow = hub.subscribe()
    for name in ("RUT", "RUT", "SPX"):
        hub.publish(Series(instrument=name))
    assert len(slow) == 2
    hub.publish(hello())
    assert len(slow) == 1  # the Hello
