"""Writes to an archive in a process of its own: python -m tests.store.scribe PATH FIRST COUNT.

Prints the number of an event once everything up to it is committed. COUNT 0: until killed.
"""

import sys
from array import array
from itertools import count
from pathlib import Path

from divmon.market.events import Bars, Event
from divmon.store.archive import Archive

BARS = 50  # written with each event, the same series by every process


def bars(last: int) -> Bars:
    """Return bars whose prices are their times, so that a torn row shows."""
    time = array("q", range(last - BARS + 1, last + 1))
    price = array("d", time)
    return Bars("BTC", "test:btc", "1h", time, price, price, price, price, price, float(last))


def main(path: Path, first: int, most: int) -> None:
    archive = Archive.open(path)
    for number in range(first, first + most) if most else count(first):
        archive.save_bars(bars(BARS + number))
        archive.add_event(Event(float(number), "test", str(first), f"event {number}"))
        if number % 10 == 0 and archive.flush(20):
            print(number, flush=True)  # noqa: T201 (the report)
    closed = archive.close(20)
    print("closed" if closed and not archive.notices else archive.notices, flush=True)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
