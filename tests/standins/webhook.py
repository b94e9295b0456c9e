"""A receiver of webhooks on loopback, in threads of its own, with scripted bad days.

`script` takes, for the requests to come: "500", any other status, "429 SECONDS" (with
Retry-After), "drop" (takes the alert and resets), "refuse" (resets unread), "hang",
"slow SECONDS", "drip" (an answer of a byte every 50 ms, without end). Then all is well.
"""

import contextlib
import socket
import struct
import threading
import time
from collections import deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


@dataclass(frozen=True)
class Request:
    """One request that arrived whole."""

    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes


class Receiver:
    """The server. `seen` are all requests, `taken` those that got a 2xx, or were dropped."""

    def __init__(self) -> None:
        self.seen: list[Request] = []
        self.taken: list[Request] = []
        self.script: deque[str] = deque()
        self.always = ""  # done when the script is over
        self.open = 0  # requests that are being served
        self._end = threading.Event()
        self._server: ThreadingHTTPServer | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def start(self, port: int = 0) -> Self:
        self._end.clear()
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port = self._server.server_address[1]
        threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="receiver", daemon=True
        ).start()
        return self

    def stop(self) -> None:
        """Stop listening; `start(self.port)` is the restart."""
        self._end.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait_for(self, count: int, timeout: float = 10.0) -> None:
        """Wait until `count` requests have been taken."""
        deadline = time.monotonic() + timeout
        while len(self.taken) < count:
            assert time.monotonic() < deadline, f"{len(self.taken)} of {count} have arrived"
            time.sleep(0.01)

    def wait_for_seen(self, count: int, timeout: float = 10.0) -> None:
        """Wait until `count` requests have been seen."""
        deadline = time.monotonic() + timeout
        while len(self.seen) < count:
            assert time.monotonic() < deadline, f"{len(self.seen)} of {count} were seen"
            time.sleep(0.01)

    def answer(self, request: Request) -> tuple[int, bytes]:
        """Return status and body for a request on a good day."""
        return 204, b""


class _Handler(BaseHTTPRequestHandler):
    owner: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        owner = self.owner
        how = owner.script.popleft() if owner.script else owner.always
        if how == "refuse":
            self._reset()
            return
        length = int(self.headers.get("Content-Length", "0"))
        names = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.path, names, self.rfile.read(length))
        owner.seen.append(request)
        kind, _, value = how.partition(" ")
        match kind:
            case "hang":
                owner._end.wait(60)
                self._reset()
                return
            case "drip":
                self._drip()
                return
            case "slow":
                owner._end.wait(float(value))
            case "drop":
                owner.taken.append(request)
                self._reset()
                return
            case status if status.isdigit():
                extra = {"Retry-After": value} if value else {}
                self._answer(int(status), b"the body of an \x1b[31merror\x1b[0m", extra)
                return
        status_code, body = owner.answer(request)
        if 200 <= status_code < 300:
            owner.taken.append(request)
        self._answer(status_code, body, {})

    def _answer(self, status: int, body: bytes, extra: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in extra.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 204:
            self.wfile.write(body)

    def _drip(self) -> None:
        try:
            while not self.owner._end.wait(0.05):
                self.wfile.write(b"H")
        except OSError:
            pass

    def _reset(self) -> None:
        """Close with a reset, and say nothing more."""
        self.close_connection = True
        now = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, now)
        self.connection.close()

    def finish(self) -> None:
        if self.connection.fileno() >= 0:
            super().finish()

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # the client has gone
            super().handle()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name there)
        """Say nothing."""
