"""The frames between an engine and its screens, and how they are written down.

A frame on the wire or in a file is a 4-byte big-endian length followed by one
msgpack map, tagged by "frame", a command one tagged by "command". The first frame is
Hello; a reader that meets another `version` stops with a LinkError that says which side
is older. A kind that is not known is skipped, whoever made it: it is no garbage.
"""

from functools import cache
from types import UnionType
from typing import get_args

import msgspec

from divmon.errors import LinkError, UnknownKindError
from divmon.market.text import encodable
from divmon.reading.frames import (
    VERSION,
    Ack,
    AskMatrix,
    AskPast,
    AskRace,
    AskRates,
    AskSeries,
    AskTrack,
    Command,
    Frame,
    Happened,
    Health,
    Hello,
    Matrix,
    Mute,
    Past,
    Quotes,
    Rates,
    Refresh,
    Series,
    Snooze,
)
from divmon.reading.model import Reading
from divmon.reading.race import Race
from divmon.reading.track import Track

__all__ = [
    "LARGEST",
    "VERSION",
    "Ack",
    "AskMatrix",
    "AskPast",
    "AskRace",
    "AskRates",
    "AskSeries",
    "AskTrack",
    "Command",
    "Frame",
    "Happened",
    "Health",
    "Hello",
    "Matrix",
    "Mute",
    "Past",
    "Quotes",
    "Race",
    "Rates",
    "Reading",
    "Refresh",
    "Series",
    "Snooze",
    "Track",
    "decode_command",
    "decode_frame",
    "encode",
]

LARGEST = 16 * 1024 * 1024  # bytes; a Reading of 40 instruments is about 60 kB


_encoder = msgspec.msgpack.Encoder()


# made when something is read: 3 ms, for which no first frame waits
@cache
def _frames() -> "msgspec.msgpack.Decoder[Frame]":
    return msgspec.msgpack.Decoder(Frame)


@cache
def _commands() -> "msgspec.msgpack.Decoder[Command]":
    return msgspec.msgpack.Decoder(Command)


def encode(message: Frame | Command) -> bytes:
    """Return the length-prefixed bytes of one message."""
    try:
        body = _encoder.encode(message)
    except (UnicodeEncodeError, OverflowError):
        # what only a venue's message can hold; rare, so the price is paid only then
        body = _encoder.encode(encodable(msgspec.to_builtins(message)))
    return len(body).to_bytes(4, "big") + body


def decode_frame(body: bytes) -> Frame:
    """Read one frame.

    Raises:
        UnknownKindError: It is of a kind that this version does not have.
        LinkError: It is the Hello of another version, or the bytes are no frame.
    """
    try:
        frame = _frames().decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        head = _head(body)
        if head.frame == "hello":
            # one that has changed since can still say so
            _refuse_another_version(head.version, head.program, head.pid)
        elif head.frame not in (None, *_tags(Frame)):
            raise UnknownKindError(
                f"{head.frame!r} is no frame of link version {VERSION}"
            ) from None
        raise LinkError(
            f"not a frame of divmon link version {VERSION}: {error}; "
            "start watch and screen from the same installation"
        ) from error
    if isinstance(frame, Hello):
        _refuse_another_version(frame.version, frame.program, frame.pid)
    return frame


def decode_command(body: bytes) -> Command:
    """Read one command.

    Raises:
        UnknownKindError: It is of a kind that this version does not have.
        LinkError: The bytes are no command of this version.
    """
    try:
        return _commands().decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        known = _head(body).command
        if known not in (None, *_tags(Command)):
            raise UnknownKindError(f"{known!r} is no command of link version {VERSION}") from None
        raise LinkError(f"not a command of divmon link version {VERSION}: {error}") from error


class _Head(msgspec.Struct):
    """What every version of a frame has, as far as it can be read."""

    frame: str | None = None
    command: str | None = None
    version: int = VERSION
    program: str = "divmon"
    pid: int = 0


def _head(body: bytes) -> _Head:
    try:
        return msgspec.msgpack.decode(body, type=_Head)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Head()


@cache
def _tags(kinds: UnionType) -> frozenset[str]:
    return frozenset(str(kind.__struct_config__.tag) for kind in get_args(kinds))


def _refuse_another_version(version: int, program: str, pid: int) -> None:
    who = f"({program}, pid {pid})"
    if version < VERSION:
        raise LinkError(f"the watch is older than this screen: restart it {who}")
    if version > VERSION:
        raise LinkError(f"this screen is older than the watch: quit and start it again {who}")
