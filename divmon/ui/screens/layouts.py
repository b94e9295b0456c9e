"""What of the board is on the screen: layouts by number, one panel zoomed, one chosen by Tab."""

from rich.segment import Segment
from textual import events
from textual.geometry import NULL_OFFSET, NULL_SPACING, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from divmon.ui.arrange import ALL, LOWER, SMALLEST, Board, Wants, arrange
from divmon.ui.i18n import N_, _
from divmon.ui.screens.pages import Pages
from divmon.ui.widgets.panel import Desk, Framed, Line, Panel
from divmon.ui.widgets.state import StateLine, banner
from divmon.ui.words import wrap

AUTO = ("auto",)
EDGE_NAMES = ("state", "sources", "keys")
# What a panel is called where its own title is not to be seen.
NAMES = {
    "btc": N_("BTC"),
    "abc": N_("ABC"),
    "markets": N_("markets"),
    "streaks": N_("streaks"),
    "rotation": N_("rotation"),
    "liquidity": N_("liquidity"),
    "claims": N_("claims"),
    "events": N_("events"),
    "glance": N_("glance"),
}


class TooSmall(Panel):
    def paint(self, width: int, height: int) -> list[Line]:
        ink = self.desk.ink
        size = f"({self.screen.size.width}×{self.screen.size.height})"
        words = _("terminal too small {size}, needs {least}").format(
            size=size, least=f"{SMALLEST[0]}×{SMALLEST[1]}"
        )
        return [[Segment(line, ink.warn)] for line in wrap(words, width, height)]


class Placed(Layout):
    """Puts every panel where its board says, and any other widget nowhere."""

    name = "placed"

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        assert isinstance(parent, Layouts)
        places = parent.board_of(size).places
        if "sources" in places:
            # it is typed for some seconds, and nothing on the board need move for it
            places = {**places, "filter": places["sources"]}
        return [
            WidgetPlacement(places[child.id], NULL_OFFSET, NULL_SPACING, child)
            for child in children
            if child.id in places
        ]


class Layouts(Pages):
    """The board's layouts. `panel_of` holds the panels by name; the rest is here."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(id="main")
        self.desk = desk
        self.panel_of: dict[str, Panel] = {}
        self.number = 1
        self.zoomed = ""  # the panel that fills the board
        self.chosen = LOWER[0]  # what `z` zooms
        self.front = LOWER[0]  # of the panels that share one place
        self._wants = Wants()
        self._made: tuple[object, Board] = (None, Board())
        self._placed = Placed()

    @property
    def layout(self) -> Layout:
        return self._placed

    @property
    def state_line(self) -> StateLine:
        raise NotImplementedError

    @property
    def table_rows(self) -> int:
        raise NotImplementedError

    # -- which panels ------------------------------------------------------------

    def layout_panels(self, number: int) -> tuple[str, ...]:
        """Return the panels of a layout; none for all, by size."""
        named = self.desk.settings.layouts.get(str(number), ())
        return () if named == AUTO else tuple(name for name in named if name not in EDGE_NAMES)

    def is_defined(self, number: int) -> bool:
        return bool(self.desk.settings.layouts.get(str(number), ()))

    def layout_name(self, number: int) -> str:
        """Return what a layout shows, in words."""
        panels = self.layout_panels(number)
        return ", ".join(_(NAMES[name]) for name in panels) if panels else _("all, by size")

    @property
    def panels_now(self) -> tuple[str, ...]:
        return (self.zoomed,) if self.zoomed else self.layout_panels(self.number)

    # -- where they stand ----------------------------------------------------------

    def board_of(self, size: Size) -> Board:
        """Return where everything stands on a screen of `size`, made once for the same."""
        key = (size, self.panels_now, self._wants)
        if self._made[0] != key:
            if size.width < SMALLEST[0] or size.height < SMALLEST[1]:
                board = Board({"small": size.region})
            else:
                board = arrange(self.panels_now, *size, self._wants)
            self._made = (key, board)
        return self._made[1]

    @property
    def board_now(self) -> Board:
        """Return where everything stands now."""
        return self.board_of(self.size)

    def rearrange(self) -> None:
        """Show what size, layout and texts call for; hide the rest, which then draws nothing."""
        if not self.panel_of or not self.size:
            return
        before = self._made[1]
        self.state_line.where = self._where()
        self._wants = Wants(
            self.state_line.lines_needed(*self.size), bool(banner(self.desk.view)), self.table_rows
        )
        if "glance" in self.panels_now and "glance" not in self.panel_of:
            from divmon.ui.widgets.glance import GlancePanel

            self.panel_of["glance"] = GlancePanel(self.desk, id="glance")
            self.mount(self.panel_of["glance"])
        board = self.board_now
        if board.shared and self.front not in board.shared:
            self.front = board.shared[0]
        for name, panel in self.panel_of.items():
            seen = name in board.places and (name not in board.shared or name == self.front)
            if isinstance(panel, Framed):
                panel.sharing = board.shared if name in board.shared else ()
                panel.marked = name == self.marked and name != "glance"
            if panel.display != seen:
                panel.display = seen
                panel.repaint()  # it has slept: what it last drew is old
        if board != before:
            # of a child: a screen's own would keep the arrangement that it has cached
            self.state_line.refresh(layout=True)

    def _where(self) -> str:
        if self.size.width < 60:
            return "[z]" if self.zoomed else "" if self.number == 1 else f"[{self.number}]"
        if self.zoomed:
            return _("zoom: {panel}").format(panel=_(NAMES[self.zoomed]))
        return "" if self.number == 1 else _("layout {n}").format(n=self.number)

    def on_resize(self, event: events.Resize) -> None:
        self.rearrange()

    # -- the chosen panel ------------------------------------------------------------

    @property
    def marked(self) -> str:
        """Return the panel that `z` is about: the chosen one, or another where it is not there."""
        if self.zoomed:
            return self.zoomed
        seen = self.seen
        return self.chosen if self.chosen in seen or not seen else seen[0]

    @property
    def seen(self) -> list[str]:
        """Return the panels on the board in the layout's order, all of those that share a place."""
        places = self.board_now.places
        return [name for name in self.layout_panels(self.number) or ALL if name in places]

    def choose_tab(self, name: str) -> None:
        """Choose a panel; of those that share a place, it comes to the front."""
        self.chosen = name
        if name in self.board_now.shared:
            self.front = name
        if self.zoomed:
            self.zoomed = name
        self.rearrange()
        self.show_titles()

    def show_titles(self) -> None:
        for panel in self.panel_of.values():
            panel.show()
        self.state_line.show()

    def action_tab(self, name: str = "") -> None:
        """Choose the next panel, or one by name; zoom one that is chosen already."""
        if not name:
            self._step(1)
        elif name == self.marked and name == self.front:
            self.action_zoom()
        else:
            self.choose_tab(name)

    def action_tab_back(self) -> None:
        self._step(-1)

    def _step(self, step: int) -> None:
        # a zoomed panel has the board for itself, so any other may follow
        names = [*(self.layout_panels(self.number) or ALL)] if self.zoomed else self.seen
        if names:
            at = names.index(self.marked) if self.marked in names else -step
            self.choose_tab(names[(at + step) % len(names)])

    # -- layouts and zoom --------------------------------------------------------------

    def action_layout(self, number: int = -1) -> None:
        """Go to a layout by its number: 0 and 10 are the first, -1 the next that is defined."""
        if number == -1:
            later = [n for n in range(self.number + 1, 10) if self.is_defined(n)]
            number = later[0] if later else 1
        number = number % 10 or 1
        if number != 1 and not self.is_defined(number):
            text = _("layout {n} is free; say what it shows by {n} = […] under [layouts]")
            self.tell(text.format(n=number))
            return
        self.number, self.zoomed = number, ""
        self.relaid()

    def action_zoom(self) -> None:
        """Let the chosen panel fill the board, or give the others their places back."""
        self.zoomed = "" if self.zoomed else self.marked
        self.relaid()

    def leave(self) -> bool:
        """Leave the zoom, else the layout; return whether there was one to leave."""
        if not self.zoomed and self.number == 1:
            return False
        if not self.zoomed:
            self.number = 1
        self.zoomed = ""
        self.relaid()
        return True

    def relaid(self) -> None:
        """Show another choice of panels."""
        self.rearrange()
        self.show_titles()

    def tell(self, text: str) -> None:
        """Say something in the events."""
        raise NotImplementedError

    def on_title(self, event: events.Click) -> bool:
        """Zoom the panel whose title is clicked, or tell whether it was."""
        panel = event.widget
        if not isinstance(panel, Framed) or panel.id not in self.panel_of:
            return False
        if not (panel.framed and event.y == 0):
            return False
        if not self.zoomed:
            self.choose_tab(panel.id or "")
        self.action_zoom()
        return True
