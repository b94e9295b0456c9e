"""What `divmon watch` says on stdout: one line for what happened, none for what goes on."""

import os
import queue
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from divmon.cli.exits import plain
from divmon.market.events import SourceHealth
from divmon.reading.frames import Frame, Happened, Health, Hello
from divmon.reading.model import Reading

QUEUED = 10_000  # lines that wait for a reader before new ones are dropped


class Lines:
    """Turns frames into lines; tells a state only when it changes."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._health: dict[str, tuple[str, str]] = {}
        self._session = ""
        self._abc = ""
        self._sentence = ""
        self._now = 0.0

    def watch(self, state: str, when: float, path: str = "") -> None:  # noqa: ARG002 (as in JSON)
        """Say that the watch serves at `path`, or ends."""
        self._write(f"divmon watch {state}{f' at {plain(path)}' if path else ''}")

    def take(self, frame: Frame) -> None:
        """Say what is new in `frame`."""
        match frame:
            case Hello():
                self._now = frame.now.timestamp()
                simulated = ", SIMULATED" if frame.simulated else ""
                self._say(self._now, "source", f"{frame.source}{simulated}")
            case Happened():
                event = frame.event
                said = event.text.startswith(f"{event.subject}: ")  # as of a file
                text = event.text if said else f"{event.subject}: {event.text}"
                self._say(event.time, event.severity, text)
            case Health():
                self._tell_health(frame.source)
            case Reading():
                self._now = frame.as_of.timestamp()
                self._tell_reading(frame)

    def _tell_health(self, source: SourceHealth) -> None:
        state = (source.state, source.reason)
        if self._health.get(source.name) == state:
            return
        self._health[source.name] = state
        reason = f": {source.reason}" if source.reason else ""
        text = f"{source.name} is {source.state.replace('_', ' ')}{reason}"
        self._say(max(self._now, source.since), "health", text)

    def _tell_reading(self, reading: Reading) -> None:
        session = f"XNYS is {reading.session.state}"
        if session != self._session:
            self._session = session
            self._say(self._now, "session", session)
        abc = reading.abc
        if abc.state != self._abc:
            self._abc = abc.state
            score = f", score {abc.score:.0f}" if abc.score is not None else ""
            self._say(self._now, "abc", f"ABC is {abc.state}{score}")
        # the sentence holds prices; it is told again when its session's words change
        sentence = f"{reading.session.date} {abc.state} {reading.source}"
        if reading.sentence.en and sentence != self._sentence:
            self._sentence = sentence
            self._say(self._now, "board", reading.sentence.en)

    def _say(self, when: float, kind: str, text: str) -> None:
        stamp = datetime.fromtimestamp(when, UTC)
        self._write(f"{stamp:%Y-%m-%d %H:%M:%S}Z {kind:<8} {plain(text)}")


def _dropped(count: int) -> str:
    return f"{count} lines were dropped, since nobody read them"


class Writer:
    """Writes lines from a thread of its own.

    A terminal held by Ctrl-S or a pager that nobody scrolls blocks whoever writes to
    it; that must not be the loop that takes in prices and serves screens.
    """

    def __init__(
        self,
        descriptor: int,
        on_closed: Callable[[], None],
        *,
        tell_dropped: Callable[[int], str] = _dropped,
    ) -> None:
        self._descriptor = descriptor
        self._on_closed = on_closed
        self._tell_dropped = tell_dropped
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._dropped = 0
        self._thread = threading.Thread(target=self._work, name="divmon-lines", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Queue a line; returns at once."""
        if self._lines.qsize() >= QUEUED:
            self._dropped += 1
            return
        if self._dropped:
            self._lines.put(f"{self._tell_dropped(self._dropped)}\n")
            self._dropped = 0
        self._lines.put(f"{line}\n")

    def raw(self, text: str) -> None:
        """Queue what is no line: a bell, a sequence for the terminal. Returns at once."""
        if self._lines.qsize() < QUEUED:
            self._lines.put(text)

    def close(self, timeout: float = 0.5) -> None:
        """Write what waits, for `timeout` seconds at most."""
        self._lines.put(None)
        self._thread.join(timeout)

    def _work(self) -> None:
        while (text := self._lines.get()) is not None:
            data = text.encode()
            try:
                while data:
                    data = data[os.write(self._descriptor, data) :]
            except OSError:
                # the reader has left
                self._on_closed()
                return
