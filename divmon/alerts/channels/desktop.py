"""A notification of the desktop, where divmon runs at it."""

import html
import os
import shutil
import sys
from collections.abc import Mapping

from divmon.alerts.channels.base import clean, headline, run
from divmon.alerts.model import Alert
from divmon.errors import TransientError

TIMEOUT_S = 5.0
_URGENCY = {"info": "low", "notice": "low", "warning": "normal", "alert": "critical"}
_SCRIPT = (
    "on run argv",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "end run",
)


class Desktop:
    """Shows alerts by notify-send, or by osascript on macOS."""

    name = ":desktop"  # no channel of the settings can be called so

    def __init__(
        self, env: Mapping[str, str] = os.environ, *, platform: str = sys.platform
    ) -> None:
        self._env = env
        self._mac = platform == "darwin"

    def missing(self) -> str:
        """Say why there is no desktop to show anything on; "" if there is one."""
        if any(self._env.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT")):
            return "this session came over SSH: the desktop is elsewhere"
        program = "osascript" if self._mac else "notify-send"
        if shutil.which(program, path=self._env.get("PATH")) is None:
            return f"there is no {program}"
        if not self._mac and not any(self._env.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY")):
            return "there is no display"
        return ""

    async def send(self, alert: Alert, payload: bytes) -> None:  # noqa: ARG002 (Channel's)
        ended = await run(self._arguments(alert), stdin=b"", env=self._env, timeout_s=TIMEOUT_S)
        if ended.code != 0:
            said = clean(ended.errors.decode("utf-8", "replace"))
            raise TransientError(f"exit code {ended.code}: {said}")

    def _arguments(self, alert: Alert) -> list[str]:
        title = f"divmon: {headline(alert)}"  # so that no text of others begins with a dash
        if self._mac:
            lines = [part for line in _SCRIPT for part in ("-e", line)]
            return ["osascript", *lines, title, clean(alert.text, 400)]
        # the body is Pango markup, and notify-send undoes C escapes in it
        body = html.escape(clean(alert.text, 400)).replace("\\", "\\\\")
        urgency = _URGENCY[alert.severity]
        return ["notify-send", "--app-name=divmon", f"--urgency={urgency}", "--", title, body]
