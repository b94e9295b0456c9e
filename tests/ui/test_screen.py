"""The screen under a Pilot: every key, every size, and what the feed brings."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion
from textual import events
from textual.pilot import Pilot

from divmon.link.codec import Frame, Happened, Health, Refresh
from divmon.market.events import SourceHealth
from divmon.ui.actions import ACTIONS
from divmon.ui.app import DivmonApp
from divmon.ui.screens.help import HelpScreen
from divmon.ui.screens.instrument import InstrumentScreen
from divmon.ui.screens.main import MainScreen
from tests.ui import fixtures
from tests.ui.conftest import screen_text

FULL = (fixtures.hello(), fixtures.reading())
SIZES = [(200, 60), (120, 36), (80, 24)]


class Hands:
    """Clocks that stand until moved, so that no picture depends on when it was taken."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return fixtures.NOW.timestamp() + self.now


@asynccontextmanager
async def running(
    *frames: Frame | Exception, size: tuple[int, int] = (120, 36), **options: Any
) -> AsyncIterator[tuple[DivmonApp, Pilot[None], fixtures.ScriptedFeed]]:
    """Run the app on a script and wait until it has been taken in."""
    feed = fixtures.ScriptedFeed(frames or FULL)
    hands = options.pop("hands", Hands())
    chosen = options.pop("settings", fixtures.settings())
    app = DivmonApp(feed, chosen, monotonic=hands.monotonic, wall=hands.wall, **options)
    async with app.run_test(size=size) as pilot:
        await settle(app, pilot, feed)
        yield app, pilot, feed


async def settle(app: DivmonApp, pilot: Pilot[None], feed: fixtures.ScriptedFeed) -> None:
    """Let the app take in what the feed holds, and draw it."""
    while feed.waiting:
        await asyncio.sleep(0.001)
    app.main.draw()
    await pilot.pause()
    app.main.redraw()
    await pilot.pause()


# -- pictures ------------------------------------------------------------------------


@pytest.mark.parametrize("size", [*SIZES, (60, 15), (40, 10)])
async def test_the_board_looks_right(size: tuple[int, int], drawing: SnapshotAssertion) -> None:
    async with running(
        *FULL, Happened(fixtures.event("GOLD record close 4,759.60")), size=size
    ) as (
        app,
        _,
        _,
    ):
        assert app.export_screenshot() == drawing


async def test_the_board_looks_right_by_day(drawing: SnapshotAssertion) -> None:
    base = fixtures.settings(updown="blue-orange")
    day = msgspec.structs.replace(base, general=msgspec.structs.replace(base.general, theme="day"))
    async with running(settings=day) as (app, _, _):
        assert app.export_screenshot() == drawing


async def test_a_warm_board_looks_like_one(drawing: SnapshotAssertion) -> None:
    old = fixtures.reading(warm=True)
    async with running(
        Happened(fixtures.event("asking the sources")), initial=old, size=(80, 24)
    ) as (app, _, _):
        assert "last known board" in screen_text(app)
        assert app.export_screenshot() == drawing


async def test_simulated_cannot_be_overlooked(drawing: SnapshotAssertion) -> None:
    fake = fixtures.reading(simulated=True, banner="SIMULATED · no source answered · retry 8 s")
    async with running(fixtures.hello(simulated=True), fake, size=(80, 24)) as (app, _, _):
        assert screen_text(app).count("SIMULATED") == 2
        assert app.export_screenshot() == drawing


# -- sizes ---------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(200, 60), (120, 36), (80, 24), (60, 15), (40, 10)])
async def test_every_size_shows_btc_state_and_sources(size: tuple[int, int]) -> None:
    async with running(size=size) as (app, _, _):
        text = screen_text(app)
        assert "ABC  75" in text
        assert "ALERT" in text
        assert "89,734.12" in text or ".12" in text
        assert "okx" in text
        assert "RUT" in text


@pytest.mark.parametrize("size", [(39, 10), (40, 9), (30, 8), (8, 3), (1, 1)])
async def test_a_smaller_one_says_what_it_needs(size: tuple[int, int]) -> None:
    async with running(size=size) as (app, _, _):
        words = " ".join(screen_text(app).split())
        if size[0] >= 30:
            assert words == f"terminal too small ({size[0]}×{size[1]}), needs 40×10"


async def test_a_storm_of_resizing_leaves_a_whole_screen() -> None:
    dice = random.Random(4)
    async with running() as (app, pilot, feed):
        for n in range(15):
            await pilot.resize_terminal(dice.randint(1, 220), dice.randint(1, 70))
            feed.push(fixtures.tick(89_000.0 + n, n / 10))
        await pilot.resize_terminal(120, 36)
        await settle(app, pilot, feed)
        stormy = screen_text(app)
    async with running(*FULL, fixtures.tick(89_014.0, 1.4)) as (app, _, _):
        assert screen_text(app) == stormy


# -- frames --------------------------------------------------------------------------


async def test_a_quote_reaches_the_screen_and_repaints_little() -> None:
    async with running(size=(80, 24)) as (app, pilot, feed):
        feed.push(fixtures.tick(90_001.5, 1.0))
        await settle(app, pilot, feed)
        assert "90,001.50" in screen_text(app)


async def test_idle_a_quote_is_drawn_at_once_and_then_once_a_frame() -> None:
    hands = Hands()
    async with running(hands=hands) as (app, pilot, _):
        drawn: list[float | None] = []
        show = app.main.btc.show

        def seen() -> None:
            drawn.append(app.view.rows["BTC"].last)
            show()

        app.main.btc.show = seen  # type: ignore[method-assign]  # counts the real one's calls
        hands.now += 1.0
        for n in range(5):
            app.main.mark(app.view.apply(fixtures.tick(90_000.0 + n, 1.0)))
        assert drawn == [90_000.0]
        assert app.main._waiting is not None
        app.main._frame()
        await pilot.pause()
        assert drawn == [90_000.0, 90_004.0]  # the newest, not the queue


async def test_a_lost_link_dims_the_board_and_a_hello_brings_it_back() -> None:
    async with running(size=(80, 24)) as (app, pilot, feed):
        bright = app.desk.ink
        feed.push(Health(SourceHealth("engine", "link", "retrying", 0.0, "socket closed")))
        await settle(app, pilot, feed)
        assert "engine gone" in screen_text(app)
        assert app.desk.ink.dimmed
        assert "89,734.12" in screen_text(app)  # the last board stays
        feed.push(fixtures.hello())
        feed.push(fixtures.reading())
        await settle(app, pilot, feed)
        assert "engine gone" not in screen_text(app)
        assert app.desk.ink is bright


async def test_ages_pass_without_frames() -> None:
    hands = Hands()
    async with running(hands=hands) as (app, pilot, _):
        hands.now = 65.0
        app.main.second()
        await pilot.pause()
        text = screen_text(app)
        assert "stale 1 m" in text


async def test_a_hostile_event_is_text() -> None:
    frame = Happened(fixtures.event("\x1b[2J[/b] boom"))
    async with running(*FULL, frame) as (app, _, _):
        assert "␛[2J[/b] boom" in screen_text(app)


async def test_a_bug_in_the_feed_ends_the_app_loudly() -> None:
    with pytest.raises(Exception, match="a bug in the feed"):
        async with running(*FULL, RuntimeError("a bug in the feed")) as (_, pilot, _):
            await pilot.pause(0.2)


# -- hands ---------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_every_key_of_every_action_does_something_and_breaks_nothing(
    size: tuple[int, int],
) -> None:
    async with running(size=size) as (app, pilot, _):
        for action in ACTIONS:
            if action.name == "quit":
                continue
            for key in fixtures.keys_of(action.name):
                await pilot.press(key)
                for _ in range(3):
                    if isinstance(app.screen, MainScreen) and not app.main.query("#filter"):
                        break
                    await pilot.press("escape")
                    await pilot.pause()
                assert isinstance(app.screen, MainScreen), (action.name, key)
        if app.main.paused:
            await pilot.press("p")
        await pilot.press("escape")
        await pilot.pause()
        assert "RUT" in screen_text(app)


async def test_every_action_is_in_help_and_palette() -> None:
    async with running(size=(80, 60)) as (app, pilot, _):
        await pilot.press("question_mark")
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        text = screen_text(app)
        for action in ACTIONS:
            assert action.help in text, action.name
        await pilot.press("escape")
        offered = {command.title for command in app.get_system_commands(app.screen)}
        assert {action.label for action in ACTIONS if action.in_palette} <= offered
        assert {"theme night", "theme day", "theme contrast"} <= offered


async def test_the_cursor_moves_by_arrows_and_vim_keys() -> None:
    async with running() as (app, pilot, _):
        seen = [app.main.markets.cursor]
        for key in ("j", "down", "k", "G", "g", "pagedown", "up"):
            await pilot.press(key)
            seen.append(app.main.markets.cursor)
        assert seen == ["RUT", "SPX", "IXIC", "SPX", "IBIT", "RUT", "USDJPY", "US10Y"]


async def test_filter_shows_matching_rows_and_escape_all_again() -> None:
    async with running() as (app, pilot, _):
        await pilot.press("slash", *"silver")
        await pilot.pause()
        names = [name for _, name in app.main.markets._order]
        assert names == ["SILVER", "SLV"]
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, MainScreen)  # Enter kept the filter and opened nothing
        assert not app.main.query("#filter")
        assert "filter: silver · Esc all rows" in screen_text(app)
        await pilot.press("escape")
        assert len(app.main.markets._order) == 17
        assert "Esc all rows" not in screen_text(app)


@pytest.mark.parametrize("size", [(40, 10), (60, 15), (120, 36)])
async def test_the_filter_takes_no_line_of_the_board_and_says_its_keys(
    size: tuple[int, int],
) -> None:
    async with running(size=size) as (app, pilot, _):
        before = app.main.markets.region
        await pilot.press("slash", *"gol")
        await pilot.pause()
        lines = screen_text(app).split("\n")
        assert app.main.markets.region == before
        assert "GOLD" in screen_text(app)
        assert lines[-2].startswith(" gol")
        assert lines[-1].strip() == "filter: Enter keeps it · Esc drops it"
        await pilot.press("escape")
        await pilot.pause()
        lines = screen_text(app).split("\n")
        assert lines[-1].startswith(" ? help")
        assert "source" in lines[-2] or "coinbase" in lines[-2]


async def test_what_is_typed_right_after_the_slash_goes_to_the_filter() -> None:
    async with running() as (app, pilot, _):
        for key in ("/", "s", "p", "y"):  # as a terminal delivers a paste: without a pause
            app.post_message(events.Key("slash" if key == "/" else key, key))
        await pilot.pause()
        assert app.main.markets.filter == "spy"
        assert app.main.markets.sort == ""


async def test_enter_opens_every_value_of_the_row() -> None:
    async with running() as (app, pilot, _):
        await pilot.press("j", "enter")
        await pilot.pause()
        assert isinstance(app.screen, InstrumentScreen)
        text = screen_text(app)
        assert "yahoo:^GSPC" in text
        assert "6,796.86" in text
        await pilot.press("n")
        await pilot.pause()
        assert "yahoo:^IXIC" in screen_text(app)
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen.id == "main"


async def test_pause_holds_the_screen_and_not_the_intake() -> None:
    async with running(size=(80, 24)) as (app, pilot, feed):
        await pilot.press("p")
        await pilot.pause()
        assert "PAUSED 21:04:30" in screen_text(app)
        feed.push(fixtures.tick(91_111.0, 2.0))
        while feed.waiting:
            await asyncio.sleep(0.001)
        await pilot.resize_terminal(81, 24)
        await pilot.pause()
        assert "89,734.12" in screen_text(app)
        assert app.view.rows["BTC"].last == 91_111.0
        await pilot.press("p")
        await pilot.pause()
        assert "91,111.00" in screen_text(app)
        assert "PAUSED" not in screen_text(app)


async def test_the_smallest_screen_says_that_it_is_paused_and_simulated() -> None:
    simulated = (fixtures.hello(simulated=True), fixtures.reading(simulated=True))
    async with running(*simulated, size=(40, 10)) as (app, pilot, _):
        await pilot.press("p")
        await pilot.pause()
        first = screen_text(app).split("\n")[0]
        assert "ALERT" in first
        assert "PAUSED  SIMULATED" in first


async def test_themes_follow_each_other_and_change_the_ink() -> None:
    async with running() as (app, pilot, _):
        seen = []
        for _ in range(8):
            await pilot.press("t")
            await pilot.pause()
            seen.append((app.theme, app.desk.ink.text.bgcolor))
        assert [name for name, _ in seen] == [
            "ocean", "paper", "contrast", "day", "dusk", "ember", "mono", "night",
        ]  # fmt: skip
        assert len({ground for _, ground in seen}) == 8


async def test_r_asks_the_engine_to_try_again() -> None:
    async with running() as (app, pilot, feed):
        await pilot.press("r")
        await settle(app, pilot, feed)
        assert feed.sent == [Refresh()]
        assert "asked every waiting source" in screen_text(app)


async def test_e_goes_on_with_an_engine_of_its_own() -> None:
    own = fixtures.ScriptedFeed([fixtures.hello(source="own"), fixtures.reading()])
    async with running(on_own_engine=lambda: own) as (app, pilot, feed):
        await pilot.press("e")
        await pilot.pause()
        assert app.feed is feed  # it is there: nothing to replace
        feed.push(Health(SourceHealth("engine", "link", "retrying", 0.0)))
        await settle(app, pilot, feed)
        await pilot.press("e")
        await settle(app, pilot, own)
        assert app.feed is own
        assert feed.closed
        assert "engine gone" not in screen_text(app)
    assert own.closed


async def test_the_mouse_sorts_chooses_opens_and_presses_keys() -> None:
    async with running() as (app, pilot, _):
        markets = app.main.markets
        column, start = next(c for c in markets._columns(116) if c[0].name == "20d")
        await pilot.click(markets, offset=(2 + start + column.width - 1, 1))
        assert markets.sort == "20d"
        await pilot.click(markets, offset=(30, 4))
        chosen = markets._order[2][1]
        assert markets.cursor == chosen
        await pilot.click(markets, offset=(30, 4))
        await pilot.pause()
        assert isinstance(app.screen, InstrumentScreen)
        await pilot.press("escape")
        await pilot.pause()
        await pilot.click(app.main.keys, offset=(2, 0))
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape")
        await pilot.pause()
        await pilot.click(app.main.streaks, offset=(18, 0))
        await pilot.pause()
        assert app.main.chosen == "rotation"


async def test_a_random_walk_over_the_keys_ends_with_a_live_app() -> None:
    dice = random.Random(7)
    keys = [key for a in ACTIONS if a.name != "quit" for key in fixtures.keys_of(a.name)]
    async with running() as (app, pilot, feed):
        for n in range(50):
            await pilot.press(dice.choice([*keys, "escape"]))
            if n % 20 == 0:
                await pilot.resize_terminal(dice.randint(30, 210), dice.randint(8, 62))
                feed.push(fixtures.tick(89_000.0 + n, n / 10))
        await pilot.resize_terminal(120, 36)
        for _ in range(4):
            await pilot.press("escape")
        await pilot.pause()
        assert app.is_running


# -- themes and settings ----------------------------------------------------------------


async def test_a_bad_theme_is_skipped_and_said_once(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("primary = '#zzz'", encoding="utf-8")
    async with running(themes_dir=tmp_path) as (app, _, _):
        said = [event.text for event in app.view.events if "bad.toml" in event.text]
        assert said == ["bad.toml: primary = '#zzz' is not a colour; write one as #rrggbb; skipped"]
        assert "bad" not in app.looks.themes


async def test_an_unknown_theme_falls_back_and_says_so() -> None:
    base = fixtures.settings()
    lost = msgspec.structs.replace(base, general=msgspec.structs.replace(base.general, theme="x"))
    async with running(settings=lost) as (app, _, _):
        assert app.theme == "night"
        assert "theme = 'x' is not there; known: contrast, day, dusk, ember, mono" in screen_text(
            app
        )


async def test_over_ssh_the_screen_is_calmer(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running() as (app, _, _):
        assert app.pace.gap == pytest.approx(0.1)
    monkeypatch.setenv("SSH_CONNECTION", "1 2 3 4")
    async with running() as (app, _, _):
        assert app.pace.gap == pytest.approx(0.5)


@pytest.mark.parametrize(("updown", "words"), [("green-red", "6 red"), ("red-green", "6 down")])
async def test_a_falling_candle_is_not_called_by_the_colour_of_a_rising_one(
    updown: str, words: str
) -> None:
    async with running(settings=fixtures.settings(updown=updown)) as (app, _, _):
        assert f"{words} (+1 running)" in screen_text(app)
        assert f"BTC candles     {words}" in screen_text(app)
