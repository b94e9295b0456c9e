"""The chart of one instrument, with its spans and views on the upper edge."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from divmon.reading.frames import Series
from divmon.reading.model import Instrument
from divmon.ui.bars import (
    EPOCH,
    SPANS,
    Plotted,
    Span,
    What,
    cut,
    drawdown,
    ratio,
    twin,
    with_running,
)
from divmon.ui.i18n import _, language
from divmon.ui.keys import all_shown, shown
from divmon.ui.widgets.chart import braille
from divmon.ui.widgets.panel import Desk, Framed, Line, width_of
from divmon.ui.words import (
    arrow,
    basis_points,
    change,
    clean,
    percent,
    price,
    shown_sign,
    signed,
    wrap,
)

CANDLE = 2  # cells that a candle needs, so that two do not merge
SMALLEST = (30, 7)  # of a drawing with axes
LEAST_EDGE = 60  # cells that a chart needs before the last price takes some at its right


class PriceChart(Framed):
    """Line or candles by plotext; the closes on hand until bars and plotext are there.

    A drawing costs 10 to 40 ms, so it is kept until a bar, a key or the size changes it;
    the running price enters when the screen calls `take_price`.
    """

    plot: Any = None  # textual-plotext's Plot, once it is imported
    span: Span = "1Y"
    what: What = "price"
    other = "BTC"  # what a ratio divides by
    typed: str | None = None  # while another is being looked for
    logarithmic = False
    candles = True
    _made: tuple[object, Plotted] | None = None

    def __init__(self, desk: Desk, name: str) -> None:
        super().__init__(desk, id="chart")
        self.instrument = name
        self._drawn: tuple[object, list[Line]] | None = None
        self._shown = Plotted()
        self._row: Instrument | None = None
        self.take_price()

    def take_price(self) -> None:
        """Let the newest price into the next drawing."""
        self._row = self.desk.view.rows.get(self.instrument)

    # -- the upper edge ------------------------------------------------------------

    def paint(self, width: int, height: int) -> list[Line]:
        # what is drawn inside decides what the edge says of it
        self._shown = self._plotted()
        return super().paint(width, height)

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
        moved = self.moved()
        room = self.size.width - 8
        if room > 0 and width_of(line) + width_of(moved) > room:
            line = [*line[:2], *moved, Segment("  ", ink.text)]
            short = _("{keys} span: {span}").format(keys=all_shown(keys), span=self.span)
            line.append(Segment(short, ink.muted))
            return line if width_of(line) <= room else line[:-2]
        return [*line, *moved]

    def moved(self) -> Line:
        """Say what the drawing amounts to, of its first and last value: "1Y ▲ +25.1 %"."""
        ink, shown = self.desk.ink, self._shown
        if len(shown.close) < 2:
            return []
        first, last = shown.close[0], shown.close[-1]
        if self.what == "twin":
            words = _("{n} bars under the high, {now} %").format(
                n=shown.time[-1], now=signed(last, 1)
            )
            return [Segment(words, ink.bold)]
        since = EPOCH.fromordinal(EPOCH.toordinal() + shown.time[0] // 86_400)
        span = _("since {date}").format(date=since) if shown.short else self.span
        if self.what == "drawdown":
            words = _("{span} deepest {low} %, now {now} %").format(
                span=span, low=signed(min(shown.close), 1), now=signed(last, 1)
            )
            return [Segment(words, ink.bold)]
        value: float | None = last / first - 1
        words = change(value, 1)
        if self._row and self._row.kind == "rate" and self.what == "price":
            points = basis_points(last, value)
            value = shown_sign(points, 0)
            words = f"{arrow(value)} {signed(points, 0)} bp"
        style = ink.by_sign(shown_sign(None if value is None else 100 * value, 1))
        against = _(" against {other}").format(other=self.other) if self.what == "ratio" else ""
        return [Segment(f"{span} ", ink.bold), Segment(words, style), Segment(against, ink.muted)]

    def aside(self) -> str:
        row = self.desk.view.rows.get(self.instrument)
        return _(row.label) if row else ""

    # -- the drawing ---------------------------------------------------------------

    def inside(self, width: int, height: int) -> list[Line]:
        series = self.desk.view.series.get(self.instrument)
        small = width < SMALLEST[0] or height < SMALLEST[1]
        if self.plot is None or series is None or small:
            lines = self._on_hand(width, height)
            return (
                lines if self.typed is None else [*lines[: height - 1], self._choices(self.typed)]
            )
        key = (
            id(self._shown), self.typed, self.logarithmic, self.candles, width, height,
            self.desk.ink, self.desk.ascii, language(),
        )  # fmt: skip
        if self._drawn is None or self._drawn[0] != key:
            self._drawn = (key, self._draw(series, self._shown, width, height))
        return self._drawn[1]

    def _draw(self, series: Series, shown: Plotted, width: int, height: int) -> list[Line]:
        from divmon.ui.plot import Mark, draw

        ink, row = self.desk.ink, self._row
        if len(shown.close) < 2:
            lack = shown.lack or _("less than two bars")
            return [[Segment(f" {lack}", ink.warn)], self._foot(series, shown)]
        decimals = row.decimals if row else 2
        under = self.what in ("drawdown", "twin")
        wanted = self._wants_candles(shown)
        candles = wanted and CANDLE * len(shown.close) <= width - 12
        foot = [self._foot(series, shown, crowded=wanted and not candles)]

        def write(value: float, decimals: int) -> str:
            return f"{signed(value, decimals)} %" if under else price(value, decimals)

        last = shown.close[-1]
        finest = 1 if under or self.what == "ratio" else decimals
        wall = row.wall if row and self.what == "price" else None
        lines = draw(
            self.plot, shown, (width, height - 1), ink,
            write=write, logarithmic=self.logarithmic and not under, candles=candles,
            last=Mark(last, write(last, finest)) if width >= LEAST_EDGE else None,
            wall=Mark(wall.level, price(wall.level, 0)) if wall else None,
        )  # fmt: skip
        return [self.finish(line, width) for line in (*lines, *foot)]

    def _wants_candles(self, shown: Plotted) -> bool:
        return self.candles and self.what == "price" and len(shown.open) == len(shown.close)

    def _plotted(self) -> Plotted:
        """Return what is to be drawn, the same object until something of it changes."""
        view, row = self.desk.view, self._row
        series, other = view.series.get(self.instrument), view.series.get(self.other)
        track = view.tracks.get(self.instrument)
        key = (
            id(series), id(other), id(track), row and row.last, self.span, self.what, self.other
        )  # fmt: skip
        if self._made is None or self._made[0] != key:
            self._made = (key, self._make(series, other))
        return self._made[1]

    def _make(self, series: Series | None, other: Series | None) -> Plotted:
        if self.what == "twin":
            track = self.desk.view.tracks.get(self.instrument)
            return Plotted(lack=_("waiting for its falls")) if track is None else twin(track)
        if series is None:
            return Plotted()
        series = with_running(series, self._row)
        if self.what == "drawdown":
            return drawdown(series, self.span)
        if self.what == "price":
            return cut(series, self.span)
        if self.instrument == self.other:
            lack = _("{name} against itself is 1; {key} draws its price, {find} another").format(
                name=self.instrument,
                key=self.desk.key("instrument.ratio"),
                find=self.desk.key("filter"),
            )
            return Plotted(lack=lack)
        if other is None:
            return Plotted(lack=_("waiting for the bars of {name}").format(name=self.other))
        return ratio(series, with_running(other, self.desk.view.rows.get(self.other)), self.span)

    # -- the line under it ---------------------------------------------------------

    def _foot(self, series: Series, shown: Plotted, *, crowded: bool = False) -> Line:
        """What is drawn, and from when the data are; `crowded` where candles find no room."""
        ink = self.desk.ink
        if self.typed is not None:
            return self._choices(self.typed)
        what = {
            "price": "",
            "drawdown": _("under the highest close so far"),
            "twin": self._twins(),
            "ratio": _("against {other}, the first day is 100").format(other=self.other),
        }[self.what]
        wall = self._row.wall if self._row and self.what == "price" else None
        parts = [shown.lack, what, "UTC" if shown.hourly else ""]
        if self.logarithmic and self.what in ("price", "ratio"):
            parts.append(_("log scale"))
        if crowded:
            told = _("a line: {n} candles need more room or a shorter span")
            parts.append(told.format(n=len(shown.close)))
        if wall and wall.distance is not None:
            level, off = price(wall.level, 0), percent(wall.distance, 1)
            parts.append(_("wall {level}, {off} %").format(level=level, off=off))
        if series.day:
            first = EPOCH.fromordinal(EPOCH.toordinal() + series.day[0])
            parts.append(_("data from {date}").format(date=first))
        parts += [series.name, _("closes only") if series.value_only else ""]
        said = " · ".join(part for part in parts if part)
        return [Segment(f" {said}", ink.warn if shown.lack else ink.muted)]

    def _twins(self) -> str:
        track = self.desk.view.tracks.get(self.instrument)
        records = track.records if track else None
        if records is None or records.twin is None:
            return ""
        over = sum(fall.recovered is not None for fall in records.falls)
        words = _("dashes and dots: median and quartiles of {n} earlier falls, {now} as long")
        return words.format(n=over, now=records.twin.n[-1])

    def _choices(self, typed: str) -> Line:
        """Return the line in which another instrument is looked for."""
        ink, found = self.desk.ink, self.found()
        line = [Segment(_(" against: "), ink.key), Segment(f"{typed}▏", ink.bold)]
        if not found:
            return [*line, Segment(_("  nothing is called so · Esc"), ink.warn)]
        for name in found[:8]:
            style = ink.title + Style(reverse=True) if name == found[0] else ink.muted
            line += [Segment(" ", ink.text), Segment(f" {name} ", style)]
        return [*line, Segment(_("  Enter · Esc"), ink.muted)]

    def found(self) -> list[str]:
        """Return the instruments that match what is typed: by name, then by label."""
        names = ["BTC", *(name for _, name in self.desk.view.order())]
        rows = self.desk.view.rows
        labels = {name: row.label for name, row in rows.items()}
        others = [name for name in dict.fromkeys(names) if name != self.instrument]
        return matching(self.typed or "", others, labels)

    def _on_hand(self, width: int, height: int) -> list[Line]:
        """A line with its extremes: of the span where there is no room for axes.

        Of the row's own closes while the bars are on their way.
        """
        ink, row, plotted = self.desk.ink, self.desk.view.rows.get(self.instrument), self._shown
        known = len(plotted.close) > 1
        if not known and plotted.lack:
            return [
                [Segment(f" {text}", ink.warn)] for text in wrap(plotted.lack, width - 1, height)
            ]
        if row is None or not (known or len(row.sparkline) > 1):
            return [[Segment(_(" no closes yet"), ink.muted)]]
        values = plotted.close if known else row.sparkline
        low, high = min(values), max(values)
        percents = known and self.what in ("drawdown", "twin")

        def write(value: float) -> str:
            return f"{signed(value, 1)} %" if percents else price(value, row.decimals)

        label = max(len(write(value)) for value in (low, high))
        body = max(1, height - 1)
        lines: list[Line] = []
        for y, text in enumerate(braille(values, width - label - 3, body, low, high)):
            value = {0: high, body - 1: low}.get(y) if body > 1 else None
            named = "" if value is None else write(value)
            lines.append([Segment(f" {named:>{label}}  ", ink.muted), Segment(text, ink.chart)])
        caption = (
            _("highest {high}, lowest {low}").format(high=write(high), low=write(low))
            if known
            else _("{n} closes on hand; the last one is the newest price").format(n=len(values))
        )
        lead = "" if cell_len(caption) + label + 3 > width else " " * (label + 2)
        return [*lines, [Segment(f" {lead}{caption}", ink.muted)]]


def matching(typed: str, names: Sequence[str], labels: dict[str, str]) -> list[str]:
    """Return the names that begin with what is typed, that hold it, or whose label does."""
    wanted = typed.casefold().strip()
    ways = (
        lambda name: name.casefold().startswith(wanted),
        lambda name: wanted in name.casefold(),
        lambda name: wanted in labels.get(name, "").casefold(),
    )
    return list(dict.fromkeys(name for way in ways for name in names if way(name)))
