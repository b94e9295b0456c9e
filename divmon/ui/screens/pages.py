"""From where the pages are opened. They are imported when they are: the board is first."""

from typing import TYPE_CHECKING

from textual.message import Message
from textual.screen import Screen

from divmon.reading.frames import Command

if TYPE_CHECKING:
    from divmon.ui.screens.main import MainScreen
    from divmon.ui.screens.page import Page


class Asks(Message):
    """A person wants something of the engine; the app passes it on."""

    def __init__(self, command: Command) -> None:
        super().__init__()
        self.command = command


class Pages(Screen[None]):
    """A screen from which every page can be opened: the board, and each page."""

    @property
    def board(self) -> "MainScreen":
        """Return the main screen, which owns the ink and the pause."""
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

    def action_alerts(self) -> None:
        from divmon.ui.screens.alerts import AlertsScreen

        self.open_page(AlertsScreen(self.board))

    def action_events(self) -> None:
        from divmon.ui.screens.events import EventsScreen

        self.open_page(EventsScreen(self.board))

    def action_explain(self) -> None:
        self.explain(self.subject)

    def action_explain_abc(self) -> None:
        self.explain("abc.score")

    def draw(self) -> None:
        """Repaint what differs from the screen."""
        raise NotImplementedError

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
