"""BTC against every instrument, with the test of a lead; and everything against everything."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.containers import Container
from textual.timer import Timer
from textual.widget import Widget

from divmon.reading.frames import AskMatrix
from divmon.ui.i18n import N_
from divmon.ui.keys import named
from divmon.ui.screens.page import Page
from divmon.ui.screens.pages import Asks
from divmon.ui.widgets.correlation import BetaPanel, CorrelationPanel, LeadLagPanel
from divmon.ui.widgets.listed import Scrolled
from divmon.ui.widgets.matrix import WINDOWS, CellPanel, MatrixPanel

if TYPE_CHECKING:
    from divmon.ui.screens.main import MainScreen

BESIDE = 150  # cells, from which the two panels stand side by side
LOOK_EVERY = 0.1  # seconds, while the matrix is awaited
PATIENCE = 50  # looks, then it is asked for again


class CorrelationScreen(Page):
    PAGE = "correlation"
    KEYS = (
        ("down up", N_("pair"), "scroll(1)"),
        ("correlation.matrix", N_("matrix"), "matrix"),
        ("correlation.left correlation.right", N_("column"), "sideways(1)"),
        ("tab", N_("window"), "window"),
    )
    CSS = """
    CorrelationScreen BetaPanel { height: 3; }
    CorrelationScreen #both { layout: vertical; height: 1fr; }
    CorrelationScreen #both.beside { layout: horizontal; }
    CorrelationScreen CorrelationPanel { height: 1fr; width: 100%; }
    CorrelationScreen LeadLagPanel { height: 15; width: 100%; }
    CorrelationScreen MatrixPanel { height: 1fr; display: none; }
    CorrelationScreen CellPanel { height: 7; display: none; }
    CorrelationScreen .beside CorrelationPanel { height: 100%; width: 1fr; }
    CorrelationScreen .beside LeadLagPanel { height: 100%; width: 68; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        named("open", "explain", N_("explain the pair")),
        named("correlation.matrix", "matrix", N_("matrix, or pairs with BTC")),
        named("correlation.right", "sideways(1)", N_("next column")),
        named("correlation.left", "sideways(-1)", N_("previous column")),
        named("tab", "window", N_("next window")),
    ]

    def __init__(self, board: "MainScreen") -> None:
        super().__init__(board)
        self.whole = False  # everything against everything
        self._asked: object = ()  # the close that the matrix was last asked of
        self._looks = 0
        self._soon: Timer | None = None

    def body(self) -> Iterator[Widget]:
        self.table = CorrelationPanel(self.desk, id="correlation")
        self.leading = LeadLagPanel(self.desk)
        self.beta = BetaPanel(self.desk, id="beta")
        self.both = Container(self.table, self.leading, id="both")
        self.matrix = MatrixPanel(self.desk)
        self.cell = CellPanel(self.desk, self.matrix)
        yield self.both
        yield self.beta
        yield self.matrix
        yield self.cell

    @property
    def main_panel(self) -> Scrolled:
        return self.matrix if self.whole else self.table

    @property
    def subject(self) -> str:
        pair = self.table.chosen
        return f"correlation.{pair}" if pair else "abc.score"

    def draw(self) -> None:
        self._choose()
        width, height = self.size
        beside = width >= BESIDE
        self.both.set_class(beside, "beside")
        # bars of eleven lags where there is room for them and six rows of the table
        self.leading.styles.height = "100%" if beside else 15 if height >= 30 else 5
        self.leading.display = beside or height >= 13
        self.follow()
        super().draw()

    def _choose(self) -> None:
        """Show the pairs with BTC, or the matrix; ask for it while it lacks or is old."""
        self.both.display = not self.whole
        self.beta.display = not self.whole and self.size.height >= 18
        self.matrix.display = self.cell.display = self.whole
        self.cell.styles.height = 7 if self.size.height >= 20 else 5
        if not self.whole:
            return
        view = self.board.live_view
        if view.matrix is None and self.matrix.matrix is not None:
            self._asked = ()  # of another engine
        self.matrix.matrix = view.matrix
        closes = view.reading.abc.as_of if view.reading else None
        late = view.matrix is None and self._looks >= PATIENCE
        if self._asked != closes or late:
            self._asked, self._looks = closes, 0
            self.post_message(Asks(AskMatrix()))
        if view.matrix is None and self._soon is None:
            self._soon = self.set_timer(LOOK_EVERY, self._look)

    def _look(self) -> None:
        self._soon = None
        self._looks += 1
        self.draw()

    def follow(self) -> None:
        """Show the test of the pair under the cursor."""
        self.leading.pair = self.table.chosen

    def on_listed_moved(self) -> None:
        self.follow()
        self.leading.show()

    def on_listed_opened(self) -> None:
        self.action_explain()

    # -- actions -----------------------------------------------------------------

    def action_matrix(self) -> None:
        self.whole = not self.whole
        self.draw()

    def action_scroll(self, step: int) -> None:
        super().action_scroll(step)
        if self.whole:
            self.cell.repaint()

    def action_sideways(self, step: int) -> None:
        """Go to another column of the matrix."""
        if self.whole:
            self.matrix.step(0, step)
            self.cell.repaint()

    def action_window(self) -> None:
        if self.whole:
            at = WINDOWS.index(self.matrix.window)
            self.matrix.window = WINDOWS[(at + 1) % len(WINDOWS)]
            self.draw()
