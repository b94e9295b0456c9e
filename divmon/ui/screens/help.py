"""The help page: every key in force, by what it is for, and what the marks mean.

A line can be clicked instead of its key. In two columns all of it fits on 120 x 36;
smaller screens scroll, down to 40 x 10.
"""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from itertools import zip_longest
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import ModalScreen

from divmon.ui.actions import ACTIONS, GROUPS, LOOK, MOVE, scroll_bindings
from divmon.ui.i18n import N_, _
from divmon.ui.keys import all_shown, in_force, named
from divmon.ui.screens.leaving import Leaving
from divmon.ui.screens.pages import Pages
from divmon.ui.widgets.listed import Scrolled
from divmon.ui.widgets.panel import Line, width_of
from divmon.ui.words import fit, wrap

LEGEND = (
    ("● ◐ ○", N_("in use / not used or retrying / off")),
    (N_("grey, stale 3 m"), N_("older than it should be: no longer a live price")),
    (N_("italic"), N_("provisional: its bar is not closed yet")),
    (N_("3 up+  3 up!"), N_("the running bar would lengthen / break the run")),
    (N_("≥3 up"), N_("a session is missing inside the run: at least")),
    (N_("record  record?"), N_("confirmed at a close / the running price only")),
    ("—", N_("missing; never shown as 0")),
)
TWO_COLUMNS = 100  # cells of the screen from which there are two
COLUMN = 70  # cells, the most that a column needs
KEYS, MARKS = 8, 16  # cells of the keys, and of the marks that are explained

Run = Callable[[], Awaitable[object]]


class HelpPanel(Scrolled):
    title = N_("Help")

    def __init__(self, under: Pages) -> None:
        super().__init__(under.desk)
        self.under = under
        self.runs: list[Run] = []  # by line that can be clicked

    def aside(self) -> str:
        key = self.desk.key
        parts = [
            self.position(),
            _("{key} close").format(key=key("clear") or key("help")).strip(),
            _("{keys} scroll").format(keys=key("down", "up")) if self.count > self.room else "",
        ]
        return " · ".join(part for part in parts if part)

    def lines(self, width: int) -> list[Line]:
        columns = 2 if width >= TWO_COLUMNS - 4 else 1
        room = (width - 2 * (columns - 1)) // columns
        self.runs = []
        flat: list[Line] = []
        for block in self._blocks(room):
            flat += [[], *block] if flat else block
        if columns == 1:
            return flat
        half = -(-len(flat) // 2)
        left, right = flat[:half], flat[half:]
        if not right[0]:
            right = right[1:]  # the blank line between two groups
        none: Line = []
        return [
            [*line, Segment(" " * (room + 2 - width_of(line)), self.desk.ink.text), *beside]
            for line, beside in zip_longest(left, right, fillvalue=none)
        ]

    def _blocks(self, width: int) -> Iterator[list[Line]]:
        ink = self.desk.ink
        for title, rows in self._groups():
            block: list[Line] = [[Segment(f" {title}", ink.title)]]
            for name, text, run in rows:
                click = Style(meta={"@click": f"screen.run({len(self.runs)})"})
                self.runs.append(run)
                keys = all_shown(self._keys(name))
                block += self._row(keys, text, KEYS, width, ink.key + click, ink.text + click)
            yield block
        marks: list[Line] = [[Segment(f" {_('Marks')}", ink.title)]]
        for mark, text in LEGEND:
            marks += self._row(_(mark), _(text), MARKS, width, ink.warn, ink.text)
        last = wrap(_("divmon describes; it does not forecast."), max(8, width - 1), 4)
        yield [*marks, *([Segment(f" {part}", ink.muted)] for part in last)]

    def _keys(self, name: str) -> str:
        """Return the keys of an action as they are on the screen below: on a page q goes back."""
        keys = self.desk.settings.keys
        if name != "quit" or not self.under.PAGE:
            return keys[name]
        closing = keys["page.close"].split(",")
        return ",".join(key for key in keys[name].split(",") if key not in closing) or "ctrl+c"

    def _row(
        self, head: str, text: str, room: int, width: int, first: Style, rest: Style
    ) -> Iterator[Line]:
        """Yield keys or a mark, and beside it what it is, broken at spaces."""
        room = max(room, Segment(head).cell_length)
        for n, part in enumerate(wrap(text, max(8, width - room - 3), 4)):
            yield [Segment(f" {fit('' if n else head, room)}  ", first), Segment(part, rest)]

    def _groups(self) -> Iterator[tuple[str, list[tuple[str, str, Run]]]]:
        """Yield each group of actions that the screen below has."""
        app, under = self.app, self.under
        own: list[tuple[str, str, Run]] = [
            (name, _(binding.description), partial(under.run_action, binding.action))
            for name, binding in under.own_bindings()
        ]
        if own:
            yield _("This page"), own
        for group in GROUPS:
            if own and group in (LOOK, MOVE):
                continue  # a page's own keys stand in their place
            rows: list[tuple[str, str, Run]] = [
                (action.name, _(action.help), partial(app.run_action, f"do('{action.name}')"))
                for action in ACTIONS
                if action.group == group and under.can(action.name) and under.has_key(action.name)
            ]
            yield _(group), rows


class HelpScreen(Leaving[None], ModalScreen[None]):
    """In place of the board or a page, which takes frames in meanwhile."""

    CSS = """
    HelpScreen { align: center middle; background: $background; }
    HelpScreen HelpPanel { max-width: 100%; max-height: 100%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        named("clear", "close", N_("close")),
        named("page.close", "close", N_("close")),
        named("help", "close", N_("close")),
        named("open", "close", N_("close")),
        *scroll_bindings(),
    ]

    def __init__(self, under: Pages) -> None:
        super().__init__()
        self.desk = under.desk
        self._bindings = in_force(self, under.desk.settings.keys)
        self.panel = HelpPanel(under)

    def compose(self) -> ComposeResult:
        yield self.panel

    def on_resize(self, event: events.Resize) -> None:
        width = min(event.size.width, 2 * COLUMN + 6 if event.size.width >= TWO_COLUMNS else 76)
        self.panel.styles.width = width
        self.panel.styles.height = len(self.panel.lines(width - 4)) + 2

    def on_click(self, event: events.Click) -> None:
        """Close by a click beside the panel, or on its upper edge, where it says so."""
        if event.widget is self or event.screen_y <= self.panel.region.y:
            self.action_close()

    def action_close(self) -> None:
        self.dismiss()

    def action_scroll(self, step: int) -> None:
        self.panel.move(step)

    def action_run(self, number: int) -> None:
        """Do what a line says, as its key would on the screen below."""
        run = self.panel.runs[number]
        self.dismiss()
        self.app.call_later(run)
