"""Five thousand keys in any order, on a terminal that changes its size: nothing breaks.

The whole program on its demo, in a real pty; keys come in bursts, each with a new size.
"""

import os
import random
import select
import time

import pexpect
import pytest

from tests.cli.emulator import program
from tests.ui.test_terminal import RESTORED

SEED = 20260120
KEYS = 5_000
BURST = 25
ARROWS = ("\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F")
# Every printable key but the one that quits; Tab, Enter, Backspace, Ctrl-U, Ctrl-D, Ctrl-P.
TYPED = [chr(code) for code in range(0x20, 0x7F) if chr(code) != "q"]
OTHERS = [*ARROWS, "\t", "\x1b[Z", "\r", "\x7f", "\x15", "\x04", "\x10"]
SIZES = [(200, 60), (160, 50), (120, 36), (100, 30), (80, 24), (60, 15), (40, 10), (20, 5), (1, 1)]


def drain(child: pexpect.spawn, quiet: float, patience: float = 20.0) -> bytes:
    """Read until nothing has come for `quiet` seconds."""
    parts, deadline = [], time.monotonic() + patience
    while time.monotonic() < deadline and select.select([child.child_fd], [], [], quiet)[0]:
        try:
            parts.append(os.read(child.child_fd, 65536))
        except OSError:  # how Linux says that the other end is closed
            break
    return b"".join(parts)


def start() -> pexpect.spawn:
    child = program("--source", "demo", size=(120, 36), env={"EDITOR": "true"})
    child.expect("SIMULATED", timeout=40)
    return child


@pytest.mark.timeout(240)
@pytest.mark.usefixtures("home")
def test_five_thousand_keys_and_two_hundred_sizes() -> None:
    dice = random.Random(SEED)
    child, told = start(), b""
    try:
        for n in range(KEYS // BURST):
            keys = [dice.choice(OTHERS if dice.random() < 0.3 else TYPED) for _ in range(BURST)]
            child.send("".join(keys))
            columns, rows = dice.choice(SIZES)
            child.setwinsize(rows, columns)
            told = (told + drain(child, 0.02))[-50_000:]
            if n % 8 == 0:
                # apart: what follows an escape at once is read as a part of it, as [O is
                # of what a terminal tells, and no hand types so
                time.sleep(0.15)
                child.send("\x1b")
                time.sleep(0.15)
            if not child.isalive():
                # the palette has a way out too, and a monkey that finds it begins again
                assert child.exitstatus == 0, told[-6000:].decode(errors="replace")
                assert [code for code in RESTORED if code not in told] == []
                child, told = start(), b""
        child.setwinsize(36, 120)
        end = b""
        for _ in range(20):  # whatever is open; an escape needs a moment to be one
            child.send("\x1b")
            end += drain(child, 0.3)
            child.send("q")
            end += drain(child, 0.5)
            if not child.isalive():
                break
        assert not child.isalive(), end[-4000:]
    finally:
        child.close(force=True)
    assert child.exitstatus == 0, end[-4000:]
    assert [code for code in RESTORED if code not in end] == []
