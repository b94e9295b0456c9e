"""Run the screen on invented numbers: python -m tests.ui.play [--rate 10] [--warm] …

For looking at it and for measuring it from outside, without engine or network.
"""

import argparse
import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import msgspec

from divmon.alerts.desk import as_event
from divmon.link.codec import Frame, Happened, Health
from divmon.market.events import SourceHealth
from divmon.memory import leave_garbage
from divmon.ui.app import DivmonApp
from tests.ui import fixtures


class PlayedFeed(fixtures.ScriptedFeed):
    """Ticks Bitcoin `rate` times a second for ever."""

    def __init__(self, rate: float, options: argparse.Namespace) -> None:
        super().__init__()
        self.rate = rate
        self.options = options

    async def frames(self) -> AsyncIterator[Frame]:
        if self.options.crash:
            await asyncio.sleep(0.5)
            raise RuntimeError("a bug in the feed")
        simulated = self.options.simulated
        yield fixtures.hello(simulated=simulated)
        if self.options.nothing:
            await asyncio.Event().wait()
        banner = "SIMULATED · no source answered: no network · next try in 8 s" if simulated else ""
        yield fixtures.reading(simulated=simulated, banner=banner, warm=self.options.stale)
        for text, ago, severity in (
            ("BTC candle of 19 Jan closed red: 5 in a row (UTC)", 75_000, "info"),
            ("okx silent 12 s, out of the composite, back after 9 s", 3_100, "warning"),
            ("ABC 75 confirmed on the session's close (2nd of 2): alert holds", 270, "alert"),
            ("GOLD record close 4,759.60; SILVER record close 94.21", 240, "notice"),
        ):
            yield Happened(fixtures.event(text, ago, severity))
        for alert in fixtures.ALERTS if self.options.alerts else ():
            yield Happened(as_event(alert))
        if self.options.lost:
            await asyncio.sleep(1)
            yield Health(SourceHealth("engine", "link", "retrying", time.time(), "socket closed"))
            await asyncio.Event().wait()
        dice = random.Random(1)
        last, start = 89_734.12, asyncio.get_running_loop().time()
        while self.rate:
            await asyncio.sleep(1 / self.rate)
            last *= 1 + dice.gauss(0, 2e-5)
            yield fixtures.tick(last, asyncio.get_running_loop().time() - start)
        await asyncio.Event().wait()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, default=10.0)
    parser.add_argument("--theme", default="night")
    parser.add_argument("--updown", default="green-red")
    parser.add_argument("--glyphs", default="unicode")
    for flag in ("simulated", "lost", "warm", "stale", "crash", "nothing", "alerts"):
        parser.add_argument(f"--{flag}", action="store_true")
    options = parser.parse_args()
    chosen = fixtures.settings(updown=options.updown, glyphs=options.glyphs)
    chosen = msgspec.structs.replace(
        chosen, general=msgspec.structs.replace(chosen.general, theme=options.theme)
    )
    old = datetime.now(UTC) - timedelta(minutes=42)
    initial = fixtures.reading(warm=True, as_of=old) if options.warm else None
    app = DivmonApp(PlayedFeed(options.rate, options), chosen, initial=initial)
    app.run()
    return app.return_code or 0


if __name__ == "__main__":
    code = main()
    leave_garbage()
    sys.exit(code)
