"""Alerts and settings for the tests of the delivery."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from divmon.alerts.model import Alert
from divmon.settings import ChannelSettings, Settings, load
from divmon.sources.network import Network
from divmon.sources.supervise import Waits

# Every way that we know of to make a terminal, a shell, a database or a mail act on text.
HOSTILE = (
    "RUT \x1b]0;owned\x07\x1b[2J\x9b31m\x90q\x9c'; DROP TABLE outbox; --\r\n.\r\nBcc: x@y"
    " $(touch owned) `touch owned` ;touch owned\x00 [/b] <img src=x> \u202eevil\u2028 \ud800 %s {0}"
)
QUICK = Waits(first_s=0.01, longest_s=0.05, quiet_first_s=0.02, quiet_longest_s=0.05)
DIRECT = Network(None, None, 5.0, 5.0)


def alert(number: int = 1, **changes: Any) -> Alert:
    """Return an alert; another number is another alert."""
    plain = Alert(
        id=f"{number:032x}",
        rule="abc",
        kind="abc_state",
        subject="ABC",
        severity="alert",
        time=1_768_950_000.0 + number,
        as_of=datetime(2026, 1, 20, 21, 0, tzinfo=UTC),
        source="live",
        title=f"ABC is alert, number {number}",
        text="Everything rallies but crypto since 2026-01-16: the score is 71.2.",
        since=date(2026, 1, 16),
        value="alert",
        was="watch",
        evidence="RUT +7.9 %, BTC −5.1 % in 20 sessions",
        contributions={"breadth": 31.0, "gap": 40.2},
    )
    return msgspec.structs.replace(plain, **changes)


def settings(give_up_s: float = 86_400.0, **channels: ChannelSettings) -> Settings:
    """Return the defaults with these channels, and nothing done on the desktop."""
    plain = load()
    notify = msgspec.structs.replace(plain.notify, desktop="never", give_up_s=give_up_s)
    return msgspec.structs.replace(plain, notify=notify, channels=channels)


def until(true: Callable[[], object], timeout: float = 10.0) -> None:
    """Wait until `true()`."""
    deadline = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
