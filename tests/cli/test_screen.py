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
        assert (
            time.monotonic() - begun < 3
        )  # 1 s is promised on an idle machine; what hangs takes 20
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
            assert time.monotonic() - begun < 3
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
def test_a_wrong_budget_is_wrong_usage() -> None:
    with terminal("--source", "demo", "--budget", "4 kib/s") as child:
        assert "'4 kib/s' has no unit that is known: kib; did you mean KiB?" in " ".join(
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


FIRST_FRAME = """
import sys
from divmon.cli import run, screen

def look():
    with open({path!r}, "w") as file:
        file.write(" ".join(sys.modules))
    raise SystemExit

screen._after_first_frame = look
sys.argv = ["divmon", "--no-attach", "--source", "live"]
run.main()
"""

LATER = (  # what is imported once there is a frame, or when somebody asks for it
    "numpy pandas ccxt yfinance exchange_calendars aiohttp plotext textual_plotext "
    "json ctypes logging.handlers importlib.resources email http http.client argparse "
    "divmon.settings_budget divmon.settings_check divmon.settings_sense divmon.toml_lines "
    "divmon.cli.log divmon.link.client divmon.link.hub divmon.link.server "
    "divmon.alerts divmon.engine divmon.indicators divmon.sources divmon.ui.bars "
    "divmon.ui.screens.page divmon.ui.screens.help divmon.ui.screens.filter "
    "divmon.ui.screens.instrument divmon.ui.screens.short_forms divmon.ui.widgets.past "
    "divmon.ui.difference divmon.ui.load divmon.ui.reload divmon.ui.ring"
)


@pytest.mark.usefixtures("home")
def test_the_first_frame_waits_for_no_import_that_it_does_not_show(tmp_path: Path) -> None:
    file = tmp_path / "modules"
    child = pexpect.spawn(
        sys.executable,
        ["-c", FIRST_FRAME.format(path=str(file))],
        env={**os.environ, "TERM": "xterm-256color"},
        dimensions=(36, 120),
        timeout=20,
    )
    try:
        child.expect(pexpect.EOF)
    finally:
        child.close(force=True)
    loaded = set(file.read_text().split())
    assert "divmon.ui.screens.main" in loaded
    assert sorted(loaded & set(LATER.split())) == []
    ours = {name for name in loaded if name.partition(".")[0] == "divmon"}
    # each costs a millisecond or two of a bare Textual's 300; raise this with a reason only
    # (from 60: keys of one's own, layouts, languages, and four kinds of answers to a screen)
    assert len(ours) <= 68, sorted(ours)


FAULTY = """
import sys
from divmon.errors import DataError
from divmon.link.local import LocalFeed

async def frames(self):
    secret = "hunter2"
    raise {error}
    yield secret

LocalFeed.frames = frames
sys.argv = ["divmon", "--source", "demo"]
from divmon.__main__ import main
main()
"""


def faulty(error: str) -> tuple[str, int]:
    """Run a screen whose engine fails; return what the shell shows then, and the code."""
    child = pexpect.spawn(
        sys.executable,
        ["-c", FAULTY.format(error=error)],
        env={**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"},
        encoding="utf-8",
        dimensions=(36, 120),
        timeout=20,
    )
    output = ended(child)
    assert LEFT in output  # the terminal is restored
    return output.rpartition(LEFT)[2], child.exitstatus


def test_a_fault_restores_the_terminal_and_goes_to_the_log(home: Path) -> None:
    after, code = faulty("ZeroDivisionError('boom')")
    assert code == 70
    assert "this is a fault of divmon: ZeroDivisionError: boom" in after
    assert "Traceback" not in after
    log = (home / "state" / "divmon" / "log" / "divmon.log").read_text()
    assert "Traceback" in log
    assert "raise ZeroDivisionError" in log or "in frames" in log
    assert "hunter2" not in after + log  # no values of variables anywhere


@pytest.mark.usefixtures("home")
def test_what_a_person_can_cure_is_a_message() -> None:
    after, code = faulty("DataError('rut.csv, line 3: close was -1')")
    assert code == 1
    assert "divmon: rut.csv, line 3: close was -1" in after
    assert "fault" not in after
