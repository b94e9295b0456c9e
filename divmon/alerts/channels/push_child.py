"""The process that sends one message by apprise. It imports nothing of divmon.

Reads {"url", "title", "body", "type", "ca_file"} as JSON from stdin. Exit code 0: sent.
Any other: stdout has one line that says why.
"""

import json
import logging
import os
import sys
from typing import Any, TextIO

NO_URL = "apprise cannot read this URL; see https://github.com/caronc/apprise/wiki"


def main() -> int:
    request: dict[str, Any] = json.load(sys.stdin)
    # only our own word goes to stdout, whatever a service prints
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if request["ca_file"]:
        _trust(request["ca_file"])
    import apprise

    class Last(logging.Handler):
        """Keeps the first warning, which names the cause; later ones are its consequences."""

        text = ""

        def emit(self, record: logging.LogRecord) -> None:
            self.text = self.text or record.getMessage()

    last = Last(logging.WARNING)
    logger = logging.getLogger("apprise")
    logger.addHandler(last)
    logger.propagate = False
    # not Apprise.add(), which takes one text for several URLs
    service = apprise.Apprise.instantiate(request["url"], suppress_exceptions=True)
    if service is None:
        return _tell(told, NO_URL)
    sender = apprise.Apprise()
    sender.add(service)
    sent = sender.notify(
        title=request["title"],
        body=request["body"],
        notify_type=request["type"],
        body_format=apprise.NotifyFormat.TEXT,
    )
    return 0 if sent else _tell(told, last.text or "the service did not take it")


def _trust(ca_file: str) -> None:
    """Make `ca_file` the bundle that requests and smtplib ask certifi for."""
    import certifi

    certifi.where = lambda: ca_file
    os.environ["REQUESTS_CA_BUNDLE"] = os.environ["SSL_CERT_FILE"] = ca_file


def _tell(told: TextIO, why: str) -> int:
    told.write(why)
    told.close()
    return 1


if __name__ == "__main__":
    sys.exit(main())
