"""What every screen of ours does: it can be left once, and hides what lies underneath.

Two keys that close a screen may both reach it before it is gone: Textual would pop
whatever lies underneath for the second, and end the program at the last screen.

A screen through which the board can be seen is blended with it at every frame, which
was half of what opening the help cost; and the board stands still underneath. What a
panel of a covered screen changes has the one on top painted anew, all of it: see
`Panel.can_be_seen`.
"""

from typing import TypeVar

from rich.style import Style
from textual.await_complete import AwaitComplete
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip

from divmon.ui.widgets.panel import Desk, filtered

Result = TypeVar("Result")


class Leaving(Screen[Result]):
    desk: Desk
    _blank: tuple[tuple[int, Style], Strip] | None = None  # a line of background

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Leave the screen if it is still up."""
        return super().dismiss(result) if self.is_active else AwaitComplete()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Hand out the background that the panels leave free: at every frame, as they do."""
        looks = (crop.width, self.desk.ink.text)
        if self._blank is None or self._blank[0] != looks:
            self._blank = looks, filtered(self, Strip.blank(*looks))
        return [self._blank[1]] * crop.height
