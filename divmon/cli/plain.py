"""`divmon --plain`: the board as lines of words, for screen readers and dumb terminals.

Nothing is ever overwritten: a line is written when something changed that a person
would want to hear, and not again until it changes more.
"""

import asyncio
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from divmon.cli import exits, loop, reload
from divmon.cli.lines import Lines, Writer
from divmon.errors import DivmonError
from divmon.reading.frames import Frame, Quotes
from divmon.reading.model import Instrument, Reading
from divmon.settings import Settings
from divmon.settings_watch import SettingsWatch
from divmon.ui.view import View
from divmon.ui.words import NONE, age, basis_points, price

if TYPE_CHECKING:
    from divmon.link.feed import Feed

HEAD = 30  # cells of time and kind before a line's text
MOVED = 0.001  # of its price since the last line about it; BTC does so about every minute


class Prices:
    """Says a price when it moved by MOVED since it was last said, or its state changed."""

    def __init__(self, view: View, say: Callable[[float, str, str], None]) -> None:
        self.view = view
        self._say = say
        self._said: dict[str, tuple[float, str]] = {}

    def look(self) -> None:
        """Say what changed since the last look."""
        for name, row in self.view.rows.items():
            state = self.view.state(name)
            if row.last is None:
                if name in self._said:
                    del self._said[name]
                    self._say(self.view.now, "price", f"{name} has no price")
                continue
            known = self._said.get(name)
            if known is None or known[1] != state or abs(row.last / known[0] - 1) >= MOVED:
                self._said[name] = (row.last, state)
                self._say(self.view.now, "price", self._words(name, row, state))

    def _words(self, name: str, row: Instrument, state: str) -> str:
        moved = row.change_24h if row.kind == "crypto" else row.returns.get("1")
        window = "in 24 hours" if row.kind == "crypto" else "on the day"
        parts = [f"{name} {price(row.last, row.decimals)}"]
        if moved is not None and row.kind == "rate":
            parts.append(f"{direction(basis_points(row.last, moved) or 0.0, 0, 'bp')} {window}")
        elif moved is not None:
            parts.append(f"{direction(100 * moved, 2, '%')} {window}")
        if row.high.record_close:
            parts.append("record close")
        if state != "simulated":
            parts.append(state)
        old = age(self.view.age(name))
        if old not in ("now", NONE):
            parts.append(f"{old} old")
        return ", ".join(parts)


def direction(change: float, decimals: int, unit: str) -> str:
    """Write a change in words: "up 1.20 %", "unchanged"."""
    size = f"{abs(change):.{decimals}f}"
    if not size.strip("0."):
        return "unchanged"
    return f"{'up' if change > 0 else 'down'} {size} {unit}"


class Plain:
    """Turns frames into lines: states and events as `divmon watch` does, and prices."""

    def __init__(self, settings: Settings, write: Callable[[str], None]) -> None:
        self._out = write
        self._lines = Lines(self._write)
        self.view = View(settings)
        self._prices = Prices(self.view, self._say)
        self._banner = ""

    def take(self, frame: Frame) -> None:
        """Say what is new in `frame`."""
        self.view.apply(frame)
        self._lines.take(frame)
        if isinstance(frame, Reading):
            # a countdown in the banner is no news
            banner = frame.banner.partition(" · next try")[0]
            if banner != self._banner:
                self._banner = banner
                self._say(self.view.now, "banner", frame.banner or "the prices are real now")
        if isinstance(frame, Reading | Quotes) and not self.view.link_lost:
            self._prices.look()

    def tell_settings(self, text: str, _severity: str) -> None:
        """Say what became of a changed settings file."""
        self._say(self.view.now, "settings", text)

    def _say(self, when: float, kind: str, text: str) -> None:
        stamp = datetime.fromtimestamp(when, UTC)
        self._write(f"{stamp:%Y-%m-%d %H:%M:%S}Z {kind:<8} {exits.plain(text)}")

    def _write(self, line: str) -> None:
        """Write a line; one of a simulation says so, whatever it tells."""
        if self.view.simulated and "SIMULATED" not in line:
            line = f"{line[:HEAD]}SIMULATED {line[HEAD:]}"
        self._out(line)


def show_lines(settings: Settings, make_feed: "Callable[[], Feed]", watch: SettingsWatch) -> int:
    """Write lines until a signal, or until nobody reads them; return the exit code.

    Raises:
        DivmonError: What the engine could not do and a person can cure.
    """
    return loop.run(_write(settings, make_feed, watch))


async def _write(settings: Settings, make_feed: "Callable[[], Feed]", watch: SettingsWatch) -> int:
    running = asyncio.get_running_loop()
    ended: asyncio.Future[int] = running.create_future()

    def end(code: int) -> None:
        if not ended.done():
            ended.set_result(code)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        running.add_signal_handler(number, end, exits.OK)
    sys.stdout.flush()

    def reader_left() -> None:
        running.call_soon_threadsafe(end, exits.PIPE_CLOSED)

    writer = Writer(sys.stdout.fileno(), reader_left)
    feed = make_feed()
    plain = Plain(settings, writer.write)

    async def take_in() -> None:
        async for frame in feed.frames():
            plain.take(frame)

    async def follow() -> None:
        # an attached feed's watch follows the file and tells it
        if feed.name != "watch":
            await reload.follow(
                watch, feed.reconfigure, plain.tell_settings, simulated=lambda: plain.view.simulated
            )
        await asyncio.Event().wait()

    taking = asyncio.ensure_future(take_in())
    following = asyncio.ensure_future(follow())
    waiting: list[asyncio.Future[Any]] = [taking, following, ended]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in (taking, following):
            if task.done() and (error := task.exception()) is not None:
                cause = exits.cause(error)
                raise cause if isinstance(cause, DivmonError) else error
        return ended.result() if ended.done() else exits.OK
    finally:
        taking.cancel()
        following.cancel()
        await feed.aclose()
        await running.run_in_executor(None, writer.close)
