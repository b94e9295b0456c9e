"""Which theme the settings want: by name, or by whether the terminal is light or dark."""

import os
import time
from typing import TYPE_CHECKING

from divmon.ui.i18n import _

if TYPE_CHECKING:
    from divmon.settings import Settings
    from divmon.ui.app import DivmonApp


class AutoTheme:
    """The theme of one screen, as its settings say. NO_COLOR has the last word.

    The first frame is painted by what the environment tells; then the terminal is asked,
    and its answer changes the theme if it comes soon and nobody has chosen one by key.
    """

    def __init__(self, app: "DivmonApp") -> None:
        self._app = app
        self._light: bool | None = None
        self._asked_at = float("-inf")
        self.by_hand = False  # the theme was chosen by key

    def wanted(self, settings: "Settings") -> str:
        """Return the name of the theme to draw in."""
        if os.environ.get("NO_COLOR"):
            return "mono"
        if settings.general.theme != "auto":
            return settings.general.theme
        if self._light is None:
            from divmon.ui.ground import guess

            self._light = guess(os.environ)
        return settings.display.auto_themes[self._light]

    def choose(self) -> None:
        """Draw in the theme of the settings, which have changed."""
        self.by_hand = False
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
        self._app.call_later(self._take, light)

    def _take(self, light: bool) -> None:
        from divmon.ui.ground import ANSWER_WITHIN_S

        if self._follows_ground and time.monotonic() - self._asked_at < ANSWER_WITHIN_S:
            self._light = light
            self._apply()

    @property
    def _follows_ground(self) -> bool:
        auto = self._app.settings.general.theme == "auto" and not self.by_hand
        return auto and not os.environ.get("NO_COLOR")

    def _apply(self) -> None:
        app = self._app
        name = self.wanted(app.settings)
        if name in app.own_themes:
            app.theme = name
        else:
            known = ", ".join(sorted(app.own_themes))
            text = _("theme = {name!r} is not there; known: {known}")
            app.tell("theme", text.format(name=name, known=known), "warning")
