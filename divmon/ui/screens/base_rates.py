"""What followed a condition: chosen at the left, answered by the engine at the right."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.containers import Container
from textual.timer import Timer
from textual.widget import Widget

from divmon.reading.condition import Condition, Kind
from divmon.reading.conditions import of_claim, of_row
from divmon.reading.frames import AskRates
from divmon.reading.model import Instrument
from divmon.ui import conditions
from divmon.ui.i18n import N_
from divmon.ui.keys import named
from divmon.ui.screens.page import Page
from divmon.ui.screens.pages import Asks
from divmon.ui.widgets.base_rates import AnswerPanel, CasesPanel, ConditionsPanel

if TYPE_CHECKING:
    from divmon.ui.screens.main import MainScreen

BESIDE = 110  # cells, from which the list stands beside the answer
LIST = 50  # cells of it there
TARGETS = ("BTC", "RUT", "SPX")  # first of all
LOOK_EVERY = 0.1  # seconds, while an answer is awaited
PATIENCE = 50  # looks, then the question is asked again

# what conditions of no single instrument are told by
EXPLAINED: dict[Kind, str] = {
    "breadth": "breadth20",
    "dispersion": "dispersion.percentile",
    "risk-off": "rotation.label",
    "broad-risk-on": "rotation.label",
    "rotation": "rotation.label",
    "large-cap-led": "rotation.label",
    "mixed": "rotation.label",
    "qt": "liquidity.qt_pace",
    "draining": "liquidity.change_13w",
    "hiking": "liquidity.boj_rate",
    "leads": "claims.btc-leads",
}

Question = tuple[Condition, str]


class BaseRatesScreen(Page):
    """`subject` is the key of what was under the cursor: its condition is asked first."""

    PAGE = "base_rates"
    KEYS = (
        ("down up", N_("condition"), "scroll(1)"),
        ("base_rates.up base_rates.down", N_("number"), "turn(1)"),
        ("base_rates.shift", N_("level, window, other"), "shift(1)"),
        ("page.next page.previous", N_("instrument"), "next(1)"),
        ("tab", N_("target"), "target(1)"),
        ("page.story_down page.story_up", N_("cases"), "cases(1)"),
    )
    CSS = """
    BaseRatesScreen #both { layout: vertical; height: 1fr; }
    BaseRatesScreen #both.beside { layout: horizontal; }
    BaseRatesScreen #right { layout: vertical; height: 1fr; width: 1fr; }
    BaseRatesScreen CasesPanel { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        named("base_rates.up", "turn(1)", N_("number up")),
        named("base_rates.down", "turn(-1)", N_("number down")),
        named("base_rates.shift", "shift(1)", N_("next level, window, other")),
        named("base_rates.shift_back", "shift(-1)", N_("previous level, window, other")),
        named("page.next", "next(1)", N_("next instrument")),
        named("page.previous", "next(-1)", N_("previous instrument")),
        named("tab", "target(1)", N_("next target")),
        named("base_rates.previous_target", "target(-1)", N_("previous target")),
        named("page.story_down", "cases(1)", N_("scroll the cases")),
        named("page.story_up", "cases(-1)", N_("scroll the cases")),
    ]

    def __init__(self, board: "MainScreen", subject: str = "") -> None:
        super().__init__(board)
        self._subject = subject
        self._asked: Question | None = None  # put last
        self._closes: dict[Question, object] = {}  # each question's, when it was put
        self._of: object = None  # the answers of one engine
        self._looks = 0
        self._soon: Timer | None = None
        self.target = TARGETS[0]

    def body(self) -> Iterator[Widget]:
        self.list = ConditionsPanel(self.desk)
        self.answer = AnswerPanel(self.desk)
        self.cases = CasesPanel(self.desk)
        self.both = Container(self.list, Container(self.answer, self.cases, id="right"), id="both")
        yield self.both
        self._begin()

    @property
    def main_panel(self) -> ConditionsPanel:
        return self.list

    @property
    def subject(self) -> str:
        """Return the key that `x` explains: of the condition's own instrument or block."""
        condition = self.condition
        if condition is not None and condition.on:
            return f"instruments.{condition.on}.streak"
        return EXPLAINED.get(condition.kind, "abc.score") if condition else "abc.score"

    @property
    def condition(self) -> Condition | None:
        chosen = self.list.chosen
        return None if chosen is None else chosen.condition

    @property
    def names(self) -> tuple[str, ...]:
        """Return every instrument of the board, BTC first."""
        view = self.desk.view
        return tuple(dict.fromkeys(["BTC", *(name for _, name in view.order())]))

    @property
    def targets(self) -> list[str]:
        """Return what may be asked after: the first three, the condition's own, the others."""
        condition = self.condition
        own = [condition.on] if condition is not None and condition.on else []
        rows = self.desk.view.rows
        return [
            name
            for name in dict.fromkeys([*TARGETS, *own, *self.names])
            if rows.get(name, Instrument()).kind != "rate"
        ]

    def _begin(self) -> None:
        """Choose what the page was opened on."""
        block, _, rest = self._subject.partition(".")
        view = self.desk.view
        condition, claim = None, ""
        if block == "instruments":
            # a name may hold dots
            name = max(
                (name for name in view.rows if f"{rest}.".startswith(f"{name}.")),
                key=len,
                default="BTC",
            )
            self.list.on = name
            if name in view.rows:
                condition = of_row(name, view.rows[name], view.relative)
        elif block == "correlation":
            self.list.on = rest.partition("/")[2].partition(".")[0] or "BTC"
            condition = Condition(kind="break", on=self.list.on)
        elif block == "claims" and view.reading is not None:
            claim = rest
            condition = of_claim(claim, view.reading, self.desk.settings.claims)
        elif block == "abc":
            condition = Condition(kind="abc-alert")
        elif block == "liquidity":
            condition = Condition(kind="draining")
        self.list.fill()
        if condition is not None:
            self.list.choose(condition, claim)

    def draw(self) -> None:
        if not self.list.choices:
            self.list.fill()
        condition = self.condition
        view = self.board.live_view
        rates = None if condition is None else view.rates.get((condition, self.target))
        self.answer.condition, self.answer.target = condition, self.target
        if self.cases.rates is not rates:
            self.cases.top = 0
        self.answer.rates = self.cases.rates = rates
        self._lay_out()
        self._ask_if_needed()
        super().draw()

    def _lay_out(self) -> None:
        width, height = self.size
        beside = width >= BESIDE
        self.both.set_class(beside, "beside")
        self.list.styles.width = LIST if beside else "100%"
        room = height - 3
        listed = room if beside else max(5, min(10, room // 4))
        self.list.styles.height = "100%" if beside else listed
        needs = self.answer.needs(width - LIST if beside else width)
        left = room if beside else room - listed
        # the cases are there to check the answer: it comes first
        self.answer.styles.height = max(4, min(needs, left - 4 if left >= 14 else left))
        self.cases.display = left - needs >= 3 or left >= 14

    def _ask_if_needed(self) -> None:
        """Put the question, one at a time; again when a bar has closed since, or nobody answers.

        A key held down asks once an answer: the engine is never behind by more than one.
        """
        condition = self.condition
        if condition is None:
            return
        view = self.board.live_view
        if view.rates is not self._of:
            # another engine, which has not been asked yet
            self._of, self._asked, self._closes = view.rates, None, {}
        wanted = condition, self.target
        row = view.rows.get(condition.on)
        closes = view.reading.abc.as_of if view.reading else None, row.confirmed if row else None
        if wanted in view.rates and self._closes.get(wanted) == closes:
            return
        waits = self._asked is not None and self._asked not in view.rates
        if not waits or self._looks >= PATIENCE:
            self._asked, self._looks = wanted, 0
            self._closes[wanted] = closes
            self.post_message(Asks(AskRates(*wanted)))
        if self._soon is None:
            self._soon = self.set_timer(LOOK_EVERY, self._look)

    def _look(self) -> None:
        self._soon = None
        self._looks += 1
        self.draw()

    def on_listed_moved(self) -> None:
        self.draw()

    # -- actions -----------------------------------------------------------------

    def action_base_rates(self) -> None:
        """Stay: this is the page."""

    def action_turn(self, step: int) -> None:
        chosen = self.list.chosen
        if chosen is not None and not chosen.claim:
            chosen.condition = conditions.turned(chosen.condition, step)
            self.draw()

    def action_shift(self, step: int) -> None:
        chosen = self.list.chosen
        if chosen is not None and not chosen.claim:
            chosen.condition = conditions.shifted(chosen.condition, step, self.names)
            self.draw()

    def action_next(self, step: int) -> None:
        names = self.names
        at = names.index(self.list.on) if self.list.on in names else 0
        self.list.move_to(names[(at + step) % len(names)])
        self.draw()

    def action_target(self, step: int) -> None:
        targets = self.targets
        at = targets.index(self.target) if self.target in targets else -step
        self.target = targets[(at + step) % len(targets)]
        self.draw()

    def action_cases(self, step: int) -> None:
        self.cases.move(step)
