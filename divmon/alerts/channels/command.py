"""A program of the user's, started without a shell.

It gets the alert as JSON on stdin, and the main of it in variables, DIVMON_ALERT_ID and
so on. An exit code of 0 means that it took the alert; with any other it is tried again.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from divmon.alerts.channels.base import clean, headline, run
from divmon.alerts.model import Alert
from divmon.errors import TransientError
from divmon.settings import ChannelSettings


class Command:
    """Runs one program for each alert."""

    def __init__(
        self, name: str, settings: ChannelSettings, env: Mapping[str, str] = os.environ
    ) -> None:
        self.name = name
        program, *self._arguments = settings.command
        self._program = str(Path(program).expanduser()) if program.startswith("~") else program
        self._timeout_s = settings.timeout_s
        self._env = env

    async def send(self, alert: Alert, payload: bytes) -> None:
        ended = await run(
            [self._program, *self._arguments],
            stdin=payload + b"\n",
            env={**self._env, **variables(alert)},
            timeout_s=self._timeout_s,
        )
        if ended.code != 0:
            how = f"exit code {ended.code}" if ended.code > 0 else f"signal {-ended.code}"
            said = clean(ended.errors.decode("utf-8", "replace"))
            raise TransientError(f"{how}: {said}" if said else how)


def variables(alert: Alert) -> dict[str, str]:
    """Return what the program finds in its environment: one line each, all of it plain."""
    return {
        "DIVMON_ALERT_ID": clean(alert.id),
        "DIVMON_ALERT_RULE": clean(alert.rule),
        "DIVMON_ALERT_KIND": alert.kind,
        "DIVMON_ALERT_SUBJECT": clean(alert.subject),
        "DIVMON_ALERT_SEVERITY": alert.severity,
        "DIVMON_ALERT_TITLE": headline(alert),
        "DIVMON_ALERT_TEXT": clean(alert.text, 2000),
        "DIVMON_ALERT_TIME": f"{alert.time:.3f}",
        "DIVMON_ALERT_TEST": "1" if alert.test else "0",
    }
