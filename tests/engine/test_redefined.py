"""A change of settings is no event of the market: with the real engine, archive and alerts."""

from array import array
from contextlib import closing
from datetime import date
from pathlib import Path

from divmon.alerts.keep import Keeper
from divmon.engine.core import Engine
from divmon.market.events import Bars, Event, MarketEvent
from divmon.market.sessions import DAY, day_number, day_of, sessions
from divmon.reading.frames import Frame, Happened
from divmon.reading.model import Reading
from divmon.settings import load
from divmon.store.archive import Archive
from tests.alerts.readings import only
from tests.alerts.test_engine_alerts import alerts, bars
from tests.engine.test_engine import NOON, TUESDAY, ScriptedSource, closes, running, tick, until
from tests.engine.test_reconfigure import has_close, last, read

HOUR = 3_600
RUN = """
[alerts.run]
kind = "streak"
on = ["BTC"]
length = 4
direction = "down"
"""
NEW_YORK = '[levels]\nday_boundary = "New York"\n'


def flat_days(last: int, days: int = 400) -> Bars:
    """Return candles that neither rise nor fall: no run by the UTC day."""
    return bars(*[90_000.0] * days, last=last)


def falling_hours(end: float, days: int = 10) -> Bars:
    """Return hours that fall from each New York close to the next."""
    hours = range(int(end // HOUR) * HOUR - days * DAY, int(end // HOUR) * HOUR, HOUR)
    price = array("d", [95_000.0 - 100 * at / 24 for at in range(len(hours))])
    return Bars(
        "BTC", "yahoo:BTC-USD", "1h", array("q", hours), price, price, price, price, price, end
    )


async def test_another_end_of_the_day_fires_no_alert(tmp_path: Path) -> None:
    frames: list[Frame] = []
    events: list[Event] = []

    def publish(frame: Frame) -> None:
        frames.append(frame)
        if isinstance(frame, Happened) and frame.event.kind in ("alert", "streak"):
            events.append(frame.event)

    def run() -> tuple[int | None, str]:
        reading = last(frames)
        streak = reading.instruments["BTC"].streak if reading is not None else None
        return (streak.candle, streak.boundary) if streak else (None, "")

    with closing(Archive.open(tmp_path / "archive.db")) as archive:
        keeper = Keeper(archive, "")
        first: list[MarketEvent] = [flat_days(TUESDAY - 1), falling_hours(NOON), tick(90_000.0)]
        source = ScriptedSource(first)
        engine = Engine(only(RUN), [source], publish=publish, archive=archive, alerts=True)
        async with running(engine):
            await until(lambda: keeper.states() != {})
            # a day later, so that what is found out is newer than the first look
            later = NOON + DAY
            source.clock.time = later  # type: ignore[attr-defined]  # ScriptedClock's
            source.emit(tick(90_000.0, later))
            source.emit(flat_days(TUESDAY))
            source.emit(falling_hours(later))
            await until(lambda: _closed_on(last(frames), TUESDAY))
            assert run() == (0, "UTC")
            await engine.reconfigure(only(RUN + NEW_YORK))
            await until(lambda: run()[1] == "New York close")
            assert (run()[0] or 0) <= -4
            await until(lambda: keeper.states()["run", "BTC"].by == "New York close")
            assert keeper.states()["run", "BTC"].active == -1
            await engine.reconfigure(only(RUN))
            await until(lambda: run() == (0, "UTC"))
            await until(lambda: keeper.states()["run", "BTC"].by == "UTC")
    assert events == []


def _closed_on(reading: Reading | None, day: int) -> bool:
    return reading is not None and reading.instruments["BTC"].confirmed == day_of(day)


async def test_another_wall_fires_no_alert_and_the_market_still_does(tmp_path: Path) -> None:
    rule = '[alerts.my_wall]\nkind = "wall"\nlength = 2\n[levels]\nwall = {}\n'
    frames: list[Frame] = []

    def wall() -> float | None:
        reading = last(frames)
        found = reading.instruments["BTC"].wall if reading is not None else None
        return None if found is None else found.level

    with closing(Archive.open(tmp_path / "archive.db")) as archive:
        source = ScriptedSource([flat_days(TUESDAY - 1), tick(90_000.0)])
        engine = Engine(
            only(rule.format(100_000)),
            [source],
            publish=frames.append,
            archive=archive,
            alerts=True,
        )
        keeper = Keeper(archive, "")
        async with running(engine):
            await until(lambda: keeper.states() != {})
            # one that lies below, one that was touched every day, one above all
            for level in (80_000, 91_000, 120_000, 95_000):
                await engine.reconfigure(only(rule.format(level)))
                await until(lambda level=level: wall() == level)  # type: ignore[misc]
            await until(lambda: _wall_of(keeper) == 95_000)
            assert alerts(frames) == []
            source.clock.time = NOON + DAY  # type: ignore[attr-defined]  # ScriptedClock's
            source.emit(tick(96_000.0, NOON + DAY))
            source.emit(bars(96_000.0, last=TUESDAY))
            await until(lambda: alerts(frames) != [])
    (event,) = alerts(frames)
    assert event.text == "BTC closed above 95,000 after 400 closes below it"


def _wall_of(keeper: Keeper) -> float | None:
    value = keeper.states()["my_wall", "BTC"].value
    return value[0] if isinstance(value, tuple) else None


def index(name: str, symbol: str, *closes: float) -> Bars:
    """Return two years of an index that end on Friday, 16 January 2026, with these closes."""
    calendar = sessions("XNYS")
    end = day_number(date(2026, 1, 16))
    days = array("q", calendar.between(end - 730, end).tolist())
    price = array("d", [100.0] * (len(days) - len(closes)) + list(closes))
    return Bars(name, f"yahoo:{symbol}", "1d", days, price, price, price, price, price, NOON)


async def test_another_symbol_and_a_new_row_are_no_event_of_the_market() -> None:
    before = load()
    after = read('[instruments.RUT]\nyahoo = "IWM"\n[instruments.NVDA]\nyahoo = "NVDA"\n')
    frames: list[Frame] = []
    quiet = index("RUT", "^RUT", 100.0, 101.0, 100.0)
    source = ScriptedSource([quiet, index("SPX", "^GSPC"), closes("BTC", *[9e4] * 400)])
    engine = Engine(before, [source], publish=frames.append)

    def told(since: int = 0) -> list[str]:
        return [
            frame.event.text
            for frame in frames[since:]
            if isinstance(frame, Happened) and frame.event.kind != "settings"
        ]

    async with running(engine):
        await until(lambda: has_close(last(frames), "RUT"))
        await engine.reconfigure(after)
        begun = len(frames)
        # a run of five, and a record
        source.emit(index("RUT", "IWM", *(100.0 + day for day in range(6))))
        source.emit(index("NVDA", "NVDA", 200.0))
        await until(lambda: has_close(last(frames), "NVDA"))
        await until(lambda: _run(last(frames)) == 5)
        assert told(begun) == []
        # the next session is the market's
        source.clock.time = NOON + DAY  # type: ignore[attr-defined]  # ScriptedClock's
        source.emit(next_day("RUT", "IWM", 110.0))
        source.emit(next_day("SPX", "^GSPC", 100.0))
        source.emit(next_day("NVDA", "NVDA", 210.0))
        await until(lambda: _run(last(frames)) == 6)
        await until(lambda: any("NVDA" in text for text in told(begun)))
    assert sorted(told(begun)) == [
        "NVDA record close 210.00 (data since 2024)",
        "RUT beat SPX: 6 sessions running, +10.00 pp over the run",
        "RUT record close 110.00 (data since 2024)",
    ]


def next_day(name: str, symbol: str, close: float) -> Bars:
    price = array("d", [close])
    day = array("q", [TUESDAY])
    return Bars(name, f"yahoo:{symbol}", "1d", day, price, price, price, price, price, NOON + DAY)


def _run(reading: Reading | None) -> int | None:
    found = reading.relative_streaks.get("RUT/SPX") if reading is not None else None
    return found.streak if found is not None else None
