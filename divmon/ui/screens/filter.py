"""The line that `/` opens. Apart, since Textual's Input is only imported when it is used."""

from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.widgets import Input

from divmon.ui.i18n import _
from divmon.ui.widgets.footer import KeysPanel

if TYPE_CHECKING:
    from divmon.ui.screens.main import MainScreen


class FilterInput(Input):
    """Filters while one types; Enter keeps the filter, Esc drops it.

    Meanwhile the line of keys says these two: all others are letters to type.
    """

    BINDINGS = [Binding("escape", "drop", "clear", show=False)]  # noqa: RUF012 (Textual's way)

    def __init__(self, value: str, *, id: str, classes: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(
            value,
            placeholder=_("filter by name, group or label"),
            id=id,
            classes=classes,
            compact=True,
        )

    def on_mount(self) -> None:
        self._keys = list(self.screen.query(KeysPanel))
        for panel in self._keys:
            panel.hold(_("filter: Enter keeps it · Esc drops it"))

    def on_unmount(self) -> None:
        for panel in self._keys:
            panel.hold("")

    def on_input_changed(self, event: Input.Changed) -> None:
        from divmon.ui.screens.main import MainScreen

        event.stop()
        if isinstance(self.screen, MainScreen):
            self.screen.set_filter(event.value)

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        await self.remove()

    async def action_drop(self) -> None:
        self.value = ""
        await self.screen.run_action("clear")


async def open_filter(board: "MainScreen") -> None:
    """Open the line, with the table that it filters; or go back to it."""
    if not board.markets.display:
        board.action_layout(1)
    found = board.query(FilterInput)
    if found:
        found.first().focus()
    else:
        line = FilterInput(board.markets.filter, id="filter", classes="on")
        await board.mount(line)
        board.set_focus(line)


def type_into_filter(board: "MainScreen", text: str) -> None:
    board.query_one(FilterInput).insert_text_at_cursor(text)
