"""The markets table: one line a row, only changed cells repainted."""

from collections.abc import Iterable

from rich.segment import Segment
from textual import events
from textual.message import Message

from divmon.reading.model import Instrument
from divmon.ui.i18n import N_, _
from divmon.ui.widgets.columns import (
    AGE,
    COLUMNS,
    GROUP_NEED,
    GROUP_WIDTH,
    NAME,
    Column,
    Row,
    wanted,
)
from divmon.ui.widgets.panel import Desk, Framed, Line, width_of
from divmon.ui.words import age, clean, fit


class Markets(Framed):
    """Every instrument but BTC, in the watchlist's order or sorted.

    A sorted order is made when the key is pressed and when a bar closes, never per
    tick: rows that move under the eye cannot be read.
    """

    class Opened(Message):
        """Somebody wants to see all of one instrument."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    title = N_("Markets")

    def __init__(self, desk: Desk, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(desk, id=id)
        self.sort = ""  # a column's name; empty: own order
        self.reverse = False
        self.filter = ""
        self.cursor = ""  # an instrument's name
        self.top = 0  # the first row in sight
        self._order: list[tuple[str, str]] = []
        self._ages: dict[str, str] = {}

    # -- order -----------------------------------------------------------------

    def reorder(self) -> None:
        """Filter and sort anew; the cursor stays on its instrument."""
        view = self.desk.view
        rows = [(group, name) for group, name in view.order() if self._wanted(group, name)]
        key = next((column.key for column in COLUMNS if column.name == self.sort), None)
        if self.sort and key is not None:
            values = {name: key(view, name) if name in view.rows else None for _, name in rows}
            rows.sort(
                key=lambda item: (
                    (value := values[item[1]]) is None,
                    0.0 if value is None else value if self.reverse else -value,
                )
            )
        self._order = rows
        names = [name for _, name in rows]
        if self.cursor not in names:
            self.cursor = names[0] if names else ""

    def _wanted(self, group: str, name: str) -> bool:
        if not self.filter:
            return True
        row = self.desk.view.rows.get(name)
        label = row.label if row else ""
        text = f"{name} {group} {_(group)} {label} {_(label)}".casefold()
        return all(word in text for word in self.filter.casefold().split())

    def sort_by(self, name: str) -> None:
        """Sort by a column, largest first; a second time smallest first, a third own order."""
        if self.sort != name:
            self.sort, self.reverse = name, False
        elif not self.reverse:
            self.reverse = True
        else:
            self.sort, self.reverse = "", False
        self.top = 0
        self.reorder()
        self.repaint()

    def next_sort(self, step: int = 1) -> None:
        """Go on to the next column that can be seen, and after the last to the own order."""
        names = ["", *(c.name for c, _ in self._columns(self._inner()) if c.key is not None)]
        at = names.index(self.sort) if self.sort in names else 0
        self.sort, self.reverse, self.top = names[(at + step) % len(names)], False, 0
        self.reorder()
        self.repaint()

    # -- cursor ------------------------------------------------------------------

    def move(self, step: int) -> None:
        """Move the cursor by `step` rows, within the table."""
        names = [name for _, name in self._order]
        if not names:
            return
        at = names.index(self.cursor) if self.cursor in names else 0
        self.cursor = names[min(len(names) - 1, max(0, at + step))]
        self._keep_in_sight(self._body())
        self.show()

    def _keep_in_sight(self, body: int) -> None:
        names = [name for _, name in self._order]
        at = names.index(self.cursor) if self.cursor in names else 0
        self.top = max(0, min(self.top, at, len(names) - body), at - body + 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self.move(1)
        event.stop()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.move(-1)
        event.stop()

    def on_click(self, event: events.Click) -> None:
        """Choose the row, open it when it is chosen already; sort by a heading."""
        framed = self._framed(*self.size)
        x, y = event.x - 2 * framed, event.y - framed
        if y == 0:
            for column, start in self._columns(self._inner()):
                if column.key is not None and start <= x < start + column.width:
                    self.sort_by(column.name)
            return
        at = self.top + y - 1
        if y < 1 or y > self._body() or at >= len(self._order):
            return
        name = self._order[at][1]
        if name == self.cursor:
            self.post_message(self.Opened(name))
        else:
            self.cursor = name
            self.show()

    # -- drawing -----------------------------------------------------------------

    @staticmethod
    def _framed(width: int, height: int) -> bool:
        return height >= 3 and width >= 100

    @property
    def framed(self) -> bool:
        return self._framed(*self.size)

    def _inner(self) -> int:
        return self.size.width - 4 if self._framed(*self.size) else self.size.width

    def _body(self) -> int:
        """Rows in sight: the height less heading and frame."""
        return max(0, self.size.height - (3 if self._framed(*self.size) else 1))

    def _columns(self, width: int) -> list[tuple[Column, int]]:
        """Return the columns that a table of `width` has room for, and where each starts.

        Where not all fit, those go first that need the widest table, or that stand last in
        the settings; the name and the age stay.
        """
        gap = 2 if width >= 150 else 1
        left = 1 + (GROUP_WIDTH + 1 if width >= GROUP_NEED else 0)
        named = self.desk.settings.display.columns
        chosen = [c for c in wanted(named) if named or c.need <= width]
        while left + sum(column.width + gap for column in chosen) - gap > width:
            others = [column for column in chosen if column not in (NAME, AGE)]
            if not others:
                break
            chosen.remove(others[-1] if named else max(others, key=lambda column: column.need))
        if len(chosen) == 2 and AGE in chosen and left + sum(c.width + gap for c in chosen) > width:
            chosen.remove(AGE)
        placed = []
        for column in chosen:
            placed.append((column, left))
            left += column.width + gap
        return placed

    @property
    def subject(self) -> str:
        """Return the key of the row's value that the table is sorted by, its price if by none."""
        column = next((each for each in COLUMNS if each.name == self.sort), NAME)
        return column.value.format(name=self.cursor) if self.cursor else ""

    def aside(self) -> str:
        body, count = self._body(), len(self._order)
        parts = [_("sorted: {name}").format(name=_(self.sort or N_("own order")))]
        if self.filter:
            parts.append(_("filter: {text}").format(text=clean(self.filter)))
            parts.append(_("{key} all rows").format(key=self.desk.key("clear")))
        if count > body > 0:
            seen = f"{self.top + 1}-{min(count, self.top + body)}"
            parts.append(_("{some} of {count}").format(some=seen, count=count))
        key = self.desk.key
        parts += [
            _("{key} sort").format(key=key("sort")),
            _("{key} filter").format(key=key("filter")),
            _("{key} open").format(key=key("open")),
        ]
        return " · ".join(part.strip() for part in parts)

    def paint(self, width: int, height: int) -> list[Line]:
        self.reorder_once()
        framed = self._framed(width, height)
        self._keep_in_sight(max(0, height - (3 if framed else 1)))
        return super().paint(width, height) if framed else self.inside(width, height)

    def reorder_once(self) -> None:
        """Make the first order; later ones are made when there is a reason."""
        if not self._order:
            self.reorder()

    def inside(self, width: int, height: int) -> list[Line]:
        ink = self.desk.ink
        columns = self._columns(width)
        lines = [self._heading(columns)]
        shown = self._order[self.top : self.top + height - 1]
        if not shown:
            what = (
                _('nothing matches "{text}"').format(text=clean(self.filter))
                if self.filter
                else _("no instruments")
            )
            return [*lines, [Segment(f" {what}", ink.muted)]]
        for n, (group, name) in enumerate(shown):
            head = n == 0 or shown[n - 1][0] != group
            lines.append(self._row_line(group, name, head, columns, width))
        return lines

    def _heading(self, columns: list[tuple[Column, int]]) -> Line:
        ink = self.desk.ink
        line: Line = []
        for column, start in columns:
            line.append(Segment(" " * (start - width_of(line)), ink.text))
            name = _(column.name)
            if name and column.name == self.sort:
                mark = "▴" if self.reverse else "▾"
                line.append(Segment(fit(name + mark, column.width, right=not column.left), ink.key))
            else:
                line.append(Segment(fit(name, column.width, right=not column.left), ink.muted))
        return line

    def _row_line(
        self, group: str, name: str, head: bool, columns: list[tuple[Column, int]], width: int
    ) -> Line:
        view, ink = self.desk.view, self.desk.ink
        row = view.rows.get(name) or Instrument(state="missing")
        state = view.state(name)
        own = ink if state not in ("stale", "missing") or ink.dimmed else ink.dim()
        line: Line = []
        grouped = bool(columns) and columns[0][1] > 1
        if grouped:
            shown = fit(_(group), GROUP_WIDTH) if head and not self.sort else " " * GROUP_WIDTH
            line.append(Segment(f" {shown}", ink.title if not ink.dimmed else ink.stale))
        for column, start in columns:
            line.append(Segment(" " * (start - width_of(line)), own.text))
            cell = column.text(Row(name, group, row, own, ink.warn, view, column.width))
            room = column.width - width_of(cell)
            if room < 0:
                cell = [
                    Segment(
                        fit("".join(part.text for part in cell), column.width),
                        cell[0].style or own.text,
                    )
                ]
                room = 0
            pad = [Segment(" " * room, own.text)] if room else []
            line += [*cell, *pad] if column.left else [*pad, *cell]
        if name == self.cursor:
            line.append(Segment(" " * max(0, width - width_of(line)), own.text))
            # before the name: the group is not what is chosen
            mark = Segment("▸", ink.key)
            line = [line[0], mark, *line[2:]] if grouped else [mark, *_skip(line, 1)]
            line = [Segment(text, (style or ink.text) + ink.cursor) for text, style, _ in line]
        return line

    def show_rows(self, names: Iterable[str]) -> None:
        """Repaint the lines of `names`, as far as they are in sight."""
        if not self.can_be_seen:
            return
        width, height = self.size
        if self._painted != (width, height):
            self.refresh()
            return
        framed = self._framed(width, height)
        inner, body = self._inner(), self._body()
        columns = self._columns(inner)
        wanted = set(names)
        shown = self._order[self.top : self.top + body]
        for n, (group, name) in enumerate(shown):
            if name not in wanted:
                continue
            head = n == 0 or shown[n - 1][0] != group
            line = self._row_line(group, name, head, columns, inner)
            done = self.boxed(line, width) if framed else self.finish(line, width)
            self.swap(n + 1 + framed, done)

    def tick(self) -> None:
        """Repaint the rows whose age reads differently than a second ago."""
        view = self.desk.view
        now = {name: f"{view.state(name)} {age(view.age(name))}" for _, name in self._order}
        changed = [name for name, text in now.items() if self._ages.get(name) != text]
        self._ages = now
        self.show_rows(changed)


def _skip(line: Line, count: int) -> Line:
    """Return the line without its first `count` cells, which are plain spaces."""
    first = line[0]
    return [Segment(first.text[count:], first.style), *line[1:]]
