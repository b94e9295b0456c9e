"""Rings, and shows a notification, when an alert arrives while this screen is watching."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from divmon.market.events import Event
from divmon.settings import NotifySettings


class Ring:
    """One terminal's bell.

    A screen that attaches is told the last events first, and again after every
    reconnect: those were read by somebody or are in the log, and do not ring. What
    fired while the link was down does.
    """

    def __init__(self, settings: NotifySettings, write: Callable[[str], object]) -> None:
        self._settings = settings
        self._write = write
        self._since: datetime | None = None
        self._rung: set[str] = set()

    def by(self, settings: NotifySettings) -> "Ring":
        """Return the same bell by other settings: it has rung for what it has."""
        ring = Ring(settings, self._write)
        ring._since, ring._rung = self._since, self._rung
        return ring

    def hello(self, now: datetime) -> None:
        """Note the engine's time when this screen first met it."""
        if self._since is None:
            self._since = now

    def take(self, event: Event) -> None:
        """Ring for `event` if it is an alert, new, and severe enough for the settings."""
        if event.kind != "alert" or self._since is None:
            return
        # not before there is something to ring for: 9 ms that the first frame need not wait
        from divmon.alerts.model import Alert
        from divmon.alerts.osc import Terminal

        try:
            alert = msgspec.convert(event.data, Alert)
        except msgspec.ValidationError:
            return  # the engine is of another version; its text is on the screen
        if alert.as_of < self._since or alert.simulated or alert.id in self._rung:
            return
        self._rung.add(alert.id)
        Terminal(self._settings, self._write).tell(alert)
