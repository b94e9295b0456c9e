"""The log of events: all that this screen has been told, to read back and to search."""

from collections.abc import Iterator
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widget import Widget

from divmon.ui.screens.page import Page
from divmon.ui.widgets.happened import EventList, EventStory

LONGEST_FILTER = 60


class EventsScreen(Page):
    PAGE = "events"
    KEYS = (
        ("j k", "event", "scroll(1)"),
        ("/", "filter", "filter"),
        ("Enter", "all of one", "one"),
    )
    CSS = """
    EventsScreen EventList { height: 1fr; }
    EventsScreen EventStory { height: 40%; min-height: 5; display: none; }
    EventsScreen EventStory.on { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter", show=False),
        Binding("enter", "one", "all of one", show=False),
        Binding("escape", "leave", "clear or back", show=False),
        Binding("J", "story(1)", "scroll the event", show=False),
        Binding("K", "story(-1)", "scroll the event", show=False),
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

    def on_key(self, event: events.Key) -> None:
        """Give a filter that is being typed every key; a letter must not open a page."""
        if not self.list.typing:
            return
        text = self.list.filter
        if event.key == "enter":
            self.list.typing = False
        elif event.key == "escape":
            self.list.typing, text = False, ""
        elif event.key == "backspace":
            text = text[:-1]
        elif event.key == "ctrl+u":
            text = ""
        elif event.is_printable and event.character:
            text = (text + event.character)[:LONGEST_FILTER]
        else:
            return
        event.stop()
        event.prevent_default()
        self.list.filter = text
        self.draw()

    def on_paste(self, event: events.Paste) -> None:
        """A pasted line goes into the filter that is being typed, and nowhere else."""
        if self.list.typing:
            line = event.text.partition("\n")[0]
            self.list.filter = (self.list.filter + line)[:LONGEST_FILTER]
            self.draw()

    # -- actions -----------------------------------------------------------------

    def action_filter(self) -> None:
        self.list.typing = True
        self.draw()

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
