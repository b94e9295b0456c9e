"""What the pages beside the board share: the state on top, the keys below, Esc back.

A page draws from the same desk as the board, once a second: it is to be read, not
watched. While it is up, the board takes frames in and draws nothing.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget

from divmon.ui.actions import PAGES, Action, page_bindings, scroll_bindings
from divmon.ui.i18n import N_, _
from divmon.ui.keys import named
from divmon.ui.screens.pages import Pages
from divmon.ui.widgets.footer import KeysPanel, alerts_label
from divmon.ui.widgets.listed import Scrolled
from divmon.ui.widgets.panel import Desk, Panel
from divmon.ui.widgets.state import Banner, StateLine, banner

if TYPE_CHECKING:
    from divmon.ui.screens.main import MainScreen

DRAWN_EVERY = 1.0  # seconds


class PageKeys(KeysPanel):
    """The page's own keys, then the other pages; each can be clicked.

    `keys` are (names in [keys], label, action); `pages` are those that can be opened from it.
    """

    def __init__(
        self,
        desk: Desk,
        name: str,
        keys: tuple[tuple[str, str, str], ...],
        pages: tuple[Action, ...] = PAGES,
    ) -> None:
        super().__init__(desk, id="keys")
        self.page = name
        self.own = keys
        self.pages = pages

    def items(self) -> Iterator[tuple[str, str, str, Style]]:
        ink, key, waiting = self.desk.ink, self.desk.key, self.desk.view.alerts.waiting
        yield key("clear") or key("page.close"), _("back"), "screen.leave", ink.muted
        if self.desk.view.paused:
            yield key("pause"), _("PAUSED"), "screen.pause", ink.badge
        calls = waiting and any(each.name == "alerts" for each in self.pages)
        if calls and self.page != "alerts":
            yield key("alerts"), alerts_label(waiting), "screen.alerts", ink.alert
        yield key("help"), _("help"), "screen.help", ink.muted
        taken = set()
        for names, label, action in self.own:
            shown = key(*names.split())
            taken.add(shown)
            yield shown, _(label), f"screen.{action}", ink.muted
        for each in self.pages:
            shown, here = key(each.name), each.name == self.page
            if (shown and shown in taken) or (calls and each.name == "alerts"):
                continue
            yield shown, _(each.label), f"screen.{each.name}", ink.title if here else ink.muted
        for name, label in (("save", N_("save")), ("theme", N_("theme")), ("pause", N_("pause"))):
            yield key(name), _(label), f"screen.{name}", ink.muted


class Page(Pages):
    """One page. `KEYS` are its own: (names in [keys], label, action)."""

    KEYS: ClassVar[tuple[tuple[str, str, str], ...]] = (("down up", N_("scroll"), "scroll(1)"),)

    CSS = """
    Page { layout: vertical; }
    Page #state, Page #keys { height: 1; }
    Page .row { layout: horizontal; height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        named("clear", "leave", N_("back")),
        named("page.close", "close", N_("back to the board")),
        *scroll_bindings(),
        *page_bindings(),
    ]

    def __init__(self, board: "MainScreen") -> None:
        super().__init__()
        self._board = board
        self.desk = board.desk
        self.bind_keys()
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

    def action_leave(self) -> None:
        """Take one thing back; where there is none, the page."""
        self.action_close()

    def action_close(self) -> None:
        self.dismiss()

    def action_scroll(self, step: int) -> None:
        self.main_panel.move(step)
