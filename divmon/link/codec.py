"""The frames between an engine and its screens, and how they are written down.

A frame on the wire or in a file is a 4-byte big-endian length followed by one
msgpack map, tagged by "frame". The first frame is Hello; a reader that meets
another `version` stops with a LinkError that names both.
"""

from functools import cache

import msgspec

from divmon.errors import LinkError
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
        LinkError: The bytes are no frame of this version.
    """
    try:
        frame = _frames().decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LinkError(f"not a frame of divmon link version {VERSION}: {error}") from error
    if isinstance(frame, Hello) and frame.version != VERSION:
        raise LinkError(
            f"the other divmon speaks link version {frame.version}, this one {VERSION}; "
            "start both from the same installation"
        )
    return frame


def decode_command(body: bytes) -> Command:
    """Read one command.

    Raises:
        LinkError: The bytes are no command of this version.
    """
    try:
        return _commands().decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LinkError(f"not a command of divmon link version {VERSION}: {error}") from error
