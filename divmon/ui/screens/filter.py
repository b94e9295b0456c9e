"""The line that `/` opens. Apart, since Textual's Input is only imported when it is used."""

from textual.binding import Binding
from textual.widgets import Input

from divmon.ui.i18n import _


class FilterInput(Input):
    """Filters while one types; Enter keeps the filter, Esc drops it."""

    BINDINGS = [Binding("escape", "drop", "clear", show=False)]  # noqa: RUF012 (Textual's way)

    def __init__(self, value: str, *, id: str, classes: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(
            value,
            placeholder=_("filter by name, group or label"),
            id=id,
            classes=classes,
            compact=True,
        )

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
