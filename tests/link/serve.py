"""A watch in a process of its own, to be killed: python -m tests.link.serve SOCKET."""

import asyncio
import os
import sys
from itertools import count
from pathlib import Path

from divmon.link.hub import Hub
from divmon.link.server import LinkServer
from tests.link.frames import hello, quotes, reading


async def main(path: Path) -> None:
    hub = Hub()
    hub.publish(hello(pid=os.getpid()))
    hub.publish(reading(0, BTC=1.0))
    async with LinkServer(path, hub):
        print("serving", flush=True)  # noqa: T201 (the test waits for it)
        for number in count(1):
            hub.publish(quotes(number, BTC=float(number)))
            await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
