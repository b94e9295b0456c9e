"""The log of events: read back, searched, and looked at one by one."""

import pytest

from divmon.link.codec import Happened
from divmon.market.events import Event
from divmon.ui.screens.events import EventsScreen
from divmon.ui.screens.health import HealthScreen
from divmon.ui.view import EVENTS_KEPT
from divmon.ui.widgets.footer import EventsPanel
from tests.ui import fixtures
from tests.ui.pages import HARMLESS, HOSTILE, SIZES, opened
from tests.ui.test_screen import FULL

LOG = (
    Happened(fixtures.event("BTC candle closed red", 75_000, "info")),
    Happened(fixtures.event("okx silent 12 s", 3_100, "warning")),
    Happened(fixtures.event("ABC 75 confirmed", 270, "alert")),
    Happened(fixtures.event("GOLD record close", 240, "notice")),
)


@pytest.mark.parametrize("size", SIZES)
async def test_time_sign_subject_and_text_newest_first(size: tuple[int, int]) -> None:
    async with opened("l", *FULL, *LOG, size=size) as up:
        up.page(EventsScreen)
        shown = [line for line in up.lines[1:] if " BTC " in line]
        texts = ("GOLD record close", "ABC 75 confirmed", "okx silent 12 s", "candle closed red")
        assert [next(t for t in texts if t in line) for line in shown] == list(texts)
        assert "21:00:30" in shown[0]
        assert "●" in shown[0]
        assert "▲" in shown[1]
        assert "20 Jan 00:14" in shown[3] or "00:14:30" in shown[3]


async def test_slash_filters_while_one_types_and_keys_open_no_page() -> None:
    async with opened("l", *FULL, *LOG) as up:
        page = up.page(EventsScreen)
        await up.press("slash", *"silent")  # i, c, l, x, q would each do something
        assert up.page(EventsScreen) is page
        assert "filter: silent▌" in up.text
        assert "1 of 4" in up.text
        assert "okx silent" in up.text
        assert "GOLD record" not in up.text
        await up.press("backspace", "enter")
        assert "filter: silen ·" in up.text
        await up.press("i")  # kept; keys are keys again
        up.page(HealthScreen)


async def test_severity_and_kind_can_be_searched_and_nothing_found_is_said() -> None:
    async with opened("l", *FULL, *LOG) as up:
        await up.press("slash", *"alert abc")
        assert "1 of 4" in up.text
        await up.press(*"zz")
        assert 'nothing matches "alert abczz"' in up.text
        await up.press("escape")
        assert "4 of at most" in up.text
        up.page(EventsScreen)


async def test_enter_shows_all_of_one_and_esc_puts_away_one_thing_at_a_time() -> None:
    long = "a text that goes on " * 20 + "to its very end"
    event = Event(fixtures.NOW.timestamp(), "bad_tick", "okx", long, "warning", {"off_bp": 62.5})
    async with opened("l", *FULL, Happened(event), size=(80, 24)) as up:
        assert "its very end" not in up.text
        await up.press("enter")
        assert "its very end" in up.text
        assert "2026-01-20 21:04:30 · warning · bad tick" in up.text
        await up.press(*"JJJ")
        assert "off_bp" in up.text
        assert "62.5" in up.text
        await up.press("escape")
        assert "its very end" not in up.text
        await up.press("escape")
        assert up.app.screen is up.app.main


async def test_the_cursor_stays_on_its_event_while_newer_ones_come() -> None:
    async with opened("l j", *FULL, *LOG) as up:
        chosen = up.page(EventsScreen).list.chosen
        assert chosen is LOG[2].event
        await up.push(Happened(fixtures.event("one more")), Happened(fixtures.event("and one")))
        assert up.page(EventsScreen).list.chosen is chosen
        assert any("▸" in line and "ABC 75 confirmed" in line for line in up.lines)


async def test_on_top_the_cursor_goes_along_with_the_newest() -> None:
    async with opened("l", *FULL, *LOG) as up:
        await up.push(Happened(fixtures.event("one more")))
        assert any("▸" in line and "one more" in line for line in up.lines)


async def test_hostile_texts_are_shown_literally() -> None:
    event = Event(1.0, HOSTILE, HOSTILE, HOSTILE, "alert", {HOSTILE: HOSTILE})
    async with opened("l enter", *FULL, Happened(event)) as up:
        assert up.text.count("␛[2J[/b]") >= 4
        assert HARMLESS in up.text
        await up.press("slash", "left_square_bracket", "slash")
        assert "1 of 1" in up.text


async def test_a_thousand_events_are_walked_through() -> None:
    many = [Happened(fixtures.event(f"event {n}")) for n in range(1000)]
    async with opened("l", *FULL, *many, size=(80, 24)) as up:
        assert f"{EVENTS_KEPT} of at most {EVENTS_KEPT}" in up.text
        await up.press("G")
        assert f"event {1000 - EVENTS_KEPT}" in up.text
        await up.press("g")
        assert "event 999" in up.text


async def test_a_click_chooses_and_a_second_one_opens() -> None:
    async with opened("", *FULL, *LOG, size=(120, 36)) as up:
        await up.pilot.click(up.app.main.query_one(EventsPanel), offset=(5, 0))
        await up.pilot.pause()
        page = up.page(EventsScreen)
        await up.pilot.click(page.list, offset=(20, 4))
        await up.pilot.pause()
        assert page.list.chosen is LOG[1].event
        assert not page.story.has_class("on")
        await up.pilot.click(page.list, offset=(20, 4))
        await up.pilot.pause()
        assert page.story.has_class("on")
