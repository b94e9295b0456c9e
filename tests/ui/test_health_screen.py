"""The page of the sources' health, and what all pages share."""

import msgspec
import pytest

from divmon.link.codec import Health, Refresh
from divmon.market.events import SourceHealth
from divmon.ui.actions import PAGES
from divmon.ui.screens.health import HealthScreen
from divmon.ui.screens.help import HelpScreen
from divmon.ui.screens.main import MainScreen
from divmon.ui.screens.page import Page
from divmon.ui.widgets.footer import SourcesLine
from divmon.ui.widgets.health import SourcesPanel, VenuesPanel
from tests.ui import fixtures
from tests.ui.conftest import desk, text_of
from tests.ui.pages import HARMLESS, HOSTILE, SIZES, opened
from tests.ui.test_screen import FULL, Hands

AT = fixtures.NOW.timestamp()


@pytest.mark.parametrize("size", SIZES)
async def test_every_source_with_state_reason_and_next_try(size: tuple[int, int]) -> None:
    async with opened("i", size=size) as up:
        up.page(HealthScreen)
        assert "6 of 7 ok" in up.text
        okx = next(n for n, line in enumerate(up.lines) if "okx" in line)
        assert "◐" in up.lines[okx]
        assert "retrying" in up.lines[okx]
        assert " 4 s" in up.lines[okx]
        assert "silent 30 s" in up.lines[okx] + up.lines[okx + 1]


@pytest.mark.parametrize("size", SIZES)
async def test_every_venue_says_why_it_is_not_used(size: tuple[int, int]) -> None:
    async with opened("i", size=size) as up:
        venues = up.text[up.text.index("Venues of BTC") :]
        assert "89,744.89" in venues  # coinbase
        assert "−1.4 bp" in venues  # binance
        assert "not used: stale 12 s" in venues


async def test_the_next_try_counts_down_and_ages_grow_without_frames() -> None:
    hands = Hands()
    async with opened("i", hands=hands) as up:
        hands.now = 3.0
        up.draw()
        await up.pilot.pause()
        okx = next(line for line in up.lines if "okx" in line)
        assert " 1 s" in okx
        hands.now = 65.0
        up.draw()
        await up.pilot.pause()
        okx = next(line for line in up.lines if "okx" in line)
        assert " now" in okx
        kraken = next(line for line in up.lines if "kraken" in line)
        assert " 1 m" in kraken


async def test_troubles_are_counted_where_they_are_seen() -> None:
    bad = SourceHealth("kraken", "exchange", "ok", AT - 900, "", AT, None, 41.2, 3, 1204, 5, 2)
    lines = text_of(SourcesPanel(desk((*FULL, Health(bad)))), 120, 12)
    kraken = next(line for line in lines if "kraken" in line)
    for told in ("41 ms", " 3 ", "1,204", " 5 ", " 2 "):
        assert told in kraken


async def test_a_lost_engine_is_a_line_of_its_own() -> None:
    gone = SourceHealth("engine", "link", "retrying", AT, "socket closed", next_try=AT + 2)
    async with opened("i", *FULL, Health(gone)) as up:
        assert any("engine" in line and "retrying" in line for line in up.lines)
        assert "socket closed" in up.text
        # nobody is there to say how the others are now
        assert any("? coinbase" in line and "was ok" in line for line in up.lines)
        assert "as last heard; the engine is gone" in up.text
        assert "engine gone" in up.text  # the banner is on every page
        assert up.app.desk.ink.dimmed


async def test_hostile_names_and_reasons_are_text() -> None:
    bad = SourceHealth(HOSTILE, "exchange", "retrying", AT, HOSTILE)
    lines = text_of(SourcesPanel(desk((*FULL, Health(bad)))), 160, 20)
    assert sum(HARMLESS in line for line in lines) >= 1
    row = fixtures.bitcoin()
    venue = msgspec.structs.replace(row.venues["okx"], reason=HOSTILE, currency="\x1b[31m")
    row = msgspec.structs.replace(row, venues={**row.venues, "okx": venue})
    board = fixtures.reading()
    board = msgspec.structs.replace(board, instruments={**board.instruments, "BTC": row})
    text = "\n".join(text_of(VenuesPanel(desk((fixtures.hello(), board))), 120, 12))
    assert HARMLESS in text
    assert "\x1b" not in text


async def test_r_asks_every_source_again() -> None:
    async with opened("i") as up:
        await up.press("r")
        assert up.feed.sent == [Refresh()]


async def test_more_sources_than_lines_are_scrolled_to() -> None:
    many = tuple(
        Health(SourceHealth(f"venue{n:02}", "exchange", "ok", AT, last_data=AT)) for n in range(40)
    )
    async with opened("i", *FULL, *many, size=(80, 24)) as up:
        assert "venue39" not in up.text
        await up.press("G")
        assert "venue39" in up.text
        await up.press("g")
        assert "coinbase" in up.text


# -- what all pages share ------------------------------------------------------------


@pytest.mark.parametrize("size", [*SIZES, (60, 15), (40, 10), (20, 6)])
async def test_every_page_opens_by_key_at_every_size_and_esc_goes_back(
    size: tuple[int, int],
) -> None:
    async with opened("", size=size) as up:
        for action in PAGES:
            await up.press(*fixtures.keys_of(action.name))
            assert action.name == up.page(Page).PAGE
            assert "ABC" in up.lines[0]
            await up.press("escape")
            assert isinstance(up.app.screen, MainScreen)


async def test_pages_take_each_others_place() -> None:
    async with opened("i") as up:
        for action in (*PAGES, *PAGES):
            await up.press(*fixtures.keys_of(action.name))
            up.page(Page)
            assert len(up.app.screen_stack) == 2
        await up.press("escape")
        assert isinstance(up.app.screen, MainScreen)


async def test_every_page_is_in_help_and_palette() -> None:
    async with opened("i", size=(80, 60)) as up:
        commands = {command.title for command in up.app.get_system_commands(up.app.screen)}
        await up.press("question_mark")
        assert isinstance(up.app.screen, HelpScreen)
        text = ""
        for _ in range(8):
            text += up.text
            await up.press(*"jjjjj")
        for action in PAGES:
            # the page that is up is not opened from itself
            assert (action.help in text) == (action.name != "health")
            assert (action.label in commands) == (action.name != "health")


async def test_the_palette_opens_a_page_over_the_board_and_over_a_page() -> None:
    async with opened("c") as up:
        await up.press("ctrl+p")
        await up.press(*"sources")
        await up.pilot.pause(0.5)
        await up.press("enter")
        await up.pilot.pause(0.3)
        up.page(HealthScreen)
        assert len(up.app.screen_stack) == 2


async def test_the_mouse_opens_and_leaves_a_page() -> None:
    async with opened("") as up:
        line = up.app.main.query_one(SourcesLine)
        await up.pilot.click(line, offset=(3, 0))
        await up.pilot.pause()
        up.page(HealthScreen)
        await up.pilot.click("#keys", offset=(2, 0))
        await up.pilot.pause()
        assert isinstance(up.app.screen, MainScreen)


async def test_a_page_pauses_with_the_board_and_takes_up_a_theme() -> None:
    async with opened("i") as up:
        await up.press("p")
        assert "PAUSED" in up.lines[0]
        assert up.app.main.paused
        before = up.app.screen.query_one(SourcesPanel)._strips[0]
        await up.press("t")
        assert up.app.screen.query_one(SourcesPanel)._strips[0] != before
        await up.press("p")
        assert "PAUSED" not in up.lines[0]


async def test_every_page_says_simulated() -> None:
    fake = fixtures.reading(simulated=True, banner="SIMULATED · no source answered")
    async with opened("", fixtures.hello(simulated=True), fake) as up:
        for action in PAGES:
            await up.press(*fixtures.keys_of(action.name))
            up.page(Page)
            assert up.text.count("SIMULATED") >= 2
