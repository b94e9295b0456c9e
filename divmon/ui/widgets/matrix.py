"""Everything of the watchlist against everything: signed, coloured, one cell explained."""

from rich.segment import Segment
from rich.style import Style

from divmon.reading.frames import Matrix
from divmon.reading.model import CorrelationWindow
from divmon.ui.heard import heard
from divmon.ui.i18n import N_, _
from divmon.ui.widgets.correlation import interval
from divmon.ui.widgets.listed import Scrolled
from divmon.ui.widgets.panel import Desk, Framed, Line
from divmon.ui.words import NONE, clean, fit, signed, wrap

WINDOWS = ("20", "60", "90")  # sessions
CELL = 6  # cells a column: +0.53 and a space; one more where all columns fit so
NAME = 9
HOURS = {  # of calendars that do not close with New York
    "XSHG": N_("Shanghai closes 12 or 13 hours before New York"),
    "CMES": N_("COMEX settles before New York closes"),
    "24/7": N_("its day ends at midnight UTC"),
}
OTHER = N_("its day ends at another hour than New York's")


class MatrixPanel(Scrolled):
    """The cells, scrolled both ways; the cursor is on one of them.

    A value whose interval holds 0 is grey: the data do not tell it from none.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, id="matrix")
        self.matrix: Matrix | None = None
        self.window = "60"
        self.row, self.column = 1, 0
        self.left = 0  # the first column in sight
        self.wide = CELL

    @property
    def names(self) -> tuple[str, ...]:
        return self.matrix.names if self.matrix else ()

    def heading(self) -> Line:
        told = _("Correlation of everything, {n} sessions").format(n=self.window)
        return [Segment(told, self.desk.ink.title)]

    def aside(self) -> str:
        as_of = self.matrix.as_of if self.matrix else None
        parts = [
            _("{n} names").format(n=len(self.names)) if self.names else "",
            _("as of {day}").format(day=as_of) if as_of else "",
            _("{key} window · {pairs} pairs").format(
                key=self.desk.key("tab"), pairs=self.desk.key("correlation.matrix")
            ),
        ]
        return " · ".join(part for part in parts if part)

    def cell(self, row: int, column: int, window: str = "") -> CorrelationWindow | None:
        """Return what is known of a pair over a window, the chosen one if none is named."""
        if self.matrix is None or row == column:
            return None
        cells = self.matrix.windows.get(window or self.window, ())
        a, b, n = min(row, column), max(row, column), len(self.names)
        at = a * n - a * (a + 1) // 2 + (b - a - 1)
        return cells[at] if at < len(cells) else None

    def step(self, down: int, right: int) -> None:
        """Move the cursor, within the names."""
        last = max(0, len(self.names) - 1)
        self.row = max(0, min(self.row + down, last))
        self.column = max(0, min(self.column + right, last))
        self.show()

    def move(self, step: int) -> None:
        self.step(step, 0)

    def keep_in_sight(self) -> None:
        if self.names:
            self.row = max(0, min(self.row, self.count - 1))
        self.top = max(self.top, self.row - self.room + 1)
        self.top = max(0, min(self.top, self.row, self.count - self.room))

    def head(self, width: int) -> list[Line]:
        if not self.names:
            return []
        ink = self.desk.ink
        fits = self._fit(width)
        self.column = max(0, min(self.column, len(self.names) - 1))
        self.left = max(self.left, self.column - fits + 1)
        self.left = max(0, min(self.left, self.column, len(self.names) - fits))
        line: Line = [Segment(" " * NAME, ink.muted)]
        for at in self._columns(width):
            style = ink.title if at == self.column else ink.muted
            line += [
                Segment(" ", ink.muted),
                Segment(fit(self.names[at], self.wide - 1, right=True), style),
            ]
        more = len(self.names) - self.left - fits
        if more > 0:
            line.append(Segment(" →", ink.muted))
        return [line]

    def _fit(self, width: int) -> int:
        """Choose how wide a column is; return how many there is room for."""
        room = width - NAME - 2
        self.wide = CELL + (room // (CELL + 1) >= len(self.names))
        return max(1, room // self.wide)

    def _columns(self, width: int) -> range:
        fits = self._fit(width)
        return range(self.left, min(len(self.names), self.left + fits))

    def lines(self, width: int) -> list[Line]:
        ink = self.desk.ink
        if self.matrix is None:
            return [[Segment(" " + _("asking the engine …"), ink.muted)]]
        lines: list[Line] = []
        for row, name in enumerate(self.names):
            chosen = row == self.row
            mark = Segment("▸" if chosen else " ", ink.key)
            label = fit(name, NAME - 1)
            line: Line = [mark, Segment(label, ink.title if chosen else ink.bold)]
            line += [self._cell(row, column) for column in self._columns(width)]
            lines.append(line)
        return lines

    def _cell(self, row: int, column: int) -> Segment:
        ink = self.desk.ink
        found = self.cell(row, column)
        text = "·" if row == column else NONE if found is None else signed(found.r)
        style = ink.muted if found is None else self.tone(found)
        if (row, column) == (self.row, self.column):
            style = style + Style(reverse=True)
        return Segment(f"{text:>{self.wide}}", style)

    def tone(self, found: CorrelationWindow) -> Style:
        ink = self.desk.ink
        if found.r is None or found.low is None or found.high is None:
            return ink.muted
        return ink.by_sign(found.r) if found.low > 0 or found.high < 0 else ink.muted


class CellPanel(Framed):
    """The chosen cell: r with interval and n over every window, and what the closes are."""

    def __init__(self, desk: Desk, matrix: MatrixPanel) -> None:
        super().__init__(desk, id="cell")
        self.of = matrix

    def heading(self) -> Line:
        names = self.of.names
        if not names:
            return []
        pair = f"{names[self.of.row]} / {names[self.of.column]}"
        return [Segment(clean(pair), self.desk.ink.title)]

    def inside(self, width: int, height: int) -> list[Line]:
        ink, of = self.desk.ink, self.of
        if of.matrix is None or not of.names:
            return []
        if of.row == of.column:
            return [[Segment(" " + _("a market with itself: always 1"), ink.muted)]]
        lines: list[Line] = []
        for window in (of.window, *(each for each in WINDOWS if each != of.window)):
            found = of.cell(of.row, of.column, window)
            lines.append(self._window(window, found, strong=window == of.window))
        for note in self.notes():
            lines += [[Segment(f" {part}", ink.muted)] for part in wrap(note, width - 1, 3)]
        return lines

    def _window(self, window: str, found: CorrelationWindow | None, *, strong: bool) -> Line:
        ink = self.desk.ink
        if found is None or found.r is None:
            few = _("too few common sessions: {n} of {window}").format(
                n=found.n if found else 0, window=window
            )
            return [Segment(f" {window:>3}  {NONE:>5}  ", ink.muted), Segment(few, ink.muted)]
        holds = found.low is not None and found.high is not None and found.low <= 0 <= found.high
        told = _("not to be told from none") if holds else ""
        said = _("95 % interval {interval}, n {n} of {window}").format(
            interval=interval(found) or NONE, n=found.n, window=window
        )
        line = [
            Segment(f" {window:>3}  ", ink.text if strong else ink.muted),
            Segment(f"{signed(found.r):>5}", self.of.tone(found)),
            Segment(f"  {said}", ink.text if strong else ink.muted),
        ]
        if told:
            line.append(Segment(f" · {told}", ink.muted))
        return line

    def notes(self) -> list[str]:
        """Return what the closes of the pair really are."""
        of = self.of
        if of.matrix is None:
            return []
        pair = (of.names[of.row], of.names[of.column])
        said = [
            _("{name} is {held} here").format(name=name, held=heard(of.matrix.uses[name]))
            for name in pair
            if name in of.matrix.uses
        ]
        apart = [name for name in pair if name in of.matrix.apart]
        for name in apart:
            hours = HOURS.get(of.matrix.apart[name], OTHER)
            said.append(_("{name}: {hours}").format(name=name, hours=_(hours)))
        if apart:
            said.append(_("r is nearer to 0 for that"))
        return [" · ".join(said)] if said else []
