"""The page of one instrument: its runs, its records, and what its chart is divided by."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment

from divmon.link.codec import AskSeries, AskTrack
from divmon.reading.track import Track
from divmon.ui.screens.instrument import InstrumentScreen
from divmon.ui.widgets.track import RecordsPanel, RunsPanel, TrackPanel, between, rate
from tests.ui import fixtures
from tests.ui.conftest import desk, text_of
from tests.ui.pages import HARMLESS, HOSTILE, Opened, opened
from tests.ui.test_bars import series
from tests.ui.test_screen import FULL

SIZES = [(200, 60), (120, 36), (80, 24), (60, 15)]


def panel(kind: type[TrackPanel], *frames: Track, name: str = "RUT") -> TrackPanel:
    return kind(desk((fixtures.hello(), fixtures.reading(), *frames)), name, "test")


def text(kind: type[TrackPanel], *frames: Track, size: tuple[int, int] = (120, 40)) -> str:
    return "\n".join(text_of(panel(kind, *frames), *size))


def page_of(up: Opened) -> InstrumentScreen:
    assert isinstance(up.app.screen, InstrumentScreen)
    return up.app.screen


# -- panels ------------------------------------------------------------------------------


def test_runs_tell_rank_dates_gain_and_how_often() -> None:
    told = text(RunsPanel, fixtures.track())
    assert "data 1987-09-10 to 2026-01-16 · days: session" in told
    assert "now ▼ 2 down  rank 900 of 2000  900 times as long or longer, 23.5 a year" in told
    assert "1. ▲ 21 up    1988-02-01 – 02-21        +21.0 %" in told
    assert "2. ▲ ≥15 up" in told
    assert "900. ▼ 2 down" in told
    assert "now" in next(line for line in told.split("\n") if "900. " in line)
    rates = next(line for line in told.split("\n") if "▲ up" in line)
    assert rates.split()[3:8] == ["52.2", "26.1", "13.0", "5.22", "0.23"]
    assert "Candles  gains from the first open" in told


def test_a_short_history_counts_nothing_by_the_year() -> None:
    short = fixtures.track(years=None, records=None, holes=3)
    assert "less than a year of bars" in text(RunsPanel, short)
    assert "3 missing sessions break runs" in text(RunsPanel, short)
    assert "a year" not in text(RunsPanel, short).replace("less than a year", "")
    assert "everything would be a record" in text(RecordsPanel, short)


def test_records_tell_their_runs_and_every_fall() -> None:
    told = text(RecordsPanel, fixtures.track())
    assert "last record close 2025-10-20, 88 days before the last close" in told
    assert "587 since 1988-09-10, a year after the data begin" in told
    assert "the newest 2 of 46" in told
    assert "2025-09-18 – 10-20       6 records   high raised    +3.2 %" in told
    assert "2021-11-02               1 record " in told
    assert "2025-10-20   −25.0 % 2026-01-05 → still under" in told
    assert "2007-07-13   −59.9 % 2009-03-09 → 2011-04-27   1,384 days  deepest" in told


@pytest.mark.parametrize(("days", "words"), [(0, "at the last close"), (None, "no record close")])
def test_the_last_record_is_told_from_the_last_close(days: int | None, words: str) -> None:
    records = fixtures.track().records
    assert records is not None
    last = None if days is None else date(2026, 1, 16)
    told = msgspec.structs.replace(records, days_since=days, last=last)
    assert words in text(RecordsPanel, fixtures.track(records=told))


def test_a_rate_gains_basis_points_and_has_no_records() -> None:
    track = fixtures.track("US10Y")
    runs = text_of(panel(RunsPanel, track, name="US10Y"), 120, 40)
    assert any("+2,100 bp" in line for line in runs)
    assert "a level that comes back" in "\n".join(
        text_of(panel(RecordsPanel, track, name="US10Y"), 120, 40)
    )


def test_what_is_not_there_is_told() -> None:
    for kind in (RunsPanel, RecordsPanel):
        assert "asking the engine" in text(kind)
        assert "no completed daily bars" in text(kind, Track(instrument="RUT"))


@pytest.mark.parametrize("kind", [RunsPanel, RecordsPanel])
@pytest.mark.parametrize("size", [(196, 30), (76, 9), (56, 6), (20, 4), (7, 3), (1, 1)])
def test_every_line_has_the_width_of_its_panel(
    kind: type[TrackPanel], size: tuple[int, int]
) -> None:
    hostile = fixtures.track(name=HOSTILE, boundary=HOSTILE)
    for frames in ((), (hostile,)):
        lines = text_of(panel(kind, *frames), *size)
        assert [Segment(line).cell_length for line in lines] == [size[0]] * size[1]
        assert "\x1b" not in "".join(lines)


@given(st.integers(0, 5000), st.floats(1, 100))
def test_what_has_been_is_never_written_as_nothing(count: int, years: float) -> None:
    assert (rate(count, years) == "0") == (count == 0)
    assert len(rate(count, years)) <= 6


def test_a_time_within_a_year_names_it_once() -> None:
    assert between(date(2025, 12, 4), date(2026, 1, 16)) == "2025-12-04 – 2026-01-16"
    assert between(date(2025, 12, 4), date(2025, 12, 31)) == "2025-12-04 – 12-31"
    assert between(date(2025, 12, 4), date(2025, 12, 4)) == "2025-12-04"


# -- the screen --------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_tab_leads_from_values_to_streaks_to_records(size: tuple[int, int]) -> None:
    async with opened("enter", *FULL, size=size) as up:
        page = page_of(up)
        assert "state" in up.text
        assert AskTrack("RUT") not in up.feed.sent
        await up.press("tab")
        assert up.feed.sent[-1] == AskTrack("RUT")
        assert "asking the engine" in up.text
        await up.push(fixtures.track())
        page.draw()
        await up.pilot.pause()
        assert "now ▼ 2 down" in up.text
        await up.press("j")
        assert page.runs.top == (1 if page.runs.count > page.runs.room else 0)
        await up.press("tab")
        assert "last record close" in up.text
        await up.press("n")
        await page.beat()
        await up.pilot.pause()
        assert up.feed.sent[-1] == AskTrack("SPX")
        assert page.records.top == 0
        await up.press("tab")
        assert page.chosen == "values"


async def test_a_track_is_asked_for_again_until_it_comes_and_when_a_bar_has_closed() -> None:
    async with opened("enter tab", *FULL) as up:
        page = page_of(up)
        for _ in range(5):
            await page.beat()
        await up.pilot.pause()
        assert up.feed.sent.count(AskTrack("RUT")) == 2
        await up.push(fixtures.track())
        for _ in range(6):
            await page.beat()
        await up.pilot.pause()
        assert up.feed.sent.count(AskTrack("RUT")) == 2
        rows = fixtures.rows()
        rows["RUT"] = msgspec.structs.replace(rows["RUT"], confirmed=date(2026, 1, 20))
        await up.push(fixtures.reading(instruments=rows))
        await page.beat()
        await up.pilot.pause()
        assert up.feed.sent.count(AskTrack("RUT")) == 3


async def test_d_leads_from_the_drawdown_to_its_twin_and_back() -> None:
    async with opened("enter d d", *FULL, series(), fixtures.track()) as up:
        page = page_of(up)
        assert "60 bars under the high" in up.text
        assert AskTrack("RUT") in up.feed.sent
        await up.press("d")
        assert page.chart.what == "price"


async def test_another_instrument_is_found_by_typing() -> None:
    async with opened("enter", *FULL, series(), series("GOLD")) as up:
        page = page_of(up)
        while page.chart.plot is None:
            await up.pilot.pause(0.01)
        await up.press("slash")
        await up.press(*"xq")
        assert "against: xq" in up.text  # neither explained nor closed
        await up.press("backspace", "backspace", *"gol")
        assert "against: gol▏  GOLD" in up.text
        await up.press("enter")
        assert (page.chart.what, page.chart.other, page.chart.typed) == ("ratio", "GOLD", None)
        assert AskSeries("GOLD") in up.feed.sent
        await up.press("slash", *"zzz", "enter")
        assert page.chart.other == "GOLD"
        await up.press("slash", "s", "escape")
        assert (page.chart.what, page.chart.other) == ("ratio", "GOLD")
        assert up.app.screen is page
        await up.press("b")
        assert page.chart.what == "price"


async def test_a_hostile_name_is_shown_and_not_obeyed() -> None:
    rows = {**fixtures.rows(), HOSTILE: fixtures.rows()["SPX"]}
    groups = {"US small": ("RUT", "SPX", HOSTILE)}
    board = fixtures.reading(instruments=rows, groups=groups)
    async with opened("enter slash", fixtures.hello(), board, series()) as up:
        page = page_of(up)
        await up.press(*"boom")
        assert page.chart.found() == [HOSTILE]
        await up.press("enter", "tab")
        page.action_against()
        assert "\x1b" not in up.text
        while page.chart.plot is None:
            await up.pilot.pause(0.01)
        page.draw()
        await up.pilot.pause()
        assert "against" in up.text
        await up.press("escape")
        await up.press("N", "N")
        assert HARMLESS in up.text


async def test_help_and_palette_name_no_key_that_does_something_else_here() -> None:
    async with opened("enter", *FULL) as up:
        helps = {each.title: each.help for each in up.app.get_system_commands(up.app.screen)}
        assert helps["alerts"].endswith(" · a")
        assert "·" not in helps["correlation"]  # c is for candles
        await up.press("question_mark")
        assert "c         candles" in up.text
        assert "BTC and the rest" not in up.text
        assert "what fired: acknowledge" in up.text


async def test_alerts_are_one_key_from_the_chart_and_esc_leads_back() -> None:
    async with opened("enter", *FULL) as up:
        page = page_of(up)
        await up.press("a")
        assert "Alerts" in up.text
        await up.press("escape")
        assert up.app.screen is page
