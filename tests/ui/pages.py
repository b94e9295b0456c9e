"""Running the pages beside the board under a Pilot."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from textual.pilot import Pilot

from divmon.link.codec import Frame
from divmon.ui.app import DivmonApp
from divmon.ui.screens.page import Page
from tests.ui import fixtures
from tests.ui.conftest import screen_text
from tests.ui.test_screen import FULL, Hands, settle

P = TypeVar("P", bound=Page)
SIZES = [(200, 60), (120, 36), (80, 24)]
HOSTILE = "\x1b[2J[/b] boom"
HARMLESS = "␛[2J[/b] boom"


class Opened:
    """A page that is up, and what a person does with it."""

    def __init__(self, app: DivmonApp, pilot: Pilot[None], feed: fixtures.ScriptedFeed) -> None:
        self.app = app
        self.pilot = pilot
        self.feed = feed

    @property
    def text(self) -> str:
        """What is on the screen."""
        return screen_text(self.app)

    @property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    def page(self, kind: type[P]) -> P:
        """Return the page that is up, which must be of this kind."""
        assert isinstance(self.app.screen, kind), self.app.screen
        return self.app.screen

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def push(self, *frames: Frame) -> None:
        """Let frames come in, and a second pass."""
        for frame in frames:
            self.feed.push(frame)
        while self.feed.waiting:
            await asyncio.sleep(0.001)
        await self.pilot.pause()
        self.draw()
        await self.pilot.pause()

    def draw(self) -> None:
        if isinstance(self.app.screen, Page):
            self.app.screen.draw()


@asynccontextmanager
async def opened(
    key: str, *frames: Frame, size: tuple[int, int] = (120, 36), **options: Any
) -> AsyncIterator[Opened]:
    """Run the app on a script and open the page of `key`."""
    feed = fixtures.ScriptedFeed(frames or FULL)
    hands = options.pop("hands", Hands())
    chosen = options.pop("settings", fixtures.settings())
    app = DivmonApp(feed, chosen, monotonic=hands.monotonic, wall=hands.wall, **options)
    async with app.run_test(size=size) as pilot:
        await settle(app, pilot, feed)
        up = Opened(app, pilot, feed)
        await up.press(*key.split())
        yield up
