"""The main screen: lays the panels out by size and repaints what changed."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import tzinfo
from typing import ClassVar
from zoneinfo import ZoneInfo

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.geometry import Size

from divmon.ui.actions import bindings
from divmon.ui.budget import Pace
from divmon.ui.i18n import _
from divmon.ui.screens.pages import Pages
from divmon.ui.theme import Ink
from divmon.ui.view import ABC, ALERTS, BOARD, EVENTS, SOURCES, STREAKS, View
from divmon.ui.widgets.abc import AbcPanel
from divmon.ui.widgets.btc import BtcPanel
from divmon.ui.widgets.claims import ClaimsPanel
from divmon.ui.widgets.context import LiquidityPanel, RotationPanel
from divmon.ui.widgets.footer import EventsPanel, KeysLine, SourcesLine
from divmon.ui.widgets.markets import Markets
from divmon.ui.widgets.panel import Desk, Line, Panel
from divmon.ui.widgets.state import Banner, StateLine, banner
from divmon.ui.widgets.streaks import StreaksPanel
from divmon.ui.words import wrap

SMALLEST = (40, 10)
# The least columns and rows of each layout, largest first.
LAYOUTS = (
    ("wide", 160, 50),
    ("medium", 100, 30),
    ("narrow", 76, 20),
    ("compact", 56, 14),
    ("tiny", *SMALLEST),
)
# What `x` explains first while the table is sorted by a column.
SORTED_VALUES = {
    "1d": "returns.1",
    "5d": "returns.5",
    "20d": "returns.20",
    "YTD": "returns.ytd",
    "from high": "high.from_high",
    "streak": "streak.close",
    "vs BTC 20d": "vs_btc20",
    "vol pct": "volatility.percentile_all",
    "age": "age_s",
}
TABS = ("streaks", "rotation", "liquidity", "claims")


def layout_for(width: int, height: int) -> str:
    """Return the layout for a terminal of this size; "small" shows nothing but a word."""
    return next((name for name, w, h in LAYOUTS if width >= w and height >= h), "small")


class TooSmall(Panel):
    def paint(self, width: int, height: int) -> list[Line]:
        ink = self.desk.ink
        size = f"({self.screen.size.width}×{self.screen.size.height})"
        words = _("terminal too small {size}, needs {least}").format(
            size=size, least=f"{SMALLEST[0]}×{SMALLEST[1]}"
        )
        return [[Segment(line, ink.warn)] for line in wrap(words, width, height)]


class MainScreen(Pages):
    """Draws the view.

    The frame timer lives here and not on the app: a timer ticks in its own task,
    and the app's would still tick after the panels are gone.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]

    def __init__(
        self,
        desk: Desk,
        *,
        pace: Pace,
        own_load: Callable[[], str] = lambda: "",
    ) -> None:
        super().__init__(id="main")
        self.desk = desk
        self.bind_keys()
        self.live_view: View = desk.view
        self.full_ink: Ink = desk.ink
        self.pace = pace
        self.paused = False
        self.own_load = own_load
        self._dirty: set[str] = set()
        self._waiting: asyncio.TimerHandle | None = None
        self._seconds = 0
        self.chosen = TABS[0]  # the lower panel that is seen where one has room

    def compose(self) -> ComposeResult:
        desk = self.desk
        self.state_line = StateLine(desk, id="state")
        self.banner = Banner(desk, id="banner")
        self.btc = BtcPanel(desk, id="btc")
        self.abc = AbcPanel(desk, id="abc")
        self.markets = Markets(desk, id="markets")
        self.streaks = StreaksPanel(desk, id="streaks")
        self.context = (
            RotationPanel(desk, id="rotation"),
            LiquidityPanel(desk, id="liquidity"),
            ClaimsPanel(desk, id="claims"),
        )
        self.happened = EventsPanel(desk, id="events")
        self.sources = SourcesLine(desk, id="sources")
        self.keys = KeysLine(desk, id="keys")
        self.fit(self.app.size)  # else the first frame is laid out, and drawn, twice
        yield self.state_line
        yield self.banner
        yield Container(self.btc, self.abc, id="top")
        yield self.markets
        yield Container(self.streaks, *self.context, id="lower")
        yield self.happened
        yield self.sources
        yield self.keys
        yield TooSmall(desk, id="small")

    @property
    def board(self) -> "MainScreen":
        return self

    def bind_keys(self) -> None:
        super().bind_keys()
        self.filter_keys = {key for key, each in self._bindings if each.action == "filter"}

    @property
    def subject(self) -> str:
        """Return the key of the row's value that the table is sorted by, its price if by none."""
        name = self.markets.cursor
        value = SORTED_VALUES.get(self.markets.sort, "last")
        return f"instruments.{name}.{value}" if name else "abc.score"

    @property
    def saved_as(self) -> str:
        return "board"

    @property
    def panels(self) -> list[Panel]:
        return list(self.query(Panel))

    def on_mount(self) -> None:
        self.choose_tab(TABS[0])
        self.retint()
        self.set_interval(1.0, self.second)

    def on_resize(self, event: events.Resize) -> None:
        self.fit(event.size)

    def fit(self, size: Size) -> None:
        wanted = layout_for(size.width, size.height)
        for name in (*(layout[0] for layout in LAYOUTS), "small"):
            self.set_class(name == wanted, name)
        for panel in (self.streaks, *self.context):
            panel.sharing = TABS if wanted == "medium" else ()

    def on_screen_resume(self) -> None:
        self.hurry((BOARD,))

    # -- frames ------------------------------------------------------------------

    def mark(self, dirty: Iterable[str]) -> None:
        """Note what changed; draw as soon as the pace allows, at once after a quiet moment."""
        self._dirty.update(dirty)
        if not self._dirty or self.paused or self._waiting is not None or not self.is_current:
            return
        wait = self.pace.wait()
        if wait <= 0:
            self.draw()
        else:
            self._wait(wait)

    def hurry(self, dirty: Iterable[str]) -> None:
        """Note what a person changed, and draw it now."""
        self._dirty.update(dirty)
        self.draw()

    def _wait(self, seconds: float) -> None:
        # not set_timer: a task, and a look at our signature, for every frame
        self._waiting = asyncio.get_running_loop().call_later(seconds, self._frame)

    def _frame(self) -> None:
        self._waiting = None
        if not self.is_running:
            return
        if wait := self.pace.short():
            self._wait(wait)  # a person has used up what we waited for
        else:
            # through the queue, so that an error in a panel ends the app and not only a callback
            self.call_next(self.draw)

    def draw(self) -> None:
        """Repaint what changed since the last frame."""
        if self.paused or not self._dirty or not self.is_current:
            return
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        dirty, self._dirty = self._dirty, set()
        before = self.desk.repainted
        if BOARD in dirty:
            self.redraw()
        else:
            self._draw_parts(dirty)
        if self.desk.repainted != before:
            self.pace.drew()  # else the next tick would wait for a frame that was none

    def _draw_parts(self, dirty: set[str]) -> None:
        names = {name for name in dirty if not name.startswith("*")}
        if names:
            self.markets.show_rows(names)
        if "BTC" in names:
            self.btc.show()
        if STREAKS in dirty:
            self.streaks.show()
        if ABC in dirty:
            self.state_line.show()
            self.abc.show()
        if EVENTS in dirty:
            self.happened.show()
        if ALERTS in dirty:
            self.keys.show()
        if SOURCES in dirty:
            self.sources.show()

    def redraw(self) -> None:
        """Compare every panel with the screen: a new Reading, a lost link, another filter."""
        self.desk.ink = self.full_ink if self.desk.view.live else self.full_ink.dim()
        self.banner.set_class(bool(banner(self.desk.view)), "on")
        self.markets.reorder()
        self.btc.forget()
        for panel in self.panels:
            panel.show()

    def second(self) -> None:
        """Let ages and countdowns pass, without repainting the rest."""
        self._seconds += 1
        if self.paused or not self.is_current or self.pace.short():
            return
        self.markets.tick()
        self.btc.second()
        if self._seconds == 2:
            self.own_load()  # what the first painting cost is not the load
        elif self._seconds % 5 == 0:
            self.sources.load = self.own_load()
            self.streaks.show()
        self.sources.show()
        self.state_line.show()
        if self.desk.view.link_lost:
            self.banner.show()

    def dim_as_needed(self) -> None:
        """Choose the ink that tells whether the board is of now: for who draws in its place."""
        desk = self.desk
        if desk.ink.dimmed == desk.view.live:
            desk.ink = self.full_ink if desk.view.live else self.full_ink.dim()

    def retint(self, ink: Ink | None = None) -> None:
        """Draw everything in `ink`: the theme changed."""
        self.full_ink = ink or self.full_ink
        self.desk.ink = self.full_ink if self.desk.view.live else self.full_ink.dim()
        self.banner.set_class(bool(banner(self.desk.view)), "on")
        for panel in self.panels:
            panel.repaint()

    # -- actions -----------------------------------------------------------------

    def choose_tab(self, name: str) -> None:
        self.chosen = name
        for panel in (self.streaks, *self.context):
            panel.set_class(panel.id == name, "chosen")

    def action_tab(self, name: str = "") -> None:
        at = TABS.index(self.chosen)
        self.choose_tab(name or TABS[(at + 1) % len(TABS)])

    def action_up(self) -> None:
        self.markets.move(-1)

    def action_down(self) -> None:
        self.markets.move(1)

    def action_page_up(self) -> None:
        self.markets.move(-10)

    def action_page_down(self) -> None:
        self.markets.move(10)

    def action_first(self) -> None:
        self.markets.move(-10_000)

    def action_last(self) -> None:
        self.markets.move(10_000)

    def action_sort(self) -> None:
        self.markets.next_sort()

    def action_sort_back(self) -> None:
        self.markets.next_sort(-1)

    def action_pause(self) -> None:
        """Hold the screen still on a copy of what it knows; the feed is read on."""
        self.paused = not self.paused
        now = self.live_view.now_utc.astimezone(self.desk.zone)
        self.desk.view = self.live_view.freeze() if self.paused else self.live_view
        self.state_line.paused = f"{now:%H:%M:%S}" if self.paused else ""
        if self.paused:
            self.state_line.show()
        else:
            self.hurry((BOARD,))

    async def on_key(self, event: events.Key) -> None:
        """Open the filter before the next key is looked at, and give it what is typed on.

        Keys are queued for the board before it knows of the filter: without this, "/s"
        typed at once would sort.
        """
        line = self.query("#filter")
        if event.key in self.filter_keys and not line:
            event.stop()
            await self.action_filter()
        elif line and event.is_printable and event.character:
            event.stop()
            self.type_into_filter(event.character)

    def type_into_filter(self, text: str) -> None:
        from divmon.ui.screens.filter import FilterInput

        self.query_one(FilterInput).insert_text_at_cursor(text)

    async def action_filter(self) -> None:
        from divmon.ui.screens.filter import FilterInput

        found = self.query(FilterInput)
        if found:
            found.first().focus()
        else:
            line = FilterInput(self.markets.filter, id="filter", classes="on")
            await self.mount(line)
            self.set_focus(line)

    def set_filter(self, text: str) -> None:
        """Show only the rows that match every word of `text`."""
        self.markets.filter = text
        self.markets.top = 0
        self.markets.reorder()
        self.markets.repaint()

    def action_clear(self) -> None:
        self.query("#filter").remove()
        if self.markets.filter:
            self.set_filter("")

    def action_open(self) -> None:
        if self.markets.cursor:
            self.open_instrument(self.markets.cursor)

    def on_markets_opened(self, message: Markets.Opened) -> None:
        self.open_instrument(message.name)

    async def on_click(self, event: events.Click) -> None:
        """A click on a panel opens what it is the short form of."""
        if event.widget is self.btc:
            self.open_instrument("BTC")
        elif event.widget is self.sources:
            self.action_health()
        elif event.widget is self.banner:
            await self._answer_banner()
        elif event.widget is self.happened:
            self.action_events()
        elif event.widget in (self.abc, self.state_line):
            self.action_explain_abc()
        elif event.widget in (self.streaks, *self.context):
            self.explain(self._explained_by(event.widget.id or ""))

    def _explained_by(self, panel: str) -> str:
        """Return the key of what a lower panel shows first."""
        view = self.desk.view
        if panel == "streaks":
            return next((f"relative_streaks.{pair}" for pair in view.relative), "abc.score")
        if panel == "claims":
            claims = view.reading.claims if view.reading else ()
            return next((f"claims.{claim.id}" for claim in claims), "abc.score")
        return panel  # a block of the Reading has its name

    async def _answer_banner(self) -> None:
        """Do what the banner asks for, or show what it is about."""
        if self.desk.view.link_lost:
            await self.action_own_engine()
        else:
            self.action_health()

    def open_instrument(self, name: str) -> None:
        from divmon.ui.screens.instrument import InstrumentScreen

        self.app.push_screen(InstrumentScreen(self, name))

    async def action_theme(self) -> None:
        await self.app.run_action("next_theme")

    async def action_refresh(self) -> None:
        await self.app.run_action("refresh_sources")


def zone_of(name: str) -> tzinfo | None:
    """Return the viewer's zone; None, the machine's own, for "local"."""
    return None if name == "local" else ZoneInfo(name)
