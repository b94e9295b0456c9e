"""The lines of a watch, and their writer when nobody reads."""

import os
import threading
import time
from datetime import UTC, datetime

from divmon.cli.lines import QUEUED, Lines, Writer
from divmon.market.events import Event, SourceHealth
from divmon.reading.frames import Happened, Health, Hello
from divmon.reading.model import Abc, Reading, Session

AT = datetime(2026, 1, 21, 0, 0, 30, tzinfo=UTC)


def test_states_are_told_when_they_change_and_not_again() -> None:
    said: list[str] = []
    lines = Lines(said.append)
    lines.take(Hello(program="x", pid=1, source="live", simulated=False, now=AT))
    broken = SourceHealth("kraken", "exchange", "retrying", AT.timestamp(), reason="reset")
    for source in (broken, broken, SourceHealth("kraken", "exchange", "ok", AT.timestamp())):
        lines.take(Health(source))
    for state in ("calm", "calm", "alert"):
        abc = Abc(state=state, score=71.4)
        lines.take(Reading(as_of=AT, source="live", abc=abc, session=Session(state="open")))
    assert said == [
        "2026-01-21 00:00:30Z source   live",
        "2026-01-21 00:00:30Z health   kraken is retrying: reset",
        "2026-01-21 00:00:30Z health   kraken is ok",
        "2026-01-21 00:00:30Z session  XNYS is open",
        "2026-01-21 00:00:30Z abc      ABC is calm, score 71",
        "2026-01-21 00:00:30Z abc      ABC is alert, score 71",
    ]


def test_what_a_venue_says_stays_on_its_line() -> None:
    said: list[str] = []
    text = "451\n2026-01-21 00:00:00Z alert    forged \x1b[2J"
    Lines(said.append).take(Happened(Event(AT.timestamp(), "x", "okx", text)))
    assert len(said) == 1
    assert said[0].isprintable()


def test_a_reader_that_does_not_read_holds_up_nobody() -> None:
    reader, sink = os.pipe()
    left = threading.Event()
    writer = Writer(sink, left.set)
    begun = time.monotonic()
    for number in range(QUEUED + 5_000):  # far more than a pipe holds
        writer.write(f"{number:060}")
    assert time.monotonic() - begun < 2
    writer.close(timeout=0.05)
    assert time.monotonic() - begun < 2.2
    os.close(reader)
    assert left.wait(5)  # now its thread finds that the reader has gone
    os.close(sink)


def test_dropped_lines_are_counted() -> None:
    reader, sink = os.pipe()
    writer = Writer(sink, lambda: None)
    for number in range(QUEUED + 5_000):
        writer.write(f"{number:060}")
    got = b""
    while b"dropped" not in got:
        got += os.read(reader, 1 << 20)
        writer.write("more")
    writer.close()
    assert b"lines were dropped, since nobody read them" in got
    os.close(reader)
    os.close(sink)
