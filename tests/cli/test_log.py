"""The log: private, bounded, and the only place that libraries can write to."""

import logging
import stat
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from divmon.cli import log


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level, logging.lastResort, logging.raiseExceptions)
    yield
    for handler in set(root.handlers) - set(before[0]):
        handler.close()
    root.handlers[:], _, logging.lastResort, logging.raiseExceptions = before
    root.setLevel(before[1])
    logging.captureWarnings(False)


def test_it_is_private_also_after_rotation(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "LARGEST", 2_000)
    path = log.start()
    assert path == home / "state" / "divmon" / "log" / "divmon.log"
    for number in range(200):
        logging.getLogger("ccxt").warning("message %s", number)
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == ["divmon.log", "divmon.log.1", "divmon.log.2"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert sum(file.stat().st_size for file in files) < 3 * 2_100


def test_libraries_reach_no_terminal(home: Path) -> None:
    code = (
        "import logging, warnings\n"
        "from divmon.cli import log\n"
        "log.start()\n"
        "logging.getLogger('yfinance').error('possibly delisted')\n"
        "warnings.warn('old API')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""
    text = (home / "state" / "divmon" / "log" / "divmon.log").read_text()
    assert "possibly delisted" in text
    assert "old API" in text


def test_without_a_place_for_it_the_program_runs_on(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (home / "state").write_text("in the way")
    assert log.start() is None
    logging.getLogger("yfinance").error("possibly delisted")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("old API", stacklevel=1)
    assert capfd.readouterr() == ("", "")
