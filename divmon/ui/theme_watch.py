"""Follows the user's folder of themes while the screen runs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from textual.theme import Theme

from divmon.errors import ThemeError
from divmon.settings_watch import SETTLE_S, Stamp, stamp_of
from divmon.ui.theme import load_theme

LOOK_S = 2.0  # seconds between two looks


@dataclass(frozen=True)
class Changed:
    """Themes that came or changed, those that are gone, and what is wrong with others."""

    taken: dict[str, Theme]
    removed: tuple[str, ...]
    failures: tuple[str, ...]


class ThemeWatch:
    """The theme files of one folder, which need not be there.

    As with the settings, a file is read once two looks in a row have found the same.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known = self._seen = self._stamps()

    async def changes(
        self, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> AsyncIterator[Changed]:
        """Yield what changes, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await sleep(LOOK_S if self._seen == self._known else SETTLE_S)
            if (found := await loop.run_in_executor(None, self.look)) is not None:
                yield found

    def look(self) -> Changed | None:
        """Return what is new since the last look. Blocks while the disk does."""
        now, before = self._stamps(), self._seen
        self._seen = now
        if now != before or now == self._known:
            return None
        known, self._known = self._known, now
        taken: dict[str, Theme] = {}
        failures: list[str] = []
        for path, stamp in now.items():
            if known.get(path) != stamp:
                try:
                    taken[path.stem] = load_theme(path)
                except ThemeError as error:
                    failures.append(str(error))
        removed = tuple(path.stem for path in known if path not in now)
        return Changed(taken, removed, tuple(failures))

    def _stamps(self) -> dict[Path, Stamp]:
        try:
            # not glob: once a second, with nothing there, it was 1.5 % of all that a screen costs
            paths = sorted(path for path in self.folder.iterdir() if path.suffix == ".toml")
        except OSError:
            return {}  # there is no such folder
        found = ((path, stamp_of(path)) for path in paths)
        return {path: stamp for path, stamp in found if stamp is not None}
