"""What disks, other processes and kill -9 do to an archive, and what it says."""

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Any

import pytest

from divmon.market.events import Event, Quote
from divmon.store.archive import Archive
from divmon.store.schema import VERSION
from tests.store.scribe import BARS, bars

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "archive.db"


def event(number: int) -> Event:
    return Event(float(number), "test", "", f"event {number}")


def filled(path: Path, count: int = 2_000) -> None:
    """Make an archive of several pages in its main file."""
    archive = Archive.open(path)
    for number in range(count):
        archive.add_event(event(number))
    archive.save_bars(bars(BARS))
    assert archive.close(5)


def scribe(path: Path, first: int, most: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.store.scribe", str(path), str(first), str(most)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def lines(process: "subprocess.Popen[str]") -> IO[str]:
    assert process.stdout is not None
    return process.stdout


def test_three_processes_write_one_archive_at_once_and_nothing_is_lost(path: Path) -> None:
    # the file does not exist yet: they also make it at once
    processes = [scribe(path, first, 300) for first in (0, 10_000, 20_000)]
    reader = Archive.open(path)
    for process in processes:
        output, _ = process.communicate(timeout=50)
        assert output.splitlines()[-1] == "closed", output
    assert reader.notices == []
    kept = {int(kept.time) for kept in reader.events(limit=10_000)}
    assert kept == {first + n for first in (0, 10_000, 20_000) for n in range(300)}
    (series,) = reader.all_bars()
    assert list(series.close) == [float(at) for at in series.time]
    reader.close()


def test_killed_at_any_moment_it_keeps_what_was_committed_and_is_whole(path: Path) -> None:
    moments = random.Random(20260120)
    for round_ in range(25):
        committed = -1
        with scribe(path, round_ * 100_000, 0) as process:
            for _ in range(moments.randint(1, 30)):
                committed = int(lines(process).readline())
            time.sleep(moments.random() * 0.01)
            process.kill()
            for line in lines(process):
                if line.endswith("\n"):
                    committed = int(line)
        with closing(sqlite3.connect(path)) as plain:
            assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        archive = Archive.open(path)
        kept = {int(event.time) for event in archive.events(1_000_000, since=round_ * 100_000.0)}
        assert kept >= set(range(round_ * 100_000, committed + 1))
        newest = archive.last_bar("test:btc", "1h")
        assert newest is not None
        assert newest >= committed + BARS
        (series,) = archive.all_bars()
        assert list(series.close) == [float(at) for at in series.time]
        assert archive.notices == []
        archive.close()


@pytest.mark.parametrize("damage", ["garbage", "header", "cut", "schema"])
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(path: Path, damage: str) -> None:
    filled(path)
    whole = path.read_bytes()
    if damage == "garbage":
        path.write_bytes(random.Random(1).randbytes(50_000))
    elif damage == "header":
        path.write_bytes(b"\xff" * 100 + whole[100:])
    elif damage == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    else:
        path.write_bytes(whole[:100] + b"\xee" * 3996 + whole[4096:])
    damaged = path.read_bytes()
    archive = Archive.open(path)
    assert archive.events() == []
    assert archive.all_bars() == []
    archive.add_event(event(1))
    assert archive.close(5)
    (notice,) = archive.notices
    (aside,) = path.parent.glob("archive.db.corrupt-*Z")
    assert aside.name in notice
    assert aside.read_bytes() == damaged
    again = Archive.open(path)
    assert again.events() == [event(1)]
    assert again.notices == []
    again.close()


def test_damage_found_while_running_is_set_aside_and_writing_goes_on(path: Path) -> None:
    filled(path)
    size = path.stat().st_size
    with path.open("r+b") as file:  # everything but the first page, which opening reads
        file.seek(4096)
        file.write(b"\xee" * (size - 4096))
    archive = Archive.open(path)
    assert archive.notices == []
    archive.save_quote(Quote("BTC", "kraken", 1.0, 1.0, 1.0))
    archive.add_event(event(5))
    assert archive.flush()
    assert archive.events() == [event(5)]
    assert len(archive.quotes()) == 1
    (notice,) = archive.notices
    assert "was damaged" in notice
    assert archive.close()


def test_two_processes_set_one_damaged_file_aside_once(path: Path) -> None:
    filled(path)
    first, second = Archive.open(path), Archive.open(path)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xee" * (size - 4096))
    assert first.events() == []
    first.add_event(event(1))
    assert first.flush()
    assert second.events() == [event(1)]
    assert second.close()
    assert first.close()
    assert len(list(path.parent.glob("archive.db.corrupt-*Z"))) == 1


def test_a_deleted_file_is_made_again(path: Path) -> None:
    archive = Archive.open(path)
    archive.add_event(event(1))
    assert archive.flush()
    shutil.rmtree(path.parent)
    archive.add_event(event(2))
    assert archive.flush()
    assert archive.events() == [event(2)]
    archive.close()
    assert path.exists()


def test_a_newer_archive_is_read_and_never_written(path: Path) -> None:
    filled(path, 3)
    with closing(sqlite3.connect(path)) as newer:
        newer.execute(f"PRAGMA user_version = {VERSION + 1}")
        newer.execute("DROP TABLE quotes")
    before = path.read_bytes()
    archive = Archive.open(path)
    assert archive.mode == "read-only"
    assert f"archive version {VERSION + 1}, this one knows {VERSION}" in archive.notices[0]
    assert archive.events() == [event(0), event(1), event(2)]
    assert archive.quotes() == []  # what is not there any more
    archive.add_event(event(3))
    archive.flush()
    archive.close()
    assert path.read_bytes() == before


def test_an_archive_locked_by_another_program_is_told_and_written_when_it_is_free(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("divmon.store.database.BUSY_MS", 5)
    archive = Archive.open(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        archive.add_event(event(1))
        archive.save_quote(Quote("BTC", "kraken", 1.0, 1.0, 1.0))
        deadline = time.monotonic() + 10
        while not archive.notices and time.monotonic() < deadline:
            archive.flush(0.05)
        assert "cannot be written: database is locked" in archive.notices[0]
        assert archive.events() == []  # reading goes on
        assert not archive.flush(0)
        other.execute("ROLLBACK")
    assert archive.flush()
    assert archive.events() == [event(1)]
    assert len(archive.quotes()) == 1
    assert archive.notices[-1].endswith("writing again")
    archive.close()


def test_a_lock_that_holds_everything_leaves_memory_for_this_run(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("divmon.store.database.BUSY_MS", 5)
    monkeypatch.setattr("divmon.store.database.OPEN_WAIT", 0.1)
    filled(path, 3)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        archive = Archive.open(path)
        assert archive.mode == "memory"
        assert archive.notices == [
            f"nothing is archived in this run: {path} is locked by another program"
        ]
        archive.add_event(event(9))
        archive.save_bars(bars(BARS))
        assert archive.flush()
        assert archive.events() == [event(9)]
        assert len(archive.all_bars()) == 1
        assert archive.close()
        other.execute("ROLLBACK")
    again = Archive.open(path)
    assert len(again.events()) == 3
    again.close()


def test_closing_under_a_lock_takes_a_second_at_most(path: Path) -> None:
    archive = Archive.open(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        archive.add_event(event(1))
        start = time.monotonic()
        assert not archive.close()
        assert time.monotonic() - start < 1.5
        other.execute("ROLLBACK")


def test_a_place_that_cannot_be_a_folder_leaves_memory(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    archive = Archive.open(tmp_path / "state" / "archive.db")
    assert archive.mode == "memory"
    assert "nothing is archived in this run" in archive.notices[0]
    assert "is not a folder" in archive.notices[0]
    archive.add_event(event(1))
    assert archive.flush()
    assert archive.events() == [event(1)]
    assert archive.close()


def test_a_lock_that_cannot_be_made_leaves_memory(path: Path) -> None:
    Path(f"{path}.lock").mkdir(parents=True)
    archive = Archive.open(path)
    assert archive.mode == "memory"
    assert archive.notices == [
        f"nothing is archived in this run: {path}.lock cannot be made: Is a directory"
    ]
    archive.close()


def test_what_may_only_be_read_is_never_set_aside(path: Path) -> None:
    filled(path)
    with closing(sqlite3.connect(path)) as newer:
        newer.execute(f"PRAGMA user_version = {VERSION + 1}")
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xee" * (size - 4096))
    archive = Archive.open(path)
    assert archive.events() == []
    assert "cannot be read: database disk image is malformed" in archive.notices[-1]
    archive.close()
    assert [at.name for at in path.parent.glob("*corrupt*")] == []


CREATE = """
import itertools, sys
from pathlib import Path
from divmon.store.archive import Archive
for number in itertools.count():
    path = Path(sys.argv[1]) / str(number) / "archive.db"
    print(path, flush=True)
    Archive.open(path)
"""


def test_killed_while_it_is_made_it_is_made_by_the_next_start(tmp_path: Path) -> None:
    moments = random.Random(1)
    for round_ in range(12):
        arguments = [sys.executable, "-c", CREATE, str(tmp_path / str(round_))]
        with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            last = lines(process).readline()
            time.sleep(moments.random() * 0.02)
            process.kill()
            for line in lines(process):
                last = line if line.endswith("\n") else last
        archive = Archive.open(Path(last.strip()))
        archive.add_event(event(1))
        assert archive.close()
        assert (archive.mode, archive.notices) == ("file", [])


def run(script: str, *arguments: object) -> Any:
    """Run `script`, which becomes a user whom permissions bind; return what it prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def nobodys() -> Iterator[Path]:
    """Return a folder of the user that `USE` runs as."""
    with tempfile.TemporaryDirectory(prefix="divmon-") as folder:
        if os.geteuid() == 0:
            os.chown(folder, 65534, 65534)
        yield Path(folder)
        for at in Path(folder).rglob("*"):
            if at.is_dir():
                at.chmod(0o700)


USE = """
import json, os, sys
from pathlib import Path
from divmon.market.events import Event
from divmon.store.archive import Archive
if os.geteuid() == 0:  # only now: root's Python may lie where nobody else may read it
    os.setuid(65534)
path = Path(sys.argv[1])
if len(sys.argv) > 2:
    archive = Archive.open(path)
    archive.add_event(Event(1.0, "test", "", "before"))
    assert archive.close()
    path.chmod(0o400)
    path.parent.chmod(0o500)
archive = Archive.open(path)
archive.add_event(Event(2.0, "test", "", "during"))
flushed = archive.flush()
print(json.dumps([archive.mode, [e.text for e in archive.events()], flushed, archive.notices]))
archive.close()
"""


def test_an_archive_that_may_only_be_read_is_read(nobodys: Path) -> None:
    mode, texts, flushed, notices = run(USE, nobodys / "state" / "archive.db", "before")
    assert (mode, texts, flushed) == ("read-only", ["before"], True)
    (notice,) = notices
    assert "the archive is read-only" in notice
    assert "chmod u+rwx" in notice


def test_a_folder_that_cannot_be_written_leaves_memory(nobodys: Path) -> None:
    nobodys.chmod(0o500)
    mode, texts, flushed, notices = run(USE, nobodys / "state" / "archive.db")
    assert (mode, texts, flushed) == ("memory", ["during"], True)
    (notice,) = notices
    assert "cannot be made: Permission denied" in notice


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of somebody else")
def test_a_folder_of_somebody_else_is_not_used(nobodys: Path) -> None:
    (nobodys / "state").mkdir(mode=0o777)
    mode, _, _, notices = run(USE, nobodys / "state" / "archive.db")
    assert mode == "memory"
    assert "belongs to user 0, not to you (65534)" in notices[0]


FULL = """
import json, resource, sys, time
from pathlib import Path
from divmon.market.events import Event
from divmon.store.archive import Archive
archive = Archive.open(Path(sys.argv[1]))
archive.add_event(Event(1.0, "test", "", "before"))
assert archive.flush()
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
for number in range(50):
    archive.add_event(Event(2.0 + number, "test", "", "x" * 10_000))
full = archive.flush(1)
reads = len(archive.events())
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
free = archive.flush(5)
print(json.dumps([full, reads, free, len(archive.events()), archive.notices]))
archive.close()
"""


def test_a_full_disk_is_told_once_and_all_is_written_when_there_is_room(nobodys: Path) -> None:
    full, reads, free, kept, notices = run(FULL, nobodys / "state" / "archive.db")
    assert (full, reads, free, kept) == (False, 1, True, 51)
    refused, again = notices
    assert "cannot be written" in refused
    assert again.endswith("writing again")
