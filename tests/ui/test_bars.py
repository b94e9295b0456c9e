"""What a chart shows of a history: spans, drawdowns, ratios; then the drawing itself."""

import asyncio
import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment

from divmon.link.codec import AskSeries, Series
from divmon.reading.model import Instrument
from divmon.reading.track import Track
from divmon.ui.axes import decimals_of, levels, ticks
from divmon.ui.bars import EPOCH, SPANS, Plotted, cut, drawdown, ratio, thinned, twin, with_running
from divmon.ui.plot import Mark, draw, load
from divmon.ui.screens.instrument import InstrumentScreen
from divmon.ui.widgets.price_chart import PriceChart, matching
from divmon.ui.words import price
from tests.ui import fixtures
from tests.ui.conftest import desk, screen_text, text_of
from tests.ui.test_screen import FULL, running, settle

LAST = date(2026, 1, 16)  # a Friday


def weekdays(count: int, last: date = LAST) -> tuple[int, ...]:
    days: list[int] = []
    day = last
    while len(days) < count:
        if day.weekday() < 5:
            days.append((day - EPOCH).days)
        day -= timedelta(days=1)
    return tuple(reversed(days))


def series(name: str = "RUT", count: int = 1500, **more: Any) -> Series:
    day = weekdays(count)
    close = tuple(2000.0 + n % 50 for n in range(count))
    made = {
        "open": tuple(value - 1 for value in close),
        "high": tuple(value + 2 for value in close),
        "low": tuple(value - 3 for value in close),
    }
    return Series(
        instrument=name, name=f"yahoo:^{name}", **{"day": day, "close": close, **made, **more}
    )


def hours(count: int = 120) -> dict[str, Any]:
    start = int(datetime(2026, 1, 16, 20, tzinfo=UTC).timestamp())
    return {
        "hour": tuple(start - 3600 * n for n in reversed(range(count))),
        "hour_close": tuple(90_000.0 + n for n in range(count)),
    }


def first_day(plotted: Plotted) -> date:
    return EPOCH + timedelta(days=plotted.time[0] // 86_400)


@pytest.mark.parametrize(
    ("span", "first"),
    [
        ("1D", date(2026, 1, 15)),
        ("5D", date(2026, 1, 9)),
        ("1M", date(2025, 12, 16)),
        ("3M", date(2025, 10, 16)),
        ("YTD", date(2025, 12, 31)),
        ("1Y", date(2025, 1, 16)),
        ("5Y", date(2021, 1, 15)),  # a Friday; the 16th was none
    ],
)
def test_a_span_begins_where_its_change_is_counted_from(span: Any, first: date) -> None:
    shown = cut(series(), span)
    assert first_day(shown) == first
    assert not shown.short
    assert shown.time[-1] == (LAST - EPOCH).days * 86_400
    assert len(shown.open) == len(shown.high) == len(shown.low) == len(shown.close)


def test_max_is_everything_and_a_short_history_is_no_error() -> None:
    assert len(cut(series(), "MAX").close) == 1500
    for span in SPANS:
        assert len(cut(series(count=1), span).close) == 1
        assert cut(Series(instrument="X"), span) == Plotted(lack="no daily bars are known")


def test_days_of_bitcoin_are_drawn_from_its_hours_others_say_that_there_are_none() -> None:
    bitcoin = series("BTC", **hours())
    assert (len(cut(bitcoin, "1D").close), cut(bitcoin, "1D").hourly) == (25, True)
    assert len(cut(bitcoin, "5D").close) == 120
    assert not cut(bitcoin, "1M").hourly
    assert "no hours are kept" in cut(series(), "1D").lack


def test_closes_alone_make_no_candles() -> None:
    assert cut(series(value_only=True), "1M").open == ()


def row(last: float, day: date, confirmed: date, state: Any = "live") -> Instrument:
    stamp = datetime(day.year, day.month, day.day, 15, tzinfo=UTC)
    return Instrument(last=last, time=stamp, confirmed=confirmed, state=state)


def test_the_newest_price_closes_the_running_bar_or_begins_one() -> None:
    monday = date(2026, 1, 19)
    begun = with_running(series(), row(2100.0, monday, LAST))
    assert begun.day[-1] == (monday - EPOCH).days
    assert (begun.open[-1], begun.close[-1]) == (2100.0, 2100.0)
    friday = with_running(series(), row(2100.0, LAST, date(2026, 1, 15)))
    assert len(friday.day) == 1500
    assert (friday.high[-1], friday.close[-1]) == (2100.0, 2100.0)
    done = series()
    assert with_running(done, row(2100.0, LAST, LAST)) is done
    assert with_running(done, row(2100.0, monday, LAST, "stale")) is done
    assert with_running(done, None) is done


def test_a_drawdown_counts_from_the_highest_close_of_all_history() -> None:
    close = (200.0, *[100.0] * 30, 150.0)
    shown = drawdown(series(count=32, close=close), "1M")
    assert set(shown.close[:-1]) == {-50.0}
    assert shown.close[-1] == -25.0


def test_a_ratio_is_of_common_days_and_begins_at_100() -> None:
    ours = series(count=10, close=tuple(float(n) for n in range(10, 20)))
    bitcoin = series("BTC", count=10, close=(2.0,) * 10)
    other = msgspec.structs.replace(bitcoin, day=bitcoin.day[2:], close=bitcoin.close[2:])
    shown = ratio(ours, other, "MAX")
    assert len(shown.close) == 8
    assert shown.close[0] == 100.0
    assert shown.close[-1] == pytest.approx(100 * 19 / 12)
    assert "no day in common" in ratio(ours, Series(instrument="BTC"), "MAX").lack


@given(st.lists(st.floats(1, 1e6), min_size=1, max_size=900), st.integers(1, 120))
def test_thinning_loses_no_extreme_and_keeps_the_ends(values: list[float], cells: int) -> None:
    xs, ys = thinned(values, cells)
    assert xs == sorted(set(xs))
    assert [values[int(x)] for x in xs] == ys
    assert (min(ys), max(ys)) == (min(values), max(values))
    assert ys[-1] == values[-1]
    assert len(ys) <= max(len(values) if len(values) <= 2 * cells else 0, 2 * cells + 1)


def test_a_span_that_the_data_do_not_fill_says_so() -> None:
    for make in (cut, drawdown):
        assert make(series(count=40), "1Y").short
        assert not make(series(count=40), "1M").short
        assert not make(series(count=40), "MAX").short
    assert ratio(series(count=40), series("BTC"), "1Y").short


def test_a_twin_is_drawn_as_long_as_there_are_earlier_falls() -> None:
    shown = twin(fixtures.track())
    assert (shown.counted, shown.time[-1]) == (True, 60)
    assert shown.close[-1] == pytest.approx(-20.0)
    assert [len(band) for band in shown.bands] == [41, 41, 41]
    assert "no fall" in twin(Track(instrument="RUT")).lack


@pytest.mark.parametrize(
    ("low", "high", "count", "logarithmic", "expected"),
    [
        (1672.73, 2678.35, 5, False, [1800, 2000, 2200, 2400, 2600]),
        (61.2, 98.7, 5, False, [70, 80, 90]),
        (-31.5, 0.0, 4, False, [-30, -20, -10, 0]),
        (0.0123, 0.0184, 5, False, [0.014, 0.016, 0.018]),
        (157.9, 158.4, 3, False, [158, 158.2, 158.4]),
        (178, 124_752, 5, True, [1000, 10_000, 100_000]),
        (30, 400, 5, True, [50, 100, 200]),
        (90, 130, 5, True, [90, 100, 110, 120, 130]),
        (5, 5, 5, False, [5]),
    ],
)
def test_the_axis_has_round_levels(
    low: float, high: float, count: int, logarithmic: bool, expected: list[float]
) -> None:
    assert levels(low, high, count, logarithmic=logarithmic) == expected


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 8), st.booleans())
def test_levels_are_few_even_and_within(
    low: float, over: float, count: int, logarithmic: bool
) -> None:
    found = levels(low, low + over, count, logarithmic=logarithmic)
    assert found == sorted(set(found))
    assert 2 <= len(found) <= 2.5 * count + 2
    slack = 1e-6 * over
    assert low - slack <= found[0] <= found[-1] <= low + over + slack
    if not logarithmic:
        assert all(
            b - a == pytest.approx(found[1] - found[0], rel=1e-6) for a, b in pairwise(found)
        )


def test_a_level_is_written_with_the_decimals_that_it_has() -> None:
    assert decimals_of([1800.0, 2000.0]) == 0
    assert decimals_of([158.0, 158.2]) == 1
    assert decimals_of([0.0125]) == 4
    assert decimals_of([1 / 3]) == 6


@pytest.mark.parametrize("cells", [10, 40, 68, 190])
@pytest.mark.parametrize("span", SPANS)
def test_ticks_stand_on_bars_ascend_and_have_room(span: Any, cells: int) -> None:
    for bars in (series(**hours()), series("BTC", count=30), series(count=1)):
        shown = cut(bars, span)
        at, names = ticks(shown, cells)
        assert at == sorted(set(at))
        assert all(0 <= each < len(shown.time) for each in at)
        assert len(names) == len(at) <= max(2, cells // 10)


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ("5D", ["9 Jan", "12 Jan", "13 Jan", "14 Jan", "15 Jan", "16 Jan"]),
        ("1M", ["22 Dec", "29 Dec", "5 Jan", "12 Jan"]),
        ("3M", ["Nov", "Dec", "Jan 2026"]),
        ("1Y", ["Apr", "Jul", "Oct", "Jan 2026"]),
        ("5Y", ["2022", "2023", "2024", "2025", "2026"]),
    ],
)
def test_ticks_are_where_days_months_and_years_begin(span: Any, expected: list[str]) -> None:
    assert ticks(cut(series(), span), 80)[1] == expected


def test_hours_are_named_by_the_clock_and_midnight_by_the_day() -> None:
    names = ticks(cut(series("BTC", **hours()), "1D"), 80)[1]
    assert names == ["21:00", "16 Jan", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00"]
    assert ticks(twin(fixtures.track()), 80)[1] == ["0", "10", "20", "30", "40", "50", "60"]


# -- drawing ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plot() -> Any:
    return load()()


def texts(plot: Any, shown: Plotted, **how: Any) -> list[str]:
    made = draw(plot, shown, (80, 16), desk().ink, write=lambda value, n: f"{value:.{n}f}", **how)
    return ["".join(part.text for part in line) for line in made]


@pytest.mark.parametrize("logarithmic", [False, True])
def test_a_line_has_its_axes_and_nothing_hangs_over(plot: Any, logarithmic: bool) -> None:
    lines = texts(plot, cut(series(), "5Y"), logarithmic=logarithmic)
    assert [Segment(line).cell_length for line in lines] == [80] * 16
    text = "\n".join(lines)
    assert "2040┤" in text
    assert "2000┤" in text
    assert "2026" in text
    assert any(0x2800 < ord(character) < 0x2900 for character in text)


def test_the_last_value_stands_at_its_height_and_a_near_wall_is_a_line(plot: Any) -> None:
    shown = cut(series(), "1Y")
    lines = texts(plot, shown, last=Mark(2010.0, "2,010.0"), wall=Mark(2055.0, "2,055"))
    assert [Segment(line.rstrip()).cell_length <= 80 for line in lines]
    (at,) = [y for y, line in enumerate(lines) if "◂2,010.0" in line]
    (level,) = [y for y, line in enumerate(lines) if "2010┤" in line or "2000┤" in line][:1]
    assert abs(at - level) <= 3
    (wall,) = [line for line in lines if "2,055┤" in line]
    assert "┄" in wall
    far = texts(plot, shown, wall=Mark(3000.0, "3,000"))
    assert not any("3,000" in line for line in far)


def test_candles_tell_their_direction_without_colour(plot: Any) -> None:
    shown = cut(series(count=2, open=(10.0, 20.0), high=(21.0, 21.0), low=(9.0, 9.0),
                       close=(20.0, 10.0)), "MAX")  # fmt: skip
    text = "\n".join(texts(plot, shown, candles=True))
    assert "█" in text
    assert "░" in text


def chart(plot: Any, *frames: Any, name: str = "RUT") -> PriceChart:
    made = PriceChart(desk((fixtures.hello(), fixtures.reading(), *frames)), name)
    made.plot = plot
    made.span = "3M"
    return made


def test_where_axes_find_no_room_the_span_is_drawn_with_its_extremes(plot: Any) -> None:
    panel = chart(plot, series())
    panel.span = "1M"
    text = "\n".join(text_of(panel, 60, 8))
    found = cut(with_running(series(), fixtures.reading().instruments["RUT"]), "1M").close
    assert f"highest {price(max(found))}, lowest {price(min(found))}" in text
    panel.what = "drawdown"
    assert "highest 0.0 %" in "\n".join(text_of(panel, 60, 8))


def test_the_chart_says_that_its_scale_is_one_of_logarithms(plot: Any) -> None:
    panel = chart(plot, series())
    assert "log scale" not in text_of(panel, 160, 20)[-2]
    panel.logarithmic = True
    assert "log scale" in text_of(panel, 160, 20)[-2]
    panel.what = "drawdown"
    assert "log scale" not in text_of(panel, 160, 20)[-2]


def test_candles_that_find_no_room_are_told(plot: Any) -> None:
    panel = chart(plot, series(open=series().close, high=series().close, low=series().close))
    panel.span = "1Y"
    assert re.search(r"a line: 26\d candles need", text_of(panel, 120, 20)[-2])
    panel.candles = False
    assert "candles" not in text_of(panel, 120, 20)[-2]


def test_the_chart_says_since_when_its_data_are_and_what_is_drawn(plot: Any) -> None:
    panel = chart(plot, series(), series("BTC"))
    assert "data from 2020-" in text_of(panel, 120, 20)[-2]
    assert "yahoo:^RUT" in text_of(panel, 120, 20)[-2]
    panel.what = "drawdown"
    assert "under the highest close so far" in text_of(panel, 160, 20)[-2]
    panel.what = "ratio"
    assert "against BTC, the first day is 100" in text_of(panel, 160, 20)[-2]
    itself = chart(plot, series("BTC"), name="BTC")
    itself.what = "ratio"
    assert "BTC against itself" in text_of(itself, 120, 20)[1]
    alone = chart(plot, series())
    alone.what = "ratio"
    assert "waiting for the bars of BTC" in text_of(alone, 120, 20)[1]
    alone.other = "GOLD"
    assert "waiting for the bars of GOLD" in text_of(alone, 120, 20)[1]


def test_the_edge_says_what_the_span_amounts_to(plot: Any) -> None:
    def edge(panel: PriceChart, **how: Any) -> str:
        for name, value in how.items():
            setattr(panel, name, value)
        return text_of(panel, 200, 20)[0]

    rising = series(close=tuple(1000.0 + n for n in range(1500)))
    panel = chart(plot, rising, series("BTC"))
    # from the close of 20 October, 2,435, to the running price
    assert "3M ▲ +8.6 %" in edge(panel)
    assert "3M deepest 0.0 %, now 0.0 %" in edge(panel, what="drawdown")
    assert "against BTC" in edge(panel, what="ratio")
    short = chart(plot, series(count=40))
    assert "since 2025-11-24 ▲" in edge(short, span="1Y")
    rate = chart(plot, series("US10Y", close=tuple(4.0 + n / 1500 for n in range(1500))),
                 name="US10Y")  # fmt: skip
    assert "5Y ▲ +16 bp" in edge(rate, span="5Y")
    told = chart(plot, series(), fixtures.track())
    assert "60 bars under the high, −20.0 %" in edge(told, what="twin")
    assert "2 earlier falls, 1 as long" in text_of(told, 200, 20)[-2]


def test_a_wall_is_told_where_it_is_too_far_to_draw(plot: Any) -> None:
    panel = chart(plot, series("BTC"), name="BTC")
    assert "wall 100,000, +11.4 %" in text_of(panel, 120, 20)[-2]


@pytest.mark.parametrize(
    ("typed", "found"),
    [("go", ["GOLD", "NASDAQGO", "GC"]), ("", ["GOLD", "GLD", "NASDAQGO", "GC"]), ("zz", []),
     ("[/b]", [])],
)  # fmt: skip
def test_names_that_begin_so_come_first(typed: str, found: list[str]) -> None:
    labels = {"GC": "Gold front month", "GLD": "SPDR"}
    assert matching(typed, ["GOLD", "GLD", "NASDAQGO", "GC"], labels) == found


@pytest.mark.parametrize("size", [(196, 30), (80, 12), (40, 6), (20, 10), (7, 3), (1, 1)])
def test_the_chart_draws_at_every_size_before_and_after_its_bars(
    plot: Any, size: tuple[int, int]
) -> None:
    for frames in ((), (series(),), (Series(instrument="RUT"),), (series(count=1),)):
        lines = text_of(chart(plot, *frames), *size)
        assert [Segment(line).cell_length for line in lines] == [size[0]] * size[1]


def test_a_tick_draws_nothing_anew_until_the_price_is_taken(plot: Any) -> None:
    panel = chart(plot, series("BTC"), name="BTC")
    text_of(panel, 120, 20)
    assert panel._drawn is not None
    before = panel._drawn[1]
    panel.desk.view.apply(fixtures.tick(95_000.0, 1.0))
    text_of(panel, 120, 20)
    assert panel._drawn[1] is before
    panel.take_price()
    text_of(panel, 120, 20)
    assert panel._drawn[1] is not before


async def test_the_screen_asks_for_bars_draws_them_and_obeys_its_keys() -> None:
    async with running(*FULL) as (app, pilot, feed):
        await pilot.press("enter")
        await pilot.pause()
        page = app.screen
        assert isinstance(page, InstrumentScreen)
        assert feed.sent == [AskSeries("RUT")]
        assert "closes on hand" in screen_text(app)
        while page.chart.plot is None:
            await asyncio.sleep(0.01)
        feed.push(series())
        await settle(app, pilot, feed)
        await page.beat()
        assert "data from 2020-" in screen_text(app)
        for key, span in (("3", "1M"), ("8", "MAX")):
            await pilot.press(key)
            assert page.chart.span == span
        await pilot.press("l", "c", "d")
        assert (page.chart.logarithmic, page.chart.candles) == (True, False)
        assert "under the highest close so far" in screen_text(app)
        await pilot.press("b")
        assert "waiting for the bars of BTC" in screen_text(app)
        assert feed.sent[-1] == AskSeries("BTC")
        await pilot.click(page.chart, offset=(14, 0))
        await pilot.pause()
        assert page.chart.span in ("1D", "5D")
        await pilot.press("n")
        assert feed.sent[-1] in (AskSeries("SPX"), AskSeries("BTC"))
        assert AskSeries("SPX") in feed.sent


async def test_bars_that_do_not_come_are_asked_for_again() -> None:
    async with running(*FULL) as (app, pilot, feed):
        await pilot.press("enter")
        await pilot.pause()
        page = app.screen
        assert isinstance(page, InstrumentScreen)
        for _ in range(5):
            await page.beat()
        assert feed.sent == [AskSeries("RUT")] * 2
