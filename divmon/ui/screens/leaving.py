"""A screen that can be left once.

Two keys that close a screen may both reach it before it is gone: Textual would pop
whatever lies underneath for the second, and end the program at the last screen.
"""

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import Screen

Result = TypeVar("Result")


class Leaving(Screen[Result]):
    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Leave the screen if it is still up."""
        if self.app.screen_stack[-1] is not self:
            return AwaitComplete()
        return super().dismiss(result)
