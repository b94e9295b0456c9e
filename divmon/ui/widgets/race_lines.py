"""A race as lines, all of them 100 on its first day. Each has a colour and a letter."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from divmon.ui.axes import DAY, decimals_of, levels, ticks
from divmon.ui.bars import Plotted
from divmon.ui.widgets.chart import braille
from divmon.ui.widgets.panel import Framed, Line
from divmon.ui.widgets.race_view import RaceView
from divmon.ui.words import fit, price, wrap

LEAST = (24, 5)  # of a drawing with its axes
LABELS = 6  # levels on the axis
PARITY = 100.0


class RaceLines(Framed):
    """Drawn by hand and not by plotext: several lines in one cell would lose their colours."""

    def __init__(self, seen: RaceView) -> None:
        super().__init__(seen.desk, id="lines")
        self.seen = seen

    def heading(self) -> Line:
        return self.seen.heading(self.size.width - 8)

    def inside(self, width: int, height: int) -> list[Line]:
        ink, seen = self.desk.ink, self.seen
        lack = seen.lack()
        if lack or seen.race is None:
            style = ink.warn if seen.race else ink.muted
            return [[Segment(f" {text}", style)] for text in wrap(lack, width - 2, 3)]
        paths = self._paths()
        if not paths or width < LEAST[0] or height < LEAST[1]:
            return [[Segment(f" {seen.words()}", ink.muted)]]
        rows = height - 3
        low = min(min(path) for path in paths.values())
        high = max(max(path) for path in paths.values())
        if low == high:
            low, high = low - 1, high + 1
        named = levels(low, high, min(LABELS, max(2, rows // 2)))
        decimals = decimals_of(named)
        names = {round(_row(level, low, high, rows)): price(level, decimals) for level in named}
        label = max(map(len, names.values()))
        inner = width - label - 2
        canvas = self._canvas(paths, inner, rows, low, high)
        lines: list[Line] = []
        for y, cells in enumerate(canvas):
            name = names.get(y, "")
            axis = Segment(f" {name:>{label}}{'┤' if name else '│'}", ink.muted)
            lines.append([axis, *joined(cells)])
        lines += self._under(inner, label)
        lines.append([Segment(f" {seen.words()}", ink.muted)])
        return lines

    def _paths(self) -> dict[str, tuple[float, ...]]:
        """Return the letters' values, 100 at the beginning, the newest price last."""
        found = self.seen.runners()
        return {
            letter: tuple(
                PARITY * value for value in (*found[name].lane.path, 1 + (found[name].gone or 0.0))
            )
            for name, letter in self.seen.letters().items()
        }

    def _canvas(
        self, paths: dict[str, tuple[float, ...]], width: int, rows: int, low: float, high: float
    ) -> list[list[tuple[str, Style]]]:
        """Lay the lines over one another, the first on top, then put each one's letter on it."""
        ink = self.desk.ink
        canvas = [[(" ", ink.text)] * width for _ in range(rows)]
        if low <= PARITY <= high:
            canvas[round(_row(PARITY, low, high, rows))] = [("┄", ink.frame)] * width
        for letter, path in reversed(paths.items()):
            style = self.seen.style(letter)
            for y, text in enumerate(braille(path, width, rows, low, high)):
                for x, dots in enumerate(text):
                    if dots != "\u2800":
                        canvas[y][x] = (merged(canvas[y][x][0], dots), style)
        for number, (letter, path) in enumerate(reversed(paths.items()), start=1):
            style = self.seen.style(letter) + Style(bold=True)
            # not all at one place: lines lie close where they begin
            for x in (width - 1, width * number // (len(paths) + 1)):
                at = x * (len(path) - 1) / max(1, width - 1)
                y = round(_row(path[round(at)], low, high, rows))
                canvas[y][x] = (letter, style)
        return canvas

    def _under(self, width: int, label: int) -> list[Line]:
        """Return the axis of days and its names."""
        ink, race = self.desk.ink, self.seen.race
        assert race is not None
        times = tuple(day * DAY for day in race.days)
        # the newest price stands a place after the last completed session
        at, names = ticks(Plotted((*times, times[-1]), (0.0,) * (len(times) + 1)), width)
        axis, under = ["─"] * width, ""
        for x, name in zip(at, names, strict=True):
            cell = min(width - 1, round(x / len(times) * (width - 1)))
            long = cell_len(name)
            begin = max(cell_len(under) + (1 if under else 0), cell - long // 2)
            if begin + long <= width:
                axis[cell] = "┬"
                under = fit(under, begin) + name
        blank = " " * (label + 2)
        return [
            [Segment(f" {'':>{label}}└{''.join(axis)}", ink.muted)],
            [Segment(blank + under, ink.muted)],
        ]


def _row(value: float, low: float, high: float, rows: int) -> float:
    """Return the line of a value, from the top; as `braille` puts its dots."""
    dots = round((high - value) / (high - low) * (4 * rows - 1))
    return min(rows - 1, max(0, dots // 4))


def merged(below: str, above: str) -> str:
    """Return both cells' dots in one; what is not braille gives way."""
    under, over = ord(below) - 0x2800, ord(above) - 0x2800
    return chr(0x2800 + (over | under)) if 0 <= under < 0x100 else above


def joined(cells: Sequence[tuple[str, Style]]) -> Line:
    """Return cells as Segments, those of one style together."""
    line: Line = []
    text, style = "", None
    for character, own in cells:
        if own is not style and text:
            line.append(Segment(text, style))
            text = ""
        text, style = text + character, own
    return [*line, Segment(text, style)] if text else line
