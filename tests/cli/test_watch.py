"""`divmon watch`: lines, the socket, and every way it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from divmon import paths
from divmon.link.client import find_watch
from tests.cli.conftest import Run


@contextmanager
def watching(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run a watch; wait until it serves; end it if the test has not."""
    child = subprocess.Popen(
        [sys.executable, "-m", "divmon", "watch", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    try:
        deadline = time.monotonic() + 20
        while not find_watch(paths.socket_path()):
            assert child.poll() is None, child.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield child
    finally:
        if child.poll() is None:
            child.kill()
        child.communicate()


def line_with(child: subprocess.Popen[str], text: str) -> str:
    """Read lines until one holds `text`."""
    assert child.stdout is not None
    for line in child.stdout:
        if text in line:
            return line
    raise AssertionError(f"the watch ended without saying {text!r}")


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_end_it_cleanly(number: signal.Signals) -> None:
    with watching("--source", "demo") as child:
        first = line_with(child, "serves at")
        assert str(paths.socket_path()) in first
        assert "demo, SIMULATED" in line_with(child, "source")
        begun = time.monotonic()
        child.send_signal(number)
        out, err = child.communicate(timeout=10)
        assert time.monotonic() - begun < 3
    assert (child.returncode, err) == (0, "")
    assert out.endswith("divmon watch ends\n")
    assert not paths.socket_path().exists()


@pytest.mark.usefixtures("home")
def test_states_are_told_once_and_stamped() -> None:
    with watching("--source", "demo") as child:
        line = line_with(child, "ABC is")
        assert line.startswith("2026-01-21 00:00:")
        child.terminate()
        rest = child.communicate(timeout=10)[0]
    assert rest.count("ABC is") == 0


@pytest.mark.usefixtures("home")
def test_a_second_watch_is_refused(run: Run) -> None:
    with watching("--source", "demo") as child:
        done = run("watch", "--source", "demo")
        assert done.returncode == 2
        assert "already" in done.stderr
        assert "attach" in done.stderr
        assert child.poll() is None
        doctor = run("doctor", HTTPS_PROXY="http://127.0.0.1:9")
        assert f"a `divmon watch` serves at {paths.socket_path()}" in doctor.stdout


@pytest.mark.usefixtures("home")
def test_a_reader_that_leaves_ends_it() -> None:
    with watching("--source", "demo") as child:
        assert child.stdout is not None
        child.stdout.close()
        child.stdout = None
        # the next line, whenever it comes, finds nobody
        child.send_signal(signal.SIGTERM)
        assert child.wait(10) in (0, 141)


@pytest.mark.usefixtures("home")
def test_a_reader_that_stops_reading_stops_nothing(home: Path) -> None:
    """A pipe that nobody empties blocks its writer; the watch must still serve and end."""
    with watching("--source", "demo", "--config", str(_fast(home))) as child:
        time.sleep(0.5)
        assert find_watch(paths.socket_path())
        child.terminate()
        assert child.wait(10) == 0


def _fast(home: Path) -> Path:
    file = home / "fast.toml"
    file.write_text("[demo]\nspeed = 10000.0\n")
    return file
