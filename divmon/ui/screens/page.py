"""What the pages beside the board share: the state on top, the keys below, Esc back.

A page draws from the same desk as the board, once a second: it is to be read, not
watched. While it is up, the board takes frames in and draws nothing.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from divmon.ui.actions import PAGES, page_bindings
from divmon.ui.screens.pages import Pages
from divmon.ui.widgets.footer import alerts_label
from divmon.ui.widgets.listed import Scrolled
from divmon.ui.widgets.panel import Desk, Line, Panel, width_of
from divmon.ui.widgets.state import Banner, StateLine, banner

if TYPE_CHECKING:
    from divmon.ui.screens.main import MainScreen

DRAWN_EVERY = 1.0  # seconds


class PageKeys(Panel):
    """The page's own keys, then the other pages; each can be clicked."""

    def __init__(self, desk: Desk, name: str, keys: tuple[tuple[str, str, str], ...]) -> None:
        super().__init__(desk, id="keys")
        self.page = name
        self.own = keys

    def paint(self, width: int, height: int) -> list[Line]:
        ink, waiting = self.desk.ink, self.desk.view.alerts.waiting
        line: Line = []
        for shown, label, action in self._items(waiting):
            click = Style(meta={"@click": f"screen.{action}"})
            here = action == self.page
            plain = ink.alert if action == "alerts" and waiting else ink.muted
            item = [
                Segment(f" {shown}", ink.key + click),
                Segment(f" {label} ", (ink.title if here else plain) + click),
            ]
            if width_of(line) + width_of(item) > width:
                break
            line += item
        return [line]

    def _items(self, waiting: int) -> Iterator[tuple[str, str, str]]:
        yield "Esc", "back", "close"
        calls = waiting and self.page != "alerts"
        if calls:
            yield "a", alerts_label(waiting), "alerts"
        yield from self.own
        taken = {shown for shown, _, _ in self.own} | ({"a"} if calls else set())
        for action in PAGES:
            if action.shown not in taken:
                yield action.shown, action.label, action.name


class Page(Pages):
    """One page. `keys` are its own: (shown, label, action)."""

    PAGE: ClassVar[str] = ""  # its action's name
    KEYS: ClassVar[tuple[tuple[str, str, str], ...]] = (("j k", "scroll", "scroll(1)"),)

    CSS = """
    Page { layout: vertical; }
    Page #state, Page #keys { height: 1; }
    Page .row { layout: horizontal; height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,backspace", "close", "back", show=False),
        Binding("down,j", "scroll(1)", "down", show=False),
        Binding("up,k", "scroll(-1)", "up", show=False),
        Binding("pagedown,ctrl+d", "scroll(10)", "page down", show=False),
        Binding("pageup,ctrl+u", "scroll(-10)", "page up", show=False),
        Binding("home,g", "scroll(-100000)", "first", show=False),
        Binding("end,G", "scroll(100000)", "last", show=False),
        *page_bindings(),
    ]

    def __init__(self, board: "MainScreen") -> None:
        super().__init__()
        self._board = board
        self.desk = board.desk
        self._ink = board.desk.ink

    @property
    def board(self) -> "MainScreen":
        return self._board

    @property
    def main_panel(self) -> Scrolled:
        """Return the panel that the scrolling keys move."""
        raise NotImplementedError

    def body(self) -> Iterator[Widget]:
        """Yield the page's own panels, top to bottom."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        self.state_line = StateLine(self.desk, id="state")
        self.banner = Banner(self.desk, id="banner")
        yield self.state_line
        yield self.banner
        yield from self.body()
        yield PageKeys(self.desk, self.PAGE, self.KEYS)

    def on_mount(self) -> None:
        self.draw()
        self.set_interval(DRAWN_EVERY, self.second)

    def second(self) -> None:
        """Draw what a second has brought, if the budget has something for it."""
        if not self.board.pace.short():
            self.draw()

    def on_screen_resume(self) -> None:
        self.draw()

    def draw(self) -> None:
        """Repaint what differs from the screen."""
        if not self.is_mounted:
            return
        board, desk = self.board, self.desk
        board.dim_as_needed()
        new, self._ink = desk.ink is not self._ink, desk.ink
        self.banner.set_class(bool(banner(desk.view)), "on")
        self.state_line.paused = board.state_line.paused
        for panel in self.query(Panel):
            if new:
                panel.repaint()
            else:
                panel.show()

    # -- actions -----------------------------------------------------------------

    def action_close(self) -> None:
        self.dismiss()

    def action_scroll(self, step: int) -> None:
        self.main_panel.move(step)

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

    def action_help(self) -> None:
        self.board.action_help()
