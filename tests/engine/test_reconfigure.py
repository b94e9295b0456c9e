"""An engine that goes on by other settings, with real store, archive, delivery and clients."""

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from divmon.alerts.delivery import Delivery
from divmon.alerts.keep import Keeper
from divmon.engine.build import make_engine
from divmon.engine.core import Engine
from divmon.engine.plan import Plan
from divmon.errors import SettingsError
from divmon.market.events import Event, SourceHealth
from divmon.market.sessions import DAY
from divmon.reading.frames import Frame, Happened, Hello, Quotes
from divmon.reading.model import Reading
from divmon.settings import ChannelSettings, Settings, from_text, load
from divmon.sources.base import Source
from divmon.store.archive import Archive
from tests.alerts.readings import only
from tests.alerts.test_engine_alerts import LEVEL, alerts, bars
from tests.engine.test_engine import NOON, TUESDAY, ScriptedSource, closes, running, tick, until
from tests.standins.market import Market
from tests.standins.yahoo import universe

NVDA = """
[watchlist]
"US" = ["RUT", "SPX", "NVDA"]
[exchanges]
venues = ["coinbase BTC/USD", "kraken BTC/USD"]
[instruments.NVDA]
yahoo = "NVDA"
"""


def read(text: str) -> Settings:
    return from_text(text, "config.toml")


def last(frames: list[Frame]) -> Reading | None:
    return next((frame for frame in reversed(frames) if isinstance(frame, Reading)), None)


# -- the live market -------------------------------------------------------------------


@pytest.fixture(scope="module")
def market() -> Iterator[Market]:
    with Market(years=1) as market:
        yield market


async def test_a_new_row_is_asked_for_and_bitcoin_goes_on(
    market: Market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in market.env.items():
        monkeypatch.setenv(name, value)
    after = read(NVDA)
    universe(market.yahoo, after, years=1)
    frames: list[Frame] = []
    with closing(Archive.open(tmp_path / "archive.db")) as archive:
        engine = make_engine(load(), "live", publish=frames.append, archive=archive)

        def btc() -> object:
            row = engine.reading and engine.reading.instruments.get("BTC")
            return row and row.last and sum(venue.used for venue in row.venues.values())

        async with running(engine):
            await until(lambda: btc() == 5)
            await until(lambda: all(market.yahoo.counts[s] for s in ("^RUT", "^GSPC", "QQQ")))
            await until(lambda: engine.board.settled)
            counted, begun = market.yahoo.counts.copy(), len(frames)
            exchanges, yahoo, fred = engine.sources
            await engine.reconfigure(after)
            assert engine.sources[1:] == [yahoo, fred]
            assert engine.sources[0] is not exchanges
            await until(lambda: _has_price(last(frames), "NVDA"))
            await until(lambda: archive.bars("yahoo:NVDA", "1d") is not None)
            await until(lambda: btc() == 2)
        told = [frame for frame in frames[begun:] if isinstance(frame, Reading | Quotes)]
        rows = [frame.instruments["BTC"] for frame in told if "BTC" in frame.instruments]
        assert rows
        assert all(row.last is not None and row.state == "live" for row in rows)
        assert not any(isinstance(frame, Hello) for frame in frames[begun:])
        reading = last(frames)
        assert reading is not None
        assert reading.groups == {"US": ("RUT", "SPX", "NVDA")}
        assert {"okx", "binance", "bitstamp"}.isdisjoint(reading.sources)
        # what was there already was not asked for anew: at most its next poll fell due
        asked = market.yahoo.counts - counted
        assert asked["NVDA"] >= 1
        assert all(asked[symbol] <= 1 for symbol in ("^RUT", "^GSPC", "QQQ"))


def _has_price(reading: Reading | None, name: str) -> bool:
    row = reading.instruments.get(name) if reading is not None else None
    return row is not None and row.last is not None and row.close is not None


# -- other sources ---------------------------------------------------------------------


async def test_a_folder_of_files_is_read_again(tmp_path: Path) -> None:
    days = "\n".join(f"2026-01-{day:02},1,1,1,{100 + day}" for day in (5, 6, 7, 8, 9))
    for name in ("rut", "nvda"):
        (tmp_path / f"{name}.csv").write_text(f"Date,Open,High,Low,Close\n{days}\n")
    frames: list[Frame] = []
    engine = make_engine(load(), f"csv:{tmp_path}", publish=frames.append)
    async with running(engine):
        await until(lambda: has_close(last(frames), "RUT"))
        assert not has_close(last(frames), "NVDA")
        (source,) = engine.sources
        await engine.reconfigure(read("[levels]\nwall = 90000\n"))
        assert engine.sources == [source]  # nothing that is in the files
        await engine.reconfigure(read(NVDA))
        await until(lambda: has_close(last(frames), "NVDA"))
        assert has_close(last(frames), "RUT")


def has_close(reading: Reading | None, name: str) -> bool:
    row = reading.instruments.get(name) if reading is not None else None
    return row is not None and row.close is not None


async def test_a_demo_goes_on_with_its_market_under_another_watchlist() -> None:
    frames: list[Frame] = []
    engine = make_engine(load(), "demo", publish=frames.append)
    async with running(engine):
        await until(lambda: last(frames) is not None)
        await engine.reconfigure(read(NVDA + "[demo]\nseed = 1\n"))
        await until(lambda: (found := last(frames)) is not None and list(found.groups) == ["US"])
        reading = last(frames)
        assert reading is not None
        assert len(reading.instruments["BTC"].venues) == 5
        assert sum(isinstance(frame, Hello) for frame in frames) == 1


async def test_what_takes_a_restart_stays_and_what_is_left_out_is_told() -> None:
    frames: list[Frame] = []
    engine = Engine(load(), [ScriptedSource()], publish=frames.append)
    wrong = '[network]\nproxy = "http://a:1"\n[alerts.bad]\nkind = "rotaton"\n[levels]\nwall = 5\n'
    async with running(engine):
        await engine.reconfigure(read(wrong))
        await engine.reconfigure(read(wrong.replace("= 5", "= 6")))
    assert engine.settings.network == load().network
    assert engine.settings.levels.wall == 6
    told = [frame.event.text for frame in frames if isinstance(frame, Happened)]
    assert len(told) == 1
    assert told[0].startswith('config.toml, line 4: [alerts.bad] kind = "rotaton"')


# -- sources that come and go ----------------------------------------------------------


def replaced_by(new: Source) -> Callable[[Settings, Settings, Sequence[Source]], Plan]:
    return lambda before, after, sources: Plan([new])


async def test_a_source_that_was_replaced_has_nothing_more_to_say() -> None:
    frames: list[Frame] = []
    old = ScriptedSource([closes("BTC", 90_000.0, 91_000.0), tick(91_500.0)])
    new = ScriptedSource([tick(92_000.0, NOON + 1)])
    engine = Engine(load(), [old], publish=frames.append, replan=replaced_by(new))
    async with running(engine):
        await until(lambda: last(frames) is not None)
        await engine.reconfigure(read("[levels]\nwall = 5\n"))
        await until(new.started.is_set)
        old.emit(tick(1.0, NOON + 2))
        old.emit(SourceHealth("old", "exchange", "ok", NOON))
        new.emit(tick(92_100.0, NOON + 3))
        reading = engine.reading
        assert reading is not None
        assert reading.instruments["BTC"].last == 92_100.0
        assert "old" not in reading.sources


async def test_settings_that_no_source_can_follow_change_nothing() -> None:
    def refuse(before: Settings, after: Settings, sources: Sequence[Source]) -> Plan:
        raise SettingsError("csv:prices: no such folder")

    engine = Engine(load(), [ScriptedSource()], publish=lambda _: None, replan=refuse)
    async with running(engine):
        with pytest.raises(SettingsError, match="no such folder"):
            await engine.reconfigure(read("[levels]\nwall = 5\n"))
        assert engine.settings == load()
        assert engine.board.settings == load()


async def test_before_its_start_an_engine_takes_settings_as_well() -> None:
    old, new = ScriptedSource(), ScriptedSource([closes("BTC", 90_000.0, 91_000.0)])
    frames: list[Frame] = []
    engine = Engine(load(), [old], publish=frames.append, replan=replaced_by(new))
    await engine.reconfigure(read("[levels]\nwall = 5\n"))
    async with running(engine):
        await until(lambda: has_close(last(frames), "BTC"))
    assert not old.started.is_set()


async def test_a_bug_in_a_new_source_ends_the_engine() -> None:
    class Broken(ScriptedSource):
        async def run(self, emit: Callable[..., None]) -> None:
            raise RuntimeError("a bug")

    engine = Engine(
        load(), [ScriptedSource()], publish=lambda _: None, replan=replaced_by(Broken())
    )
    task = asyncio.ensure_future(engine.run())
    await asyncio.sleep(0)
    await engine.reconfigure(read("[levels]\nwall = 5\n"))
    with pytest.raises(ExceptionGroup) as raised:
        await task
    assert raised.group_contains(RuntimeError, match="a bug")


# -- alerts ----------------------------------------------------------------------------

WRITES = "import os, sys; open(sys.argv[1], 'a').write(sys.stdin.read() + chr(30))"


def with_channel(settings: Settings, path: Path) -> Settings:
    command = (sys.executable, "-c", WRITES, str(path))
    channel = ChannelSettings(command=command, severity="info")
    return msgspec.structs.replace(settings, channels={"script": channel})


def titles(path: Path) -> list[str]:
    whole = path.read_text().split("\x1e")[:-1] if path.exists() else []
    return [msgspec.json.decode(text)["title"] for text in whole]


async def test_no_alert_is_repeated_or_lost_by_a_change(tmp_path: Path) -> None:
    """A level is crossed before, a second one while the channel is being changed."""
    first, second = tmp_path / "first", tmp_path / "second"
    two = LEVEL + LEVEL.replace("alerts.over]", "alerts.higher]").replace("100000", "105000")
    before, after = with_channel(only(LEVEL), first), with_channel(only(two), second)
    frames: list[Frame] = []
    with closing(Archive.open(tmp_path / "state" / "archive.db")) as archive:

        def delivery(settings: Settings) -> Callable[[Callable[[Event], None]], Delivery]:
            return lambda tell: Delivery(settings, archive, on_event=tell)

        source = ScriptedSource([bars(*[90_000.0] * 9, last=TUESDAY - 1), tick(99_000.0)])
        engine = Engine(
            before,
            [source],
            publish=frames.append,
            archive=archive,
            alerts=True,
            delivery=delivery(before),
            replan=lambda _, after, sources: Plan(sources, delivery(after)),
        )
        keeper = Keeper(archive, "")
        async with running(engine):
            await until(lambda: keeper.states() != {})
            source.clock.time = NOON + DAY  # type: ignore[attr-defined]  # ScriptedClock's
            source.emit(tick(101_500.0, NOON + DAY))
            source.emit(bars(101_000.0, last=TUESDAY))
            await until(lambda: len(titles(first)) == 1)
            await engine.reconfigure(after)
            await until(lambda: ("higher", "BTC") in keeper.states())
            # both are given while the first channel may still be closing
            source.clock.time = NOON + 2 * DAY  # type: ignore[attr-defined]
            source.emit(tick(106_500.0, NOON + 2 * DAY))
            source.emit(bars(106_000.0, last=TUESDAY + 1))
            await until(lambda: len(titles(second)) == 1)
            await engine.reconfigure(before)
            await engine.reconfigure(after)
            count = sum(isinstance(frame, Reading) for frame in frames)
            await until(lambda: sum(isinstance(f, Reading) for f in frames) > count + 1)
        assert [event.text for event in alerts(frames)] == [
            "BTC price 101,000, at or above 100,000",
            "BTC price 106,000, at or above 105,000",
        ]
        assert titles(first) == ["BTC price 101,000, at or above 100,000"]
        assert titles(second) == ["BTC price 106,000, at or above 105,000"]
        assert keeper.waiting() == []


async def test_a_rule_that_is_taken_out_and_put_back_remembers(tmp_path: Path) -> None:
    frames: list[Frame] = []
    rules = only(LEVEL)
    with closing(Archive.open(tmp_path / "archive.db")) as archive:
        source = ScriptedSource([bars(*[90_000.0] * 9, last=TUESDAY - 1), tick(99_000.0)])
        engine = Engine(rules, [source], publish=frames.append, archive=archive, alerts=True)
        async with running(engine):
            await until(lambda: Keeper(archive, "").states() != {})
            await engine.reconfigure(msgspec.structs.replace(rules, alerts={}))
            source.clock.time = NOON + DAY  # type: ignore[attr-defined]  # ScriptedClock's
            source.emit(tick(101_500.0, NOON + DAY))
            source.emit(bars(101_000.0, last=TUESDAY))
            await until(lambda: _closed(last(frames), 101_000.0))
            assert alerts(frames) == []
            await engine.reconfigure(rules)
            await until(lambda: len(alerts(frames)) == 1)


def _closed(reading: Reading | None, price: float) -> bool:
    return reading is not None and reading.instruments["BTC"].close == price
