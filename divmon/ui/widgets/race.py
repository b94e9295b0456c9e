"""The divergence race: how far each has gone since a day, and what BTC must do to keep up."""

from rich.segment import Segment
from rich.style import Style

from divmon.reading.race import Lane
from divmon.ui.i18n import _
from divmon.ui.lanes import BTC, Runner, bar, catchup
from divmon.ui.widgets.listed import Listed
from divmon.ui.widgets.panel import Line, Panel, between, width_of
from divmon.ui.widgets.race_view import RaceView
from divmon.ui.words import NONE, arrow, basis_points, fit, percent, price, shown_sign, signed, wrap

LEAST_BAR = 10  # cells
BOLD, REVERSE = Style(bold=True), Style(reverse=True)


class RacePanel(Listed):
    """A bar an instrument. The order changes when a bar closes or by key, the bars by tick.

    Beside a chart it is `compact`: its legend, in which a line that is drawn has its letter.
    """

    compact = False

    def __init__(self, seen: RaceView) -> None:
        super().__init__(seen.desk, id="race")
        self.seen = seen

    @property
    def chosen(self) -> str:
        """Return the instrument under the cursor, "" where there is none."""
        order = self.seen.order
        return order[self.cursor] if self.cursor < len(order) else ""

    def heading(self) -> Line:
        if self.compact:
            return [Segment(_("Lines"), self.desk.ink.title)]
        return self.seen.heading(self.size.width - 8)

    def aside(self) -> str:
        words = "" if self.compact else self.seen.words()
        return " · ".join(part for part in (words, self.position()) if part)

    def head(self, width: int) -> list[Line]:
        ink, seen = self.desk.ink, self.seen
        if seen.lack() or self.compact:
            return []
        columns = self._columns(width)
        line: Line = [
            Segment(" " * 15, ink.text),
            Segment(fit(seen.day(), columns[0]), ink.muted),
            Segment(fit(_("return"), 13, right=True), ink.muted),
        ]
        if columns[1]:
            line.append(Segment(fit(_("BTC to match"), 14, right=True), ink.muted))
        if columns[2]:
            line.append(Segment(fit(_("that is"), 12, right=True), ink.muted))
        return [line]

    def _columns(self, width: int) -> tuple[int, int, int, int]:
        """Return the cells of the bar, the catch-up price, its distance, and the note."""
        price, far, note = 14, 12, 24
        least = 15 + LEAST_BAR + 13
        if width < least + price + far + note:
            note = 12  # the base's date alone
        if width < least + price + far + note:
            far = 0
        if width < least + price + note:
            note = 0
        if width < least + price:
            price = 0
        return max(1, width - 28 - price - far - note), price, far, note

    def lines(self, width: int) -> list[Line]:
        seen, ink = self.seen, self.desk.ink
        if lack := seen.lack():
            style = ink.warn if seen.race else ink.muted
            lacks = [] if self.compact else wrap(lack, width - 2, 3)
            return [[Segment(f" {text}", style)] for text in lacks]
        found = seen.runners()
        gone = [each.gone for each in found.values() if each.ranked and each.gone is not None]
        ends = (min(gone, default=0.0), max(gone, default=0.0))
        place = 0
        lines: list[Line] = []
        letters = seen.letters() if self.compact else {}
        for name in seen.order:
            if self.compact:
                lines.append(self._legend(found[name], letters.get(name, "")))
                continue
            place += found[name].ranked
            lines.append(self._line(found, name, place, ends, width))
        return lines

    def _line(
        self,
        found: dict[str, Runner],
        name: str,
        place: int,
        ends: tuple[float, float],
        width: int,
    ) -> Line:
        ink, runner = self.desk.ink, found[name]
        room, priced, far, noted = self._columns(width)
        mine, stale = name == BTC, old(runner)
        gone = runner.gone
        number = f"{place:>3}" if runner.ranked else "  ·"
        style = ink.stale if stale else ink.by_sign(shown_sign(_hundred(gone), 1))
        line: Line = [
            Segment(f" {number} ", ink.muted),
            # the word for it may have no room below
            Segment("○ " if stale else "● " if mine else "  ", ink.alert if mine else ink.stale),
            Segment(fit(name, 8), ink.alert if mine else ink.stale if stale else ink.bold),
        ]
        if runner.ranked and gone is not None:
            line += self._bar(gone, ends, room, ink.alert if mine else style)
        else:
            line.append(Segment(fit(self._why(runner), room), ink.muted))
        line.append(Segment(fit(_moved(runner), 13, right=True), style))
        wanted = catchup(found, name)
        if priced:
            text = NONE if wanted is None else price(wanted, 0)
            line.append(Segment(fit("" if mine else text, priced, right=True), ink.text))
        if far:
            last = found[BTC].last if BTC in found else None
            away = None if wanted is None or not last else wanted / last - 1
            words = "" if away is None else f"{arrow(away)} {percent(away, 1)} %"
            style = ink.stale if BTC in found and old(found[BTC]) else ink.by_sign(away)
            line.append(Segment(fit(words, far, right=True), style))
        if noted:
            line.append(Segment(fit(f"  {self._note(runner)}", noted), ink.muted))
        return line

    def _legend(self, runner: Runner, letter: str) -> Line:
        ink = self.desk.ink
        style = self.seen.style(letter) if letter else ink.muted
        value = ink.by_sign(shown_sign(_hundred(runner.gone), 1))
        return [
            Segment(f" {letter:<2}", style + BOLD),
            Segment(fit(runner.name, 7), style),
            Segment(fit(_moved(runner), 12, right=True), ink.stale if old(runner) else value),
        ]

    def _bar(
        self, gone: float, ends: tuple[float, float], room: int, style: Style
    ) -> list[Segment]:
        """Draw a bar, with an axis between the losers' and the winners'."""
        ink = self.desk.ink
        made = bar(gone, *ends, room, eighths=not self.desk.ascii)
        body = [Segment("█" * made.full, style)]
        axis = [Segment("│", ink.frame)] if min(ends) < 0 else []
        if made.left:
            edge = [Segment(made.edge, style + REVERSE)]
            before = made.axis - made.full - len(made.edge)
            line = [Segment(" " * before, ink.text), *edge, *body, *axis]
        else:
            line = [Segment(" " * made.axis, ink.text), *axis, *body, Segment(made.edge, style)]
        return [*line, Segment(" " * max(0, room - width_of(line)), ink.text)]

    def _why(self, runner: Runner) -> str:
        """Return why a line has no bar."""
        lane = runner.lane
        if lane.lack:
            return lacking(lane)
        if runner.last is None:
            return _("no price")
        return _("a level, not ranked")

    def _note(self, runner: Runner) -> str:
        """Return of when the base is where that is another day, or that the price is old."""
        race, lane = self.seen.race, runner.lane
        words = _("stale") if runner.state == "stale" else ""
        if race is None or lane.base is None or lane.day == race.since:
            return words
        other = _("from {date}").format(date=lane.day)
        return f"{words} · {other}" if words else other


class RaceNote(Panel):
    """What the numbers are, and the basket's own catch-up price at the right."""

    def __init__(self, seen: RaceView) -> None:
        super().__init__(seen.desk, id="note")
        self.seen = seen

    def paint(self, width: int, height: int) -> list[Line]:
        ink = self.desk.ink
        parts = [self.seen.words()]
        btc = self.seen.runners().get(BTC)
        if btc is not None and btc.lane.base is not None:
            parts.append(_("BTC from {price} (UTC close)").format(price=price(btc.lane.base, 0)))
        left = [Segment(f" {' · '.join(part for part in parts if part)}", ink.muted)]
        return [between(left, [Segment(f"{self.seen.basket()} ", ink.muted)], width, ink)]


def old(runner: Runner) -> bool:
    """Tell whether the price is not one of now."""
    return runner.state in ("stale", "missing")


def lacking(lane: Lane) -> str:
    """Return why a lane has no base."""
    if lane.lack == "later":
        return _("data begin on {date}").format(date=lane.day)
    if lane.lack == "old":
        return _("last close by then is of {date}").format(date=lane.day)
    return _("no daily bars")


def _moved(runner: Runner) -> str:
    gone = runner.gone
    if gone is None:
        return NONE
    if runner.kind == "rate":
        points = basis_points(runner.last, gone)
        return f"{arrow(shown_sign(points, 0))} {signed(points, 0)} bp"
    return f"{arrow(shown_sign(100 * gone, 1))} {percent(gone, 1)} %"


def _hundred(value: float | None) -> float | None:
    return None if value is None else 100 * value
