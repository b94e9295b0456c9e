"""Push services by apprise, in a process of its own for each alert.

apprise imports a hundred services, 0.5 s and 50 MB, blocks while it sends, knows no
proxy but the environment's, and warns as it loads. In a process of its own it holds up
no screen, it can be ended in time, and both proxy and certificates can be told to it.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from divmon.alerts.channels.base import clean, headline, run
from divmon.alerts.model import Alert
from divmon.errors import SettingsError, TransientError
from divmon.settings import ChannelSettings
from divmon.settings_refs import expand, secrets
from divmon.sources.network import Network

_CHILD = Path(__file__).with_name("push_child.py")
_TYPES = {"info": "info", "notice": "info", "warning": "warning", "alert": "failure"}
_LOCAL = "localhost,127.0.0.1,::1"


class Push:
    """Sends to one apprise URL."""

    def __init__(
        self,
        name: str,
        settings: ChannelSettings,
        network: Network,
        env: Mapping[str, str] = os.environ,
    ) -> None:
        self.name = name
        self._settings = settings
        self._network = network
        self._env = env

    async def send(self, alert: Alert, payload: bytes) -> None:  # noqa: ARG002 (Channel's)
        try:
            url = expand(self._settings.apprise, self._env)
        except SettingsError as error:
            raise TransientError(str(error)) from error
        # on stdin: what stands in the arguments of a process is there for all to see
        request = {
            "url": url,
            "title": headline(alert),
            "body": body(alert),
            "type": _TYPES[alert.severity],
            "ca_file": self._network.ca_file,
        }
        ended = await run(
            # -P: nothing that lies in the working folder is imported
            [sys.executable, "-P", "-W", "ignore", str(_CHILD)],
            stdin=json.dumps(request).encode(),
            env=self._environment(),
            timeout_s=self._settings.timeout_s,
        )
        if ended.code != 0:
            text = ended.output or b"".join(ended.errors.splitlines()[-1:])
            hidden = (url, *secrets(self._settings.apprise, self._env), *_parts(url))
            raise TransientError(redact(text.decode("utf-8", "replace"), hidden))

    def _environment(self) -> dict[str, str]:
        found = dict(self._env)
        for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
            found.pop(name, None)
            found.pop(name.upper(), None)
        if self._network.proxy is not None:
            found["http_proxy"] = found["https_proxy"] = self._network.proxy
            found["no_proxy"] = ",".join([_LOCAL, *self._network.no_proxy])
        return found


def body(alert: Alert) -> str:
    """Return the plain text of a push message or mail; its last line has the id."""
    lines = [
        clean(alert.text, 1000),
        clean(alert.evidence, 500),
        clean(alert.base_rate, 500),
        *(f"and: {clean(title)}" for title in alert.merged[:7]),
        f"and {len(alert.merged) - 7} more" if len(alert.merged) > 7 else "",
        "provisional: the bar still runs" if alert.provisional else "",
        f"as of {alert.as_of:%Y-%m-%d %H:%M:%S} UTC · {clean(alert.rule)} · {clean(alert.id)}",
    ]
    return "\n".join(line for line in lines if line)


def redact(text: str, secrets: tuple[str, ...]) -> str:
    """Return `text` on one line, without anything of `secrets`."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        if secret:
            text = text.replace(secret, "***")
    return clean(text) or "it failed and does not say why"


def _parts(url: str) -> tuple[str, ...]:
    """Return the pieces of a URL that may be tokens: all but scheme and port."""
    _, _, rest = url.partition("://")
    for char in "/@:?&=,#":
        rest = rest.replace(char, " ")
    return tuple(part for part in rest.split() if len(part) > 5)
