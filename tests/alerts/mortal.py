"""A desk that is killed with SIGKILL after any of its steps, as often as you like.

python -m tests.alerts.mortal ARCHIVE READINGS DELIVERED: for every Reading, processes that
die after 0, 1, 2 … operations, or SQL statements where something fires, and one that lives.
DELIVERED gets "id title" of each delivery, as a channel would.
"""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from pathlib import Path

from divmon.alerts.desk import Desk
from divmon.alerts.engine import Key, State, step
from divmon.alerts.model import Alert
from divmon.alerts.rules import make_rules
from divmon.reading.model import Reading
from divmon.settings import load
from divmon.store.archive import Archive
from tests.alerts.days import Closes, read

ROUNDS = 3  # of take and flush: claim, fire, hand over
NEVER = -1
SETTINGS = load()


def channel(path: Path) -> Callable[[Alert], None]:
    """Return a channel that has taken an alert for good when it returns."""

    def deliver(alert: Alert) -> None:
        with path.open("a") as file:
            file.write(f"{alert.id} {alert.title}\n")

    return deliver


def live(
    archive: Path, reading: Reading, delivered: Path, now: float, operation: int, statement: int
) -> None:
    """Do what an engine does with one Reading, and die.

    Before the operation of that number (a look at the Reading, or a commit), or before
    the archive's thread executes the SQL statement of that number; at neither if there
    are not so many.
    """
    kept = Archive.open(archive)
    counted = iter(range(1_000_000))

    def trace(_statement: str) -> None:
        if next(counted) == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    kept._writer._own.connection(strict=True).set_trace_callback(trace)
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
    for number, work in enumerate(operations):
        if number == operation:
            os.kill(os.getpid(), signal.SIGKILL)
        work()
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
    states: dict[Key, State] = {}
    rules = make_rules(SETTINGS)
    for index, reading in enumerate(readings):
        after = step(rules, states, reading)
        states = after.states
        ends = list(range(2 * ROUNDS))
        if not after.fired:
            ends = ends[index % len(ends) :][:1]
        # an hour between two lives: a dead leader's lease is over
        clock = count(int(reading.as_of.timestamp()), 3_600)
        life = partial(live, archive, reading, delivered)
        # statements first: each life gets one further than the one before
        for statement in count() if after.fired else ():
            status = in_a_process(partial(life, next(clock), NEVER, statement))
            assert status in (0, signal.SIGKILL), (index, statement, status)
            if status == 0:
                break
        for operation in ends:
            assert in_a_process(partial(life, next(clock), operation, NEVER)) == signal.SIGKILL
        assert in_a_process(partial(life, next(clock), NEVER, NEVER)) == 0


if __name__ == "__main__":
    main(Path(sys.argv[1]), read(Path(sys.argv[2])), Path(sys.argv[3]))
