"""The live screen in a real terminal: how it starts, what it refuses, how it ends."""

import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.cli.conftest import Run
from tests.cli.test_watch import watching
from tests.standins.internet import Internet

LEFT = "\x1b[?1049l"  # the alternate screen is left: the terminal is as it was


@contextmanager
def terminal(*arguments: str, **environment: str) -> Iterator[Any]:
    """Run divmon in a pty of 120×36."""
    child = pexpect.spawn(
        sys.executable,
        ["-m", "divmon", *arguments],
        env={**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", **environment},
        encoding="utf-8",
        dimensions=(36, 120),
        timeout=20,
    )
    try:
        yield child
    finally:
        child.close(force=True)


def ended(child: Any) -> str:
    """Wait for the end; return what was still written."""
    rest = ""
    while True:
        try:
            rest += child.read_nonblocking(65536, timeout=10)
        except pexpect.EOF:
            child.wait()
            return rest


@pytest.mark.usefixtures("home")
def test_demo_plays_and_q_leaves_it() -> None:
    with terminal("--source", "demo") as child:
        child.expect("SIMULATED")
        begun = time.monotonic()
        child.send("q")
        rest = ended(child)
        assert time.monotonic() - begun < 1.5  # 1 s is promised, the pty's machine is busy
    assert child.exitstatus == 0
    assert LEFT in rest


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_restores_the_terminal(number: signal.Signals) -> None:
    with terminal("--source", "demo") as child:
        child.expect("SIMULATED")
        child.kill(number)
        assert LEFT in ended(child)
    assert child.exitstatus == 128 + number


@pytest.mark.usefixtures("home")
def test_q_leaves_while_every_source_hangs() -> None:
    with Internet() as internet:
        hosts = ("api.kraken.com", "query1.finance.yahoo.com", "ws.kraken.com")
        internet.blackholes.update(hosts)
        with terminal("--source", "live", **internet.env) as child:
            child.expect("yahoo")
            deadline = time.monotonic() + 20
            while not internet.connects:  # the engine has begun to ask
                assert time.monotonic() < deadline
                time.sleep(0.05)
            begun = time.monotonic()
            child.send("q")
            ended(child)
            assert time.monotonic() - begun < 1.5
    assert child.exitstatus == 0


@pytest.mark.usefixtures("home")
def test_it_attaches_to_a_watch() -> None:
    with watching("--source", "demo"), terminal() as child:
        child.expect("SIMULATED")
        # nothing but the screen: the attached process has loaded no engine
        maps = Path(f"/proc/{child.pid}/maps")
        if maps.exists():
            assert not re.search("pandas|numpy|curl_cffi", maps.read_text())
        child.send("q")
        ended(child)
    assert child.exitstatus == 0


@pytest.mark.usefixtures("home")
def test_no_such_theme_is_wrong_usage() -> None:
    with terminal("--source", "demo", "--theme", "nite") as child:
        assert "--theme 'nite' is not there; did you mean 'night'?" in " ".join(
            ended(child).split()
        )
    assert child.exitstatus == 2


@pytest.mark.usefixtures("home")
def test_a_dumb_terminal_is_told() -> None:
    with terminal("--source", "demo", TERM="dumb") as child:
        assert "TERM = 'dumb' cannot draw a screen" in ended(child)
    assert child.exitstatus == 2


def test_the_settings_are_checked_before_the_terminal(run: Run, config_file: Path) -> None:
    config_file.write_text("[display]\nfps = 0")
    done = run()
    assert done.returncode == 2
    assert "fps = 0 must be more than 0" in done.stderr
