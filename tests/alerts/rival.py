"""One of several desks at one archive: python -m tests.alerts.rival ARCHIVE READINGS DELIVERED.

Steps through the Readings again and again, as a screen and a watch do, until killed.
Prints "leads" when it begins to lead.
"""

import sys
import time
from pathlib import Path

from divmon.alerts import desk
from divmon.alerts.desk import Desk
from divmon.settings import load
from divmon.store.archive import Archive
from tests.alerts.days import Closes, read
from tests.alerts.mortal import channel

PACE = 0.03  # seconds for each Reading; about one for each alert


def main(archive: Path, readings: Path, delivered: Path) -> None:
    desk.LEASE_S, desk.RENEW_S = 0.6, 0.2
    settings = load()
    own = Desk(
        settings,
        publish=lambda _: None,
        deliver=channel(delivered),
        archive=Archive.open(archive),
    )
    background = Closes(settings)
    todo = read(readings)
    led = False
    begun = time.time()
    while True:
        # both see the same market at the same time, and its end for ever
        at = min(int((time.time() - begun) / PACE), len(todo) - 1)
        own.take(todo[at], background)
        if own.leads and not led:
            led = True
            print("leads", flush=True)  # noqa: T201 (the report)
        time.sleep(PACE)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
