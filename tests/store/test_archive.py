"""The archive gives back what it was given, and conflates only what may be conflated."""

import math
import sqlite3
import time
import zlib
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from divmon.market.events import Bars, Event, Interval, MacroPoints, Quote, SourceHealth
from divmon.reading.model import Instrument, Reading
from divmon.store.archive import KEEP_EVENTS, Archive


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "archive.db"


@pytest.fixture
def archive(path: Path) -> Iterator[Archive]:
    archive = Archive.open(path)
    yield archive
    archive.close()


def reopened(archive: Archive) -> Archive:
    """Return what the next start finds."""
    assert archive.close()
    assert archive.notices == []
    return Archive.open(archive.path)


def bars(
    *closes: float,
    first: int = 0,
    instrument: str = "RUT",
    series: str = "yahoo:^RUT",
    interval: Interval = "1d",
    volume: float = 7.0,
) -> Bars:
    close = array("d", closes)
    return Bars(
        instrument,
        series,
        interval,
        array("q", range(first, first + len(closes))),
        close,
        array("d", (value + 1 for value in closes)),
        array("d", (value / 2 for value in closes)),
        close,
        array("d", [volume] * len(closes)),
        1000.0,
    )


def test_a_fresh_archive_is_empty_and_private(archive: Archive, path: Path) -> None:
    assert archive.is_empty()
    assert archive.last_reading() is None
    assert archive.all_bars() == []
    assert archive.mode == "file"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_bars_come_back_as_columns(archive: Archive) -> None:
    given = bars(1.5, 2.5, 0.1 + 0.2, first=20_000)
    archive.save_bars(given)
    archive = reopened(archive)
    kept = archive.bars("yahoo:^RUT", "1d")
    assert kept is not None
    assert msgspec.structs.asdict(kept) == msgspec.structs.asdict(given)
    assert kept.time.typecode == "q"
    assert archive.bars("yahoo:^RUT", "1h") is None
    assert not archive.is_empty()
    archive.close()


def test_unknown_volume_stays_unknown(archive: Archive) -> None:
    archive.save_bars(bars(1.0, 2.0, volume=math.nan))
    archive = reopened(archive)
    kept = archive.bars("yahoo:^RUT", "1d")
    assert kept is not None
    assert all(math.isnan(volume) for volume in kept.volume)
    archive.close()


def test_a_later_bar_of_the_same_time_replaces_and_others_stay(archive: Archive) -> None:
    archive.save_bars(bars(1.0, 2.0, 3.0))
    archive.save_bars(bars(9.0, 4.0, first=2))
    archive = reopened(archive)
    kept = archive.bars("yahoo:^RUT", "1d")
    assert kept is not None
    assert list(kept.close) == [1.0, 2.0, 9.0, 4.0]
    archive.close()


def test_the_newest_bar_is_known_before_it_is_written_and_after(archive: Archive) -> None:
    assert archive.last_bar("yahoo:^RUT", "1d") is None
    archive.save_bars(bars(1.0, 2.0, first=5))
    assert archive.last_bar("yahoo:^RUT", "1d") == 6
    archive.save_bars(bars(1.0, first=3))
    assert archive.last_bar("yahoo:^RUT", "1d") == 6
    archive = reopened(archive)
    assert archive.last_bar("yahoo:^RUT", "1d") == 6
    assert archive.last_bar("yahoo:^RUT", "1h") is None
    archive.close()


def test_a_series_that_two_instruments_show_comes_back_for_both(archive: Archive) -> None:
    archive.save_bars(bars(1.0, instrument="GLD", series="yahoo:GLD"))
    archive.save_bars(bars(2.0, instrument="GOLD", series="yahoo:GLD"))
    archive = reopened(archive)
    assert [(kept.instrument, list(kept.close)) for kept in archive.all_bars()] == [
        ("GLD", [2.0]),
        ("GOLD", [2.0]),
    ]
    archive.close()


def test_macro_points_come_back_and_another_unit_begins_anew(archive: Archive) -> None:
    archive.save_macro(MacroPoints("WALCL", "USD mn", ((1, 5.0), (8, 6.0)), 10.0, published=9.0))
    archive.save_macro(MacroPoints("WALCL", "USD mn", ((8, 7.0), (15, 8.0)), 20.0))
    archive.save_macro(MacroPoints("DFF", "%", ((1, 4.0),), 10.0))
    archive = reopened(archive)
    rate, assets = archive.macros()
    assert (rate.series, rate.points) == ("DFF", ((1, 4.0),))
    assert (assets.unit, assets.points) == ("USD mn", ((1, 5.0), (8, 7.0), (15, 8.0)))
    assert (assets.received_time, assets.published) == (20.0, None)
    archive.save_macro(MacroPoints("WALCL", "USD bn", ((15, 0.008),), 30.0))
    archive = reopened(archive)
    assert archive.macros()[1].points == ((15, 0.008),)
    archive.close()


def test_levels_keep_their_newest_alone(archive: Archive) -> None:
    for price in (1.0, 2.0, 3.0):
        archive.save_quote(Quote("BTC", "kraken", price, price, price, high=4.0))
        archive.save_quote(Quote("BTC", "okx", price, price, price, currency="USDT"))
        archive.save_health(SourceHealth("kraken", "exchange", "ok", since=price))
    archive = reopened(archive)
    assert archive.quotes() == [
        Quote("BTC", "kraken", 3.0, 3.0, 3.0, high=4.0),
        Quote("BTC", "okx", 3.0, 3.0, 3.0, currency="USDT"),
    ]
    assert archive.health() == [SourceHealth("kraken", "exchange", "ok", since=3.0)]
    archive.close()


def test_events_come_back_oldest_first_the_newest_of_them(archive: Archive) -> None:
    given = [
        Event(float(number), "record", "GOLD", f"event {number}", "notice", {"n": number})
        for number in range(10)
    ]
    for event in given:
        archive.add_event(event)
        archive.add_event(event)  # the same twice is one
    archive = reopened(archive)
    assert archive.events() == given
    assert archive.events(limit=3) == given[-3:]
    assert archive.events(limit=3, since=8.0) == given[-2:]
    archive.close()


def test_events_older_than_their_keep_go_by_the_older_of_two_clocks(archive: Archive) -> None:
    old, new = 1000.0, 1000.0 + 2 * KEEP_EVENTS
    archive.add_event(Event(old, "record", "GOLD", "old"))
    archive = reopened(archive)
    archive.add_event(Event(new, "record", "GOLD", "a clock that runs ahead, once"))
    archive = reopened(archive)
    assert len(archive.events()) == 2
    archive.add_event(Event(new + 1, "record", "GOLD", "it was right"))
    archive = reopened(archive)
    assert [event.time for event in archive.events()] == [new, new + 1]
    archive.close()


def test_text_from_outside_is_kept_as_text(archive: Archive) -> None:
    hostile = "'); DROP TABLE events; -- [/b] \x1b[2J \x00 科创50"
    archive.add_event(Event(1.0, hostile, hostile, hostile, data={hostile: hostile}))
    archive.save_bars(bars(1.0, instrument=hostile, series=hostile))
    archive = reopened(archive)
    assert archive.events() == [Event(1.0, hostile, hostile, hostile, data={hostile: hostile})]
    assert archive.last_bar(hostile, "1d") == 0
    assert [kept.instrument for kept in archive.all_bars()] == [hostile]
    archive.close()


def test_half_characters_and_huge_numbers_do_not_stop_it(archive: Archive) -> None:
    archive.add_event(Event(1.0, "gap", "okx", "\ud800", data={"\udfff": 1 << 70}))
    archive.save_health(SourceHealth("okx", "exchange", "off", since=1.0, reason="\ud800!"))
    archive.save_reading(reading(source="\udc00"))
    archive = reopened(archive)
    (event,) = archive.events()
    assert (event.text, event.data) == ("?", {"?": str(1 << 70)})
    assert archive.health()[0].reason == "?!"
    kept = archive.last_reading()
    assert kept is not None
    assert kept.source == "?"
    archive.close()


def reading(source: str = "live", *, simulated: bool = False) -> Reading:
    return Reading(
        as_of=datetime(2026, 1, 20, 21, tzinfo=UTC),
        source=source,
        simulated=simulated,
        instruments={"BTC": Instrument(label="Bitcoin", last=91_042.1)},
    )


def test_the_last_reading_comes_back_whole(archive: Archive) -> None:
    archive.save_reading(reading("first"))
    archive.save_reading(reading())
    archive = reopened(archive)
    kept = archive.last_reading()
    assert kept is not None
    assert msgspec.structs.asdict(kept) == msgspec.structs.asdict(reading())
    archive.close()


def test_a_simulated_reading_is_not_kept(archive: Archive) -> None:
    archive.save_reading(reading())
    archive.save_reading(reading("demo", simulated=True))
    archive = reopened(archive)
    kept = archive.last_reading()
    assert kept is not None
    assert kept.source == "live"
    archive.close()


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"not zlib",
        zlib.compress(b"\xc1"),
        zlib.compress(msgspec.msgpack.encode({"frame": "reading", "source": "\x80"})),
        zlib.compress(
            msgspec.msgpack.encode(msgspec.structs.replace(reading(), schema="divmon.reading/99"))
        ),
    ],
)
def test_a_reading_of_another_version_is_none(archive: Archive, path: Path, blob: bytes) -> None:
    archive.save_reading(reading())
    assert archive.flush()
    with sqlite3.connect(path) as other:
        other.execute("UPDATE kept SET value = ?", (blob,))
    other.close()
    assert archive.last_reading() is None


def test_what_another_version_wrote_differently_is_left_out(archive: Archive, path: Path) -> None:
    archive.save_quote(Quote("BTC", "kraken", 1.0, 1.0, 1.0))
    archive.save_quote(Quote("RUT", "yahoo", 1.0, 1.0, 1.0))
    archive.add_event(Event(1.0, "record", "GOLD", "kept"))
    archive.save_bars(bars(1.0, 2.0))
    archive.save_bars(bars(1.0, series="yahoo:^GSPC"))
    assert archive.flush()
    with sqlite3.connect(path) as other:
        other.execute(
            "UPDATE quotes SET quote = replace(quote, '1.0', '-1.0') WHERE source = 'yahoo'"
        )
        other.execute("UPDATE events SET data = '{'")
        other.execute("UPDATE bars SET close = -1 WHERE time = 1")
    other.close()
    assert [quote.instrument for quote in archive.quotes()] == ["BTC"]
    assert archive.events() == [Event(1.0, "record", "GOLD", "kept")]
    assert [kept.series for kept in archive.all_bars()] == ["yahoo:^GSPC"]
    (notice,) = archive.notices
    assert "yahoo:^RUT" in notice


def test_closing_writes_what_waits_at_once(archive: Archive) -> None:
    archive.add_event(Event(1.0, "record", "GOLD", "the last one"))
    start = time.monotonic()
    assert archive.close()
    assert time.monotonic() - start < 0.4  # it did not wait for its batch
    archive = Archive.open(archive.path)
    assert [event.text for event in archive.events()] == ["the last one"]
    archive.close()
    archive.add_event(Event(2.0, "record", "GOLD", "too late"))
    assert archive.events() == []


def test_a_batch_is_written_without_being_asked(archive: Archive) -> None:
    archive.add_event(Event(1.0, "record", "GOLD", "soon"))
    deadline = time.monotonic() + 5
    while not archive.events() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(archive.events()) == 1
