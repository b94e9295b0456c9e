"""Rebound keys, the lines that show them, the mouse in their place, and the help page."""

import msgspec
import pytest
from textual import events
from textual.pilot import Pilot
from textual.screen import Screen

from divmon.link.codec import Happened, Health
from divmon.market.events import SourceHealth
from divmon.settings import Settings, from_text
from divmon.settings_keys import EVERYWHERE, SCREENS
from divmon.ui.actions import ACTIONS
from divmon.ui.app import DivmonApp
from divmon.ui.keys import all_shown, declared_names, first_shown, shown
from divmon.ui.screens.alerts import AlertsScreen
from divmon.ui.screens.base_rates import BaseRatesScreen
from divmon.ui.screens.claims import ClaimsScreen
from divmon.ui.screens.correlation import CorrelationScreen
from divmon.ui.screens.events import EventsScreen
from divmon.ui.screens.explain import ExplainScreen
from divmon.ui.screens.health import HealthScreen
from divmon.ui.screens.help import HelpScreen
from divmon.ui.screens.history import HistoryScreen
from divmon.ui.screens.instrument import InstrumentScreen
from divmon.ui.screens.main import MainScreen
from divmon.ui.screens.page import PageKeys
from divmon.ui.screens.pages import Pages
from divmon.ui.screens.race import RaceScreen
from divmon.ui.widgets.footer import KeysPanel
from tests.ui import fixtures
from tests.ui.conftest import screen_text
from tests.ui.pages import SIZES, opened
from tests.ui.test_screen import running

SCREEN_TYPES: tuple[type[Pages], ...] = (
    AlertsScreen, BaseRatesScreen, ClaimsScreen, CorrelationScreen, EventsScreen, ExplainScreen,
    HealthScreen, HistoryScreen, InstrumentScreen, RaceScreen,
)  # fmt: skip
OPENED_BY = {
    "alerts": "a", "correlation": "c", "events": "l", "explain": "x", "health": "i",
    "history": "h", "instrument": "enter", "base_rates": "b", "claims": "v", "race": "d",
}  # fmt: skip
TEXTUALS = {"tab", "shift+tab", "ctrl+c", "super+c"}  # of every screen, for what is focused


def rebound(text: str) -> Settings:
    """Return the test's settings with a [keys] of the person's own."""
    keys = from_text(f"[keys]\n{text}", "config.toml").keys
    return msgspec.structs.replace(fixtures.settings(), keys=keys)


def sees(app: DivmonApp, screen: type[Screen[None]]) -> bool:
    """Tell whether a screen of this kind is up."""
    return isinstance(app.screen, screen)


# -- every key can be chosen ------------------------------------------------------------


@pytest.mark.parametrize("screen", SCREEN_TYPES, ids=lambda each: each.__name__)
def test_a_page_has_the_actions_that_clashes_are_looked_for_among(screen: type[Pages]) -> None:
    node = screen.__new__(screen)
    page = screen.PAGE
    names = {name for name, _ in declared_names(node)}
    keys = fixtures.settings().keys
    own = {name for name in keys if name.startswith(f"{page}.")}
    app = {"quit", "palette"}
    assert names | {page} == ({*EVERYWHERE, *SCREENS[page]} - app) | own | {page}


def test_every_binding_is_on_a_key_of_the_settings() -> None:
    every: tuple[type[Screen[None]], ...] = (*SCREEN_TYPES, MainScreen, HelpScreen)
    for screen in every:
        bindings = screen._merged_bindings
        assert bindings is not None
        literal = {key for key, _ in bindings if not key.startswith("keys:")}
        assert literal <= TEXTUALS, (screen, literal)


def test_every_action_has_a_place_in_the_settings() -> None:
    keys = fixtures.settings().keys
    assert {action.name for action in ACTIONS} == {name for name in keys if "." not in name}


@pytest.mark.parametrize(
    ("key", "text"),
    [("o", "o"), ("escape", "Esc"), ("ctrl+p", "^p"), ("f5", "F5"), ("alt+x", "Alt-x"),
     ("shift+tab", "Shift-Tab"), ("ctrl+shift+up", "Ctrl-Shift-↑"), ("+", "+"),
     ("comma", ","), ("ctrl+left_square_bracket", "^left square bracket")],
)  # fmt: skip
def test_keys_are_shown_as_they_are_pressed(key: str, text: str) -> None:
    assert shown(key) == text


@pytest.mark.parametrize(
    ("keys", "first", "every"),
    [("?,f1", "?", "? F1"), ("", "", ""), ("1,2,3,4,5", "1-5", "1-5"),
     ("a,b,c,d", "a b c d", "a b c d"), ("1,2", "1", "1 2"), ("1,3,5,7", "1 3 5 7", "1 3 5 7")],
)  # fmt: skip
def test_many_keys_are_shown_short(keys: str, first: str, every: str) -> None:
    assert (first_shown(keys), all_shown(keys)) == (first, every)


# -- rebound ----------------------------------------------------------------------------


async def test_a_rebound_key_works_and_is_shown_and_the_old_one_does_not() -> None:
    chosen = rebound('sort = "f5"\nfilter = "f"\nhelp = "f2"\nalerts = "A"')
    async with running(settings=chosen) as (app, pilot, _):
        assert "F5 sort · f filter · Enter open" in screen_text(app)
        assert "F2 help  q quit  Enter open  A alerts  F5 sort" in screen_text(app)
        await pilot.press("o", "a", "question_mark", "slash")
        await pilot.pause()
        assert app.main.markets.sort == ""
        assert sees(app, MainScreen)
        await pilot.press("f5")
        assert app.main.markets.sort == "1d"
        await pilot.press("f", *"gold", "enter")
        await pilot.pause()
        assert app.main.markets.filter == "gold"
        helps = {command.title: command.help for command in app.get_system_commands(app.screen)}
        assert helps["sort"].endswith(" · F5")
        assert helps["explain ABC"].endswith(" · X")
        await pilot.press("f2")
        await pilot.pause()
        assert sees(app, HelpScreen)
        assert "F5        sort by the next column" in screen_text(app)
        await pilot.press("f2")
        await pilot.pause()
        assert sees(app, MainScreen)


async def test_a_page_takes_its_own_keys_and_the_shared_ones() -> None:
    chosen = rebound('"history.zoom" = "Z"\nhealth = "f9"\npage.close = "Q"\ndown = "f3"\ntab="f4"')
    async with opened("h", settings=chosen, size=(200, 60)) as up:
        page = up.page(HistoryScreen)
        assert "Z zoom" in up.lines[-1]
        assert "f3" not in up.lines[-1]
        assert "F3 k episode" in up.lines[-1]
        assert "F9 sources" in up.lines[-1]
        assert "F4 other target" in up.text
        before = page.path.zoom
        await up.press("z")
        assert page.path.zoom == before
        await up.press("Z")
        assert page.path.zoom != before
        await up.press("i")
        up.page(HistoryScreen)
        await up.press("f9")
        up.page(HealthScreen)
        await up.press("Q")
        assert sees(up.app, MainScreen)


async def test_the_chart_takes_its_keys_and_names_them() -> None:
    chosen = rebound('"instrument.spans" = "f1"\nhelp = "?"\n"instrument.log" = "L"')
    async with running(settings=chosen) as (app, pilot, _):
        await pilot.press("enter")
        await pilot.pause()
        page = app.screen
        assert isinstance(page, InstrumentScreen)
        assert "F1 1D" in screen_text(app)
        assert "F1 span" in screen_text(app)
        assert "L log" in screen_text(app)
        await pilot.press("l", "3")
        assert (page.chart.logarithmic, page.chart.span) == (False, "1Y")
        await pilot.press("L", "f1")
        assert (page.chart.logarithmic, page.chart.span) == (True, "1D")


async def test_the_chart_has_the_keys_of_looks_and_settings() -> None:
    async with running() as (app, pilot, _):
        await pilot.press("enter")
        await pilot.pause()
        theme, pair = app.theme, app.looks.updown
        await pilot.press("t")
        await pilot.pause()
        assert app.theme != theme
        assert f"theme {app.theme}" in screen_text(app)
        await pilot.press("u")
        await pilot.pause()
        assert app.looks.updown != pair
        assert f"up/down {app.looks.updown}" in screen_text(app)
        await pilot.press("w")
        await pilot.pause()
        assert "this screen has no settings file" in screen_text(app)
        assert sees(app, InstrumentScreen)


async def test_quit_moves_and_ctrl_c_stays() -> None:
    for key in ("Z", "ctrl+c"):
        async with running(settings=rebound('quit = "Z"')) as (app, pilot, _):
            await pilot.press("q")
            await pilot.pause()
            assert app.is_running
            await pilot.press(key)
            await pilot.pause()
            assert app._exit
            assert not app.return_code


async def test_an_action_without_a_key_is_still_there_for_the_mouse() -> None:
    async with running(settings=rebound('theme = ""')) as (app, pilot, _):
        theme = app.theme
        await pilot.press("t")
        assert app.theme == theme
        at = screen_text(app).split("\n")[-1].index(" theme")
        await pilot.click("#keys", offset=(at + 1, 0))
        await pilot.pause()
        assert app.theme != theme


async def test_the_banner_names_the_key_that_helps() -> None:
    chosen = rebound('own_engine = "f7"')
    lost = Health(SourceHealth("engine", "link", "retrying", 0.0))
    async with opened("i", fixtures.hello(), fixtures.reading(), lost, settings=chosen) as up:
        assert "F7: run my own engine" in up.text


async def test_changed_settings_change_the_keys_of_every_screen_that_is_up() -> None:
    async with opened("h") as up:
        app = up.app
        app.settings = app.desk.settings = rebound('theme = "T"\nquit = "Z"')
        app.bind_keys()
        theme = app.theme
        await up.press("t")
        assert app.theme == theme
        await up.press("T")
        assert app.theme != theme
        assert "Z" in app._bindings.key_to_bindings


# -- by mouse ---------------------------------------------------------------------------


def items(panel: KeysPanel) -> list[tuple[int, str]]:
    """Return where each item of a line of keys is, and what a click on it does."""
    found: dict[str, int] = {}
    x = 0
    for text, style, _control in panel.painted(*panel.size)[0]:
        action = style.meta.get("@click") if style else None
        if action:
            found.setdefault(action, x + len(text) - len(text.lstrip()))
        x += len(text)
    return [(x, action) for action, x in found.items()]


async def back(app: DivmonApp, pilot: Pilot[None]) -> None:
    for _ in range(3):
        if app.screen is not app.main or app.main.query("#filter"):
            await pilot.press("escape")
            await pilot.pause()


@pytest.mark.parametrize("size", SIZES)
async def test_every_item_of_the_footer_does_by_click_what_its_key_does(
    size: tuple[int, int],
) -> None:
    done: list[str] = []
    lost = Health(SourceHealth("engine", "link", "retrying", 0.0))
    async with running(fixtures.hello(), fixtures.reading(), lost, size=size) as (app, pilot, _):
        act = app.action_do

        async def noted(name: str) -> None:
            done.append(name)
            if name != "quit":
                await act(name)

        app.action_do = noted  # type: ignore[method-assign]  # quitting would end the test
        there = items(app.main.keys)
        assert len(there) >= 8
        for x, action in there:
            await pilot.click("#keys", offset=(x, 0))
            await pilot.pause()
            assert action == f"app.do('{done[-1]}')"
            await back(app, pilot)
        assert len(done) == len(there)
        # what there is room for is what ranks first
        ranked = sorted((action for action in ACTIONS if action.rank), key=lambda each: each.rank)
        assert done[0] == "own_engine"  # what a lost engine calls for stands first
        names = [action.name for action in ranked if action.name != "own_engine"]
        assert done[1:] == names[: len(done) - 1]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("page", OPENED_BY)
async def test_every_item_of_a_page_can_be_clicked(page: str, size: tuple[int, int]) -> None:
    async with opened(OPENED_BY[page], size=size) as up:
        line = up.app.screen.query_one(PageKeys)
        there = items(line)
        assert there[0][1] == "screen.leave"
        for x, action in there[1:]:
            done: list[str] = []
            screen = up.app.screen
            run = up.app.run_action

            async def noted(
                told: object, *rest: object, done: list[str] = done, run: object = run
            ) -> bool:
                done.append(str(told))
                return bool(await run(told, *rest))  # type: ignore[operator]

            up.app.run_action = noted  # type: ignore[method-assign, assignment]
            await up.pilot.click(line, offset=(x, 0))
            await up.pilot.pause()
            up.app.run_action = run  # type: ignore[method-assign]
            assert action in done
            if up.app.screen is screen:
                # a snooze that is being chosen, a filter that is being typed
                await up.press("escape")
            if up.app.screen is not screen or up.app.main.paused:
                await back(up.app, up.pilot)
                if up.app.main.paused:
                    await up.press("p")
                await up.press(OPENED_BY[page])
                line = up.app.screen.query_one(PageKeys)
        await up.pilot.click(line, offset=(there[0][0], 0))
        await up.pilot.pause()
        assert sees(up.app, MainScreen)


@pytest.mark.parametrize(
    ("panel", "page", "key"),
    [("streaks", ExplainScreen, "relative_streaks.RUT/SPX"),
     ("claims", ClaimsScreen, ""),
     ("rotation", ExplainScreen, "rotation"), ("liquidity", ExplainScreen, "liquidity"),
     ("abc", ExplainScreen, "abc.score"), ("state", ExplainScreen, "abc.score"),
     ("btc", InstrumentScreen, ""), ("events", EventsScreen, ""), ("sources", HealthScreen, "")],
)  # fmt: skip
async def test_a_panel_opens_what_it_is_the_short_form_of(
    panel: str, page: type[Pages], key: str
) -> None:
    async with running(size=(200, 60)) as (app, pilot, _):
        # a title zooms
        await pilot.click(f"#{panel}", offset=(3, 0 if panel in ("state", "sources") else 1))
        await pilot.pause()
        assert isinstance(app.screen, page)
        if isinstance(app.screen, ExplainScreen):
            assert app.screen.key == key
            assert "has no such value" not in screen_text(app)


async def test_a_click_on_the_banner_does_what_it_offers() -> None:
    own = fixtures.ScriptedFeed([fixtures.hello(source="own"), fixtures.reading()])
    lost = Health(SourceHealth("engine", "link", "retrying", 0.0))
    frames = (fixtures.hello(), fixtures.reading(), lost)
    async with running(*frames, on_own_engine=lambda: own) as (app, pilot, _):
        await pilot.click("#banner", offset=(3, 0))
        await pilot.pause()
        assert app.feed is own


async def test_a_snooze_is_chosen_by_mouse() -> None:
    from divmon.alerts.desk import as_event
    from divmon.reading.frames import Snooze

    alerts = [Happened(as_event(alert)) for alert in fixtures.ALERTS]
    async with opened("a z", fixtures.hello(), fixtures.reading(), *alerts) as up:
        at = up.lines[-2].index("3 for a week")
        await up.pilot.click("#answer", offset=(at, 0))
        await up.pilot.pause()
        asked = [each for each in up.feed.sent if isinstance(each, Snooze)]
        assert [each.seconds for each in asked] == [7 * 86_400.0]


# -- help -------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["", *OPENED_BY.values()])
async def test_all_of_help_fits_on_120_by_36(key: str) -> None:
    async with opened(f"{key} question_mark", size=(120, 36)) as up:
        assert isinstance(up.app.screen, HelpScreen)
        assert "divmon describes; it does not forecast." in up.text
        panel = up.app.screen.panel
        assert panel.count <= panel.room


@pytest.mark.parametrize("size", [(40, 10), (60, 15), (80, 24), (99, 30), (100, 20)])
async def test_help_scrolls_to_its_end_by_key_and_wheel(size: tuple[int, int]) -> None:
    async with opened("question_mark", size=size) as up:
        assert "Look" in up.text
        panel = up.app.screen.query_one("HelpPanel")
        assert panel.region.size.width <= size[0]
        await up.press("G")
        assert "forecast." in up.text
        await up.press("g")
        assert "Look" in up.text
        await up.pilot._post_mouse_events([events.MouseScrollDown], panel, (5, 3))
        await up.pilot.pause()
        assert "Look" not in up.text


async def test_help_on_a_page_lists_the_pages_own_keys() -> None:
    async with opened("a question_mark") as up:
        assert "This page" in up.text
        assert "A         acknowledge all" in up.text
        assert "Look" not in up.text
        assert "q Bksp    back to the board" in up.text
        assert "^c        quit" in up.text


async def test_a_line_of_help_can_be_clicked_instead_of_its_key() -> None:
    async with opened("question_mark", size=(120, 36)) as up:
        y, x = next(
            (y, line.index("next theme")) for y, line in enumerate(up.lines) if "next theme" in line
        )
        before = up.app.theme
        await up.pilot.click(offset=(x, y))
        await up.pilot.pause()
        assert sees(up.app, MainScreen)
        assert up.app.theme != before
        await up.press("a", "question_mark")
        y, x = next(
            (y, line.index("acknowledge all"))
            for y, line in enumerate(up.lines)
            if "acknowledge all" in line
        )
        await up.pilot.click(offset=(x, y))
        await up.pilot.pause()
        up.page(AlertsScreen)
        assert "acknowledge all alerts" in up.text


async def test_a_click_beside_help_or_on_its_edge_closes_it() -> None:
    async with opened("question_mark", size=(80, 24)) as up:
        for at in ((0, 12), (70, 0)):
            assert sees(up.app, HelpScreen)
            await up.pilot.click(offset=at)
            await up.pilot.pause()
            assert sees(up.app, MainScreen)
            await up.press("question_mark")


async def test_a_key_that_is_markup_elsewhere_is_a_key_here() -> None:
    async with running(settings=rebound('sort = "[,]"')) as (app, pilot, _):
        assert "[ sort" in screen_text(app)
        await pilot.press("ctrl+p")
        await pilot.press(*"sort")
        await pilot.pause(0.4)
        assert "· [ ]" in screen_text(app)


async def test_the_palette_of_a_page_has_its_actions_and_their_keys() -> None:
    async with opened("a", settings=rebound('"alerts.snooze" = "S"')) as up:
        helps = {each.title: each.help for each in up.app.get_system_commands(up.app.screen)}
        assert helps["snooze its rule"] == "on this page · S"
        assert helps["history"].endswith(" · h")
        assert "sort" not in helps  # of a table that is not to be seen
