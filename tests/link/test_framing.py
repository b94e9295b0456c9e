"""Frames on the wire: whole, in any pieces, and none where there is none."""

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from divmon.errors import LinkError
from divmon.link.codec import (
    Frame,
    Refresh,
    decode_command,
    decode_frame,
    encode,
)
from divmon.link.framing import Splitter
from tests.link.frames import any_frame, happened, health, plain


def body_of(message: bytes) -> bytes:
    (body,) = Splitter().feed(message)
    return body


@given(st.lists(any_frame, max_size=4), st.data())
def test_frames_survive_the_wire_in_pieces_of_any_size(
    sent: list[Frame], data: st.DataObject
) -> None:
    wire = b"".join(encode(frame) for frame in sent)
    cuts = data.draw(st.lists(st.integers(0, len(wire)), max_size=8).map(sorted))
    splitter = Splitter()
    got = [
        decode_frame(body)
        for start, end in zip([0, *cuts], [*cuts, len(wire)], strict=True)
        for body in splitter.feed(wire[start:end])
    ]
    assert [type(frame) for frame in got] == [type(frame) for frame in sent]
    assert [plain(frame) for frame in got] == [plain(frame) for frame in sent]


@given(any_frame)
def test_one_byte_at_a_time_is_enough(frame: Frame) -> None:
    splitter = Splitter()
    bodies = [body for byte in encode(frame) for body in splitter.feed(bytes([byte]))]
    assert [plain(decode_frame(body)) for body in bodies] == [plain(frame)]


@given(st.binary(max_size=200))
def test_garbage_is_a_link_error_and_nothing_else(garbage: bytes) -> None:
    for decode in (decode_frame, decode_command):
        with contextlib.suppress(LinkError):
            decode(garbage)


@given(any_frame, st.data())
def test_a_frame_with_a_wrong_byte_is_a_frame_or_a_link_error(
    frame: Frame, data: st.DataObject
) -> None:
    body = bytearray(body_of(encode(frame)))
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(LinkError):
        decode_frame(bytes(body))


def test_a_message_longer_than_allowed_is_refused_before_it_is_read() -> None:
    splitter = Splitter(largest=100)
    with pytest.raises(LinkError, match="101 bytes was announced, 100 are allowed"):
        list(splitter.feed((101).to_bytes(4, "big")))


def test_what_came_before_the_refused_message_is_still_given() -> None:
    message = encode(Refresh())
    bodies = Splitter(largest=100).feed(message + b"\xff\xff\xff\xff")
    assert decode_command(next(bodies)) == Refresh()
    with pytest.raises(LinkError):
        next(bodies)


@given(
    st.dictionaries(
        st.sampled_from(["frame", "command", "version", "program", "pid", "event"]),
        st.none() | st.integers(-9, 9) | st.text() | st.sampled_from(["hello", "event", "refresh"]),
    )
)
def test_no_map_of_another_version_is_more_than_a_link_error(facts: dict[str, object]) -> None:
    body = msgspec.msgpack.encode(facts)
    for decode in (decode_frame, decode_command):
        with contextlib.suppress(LinkError):
            decode(body)


def test_what_only_a_venues_json_can_hold_breaks_no_frame() -> None:
    for half, whole in (
        (
            happened(1, text="a\ud800", data={"\udfff": ["\ud800"]}),
            happened(1, text="a?", data={"?": ["?"]}),
        ),
        (happened(2, data={"id": 1 << 64}), happened(2, data={"id": str(1 << 64)})),
        (health("kraken", 1.0, reason="\udc80!"), health("kraken", 1.0, reason="?!")),
    ):
        assert plain(decode_frame(body_of(encode(half)))) == plain(whole)
