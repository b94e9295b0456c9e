"""The app in a real pseudo-terminal: what it imports, how it ends, what it sends."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pexpect
import pytest

# leave the alternate screen, show the cursor, stop mouse reporting
RESTORED = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l")
HEAVY = ("pandas", "numpy", "ccxt", "yfinance", "exchange_calendars", "aiohttp", "plotext")


def play(*options: str, **env: str) -> pexpect.spawn:
    plain = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "SSH_CONNECTION")}
    return pexpect.spawn(
        sys.executable,
        ["-m", "tests.ui.play", *options],
        dimensions=(36, 120),
        env={**plain, "TERM": "xterm-256color", **env},
        timeout=20,
    )


@pytest.fixture
def terminals() -> Iterator[list[pexpect.spawn]]:
    """Keep the spawned terminals, and leave none behind."""
    kept: list[pexpect.spawn] = []
    yield kept
    for child in kept:
        child.close(force=True)


def rest(child: pexpect.spawn) -> bytes:
    child.expect(pexpect.EOF)
    child.close()
    return bytes(child.before)


def test_at_the_first_frame_nothing_heavy_is_imported() -> None:
    code = """
import asyncio, json, sys
from tests.ui import fixtures
from divmon.ui.app import DivmonApp

async def main():
    warm = fixtures.reading(warm=True)
    app = DivmonApp(fixtures.ScriptedFeed(), fixtures.settings(), initial=warm)
    async with app.run_test(size=(200, 60)) as pilot:
        await pilot.pause()
        assert "RUT" in "".join(s.text for s in app.screen._compositor.render_strips())
        print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))

asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "textual" in loaded
    assert not loaded & set(HEAVY)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_restores_the_terminal(number: int, terminals: list[pexpect.spawn]) -> None:
    child = play()
    terminals.append(child)
    child.expect("ALERT")
    os.kill(child.pid, number)
    end = rest(child)
    assert [code for code in RESTORED if code not in end] == []
    assert child.exitstatus == 128 + number


@pytest.mark.parametrize("key", ["q", "\x03"])
def test_a_key_returns_the_shell_within_a_second(key: str, terminals: list[pexpect.spawn]) -> None:
    child = play()
    terminals.append(child)
    child.expect("ALERT")
    began = time.monotonic()
    child.send(key)
    end = rest(child)
    assert time.monotonic() - began < 1.0
    assert [code for code in RESTORED if code not in end] == []
    assert child.exitstatus == 0


@pytest.mark.parametrize("read", [True, False])
def test_a_terminal_that_is_gone_ends_a_program_that_nobody_told(read: bool) -> None:
    """Whether its last screens were read, or fill the pty and the writer's queue."""
    master, slave = os.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.ui.play", "--rate", "200"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,  # so that the pty is no controlling terminal, and sends no SIGHUP
        env={**os.environ, "TERM": "xterm-256color"},
    )
    os.close(slave)
    seen = b""
    while b"ALERT" not in seen:
        seen += os.read(master, 65536)
    if not read:
        for _ in range(60):
            os.write(master, b"?t?t")  # whole screens: 4 kB of a pty are full at once
        time.sleep(1.0)  # nobody can see from here that the program is blocked
    os.close(master)
    try:
        assert child.wait(20) == 128 + signal.SIGHUP
    finally:
        child.kill()
        child.wait()


def test_a_bug_is_told_on_a_restored_terminal(terminals: list[pexpect.spawn]) -> None:
    child = play("--crash")
    terminals.append(child)
    end = rest(child)
    assert b"RuntimeError" in end
    assert b"a bug in the feed" in end
    restored = max(end.rindex(code) for code in RESTORED)
    assert restored < end.rindex(b"RuntimeError")
    assert child.exitstatus == 1


def test_over_ssh_the_mouse_is_left_alone(terminals: list[pexpect.spawn]) -> None:
    child = play(SSH_CONNECTION="10.0.0.1 1 10.0.0.2 22")
    terminals.append(child)
    child.expect("ALERT")
    child.send("q")
    assert b"\x1b[?1000h" not in bytes(child.before) + rest(child)


def test_no_colour_is_sent_where_none_is_wanted(terminals: list[pexpect.spawn]) -> None:
    child = play("--rate", "0", NO_COLOR="1", COLORTERM="truecolor")
    terminals.append(child)
    child.expect("ALERT")
    greys = set()
    for part in bytes(child.before).split(b"38;2;")[1:]:
        red, green, blue = part.replace(b"m", b";").split(b";")[:3]
        greys.add((red, green, blue))
    assert greys
    assert all(red == green == blue for red, green, blue in greys)
