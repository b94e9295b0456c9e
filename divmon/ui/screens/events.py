"""The log of events: all that this screen has been told, to read back and to search."""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from divmon.ui.i18n import N_
from divmon.ui.keys import named
from divmon.ui.screens.searched import SearchedPage
from divmon.ui.widgets.happened import EventList, EventStory


class EventsScreen(SearchedPage):
    PAGE = "events"
    KEYS = (
        ("down up", N_("event"), "scroll(1)"),
        ("filter", N_("filter"), "filter"),
        ("open", N_("all of one"), "one"),
    )
    CSS = """
    EventsScreen EventList { height: 1fr; }
    EventsScreen EventStory { height: 40%; min-height: 5; display: none; }
    EventsScreen EventStory.on { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        named("open", "one", N_("all of the event, or put it away")),
        named("clear", "leave", N_("put away the event, clear the filter, or back")),
        named("page.story_down", "story(1)", N_("scroll the event down")),
        named("page.story_up", "story(-1)", N_("scroll the event up")),
    ]

    def body(self) -> Iterator[Widget]:
        self.list = EventList(self.desk)
        self.story = EventStory(self.desk)
        yield self.list
        yield self.story

    @property
    def main_panel(self) -> EventList:
        return self.list

    def draw(self) -> None:
        self.list.settle()
        self.story.event = self.list.chosen
        super().draw()

    def on_listed_moved(self) -> None:
        self.story.event, self.story.top = self.list.chosen, 0
        self.story.show()

    def on_listed_opened(self) -> None:
        self.action_one()

    # -- actions -----------------------------------------------------------------

    def action_one(self) -> None:
        """Show all of the event under the cursor, or put it away."""
        self.story.toggle_class("on")
        self.draw()

    def action_story(self, step: int) -> None:
        self.story.move(step)

    def action_leave(self) -> None:
        """Take back one thing at a time: the event, the filter, the page."""
        if self.story.has_class("on"):
            self.story.remove_class("on")
        elif self.list.filter:
            self.list.filter = ""
        else:
            self.action_close()
            return
        self.draw()
