"""What `divmon watch --format json` says: one JSON object a line, of the same moments as the text.

Every line has `kind`, `time` (ISO 8601, UTC), and one object named as its kind, in the
shape that the Reading, the alerts and the webhook give it; every line about the market
has `simulated`.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from divmon import __version__
from divmon.market.events import Event, SourceHealth
from divmon.market.text import encodable
from divmon.reading.frames import Frame, Happened, Health, Hello
from divmon.reading.model import Instrument, Reading

SCHEMA = "divmon.watch/1"

_json = msgspec.json.Encoder()


class JsonLines:
    """Turns frames into lines of JSON; tells a state only when it changes."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._now = 0.0
        self._simulated = False
        self._health: dict[str, tuple[str, str]] = {}
        self._session: str | None = None
        self._abc: str | None = None
        self._told = ""

    def watch(self, state: str, when: float, path: str = "") -> None:
        """Say that the watch serves at `path`, or ends."""
        about = {"schema": SCHEMA, "version": __version__, "state": state, "path": path or None}
        self._write(encoded({"kind": "watch", "time": _stamp(when), "watch": about}))

    def take(self, frame: Frame) -> None:
        """Say what is new in `frame`."""
        match frame:
            case Hello():
                self._now = frame.now.timestamp()
                self._simulated = frame.simulated
                self._say("source", {"name": frame.source}, self._now)
            case Happened():
                self._tell_event(frame.event)
            case Health():
                self._tell_health(frame.source)
            case Reading():
                self._now = frame.as_of.timestamp()
                self._simulated = frame.simulated
                self._tell_reading(frame)

    def _tell_event(self, event: Event) -> None:
        if event.kind == "alert":
            # the whole card, as a webhook gets it
            self._say("alert", event.data, event.time)
            return
        facts = msgspec.structs.asdict(event)
        del facts["time"]
        self._say("event", facts, event.time)

    def _tell_health(self, source: SourceHealth) -> None:
        state = (source.state, source.reason)
        if self._health.get(source.name) == state:
            return
        self._health[source.name] = state
        self._say("health", msgspec.structs.asdict(source), max(self._now, source.since))

    def _tell_reading(self, reading: Reading) -> None:
        session, abc = reading.session, reading.abc
        if session.state != self._session:
            self._session = session.state
            self._say("session", msgspec.structs.asdict(session), self._now)
        if abc.state != self._abc:
            was, self._abc = self._abc, abc.state
            self._say(
                "abc",
                {"state": abc.state, "was": was, "score": abc.score, "as_of": abc.as_of},
                self._now,
            )
        # prices change in every Reading: one summary a session, and one when its words change
        told = f"{session.date} {abc.state} {reading.source}"
        if reading.sentence.en and told != self._told:
            self._told = told
            self._say("reading", summary(reading), self._now)

    def _say(self, kind: str, about: dict[str, Any], when: float) -> None:
        line = {
            "kind": kind,
            "time": _stamp(when),
            "simulated": self._simulated,
            kind: about,
        }
        self._write(encoded(line))


def _stamp(when: float) -> str:
    return f"{datetime.fromtimestamp(when, UTC):%Y-%m-%dT%H:%M:%SZ}"


def summary(reading: Reading) -> dict[str, Any]:
    """Return what a Reading amounts to; names and units are those of the whole."""
    btc = reading.instruments.get("BTC", Instrument())
    abc = reading.abc
    return {
        "as_of": reading.as_of,
        "source": reading.source,
        "session": reading.session.date,
        "state": abc.state,
        "score": abc.score,
        "plus_minus": abc.plus_minus,
        "provisional": abc.provisional,
        "breadth20": reading.breadth20,
        "btc": {
            "last": btc.last,
            "age_s": btc.age_s,
            "state": btc.state,
            "close": btc.close,
            "confirmed": btc.confirmed,
        },
        "sentence": reading.sentence.en,
        "missing": reading.missing,
    }


def dropped(count: int) -> str:
    """Return the line that stands for `count` lines nobody read in time."""
    about = {"count": count}
    return encoded({"kind": "dropped", "time": _stamp(time.time()), "dropped": about})


def encoded(value: object) -> str:
    """Return JSON on one line that no terminal obeys.

    JSON leaves C1 controls, line separators and direction marks as they are.
    """
    try:
        text = _json.encode(value).decode()
    except (UnicodeEncodeError, OverflowError):
        text = _json.encode(encodable(msgspec.to_builtins(value))).decode()
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
