"""`python -m tests.standins`: the market for anyone without a network."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.usefixtures("home")
def test_a_command_runs_against_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.standins", "--", "divmon", "doctor"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    first, second, *rest = done.stdout.splitlines()
    assert first.startswith("export HTTPS_PROXY=http://127.0.0.1:")
    assert second.startswith("export SSL_CERT_FILE=/")
    assert rest[-1] == "17 checks, 0 failed, 0 with a warning"


def test_the_exit_code_is_the_commands() -> None:
    code = "import os; raise SystemExit(3 if os.environ['HTTPS_PROXY'] else 0)"
    done = subprocess.run(
        [sys.executable, "-m", "tests.standins", "--", sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 3


def test_serving_ends_with_a_signal() -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.standins", "--serve"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline().startswith("export ")
        assert child.stdout.readline().startswith("export ")
        child.send_signal(signal.SIGTERM)
        assert child.wait(20) == 0
