"""BTC against every instrument: correlation, and the test of a lead."""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from divmon.ui.i18n import N_
from divmon.ui.keys import named
from divmon.ui.screens.page import Page
from divmon.ui.widgets.correlation import BetaPanel, CorrelationPanel, LeadLagPanel

BESIDE = 150  # cells, from which the two panels stand side by side


class CorrelationScreen(Page):
    PAGE = "correlation"
    KEYS = (("down up", N_("pair"), "scroll(1)"),)
    CSS = """
    CorrelationScreen BetaPanel { height: 3; }
    CorrelationScreen #both { layout: vertical; height: 1fr; }
    CorrelationScreen #both.beside { layout: horizontal; }
    CorrelationScreen CorrelationPanel { height: 1fr; width: 100%; }
    CorrelationScreen LeadLagPanel { height: 15; width: 100%; }
    CorrelationScreen .beside CorrelationPanel { height: 100%; width: 1fr; }
    CorrelationScreen .beside LeadLagPanel { height: 100%; width: 68; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [named("open", "explain", N_("explain the pair"))]

    def body(self) -> Iterator[Widget]:
        self.table = CorrelationPanel(self.desk, id="correlation")
        self.leading = LeadLagPanel(self.desk)
        self.beta = BetaPanel(self.desk, id="beta")
        self.both = Container(self.table, self.leading, id="both")
        yield self.both
        yield self.beta

    @property
    def main_panel(self) -> CorrelationPanel:
        return self.table

    @property
    def subject(self) -> str:
        pair = self.table.chosen
        return f"correlation.{pair}" if pair else "abc.score"

    def draw(self) -> None:
        width, height = self.size
        beside = width >= BESIDE
        self.both.set_class(beside, "beside")
        # bars of eleven lags where there is room for them and six rows of the table
        self.leading.styles.height = "100%" if beside else 15 if height >= 30 else 5
        self.follow()
        super().draw()

    def follow(self) -> None:
        """Show the test of the pair under the cursor."""
        self.leading.pair = self.table.chosen

    def on_listed_moved(self) -> None:
        self.follow()
        self.leading.show()

    def on_listed_opened(self) -> None:
        self.action_explain()
