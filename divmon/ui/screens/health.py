"""Can I trust this screen right now: every source, every venue, and the screen itself."""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from divmon.ui.i18n import N_
from divmon.ui.keys import named
from divmon.ui.screens.page import Page
from divmon.ui.widgets.health import OwnPanel, SourcesPanel, VenuesPanel

LOAD_EVERY = 5  # drawings, of one a second each


class HealthScreen(Page):
    PAGE = "health"
    KEYS = (("refresh", N_("retry now"), "refresh"), *Page.KEYS)
    CSS = """
    HealthScreen SourcesPanel { height: 1fr; }
    HealthScreen OwnPanel { height: 5; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        named("refresh", "refresh", N_("ask every waiting source to try again now"))
    ]

    def body(self) -> Iterator[Widget]:
        self.sources = SourcesPanel(self.desk)
        self.venues = VenuesPanel(self.desk)
        self.own = OwnPanel(self.desk)
        self.own.load = self.board.sources.load
        self._drawn = 0
        yield self.sources
        yield self.venues
        yield self.own

    @property
    def main_panel(self) -> SourcesPanel:
        return self.sources

    def draw(self) -> None:
        row = self.desk.view.rows.get("BTC")
        wanted = max(1, len(row.venues) if row else 0) + 3
        self.venues.styles.height = min(wanted, max(4, self.size.height // 3))
        self.venues.display = self.size.height >= 13
        self.own.display = self.size.height >= 20
        self._drawn += 1
        if self._drawn % LOAD_EVERY == 0:
            self.own.load = self.board.own_load()
        super().draw()

    async def action_refresh(self) -> None:
        await self.board.action_refresh()
        self.draw()
