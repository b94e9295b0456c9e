"""What a chart of one instrument shows: the bars of a span, and what is drawn of them. Pure."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from itertools import accumulate
from typing import Literal

from divmon.market.spans import MONTHS, months_before, year_before
from divmon.reading.frames import Series
from divmon.reading.model import Instrument
from divmon.reading.track import Track
from divmon.ui.i18n import _

Span = Literal["1D", "5D", "1M", "3M", "YTD", "1Y", "5Y", "MAX"]
What = Literal["price", "drawdown", "twin", "ratio"]
SPANS: tuple[Span, ...] = ("1D", "5D", "1M", "3M", "YTD", "1Y", "5Y", "MAX")
EPOCH = date(1970, 1, 1)
HOUR = 3600


@dataclass(frozen=True)
class Plotted:
    """Columns of one length, oldest first. `time` is Unix seconds of each bar's day or hour.

    `open`, `high` and `low` are empty where only closes are known. `lack` says in words
    why there is less than was asked for. `short`: the data begin inside the span. `bands`
    are lines to compare with, from the left. `counted`: `time` counts bars.
    """

    time: tuple[int, ...] = ()
    close: tuple[float, ...] = ()
    open: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    hourly: bool = False
    lack: str = ""
    short: bool = False
    bands: tuple[tuple[float, ...], ...] = ()
    counted: bool = False


def with_running(series: Series, row: Instrument | None) -> Series:
    """Return the bars with the newest price in the running one, or as a new one."""
    from msgspec.structs import replace

    if row is None or row.last is None or row.time is None or not series.day:
        return series
    if row.state in ("stale", "missing"):
        return series
    last, today = row.last, (row.time.astimezone(UTC).date() - EPOCH).days
    at = series.day[-1]
    if row.confirmed is not None and at <= (row.confirmed - EPOCH).days:
        if today <= at:
            return series
        return replace(
            series,
            day=(*series.day, today),
            open=(*series.open, last),
            high=(*series.high, last),
            low=(*series.low, last),
            close=(*series.close, last),
        )
    return replace(
        series,
        high=(*series.high[:-1], max(series.high[-1], last)),
        low=(*series.low[:-1], min(series.low[-1], last)),
        close=(*series.close[:-1], last),
    )


def cut(series: Series, span: Span) -> Plotted:
    """Return the bars of a span that ends at the last one."""
    if not series.day:
        return Plotted(lack=_("no daily bars are known"))
    if span in ("1D", "5D"):
        if series.hour:
            first = series.hour[-1] - (24 if span == "1D" else 120) * HOUR
            at = next(n for n, start in enumerate(series.hour) if start >= first)
            return Plotted(series.hour[at:], series.hour_close[at:], hourly=True)
        # two closes make one day's change, six make five
        kept = _from(series, len(series.day) - (2 if span == "1D" else 6))
        return Plotted(*kept, lack=_("no hours are kept of it; these are daily bars"))
    if span == "MAX":
        return Plotted(*_from(series, 0))
    last = EPOCH + timedelta(days=series.day[-1])
    base = year_before(last) if span == "YTD" else months_before(last, MONTHS[span])
    # the last close by then is where the change begins, as in a race
    at = bisect_right(series.day, (base - EPOCH).days) - 1
    return Plotted(*_from(series, at), short=at < 0)


def _from(series: Series, at: int) -> tuple[tuple[int, ...], *tuple[tuple[float, ...], ...]]:
    at = max(0, at)
    time = tuple(day * 86_400 for day in series.day[at:])
    if series.value_only:
        return time, series.close[at:]
    return time, series.close[at:], series.open[at:], series.high[at:], series.low[at:]


def drawdown(series: Series, span: Span) -> Plotted:
    """Return how far every close of a span is under the highest before it, in percent.

    The highest of all history counts, not that of the span alone.
    """
    under = tuple(
        100 * (close / top - 1)
        for close, top in zip(series.close, accumulate(series.close, max), strict=True)
    )
    shown = cut(series, span)
    if shown.hourly or not shown.time:
        return Plotted(lack=_("a drawdown is of daily closes; choose 1M or more"))
    at = len(under) - len(shown.time)
    return Plotted(shown.time, under[at:], lack=shown.lack, short=shown.short)


def twin(track: Track) -> Plotted:
    """Return the running fall by bars since the high, in percent, beside the earlier ones."""
    found = track.records.twin if track.records else None
    if found is None:
        return Plotted(lack=_("no fall of 10 % or more is running; d shows the price"))

    def line(values: Sequence[float | None]) -> tuple[float, ...]:
        # the earlier falls become fewer with every bar, so what there is stands at the left
        return tuple(100 * value for value in values if value is not None)

    bands = tuple(line(band) for band in (found.low, found.middle, found.high))
    return Plotted(found.bar, line(found.path), bands=bands, counted=True)


def ratio(series: Series, other: Series, span: Span) -> Plotted:
    """Return `series` divided by `other` on common days, the first of the span being 100."""
    shown = cut(series, span)
    if shown.hourly:
        return Plotted(lack=_("a ratio is of daily closes; choose 1M or more"))
    theirs = dict(zip(other.day, other.close, strict=True))
    pairs = [
        (time, close / theirs[time // 86_400])
        for time, close in zip(shown.time, shown.close, strict=True)
        if time // 86_400 in theirs
    ]
    if not pairs:
        return Plotted(lack=_("no day in common with {name}").format(name=other.instrument))
    first = pairs[0][1]
    return Plotted(
        tuple(time for time, _ in pairs),
        tuple(100 * value / first for _, value in pairs),
        lack=shown.lack,
        short=shown.short,
    )


def thinned(values: Sequence[float], cells: int) -> tuple[list[float], list[float]]:
    """Return (x, y) of what a line of `cells` cells can show: of each cell its two extremes."""
    if len(values) <= 2 * cells:
        return [float(x) for x in range(len(values))], list(values)
    xs: list[float] = []
    ys: list[float] = []
    for cell in range(cells):
        begin, end = cell * len(values) // cells, (cell + 1) * len(values) // cells
        part = range(begin, end)
        low, high = min(part, key=values.__getitem__), max(part, key=values.__getitem__)
        for at in sorted({low, high, *([end - 1] if cell == cells - 1 else [])}):
            xs.append(float(at))
            ys.append(values[at])
    return xs, ys
