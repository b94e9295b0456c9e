from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from divmon.alerts.desk import as_event
from divmon.alerts.model import Alert
from divmon.market.events import Event
from divmon.settings import load
from divmon.ui.ring import Ring

NOW = datetime(2026, 1, 20, 21, tzinfo=UTC)
BELL = "\a"


def alert(at: datetime = NOW + timedelta(minutes=5), **changes: object) -> Alert:
    made = Alert(
        id="0" * 32,
        rule="abc",
        kind="abc_state",
        subject="ABC",
        severity="alert",
        time=at.timestamp(),
        as_of=at,
        source="live",
        title="ABC alert, score 71",
        text="ABC went from watch to alert.",
    )
    return msgspec.structs.replace(made, **changes)


@dataclass
class Heard:
    written: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ring = Ring(load().notify, self.written.append)
        self.ring.hello(NOW)

    def bells(self) -> int:
        # the notification ends on a BEL of its own; what rings is the one after it
        return sum(text.endswith(BELL + BELL) for text in self.written)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    for name in ("TMUX", "STY", "TERM_PROGRAM", "KITTY_WINDOW_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    return Heard()


def test_an_alert_rings_once_however_often_it_is_told(heard: Heard) -> None:
    heard.ring.take(as_event(alert()))
    heard.ring.take(as_event(alert()))
    assert heard.bells() == 1


def test_what_fired_before_this_screen_came_does_not_ring(heard: Heard) -> None:
    heard.ring.take(as_event(alert(NOW - timedelta(minutes=5))))
    assert heard.written == []


def test_what_fired_while_the_link_was_down_rings(heard: Heard) -> None:
    heard.ring.hello(NOW + timedelta(hours=1))
    heard.ring.take(as_event(alert()))
    assert heard.bells() == 1


def test_only_alerts_ring_and_only_those_this_version_can_read(heard: Heard) -> None:
    stamp = NOW.timestamp() + 60
    heard.ring.take(Event(stamp, "record_close", "GOLD", "GOLD record close", "alert"))
    heard.ring.take(Event(stamp, "alert", "ABC", "of another version", "alert", {"id": 1}))
    heard.ring.take(as_event(alert(simulated=True)))
    assert heard.written == []


def test_no_text_of_a_rule_reaches_the_terminal_as_an_escape(heard: Heard) -> None:
    heard.ring.take(as_event(alert(title="\x1b[2J\x07rule", text="\x9b2J")))
    written = "".join(heard.written)
    assert "\x1b[2J" not in written
    assert "\x9b" not in written
