"""The main screen: what is on the board, when it is repainted, and what its keys do."""

import asyncio
from collections.abc import Callable, Iterable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType

from divmon.ui.actions import bindings
from divmon.ui.budget import Pace
from divmon.ui.screens.layouts import Layouts, TooSmall
from divmon.ui.theme import Ink
from divmon.ui.view import ABC, ALERTS, BOARD, EVENTS, SOURCES, STREAKS, View
from divmon.ui.widgets.abc import AbcPanel
from divmon.ui.widgets.btc import BtcPanel
from divmon.ui.widgets.claims import ClaimsPanel
from divmon.ui.widgets.context import LiquidityPanel, RotationPanel
from divmon.ui.widgets.footer import EventsPanel, KeysLine, SourcesLine
from divmon.ui.widgets.listed import Scrolled
from divmon.ui.widgets.markets import Markets
from divmon.ui.widgets.panel import Desk, Panel
from divmon.ui.widgets.state import Banner, StateLine
from divmon.ui.widgets.streaks import StreaksPanel

SECOND = "*second"  # a second has passed


class MainScreen(Layouts):
    """Draws the view.

    The frame timer lives here and not on the app: a timer ticks in its own task,
    and the app's would still tick after the panels are gone.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]

    def __init__(self, desk: Desk, *, pace: Pace) -> None:
        super().__init__(desk)
        self.bind_keys()
        self.live_view: View = desk.view
        self.full_ink: Ink = desk.ink
        self.pace = pace
        self.paused = False
        self.own_load: Callable[[], str] = lambda: ""  # nothing to say before the first frame
        self._dirty: set[str] = set()
        self._waiting: asyncio.TimerHandle | None = None
        self._seconds = 0

    def compose(self) -> ComposeResult:
        desk = self.desk
        self._state_line = StateLine(desk, id="state")
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
        placed = (
            self._state_line,
            self.banner,
            self.btc,
            self.abc,
            self.markets,
            self.streaks,
            *self.context,
            self.happened,
            self.sources,
            self.keys,
            TooSmall(desk, id="small"),
        )
        self.panel_of = {panel.id or "": panel for panel in placed}
        yield from placed

    @property
    def state_line(self) -> StateLine:
        return self._state_line

    @property
    def table_rows(self) -> int:
        return len(self.desk.view.order())

    @property
    def board(self) -> "MainScreen":
        return self

    def bind_keys(self) -> None:
        super().bind_keys()
        self.filter_keys = {key for key, each in self._bindings if each.action == "filter"}

    @property
    def subject(self) -> str:
        """Return the key of the row's value that the table is sorted by, its price if by none."""
        if not self.markets.display:
            from divmon.ui.screens.short_forms import subject_of

            return subject_of(self.marked)
        return self.markets.subject or "abc.score"

    @property
    def saved_as(self) -> str:
        return "board"

    @property
    def panels(self) -> list[Panel]:
        return list(self.query(Panel))

    def on_mount(self) -> None:
        self.retint()
        self.set_interval(1.0, self.second)

    def on_screen_resume(self) -> None:
        self.hurry((BOARD,))

    # -- frames ------------------------------------------------------------------

    def mark(self, dirty: Iterable[str]) -> None:
        """Note what changed; draw as soon as the pace allows, at once after a quiet moment."""
        self._dirty.update(dirty)
        if not self._dirty or self.paused or self._waiting is not None or not self.is_active:
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
        if self.paused or not self._dirty or not self.is_active:
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
        if SECOND in dirty:
            self._draw_second()
        elif "BTC" in names:
            self.btc.show()
        if STREAKS in dirty:
            self.streaks.show()
        if ABC in dirty:
            self.rearrange()  # the sentence may need another number of lines
            self.state_line.show()
            self.abc.show()
            self.show_glance()
        if EVENTS in dirty:
            self.happened.show()
        if ALERTS in dirty:
            self.keys.show()
        if SOURCES in dirty:
            self.sources.show()

    def redraw(self) -> None:
        """Compare every panel with the screen: a new Reading, a lost link, another filter."""
        self.desk.ink = self.full_ink if self.desk.view.live else self.full_ink.dim()
        self.rearrange()
        self.markets.reorder()
        self.btc.forget()
        for panel in self.panels:
            panel.show()

    def second(self) -> None:
        """Let ages and countdowns pass, in the next frame: one of their own would cost as much."""
        self._seconds += 1
        self.btc.second()
        if self._seconds == 2:
            self.own_load()  # what the first painting cost is not the load
        elif self._seconds % 5 == 0:
            self.sources.load = self.own_load()
        self.mark((SECOND,))

    def _draw_second(self) -> None:
        """Repaint what time alone changes."""
        self.markets.tick()
        self.btc.show()
        self.show_glance()
        if self._seconds % 5 == 0:
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
        self.rearrange()
        for panel in self.panels:
            panel.repaint()

    def show_glance(self) -> None:
        """Repaint the large figures, if they are on the board: once a second is enough for them."""
        glance = self.panel_of.get("glance")
        if glance is not None:
            glance.show()

    # -- actions -----------------------------------------------------------------

    @property
    def moved(self) -> Markets | Scrolled:
        """Return what the arrows move: a zoomed panel that scrolls, else the table."""
        panel = self.panel_of.get(self.zoomed)
        return panel if isinstance(panel, Scrolled) else self.markets

    def action_up(self) -> None:
        self.moved.move(-1)

    def action_down(self) -> None:
        self.moved.move(1)

    def action_page_up(self) -> None:
        self.moved.move(-10)

    def action_page_down(self) -> None:
        self.moved.move(10)

    def action_first(self) -> None:
        self.moved.move(-10_000)

    def action_last(self) -> None:
        self.moved.move(10_000)

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
            self.rearrange()
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
            from divmon.ui.screens.filter import type_into_filter

            event.stop()
            type_into_filter(self, event.character)

    async def action_filter(self) -> None:
        from divmon.ui.screens.filter import open_filter

        await open_filter(self)

    def set_filter(self, text: str) -> None:
        """Show only the rows that match every word of `text`."""
        self.markets.filter = text
        self.markets.top = 0
        self.markets.reorder()
        self.markets.repaint()

    def action_clear(self) -> None:
        """Clear the filter; without one, leave the zoom, then the layout."""
        line = self.query("#filter")
        line.remove()
        if self.markets.filter:
            self.set_filter("")
        elif not line:
            self.leave()

    def action_open(self) -> None:
        if not self.markets.display:
            self.open_panel(self.marked)
        elif self.markets.cursor:
            self.open_instrument(self.markets.cursor)

    def on_markets_opened(self, message: Markets.Opened) -> None:
        self.open_instrument(message.name)

    async def on_click(self, event: events.Click) -> None:
        """A click on a title zooms; elsewhere it opens what the panel is the short form of."""
        if self.on_title(event):
            return
        if event.widget is self.banner:
            await self._answer_banner()
        elif event.widget is not None:
            self.open_panel(event.widget.id or "")

    def open_panel(self, name: str) -> None:
        """Open the page that a panel is the short form of."""
        from divmon.ui.screens.short_forms import open_page

        open_page(self, name)

    async def _answer_banner(self) -> None:
        """Do what the banner asks for, or show what it is about."""
        if self.desk.view.link_lost:
            await self.action_own_engine()
        else:
            self.action_health()

    def tell(self, text: str) -> None:
        from divmon.ui.app import DivmonApp

        if isinstance(self.app, DivmonApp):
            self.app.tell("layout", text)

    def open_instrument(self, name: str) -> None:
        from divmon.ui.screens.instrument import InstrumentScreen

        self.app.push_screen(InstrumentScreen(self, name))

    async def action_theme(self) -> None:
        await self.app.run_action("next_theme")

    async def action_refresh(self) -> None:
        await self.app.run_action("refresh_sources")
