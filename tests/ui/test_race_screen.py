"""The divergence race: bars, lines, anchors, and an order that no tick disturbs."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from rich.segment import Segment

from divmon.link.codec import AskRace
from divmon.market.sessions import day_number
from divmon.reading.model import Catchup
from divmon.reading.race import ANCHORS, Lane, Race
from divmon.ui.screens.instrument import InstrumentScreen
from divmon.ui.screens.race import RaceScreen
from divmon.ui.widgets.race import RaceNote, RacePanel
from divmon.ui.widgets.race_lines import RaceLines
from divmon.ui.widgets.race_view import RaceView
from tests.ui import fixtures
from tests.ui.conftest import desk, text_of
from tests.ui.pages import HARMLESS, HOSTILE, SIZES, opened
from tests.ui.test_screen import FULL

SINCE = date(2025, 12, 31)


def seen(*frames: Any, anchor: str = "YTD") -> RaceView:
    made = RaceView(desk((fixtures.hello(), fixtures.reading(), *frames)))
    made.anchor = anchor
    made.take(made.desk.view.races.get(anchor))
    return made


def bars(*frames: Any, size: tuple[int, int] = (120, 26), **how: Any) -> list[str]:
    return text_of(RacePanel(seen(*frames, **how)), *size)


def line_of(lines: list[str], name: str) -> str:
    return next(line for line in lines[2:] if f" {name} " in line)


def changed(name: str, **changes: Any) -> Race:
    """Return the race with another lane for `name`."""
    made = fixtures.race()
    lanes = tuple(
        msgspec.structs.replace(lane, **changes) if lane.instrument == name else lane
        for lane in made.lanes
    )
    return msgspec.structs.replace(made, lanes=lanes)


# -- bars --------------------------------------------------------------------------------


def test_bars_stand_by_return_with_what_bitcoin_needs() -> None:
    lines = bars(fixtures.race())
    order = [line[9:17].strip() for line in lines[2:6]]
    assert order == ["SILVER", "SLV", "STAR50", "GOLD"]
    silver = line_of(lines, "SILVER")
    assert "▲ +34.3 %" in silver
    # 89,734.12 / 1.027 is BTC's base; 34.32 % more than that
    assert "117,362" in silver
    assert "▲ +30.8 %" in silver
    assert "● BTC" in line_of(lines, "BTC")
    assert "a level, not ranked" in line_of(lines, "VIX")
    assert "▲ +12 bp" in line_of(lines, "US10Y")
    spx = line_of(lines, "SPX")
    assert "▼ −0.7 %" in spx
    assert "│" in spx[15:22]  # the axis, as there are losers
    assert "2025-12-31" in lines[1]


def test_without_losers_zero_is_the_left_edge() -> None:
    race = fixtures.race()
    winners = tuple(lane for lane in race.lanes if lane.instrument in ("BTC", "RUT", "GOLD"))
    gold = line_of(bars(msgspec.structs.replace(race, lanes=winners)), "GOLD")
    assert "│" not in gold[2:-2]
    assert "GOLD    █" in gold


def test_a_base_of_another_day_and_a_missing_one_say_so() -> None:
    other = changed("STAR50", day=date(2025, 12, 30))
    assert "from 2025-12-30" in line_of(bars(other), "STAR50")
    assert "from" not in line_of(bars(other), "GOLD")
    for lack, day, words in (
        ("later", date(2026, 1, 5), "data begin on 2026-01-05"),
        ("old", date(2025, 3, 1), "last close by then is of 2025-03-01"),
        ("nothing", None, "no daily bars"),
    ):
        line = line_of(bars(changed("HYG", base=None, path=(), lack=lack, day=day)), "HYG")
        assert words in line
        assert "—" in line
        assert "%" not in line


def test_a_stale_price_is_marked_by_a_sign_and_a_word() -> None:
    rows = fixtures.rows()
    rows["SPX"] = msgspec.structs.replace(rows["SPX"], state="stale")
    board = fixtures.reading(instruments=rows)
    wide = bars(board, fixtures.race())
    assert "○ SPX" in line_of(wide, "SPX")
    assert "stale" in line_of(wide, "SPX")
    assert "○ SPX" in line_of(bars(board, fixtures.race(), size=(60, 26)), "SPX")


@pytest.mark.parametrize(
    ("race", "words"),
    [
        (None, "asking the engine for the closes since YTD"),
        (Race(anchor="YTD", lack="nothing"), "no completed bars yet"),
        (Race(anchor="wall", lack="wall"), "BTC has no wall now"),
        (Race(anchor="BTC high", lack="high"), "its high is not known"),
        (Race(anchor="ABC", lack="abc"), "no state yet"),
        (Race(anchor="2031-01-01", lack="future"), "2031-01-01 lies ahead"),
        (Race(anchor=HOSTILE, lack="date"), f"{HARMLESS} is no date"),
    ],
)
def test_where_there_is_no_race_it_is_said_why(race: Race | None, words: str) -> None:
    frames = () if race is None else (race,)
    made = seen(*frames, anchor=race.anchor if race else "YTD")
    for panel in (RacePanel(made), RaceLines(made)):
        assert words in "\n".join(text_of(panel, 120, 12))


def test_no_tick_moves_a_line_but_a_bar_and_a_key_do() -> None:
    made = seen(fixtures.race())
    panel, view = RacePanel(made), made.desk.view
    text_of(panel, 120, 26)
    before = made.order
    assert before.index("BTC") > before.index("GOLD")
    view.apply(fixtures.tick(200_000.0, 1.0))
    made.take(view.races["YTD"])
    lines = text_of(panel, 120, 26)
    assert made.order == before
    assert "+128.9 %" in line_of(lines, "BTC")  # the value is the tick's all the same
    view.apply(fixtures.race())  # the same closes, asked for by another screen
    made.take(view.races["YTD"])
    assert made.order == before
    made.sort()
    assert made.order[0] == "BTC"
    view.apply(fixtures.tick(1_000.0, 2.0))
    view.apply(changed("GOLD", path=(1.0, 1.2)))  # a bar has closed
    made.take(view.races["YTD"])
    assert made.order.index("BTC") == len(made.order) - 3  # before the two levels


@pytest.mark.parametrize(
    "size", [(196, 40), (116, 26), (76, 20), (56, 12), (40, 6), (7, 3), (1, 1)]
)
@pytest.mark.parametrize("ascii_only", [False, True])
def test_every_line_has_the_width_of_its_panel(size: tuple[int, int], ascii_only: bool) -> None:
    hostile = Lane(instrument=HOSTILE, day=SINCE, base=1.0, path=(1.0,) * 10)
    race = fixtures.race()
    race = msgspec.structs.replace(race, lanes=(*race.lanes, hostile))
    for frames in ((), (race,)):
        made = seen(*frames)
        made.desk.ascii = ascii_only
        for panel in (RacePanel(made), RaceLines(made), RaceNote(made)):
            lines = text_of(panel, *size)
            assert [Segment(line).cell_length for line in lines] == [size[0]] * size[1]
            assert "\x1b" not in "".join(lines)
            assert not ascii_only or "".join(lines).isascii()


def test_the_note_tells_bitcoins_base_and_the_baskets_own_price() -> None:
    board = fixtures.reading(catchup=(Catchup(target="basket", anchor="YTD", price=103_900.0),))
    (line,) = text_of(RaceNote(seen(board, fixtures.race())), 160, 1)
    assert "since the year began, closes of 2025-12-31 · BTC from 87,375 (UTC close)" in line
    assert "the score's basket, at the last New York close: BTC 103,900" in line
    (other,) = text_of(RaceNote(seen(board, fixtures.race("1M"), anchor="1M")), 160, 1)
    assert "basket" not in other


# -- lines -------------------------------------------------------------------------------


def test_lines_have_letters_a_level_of_100_and_days_below() -> None:
    lines = text_of(RaceLines(seen(fixtures.race())), 120, 26)
    text = "\n".join(lines)
    for letter in "ABCDEF":
        assert text.count(letter) >= 1, letter
    assert any(line.split("┤")[0].split()[-1:] == ["100"] for line in lines if "┤" in line)
    assert "Jan" in text
    assert "since the year began, closes of 2025-12-31" in text


def test_the_legend_has_the_letter_of_each_line_and_m_marks_another() -> None:
    made = seen(fixtures.race())
    panel = RacePanel(made)
    panel.compact = True
    assert made.letters() == {
        "BTC": "A", "RUT": "B", "SPX": "C", "GOLD": "D", "STAR50": "E", "HYG": "F",
    }  # fmt: skip
    lines = text_of(panel, 26, 26)
    assert "A BTC" in "\n".join(lines)
    assert "B RUT" in "\n".join(lines)
    made.mark("RUT")
    made.mark("SILVER")
    assert "RUT" not in made.letters()
    assert made.letters()["SILVER"] == "D"
    made.mark("SILVER")
    assert "SILVER" not in made.letters()


def test_a_race_of_one_day_and_of_equal_prices_is_drawn() -> None:
    today = day_number(date(2026, 1, 20))
    flat = tuple(Lane(instrument=name, day=SINCE, base=5.0, path=(1.0,)) for name in ("BTC", "RUT"))
    race = Race(anchor="YTD", since=SINCE, days=(today,), lanes=flat)
    assert len(text_of(RaceLines(seen(race)), 80, 20)) == 20
    nobody = msgspec.structs.replace(race, lanes=(Lane(instrument="BTC", lack="nothing"),))
    assert "since the year began" in "\n".join(text_of(RaceLines(seen(nobody)), 80, 20))


# -- the screen --------------------------------------------------------------------------


@pytest.mark.parametrize("size", [*SIZES, (60, 15)])
async def test_d_opens_the_race_and_d_again_draws_lines(size: tuple[int, int]) -> None:
    async with opened("d", *FULL, size=size) as up:
        page = up.page(RaceScreen)
        assert up.feed.sent[-1] == AskRace("YTD")
        assert "asking the engine" in up.text
        await up.push(fixtures.race())
        assert "SILVER" in up.text
        assert "+34.3 %" in up.text
        assert "117,362" in up.text
        assert "┤" not in up.text
        await up.press("d")
        assert "┤" in up.text
        assert "+34.3 %" in up.text
        await up.press("d")
        assert "┤" not in up.text
        assert not page.panel.compact
        await up.press("escape")
        assert up.app.screen is up.app.main


async def test_keys_choose_the_anchor_and_each_is_asked_for_once() -> None:
    async with opened("d", *FULL, fixtures.race()) as up:
        page = up.page(RaceScreen)
        sent = up.feed.sent
        for number, anchor in enumerate(ANCHORS, start=1):
            await up.press(str(number))
            assert page.seen.anchor == anchor
            assert sent[-1] == AskRace(anchor)
            await up.push(fixtures.race(anchor))
        asked = len(sent)
        for _ in range(3):
            page.draw()
        await up.pilot.pause()
        assert len(sent) == asked
        await up.press("tab")
        assert page.seen.anchor == ANCHORS[0]
        await up.press("shift+tab")
        assert page.seen.anchor == ANCHORS[-1]


async def test_a_race_that_does_not_come_is_asked_for_again_and_after_a_bar() -> None:
    async with opened("d", *FULL) as up:
        page = up.page(RaceScreen)
        for _ in range(6):
            page.draw()
        await up.pilot.pause()
        assert up.feed.sent.count(AskRace("YTD")) >= 2
        await up.push(fixtures.race())
        asked = up.feed.sent.count(AskRace("YTD"))
        rows = fixtures.rows()
        rows["RUT"] = msgspec.structs.replace(rows["RUT"], confirmed=date(2026, 1, 20))
        await up.push(fixtures.reading(instruments=rows))
        assert up.feed.sent.count(AskRace("YTD")) == asked + 1


async def test_a_date_is_typed_and_opens_no_page() -> None:
    async with opened("d slash", *FULL, fixtures.race()) as up:
        page = up.page(RaceScreen)
        await up.press(*"hq2025100")
        assert up.app.screen is page
        await up.press("ctrl+u", *"2025-10-06")
        assert "since 2025-10-06▏" in up.text
        await up.press("enter")
        assert up.feed.sent[-1] == AskRace("2025-10-06")
        await up.push(fixtures.race("2025-10-06", since=date(2025, 10, 6)))
        assert "closes of 2025-10-06" in up.text
        await up.press("8", "backspace", "7", "enter")
        assert page.seen.anchor == "2025-10-07"
        await up.press("slash", "escape")
        assert page.seen.anchor == "2025-10-07"
        await up.press("slash", "ctrl+u", *"soon", "enter")
        await up.push(Race(anchor="soon", lack="date"))
        assert "soon is no date; type one as 2025-10-06" in up.text


async def test_enter_opens_the_chart_x_explains_and_o_sorts() -> None:
    async with opened("d", *FULL, fixtures.race()) as up:
        page = up.page(RaceScreen)
        await up.push()
        assert page.subject == "instruments.SILVER.last"
        await up.press("j", "enter")
        chart: object = up.app.screen
        assert isinstance(chart, InstrumentScreen)
        assert chart.instrument == page.panel.chosen
        await up.press("escape")
        up.page(RaceScreen)
        await up.push(fixtures.tick(200_000.0, 1.0))
        assert page.seen.order[0] == "SILVER"
        await up.press("o")
        assert page.seen.order[0] == "BTC"
        await up.press("home", "m")
        assert "BTC" in page.seen.letters()  # Bitcoin always runs


async def test_another_source_leaves_nothing_of_the_race() -> None:
    async with opened("d", *FULL, fixtures.race()) as up:
        page = up.page(RaceScreen)
        await up.push()
        later = fixtures.NOW + timedelta(minutes=1)
        await up.push(fixtures.hello(source="demo", simulated=True, pid=2, now=later))
        assert page.seen.race is None
        assert "+34.3 %" not in up.text
