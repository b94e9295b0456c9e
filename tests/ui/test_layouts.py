"""Layouts, zoom and the chosen panel, by key, palette and mouse."""

import random
from typing import Any

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot

from divmon.link.codec import Happened
from divmon.market.events import SourceHealth
from divmon.reading.frames import Health
from divmon.ui.app import DivmonApp
from divmon.ui.screens.explain import ExplainScreen
from divmon.ui.screens.instrument import InstrumentScreen
from tests.ui import fixtures
from tests.ui.conftest import desk, screen_text, text_of
from tests.ui.test_screen import FULL, SIZES, Hands, running, settle


def seen(app: DivmonApp) -> list[str]:
    """Return the panels on the board, without those that are always there."""
    edges = ("state", "sources", "keys", "banner")
    return [
        name for name, panel in app.main.panel_of.items() if panel.display and name not in edges
    ]


def with_layouts(**layouts: tuple[str, ...]) -> Any:
    base = fixtures.settings()
    numbered = {name.lstrip("_"): panels for name, panels in layouts.items()}
    return msgspec.structs.replace(base, layouts=base.layouts | numbered)


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


# -- layouts ---------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_each_number_shows_its_panels_and_says_so(size: tuple[int, int]) -> None:
    async with running(size=size) as (app, pilot, _):
        everything = seen(app)
        for number, panels in (
            (2, ["markets"]),
            (3, ["btc", "markets"]),
            (4, ["btc", "abc", "events"]),
            (5, ["streaks", "rotation"]),
            (6, ["liquidity", "claims"]),
            (7, ["events"]),
            (9, ["glance"]),
        ):
            await press(pilot, str(number))
            assert seen(app) == panels
            text = screen_text(app)
            assert f"layout {number}" in text
            assert "ABC  75" in text
            assert "okx" in text
            assert "help" in text
        await press(pilot, "0")
        assert seen(app) == everything
        assert "layout" not in screen_text(app).replace("1-9 0 layout", "")


async def test_escape_leaves_the_zoom_then_the_layout() -> None:
    async with running() as (app, pilot, _):
        everything = seen(app)
        await press(pilot, "3", "z")
        assert seen(app) == ["btc"]
        await press(pilot, "escape")
        assert seen(app) == ["btc", "markets"]
        await press(pilot, "escape")
        assert seen(app) == everything


async def test_a_free_number_says_how_to_fill_it() -> None:
    async with running() as (app, pilot, _):
        before = seen(app)
        await press(pilot, "8")
        assert seen(app) == before
        assert app.view.events[0].text == (
            "layout 8 is free; say what it shows by 8 = […] under [layouts]"
        )


async def test_a_layout_of_ones_own() -> None:
    chosen = with_layouts(_8=("state", "claims", "btc"), _1=("markets", "events"))
    async with running(settings=chosen) as (app, pilot, _):
        assert seen(app) == ["markets", "events"]  # the board begins with 1
        await press(pilot, "8")
        assert seen(app) == ["btc", "claims"]
        assert app.main.panel_of["claims"].region.y < app.main.btc.region.y
        offered = {c.title: c for c in app.get_system_commands(app.screen)}
        assert offered["layout 8"].help == "claims, btc".replace("btc", "BTC")
        offered["layout 2"].callback()
        await pilot.pause()
        assert seen(app) == ["markets"]


async def test_a_layout_survives_every_size() -> None:
    async with running(size=(200, 60)) as (app, pilot, _):
        await press(pilot, "6")
        for size in ((120, 36), (80, 24), (60, 15), (40, 10), (30, 8), (200, 60)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            if size == (40, 10):
                # they share the place that is left
                assert seen(app) == ["liquidity"]
                await press(pilot, "tab")
                assert seen(app) == ["claims"]
            elif size == (30, 8):
                assert seen(app) == ["small"]
        assert seen(app) == ["liquidity", "claims"]


async def test_the_filter_needs_the_table() -> None:
    async with running() as (app, pilot, _):
        await press(pilot, "7", "slash", *"silver")
        assert "markets" in seen(app)
        assert app.main.markets.filter == "silver"


# -- zoom and the chosen panel -------------------------------------------------------------


async def test_tab_goes_over_all_panels_and_brings_them_to_the_front() -> None:
    async with running() as (app, pilot, _):
        went = [app.main.marked]
        for _n in range(8):
            await press(pilot, "tab")
            went.append(app.main.marked)
            panel = app.main.panel_of[app.main.marked]
            assert panel.display
        assert went == [
            "streaks", "rotation", "liquidity", "claims", "events", "btc", "abc", "markets",
            "streaks",
        ]  # fmt: skip
        assert "▸ Streaks " in screen_text(app)
        await press(pilot, "shift+tab")
        assert "▸Markets" in screen_text(app)
        assert app.main.front == "streaks"


@pytest.mark.parametrize("size", SIZES)
async def test_every_panel_can_be_zoomed(size: tuple[int, int]) -> None:
    async with running(size=size) as (app, pilot, _):
        everything = seen(app)
        await press(pilot, "z")
        for _n in range(8):
            (name,) = seen(app)
            panel = app.main.panel_of[name]
            assert panel.size.width == size[0]
            assert panel.size.height >= size[1] - 6
            assert "zoom: " in screen_text(app)
            await press(pilot, "tab")
        await press(pilot, "z")
        assert seen(app) == everything


async def test_a_zoomed_panel_scrolls_and_x_explains_it() -> None:
    async with running(size=(80, 16)) as (app, pilot, _):
        await press(pilot, "5", "z")
        assert seen(app) == ["streaks"]
        cursor = app.main.markets.cursor
        await press(pilot, "j")
        assert app.main.streaks.top == 1
        assert app.main.markets.cursor == cursor
        await press(pilot, "x")
        assert isinstance(app.screen, ExplainScreen)
        assert "relative_streaks" in app.screen.key


async def test_enter_opens_what_is_chosen_where_there_is_no_table() -> None:
    async with running() as (app, pilot, _):
        await press(pilot, "4")
        assert app.main.marked == "abc"
        await press(pilot, "tab", "enter")
        assert isinstance(app.screen, InstrumentScreen)


async def test_the_mouse_zooms_by_title() -> None:
    async with running() as (app, pilot, _):
        everything = seen(app)
        await pilot.click(app.main.btc, offset=(5, 0))
        await pilot.pause()
        assert seen(app) == ["btc"]
        await pilot.click(app.main.btc, offset=(5, 0))
        await pilot.pause()
        assert seen(app) == everything
        await pilot.click(app.main.markets, offset=(3, 0))
        await pilot.pause()
        assert seen(app) == ["markets"]


# -- rest ------------------------------------------------------------------------------------


async def test_hidden_panels_paint_nothing() -> None:
    async with running() as (app, pilot, feed):
        await press(pilot, "7")
        painted: list[str] = []
        for name, panel in app.main.panel_of.items():
            paint = panel.paint

            def counting(width: int, height: int, name: str = name, paint: Any = paint) -> Any:
                painted.append(name)
                return paint(width, height)

            panel.paint = counting  # type: ignore[method-assign]  # counts the real one's calls
        feed.push(fixtures.tick(90_000.0, 1.0))
        feed.push(fixtures.reading(as_of=fixtures.NOW, missing=("x",)))
        feed.push(Happened(fixtures.event("something")))
        await settle(app, pilot, feed)
        app.main.second()
        await pilot.pause()
        assert set(painted) <= {"state", "sources", "keys", "events"}
        assert "events" in painted
        await press(pilot, "1")
        assert "btc" in painted
        assert "89,7" in screen_text(app) or ".12" in screen_text(app)


async def test_a_panel_that_comes_back_shows_what_is_now() -> None:
    async with running(size=(80, 24)) as (app, pilot, feed):
        await press(pilot, "2")
        feed.push(fixtures.tick(90_001.5, 1.0))
        await settle(app, pilot, feed)
        assert "90,001.50" not in screen_text(app)
        await press(pilot, "1")
        assert "90,001.50" in screen_text(app)


async def test_a_longer_sentence_gets_its_lines() -> None:
    async with running(size=(80, 24)) as (app, pilot, feed):
        long = (
            "Everything but crypto: a record of records (with data from 2000), "
            + "b " * 60
            + "end."
        )
        told = msgspec.structs.replace(fixtures.reading().sentence, en=long)
        feed.push(fixtures.reading(sentence=told))
        await settle(app, pilot, feed)
        text = screen_text(app)
        assert "end." in text
        assert app.main.state_line.size.height == 4
        feed.push(fixtures.reading())
        await settle(app, pilot, feed)
        assert app.main.state_line.size.height == 3


async def test_a_storm_of_layouts_zooms_and_sizes_leaves_no_rubble() -> None:
    dice = random.Random(11)
    keys = [*"0123456789", "z", "tab", "shift+tab", "escape"]
    async with running() as (app, pilot, feed):
        for n in range(40):
            await pilot.press(dice.choice(keys))
            if n % 4 == 0:
                await pilot.resize_terminal(dice.randint(1, 220), dice.randint(1, 70))
                feed.push(fixtures.tick(89_000.0 + n, n / 10))
        await pilot.resize_terminal(120, 36)
        await press(pilot, "1")
        app.main.choose_tab("streaks")
        app.view.events.clear()
        app.main.keys.hush()  # what it says of the last layout stands for some seconds
        await settle(app, pilot, feed)
        stormy = screen_text(app)
    async with running(*FULL, fixtures.tick(89_036.0, 3.6)) as (app, _, _):
        assert screen_text(app) == stormy


# -- the glance --------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(200, 60), (80, 24)])
async def test_the_glance_looks_right(size: tuple[int, int], drawing: SnapshotAssertion) -> None:
    async with running(size=size) as (app, pilot, _):
        await press(pilot, "9")
        assert app.export_screenshot() == drawing


async def test_a_stale_price_says_so_across_the_room() -> None:
    from divmon.ui.widgets.glance import GlancePanel

    text = "\n".join(text_of(GlancePanel(desk(now=65.0)), 60, 7))
    assert "STALE" in text
    assert "no price for 1 m" in text
    lost = Health(SourceHealth("engine", "link", "retrying", 0.0))
    text = "\n".join(text_of(GlancePanel(desk((*FULL, lost))), 60, 7))
    assert "STALE" in text


async def test_the_glance_is_drawn_once_a_second_not_per_tick() -> None:
    hands = Hands()
    async with running(hands=hands) as (app, pilot, feed):
        await press(pilot, "9")
        before = screen_text(app)
        hands.now = 0.5
        feed.push(fixtures.tick(12_345.0, 0.5))
        while feed.waiting:
            await pilot.pause()
        app.main.draw()
        await pilot.pause()
        assert screen_text(app) == before
        app.main.second()
        await pilot.pause()
        assert screen_text(app) != before
