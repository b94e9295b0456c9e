"""Cutting a stream of bytes into messages, and whose the other end of a socket is."""

import socket
import struct
from collections.abc import Iterator

from divmon.errors import LinkError
from divmon.link.codec import LARGEST

_PREFIX = 4


class Splitter:
    """Finds the length-prefixed messages in bytes that come in pieces of any size."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest = largest
        self._bytes = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the body of every message that `data` completes.

        Raises:
            LinkError: A message says it is longer than `largest`; nothing after it
                can be understood.
        """
        self._bytes += data
        start = 0
        try:
            while len(self._bytes) >= start + _PREFIX:
                length = int.from_bytes(self._bytes[start : start + _PREFIX], "big")
                if length > self._largest:
                    raise LinkError(
                        f"a message of {length:,} bytes was announced, {self._largest:,} are "
                        "allowed; the other end does not speak divmon's link"
                    )
                end = start + _PREFIX + length
                if len(self._bytes) < end:
                    break
                body = bytes(self._bytes[start + _PREFIX : end])
                start = end
                yield body
        finally:
            # once a piece, not once a message: cutting off the front moves all the rest
            del self._bytes[:start]


def peer_uid(connection: socket.socket) -> int | None:
    """Return the user at the other end; None where the system cannot tell (macOS)."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    _pid, uid, _gid = struct.unpack(
        "3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    )
    return int(uid)
