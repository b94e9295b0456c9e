"""One instrument: its chart over any span, every value of its row, its runs and records."""

import asyncio
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult

from divmon.reading.frames import AskTrack
from divmon.settings_keys import FROM_CHART
from divmon.ui.actions import PAGES, everywhere_bindings, scroll_bindings
from divmon.ui.bars import SPANS, Span, What
from divmon.ui.i18n import N_
from divmon.ui.keys import named
from divmon.ui.screens.page import PageKeys
from divmon.ui.screens.pages import Asks, Pages
from divmon.ui.typed import edited
from divmon.ui.widgets.price_chart import PriceChart
from divmon.ui.widgets.state import Banner, StateLine, banner
from divmon.ui.widgets.track import RecordsPanel, RunsPanel
from divmon.ui.widgets.values import ValuesPanel

if TYPE_CHECKING:
    from divmon.ui.screens.main import MainScreen

OTHER_PAGES = tuple(action for action in PAGES if action.name in FROM_CHART)
TABS = ("values", "streaks", "records")
LONGEST_NAME = 30  # that is typed to find another instrument
STATED_FROM = 20  # rows of a screen that has one for the score and its state
REDRAWN_EVERY = 5  # seconds between two drawings for a price alone; a bar draws at once


class InstrumentScreen(Pages):
    """A chart, and below it all values of the row, or its runs, or its records.

    `n` and `N` walk through the table.
    """

    PAGE = "instrument"
    CSS = """
    InstrumentScreen PriceChart { height: 3fr; }
    InstrumentScreen .below { height: 2fr; display: none; }
    InstrumentScreen .chosen { display: block; }
    InstrumentScreen #state, InstrumentScreen #keys { height: 1; }
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
        *(named(each.name, each.name, each.help) for each in OTHER_PAGES),
        *everywhere_bindings(),
    ]
    KEYS = (
        ("page.next page.previous", N_("next, previous"), "next(1)"),
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
        self.state_line = StateLine(self.desk, id="state")
        self.banner = Banner(self.desk, id="banner")
        self.chart = PriceChart(self.desk, self.instrument)
        self.values = ValuesPanel(self.desk, self.instrument)
        self.runs = RunsPanel(self.desk, self.instrument, "streaks")
        self.records = RecordsPanel(self.desk, self.instrument, "records")
        self.keys = PageKeys(self.desk, self.PAGE, self.KEYS, pages=OTHER_PAGES)
        yield self.state_line
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
        self.state_line.display = self.size.height >= STATED_FROM
        self.state_line.paused = self.board.state_line.paused
        new, self._ink = self.desk.ink is not self._ink, self.desk.ink
        for panel in (self.state_line, self.banner, self.chart, *self.below, self.keys):
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
