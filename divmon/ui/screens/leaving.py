"""A screen that can be left once.

Two keys that close a screen may both reach it before it is gone: Textual would pop
whatever lies underneath for the second, and end the program at the last screen.
"""

from contextlib import suppress
from typing import Any, TypeVar

from textual.await_complete import AwaitComplete
from textual.command import CommandPalette
from textual.screen import Screen

Result = TypeVar("Result")


def _left(screen: Screen[Any]) -> bool:
    return screen.app.screen_stack[-1] is not screen


class Leaving(Screen[Result]):
    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Leave the screen if it is still up."""
        return AwaitComplete() if _left(self) else super().dismiss(result)


class Palette(CommandPalette):
    """Textual's command palette, in which Enter may be pressed twice."""

    # no mixin: Textual takes component classes from the first base alone

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Leave the palette if it is still up."""
        return AwaitComplete() if _left(self) else super().dismiss(result)

    def _action_command_list(self, action: str) -> None:
        # a page key while the list is filled anew: Textual 8.2 looks up lines it has not yet
        with suppress(KeyError):
            super()._action_command_list(action)
