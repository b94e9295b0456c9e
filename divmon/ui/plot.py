"""A chart as lines of Segments, drawn by plotext through textual-plotext.

Only this module knows them, and it imports them when the first chart is drawn: that
costs 0.3 s, which nobody should pay who looks at the board alone.
"""

from math import exp, log
from typing import Any

from rich.ansi import AnsiDecoder
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from divmon.ui.bars import Plotted, thinned, ticks
from divmon.ui.theme import Ink
from divmon.ui.widgets.panel import Line

Rgb = tuple[int, int, int]
LABELS = 5  # on the price axis


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


def draw(
    plot: Any,
    plotted: Plotted,
    size: tuple[int, int],
    ink: Ink,
    *,
    write: Any,
    logarithmic: bool = False,
    candles: bool = False,
) -> list[Line]:
    """Return the chart in `size` (columns, rows). `write` names a value of the price axis.

    Candles are filled where the close is above the open and hollow where it is not, so
    that they tell the direction without a colour too.
    """
    width, height = size
    plot.clear_figure()
    plot.plotsize(width, height)
    ground, grey = rgb(ink.text.bgcolor), rgb(ink.muted.color)
    plot.canvas_color(ground)
    plot.axes_color(ground)
    plot.ticks_color(grey)
    low = min(plotted.low if candles else plotted.close)
    high = max(plotted.high if candles else plotted.close)
    levels = axis(low, high, min(LABELS, max(2, height // 3)), logarithmic=logarithmic)
    names = [write(level) for level in levels]
    inner = max(1, width - max(map(len, names)) - 3)
    if logarithmic:
        plot.yscale("log")
    if candles:
        _candles(plot, plotted, ink)
    else:
        xs, ys = thinned(plotted.close, inner)
        plot.plot(xs, ys, marker="braille", color=rgb(ink.chart.color))
    plot.xticks(*ticks(plotted, inner))
    plot.yticks(levels, names)
    return [_line(text, ink) for text in AnsiDecoder().decode(plot.build())][:height]


def axis(low: float, high: float, count: int, *, logarithmic: bool) -> list[float]:
    """Return `count` levels from `low` to `high`, even on the scale that is drawn."""
    if high <= low:
        return [low]
    if logarithmic:
        step = (log(high) - log(low)) / (count - 1)
        return [exp(log(low) + n * step) for n in range(count)]
    return [low + n * (high - low) / (count - 1) for n in range(count)]


def _candles(plot: Any, plotted: Plotted, ink: Ink) -> None:
    columns = (plotted.open, plotted.high, plotted.low, plotted.close)
    for x, (first, high, low, last) in enumerate(zip(*columns, strict=True)):
        colour = rgb((ink.up if last > first else ink.down).color)
        plot.plot([x, x], [low, high], marker="│", color=colour)
        body = "█" if last > first else "░"
        plot.plot([x, x], [first, last], marker=body, color=colour)


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
