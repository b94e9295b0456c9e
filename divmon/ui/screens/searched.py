"""A page whose list is searched: `/` and what is typed then go into its filter."""

from typing import ClassVar

from textual import events
from textual.binding import BindingType

from divmon.ui.i18n import N_
from divmon.ui.keys import named
from divmon.ui.screens.page import Page
from divmon.ui.typed import edited
from divmon.ui.widgets.happened import EventList

LONGEST_FILTER = 60


class SearchedPage(Page):
    BINDINGS: ClassVar[list[BindingType]] = [
        named("filter", "filter", N_("show only what matches; Esc shows all")),
    ]

    @property
    def main_panel(self) -> EventList:
        """Return the list that is searched."""
        raise NotImplementedError

    def on_key(self, event: events.Key) -> None:
        """Give a filter that is being typed every key; a letter must not open a page."""
        if not self.main_panel.typing:
            return
        text = self.main_panel.filter
        if event.key == "enter":
            self.main_panel.typing = False
        elif event.key == "escape":
            self.main_panel.typing, text = False, ""
        elif (changed := edited(text, event, LONGEST_FILTER)) is not None:
            text = changed
        else:
            return
        event.stop()
        event.prevent_default()
        self.main_panel.filter = text
        self.draw()

    def on_paste(self, event: events.Paste) -> None:
        """A pasted line goes into the filter that is being typed, and nowhere else."""
        if self.main_panel.typing:
            line = event.text.partition("\n")[0]
            self.main_panel.filter = (self.main_panel.filter + line)[:LONGEST_FILTER]
            self.draw()

    def action_filter(self) -> None:
        self.main_panel.typing = True
        self.draw()
