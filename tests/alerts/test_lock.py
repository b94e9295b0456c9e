"""Who leads: a leader that was killed keeps nobody waiting, one that was stopped does."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from divmon.alerts.keep import LEASE, Keeper
from divmon.alerts.lock import FileLock
from divmon.store.archive import Archive
from tests.alerts.days import write
from tests.alerts.readings import reading, streak


@contextmanager
def leader(tmp_path: Path, archive: Path) -> "Iterator[subprocess.Popen[str]]":
    """Let another process lead at `archive`."""
    market, delivered = tmp_path / "market", tmp_path / "delivered"
    write(market, [reading(0, streak(0, 1))])
    with subprocess.Popen(
        [sys.executable, "-m", "tests.alerts.rival", archive, market, delivered],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "leads\n"
            yield process
        finally:
            process.kill()


def claim(archive: Archive) -> bool:
    """Ask for the lease while the one before lasts; tell whether we lead."""
    ((expires,),) = archive.read("SELECT expires FROM leases WHERE name = ?", (LEASE,))
    now = expires - 0.1
    keeper = Keeper(archive, "the next")
    keeper.claim(now, now + 0.6)
    assert archive.flush()
    return keeper.leads(now)


@pytest.mark.parametrize(
    ("end", "leads"), [(signal.SIGKILL, True), (signal.SIGSTOP, False)], ids=["killed", "stopped"]
)
def test_a_lease_outlives_a_leader_only_while_its_process_is_there(
    tmp_path: Path, end: signal.Signals, leads: bool
) -> None:
    path = tmp_path / "state" / "archive.db"
    with leader(tmp_path, path) as other, closing(Archive.open(path)) as archive:
        assert not claim(archive)
        other.send_signal(end)
        if end is signal.SIGKILL:
            other.wait()
        else:
            os.waitid(os.P_PID, other.pid, os.WSTOPPED | os.WNOWAIT)
        assert claim(archive) is leads


@pytest.mark.parametrize("close", [Keeper.release, lambda keeper: keeper.step_down("b", 0.0)])
def test_who_leads_no_more_has_no_lock(tmp_path: Path, close: Callable[[Keeper], object]) -> None:
    with closing(Archive.open(tmp_path / "archive.db")) as archive:
        keeper = Keeper(archive, "a")
        keeper.claim(1e9, 1e9 + 15)
        assert archive.flush()
        other = FileLock(f"{archive.path}.alerts")
        assert not other.take()
        close(keeper)
        assert archive.flush()
        assert other.take()
        other.close()


def test_who_stepped_down_leaves_the_next_the_time_to_take_the_lock(tmp_path: Path) -> None:
    with closing(Archive.open(tmp_path / "archive.db")) as archive:
        stopped, next_one = Keeper(archive, "a"), Keeper(archive, "b")
        stopped.claim(1e9, 1e9 + 15)
        next_one.claim(1e9 + 20, 1e9 + 35)  # the lease is over, the lock is not
        assert archive.flush()
        assert next_one.leads(1e9 + 21)
        stopped.step_down("a again", 1e9 + 36)
        stopped.claim(1e9 + 21, 1e9 + 36)
        assert archive.flush()
        assert next_one.leads(1e9 + 21)
