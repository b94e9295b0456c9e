"""What the screen is drawn in: its theme, and the colours of rises and falls."""

import glob
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from textual.app import App
from textual.theme import Theme

from divmon.settings import UpDown
from divmon.ui.heard import heard
from divmon.ui.i18n import _
from divmon.ui.theme import Ink, bundled_folder, ink_of, load_themes

if TYPE_CHECKING:
    from divmon.ui.app import DivmonApp


class Looks:
    """The looks of one screen, as its settings and its keys say. NO_COLOR has the last word.

    The settings want a theme by name, or by whether the terminal is light or dark. The first
    frame is painted by what the environment tells; then the terminal is asked, and its answer
    changes the theme if it comes soon and nobody has chosen one by key.

    `own_folder` has the person's themes, laid over the shipped ones.
    """

    def __init__(self, app: "DivmonApp", own_folder: Path | None) -> None:
        self.own_folder = own_folder
        self.themes: dict[str, Theme] = {}  # by name; none of Textual's
        self.updown: UpDown = app.settings.display.updown
        self._app = app
        self._light: bool | None = None
        self._asked_at = float("-inf")
        self._by_hand = False  # the theme was chosen by key

    def begin(self) -> None:
        """Choose the theme of the first frame."""
        chosen = self._wanted
        # the others are read after the first frame, which they would hold up by 15 ms
        self._take(glob.escape(chosen))
        if chosen not in self.themes:
            self._take("*")
            known = ", ".join(sorted(self.themes)) or _("none")
            told = _("theme = {name} is not there; known: {known}")
            self._app.jot("theme", told.format(name=repr(chosen), known=known), "warning")
            chosen = "night" if "night" in self.themes else "textual-dark"
        self._begin_in(chosen)

    def _begin_in(self, theme: str) -> None:
        """Take the first theme as the one that always was.

        Setting it would do the same once more after the start, and parse all styles anew: 12 ms.
        """
        app = self._app
        app.set_reactive(App.theme, theme)
        dark = self._theme.dark
        app.update_classes(
            {f"-theme-{theme}": True, "-dark-mode": dark, "-light-mode": not dark}, update=False
        )
        app._refresh_truecolor_filter(app.ansi_theme)
        app.stylesheet.set_variables(app.get_css_variables())

    def read_rest(self) -> bool:
        """Read the themes that the first frame did without; tell whether it did."""
        if len(self.themes) != 1:
            return False
        self._take("*")
        return True

    def _take(self, pattern: str) -> None:
        shipped = bundled_folder()
        folders = [shipped, self.own_folder] if self.own_folder else [shipped]
        loaded = load_themes(folders, pattern)
        self.themes |= loaded.themes
        for theme in loaded.themes.values():
            self._app.register_theme(theme)
        for failure in loaded.failures:
            self._app.jot("theme", heard(f"{failure}; skipped"), "warning")

    @property
    def ink(self) -> Ink:
        """The ink in the colours chosen now."""
        return ink_of(self._theme, self.updown)

    @property
    def _theme(self) -> Theme:
        theme = self._app.get_theme(self._app.theme)
        assert theme is not None  # App.theme accepts registered names only
        return theme

    # -- by the settings -----------------------------------------------------------

    @property
    def _wanted(self) -> str:
        """The name of the theme that the settings want."""
        if os.environ.get("NO_COLOR"):
            return "mono"
        settings = self._app.settings
        if settings.general.theme != "auto":
            return settings.general.theme
        if self._light is None:
            from divmon.ui.ground import guess

            self._light = guess(os.environ)
        return settings.display.auto_themes[self._light]

    def choose(self) -> None:
        """Draw in the theme of the settings, which have changed."""
        self._by_hand = False
        self._apply()
        self.ask()

    def ask(self) -> None:
        """Ask the terminal for its ground, where the theme goes by it. Nothing waits for it."""
        driver = self._app._driver  # Textual has no public place for it
        if not self._follows_ground or driver is None or driver.is_headless:
            return
        from divmon.ui.ground import QUESTION, can_ask

        if can_ask(os.environ):
            self._asked_at = time.monotonic()
            driver.write(QUESTION)

    def heard(self, light: bool) -> None:
        """Take the terminal's answer; called from the thread that reads it."""
        self._app.call_later(self._take_answer, light)

    def _take_answer(self, light: bool) -> None:
        from divmon.ui.ground import ANSWER_WITHIN_S

        if self._follows_ground and time.monotonic() - self._asked_at < ANSWER_WITHIN_S:
            self._light = light
            self._apply()

    @property
    def _follows_ground(self) -> bool:
        auto = self._app.settings.general.theme == "auto" and not self._by_hand
        return auto and not os.environ.get("NO_COLOR")

    def _apply(self) -> None:
        app, name = self._app, self._wanted
        if name in self.themes:
            app.theme = name
        else:
            known = ", ".join(sorted(self.themes))
            text = _("theme = {name!r} is not there; known: {known}")
            app.tell("theme", text.format(name=name, known=known), "warning")

    # -- by key --------------------------------------------------------------------

    def next(self) -> None:
        """Draw in the next theme by name."""
        names, now = sorted(self.themes), self._app.theme
        if names:
            at = names.index(now) if now in names else -1
            self.use(names[(at + 1) % len(names)])

    def use(self, name: str) -> None:
        """Draw in another theme and say which."""
        self._by_hand = True
        self._app.theme = name
        self._app.tell("theme", _("theme {name}").format(name=name))

    def next_updown(self) -> None:
        """Give rises and falls the next pair of colours, for this run."""
        pairs: tuple[UpDown, ...] = get_args(UpDown)
        self.updown = pairs[(pairs.index(self.updown) + 1) % len(pairs)]
        self._app.retint()
        self._app.tell("updown", _("up/down {pair}").format(pair=self.updown))
