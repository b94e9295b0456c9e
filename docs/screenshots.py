"""Take the screenshots of the README, with the program itself: `make screenshots`.

The demo is played without a terminal; what is drawn is written as SVG.
"""

import asyncio
import sys
from pathlib import Path

from textual.pilot import Pilot

from divmon import settings
from divmon.cli import loop
from divmon.link.local import LocalFeed
from divmon.ui.app import DivmonApp

FOLDER = Path(__file__).with_name("screenshots")
SHOTS = {
    "main-200x60": ((200, 60), "night"),
    "main-120x36": ((120, 36), "night"),
    "main-80x24": ((80, 24), "night"),
    "day-120x36": ((120, 36), "day"),
    "contrast-120x36": ((120, 36), "contrast"),
}
PATIENCE = 30.0  # seconds for the first board
SETTLE = 2.0  # seconds for every panel to have drawn it


async def shoot(name: str, size: tuple[int, int], theme: str) -> None:
    """Write one screenshot.

    Raises:
        TimeoutError: The demo's board did not come.
    """
    chosen = settings.from_text(
        f'[general]\ntheme = "{theme}"\ntime_zone = "UTC"\n[display]\nglyphs = "unicode"\n', name
    )
    app = DivmonApp(LocalFeed(chosen, "demo", None), chosen)

    async def pilot(_: Pilot[object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while app.view.reading is None or app.view.reading.abc.score is None:
                await asyncio.sleep(0.05)
        await asyncio.sleep(SETTLE)
        FOLDER.mkdir(exist_ok=True)
        path = FOLDER / f"{name}.svg"
        path.write_text(app.export_screenshot(title="divmon --source demo"), encoding="utf-8")
        sys.stdout.write(f"{path}\n")
        app.exit()

    await app.run_async(headless=True, size=size, auto_pilot=pilot)


if __name__ == "__main__":
    for _name, (_size, _theme) in SHOTS.items():
        loop.run(shoot(_name, _size, _theme))
