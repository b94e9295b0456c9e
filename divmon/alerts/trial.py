"""A test alert to every channel at once, and what each did with it."""

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from divmon.alerts.channels.base import Channel, clean, headline, reaches
from divmon.alerts.channels.desktop import Desktop
from divmon.alerts.delivery import channels
from divmon.alerts.model import Alert, identity
from divmon.alerts.osc import BELL, notification, way
from divmon.alerts.outbox import encode
from divmon.errors import RateLimitedError, TransientError
from divmon.market.events import Severity
from divmon.settings import Settings


@dataclass(frozen=True)
class Tried:
    """What one way to a person did."""

    name: str
    outcome: Literal["OK", "FAIL", "skipped"]
    text: str


def trial_alert(severity: Severity, now: float) -> Alert:
    """Return an alert that says of itself that it is a test, with an id of its own."""
    return Alert(
        id=identity("notify-test", "divmon", now, secrets.token_hex(8)),
        rule="notify-test",
        kind="source",
        subject="divmon",
        severity=severity,
        time=now,
        as_of=datetime.fromtimestamp(now, UTC),
        source="notify-test",
        title="divmon notify-test",
        text="This is a test. Nothing has happened on any market.",
        test=True,
    )


async def try_all(
    settings: Settings,
    alert: Alert,
    *,
    terminal: Callable[[str], object] | None,
    env: Mapping[str, str] = os.environ,
) -> AsyncIterator[Tried]:
    """Send `alert` by every way, and yield what each did, as soon as it is known.

    Nothing is tried again and nothing is kept. Ends with the longest `timeout_s`.
    """
    for tried in _terminal(settings, alert, terminal, env):
        yield tried
    if missing := _desktop_missing(settings, alert, env):
        yield Tried("desktop", "skipped", missing)
    tasks = []
    for channel, least in channels(settings, env=env):
        name = channel.name.lstrip(":")
        if reaches(alert.severity, least):
            tasks.append(asyncio.ensure_future(_try(name, channel, alert)))
        elif name == channel.name:  # the desktop has said so already
            yield Tried(name, "skipped", f"takes {least} and above")
    try:
        for done in asyncio.as_completed(tasks):
            yield await done
    finally:
        for task in tasks:
            task.cancel()


async def _try(name: str, channel: Channel, alert: Alert) -> Tried:
    began = time.monotonic()
    try:
        await channel.send(alert, encode(alert))
    except (TransientError, RateLimitedError) as error:
        return Tried(name, "FAIL", clean(str(error)))
    return Tried(name, "OK", f"took it in {time.monotonic() - began:.1f} s")


def _terminal(
    settings: Settings,
    alert: Alert,
    write: Callable[[str], object] | None,
    env: Mapping[str, str],
) -> list[Tried]:
    """Ring and notify here; that it was written is all that can be known."""
    notify, severity = settings.notify, alert.severity
    sequence = notification(
        headline(alert),
        alert.text,
        key=alert.id,
        severity=severity,
        protocol=notify.protocol,
        env=env,
    )
    found = []
    for name, least, text in (("bell", notify.bell, BELL), ("terminal", notify.terminal, sequence)):
        if not reaches(severity, least):
            found.append(Tried(name, "skipped", f"[notify] {name} takes {least} and above"))
        elif write is None:
            found.append(Tried(name, "skipped", "stdout is no terminal"))
        elif not text:
            found.append(Tried(name, "skipped", way(notify, env)))
        else:
            write(text)
            how = "written" if name == "bell" else f"written as {way(notify, env)}"
            found.append(Tried(name, "OK", f"{how}; see whether it came"))
    return found


def _desktop_missing(settings: Settings, alert: Alert, env: Mapping[str, str]) -> str:
    if not reaches(alert.severity, settings.notify.desktop):
        return f"[notify] desktop takes {settings.notify.desktop} and above"
    return Desktop(env).missing()
