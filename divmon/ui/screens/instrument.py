"""One instrument: its chart over any span, and every value of its row with source and age."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import Binding

from divmon.reading.model import Instrument
from divmon.ui.bars import SPANS, Span, What
from divmon.ui.screens.pages import Pages
from divmon.ui.widgets.columns import basis_points
from divmon.ui.widgets.panel import Desk, Framed, Line
from divmon.ui.widgets.price_chart import PriceChart
from divmon.ui.widgets.state import Banner, banner
from divmon.ui.words import (
    NONE,
    age,
    arrow,
    change,
    day,
    fit,
    percent,
    price,
    run,
    shown_sign,
    signed,
)  # fmt: skip

if TYPE_CHECKING:
    from divmon.ui.screens.main import MainScreen

REDRAWN_EVERY = 5  # seconds between two drawings for a price alone; a bar draws at once
_WINDOWS = {"1": "1 d", "5": "5 d", "20": "20 d", "60": "60 d", "120": "120 d", "mtd": "month",
            "ytd": "YTD", "year": "last year"}  # fmt: skip


class ValuesPanel(Framed):
    """Name and value, in as many columns as the width allows."""

    title = "Values"
    top = 0

    def __init__(self, desk: Desk, name: str) -> None:
        super().__init__(desk, id="values")
        self.instrument = name

    def aside(self) -> str:
        return "j k scroll · n N next, previous · x explain · Esc back"

    def inside(self, width: int, height: int) -> list[Line]:
        ink, view = self.desk.ink, self.desk.view
        row = view.rows.get(self.instrument)
        if row is None:
            return [[Segment(" nothing is known of it yet", ink.muted)]]
        state = view.state(self.instrument)
        facts = [("state", f"{state}, {age(view.age(self.instrument))} old"), *_facts(row)]
        facts += [(f"venue {name}", _venue(self.desk, name)) for name in row.venues]
        columns = max(1, min(3, width // 44))
        room = width // columns
        per = -(-len(facts) // columns)
        self.top = max(0, min(self.top, per - height))
        lines: list[Line] = []
        for y in range(self.top, min(per, self.top + height)):
            line: Line = []
            for name, value in facts[y::per]:
                line.append(Segment(f" {fit(name, 19)}", ink.muted))
                line.append(Segment(fit(value, room - 20), ink.text))
            lines.append(line)
        return lines


def _venue(desk: Desk, name: str) -> str:
    venue = desk.view.rows["BTC"].venues[name]
    used = "used" if venue.used else f"not used: {venue.reason or 'no reason given'}"
    off = "" if venue.deviation_bp is None else f", {signed(venue.deviation_bp, 1)} bp"
    old = age(desk.view.venue_age(venue))
    return f"{price(venue.price)} {venue.currency}, {old}{off}, {used}"


def _moved(row: Instrument, value: float | None) -> str:
    """Write a change: of a rate in basis points."""
    if row.kind != "rate":
        return change(value)
    points = basis_points(row.last, value)
    return NONE if points is None else f"{arrow(shown_sign(points, 0))} {signed(points, 0)} bp"


def _facts(row: Instrument) -> Iterator[tuple[str, str]]:
    """Yield (name, value) of all that the row holds; missing ones as "—"."""
    yield "last", price(row.last, row.decimals)
    yield "previous close", price(row.previous_close, row.decimals)
    yield "source", row.series or NONE
    yield "note", row.note or NONE
    yield "price's own time", f"{row.time:%Y-%m-%d %H:%M:%S} UTC" if row.time else NONE
    yield "session", row.session or NONE
    yield "confirmed to", row.confirmed.isoformat() if row.confirmed else NONE
    for window, value in row.returns.items():
        closed = row.confirmed_returns.get(window)
        moved, then = _moved(row, value), _moved(row, closed)
        both = "" if closed is None or then == moved else f", closed {then[2:]}"
        yield f"return {_WINDOWS.get(window, window)}", moved + both
    yield (
        "against BTC, 20 d",
        NONE if row.vs_btc20 is None else f"{signed(100 * row.vs_btc20, 1)} pp",
    )
    streak, high, vol = row.streak, row.high, row.volatility
    yield "candles", f"{run(streak.candle, 'green', 'red')} · {streak.boundary or NONE}"
    yield "closes", run(streak.close)
    yield "if it closed now", f"{run(streak.provisional, 'green', 'red')} (provisional)"
    yield "as long, a year", NONE if streak.per_year is None else f"{streak.per_year:.2f}"
    yield "from high", NONE if high.from_high is None else f"{percent(high.from_high, 1)} %"
    yield "from 52-week high", NONE if high.from_52w is None else f"{percent(high.from_52w, 1)} %"
    yield "record close", {True: "yes", False: "no", None: NONE}[high.record_close]
    yield "record intraday", {True: "yes", False: "no", None: NONE}[high.record_intraday]
    yield "bars since high", NONE if high.bars_since_high is None else str(high.bars_since_high)
    yield "drawdown", NONE if high.drawdown is None else f"{percent(high.drawdown, 1)} %"
    yield "history from", high.history_start.isoformat() if high.history_start else NONE
    for name, value in (
        ("close-close", vol.cc30),
        ("Parkinson", vol.parkinson30),
        ("Garman-Klass", vol.gk30),
        ("Rogers-Satchell", vol.rs30),
        ("Yang-Zhang", vol.yz30),
    ):
        yield f"vol {name}", NONE if value is None else f"{100 * value:.1f} % a year, 30 bars"
    for name, value in (("1 year", vol.percentile_1y), ("all", vol.percentile_all)):
        yield f"vol pct, {name}", NONE if value is None else f"{100 * value:.0f}"
    if row.wall is not None:
        wall = row.wall
        yield "wall", price(wall.level, 0)
        yield "closes below", NONE if wall.closes_below is None else str(wall.closes_below)
        yield "last close above", day(wall.last_close_above)
        yield "touches", NONE if wall.touches is None else str(wall.touches)
    if row.missing_sessions:
        yield "missing sessions", ", ".join(day.isoformat() for day in row.missing_sessions[:5])


class InstrumentScreen(Pages):
    """A chart and all values of one row; `n` and `N` walk through the table."""

    CSS = """
    InstrumentScreen PriceChart { height: 3fr; }
    InstrumentScreen ValuesPanel { height: 2fr; }
    """
    BINDINGS = [  # noqa: RUF012 (Textual's way)
        Binding("escape,q,enter,backspace", "close", "back"),
        Binding("down,j", "scroll(1)", "down"),
        Binding("up,k", "scroll(-1)", "up"),
        Binding("n", "next(1)", "next"),
        Binding("N", "next(-1)", "previous"),
        *(Binding(str(n), f"span('{span}')", span) for n, span in enumerate(SPANS, start=1)),
        Binding("l", "log", "log scale"),
        Binding("c", "candles", "candles"),
        Binding("d", "what('drawdown')", "drawdown"),
        Binding("b", "what('ratio')", "against BTC"),
        Binding("x", "explain", "explain"),
        Binding("e", "own_engine", "own engine"),
    ]

    def __init__(self, board: "MainScreen", name: str) -> None:
        super().__init__()
        self._board = board
        self.desk = board.desk
        self._ink = board.desk.ink
        self.instrument = name
        self._asked: dict[str, tuple[object, int]] = {}  # what for, and at which beat
        self._beat = 0

    @property
    def board(self) -> "MainScreen":
        return self._board

    @property
    def subject(self) -> str:
        return f"instruments.{self.instrument}.last"

    def compose(self) -> ComposeResult:
        self.banner = Banner(self.desk, id="banner")
        self.chart = PriceChart(self.desk, self.instrument)
        self.values = ValuesPanel(self.desk, self.instrument)
        yield self.banner
        yield self.chart
        yield self.values

    async def on_mount(self) -> None:
        self.draw()
        # a page to read, not to watch: once a second is enough
        self.set_interval(1.0, self.beat)
        await self.ask()
        self.run_worker(self._load(), name="plotext")

    async def _load(self) -> None:
        """Import plotext off the loop: 0.3 s, during which the closes on hand are shown."""
        from divmon.ui import plot

        made = await asyncio.to_thread(plot.load)
        self.chart.plot = made()
        self.draw()

    async def beat(self) -> None:
        self._beat += 1
        if self._beat % REDRAWN_EVERY == 0:
            self.chart.take_price()
        await self.ask()
        if not self.board.pace.short():
            self.draw()

    async def ask(self) -> None:
        """Ask for bars that are not there, and again when one has closed since."""
        view = self.desk.view
        for name in {self.instrument, *(("BTC",) if self.chart.what == "ratio" else ())}:
            row = view.rows.get(name)
            wanted = row.confirmed if row else None
            known = self._asked.get(name)
            late = name not in view.series and known and self._beat - known[1] >= REDRAWN_EVERY
            if known is None or known[0] != wanted or late:
                self._asked[name] = (wanted, self._beat)
                await self.app.run_action(f"ask_series({name!r})")

    def on_screen_resume(self) -> None:
        self.draw()

    def draw(self) -> None:
        """Repaint what differs from the screen."""
        if not self.is_mounted:
            return
        self.banner.set_class(bool(banner(self.desk.view)), "on")
        self.board.dim_as_needed()
        new, self._ink = self.desk.ink is not self._ink, self.desk.ink
        for panel in (self.banner, self.chart, self.values):
            if new:
                panel.repaint()
            else:
                panel.show()

    def action_close(self) -> None:
        self.dismiss()

    def action_scroll(self, step: int) -> None:
        self.values.top += step
        self.draw()

    def action_span(self, span: Span) -> None:
        self.chart.span = span
        self.draw()

    def action_log(self) -> None:
        self.chart.logarithmic = not self.chart.logarithmic
        self.draw()

    def action_candles(self) -> None:
        self.chart.candles = not self.chart.candles
        self.draw()

    async def action_what(self, what: What) -> None:
        """Draw `what`, or the price again if it is drawn already."""
        self.chart.what = "price" if self.chart.what == what else what
        await self.ask()
        self.draw()

    async def action_next(self, step: int) -> None:
        names = ["BTC", *(name for _, name in self.desk.view.order())]
        at = names.index(self.instrument) if self.instrument in names else 0
        self.instrument = names[(at + step) % len(names)]
        for panel in (self.chart, self.values):
            panel.instrument = self.instrument
        self.values.top = 0
        self.chart.take_price()
        await self.ask()
        self.draw()
