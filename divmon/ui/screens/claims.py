"""Every claim in full: what is said, whether it holds, by what evidence, how often it has."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from divmon.reading.conditions import of_claim
from divmon.reading.frames import AskRates
from divmon.ui import conditions
from divmon.ui.i18n import N_
from divmon.ui.keys import named
from divmon.ui.screens.page import Page
from divmon.ui.screens.pages import Asks
from divmon.ui.widgets.claims_page import ClaimsList

if TYPE_CHECKING:
    from divmon.ui.screens.main import MainScreen


class ClaimsScreen(Page):
    PAGE = "claims"
    KEYS = (
        ("down up", N_("claim"), "scroll(1)"),
        ("open", N_("explain"), "explain"),
        ("base_rates", N_("what followed"), "base_rates"),
    )
    CSS = """
    ClaimsScreen ClaimsList { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [named("open", "explain", N_("explain the claim"))]

    def __init__(self, board: "MainScreen") -> None:
        super().__init__(board)
        self._asked: set[object] = set()
        self._of: object = None  # the answers of one engine

    def body(self) -> Iterator[Widget]:
        self.list = ClaimsList(self.desk)
        yield self.list

    @property
    def main_panel(self) -> ClaimsList:
        return self.list

    @property
    def subject(self) -> str:
        claim = self.list.chosen
        return f"claims.{claim.id}" if claim else "abc.score"

    def draw(self) -> None:
        super().draw()
        self._ask_how_often()

    def _ask_how_often(self) -> None:
        """Ask for the chosen claim's frequency, once for each close."""
        claim, view = self.list.chosen, self.board.live_view
        if claim is None or view.reading is None or view.reading.warm:
            return
        if view.rates is not self._of:
            self._of, self._asked = view.rates, set()  # another engine
        condition = of_claim(claim.id, view.reading, self.desk.settings.claims)
        question = condition, claim.as_of
        if condition is not None and question not in self._asked:
            self._asked.add(question)
            self.post_message(Asks(AskRates(condition, "BTC")))

    def on_listed_moved(self) -> None:
        self._ask_how_often()

    def on_listed_opened(self) -> None:
        self.action_explain()

    # -- actions -----------------------------------------------------------------

    def action_claims(self) -> None:
        """Stay: this is the page."""

    def action_base_rates(self) -> None:
        """Ask what followed the chosen claim, or say why that cannot be asked."""
        claim, reading = self.list.chosen, self.desk.view.reading
        if claim is None or reading is None:
            return
        if of_claim(claim.id, reading, self.desk.settings.claims) is None:
            self.list.note = conditions.not_asked()
            self.list.show()
        else:
            super().action_base_rates()
