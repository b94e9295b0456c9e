"""The frames between an engine and its screens, and how they are written down.

A frame on the wire or in a file is a 4-byte big-endian length followed by one
msgpack map, tagged by "frame". The first frame is Hello; a reader that meets
another `version` stops with a LinkError that names both.

Levels are conflated (Quotes at most ten times a second), edges (Event) never.
"""

from datetime import datetime

import msgspec
from msgspec import Struct

from divmon.errors import LinkError
from divmon.market.events import Event, SourceHealth
from divmon.reading.model import Instrument, Reading, RelativeStreak

VERSION = 1
LARGEST = 16 * 1024 * 1024  # bytes; a Reading of 40 instruments is about 60 kB


class Hello(Struct, frozen=True, tag="hello", tag_field="frame", kw_only=True):
    """Who is speaking. `rate` is how fast its clock runs against ours (demo, replay)."""

    version: int = VERSION
    program: str
    pid: int
    source: str
    simulated: bool
    now: datetime
    rate: float = 1.0


class Quotes(Struct, frozen=True, eq=False, tag="quotes", tag_field="frame", kw_only=True):
    """Newer rows than those of the last Reading: only the changed ones, whole."""

    as_of: datetime
    instruments: dict[str, Instrument]
    relative_streaks: dict[str, RelativeStreak] = {}
    abc_provisional: float | None = None


class Happened(Struct, frozen=True, tag="event", tag_field="frame"):
    """An edge."""

    event: Event


class Health(Struct, frozen=True, tag="health", tag_field="frame"):
    """One source's state changed."""

    source: SourceHealth


class Refresh(Struct, frozen=True, tag="refresh", tag_field="command"):
    """Ask every source that waits to try again now."""


Frame = Hello | Reading | Quotes | Happened | Health
Command = Refresh

_encoder = msgspec.msgpack.Encoder()
_frames: "msgspec.msgpack.Decoder[Frame]" = msgspec.msgpack.Decoder(Frame)
_commands: "msgspec.msgpack.Decoder[Command]" = msgspec.msgpack.Decoder(Command)


def encode(message: Frame | Command) -> bytes:
    """Return the length-prefixed bytes of one message."""
    body = _encoder.encode(message)
    return len(body).to_bytes(4, "big") + body


def decode_frame(body: bytes) -> Frame:
    """Read one frame.

    Raises:
        LinkError: The bytes are no frame of this version.
    """
    try:
        frame = _frames.decode(body)
    except msgspec.DecodeError as error:
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
        return _commands.decode(body)
    except msgspec.DecodeError as error:
        raise LinkError(f"not a command of divmon link version {VERSION}: {error}") from error
