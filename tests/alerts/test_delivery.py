"""From `deliver` to the receivers: none lost, none waits for another, whatever they do."""

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from divmon.alerts.delivery import Delivery
from divmon.alerts.model import Alert
from divmon.market.events import Event
from divmon.settings import ChannelSettings, Settings
from divmon.store.archive import Archive
from tests.alerts.stage import HOSTILE, QUICK, alert, settings, until
from tests.standins.webhook import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as started:
        yield started


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = Archive.open(tmp_path / "archive.db")
    yield opened
    opened.close()


@pytest.fixture
def start(archive: Archive) -> Iterator[Any]:
    """Return a function that starts a delivery, which ends with the test."""
    started: list[Delivery] = []

    def begin(chosen: Settings, **options: Any) -> Delivery:
        delivery = Delivery(chosen, options.pop("archive", archive), waits=QUICK, **options)
        delivery.start()
        started.append(delivery)
        return delivery

    yield begin
    for delivery in started:
        assert delivery.close(5)


def hook(receiver: Receiver, **options: Any) -> ChannelSettings:
    return ChannelSettings(webhook=receiver.url, **{"timeout_s": 0.5, **options})


def keys(receiver: Receiver) -> list[str]:
    return [request.headers["idempotency-key"] for request in receiver.taken]


def test_alerts_arrive_in_order_once_each(start: Any, receiver: Receiver) -> None:
    delivery = start(settings(hook=hook(receiver)))
    alerts = [alert(number) for number in range(20)]
    for each in alerts:
        delivery.deliver(each)
    receiver.wait_for(20)
    assert keys(receiver) == [each.id for each in alerts]
    assert [msgspec.json.decode(r.body, type=Alert) for r in receiver.taken] == alerts


def test_none_is_lost_on_bad_days_and_every_attempt_has_the_same_key(
    start: Any, receiver: Receiver
) -> None:
    receiver.script.extend(
        ["500", "drop", "refuse", "hang", "slow 0.2", "429 0", "503", "drip", "404", "drop"]
    )
    delivery = start(settings(hook=hook(receiver)))
    for number in range(6):
        delivery.deliver(alert(number))
    until(lambda: set(keys(receiver)) == {alert(number).id for number in range(6)})
    bodies = {request.headers["idempotency-key"]: request.body for request in receiver.seen}
    for request in receiver.seen:
        assert request.body == bodies[request.headers["idempotency-key"]]
        assert json.loads(request.body)["id"] == request.headers["idempotency-key"]
    # only the dropped ones came twice: they were taken, and nobody told us
    assert len(receiver.taken) <= 6 + 2


def test_a_channel_that_hangs_holds_up_no_other(
    start: Any, receiver: Receiver, tmp_path: Path
) -> None:
    receiver.always = "hang"
    with Receiver() as well:
        delivery = start(
            settings(
                dead=hook(receiver, timeout_s=60.0),
                stuck=ChannelSettings(command=("sleep", "60"), timeout_s=60.0),
                well=hook(well),
            )
        )
        took = []
        for number in range(5):
            began = time.monotonic()
            delivery.deliver(alert(number))
            took.append(time.monotonic() - began)
        well.wait_for(5, 5)
        assert max(took) < 0.1


def test_a_restart_of_the_receiver_loses_none(start: Any, receiver: Receiver) -> None:
    delivery = start(settings(hook=hook(receiver)))
    receiver.stop()
    for number in range(5):
        delivery.deliver(alert(number))
    time.sleep(0.2)
    receiver.start(receiver.port)
    receiver.wait_for(5)
    assert sorted(keys(receiver)) == [alert(number).id for number in range(5)]


def test_an_alert_that_one_receiver_never_takes_does_not_hold_up_the_next(
    start: Any, receiver: Receiver
) -> None:
    class Picky(Receiver):
        def answer(self, request: Any) -> tuple[int, bytes]:
            return (500, b"") if request.headers["idempotency-key"] == alert(1).id else (200, b"")

    with Picky() as picky:
        delivery = start(settings(hook=hook(picky)))
        for number in (1, 2, 3):
            delivery.deliver(alert(number))
        picky.wait_for(2)
        assert sorted(keys(picky)) == [alert(2).id, alert(3).id]


def test_a_run_that_was_killed_is_finished_by_the_next(tmp_path: Path, receiver: Receiver) -> None:
    receiver.script.extend(["500", "drop"])
    path = tmp_path / "killed.db"
    first = 0
    for kill_after in (0.0, 0.05, 0.3, 0.6):
        with child(path, receiver, first, 5) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"committed\n"
            time.sleep(kill_after)
            process.kill()
        first += 5
    with child(path, receiver, first, 0) as process:
        until(lambda: len(set(keys(receiver))) == first, 15)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(10) == 0
    assert set(keys(receiver)) == {alert(number).id for number in range(first)}
    # a kill repeats at most what was not yet noted as taken, under the same key
    for request in receiver.taken:
        assert json.loads(request.body)["id"] == request.headers["idempotency-key"]


def child(path: Path, receiver: Receiver, first: int, count: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.alerts.sender",
            str(path),
            receiver.url,
            str(first),
            str(count),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def test_two_processes_on_one_archive_send_each_alert_once(
    start: Any, archive: Archive, receiver: Receiver
) -> None:
    other = Archive.open(archive.path)
    one = start(settings(hook=hook(receiver)))
    two = start(settings(hook=hook(receiver)), archive=other)
    for number in range(10):
        one.deliver(alert(number))
        two.deliver(alert(number))
    receiver.wait_for(10)
    time.sleep(0.3)
    assert sorted(keys(receiver)) == [alert(number).id for number in range(10)]
    two.close(5)
    other.close()


def test_each_channel_gets_what_is_severe_enough_for_it(start: Any, receiver: Receiver) -> None:
    with Receiver() as all_of_it:
        delivery = start(
            settings(strict=hook(receiver, severity="alert"), all=hook(all_of_it, severity="info"))
        )
        for number, severity in enumerate(("info", "notice", "warning", "alert")):
            delivery.deliver(alert(number, severity=severity))
        all_of_it.wait_for(4)
        receiver.wait_for(1)
        assert keys(receiver) == [alert(3).id]


def test_what_is_simulated_goes_nowhere(start: Any, receiver: Receiver) -> None:
    written: list[str] = []
    delivery = start(settings(hook=hook(receiver)), terminal=written.append)
    delivery.deliver(alert(1, simulated=True))
    delivery.deliver(alert(2))
    receiver.wait_for(1)
    assert keys(receiver) == [alert(2).id]
    assert len(written) == 1


def test_a_failing_channel_is_told_once_and_its_recovery_too(
    start: Any, receiver: Receiver
) -> None:
    receiver.script.extend(["500"] * 5)
    events: list[Event] = []
    delivery = start(settings(hook=hook(receiver)), on_event=events.append)
    delivery.deliver(alert())
    receiver.wait_for(1)
    until(lambda: len(events) == 2)
    assert [event.subject for event in events] == ["hook", "hook"]
    assert events[0].text.startswith("hook: HTTP 500 Internal Server Error")
    assert events[0].severity == "warning"
    assert events[1].text == "hook: takes alerts again"


def test_what_nobody_takes_is_given_up_in_the_end_and_told_once(
    start: Any, receiver: Receiver, archive: Archive
) -> None:
    receiver.always = "500"
    events: list[Event] = []

    class Clock:
        at = 1_768_950_000.0

        def now(self) -> float:
            return self.at

        async def sleep(self, seconds: float) -> None:
            raise AssertionError("not used")

    clock = Clock()
    delivery = start(
        settings(give_up_s=3600.0, hook=hook(receiver)), on_event=events.append, clock=clock
    )
    for number in range(3):
        delivery.deliver(alert(number))
    until(lambda: events)
    clock.at += 3601
    delivery.deliver(alert(9))
    until(lambda: any("gave up" in event.text for event in events))
    archive.flush()
    receiver.always = ""
    receiver.wait_for(1)
    assert keys(receiver) == [alert(9).id]
    assert sum("gave up" in event.text for event in events) == 1
    outcomes = archive.read("SELECT outcome, count(*) FROM outbox GROUP BY 1 ORDER BY 1")
    assert ("too old", 3) in outcomes


def test_alerts_for_a_channel_that_is_no_more_wait_and_are_given_up(
    start: Any, receiver: Receiver, archive: Archive
) -> None:
    with Receiver() as gone:
        gone.always = "500"
        first = start(settings(gone=hook(gone)))
        first.deliver(alert(1))
        gone.wait_for_seen(1)
        first.close(5)
    second = start(settings(hook=hook(receiver)))
    second.deliver(alert(2))
    receiver.wait_for(1)
    assert keys(receiver) == [alert(2).id]


def test_no_secret_is_in_the_archive(
    start: Any, receiver: Receiver, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "hunter2hunter2")
    url = receiver.url.replace("/hook", "/${TOKEN}")
    receiver.script.append("500")
    events: list[Event] = []
    delivery = start(
        settings(hook=ChannelSettings(webhook=url, secret="${TOKEN}")), on_event=events.append
    )
    delivery.deliver(alert())
    receiver.wait_for(1)
    assert receiver.taken[0].path == "/hunter2hunter2"
    archive.flush()
    for file in archive.path.parent.glob("archive.db*"):
        assert b"hunter2" not in file.read_bytes()
    assert "hunter2" not in repr(events)


def test_closing_waits_for_no_receiver(archive: Archive, receiver: Receiver) -> None:
    receiver.always = "hang"
    delivery = Delivery(settings(hook=hook(receiver, timeout_s=60.0)), archive)
    delivery.start()
    delivery.deliver(alert())
    receiver.wait_for_seen(1)
    began = time.monotonic()
    assert delivery.close(2)
    assert time.monotonic() - began < 1
    # what was under way is there for the next run
    assert archive.flush()
    assert archive.read("SELECT count(*) FROM outbox WHERE settled IS NULL") == [(1,)]


def test_a_delivery_that_never_ran_can_be_closed(archive: Archive) -> None:
    delivery = Delivery(settings(), archive)
    delivery.deliver(alert())
    assert delivery.close()


def test_hostile_text_reaches_the_terminal_as_text(start: Any) -> None:
    written: list[str] = []
    delivery = start(settings(), terminal=written.append, env={"TERM": "xterm-256color"})
    delivery.deliver(alert(title=HOSTILE, text=HOSTILE, rule=HOSTILE))
    (sequence,) = written
    assert re.fullmatch(r"\x1b\]9;[^\x00-\x1f\x7f-\x9f\u2028\u202e]+\x07\x07", sequence)


def test_of_too_many_that_wait_the_oldest_are_given_up_and_told(
    start: Any, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("divmon.alerts.delivery.MOST", 3)
    receiver.stop()
    events: list[Event] = []
    moments = iter(range(1_768_950_000, 1_768_960_000))

    class Clock:
        def now(self) -> float:
            return float(next(moments))

        async def sleep(self, seconds: float) -> None:
            raise AssertionError("not used")

    delivery = start(settings(hook=hook(receiver)), on_event=events.append, clock=Clock())
    for number in range(6):
        delivery.deliver(alert(number))
    until(lambda: any("gave up" in event.text for event in events))
    receiver.start(receiver.port)
    receiver.wait_for(3)
    assert sorted(keys(receiver))[-3:] == [alert(number).id for number in (3, 4, 5)]


@pytest.mark.parametrize("kept", [True, False])
def test_one_that_retires_ends_its_attempt_and_leaves_the_rest_to_the_next(
    start: Any, archive: Archive, tmp_path: Path, kept: bool
) -> None:
    began, go = tmp_path / "began", tmp_path / "go"
    script = (
        "import os, pathlib, sys, time\n"
        "began, go = map(pathlib.Path, sys.argv[1:])\n"
        "with began.open('a') as file: file.write('x')\n"
        "while not go.exists(): time.sleep(0.01)\n"
    )
    channel = ChannelSettings(command=(sys.executable, "-c", script, str(began), str(go)))
    chosen = settings(script=channel)
    own = archive if kept else None
    old: Delivery = start(chosen, archive=own)
    old.deliver(alert(1))
    until(began.exists)
    old.deliver(alert(2))
    new = Delivery(chosen, own, waits=QUICK)
    new.deliver(alert(3))  # it takes alerts before it may send any
    retiring = threading.Thread(target=old.retire, args=(10.0,))
    retiring.start()
    go.touch()
    retiring.join()
    assert began.read_text() == "x"
    new.outbox.inherit(old.outbox)
    new.start()
    until(lambda: began.read_text() == "xxx")
    until(lambda: not new.outbox.waiting)
    assert new.close(5)
    assert began.read_text() == "xxx"
