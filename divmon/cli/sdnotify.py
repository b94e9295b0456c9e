"""Telling systemd how a service is doing: sd_notify(3), without its library.

One datagram to the socket in NOTIFY_SOCKET, a VARIABLE=VALUE a line. Without that
variable nothing happens, and a supervisor that does not read holds up nobody.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Self

from divmon.cli.exits import plain

_log = logging.getLogger(__name__)


class Supervisor:
    """The service manager that started us, if one did. Never raises, never blocks."""

    def __init__(self, address: str | None, watchdog_s: float | None = None) -> None:
        self.watchdog_s = watchdog_s  # it wants a sign of life this often
        self._address = address
        self._socket: socket.socket | None = None
        self._ready = False
        self._status = ""
        if address is not None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)

    @classmethod
    def from_environment(cls, environment: MutableMapping[str, str] = os.environ) -> Self:
        """Read NOTIFY_SOCKET and WATCHDOG_USEC, and take them away.

        What divmon itself starts (`[channels.NAME] command`) has nothing to say there.
        """
        address = environment.pop("NOTIFY_SOCKET", "")
        wanted = environment.pop("WATCHDOG_USEC", "")
        pid = environment.pop("WATCHDOG_PID", "")
        # "/path", or "@name" in the abstract namespace; "vsock:" is for virtual machines
        if not address.startswith(("/", "@")):
            return cls(None)
        mine = pid in ("", str(os.getpid()))
        watched = wanted.isdecimal() and int(wanted) > 0 and mine
        return cls(address, int(wanted) / 1e6 if watched else None)

    def ready(self) -> None:
        """Say, once, that the service has started."""
        if not self._ready:
            self._ready = True
            self._send("READY=1")

    def status(self, text: str) -> None:
        """Say what `systemctl status` shows; a text that has not changed is not said again."""
        if text != self._status:
            self._status = text
            self._send(f"STATUS={plain(text)}")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    async def keep_alive(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Give signs of life, twice as often as wanted, for as long as this loop turns."""
        if self.watchdog_s is None:
            return
        while True:
            self._send("WATCHDOG=1")
            await sleep(self.watchdog_s / 2)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, message: str) -> None:
        if self._socket is None or self._address is None:
            return
        name = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        try:
            self._socket.sendto(message.encode("utf-8", "replace"), name)
        except OSError as error:
            # gone, or its queue is full: the service itself goes on
            _log.debug("%s did not reach %s: %s", message, self._address, error)
