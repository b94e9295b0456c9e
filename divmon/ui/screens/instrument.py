"""One instrument: every value of its row, with source and age, and its closes as a line."""

from collections.abc import Iterator

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen

from divmon.reading.model import Instrument
from divmon.ui.widgets.chart import braille
from divmon.ui.widgets.panel import Desk, Framed, Line
from divmon.ui.words import NONE, age, change, clean, day, fit, percent, price, run, signed

_WINDOWS = {"1": "1 d", "5": "5 d", "20": "20 d", "60": "60 d", "120": "120 d", "mtd": "month",
            "ytd": "YTD", "year": "1 year"}  # fmt: skip


class ChartPanel(Framed):
    """The closes on hand, with high and low at the left."""

    def __init__(self, desk: Desk, name: str) -> None:
        super().__init__(desk, id="chart")
        self.instrument = name

    def heading(self) -> Line:
        return [Segment(clean(self.instrument), self.desk.ink.title)]

    def aside(self) -> str:
        row = self.desk.view.rows.get(self.instrument)
        return row.label if row else ""

    def inside(self, width: int, height: int) -> list[Line]:
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
        caption = f"{len(row.sparkline)} closes, the last one is the running price"
        return [*lines, [Segment(f" {'':>{label}}  {caption}", ink.muted)]]


class ValuesPanel(Framed):
    """Name and value, in as many columns as the width allows."""

    title = "Values"
    top = 0

    def __init__(self, desk: Desk, name: str) -> None:
        super().__init__(desk, id="values")
        self.instrument = name

    def aside(self) -> str:
        return "j k scroll · n N next, previous · Esc back"

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
        both = "" if closed is None else f"   closed {percent(closed)} %"
        yield f"return {_WINDOWS.get(window, window)}", change(value) + both
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


class InstrumentScreen(Screen[None]):
    """All of one row; `n` and `N` walk through the table."""

    CSS = """
    InstrumentScreen ChartPanel { height: 2fr; }
    InstrumentScreen ValuesPanel { height: 3fr; }
    """
    BINDINGS = [  # noqa: RUF012 (Textual's way)
        Binding("escape,q,enter,backspace", "close", "back"),
        Binding("down,j", "scroll(1)", "down"),
        Binding("up,k", "scroll(-1)", "up"),
        Binding("n", "next(1)", "next"),
        Binding("N", "next(-1)", "previous"),
    ]

    def __init__(self, desk: Desk, name: str) -> None:
        super().__init__()
        self.desk = desk
        self.instrument = name

    def compose(self) -> ComposeResult:
        yield ChartPanel(self.desk, self.instrument)
        yield ValuesPanel(self.desk, self.instrument)

    def on_mount(self) -> None:
        # a page to read, not to watch: once a second is enough
        self.set_interval(1.0, self.draw)

    def draw(self) -> None:
        self.query_one(ChartPanel).show()
        self.query_one(ValuesPanel).show()

    def action_close(self) -> None:
        self.dismiss()

    def action_scroll(self, step: int) -> None:
        self.query_one(ValuesPanel).top += step
        self.draw()

    def action_next(self, step: int) -> None:
        names = ["BTC", *(name for _, name in self.desk.view.order())]
        at = names.index(self.instrument) if self.instrument in names else 0
        self.instrument = names[(at + step) % len(names)]
        for panel in (self.query_one(ChartPanel), self.query_one(ValuesPanel)):
            panel.instrument = self.instrument
        self.draw()
