"""The command palette: type some letters of a command, Enter runs it.

Not Textual's own: five thousand keys typed at it in any order end the program in four
ways (its list is looked for when it is gone, Enter comes twice, a page key meets a list
that is being filled, two palettes have one id).
"""

from collections.abc import Iterable
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from divmon.ui.i18n import N_, _
from divmon.ui.screens.leaving import Leaving
from divmon.ui.typed import edited
from divmon.ui.widgets.listed import Listed
from divmon.ui.widgets.panel import Desk, Line, between
from divmon.ui.words import clean

LONGEST = 40  # characters that can be typed


class CommandList(Listed):
    title = N_("Commands")

    def __init__(self, desk: Desk, commands: Iterable[SystemCommand]) -> None:
        super().__init__(desk)
        self.commands = list(commands)
        self.typed = ""

    @property
    def found(self) -> list[SystemCommand]:
        """Return the commands in which every typed word is; those that begin with it first."""
        wanted = self.typed.casefold().split()
        matching = [
            command
            for command in self.commands
            if all(word in f"{command.title} {command.help}".casefold() for word in wanted)
        ]

        def place(command: SystemCommand) -> int:
            title = command.title.casefold()
            return 0 if title.startswith(wanted[0]) else 1 if wanted[0] in title else 2

        return sorted(matching, key=place) if wanted else matching

    @property
    def chosen(self) -> SystemCommand | None:
        found = self.found
        return found[self.cursor] if self.cursor < len(found) else None

    def head(self, width: int) -> list[Line]:
        ink = self.desk.ink
        if not self.typed:
            return [[Segment(" ▏", ink.key), Segment(_("Search for commands…"), ink.muted)]]
        return [[Segment(f" {clean(self.typed)}▏", ink.key)]]

    def lines(self, width: int) -> list[Line]:
        ink, found = self.desk.ink, self.found
        if not found:
            return [[Segment(f" {_('no command matches')}", ink.warn)]]
        return [
            between(
                [Segment(f" {clean(command.title)}", ink.text)],
                [Segment(clean(command.help), ink.muted)],
                width,
                ink,
            )
            for command in found
        ]


class Palette(Leaving[None], ModalScreen[None]):
    """In place of whatever is up; what it runs is run there."""

    CSS = """
    Palette { align: center top; background: $background; }
    Palette CommandList { width: 90; max-width: 100%; height: 24; max-height: 100%; margin: 1 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,ctrl+p", "leave", show=False)]

    def __init__(self, desk: Desk, commands: Iterable[SystemCommand]) -> None:
        super().__init__()
        self.desk = desk
        self.list = CommandList(desk, commands)

    def compose(self) -> ComposeResult:
        yield self.list

    def on_key(self, event: events.Key) -> None:
        """Type, move and choose; nothing reaches the screen below."""
        match event.key:
            case "enter":
                self.run()
            case "up" | "shift+tab":
                self.list.move(-1)
            case "down" | "tab":
                self.list.move(1)
            case "pageup":
                self.list.move(-10)
            case "pagedown":
                self.list.move(10)
            case _ if (changed := edited(self.list.typed, event, LONGEST)) is not None:
                self.search(changed)
            case _:
                return
        event.stop()
        event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        self.search((self.list.typed + event.text.partition("\n")[0])[:LONGEST])

    def search(self, text: str) -> None:
        self.list.typed = text
        self.list.cursor = self.list.top = 0
        self.list.show()

    def on_listed_opened(self) -> None:
        self.run()

    def on_click(self, event: events.Click) -> None:
        """Leave by a click beside the list."""
        if event.widget is self:
            self.dismiss()

    def run(self) -> None:
        """Run the chosen command on the screen below."""
        command = self.list.chosen
        if command is not None and self.is_current:  # Enter may come twice
            self.dismiss()
            self.app.call_later(command.callback)

    def action_leave(self) -> None:
        self.dismiss()
