"""The Textual application: takes frames from a feed and shows them.

It never imports the engine, pandas, numpy or a vendor: `cli` hands it a feed, and
the first frame is painted from the last known board with Textual alone imported.
"""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec.structs import replace
from rich.console import RenderableType
from textual._compositor import ChopsUpdate
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.screen import Screen
from textual.theme import Theme

from divmon.link.codec import AskPast, AskSeries, Happened, Hello, Refresh
from divmon.link.feed import Feed
from divmon.market.events import Event
from divmon.reading.model import Reading
from divmon.settings import Settings
from divmon.ui import i18n
from divmon.ui.budget import Pace
from divmon.ui.driver import has_hung_up, lendable
from divmon.ui.heard import heard
from divmon.ui.i18n import N_, _
from divmon.ui.keys import in_force, named
from divmon.ui.lean import LeanUpdate, Pen
from divmon.ui.looks import Looks
from divmon.ui.screens.main import MainScreen
from divmon.ui.screens.pages import Asks, Pages
from divmon.ui.terminal import counting
from divmon.ui.view import BOARD, EVENTS, View
from divmon.ui.widgets.panel import Desk

if TYPE_CHECKING:
    from divmon.settings_watch import SettingsWatch
    from divmon.ui.ring import Ring

CLOSING_S = 0.5  # what a feed that hangs may cost a person who quits
TOLD_ONCE_S = 5.0  # in which a watch and a screen that follow one file say the same of it


def _budget(text: str) -> float | None:
    if not text:
        return None
    from divmon.settings_budget import budget  # as good as nobody has one

    return budget(text)


class DivmonApp(App[None]):
    """A screen on a feed.

    Args:
        feed: Where frames come from; closed when the app ends.
        settings: The person's choices; `display` and `general.theme` matter here.
        initial: The last known board, painted dimmed before the feed has answered.
        themes_dir: The person's own themes, laid over the shipped ones.
        on_own_engine: Called by `e` when the attached engine is gone; returns the
            feed to go on with. None: the key says that there is no such thing.
        last_board: Reads the last known board of the live market, for an engine of our
            own to begin on.
        on_first_frame: Called once the first frame is painted, for what can wait until then.
        settings_watch: The settings file, which is followed and which `w` opens.
        sleep: Waits between two looks at the files that are followed.
    """

    TITLE = "divmon"
    CSS_PATH = "divmon.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        named("quit", "quit", N_("quit")),
        named("palette", "command_palette", N_("search all commands"), priority=True),
        # Textual would say in a toast that ctrl+q is meant
        Binding("ctrl+c", "quit", "quit", show=False, priority=True),
    ]

    def __init__(
        self,
        feed: Feed,
        settings: Settings,
        *,
        initial: Reading | None = None,
        themes_dir: Path | None = None,
        on_own_engine: Callable[[], Feed] | None = None,
        last_board: Callable[[], Reading | None] = lambda: None,
        on_first_frame: Callable[[], None] = lambda: None,
        settings_watch: "SettingsWatch | None" = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.lent = False  # the terminal, to an editor
        self.hung_up = False  # the terminal
        # before Textual's own start, which asks for the driver
        self.over_ssh = "SSH_CONNECTION" in os.environ
        display = settings.display
        self.pen = Pen()
        self.pace = Pace(
            display.fps_ssh if self.over_ssh else display.fps, _budget(display.budget), monotonic
        )
        i18n.use(settings.general.lang)
        super().__init__()
        self.feed = feed
        self.settings = settings
        self.wall = wall
        self._bindings = in_force(self, settings.keys)
        self.on_own_engine = on_own_engine
        self.ring: Ring  # from the first frame on
        self.last_board = last_board
        self.on_first_frame = on_first_frame
        self.view = View(settings, initial=initial, monotonic=monotonic, wall=wall)
        self.settings_watch = settings_watch
        self.sleep = sleep
        self.looks = Looks(self, themes_dir)
        self.looks.begin()
        self.desk = Desk(self.view, self.looks.ink, settings)
        self.desk.follow(settings)
        self.main = MainScreen(self.desk, pace=self.pace)

    # -- life --------------------------------------------------------------------

    async def run_async(
        self,
        *,
        headless: bool = False,
        inline: bool = False,
        inline_no_clear: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
        auto_pilot: Callable[[Any], Any] | None = None,
    ) -> None:
        """Run; over SSH without mouse reporting, unless the settings want it.

        A connection that drops would leave the terminal typing mouse escapes.
        """
        await super().run_async(
            headless=headless,
            inline=inline,
            inline_no_clear=inline_no_clear,
            mouse=mouse and (not self.over_ssh or self.settings.display.mouse_ssh),
            size=size,
            auto_pilot=auto_pilot,
        )

    def get_default_screen(self) -> Screen[Any]:
        return self.main

    def get_driver_class(self) -> type[Driver]:
        """Return the terminal's driver, counting and sparing what it writes."""
        return lendable(counting(super().get_driver_class(), self.pace, self.pen), self)

    def _write_out(self, sequence: str) -> None:
        """Send an escape sequence of our own to the terminal."""
        if self._driver is not None:
            self._driver.write(sequence)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Write changed cells frugally; Textual has no public place for this (see lean.py)."""
        if self.lent:
            return
        if not isinstance(renderable, ChopsUpdate):
            super()._display(screen, renderable)
            return
        with self.pen:
            super()._display(screen, LeanUpdate(renderable, self.pen))

    def on_mount(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            # outside the main thread (an embedding, a test) signals are not ours
            with suppress(ValueError, RuntimeError, NotImplementedError):
                loop.add_signal_handler(number, self._stop_by, number)
        self.theme_changed_signal.subscribe(self, self._retint)
        self.set_interval(1.0, self._look_for_terminal)
        self.main.call_after_refresh(self._after_first_frame)

    def _look_for_terminal(self) -> None:
        """End as by SIGHUP once there is no terminal any more."""
        if self.hung_up or has_hung_up(self._driver):
            self.hung_up = True
            self._stop_by(signal.SIGHUP)

    def _stop_by(self, number: int) -> None:
        self.exit(return_code=128 + number)

    def _after_first_frame(self) -> None:
        """Begin what the first frame need not wait for, its imports as well."""
        self.on_first_frame()

        from divmon.ui import reload
        from divmon.ui.load import Load
        from divmon.ui.ring import Ring

        self.main.own_load = Load(self.pace).words
        self.ring = Ring(self.settings.notify, self._write_out)
        if self.looks.read_rest():
            self.main.mark((EVENTS,))
        self.start_feed()
        reload.begin(self)
        self.looks.ask()

    def start_feed(self) -> None:
        """Begin to take frames: after the first painting, so that imports do not delay it."""
        self.run_worker(self._take_in(self.feed), name="feed", group="feed", exclusive=True)

    async def _take_in(self, feed: Feed) -> None:
        """Move frames to the view. A failure in here is a bug, and ends the app loudly."""
        async for frame in feed.frames():
            if isinstance(frame, Hello):
                self.sub_title = frame.source
                self.ring.hello(frame.now)
            elif isinstance(frame, Happened):
                if frame.event.kind == "settings":
                    # a watch and its screens follow one file, and say the same of it in turn
                    frame = Happened(replace(frame.event, text=heard(frame.event.text)))
                    if self._told_lately(frame.event.text):
                        continue
                self.ring.take(frame.event)
            self.main.mark(self.view.apply(frame))

    async def on_unmount(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.feed.aclose(), CLOSING_S)

    def jot(self, subject: str, text: str, severity: Any = "info") -> None:
        """Write a line of our own among the events; toasts would cover prices."""
        event = Event(
            time=self.view.now, kind="screen", subject=subject, text=text, severity=severity
        )
        self.view.apply(Happened(event))

    @property
    def top(self) -> Pages:
        """The board or the page that is up, under help and palette."""
        return next(each for each in reversed(self.screen_stack) if isinstance(each, Pages))

    def bind_keys(self) -> None:
        """Take the keys of the settings, when they have changed."""
        self._bindings = in_force(self, self.settings.keys)
        for screen in self.screen_stack:
            if isinstance(screen, Pages):
                screen.bind_keys()

    def tell(self, subject: str, text: str, severity: Any = "info") -> None:
        """Say something to the person in the events panel."""
        self.jot(subject, text, severity)
        self.main.hurry((EVENTS,))
        top = self.top
        if top is not self.main or not self.main.happened.can_be_seen:
            top.note(text)

    def tell_settings(self, text: str, severity: Any = "notice") -> None:
        """Say what became of the settings file, unless an engine has just said it."""
        if not self._told_lately(text):
            event = Event(self.view.now, "settings", "settings", text, severity)
            self.main.mark(self.view.apply(Happened(event)))

    def _told_lately(self, text: str) -> bool:
        return any(
            event.text == text and abs(event.time - self.view.now) < TOLD_ONCE_S
            for event in self.view.events
            if event.kind == "settings"
        )

    # -- looks -------------------------------------------------------------------

    def take_pace(self) -> None:
        """Draw as often, and write as much, as the settings allow from now on."""
        display = self.settings.display
        fps = display.fps_ssh if self.over_ssh else display.fps
        self.pace.limit(fps, _budget(display.budget))

    def _retint(self, _theme: Theme) -> None:
        self.retint()

    def retint(self) -> None:
        """Draw everything in the colours chosen now."""
        self.main.retint(self.looks.ink)
        for screen in self.screen_stack:
            # one that is being opened has nothing to draw yet
            if isinstance(screen, Pages) and screen is not self.main and screen.is_mounted:
                screen.draw()

    def action_next_theme(self) -> None:
        self.looks.next()

    def action_next_updown(self) -> None:
        self.looks.next_updown()

    # -- actions -----------------------------------------------------------------

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        from divmon.ui.commands import commands

        return commands(self)

    def action_command_palette(self) -> None:
        """Open the palette over whatever is up, unless that is one."""
        from divmon.ui.screens.palette import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(self.desk, self.get_system_commands(self.screen)))

    async def action_do(self, name: str) -> None:
        """Run an action by name, on the page that is up if it has it: by palette, help or mouse."""
        if name == "quit":
            await self.action_quit()
        elif name == "palette":
            self.action_command_palette()
        else:
            top = self.top
            await (top if hasattr(top, f"action_{name}") else self.main).run_action(name)

    async def action_save(self) -> None:
        """Save what is on the screen."""
        from divmon.ui import saving

        picture = saving.take(self.top, self.wall())

        async def save() -> None:
            # in a thread: a disk may hang
            self.tell(*await asyncio.to_thread(saving.write, picture))

        self.run_worker(save(), name="save", group="save")

    async def action_refresh_sources(self) -> None:
        self.tell("sources", _("asked every waiting source to try again"))
        await self.feed.send(Refresh())

    async def action_ask_past(self) -> None:
        """Ask the engine for the score's whole history; the view gets it when it comes."""
        await self.feed.send(AskPast())

    async def action_ask_series(self, instrument: str) -> None:
        """Ask the engine for the bars of an instrument; the view gets them when they come."""
        await self.feed.send(AskSeries(instrument))

    async def on_asks(self, message: Asks) -> None:
        """Pass on what a page asks of the engine."""
        await self.feed.send(message.command)

    async def action_own_engine(self) -> None:
        """Leave the engine that is gone and go on with one of our own."""
        if not self.view.link_lost:
            key = self.desk.key("own_engine")
            self.tell(
                "engine", _("the engine is there; {key} is for when it is gone").format(key=key)
            )
            return
        if self.on_own_engine is None:
            self.tell("engine", _("this screen cannot start an engine of its own"), "warning")
            return
        old, self.feed = self.feed, self.on_own_engine()
        self.view.start_over(self.last_board())
        self.main.mark((BOARD,))
        self.start_feed()
        with suppress(TimeoutError):
            await asyncio.wait_for(old.aclose(), CLOSING_S)

    def action_edit_settings(self) -> None:
        """Open the settings file in the person's editor; what is saved is taken at once."""
        # two at once would each take the terminal back, and two threads would read from it
        if all(worker.is_finished for worker in self.workers if worker.group == "editor"):
            from divmon.ui.editor import edit_settings

            self.run_worker(edit_settings(self), name="editor", group="editor")

    @contextmanager
    def lending(self) -> Iterator[None]:
        """Leave the terminal to another program; frames are taken in and drawn afterwards."""
        with self.suspend():
            self.lent = True
            yield
            self.lent = False  # not after an error: then the app ends, and has nothing to write
        self.main.redraw()
