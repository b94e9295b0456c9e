"""One instrument: its chart over any span, every value of its row, its runs and records."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult

from divmon.reading.frames import AskTrack
from divmon.reading.model import Instrument
from divmon.ui.actions import everywhere_bindings, scroll_bindings
from divmon.ui.bars import SPANS, Span, What
from divmon.ui.heard import heard, session_word
from divmon.ui.i18n import N_, _
from divmon.ui.keys import named
from divmon.ui.screens.page import PageKeys
from divmon.ui.screens.pages import Asks, Pages
from divmon.ui.typed import edited
from divmon.ui.widgets.columns import basis_points
from divmon.ui.widgets.panel import Desk, Framed, Line
from divmon.ui.widgets.price_chart import PriceChart
from divmon.ui.widgets.state import Banner, banner
from divmon.ui.widgets.track import RecordsPanel, RunsPanel
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

TABS = ("values", "streaks", "records")
LONGEST_NAME = 30  # that is typed to find another instrument
JUST_NOW = 5  # seconds, as `age` has it
REDRAWN_EVERY = 5  # seconds between two drawings for a price alone; a bar draws at once
_WINDOWS = {"1": N_("1 d"), "5": N_("5 d"), "20": N_("20 d"), "60": N_("60 d"),
            "120": N_("120 d"), "mtd": N_("month"), "ytd": N_("YTD"),
            "year": N_("last year")}  # fmt: skip


class ValuesPanel(Framed):
    """Name and value, in as many columns as the width allows."""

    title = N_("Values")
    top = 0

    def __init__(self, desk: Desk, name: str) -> None:
        super().__init__(desk, id="values")
        self.instrument = name

    def aside(self) -> str:
        return _("{keys} scroll").format(keys=self.desk.key("down", "up"))

    def inside(self, width: int, height: int) -> list[Line]:
        ink, view = self.desk.ink, self.desk.view
        row = view.rows.get(self.instrument)
        if row is None:
            return [[Segment(_(" nothing is known of it yet"), ink.muted)]]
        state = view.state(self.instrument)
        facts = [(_("state"), _aged(state, view.age(self.instrument))), *_facts(row)]
        facts += [
            (_("venue {name}").format(name=name), _venue(self.desk, name)) for name in row.venues
        ]
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
    used = (
        _("used")
        if venue.used
        else _("not used: {reason}").format(reason=heard(venue.reason) or _("no reason given"))
    )
    off = "" if venue.deviation_bp is None else f", {signed(venue.deviation_bp, 1)} bp"
    old = age(desk.view.venue_age(venue))
    return f"{price(venue.price)} {venue.currency}, {old}{off}, {used}"


def _aged(state: str, seconds: float | None) -> str:
    if seconds is not None and seconds < JUST_NOW:
        return _("{state}, just now").format(state=_(state))
    return _("{state}, {age} old").format(state=_(state), age=age(seconds))


def _moved(row: Instrument, value: float | None) -> str:
    """Write a change: of a rate in basis points."""
    if row.kind != "rate":
        return change(value)
    points = basis_points(row.last, value)
    return NONE if points is None else f"{arrow(shown_sign(points, 0))} {signed(points, 0)} bp"


def _facts(row: Instrument) -> Iterator[tuple[str, str]]:
    """Yield (name, value) of all that the row holds; missing ones as "—"."""
    yield _("last"), price(row.last, row.decimals)
    yield _("previous close"), price(row.previous_close, row.decimals)
    yield _("source"), _(row.series) or NONE
    yield _("note"), _(row.note) or NONE
    yield _("price's own time"), f"{row.time:%Y-%m-%d %H:%M:%S} UTC" if row.time else NONE
    yield _("session"), session_word(row.session or NONE)
    yield _("confirmed to"), row.confirmed.isoformat() if row.confirmed else NONE
    for window, value in row.returns.items():
        closed = row.confirmed_returns.get(window)
        moved, then = _moved(row, value), _moved(row, closed)
        both = (
            ""
            if closed is None or then == moved
            else _(", closed {change}").format(change=then[2:])
        )
        yield _("return {span}").format(span=_(_WINDOWS.get(window, window))), moved + both
    yield (
        _("against BTC, 20 d"),
        NONE if row.vs_btc20 is None else f"{signed(100 * row.vs_btc20, 1)} pp",
    )
    streak, high, vol = row.streak, row.high, row.volatility
    yield _("candles"), f"{run(streak.candle, 'green', 'red')} · {_(streak.boundary or NONE)}"
    yield _("closes"), run(streak.close)
    if_closed = run(streak.provisional, "green", "red")
    yield _("if it closed now"), _("{run} (provisional)").format(run=if_closed)
    yield _("as long, a year"), NONE if streak.per_year is None else f"{streak.per_year:.2f}"
    yield _("from high"), NONE if high.from_high is None else f"{percent(high.from_high, 1)} %"
    yield (
        _("from 52-week high"),
        NONE if high.from_52w is None else f"{percent(high.from_52w, 1)} %",
    )
    answers = {True: _("yes"), False: _("no"), None: NONE}
    yield _("record close"), answers[high.record_close]
    yield _("record intraday"), answers[high.record_intraday]
    yield _("bars since high"), NONE if high.bars_since_high is None else str(high.bars_since_high)
    yield _("drawdown"), NONE if high.drawdown is None else f"{percent(high.drawdown, 1)} %"
    yield _("history from"), high.history_start.isoformat() if high.history_start else NONE
    for name, value in (
        (_("close-close"), vol.cc30),
        ("Parkinson", vol.parkinson30),
        ("Garman-Klass", vol.gk30),
        ("Rogers-Satchell", vol.rs30),
        ("Yang-Zhang", vol.yz30),
    ):
        told = _("{n} % a year, 30 bars")
        named = _("vol {name}").format(name=name)
        yield named, NONE if value is None else told.format(n=f"{100 * value:.1f}")
    for name, value in ((_("1 year"), vol.percentile_1y), (_("all"), vol.percentile_all)):
        named = _("vol pct, {name}").format(name=name)
        yield named, NONE if value is None else f"{100 * value:.0f}"
    if row.wall is not None:
        wall = row.wall
        yield _("wall"), price(wall.level, 0)
        yield _("closes below"), NONE if wall.closes_below is None else str(wall.closes_below)
        yield _("last close above"), day(wall.last_close_above)
        yield _("touches"), NONE if wall.touches is None else str(wall.touches)
    if row.missing_sessions:
        yield _("missing sessions"), ", ".join(day.isoformat() for day in row.missing_sessions[:5])


class InstrumentScreen(Pages):
    """A chart, and below it all values of the row, or its runs, or its records.

    `n` and `N` walk through the table.
    """

    PAGE = "instrument"
    CSS = """
    InstrumentScreen PriceChart { height: 3fr; }
    InstrumentScreen .below { height: 2fr; display: none; }
    InstrumentScreen .chosen { display: block; }
    InstrumentScreen #keys { height: 1; }
    """
    BINDINGS = [  # noqa: RUF012 (Textual's way)
        named("clear", "leave", N_("back")),
        named("page.close", "leave", N_("back to the board")),
        named("open", "leave", N_("back")),
        *scroll_bindings(),
        named("page.next", "next(1)", N_("next instrument")),
        named("page.previous", "next(-1)", N_("previous instrument")),
        named("instrument.spans", "span_at({n})", N_("span of the chart: 1D, 5D, ...")),
        named("instrument.log", "log", N_("log scale")),
        named("instrument.candles", "candles", N_("candles, or a line")),
        named("instrument.drawdown", "what('drawdown')", N_("drawdown, its twin, or the price")),
        named("instrument.ratio", "what('ratio')", N_("against BTC or another, or the price")),
        named("filter", "against", N_("find another to divide by")),
        named("tab", "tab", N_("values, streaks, records")),
        named("explain", "explain", N_("where the row's numbers come from")),
        *everywhere_bindings(),
    ]
    KEYS = (
        ("page.next page.previous", N_("next, previous"), "next(1)"),
        ("explain", N_("explain"), "explain"),
        ("instrument.spans", N_("span"), "next_span"),
        ("instrument.candles", N_("candles"), "candles"),
        ("instrument.drawdown", N_("drawdown"), "what('drawdown')"),
        ("instrument.ratio", N_("against BTC"), "what('ratio')"),
        ("instrument.log", N_("log", "scale"), "log"),
    )

    def __init__(self, board: "MainScreen", name: str) -> None:
        super().__init__()
        self._board = board
        self.desk = board.desk
        self.bind_keys()
        self._ink = board.desk.ink
        self.instrument = name
        self._asked: dict[str, tuple[object, int]] = {}  # what for, and at which beat
        self._track_asked: dict[str, tuple[object, int]] = {}
        self._beat = 0

    @property
    def board(self) -> "MainScreen":
        return self._board

    @property
    def saved_as(self) -> str:
        return self.instrument

    @property
    def subject(self) -> str:
        return f"instruments.{self.instrument}.last"

    def compose(self) -> ComposeResult:
        self.banner = Banner(self.desk, id="banner")
        self.chart = PriceChart(self.desk, self.instrument)
        self.values = ValuesPanel(self.desk, self.instrument)
        self.runs = RunsPanel(self.desk, self.instrument, "streaks")
        self.records = RecordsPanel(self.desk, self.instrument, "records")
        self.keys = PageKeys(self.desk, self.PAGE, self.KEYS, pages=())
        yield self.banner
        yield self.chart
        for panel in self.below:
            panel.sharing = TABS
            panel.set_class(True, "below")
            yield panel
        yield self.keys
        self.choose_tab(TABS[0])

    @property
    def below(self) -> tuple[ValuesPanel, RunsPanel, RecordsPanel]:
        return self.values, self.runs, self.records

    def choose_tab(self, name: str) -> None:
        self.chosen = name
        for panel in self.below:
            panel.set_class(panel.id == name, "chosen")

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
        ratio = self.chart.what == "ratio"
        for name in {self.instrument, *((self.chart.other,) if ratio else ())}:
            if self._due(name, self._asked, there=name in view.series):
                await self.app.run_action(f"ask_series({name!r})")
        tracked = self.chosen != TABS[0] or self.chart.what == "twin"
        there = self.instrument in view.tracks
        if tracked and self._due(self.instrument, self._track_asked, there=there):
            self.post_message(Asks(AskTrack(self.instrument)))

    def _due(self, name: str, asked: dict[str, tuple[object, int]], *, there: bool) -> bool:
        """Tell whether to ask for something of `name`, and note that it has been asked for."""
        row = self.desk.view.rows.get(name)
        wanted = row.confirmed if row else None
        known = asked.get(name)
        late = not there and known and self._beat - known[1] >= REDRAWN_EVERY
        if known is not None and known[0] == wanted and not late:
            return False
        asked[name] = (wanted, self._beat)
        return True

    def on_screen_resume(self) -> None:
        self.draw()

    def draw(self) -> None:
        """Repaint what differs from the screen."""
        if not self.is_mounted:
            return
        self.banner.set_class(bool(banner(self.desk.view)), "on")
        self.board.dim_as_needed()
        new, self._ink = self.desk.ink is not self._ink, self.desk.ink
        for panel in (self.banner, self.chart, *self.below, self.keys):
            if new:
                panel.repaint()
            else:
                panel.show()

    # -- looking for another instrument ----------------------------------------------

    async def on_key(self, event: events.Key) -> None:
        """Give a name that is being typed every key; a letter must not change the chart."""
        chart = self.chart
        if chart.typed is None:
            return
        if event.key in ("enter", "escape"):
            found, chart.typed = chart.found(), None
            if event.key == "enter" and found:
                chart.what, chart.other = "ratio", found[0]
                await self.ask()
        elif (changed := edited(chart.typed, event, LONGEST_NAME)) is not None:
            chart.typed = changed
        else:
            return
        event.stop()
        event.prevent_default()
        self.draw()

    def action_against(self) -> None:
        self.chart.typed = ""
        self.draw()

    # -- actions ---------------------------------------------------------------------

    def action_leave(self) -> None:
        self.dismiss()

    def on_mouse_scroll_down(self) -> None:
        self.action_scroll(1)

    def on_mouse_scroll_up(self) -> None:
        self.action_scroll(-1)

    def action_scroll(self, step: int) -> None:
        if self.chosen == TABS[0]:
            self.values.top += step
            self.draw()
        else:
            (self.runs if self.chosen == TABS[1] else self.records).move(step)

    async def action_tab(self, name: str = "") -> None:
        at = TABS.index(self.chosen)
        self.choose_tab(name or TABS[(at + 1) % len(TABS)])
        await self.ask()
        self.draw()

    def action_span(self, span: Span) -> None:
        self.chart.span = span
        self.draw()

    def action_span_at(self, n: int) -> None:
        self.action_span(SPANS[n - 1])

    def action_next_span(self) -> None:
        """Show the next span, for who has no digits at hand."""
        at = SPANS.index(self.chart.span)
        self.action_span(SPANS[(at + 1) % len(SPANS)])

    def action_log(self) -> None:
        self.chart.logarithmic = not self.chart.logarithmic
        self.draw()

    def action_candles(self) -> None:
        self.chart.candles = not self.chart.candles
        self.draw()

    async def action_what(self, what: What) -> None:
        """Draw `what`, after a drawdown its twin, or the price again if it is drawn already."""
        after: dict[What, What] = {"drawdown": "twin", "twin": "price"}
        now = self.chart.what
        if what == "drawdown" and now in after:
            self.chart.what = after[now]
        else:
            self.chart.what = "price" if now == what else what
        await self.ask()
        self.draw()

    async def action_next(self, step: int) -> None:
        names = ["BTC", *(name for _, name in self.desk.view.order())]
        at = names.index(self.instrument) if self.instrument in names else 0
        self.instrument = names[(at + step) % len(names)]
        for panel in (self.chart, *self.below):
            panel.instrument = self.instrument
        for panel in self.below:
            panel.top = 0
        self.chart.take_price()
        await self.ask()
        self.draw()
