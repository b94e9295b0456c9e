"""A folder of CSV files: what is told, up to when, and what is said of bad input."""

import asyncio
import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from divmon.errors import DataError, SettingsError
from divmon.market.events import Bars, Event, MacroPoints, MarketEvent, SourceHealth
from divmon.settings import Settings, load
from divmon.sources.files import FilesSource
from divmon.sources.files_table import read_table
from tests.sources.demo_facts import iso, number

TODAY = datetime(2026, 8, 22, tzinfo=UTC).timestamp()
BAR = "date,open,high,low,close"


class Told:
    """What a folder tells, sorted."""

    def __init__(
        self, folder: Path, as_of: str | None = None, settings: Settings | None = None
    ) -> None:
        moment = None if as_of is None else datetime.fromisoformat(as_of)
        self.source = FilesSource(folder, settings or load(), moment, today=lambda: TODAY)
        self.events: list[MarketEvent] = []
        asyncio.run(self.source.run(self.events.append))
        bars = [event for event in self.events if isinstance(event, Bars)]
        self.daily = {each.instrument: each for each in bars if each.interval == "1d"}
        self.hourly = {each.instrument: each for each in bars if each.interval == "1h"}
        self.macro = {each.series: each for each in self.events if isinstance(each, MacroPoints)}
        self.texts = [event.text for event in self.events if isinstance(event, Event)]
        self.health = [event for event in self.events if isinstance(event, SourceHealth)]

    def said(self, *parts: str) -> bool:
        """Tell whether one text has all the parts."""
        return any(all(part in text for part in parts) for text in self.texts)


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
    return folder


# what is told


def test_names_are_instruments_in_any_case_and_numbers_are_exact(tmp_path: Path) -> None:
    write(
        tmp_path,
        Rut=f"{BAR},volume\n2026-01-15,1.1,3.3,0.1,2.2,10\n2026-01-16,2.5,2.9,2.1,2.7182818284590451,\n",
        us10y="date,close\n2026-01-15,4.17\n",
        VIX="date,value\n2026-01-15,15.9\n",
    )
    told = Told(tmp_path)
    rut = told.daily["RUT"]
    assert rut.series == "csv:Rut"
    assert [iso(day) for day in rut.time] == ["2026-01-15", "2026-01-16"]
    assert list(rut.open) == [1.1, 2.5]
    assert list(rut.high) == [3.3, 2.9]
    assert list(rut.low) == [0.1, 2.1]
    assert list(rut.close) == [2.2, 2.7182818284590451]
    assert rut.volume[0] == 10
    assert rut.volume[1] != rut.volume[1]
    assert not rut.value_only
    for name, value in (("US10Y", 4.17), ("VIX", 15.9)):
        bars = told.daily[name]
        assert bars.value_only
        assert [bars.open[0], bars.high[0], bars.low[0], bars.close[0]] == [value] * 4
    assert told.texts == []
    assert told.health[-1].state == "ok"
    assert not told.source.simulated


def test_the_clock_stands_at_the_end_of_the_newest_date(tmp_path: Path) -> None:
    write(
        tmp_path,
        rut="date,close\n2026-01-16,1\n2026-01-15,2\n",
        spx="date,close\n2026-01-13,1\n",
        ndx="date,close\n2026-02-13,1\n",  # no instrument: it does not count
    )
    told = Told(tmp_path)
    assert told.source.clock.now() == datetime(2026, 1, 17, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("as_of", "rut", "star", "btc", "gold"),
    [
        ("2026-01-21T00:00Z", "2026-01-20", "2026-01-20", "2026-01-20", "2026-01-20"),
        ("2026-01-20T23:59Z", "2026-01-20", "2026-01-20", "2026-01-19", "2026-01-20"),
        ("2026-01-20T21:00Z", "2026-01-20", "2026-01-20", "2026-01-19", "2026-01-19"),
        ("2026-01-20T20:59Z", "2026-01-16", "2026-01-20", "2026-01-19", "2026-01-19"),
        ("2026-01-20T06:59Z", "2026-01-16", "2026-01-19", "2026-01-19", "2026-01-19"),
    ],
)
def test_a_bar_is_known_from_its_own_markets_close(
    tmp_path: Path, as_of: str, rut: str, star: str, btc: str, gold: str
) -> None:
    days = [f"2026-01-{day}" for day in (15, 16, 19, 20, 21)]
    every = "date,close\n" + "".join(f"{day},10\n" for day in days)
    us = every.replace("2026-01-19,10\n", "")
    told = Told(write(tmp_path, rut=us, star50=every, btc=every, gold=every), as_of)
    newest = {name: iso(bars.time[-1]) for name, bars in told.daily.items()}
    assert newest == {"RUT": rut, "STAR50": star, "BTC": btc, "GOLD": gold}
    assert told.source.clock.now() == datetime.fromisoformat(as_of).timestamp()
    assert told.said("later rows of 4 files are left out")


TWO_HOURS = (
    "open_time_utc,open,high,low,close,volume\n"
    "2026-01-20T13:00:00Z,1,2,0.5,1.5,7\n"
    "2026-01-20T14:00:00Z,1.5,2,1,1.75,7\n"
)


def naming(*files: str) -> Settings:
    """Return the settings with these files of hourly bars."""
    base = load()
    return msgspec.structs.replace(base, csv=msgspec.structs.replace(base.csv, hourly=files))


def test_hourly_bars_come_from_the_files_that_the_settings_name(tmp_path: Path) -> None:
    (tmp_path / "intraday").mkdir()
    write(tmp_path, btc="date,close\n2026-01-19,1\n", BTC_1H=TWO_HOURS)
    write(tmp_path / "intraday", btc_1h=TWO_HOURS)
    for file in ("BTC_1H.csv", "intraday/btc_1h.csv"):
        told = Told(tmp_path, "2026-01-20T14:30Z", naming(file))
        assert set(told.hourly) == {"BTC"}
        bars = told.hourly["BTC"]
        assert list(bars.time) == [datetime(2026, 1, 20, 13, tzinfo=UTC).timestamp()]
        assert list(bars.close) == [1.5]
        assert list(Told(tmp_path, None, naming(file)).hourly["BTC"].close) == [1.5, 1.75]
    assert not Told(tmp_path, None, naming("BTC_1H.csv")).said("BTC_1H.csv")


def test_hourly_bars_that_the_settings_do_not_name_are_not_used(tmp_path: Path) -> None:
    write(tmp_path, btc="date,close\n2026-01-19,1\n", btc_1h=TWO_HOURS, rut_1h=TWO_HOURS)
    told = Told(tmp_path)
    assert told.hourly == {}
    assert told.said('btc_1h.csv is not used; [csv] hourly = ["btc_1h.csv"] would use it')


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("btc_1h.csv", "which csv:.* lacks"),
        ("rut_1h.csv", "call it after an instrument with hourly = true, such as btc_1h.csv"),
        ("btc.csv", "such as btc_1h.csv"),
    ],
)
def test_a_named_file_that_cannot_be_used_is_an_error(tmp_path: Path, file: str, said: str) -> None:
    write(tmp_path, btc="date,close\n2026-01-19,1\n")
    with pytest.raises(SettingsError, match=said):
        FilesSource(tmp_path, naming(file), None)


def test_economic_series_come_in_their_units(tmp_path: Path) -> None:
    write(
        tmp_path,
        walcl="date,value\n2026-01-07,6573604.0\n2026-01-14,6581700.0\n",
        tga_daily="date,value\n2026-01-14,777.061\n",
        RRPONTSYD="date,value\n2026-01-14,.\n2026-01-15,0\n",
        dff="date,value\n2026-01-14,-0.25\n",
        wtregen="date,value\n2026-01-14,790000\n",
    )
    told = Told(tmp_path)
    points = {name: (each.unit, each.points) for name, each in told.macro.items()}
    assert points == {
        "WALCL": ("USD mn", ((number("2026-01-07"), 6573604.0), (number("2026-01-14"), 6581700.0))),
        "TGA_DAILY": ("USD mn", ((number("2026-01-14"), 777061.0),)),
        "RRPONTSYD": ("USD bn", ((number("2026-01-15"), 0.0),)),
        "DFF": ("%", ((number("2026-01-14"), -0.25),)),
    }
    assert told.said("wtregen.csv holds week averages", "tga_daily.csv")


def test_a_series_of_the_users_settings_is_read(tmp_path: Path) -> None:
    own = load()
    own = msgspec.structs.replace(own, fred=msgspec.structs.replace(own.fred, series=("T10Y2Y",)))
    told = Told(write(tmp_path, t10y2y="date,value\n2026-01-14,-0.1\n"), settings=own)
    assert told.macro["T10Y2Y"].points == ((number("2026-01-14"), -0.1),)


def test_files_that_are_nobodys_are_named_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        rut="date,close\n2026-01-16,1\n",
        ndx="x",
        jgb="y",
        RUT="date,close\n2026-01-16,2\n",
    )
    told = Told(tmp_path)
    assert told.said("not used: jgb, ndx;", "[instruments.JGB]")
    assert told.said("is not used", "holds the same")
    assert len(told.texts) == 2


# what is said of bad input


@pytest.mark.parametrize(
    ("rows", "closes", "parts"),
    [
        ("2026-01-15,1,2,0.5,x\n", [5.0], ("line 2, was 'x'", "plain numbers such as 1234.5")),
        ("2026-01-15,1,2,0.5,nan\n", [5.0], ("line 2, was 'nan'",)),
        ("2026-01-15,1,2,0.5,1_0\n", [5.0], ("line 2, was '1_0'",)),
        ('2026-01-15,1,2,0.5,"1,5"\n', [5.0], ("line 2, was '1,5'",)),
        ("2026-01-15,1,2,0,1\n", [5.0], ("a price must be positive", "line 2, was 0")),
        ("2026-01-15,1,2,-3,1\n", [5.0], ("a price must be positive", "was -3")),
        ("2026-01-15,1,0.5,2,1\n", [5.0], ("high is below low", "line 2, was 0.5 < 2")),
        ("15.01.2026,1,2,0.5,1\n", [5.0], ("date must be like 2026-01-20", "'15.01.2026'")),
        ("20260115,1,2,0.5,1\n", [5.0], ("date must be like 2026-01-20",)),
        ("0026-01-15,1,2,0.5,1\n", [5.0], ("date must be like 2026-01-20", "'0026-01-15'")),
        ("2026-01-15,1,2\n", [5.0], ("it must have 5 cells", "line 2, was 3")),
        ("2026-01-15,1,2,0.5,\n", [5.0], ("row without close left out", "line 2")),
        ("2026-01-15,,,,3\n", [3.0, 5.0], ("only a close", "line 2")),
        ("2026-01-15,1,2,1.5,1.7\n", [1.7, 5.0], ("open or close outside low to high", "line 2")),
        ("2026-01-15,1,2,0.5,\x1b[31m\n", [5.0], ("was '?[31m'",)),
    ],
)
def test_a_bad_row_is_dropped_or_kept_and_said(
    tmp_path: Path, rows: str, closes: list[float], parts: tuple[str, ...]
) -> None:
    told = Told(write(tmp_path, rut=f"{BAR}\n{rows}2026-01-16,4,6,3,5\n"))
    assert list(told.daily["RUT"].close) == closes
    assert told.said("rut.csv: ", *parts)
    assert len(told.texts) == 1
    assert "\x1b" not in "".join(told.texts)


def test_rows_out_of_order_are_merged_and_the_last_of_two_wins(tmp_path: Path) -> None:
    rows = "2026-01-16,3\n2026-01-14,1\n2026-01-15,2\n2026-01-14,9\n"
    told = Told(write(tmp_path, rut="date,close\n" + rows))
    bars = told.daily["RUT"]
    assert [iso(day) for day in bars.time] == ["2026-01-14", "2026-01-15", "2026-01-16"]
    assert list(bars.close) == [9, 2, 3]
    assert told.said("rut.csv: rows out of order", "first at 2026-01-14")
    assert told.said("rut.csv: a time stands there twice", "2026-01-14")


def test_many_bad_rows_are_counted_and_the_first_named(tmp_path: Path) -> None:
    bad = "".join(f"2026-01-{day:02},0\n" for day in range(5, 15))
    told = Told(write(tmp_path, rut=f"date,close\n{bad}2026-01-16,5\n"))
    assert told.texts == [
        "rut.csv: row dropped, a price must be positive "
        "(line 2, was 0; line 3, was 0; line 4, was 0 and 7 more)"
    ]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ("empty", "date,open,high,low,close")),
        ("\n\n", ("empty",)),
        ("date;close\n2026-01-15;1\n", ("line 1", "semicolons", "commas")),
        ("date\tclose\n", ("tabs",)),
        ("2026-01-15,1\n", ("no header, line 1 was '2026-01-15,1'", "put date,open")),
        ("time,close\n", ("line 1 must begin with date, was 'time,close'",)),
        ("date,close,colour\n", ("unknown column 'colour'", "remove it")),
        ("date,close,close\n", ("column 'close' stands there twice",)),
        ("date,open,close\n", ("line 1 must be date,open,high,low,close",)),
        ("date,volume\n", ("line 1 must be",)),
        ("date,open,high,low,value\n", ("open, high and low need close",)),
        ("date,close\n", ("no row could be used", "nothing below its header")),
        ("date,close\n2026-01-15,0\n", ("no row could be used", "line 2, was 0")),
        ('date,close\n"2026-01-15,1\n', ("line", "unexpected end of data")),
    ],
)
def test_a_file_that_cannot_be_read_is_said_and_the_rest_go_on(
    tmp_path: Path, text: str, parts: tuple[str, ...]
) -> None:
    told = Told(write(tmp_path, rut=text, spx="date,close\n2026-01-16,7\n"))
    assert set(told.daily) == {"SPX"}
    assert told.said("rut.csv: ", *parts)
    assert told.health[-1].state == "ok"
    assert told.health[-1].reason == "not read: rut.csv"


def test_bytes_that_are_no_text_are_said(tmp_path: Path) -> None:
    (tmp_path / "rut.csv").write_bytes(b"date,close\n2026-01-16,\xff\n")
    told = Told(tmp_path)
    assert told.said("rut.csv: not UTF-8 at byte 22")
    assert told.health[-1].state == "off"


def test_a_byte_order_mark_and_foreign_line_ends_are_no_matter(tmp_path: Path) -> None:
    (tmp_path / "rut.csv").write_bytes(
        b"\xef\xbb\xbfDate,Close\r\n2026-01-15,1\r\n\r\n2026-01-16,2\r\n"
    )
    told = Told(tmp_path)
    assert list(told.daily["RUT"].close) == [1, 2]
    assert told.texts == []


def test_a_date_in_the_future_moves_no_clock(tmp_path: Path) -> None:
    rows = "date,close\n2026-01-16,1\n2062-01-16,2\n"
    told = Told(write(tmp_path, rut=rows, spx="date,close\n2026-01-20,1\n"))
    assert told.source.clock.now() == datetime(2026, 1, 21, tzinfo=UTC).timestamp()
    assert list(told.daily["RUT"].close) == [1]
    assert told.said("rut.csv: 1 rows are dated in the future", "give --as-of")
    later = Told(tmp_path, "2070-01-01T00:00Z")
    assert list(later.daily["RUT"].close) == [1, 2]


def test_a_moment_before_all_rows_tells_nothing_and_says_so(tmp_path: Path) -> None:
    told = Told(write(tmp_path, rut="date,close\n2026-01-16,1\n"), "2020-01-01T00:00Z")
    assert not told.daily
    assert told.said("rut.csv: no row by 2019-12-31")
    assert told.said("no row by 2019-12-31; rut.csv begins first, on 2026-01-16", "--as-of")
    assert told.health[-1].state == "off"
    noon = Told(tmp_path, "2020-01-01T12:00Z")
    assert noon.said("no row by 2020-01-01 12:00 UTC")


def test_a_file_without_a_row_is_named_once(tmp_path: Path) -> None:
    told = Told(write(tmp_path, rut="date,close\n2026-01-16,nan\n", spx="date,close\n"))
    assert sorted(text.count("rut.csv") + text.count("spx.csv") for text in told.texts) == [1, 1]


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such folder; give one"):
        FilesSource(tmp_path / "nowhere", load())
    with pytest.raises(SettingsError, match=r"no \.csv file in it; name one after"):
        FilesSource(tmp_path, load())
    write(tmp_path, ndx="date,close\n")
    with pytest.raises(SettingsError, match=r"none of its 1 files has the name .* found ndx\.csv"):
        FilesSource(tmp_path, load())
    with pytest.raises(SettingsError, match="not a folder; give the folder"):
        FilesSource(tmp_path / "ndx.csv", load())


def test_a_pipe_named_like_a_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "rut.csv")
    told = Told(write(tmp_path, spx="date,close\n2026-01-16,1\n"))
    assert set(told.daily) == {"SPX"}


@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.floats(1e-6, 1e9, allow_subnormal=False)),
        min_size=1,
        max_size=60,
    )
)
def test_any_order_of_rows_gives_the_newest_value_of_each_day(
    rows: list[tuple[int, float]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rut.csv"
        start = number("2024-01-01")
        path.write_text(
            "date,close\n" + "".join(f"{iso(start + day)},{value!r}\n" for day, value in rows),
            encoding="utf-8",
        )
        table = read_table(path, positive=True)
    expected = {start + day: value for day, value in rows}
    assert {row[0]: row[4] for row in table.rows} == expected
    assert [row[0] for row in table.rows] == sorted(expected)


DATES = ["2026-01-15", "2026-01-16", "0001-01-01", "9999-12-31", "2026-W01-1"]
HOURS = ["2026-01-15T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"]
NUMBERS = ["1", "2.5", "0", "-1", "nan", "inf", "1e400", "1e-320", "0x10", "1,2", ".", "９"]
CELLS = st.sampled_from([*DATES, *HOURS, *NUMBERS, "", "\x00", "\x1b[31m", '"'])


@st.composite
def files(draw: st.DrawFn) -> bytes:
    header = draw(
        st.sampled_from([f"{BAR},volume", "date,close", "open_time_utc,close", "Date , "])
    )
    rows = draw(st.lists(st.lists(CELLS, min_size=1, max_size=6), max_size=6))
    return "\n".join([header, *(",".join(row) for row in rows)]).encode()


@given(st.binary(max_size=200) | files())
def test_no_bytes_make_the_reader_fail_but_by_name(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rut.csv"
        path.write_bytes(content)
        try:
            table = read_table(path, positive=True)
            said = " ".join(note.text for note in table.notes)
            assert table.rows
        except DataError as error:
            said = str(error)
        assert said.startswith("rut.csv: ") or not said
        assert said.isprintable()


# real folders


@pytest.mark.parametrize("name", ["data", "reference"])
def test_a_real_folder_is_read_whole_and_fast(shared: Callable[[str], Path], name: str) -> None:
    folder = shared(name)
    began = time.process_time()
    told = Told(folder, "2026-08-22T00:00Z")
    took = time.process_time() - began
    assert {"BTC", "RUT", "SPX", "IXIC", "GOLD", "SILVER", "STAR50"} <= set(told.daily)
    assert {"WALCL", "TGA_DAILY", "RRPONTSYD"} <= set(told.macro)
    for each in told.daily.values():
        lines = (folder / f"{each.series.removeprefix('csv:')}.csv").read_text().splitlines()
        assert len(lines) - 1 - len(each) <= 1, each.series  # one gold bar has high < low
    assert took < 5, f"{took:.1f} s; it takes about 0.5 s"
