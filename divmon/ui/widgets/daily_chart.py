"""A chart of daily closes, with the wall laid behind them and the months below."""

from datetime import date, timedelta
from math import floor, log10

from rich.segment import Segment

from divmon.reading.model import Wall
from divmon.ui.i18n import _, language
from divmon.ui.widgets.chart import braille, dot_row, round_ticks, through
from divmon.ui.widgets.panel import Line, Panel
from divmon.ui.words import cells, month

LAST = 5  # cells for the last price, below and above 100k


def level_name(level: float) -> str:
    """Write a round level: 100k, 97.5k, 950."""
    return f"{level / 1000:,.10g}k" if level >= 1000 else f"{level:,.10g}"


def running_name(price: float) -> str:
    """Write a running price in three figures: 91.0k, 9.12k, 100k, 95.0.

    As wide at 91,000 as at 90,900: a name that gives way moves the whole chart.
    """
    scaled, unit = (price / 1000, "k") if price >= 1000 else (price, "")
    decimals = max(0, 2 - floor(log10(scaled))) if scaled > 0 else 0
    return f"{scaled:,.{decimals}f}{unit}"


class DailyChart:
    """Drawn on a panel, anew when a bar closes and not per tick."""

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self._drawn: tuple[object, list[Line]] | None = None

    def lines(
        self, closes: tuple[float, ...], wall: Wall | None, width: int, height: int
    ) -> list[Line]:
        """Return `height` finished lines; the last of `closes` is the running price."""
        # the running price moves the chart only from one step of a thousandth to the next
        step = 10 ** (floor(log10(closes[-1])) - 2) if closes and closes[-1] > 0 else 1
        running = round(closes[-1] / step) * step if closes else 0.0
        desk = self._panel.desk
        looks = (width, height, desk.ink, desk.ascii, language())
        key = (closes[:-1], running, wall and wall.level, looks)
        if self._drawn is not None and self._drawn[0] == key:
            return self._drawn[1]
        lines = self._draw((*closes[:-1], running), wall, width, height)
        lines = [self._panel.finish(line, width) for line in lines]
        self._drawn = (key, lines)
        return lines

    def _draw(
        self, closes: tuple[float, ...], wall: Wall | None, width: int, height: int
    ) -> list[Line]:
        ink = self._panel.desk.ink
        if len(closes) < 2:
            return [[Segment(_(" no daily bars yet"), ink.muted)]]
        low, high = min(closes), max(closes)
        level = wall.level if wall else None
        # a wall half again as far as the chart is high would flatten the line
        near = level is not None and low - (high - low) <= level <= high + (high - low) / 2
        if near and level is not None:
            low, high = min(low, level), max(high, level)
        body = height - 1 if height >= 4 else height
        ticks = {dot_row(tick, body, low, high) // 4: tick
                 for tick in round_ticks(low, high, min(9, max(2, body // 2 + 1)))}  # fmt: skip
        wall_at = dot_row(level, body, low, high) if near and level is not None else -1
        if wall_at >= 0 and level is not None:
            ticks[wall_at // 4] = level
        last = f"{running_name(closes[-1]):{LAST}}"
        label = max([4, *(len(level_name(tick)) for tick in ticks.values())])
        # the mark of the last price: its arrow, its figures and a space
        margin = len(last) + 2 if width >= 60 else 0
        cells = width - label - 3 - margin
        plot = braille(closes, cells, body, low, high)
        last_at = dot_row(closes[-1], body, low, high) // 4
        lines: list[Line] = []
        for y, text in enumerate(plot):
            name = level_name(ticks[y]) if y in ticks else ""
            if y == wall_at // 4 and wall_at >= 0:
                line = [Segment(f" {name:>{label}}  ", ink.warn)]
                line += self._walled(text, wall_at % 4)
            else:
                line = [Segment(f" {name:>{label}}  ", ink.muted), Segment(text, ink.chart)]
            if y == last_at and margin:
                line.append(Segment(f" ◂{last}", ink.bold))
            lines.append(line)
        if body < height:
            axis = month_axis(self._panel.desk.view.now_utc.date(), len(closes), cells)
            lines.append([Segment(" " * (label + 3) + axis, ink.muted)])
        return lines

    def _walled(self, text: str, row: int) -> Line:
        """Lay the wall behind a line of braille: its dots go on under the curve."""
        desk = self._panel.desk
        # of braille, ASCII leaves nothing but stars
        dash = "┄" if desk.ascii else through("⠀", row)
        line: Line = []
        for character in text:
            blank = character == "⠀"
            style = desk.ink.warn if blank else desk.ink.chart
            glyph = dash if blank else through(character, row)
            if line and line[-1].style is style:
                line[-1] = Segment(line[-1].text + glyph, style)
            else:
                line.append(Segment(glyph, style))
        return line


def month_axis(last: date, days: int, width: int) -> str:
    """Return a line with each month's name under its first day; `last` is the right edge."""
    axis = [" "] * width
    for back in range(days - 1, -1, -1):
        then = last - timedelta(days=back)
        if then.day == 1:
            x = round((days - 1 - back) / max(1, days - 1) * (width - 1))
            name = cells(month(then))
            if x + len(name) <= width:
                axis[x : x + len(name)] = name
    return "".join(axis)
