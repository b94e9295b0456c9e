"""The feed of a screen with an engine of its own, with the demo as its source."""

import asyncio
import subprocess
import sys

import pytest

from divmon.errors import SettingsError
from divmon.link.codec import Frame, Hello, Quotes, Reading, Refresh
from divmon.link.local import LocalFeed
from divmon.settings import load

HEAVY = ("pandas", "numpy", "ccxt", "yfinance", "exchange_calendars", "aiohttp")


async def test_frames_come_with_hello_first_and_end_when_closed() -> None:
    feed = LocalFeed(load(), "demo", None)
    seen: list[Frame] = []
    async with asyncio.timeout(30):
        async for frame in feed.frames():
            seen.append(frame)
            if isinstance(frame, Quotes):
                await feed.send(Refresh())
                break
        await feed.aclose()
    assert isinstance(seen[0], Hello)
    assert seen[0].simulated
    readings = [frame for frame in seen if isinstance(frame, Reading)]
    assert readings[0].instruments["BTC"].streak.candle == -6
    assert readings[0].relative_streaks["RUT/SPX"].streak == 12


async def test_a_wrong_source_is_told_where_the_frames_are_asked_for() -> None:
    feed = LocalFeed(load(), "tape:1", None)
    with pytest.raises(SettingsError, match="'tape:1' is not known"):
        await anext(feed.frames())
    await feed.aclose()


def test_nothing_heavy_is_imported_before_the_first_frame_is_asked_for() -> None:
    code = (
        "import sys, divmon.link.local, divmon.ui.app\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.strip() == "[]"
