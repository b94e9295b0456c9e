"""The divergence race: who has gone how far since a day, as bars or as lines."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from divmon.reading.frames import AskRace
from divmon.reading.race import ANCHORS
from divmon.ui.i18n import N_, _
from divmon.ui.keys import named
from divmon.ui.screens.page import Page
from divmon.ui.screens.pages import Asks
from divmon.ui.typed import edited
from divmon.ui.widgets.listed import Listed
from divmon.ui.widgets.race import RaceNote, RacePanel
from divmon.ui.widgets.race_lines import RaceLines
from divmon.ui.widgets.race_view import RaceView

if TYPE_CHECKING:
    from divmon.ui.screens.main import MainScreen

ASK_EVERY = 5  # looks, until there is an answer: the engine may have had no batch yet
DATE = 10  # characters
LINES_FROM = 56  # columns of a screen that has room for lines beside their names
NOTED_FROM = 20  # rows of a screen that has one for the note


class RaceScreen(Page):
    PAGE = "race"
    KEYS = (
        ("race.anchors tab", N_("since", "anchor"), "next_anchor(1)"),
        ("filter", N_("date"), "date"),
        ("race.lines", N_("bars, lines"), "lines"),
        ("race.sort", N_("sort"), "sort"),
        ("race.mark", N_("mark a line"), "mark"),
        ("open", N_("open"), "open"),
    )
    CSS = """
    RaceScreen .row { layout: horizontal; height: 1fr; }
    RaceScreen RacePanel { width: 1fr; height: 100%; }
    RaceScreen RacePanel.compact { width: 26; }
    RaceScreen RaceLines { width: 1fr; height: 100%; }
    RaceScreen #note { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        named("race.anchors", "anchor({n})", N_("since when: YTD, 1M, 3M, ...")),
        named("tab", "next_anchor(1)", N_("since when: the next")),
        named("race.previous_anchor", "next_anchor(-1)", N_("since when: the one before")),
        named("filter", "date", N_("since a date")),
        named("race.lines", "lines", N_("bars or lines")),
        named("race.sort", "sort", N_("sort anew")),
        named("race.mark", "mark", N_("mark a line")),
        named("open", "open", N_("open the chart")),
    ]

    def __init__(self, board: "MainScreen") -> None:
        super().__init__(board)
        self.seen = RaceView(board.desk)
        self._asked: tuple[str, object] | None = None  # the anchor, and the bars that were closed
        self._looks = 0
        self._lines = False

    @property
    def subject(self) -> str:
        return f"instruments.{self.panel.chosen}.last" if self.panel.chosen else "catchup"

    def body(self) -> Iterator[Widget]:
        self.panel = RacePanel(self.seen)
        self.lines = RaceLines(self.seen)
        self.lines.display = False
        self.footnote = RaceNote(self.seen)
        yield Container(self.lines, self.panel, classes="row")
        yield self.footnote

    @property
    def main_panel(self) -> RacePanel:
        return self.panel

    def draw(self) -> None:
        self.footnote.display = self.size.height >= NOTED_FROM
        drawn = self._lines and self.size.width >= LINES_FROM
        self.lines.display = self.panel.compact = drawn
        self.panel.set_class(drawn, "compact")
        self._ask_if_old()
        self.seen.take(self.board.live_view.races.get(self.seen.anchor))
        super().draw()

    def _ask_if_old(self) -> None:
        """Ask the engine for a race that is not there, and again when a bar has closed since."""
        view, anchor = self.board.live_view, self.seen.anchor
        closed = tuple((name, row.confirmed) for name, row in view.rows.items())
        known = anchor in view.races
        self._looks += 1
        if self._asked == (anchor, closed) and (known or self._looks < ASK_EVERY):
            return
        self._asked, self._looks = (anchor, closed), 0
        self.post_message(Asks(AskRace(anchor)))

    def since(self, anchor: str) -> None:
        """Race since another day."""
        self.seen.anchor = anchor
        self.panel.cursor = self.panel.top = 0
        self.draw()

    # -- a date that is being typed ----------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Give a date that is being typed every key; a letter must not open a page."""
        typed = self.seen.typed
        if typed is None:
            return
        if event.key == "enter":
            self.seen.typed = None
            if typed.strip():
                self.since(_iso(typed))
        elif event.key == "escape":
            self.seen.typed = None
        elif (changed := edited(typed, event, DATE)) is not None:
            self.seen.typed = changed
        else:
            return
        event.stop()
        event.prevent_default()
        self.draw()

    # -- actions -----------------------------------------------------------------------

    def action_anchor(self, number: int) -> None:
        if number <= len(ANCHORS):
            self.since(ANCHORS[number - 1])
        else:
            self.action_date()

    def action_next_anchor(self, step: int) -> None:
        """Go to the next anchor that has a name; a date is typed."""
        known = self.seen.anchor in ANCHORS
        at = ANCHORS.index(self.seen.anchor) if known else -1 if step > 0 else 0
        self.since(ANCHORS[(at + step) % len(ANCHORS)])

    def action_date(self) -> None:
        known = self.seen.anchor in ANCHORS
        self.seen.typed = "" if known else self.seen.anchor
        self.draw()

    def action_lines(self) -> None:
        self._lines = not self._lines
        if self._lines and self.size.width < LINES_FROM:
            self.note(_("lines need {n} columns; these are bars").format(n=LINES_FROM))
        self.draw()

    def action_sort(self) -> None:
        self.seen.sort()
        self.draw()

    def action_mark(self) -> None:
        if self.panel.chosen:
            self.seen.mark(self.panel.chosen)
            self.draw()

    def action_open(self) -> None:
        if self.panel.chosen:
            self.board.open_instrument(self.panel.chosen)

    def on_listed_opened(self, message: Listed.Opened) -> None:
        self.action_open()


def _iso(typed: str) -> str:
    """Return a date as the engine writes it, or what was typed, which it then says is none."""
    try:
        return date.fromisoformat(typed.strip()).isoformat()
    except ValueError:
        return typed.strip()
