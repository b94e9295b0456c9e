"""Panels with more lines than room: scrolled by key and wheel, some with a cursor."""

from rich.segment import Segment
from textual import events
from textual.message import Message

from divmon.ui.i18n import _
from divmon.ui.widgets.panel import Framed, Line, width_of


class Scrolled(Framed):
    """A fixed head, and lines of which as many are seen as there is room for."""

    top = 0  # the first line in sight
    count = 0  # lines, as of the last painting
    room = 0  # lines in sight

    def head(self, width: int) -> list[Line]:
        """Return the lines that stay: the names of columns."""
        return []

    def lines(self, width: int) -> list[Line]:
        """Return all lines, top to bottom."""
        raise NotImplementedError

    def inside(self, width: int, height: int) -> list[Line]:
        head = self.head(width)
        lines = self.lines(width)
        self.count, self.room = len(lines), max(0, height - len(head))
        self.keep_in_sight()
        return [*head, *lines[self.top : self.top + self.room]]

    def keep_in_sight(self) -> None:
        self.top = max(0, min(self.top, self.count - self.room))

    def move(self, step: int) -> None:
        """Go down by `step` lines, within the text."""
        self.top += step
        self.keep_in_sight()
        self.show()

    def position(self) -> str:
        """Return which lines are in sight, nothing where all are."""
        if self.count <= self.room:
            return ""
        seen = f"{self.top + 1}-{min(self.count, self.top + self.room)}"
        return _("{some} of {count}").format(some=seen, count=self.count)

    def aside(self) -> str:
        return self.position()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self.move(1)
        event.stop()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.move(-1)
        event.stop()


class Listed(Scrolled):
    """Lines with a cursor. A click chooses a line, and opens it when it is chosen already."""

    class Moved(Message):
        """The cursor is on another line."""

    class Opened(Message):
        """Somebody wants to see all of the line under the cursor."""

    cursor = 0

    @property
    def has_cursor(self) -> bool:
        """Whether the lines are ones to choose from, and no word on why there are none."""
        return True

    def move(self, step: int) -> None:
        self.go(self.cursor + step)

    def go(self, line: int) -> None:
        """Put the cursor on a line, the nearest there is."""
        self.cursor = max(0, min(line, self.count - 1))
        self.show()
        self.post_message(self.Moved())

    def keep_in_sight(self) -> None:
        self.cursor = max(0, min(self.cursor, self.count - 1))
        self.top = max(self.top, self.cursor - self.room + 1)
        self.top = max(0, min(self.top, self.cursor, self.count - self.room))

    def inside(self, width: int, height: int) -> list[Line]:
        lines = super().inside(width, height)
        at = len(lines) - min(self.room, self.count - self.top) + self.cursor - self.top
        if self.has_cursor and self.count and 0 <= at < len(lines):
            lines[at] = self._chosen(lines[at], width)
        return lines

    def _chosen(self, line: Line, width: int) -> Line:
        """Lay the cursor's colour over a line, and its mark over the space that it begins with."""
        ink = self.desk.ink
        line = [*line, Segment(" " * max(0, width - width_of(line)), ink.text)]
        first = line[0]
        if first.text[:1] == " ":
            line[:1] = [Segment("▸", ink.key), Segment(first.text[1:], first.style)]
        return [Segment(text, (style or ink.text) + ink.cursor) for text, style, _ in line]

    def on_click(self, event: events.Click) -> None:
        framed = self.size.width >= 8 and self.size.height >= 3
        line = event.y - framed - len(self.head(self.size.width - 4 * framed)) + self.top
        if event.y < framed or not 0 <= line < self.count or line >= self.top + self.room:
            return
        if line == self.cursor:
            self.post_message(self.Opened())
        else:
            self.go(line)
