"""The chart of one instrument, with its spans and views on the upper edge."""

from itertools import zip_longest
from typing import Any

from rich.segment import Segment
from rich.style import Style

from divmon.reading.frames import Series
from divmon.reading.model import Instrument
from divmon.ui.bars import EPOCH, SPANS, Plotted, Span, What, cut, drawdown, ratio, with_running
from divmon.ui.i18n import _
from divmon.ui.keys import all_shown, shown
from divmon.ui.widgets.chart import braille
from divmon.ui.widgets.panel import Desk, Framed, Line, width_of
from divmon.ui.words import clean, price, signed

CANDLE = 2  # cells that a candle needs, so that two do not merge
SMALLEST = (30, 7)  # of a drawing with axes


class PriceChart(Framed):
    """Line or candles by plotext; the closes on hand until bars and plotext are there.

    A drawing costs 10 to 40 ms, so it is kept until a bar, a key or the size changes it;
    the running price enters when the screen calls `take_price`.
    """

    plot: Any = None  # textual-plotext's Plot, once it is imported
    span: Span = "1Y"
    what: What = "price"
    logarithmic = False
    candles = True

    def __init__(self, desk: Desk, name: str) -> None:
        super().__init__(desk, id="chart")
        self.instrument = name
        self._drawn: tuple[object, list[Line]] | None = None
        self._row: Instrument | None = None
        self.take_price()

    def take_price(self) -> None:
        """Let the newest price into the next drawing."""
        self._row = self.desk.view.rows.get(self.instrument)

    def heading(self) -> Line:
        ink = self.desk.ink
        line = [Segment(clean(self.instrument), ink.title), Segment("  ", ink.text)]
        keys = self.desk.settings.keys["instrument.spans"]
        each = map(shown, filter(None, keys.split(",")))
        for key, span in zip_longest(each, SPANS, fillvalue=""):
            style = ink.title + Style(reverse=True) if span == self.span else ink.muted
            click = Style(meta={"@click": f"screen.span('{span}')"})
            line += [
                Segment(key, ink.key + click),
                Segment(f" {span} ", style + click),
                Segment(" ", ink.text),
            ]
        if width_of(line) > self.size.width - 8 > 0:
            short = _("{keys} span: {span}").format(keys=all_shown(keys), span=self.span)
            line = [*line[:2], Segment(short, ink.muted)]
        return line

    def aside(self) -> str:
        row = self.desk.view.rows.get(self.instrument)
        return row.label if row else ""

    def inside(self, width: int, height: int) -> list[Line]:
        view = self.desk.view
        series, other = view.series.get(self.instrument), view.series.get("BTC")
        if self.plot is None or series is None or (width, height) < SMALLEST or height < 7:
            return self._on_hand(width, height)
        key = (
            id(series), id(other), self._row and self._row.last, self.span, self.what,
            self.logarithmic, self.candles, width, height, self.desk.ink, self.desk.ascii,
        )  # fmt: skip
        if self._drawn is None or self._drawn[0] != key:
            self._drawn = (key, self._draw(series, other, width, height))
        return self._drawn[1]

    def _draw(self, series: Series, other: Series | None, width: int, height: int) -> list[Line]:
        from divmon.ui.plot import draw

        ink, row = self.desk.ink, self._row
        shown = self._shown(with_running(series, row), other)
        foot = [self._foot(series, shown)]
        if len(shown.close) < 2:
            return [[Segment(f" {shown.lack or 'less than two bars'}", ink.warn)], *foot]
        decimals = row.decimals if row else 2
        candles = (
            self.candles
            and self.what == "price"
            and len(shown.open) == len(shown.close)
            and CANDLE * len(shown.close) <= width - 12
        )

        def write(value: float) -> str:
            if self.what == "drawdown":
                return f"{signed(value, 1)} %"
            return price(value, 1 if self.what == "ratio" else decimals)

        logarithmic = self.logarithmic and self.what != "drawdown"
        lines = draw(
            self.plot, shown, (width, height - 1), ink,
            write=write, logarithmic=logarithmic, candles=candles,
        )  # fmt: skip
        return [self.finish(line, width) for line in (*lines, *foot)]

    def _shown(self, series: Series, other: Series | None) -> Plotted:
        if self.what == "drawdown":
            return drawdown(series, self.span)
        if self.what == "price":
            return cut(series, self.span)
        if self.instrument == "BTC":
            key = self.desk.key("instrument.ratio")
            lack = _("BTC against itself is 1; {key} draws its price").format(key=key)
            return Plotted(lack=lack)
        if other is None:
            return Plotted(lack="waiting for the bars of BTC")
        return ratio(series, other, self.span)

    def _foot(self, series: Series, shown: Plotted) -> Line:
        """What is drawn, and from when the data are."""
        ink = self.desk.ink
        what = {
            "price": "",
            "drawdown": "under the highest close so far",
            "ratio": "against BTC, the first day is 100",
        }[self.what]
        parts = [shown.lack, what, "UTC" if shown.hourly else ""]
        if series.day:
            parts.append(f"data from {(EPOCH.fromordinal(EPOCH.toordinal() + series.day[0]))}")
        parts += [series.name, "closes only" if series.value_only else ""]
        said = " · ".join(part for part in parts if part)
        return [Segment(f" {said}", ink.warn if shown.lack else ink.muted)]

    def _on_hand(self, width: int, height: int) -> list[Line]:
        """The row's own closes, while the bars are on their way."""
        ink, row = self.desk.ink, self.desk.view.rows.get(self.instrument)
        if row is None or len(row.sparkline) < 2:
            return [[Segment(" no closes yet", ink.muted)]]
        low, high = min(row.sparkline), max(row.sparkline)
        label = max(len(price(value, row.decimals)) for value in (low, high))
        body = max(1, height - 1)
        lines: list[Line] = []
        for y, text in enumerate(braille(row.sparkline, width - label - 3, body, low, high)):
            value = {0: high, body - 1: low}.get(y)
            shown = "" if value is None else price(value, row.decimals)
            lines.append([Segment(f" {shown:>{label}}  ", ink.muted), Segment(text, ink.chart)])
        caption = f"{len(row.sparkline)} closes on hand; the last one is the newest price"
        return [*lines, [Segment(f" {'':>{label}}  {caption}", ink.muted)]]
