"""An ntfy server on loopback: POST of JSON to "/", answered as ntfy does.

Format: https://docs.ntfy.sh/publish/#publish-as-json
"""

import json
from typing import Any

from tests.standins.webhook import Receiver, Request


class Ntfy(Receiver):
    """Keeps the messages that it has published in `taken`."""

    def apprise_url(self, topic: str = "divmon") -> str:
        return f"ntfy://127.0.0.1:{self.port}/{topic}"

    def answer(self, request: Request) -> tuple[int, bytes]:
        try:
            message = json.loads(request.body)
            topic = message["topic"]
        except (ValueError, KeyError):
            fault = {"code": 40024, "http": 400, "error": "invalid request: body must be JSON"}
            return 400, json.dumps(fault).encode()
        published = {"id": "x", "time": 1, "event": "message", "topic": topic, **message}
        return 200, json.dumps(published).encode()

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(request.body) for request in self.taken]
