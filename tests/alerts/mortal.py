"""A desk that is killed with SIGKILL after any of its steps, as often as you like.

python -m tests.alerts.mortal ARCHIVE READINGS DELIVERED: for every Reading, processes that
die after 0, 1, 2 … operations and one that lives. DELIVERED gets "id title" of each
delivery, as a channel would."""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from divmon.alerts.desk import Desk
from divmon.alerts.model import Alert
from divmon.reading.model import Reading
from divmon.settings import load
from divmon.store.archive import Archive
from tests.alerts.days import Closes, read

ROUNDS = 3  # of take and flush: claim, fire, hand over
SETTINGS = load()


def channel(path: Path) -> Callable[[Alert], None]:
    """Return a channel that has taken an alert for good when it returns."""

    def deliver(alert: Alert) -> None:
        with path.open("a") as file:
            file.write(f"{alert.id} {alert.title}\n")

    return deliver


def live(archive: Path, reading: Reading, delivered: Path, now: float, dies: int | None) -> None:
    """Do what an engine does with one Reading, and die after `dies` operations."""
    kept = Archive.open(archive)
    desk = Desk(
        SETTINGS,
        publish=lambda _: None,
        deliver=channel(delivered),
        archive=kept,
        now=lambda: now,
    )
    background = Closes(SETTINGS)
    operations: list[Callable[[], object]] = []
    for _ in range(ROUNDS):
        operations += [lambda: desk.take(reading, background), lambda: kept.flush(10)]
    for number, operation in enumerate(operations):
        if number == dies:
            os.kill(os.getpid(), signal.SIGKILL)
        operation()
    assert desk.leads
    desk.close()
    assert kept.close(10)
    assert kept.notices == []


def in_a_process(work: Callable[[], None]) -> int:
    """Run `work` in a process of its own; return how it ended, as os.waitpid says."""
    child = os.fork()
    if not child:
        try:
            work()
        except BaseException:  # noqa: BLE001 (the parent sees the code, stderr the reason)
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def main(archive: Path, readings: Sequence[Reading], delivered: Path) -> None:
    for index, reading in enumerate(readings):
        # an hour between two lives: a dead leader's lease is over
        now = reading.as_of.timestamp()
        deaths: list[int | None] = [*range(2 * ROUNDS), None]
        for life, dies in enumerate(deaths):
            if index % 5 and dies is not None and dies != index % (2 * ROUNDS):
                continue
            at = now + 3_600 * life
            status = in_a_process(partial(live, archive, reading, delivered, at, dies))
            wanted = 0 if dies is None else signal.SIGKILL
            assert status == wanted, (index, dies, status)


if __name__ == "__main__":
    main(Path(sys.argv[1]), read(Path(sys.argv[2])), Path(sys.argv[3]))
