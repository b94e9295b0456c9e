"""A delivery in a process of its own: python -m tests.alerts.sender ARCHIVE URL FIRST COUNT.

Raises alerts FIRST to FIRST + COUNT - 1, says so once they are committed, and then
sends until it is killed or its stdin ends.
"""

import sys
from pathlib import Path

from divmon.alerts.delivery import Delivery
from divmon.settings import ChannelSettings
from divmon.store.archive import Archive
from tests.alerts.stage import QUICK, alert, settings


def main(path: Path, url: str, first: int, count: int) -> None:
    archive = Archive.open(path)
    delivery = Delivery(settings(hook=ChannelSettings(webhook=url)), archive, waits=QUICK)
    for number in range(first, first + count):
        delivery.deliver(alert(number))
    archive.flush(20)
    print("committed", flush=True)  # noqa: T201 (the report)
    delivery.start()
    sys.stdin.read()
    delivery.close()
    archive.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
