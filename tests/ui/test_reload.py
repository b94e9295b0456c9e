"""A settings file and themes that change under a running screen: real files, no waiting."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from divmon.cli.reload import follow
from divmon.link.codec import Happened
from divmon.market.events import Event, Severity
from divmon.settings import from_text
from divmon.settings_watch import SettingsWatch
from divmon.ui import i18n
from divmon.ui.app import DivmonApp
from divmon.ui.theme import Ink, ink_of
from divmon.ui.widgets.panel import Panel
from tests.ui import fixtures
from tests.ui.pages import Opened
from tests.ui.test_screen import FULL, Hands, settle

UTC = '[general]\ntime_zone = "UTC"\nlang = "en"\n'
THEME = 'primary = "#ff0000"\nforeground = "#eeeeee"\nbackground = "#{ground}"\n'


class Turns:
    """Sleeps that end when the test says so."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []

    async def sleep(self, _seconds: float) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn

    async def pass_(self, times: int = 3) -> None:
        """Let every follower look as often, and act on it."""
        for _ in range(times):
            while not self._waiting:
                await asyncio.sleep(0.001)
            waiting, self._waiting = self._waiting, []
            for turn in waiting:
                if not turn.done():
                    turn.set_result(None)
            for _ in range(len(waiting)):
                while not self._waiting:
                    await asyncio.sleep(0.001)


class Running(Opened):
    """A screen that follows `file` and `themes`."""

    def __init__(self, *parts: Any, file: Path, themes: Path, turns: Turns) -> None:
        super().__init__(*parts)
        self.file = file
        self.themes = themes
        self.turns = turns

    async def save(self, text: str) -> None:
        self.file.write_text(UTC + text)
        await self.looked()

    async def looked(self) -> None:
        # the settings' and the themes' follower look in turn
        await self.turns.pass_(4)
        self.app.main.draw()  # the clock of its frames stands still
        await self.pilot.pause()

    @property
    def told(self) -> list[str]:
        """What the screen has said, newest first."""
        return [event.text for event in self.app.view.events]


@asynccontextmanager
async def running(tmp_path: Path, text: str = "", **options: Any) -> AsyncIterator[Running]:
    file, themes, turns = tmp_path / "config.toml", tmp_path / "themes", Turns()
    file.write_text(UTC + text)
    themes.mkdir(exist_ok=True)
    read = from_text(UTC + text, "config.toml")
    feed = fixtures.ScriptedFeed(FULL)
    feed.name = options.pop("name", "engine")
    change: Callable[[Any], Any] = options.pop("given", lambda settings: settings)
    app = DivmonApp(
        feed,
        change(read),
        themes_dir=themes,
        settings_watch=SettingsWatch(file, read),
        sleep=turns.sleep,
        monotonic=Hands().monotonic,
        wall=Hands().wall,
        **options,
    )
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(app, pilot, feed)
        up = Running(app, pilot, feed, file=file, themes=themes, turns=turns)
        await up.looked()
        yield up


# -- settings --------------------------------------------------------------------------


async def test_a_saved_file_is_in_force_and_told(tmp_path: Path) -> None:
    async with running(tmp_path) as up:
        assert up.told == []
        await up.save(
            'theme = "day"\n[display]\nupdown = "red-blue"\nfps = 5\n[levels]\nwall = 9\n'
        )
        app = up.app
        assert app.theme == "day"
        assert app.desk.ink.up == app.main.full_ink.up
        assert app.looks.updown == "red-blue"
        assert app.pace.gap == pytest.approx(0.2)
        (taken,) = up.feed.reconfigured
        assert taken.levels.wall == 9
        assert up.told == [
            "settings: theme day, [display] fps = 5.0, up/down red-blue, [levels] wall = 9.0"
        ]
        assert "settings: theme day" in up.text


async def test_a_wrong_file_is_told_once_and_changes_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as up:
        before = up.app.settings
        await up.save("[display]\nfps = 0\n")
        await up.looked()
        assert up.told == [
            "config.toml, line 5: [display] fps = 0 must be more than 0; "
            "the settings before stay in force"
        ]
        assert "▲ config.toml, line 5" in up.text
        assert up.app.settings is before
        assert up.feed.reconfigured == []
        await up.save("")
        assert up.told[0] == "settings: in order again"


async def test_what_takes_a_restart_is_named_and_its_value_is_not(tmp_path: Path) -> None:
    async with running(tmp_path) as up:
        await up.save('[network]\nproxy = "http://me:secret@proxy:1"\n')
        assert up.told == ["settings: takes a restart: [network] proxy"]
        assert "secret" not in up.text


async def test_zone_language_and_glyphs_change_what_is_drawn(tmp_path: Path) -> None:
    async with running(tmp_path, '[display]\nglyphs = "unicode"\n') as up:
        assert "▼" in up.text
        assert any("⠀" < sign <= "⣿" for sign in up.text)  # the chart, in braille
        assert "21:04 UTC" in up.text
        up.file.write_text(
            '[general]\ntime_zone = "Asia/Tokyo"\nlang = "en"\n[display]\nglyphs = "ascii"\n'
        )
        await up.looked()
        assert not [sign for sign in up.text if sign in "▼╭│●" or "⠀" <= sign <= "⣿"]
        assert "time zone Asia/Tokyo" in up.told[0]
        assert str(up.app.desk.zone) == "Asia/Tokyo"


async def test_a_page_that_is_up_changes_along(tmp_path: Path) -> None:
    async with running(tmp_path) as up:
        await up.press("i")
        before = up.app.screen
        await up.save('theme = "day"\n')
        assert up.app.screen is before
        keys = before.query_one("#keys", Panel)
        grounds = {part.style.bgcolor for part in keys._lines[0] if part.style}
        assert grounds == {up.app.desk.ink.text.bgcolor}


async def test_a_paused_screen_takes_settings_and_stays_paused(tmp_path: Path) -> None:
    async with running(tmp_path) as up:
        await up.press("p")
        await up.save('[yahoo]\nstale_s = 7\n[display]\nupdown = "mono"\n')
        for view in (up.app.view, up.app.desk.view):
            assert view.settings.yahoo.stale_s == 7
        assert up.app.main.paused
        assert up.app.looks.updown == "mono"


async def test_a_theme_of_the_command_line_or_of_a_key_stays(tmp_path: Path) -> None:
    def by_option(settings: Any) -> Any:
        general = msgspec.structs.replace(settings.general, theme="ocean")
        return msgspec.structs.replace(settings, general=general)

    async with running(tmp_path, given=by_option) as up:
        assert up.app.theme == "ocean"
        await up.press("u")
        await up.save("[display]\nfps = 3\n")
        assert up.app.theme == "ocean"
        assert up.app.looks.updown == "red-green"
        assert up.told[0] == "settings: [display] fps = 3.0"
        await up.press("t")
        chosen = up.app.theme
        await up.save("[display]\nfps = 4\n")
        assert up.app.theme == chosen
        await up.save('theme = "paper"\n[display]\nfps = 4\n')
        assert up.app.theme == "paper"


async def test_a_budget_of_the_command_line_stays_until_the_file_has_another(
    tmp_path: Path,
) -> None:
    def by_option(settings: Any) -> Any:
        display = msgspec.structs.replace(settings.display, budget="200B/s")
        return msgspec.structs.replace(settings, display=display)

    async with running(tmp_path, given=by_option) as up:
        assert up.app.pace.budget == 200.0
        await up.save("[display]\nfps = 3\n")
        assert (up.app.pace.budget, up.app.pace.gap) == (200.0, 1 / 3)
        await up.save('[display]\nfps = 3\nbudget = "1kB/s"\n')
        assert up.app.pace.budget == 1000.0


async def test_a_theme_that_is_not_there_is_told_and_the_old_one_stays(tmp_path: Path) -> None:
    async with running(tmp_path) as up:
        await up.save('theme = "nite"\n')
        assert up.app.theme == "night"
        assert any("theme = 'nite' is not there; known: contrast, day" in text for text in up.told)


async def test_no_color_wins_over_a_new_theme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(tmp_path) as up:
        assert up.app.theme == "mono"
        await up.save('theme = "day"\n')
        assert up.app.theme == "mono"


async def test_an_attached_screen_takes_its_part_and_leaves_the_rest_to_the_watch(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, name="watch") as up:
        fault = "config.toml, line 5: [display] fps = 0 must be more than 0; "
        fault += "the settings before stay in force"
        await up.push(Happened(Event(up.app.view.now, "settings", "settings", fault, "warning")))
        await up.save("[display]\nfps = 0\n")
        assert up.told == [fault]  # by both, told once
        await up.save('[watchlist]\n"US" = ["RUT"]\n[display]\nfps = 3\n')
        assert up.told[0] == "settings: [display] fps = 3.0"
        await up.save('[watchlist]\n"US" = ["SPX"]\n[display]\nfps = 3\n')
        assert len(up.told) == 2


async def test_what_a_watch_says_after_the_screen_is_not_said_twice(tmp_path: Path) -> None:
    async with running(tmp_path, name="watch") as up:
        await up.save("[display]\nfps = 0\n")
        (text,) = up.told
        await up.push(Happened(Event(up.app.view.now, "settings", "settings", text, "warning")))
        assert up.told == [text]


async def told_by_a_watch(up: Running, file: str, text: str) -> None:
    """Let a watch in English take a file in, and send what it says to the screen."""
    path = up.file.with_name(file)
    path.write_text(text)
    watch = SettingsWatch(path, from_text("", file))

    async def send(text: str, severity: Severity) -> None:
        event = Event(up.app.view.now, "settings", "settings", text, severity)
        await up.push(Happened(event))

    async def take(_: Any) -> None: ...

    said: list[tuple[str, Severity]] = []
    language = i18n.language()
    i18n.use("en")  # of its own process
    following = asyncio.ensure_future(
        follow(watch, take, lambda *each: said.append(each), simulated=lambda: False)
    )
    while not said:
        await asyncio.sleep(0.001)
    following.cancel()
    i18n.use(language)
    for each in said:
        await send(*each)


@pytest.mark.parametrize("first", ["watch", "screen"])
async def test_a_fault_that_a_watch_tells_too_is_told_once_in_the_screens_language(
    tmp_path: Path, first: str
) -> None:
    japanese = UTC.replace('"en"', '"ja"')
    wrong = japanese + "[display]\nfps = 0\n"

    async with running(tmp_path, name="watch") as up:
        up.file.write_text(japanese)
        await up.looked()

        async def by_the_watch() -> None:
            await told_by_a_watch(up, "config.toml", wrong)

        async def by_the_screen() -> None:
            up.file.write_text(wrong)
            await up.looked()

        tellers = [by_the_watch, by_the_screen]
        for tell in tellers if first == "watch" else reversed(tellers):
            await tell()
        assert [text for text in up.told if "fps" in text] == [
            "config.toml 5行目：[display] fps = 0 は0より大きくしてください。以前の設定のまま続行"
        ]


async def test_that_a_file_is_in_order_again_is_told_once_in_the_screens_language(
    tmp_path: Path,
) -> None:
    japanese = UTC.replace('"en"', '"ja"')
    async with running(tmp_path, name="watch") as up:
        up.file.write_text(japanese)
        await up.looked()
        up.file.write_text(japanese + "[display]\nfps = 0\n")
        await up.looked()
        again = Event(up.app.view.now, "settings", "settings", "settings: in order again")
        await up.push(Happened(again))
        up.file.write_text(japanese)
        await up.looked()
        assert up.told[0] == "設定: 誤りは解消"
        assert sum("解消" in text or "order" in text for text in up.told) == 1


async def test_a_new_theme_draws_the_board_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path) as up:
        main, drawn = up.app.main, []
        retint = main.retint

        def counting(ink: Ink | None = None) -> None:
            drawn.append(up.app.theme)
            retint(ink)

        monkeypatch.setattr(main, "retint", counting)
        await up.save('theme = "day"\n[display]\nupdown = "red-blue"\n')
        assert drawn == ["day"]
        assert main.full_ink.up == ink_of(up.app.looks.themes["day"], "red-blue").up
        await up.save('theme = "day"\n[display]\nupdown = "mono"\n')
        assert drawn == ["day", "day"]


async def test_hostile_text_in_a_file_is_text(tmp_path: Path) -> None:
    async with running(tmp_path) as up:
        await up.save('"\\u001b[2J[/b]" = 1\n')
        assert "\x1b" not in up.text
        assert len(up.told) == 1


# -- themes ----------------------------------------------------------------------------


async def test_a_theme_that_comes_can_be_chosen_and_changes_under_the_eye(tmp_path: Path) -> None:
    async with running(tmp_path) as up:
        (up.themes / "mine.toml").write_text(THEME.format(ground="000011"))
        await up.looked()
        assert up.told[0] == "theme mine is new"
        up.app.looks.use("mine")
        await up.pilot.pause()
        assert up.app.desk.ink.text.bgcolor is not None
        assert up.app.desk.ink.text.bgcolor.name == "#000011"
        (up.themes / "mine.toml").write_text(THEME.format(ground="220000"))
        await up.looked()
        assert up.told[0] == "theme mine has changed"
        assert up.app.desk.ink.text.bgcolor.name.startswith("#2")


async def test_a_bad_theme_is_told_once_and_the_good_version_stays(tmp_path: Path) -> None:
    async with running(tmp_path) as up:
        file = up.themes / "mine.toml"
        file.write_text(THEME.format(ground="000011"))
        await up.looked()
        up.app.looks.use("mine")
        file.write_text(THEME.format(ground="000011").replace("#ff0000", "redd"))
        await up.looked()
        await up.looked()
        told = [text for text in up.told if "redd" in text]
        assert told == [
            "mine.toml: primary = 'redd' is not a colour; write one as #rrggbb; skipped"
        ]
        ground = up.app.desk.ink.text.bgcolor
        assert ground is not None
        assert ground.name == "#000011"


async def test_a_theme_that_goes_is_offered_no_more(tmp_path: Path) -> None:
    async with running(tmp_path) as up:
        for name in ("mine", "day"):
            (up.themes / f"{name}.toml").write_text(THEME.format(ground="000011"))
        await up.looked()
        shipped = up.app.looks.themes["paper"]
        assert up.app.looks.themes["day"].background == "#000011"
        for file in up.themes.iterdir():
            file.unlink()
        await up.looked()
        assert "mine" not in up.app.looks.themes
        assert up.app.looks.themes["day"].background != "#000011"  # the shipped one is back
        assert up.app.looks.themes["paper"] is shipped


async def test_a_theme_that_goes_while_it_is_drawn_stays_drawn(tmp_path: Path) -> None:
    async with running(tmp_path) as up:
        file = up.themes / "mine.toml"
        file.write_text(THEME.format(ground="000011"))
        await up.looked()
        up.app.looks.use("mine")
        file.unlink()
        await up.looked()
        assert up.told[0] == "theme mine is gone; it is drawn in until another is chosen"
        assert up.app.theme == "mine"


# -- up and down -----------------------------------------------------------------------


async def test_u_goes_round_the_pairs_and_says_which(tmp_path: Path) -> None:
    async with running(tmp_path) as up:
        before = up.app.desk.ink
        seen = []
        for _ in range(5):
            await up.press("u")
            seen.append(up.app.looks.updown)
        assert seen == ["red-green", "red-blue", "blue-orange", "mono", "green-red"]
        assert up.told[0] == "up/down green-red"
        assert up.app.desk.ink.up == before.up
        await up.press("u")
        assert up.app.desk.ink.up == before.down


async def test_u_works_on_a_page(tmp_path: Path) -> None:
    async with running(tmp_path) as up:
        await up.press("h")
        before = up.app.desk.ink
        await up.press("u")
        assert up.app.desk.ink.up == before.down
        assert up.app.screen is not up.app.main
