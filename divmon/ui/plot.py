"""A chart as lines of Segments, drawn by plotext through textual-plotext.

Only this module knows them, and it imports them when the first chart is drawn: that
costs 0.3 s, which nobody should pay who looks at the board alone.
"""

from collections.abc import Callable
from math import log10
from typing import Any, NamedTuple

from rich.ansi import AnsiDecoder
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from divmon.ui.axes import decimals_of, levels, ticks
from divmon.ui.bars import Plotted, thinned
from divmon.ui.theme import Ink
from divmon.ui.widgets.panel import Line

Rgb = tuple[int, int, int]
LABELS = 5  # on the price axis
FRAME = 3  # lines that are no canvas: two edges, and the names under them
BANDS = "·-·"  # quartiles as dots, the middle as dashes
NEAR = 0.3  # of the chart's own range that it grows by for a wall


def rgb(colour: Color | None) -> Rgb:
    """Return a colour as plotext takes it."""
    if colour is None:
        return (128, 128, 128)
    red, green, blue = colour.get_truecolor()
    return (red, green, blue)


def load() -> type[Any]:
    """Import plotext; call it in a thread."""
    from textual_plotext.plot import Plot

    made: type[Any] = Plot
    return made


class Mark(NamedTuple):
    """A value with a name at the right edge, or a line through the chart, named at the left."""

    value: float
    name: str


def draw(
    plot: Any,
    plotted: Plotted,
    size: tuple[int, int],
    ink: Ink,
    *,
    write: Any,
    logarithmic: bool = False,
    candles: bool = False,
    last: Mark | None = None,
    wall: Mark | None = None,
) -> list[Line]:
    """Return the chart in `size` (columns, rows).

    Candles are filled where the close is above the open and hollow where it is not, so
    that they tell the direction without a colour too.

    Args:
        write: Names a value of the price axis, in so many decimals.
        last: Named at the right edge where its value is.
        wall: Drawn if it is near enough not to squeeze the rest.
    """
    width, height = size
    plot.clear_figure()
    edge = len(last.name) + 2 if last else 0
    plot.plotsize(width - edge, height)
    ground, grey = rgb(ink.text.bgcolor), rgb(ink.muted.color)
    plot.canvas_color(ground)
    plot.axes_color(ground)
    plot.ticks_color(grey)
    low, high = _range(plotted, candles=candles)
    if wall and low - NEAR * (high - low) <= wall.value <= high + NEAR * (high - low):
        low, high = min(low, wall.value), max(high, wall.value)
    else:
        wall = None
    scale = log10 if logarithmic else float
    rows = max(1, height - FRAME)
    bottom, top = scale(low), scale(high)
    if bottom == top:
        bottom, top = bottom - 1, top + 1

    def row(value: float) -> int:
        """Return the line of the canvas that plotext puts a value on, from the top."""
        return round((top - scale(value)) / (top - bottom) * (rows - 1))

    named = levels(low, high, min(LABELS, max(3, height // 2)), logarithmic=logarithmic)
    decimals = decimals_of(named)
    names = {level: write(level, decimals) for level in named}
    if wall:
        names = {level: name for level, name in names.items() if row(level) != row(wall.value)}
        names[wall.value] = wall.name
    inner = max(1, width - edge - max(map(len, names.values()), default=0) - 3)
    plot.ylim(bottom, top)
    if wall:
        across, level = [0, len(plotted.close) - 1], scale(wall.value)
        plot.plot(across, [level, level], marker="┄", color=rgb(ink.warn.color))
    for band, marker in zip(plotted.bands, BANDS, strict=False):
        if band:
            plot.plot(list(range(len(band))), list(map(scale, band)), marker=marker, color=grey)
    if candles:
        _candles(plot, plotted, ink, scale)
    else:
        xs, ys = thinned(plotted.close, inner)
        plot.plot(xs, list(map(scale, ys)), marker="braille", color=rgb(ink.chart.color))
    plot.xticks(*ticks(plotted, inner))
    plot.yticks([scale(level) for level in names], list(names.values()))
    lines = [_line(text, ink) for text in AnsiDecoder().decode(plot.build())][:height]
    # plotext draws less where it takes the terminal for smaller, as in the midst of a resize
    if wall and (at := 1 + row(wall.value)) < len(lines) and lines[at]:
        lines[at][0] = Segment(lines[at][0].text, ink.warn)
    if last and (at := 1 + row(last.value)) < len(lines):
        lines[at] += [Segment("◂", ink.muted), Segment(last.name, ink.bold)]
    return lines


def _range(plotted: Plotted, *, candles: bool) -> tuple[float, float]:
    lows = plotted.low if candles else plotted.close
    highs = plotted.high if candles else plotted.close
    others = [value for band in plotted.bands for value in band]
    return min(*lows, *others), max(*highs, *others)


def _candles(plot: Any, plotted: Plotted, ink: Ink, scale: Callable[[float], float]) -> None:
    columns = (plotted.open, plotted.high, plotted.low, plotted.close)
    for x, (first, high, low, last) in enumerate(zip(*columns, strict=True)):
        colour = rgb((ink.up if last > first else ink.down).color)
        plot.plot([x, x], [scale(low), scale(high)], marker="│", color=colour)
        body = "█" if last > first else "░"
        plot.plot([x, x], [scale(first), scale(last)], marker=body, color=colour)


def _line(text: Text, ink: Ink) -> Line:
    """Turn one line of plotext's into Segments on the board's own ground."""
    line: Line = []
    plain = text.plain
    at = 0
    for span in sorted(text.spans, key=lambda each: each.start):
        if span.start > at:
            line.append(Segment(plain[at : span.start], ink.text))
        style = span.style if isinstance(span.style, Style) else Style()
        part = plain[max(at, span.start) : span.end]
        line.append(Segment(part, Style(color=style.color, bgcolor=ink.text.bgcolor)))
        at = max(at, span.end)
    if at < len(plain):
        line.append(Segment(plain[at:], ink.text))
    return line
