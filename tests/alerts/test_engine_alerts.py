"""From a source's bars to a screen's event and a channel, with the real engine."""

import sys
from array import array
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from divmon.alerts.delivery import Delivery
from divmon.alerts.keep import Keeper
from divmon.engine.core import Engine
from divmon.market.events import Bars, Event
from divmon.market.sessions import DAY
from divmon.reading.frames import Ack, Frame, Happened, Snooze
from divmon.reading.model import Reading
from divmon.settings import ChannelSettings, Settings, from_text, load
from divmon.sources.demo import DemoSource
from divmon.store.archive import Archive
from tests.alerts.readings import only
from tests.engine.test_engine import NOON, TUESDAY, ScriptedSource, running, tick, until

LEVEL = """
[alerts.over]
kind = "level"
value = "price"
on = ["BTC"]
enter = 100000
severity = "alert"
"""


def bars(*closes: float, last: int) -> Bars:
    """Return candles that were received after the last of them had ended."""
    c = array("d", closes)
    days = array("q", range(last - len(closes) + 1, last + 1))
    received = (last + 1) * DAY + 60.0
    return Bars("BTC", "yahoo:BTC-USD", "1d", days, c, c, c, c, c, received)


def alerts(frames: list[Frame]) -> list[Event]:
    return [
        frame.event
        for frame in frames
        if isinstance(frame, Happened) and frame.event.kind == "alert"
    ]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """One rule, and one channel: a command that writes down what it gets."""
    script = "import os, sys; open(sys.argv[1], 'a').write(sys.stdin.read() + '\\n')"
    command = (sys.executable, "-c", script, str(tmp_path / "channel"))
    channel = ChannelSettings(command=command, severity="info")
    loaded = only(LEVEL)
    return msgspec.structs.replace(loaded, channels={"script": channel})


async def test_a_close_over_a_level_reaches_the_screen_the_archive_and_the_channel(
    tmp_path: Path, settings: Settings
) -> None:
    frames: list[Frame] = []
    path = tmp_path / "state" / "archive.db"
    with closing(Archive.open(path)) as archive:
        source = ScriptedSource([bars(*[90_000.0] * 9, last=TUESDAY - 1), tick(99_000.0)])
        engine = Engine(
            settings,
            [source],
            publish=frames.append,
            archive=archive,
            alerts=True,
            delivery=lambda tell: Delivery(settings, archive, on_event=tell),
        )
        async with running(engine):
            # the rule is armed, by the candle of Monday
            await until(lambda: Keeper(archive, "").states() != {})
            source.clock.time = NOON + DAY  # type: ignore[attr-defined]  # ScriptedClock's
            source.emit(tick(101_500.0, NOON + DAY))
            source.emit(bars(101_000.0, last=TUESDAY))
            await until(lambda: (tmp_path / "channel").exists() and bool(alerts(frames)))
            await until(lambda: Keeper(archive, "").waiting() == [])
            engine.command(Snooze("over", 60.0))
            engine.command(Ack())
        (event,) = alerts(frames)
        assert (event.severity, event.subject) == ("alert", "BTC")
        assert event.text == "BTC price 101,000, at or above 100,000"
        assert event.time == (TUESDAY + 1) * DAY
        told = msgspec.json.decode((tmp_path / "channel").read_text())
        assert told["id"] == event.data["id"]
        assert archive.flush()
        (kept,) = Keeper(archive, "").since(0)
        assert kept.acked is not None
        assert list(Keeper(archive, "").mutes()) == ["over"]
        # the lease is free for the next process
        assert archive.read("SELECT count(*) FROM leases") == [(0,)]


async def test_nothing_simulated_arms_or_fires() -> None:
    frames: list[Frame] = []
    engine = Engine(load(), [DemoSource(load())], publish=frames.append, alerts=True)
    async with running(engine):
        await until(lambda: sum(isinstance(frame, Reading) for frame in frames) > 1)
        assert engine.desk is not None
        assert not engine.desk.states
    assert alerts(frames) == []


async def test_a_rule_that_was_left_out_is_told_on_the_screen() -> None:
    frames: list[Frame] = []
    wrong = from_text('[alerts.bad]\nkind = "rotaton"\n', "config.toml")
    async with running(Engine(wrong, [DemoSource(wrong)], publish=frames.append, alerts=True)):
        await until(lambda: any(isinstance(frame, Happened) for frame in frames))
    told = next(frame.event for frame in frames if isinstance(frame, Happened))
    assert told.kind == "settings"
    assert told.text.startswith('config.toml, line 2: [alerts.bad] kind = "rotaton"')
