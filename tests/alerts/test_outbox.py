"""The outbox in the archive: nothing is lost, nothing is sent twice without need."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from divmon.alerts.outbox import KEEP_S, Entry, Outbox, encode
from divmon.store.archive import Archive
from divmon.store.schema import STEPS, VERSION
from tests.alerts.stage import HOSTILE, alert

NOW = 1_768_950_000.0


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = Archive.open(tmp_path / "state" / "archive.db")
    yield opened
    opened.close()


def fetched(outbox: Outbox) -> list[Entry]:
    outbox.take(outbox.fetch(NOW))
    return list(outbox.waiting.values())


def test_what_waits_is_there_after_a_restart(archive: Archive) -> None:
    first = Outbox(archive)
    first.add(alert(1), ["a", "b"], NOW)
    first.add(alert(2), ["a"], NOW)
    entries = fetched(first)
    assert [(e.alert[-1], e.channel) for e in entries] == [("1", "a"), ("1", "b"), ("2", "a")]
    first.failed(entries[0])
    first.settle(entries[1], "sent", NOW)
    archive.flush()
    first.close()
    second = Outbox(archive)
    left = fetched(second)
    assert [(e.key, e.attempts) for e in left] == [(entries[0].key, 1), (entries[2].key, 0)]
    assert left[0].payload == encode(alert(1))


def test_an_alert_that_was_sent_is_not_sent_again_whoever_raises_it(archive: Archive) -> None:
    first = Outbox(archive)
    first.add(alert(1), ["a"], NOW)
    (entry,) = fetched(first)
    first.settle(entry, "sent", NOW)
    first.add(alert(1), ["a"], NOW)
    assert fetched(first) == []
    archive.flush()
    first.close()
    second = Outbox(archive)
    second.add(alert(1), ["a"], NOW)
    assert fetched(second) == []


def test_of_two_processes_one_sends_for_both(archive: Archive, tmp_path: Path) -> None:
    other_archive = Archive.open(archive.path)
    first, second = Outbox(archive), Outbox(other_archive)
    assert fetched(first) == []
    second.add(alert(1), ["a"], NOW)
    assert not second.fetch(NOW).leads
    assert fetched(second) == []
    (entry,) = fetched(first)
    assert entry.alert == alert(1).id
    # and when the one ends, the other takes over what it left
    first.close()
    assert [each.key for each in fetched(second)] == [entry.key]
    second.close()
    other_archive.close()


def test_without_an_archive_memory_serves() -> None:
    outbox = Outbox(None)
    outbox.add(alert(1), ["a"], NOW)
    (entry,) = fetched(outbox)
    outbox.failed(entry)
    outbox.settle(entry, "sent", NOW)
    outbox.add(alert(1), ["a"], NOW)
    assert fetched(outbox) == []


def test_an_archive_that_cannot_be_written_stops_no_alert(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    archive = Archive.open(tmp_path / "file" / "archive.db")
    assert archive.mode == "memory"
    outbox = Outbox(archive)
    outbox.add(alert(1), ["a"], NOW)
    assert len(fetched(outbox)) == 1
    archive.close()


def test_a_disk_that_takes_nothing_stops_no_alert(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("divmon.alerts.outbox.FLUSH_S", 0.05)
    outbox = Outbox(archive)
    assert fetched(outbox) == []
    blocker = sqlite3.connect(archive.path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    outbox.add(alert(1), ["a"], NOW)
    (entry,) = fetched(outbox)
    outbox.settle(entry, "sent", NOW)
    blocker.execute("ROLLBACK")
    blocker.close()
    assert archive.flush(10)
    assert fetched(outbox) == []
    assert archive.read("SELECT outcome FROM outbox") == [("sent",)]


def test_hostile_text_is_a_value_and_no_sql(archive: Archive) -> None:
    outbox = Outbox(archive)
    hostile = alert(1, rule=HOSTILE, title=HOSTILE, id="'; DROP TABLE outbox; --")
    outbox.add(hostile, ["a'b"], NOW)
    (entry,) = fetched(outbox)
    assert (entry.alert, entry.channel) == (hostile.id, "a'b")
    assert entry.payload == encode(hostile)
    outbox.settle(entry, "sent", NOW)
    archive.flush()
    assert archive.read("SELECT count(*) FROM outbox WHERE settled IS NULL") == [(0,)]


def test_what_was_sent_long_ago_is_forgotten(archive: Archive) -> None:
    first = Outbox(archive)
    for number, ago in ((1, KEEP_S + 10), (2, KEEP_S - 10)):
        first.add(alert(number), ["a"], NOW - ago)
        for entry in fetched(first):
            first.settle(entry, "sent", NOW - ago)
    archive.flush()
    first.close()
    second = Outbox(archive)
    fetched(second)
    archive.flush()
    assert archive.read("SELECT alert FROM outbox") == [(alert(2).id,)]


def test_an_archive_of_the_first_version_gets_an_outbox(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    old = sqlite3.connect(path)
    for statement in STEPS[0]:
        old.execute(statement)
    old.execute("PRAGMA user_version = 1")
    old.commit()
    old.close()
    path.chmod(0o600)
    archive = Archive.open(path)
    outbox = Outbox(archive)
    outbox.add(alert(1), ["a"], NOW)
    assert len(fetched(outbox)) == 1
    assert archive.read("PRAGMA user_version") == [(VERSION,)]
    assert not archive.notices
    archive.close()


@pytest.mark.parametrize("kept", [True, False])
def test_another_outbox_takes_over_what_waits_and_nothing_that_was_sent(
    archive: Archive, kept: bool
) -> None:
    first = Outbox(archive if kept else None)
    first.add(alert(1), ["a"], NOW)
    first.add(alert(2), ["a"], NOW)
    sent, left = fetched(first)
    first.settle(sent, "sent", NOW)
    first.add(alert(3), ["a"], NOW)  # not fetched yet
    first.close()
    second = Outbox(archive if kept else None)
    second.add(alert(4), ["a"], NOW)
    second.inherit(first)
    assert {entry.alert for entry in fetched(second)} == {
        left.alert,
        *(alert(n).id for n in (3, 4)),
    }
