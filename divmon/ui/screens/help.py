"""The help page: every key, what the marks mean. Fits 40 x 10 by scrolling."""

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import ModalScreen

from divmon.ui.actions import ACTIONS
from divmon.ui.i18n import N_, _
from divmon.ui.screens.leaving import Leaving
from divmon.ui.widgets.panel import Desk, Framed, Line
from divmon.ui.words import fit

LEGEND = (
    ("● ◐ ○", N_("in use / not used or retrying / off")),
    (N_("grey, stale 3 m"), N_("older than it should be: no longer a live price")),
    (N_("italic"), N_("provisional: its bar is not closed yet")),
    (N_("3 up+  3 up!"), N_("the running bar would lengthen / break the run")),
    (N_("≥3 up"), N_("a session is missing inside the run: at least")),
    (N_("record  record?"), N_("confirmed at a close / the running price only")),
    ("—", N_("missing; never shown as 0")),
)


class HelpPanel(Framed):
    title = N_("Help")
    top = 0

    def aside(self) -> str:
        return f"{_('j k scroll')} · {_('Esc close')}"

    def inside(self, width: int, height: int) -> list[Line]:
        ink = self.desk.ink
        rows: list[tuple[str, str]] = [(action.shown, _(action.help)) for action in ACTIONS]
        lines: list[Line] = [
            [Segment(f" {keys:>8}  ", ink.key), Segment(words, ink.text)] for keys, words in rows
        ]
        marks: list[Line] = [
            [Segment(f" {fit(_(mark), 16)}", ink.warn), Segment(_(words), ink.text)]
            for mark, words in LEGEND
        ]
        lines += [
            [],
            *marks,
            [],
            [Segment(_(" divmon describes; it does not forecast."), ink.muted)],
        ]
        self.top = max(0, min(self.top, len(lines) - height))
        return lines[self.top : self.top + height]


class HelpScreen(Leaving[None], ModalScreen[None]):
    """Over the board, which goes on underneath."""

    CSS = """
    HelpScreen { align: center middle; background: $background 60%; }
    HelpScreen HelpPanel { width: 76; max-width: 100%; height: 30; max-height: 100%; }
    """
    BINDINGS = [  # noqa: RUF012 (Textual's way)
        Binding("escape,q,question_mark,f1,enter", "close", "close"),
        Binding("down,j", "scroll(1)", "down"),
        Binding("up,k", "scroll(-1)", "up"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk

    def compose(self) -> ComposeResult:
        yield HelpPanel(self.desk)

    def on_click(self) -> None:
        self.action_close()

    def action_close(self) -> None:
        self.dismiss()

    def action_scroll(self, step: int) -> None:
        panel = self.query_one(HelpPanel)
        panel.top += step
        panel.show()
