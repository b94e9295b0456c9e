"""From where the pages are opened. They are imported when they are: the board is first."""

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.message import Message

from divmon.reading.frames import Command
from divmon.ui.actions import ACTIONS, EVERYWHERE, MOVE, PAGES
from divmon.ui.keys import declared_names, in_force
from divmon.ui.screens.leaving import Leaving

if TYPE_CHECKING:
    from divmon.ui.screens.main import MainScreen
    from divmon.ui.screens.page import Page


class Asks(Message):
    """A person wants something of the engine; the app passes it on."""

    def __init__(self, command: Command) -> None:
        super().__init__()
        self.command = command


class Pages(Leaving[None]):
    """A screen from which every page can be opened: the board, and each page."""

    PAGE: ClassVar[str] = ""  # its action's name; the board has none

    @property
    def board(self) -> "MainScreen":
        """Return the main screen, which owns the ink and the pause."""
        raise NotImplementedError

    @property
    def saved_as(self) -> str:
        """Return what the screen is called in the names of files."""
        return self.PAGE

    def own_bindings(self) -> list[tuple[str, Binding]]:
        """Return name and binding of what this page has and not every one; nothing of the board."""
        shared = {*EVERYWHERE, *(action.name for action in PAGES)} if self.PAGE else set()
        own = [
            (name, replace(binding, action=binding.action.replace("{n}", "1")))
            for name, binding in declared_names(self)
            if self.PAGE and name not in shared
        ]
        moves = [action.name for action in ACTIONS if action.group == MOVE]

        def place(each: tuple[str, Binding]) -> int:
            """What is named after the page stands first, moving about last."""
            name, _binding = each
            return 2 if name in moves else not name.startswith(f"{self.PAGE}.")

        return sorted(own, key=place)

    def has_key(self, action: str) -> bool:
        """Tell whether an action's key does it here: on a chart, c is for candles."""
        return action in ("quit", "palette") or any(
            name == action for name, _binding in declared_names(self)
        )

    def can(self, action: str) -> bool:
        """Tell whether an action of the list means something here."""
        known = action in ("quit", "palette") or hasattr(self, f"action_{action}")
        return known and action != self.PAGE

    def bind_keys(self) -> None:
        """Take the keys of the settings, at first and when they have changed."""
        self._bindings = in_force(self, self.board.desk.settings.keys)

    def draw(self) -> None:
        """Repaint what differs from the screen."""
        raise NotImplementedError

    @property
    def subject(self) -> str:
        """Return the key that `x` explains: of the row under the cursor."""
        return "abc.score"

    def open_page(self, page: "Page") -> None:
        """Show a page in place of the one that is up, or over the board."""
        from divmon.ui.screens.page import Page

        top = self.app.screen_stack[-1]
        if isinstance(top, Page):
            self.app.switch_screen(page)
        else:
            self.app.push_screen(page)

    def action_health(self) -> None:
        from divmon.ui.screens.health import HealthScreen

        self.open_page(HealthScreen(self.board))

    def action_correlation(self) -> None:
        from divmon.ui.screens.correlation import CorrelationScreen

        self.open_page(CorrelationScreen(self.board))

    def action_history(self) -> None:
        from divmon.ui.screens.history import HistoryScreen

        self.open_page(HistoryScreen(self.board))

    def action_race(self) -> None:
        from divmon.ui.screens.race import RaceScreen

        self.open_page(RaceScreen(self.board))

    def action_alerts(self) -> None:
        from divmon.ui.screens.alerts import AlertsScreen

        self.open_page(AlertsScreen(self.board))

    def action_events(self) -> None:
        from divmon.ui.screens.events import EventsScreen

        self.open_page(EventsScreen(self.board))

    def action_base_rates(self) -> None:
        from divmon.ui.screens.base_rates import BaseRatesScreen

        self.open_page(BaseRatesScreen(self.board, self.subject))

    def action_claims(self) -> None:
        from divmon.ui.screens.claims import ClaimsScreen

        self.open_page(ClaimsScreen(self.board))

    def action_explain(self) -> None:
        self.explain(self.subject)

    def action_explain_abc(self) -> None:
        self.explain("abc.score")

    def note(self, text: str) -> None:
        """Say something for some seconds where the keys are."""
        from divmon.ui.widgets.footer import KeysPanel

        for panel in self.query(KeysPanel):
            panel.say(text)

    def action_help(self) -> None:
        from divmon.ui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self))

    async def action_save(self) -> None:
        await self.app.run_action("save")

    async def action_theme(self) -> None:
        await self.app.run_action("next_theme")
        self.draw()

    def action_pause(self) -> None:
        """Hold page and board still at one moment."""
        self.board.action_pause()
        if self.board.paused:
            # the board has drawn nothing since this page went up
            self.board.redraw()
        self.draw()

    async def action_own_engine(self) -> None:
        await self.app.run_action("own_engine")

    async def action_updown(self) -> None:
        await self.app.run_action("next_updown")

    async def action_edit_settings(self) -> None:
        await self.app.run_action("edit_settings")

    def explain(self, key: str) -> None:
        """Open the page that explains a value of the Reading, or a block of them."""
        from divmon.ui.screens.explain import ExplainScreen

        self.open_page(ExplainScreen(self.board, key))
