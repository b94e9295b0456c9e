"""The markets table: one line a row, only changed cells repainted."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message

from divmon.reading.model import Instrument
from divmon.ui.theme import Ink
from divmon.ui.view import View
from divmon.ui.widgets.chart import sparkline
from divmon.ui.widgets.panel import Desk, Framed, Line, width_of
from divmon.ui.words import NONE, age, arrow, clean, fit, percent, price, run, signed

Text = tuple[str, Style]
Key = Callable[[View, str], float | None]


@dataclass(frozen=True)
class Column:
    """One column; `need` is the width of table from which it is shown."""

    name: str
    width: int
    need: int
    text: "Callable[[Row], Line]"
    key: Key | None = None  # what `s` and a click on the heading sort by, largest first
    left: bool = False


@dataclass(frozen=True)
class Row:
    """What a cell is drawn from."""

    name: str
    group: str
    row: Instrument
    ink: Ink  # dimmed when the row is stale
    loud: Style  # for the word that says so
    view: View
    width: int = 0


def _return(window: str) -> "Callable[[Row], Line]":
    def text(at: Row) -> Line:
        value = at.row.returns.get(window)
        if value is None:
            return [Segment(NONE, at.ink.muted)]
        text = percent(value)
        # a change that rounds to nothing has no direction
        sign = None if text == percent(0.0) else value
        return [Segment(f"{arrow(sign)} {text}", at.ink.by_sign(sign))]

    return text


def _return_key(window: str) -> Key:
    return lambda view, name: view.rows[name].returns.get(window)


def _name(at: Row) -> Line:
    return [Segment(fit(at.name, 8), at.ink.bold if not at.ink.dimmed else at.ink.text)]


def _last(at: Row) -> Line:
    return [Segment(price(at.row.last, at.row.decimals), at.ink.text)]


def _from_high(at: Row) -> Line:
    """A record only where the data says so: confirmed in words, provisional in italics."""
    high = at.row.high
    if high.record_close:
        return [Segment("record", at.ink.warn)]
    if high.provisional_record:
        return [Segment("record?", at.ink.provisional)]
    if high.from_high is None:
        return [Segment(NONE, at.ink.muted)]
    return [Segment(f"{percent(high.from_high, 1)} %", at.ink.text)]


def _streak(at: Row) -> Line:
    """Confirmed closes; what the running bar would make of them dimmed behind it."""
    streak = at.row.streak
    count = streak.close if streak.close is not None else streak.candle
    text = run(count)
    if streak.broken_by is not None and count:
        text = f"≥{text}"
    line = [Segment(text, at.ink.by_sign(count))]
    if streak.running and count:
        line.append(Segment("+" if streak.running * count > 0 else "!", at.ink.provisional))
    else:
        line.append(Segment(" ", at.ink.text))
    return line


def _versus(at: Row) -> Line:
    value = at.row.vs_btc20
    if value is None:
        return [Segment(NONE, at.ink.muted)]
    return [Segment(f"{signed(100 * value, 1)} pp", at.ink.by_sign(value))]


def _volatility(at: Row) -> Line:
    value = at.row.volatility.percentile_all
    return [Segment(NONE if value is None else f"{100 * value:.0f}", at.ink.muted)]


def _correlation(at: Row) -> Line:
    reading = at.view.reading
    pair = reading.correlation.get(f"BTC/{at.name}") if reading else None
    return [Segment(signed(pair.d60.r) if pair else NONE, at.ink.muted)]


def _spark(at: Row) -> Line:
    values = at.row.sparkline
    text = sparkline(values, at.width)
    rise = values[-1] - values[-len(text)] if text else 0.0
    return [Segment(fit(text, at.width), at.ink.by_sign(rise))]


def _label(at: Row) -> Line:
    note = at.row.note or at.row.label
    return [Segment(fit(note, at.width), at.ink.muted)]


def _session(at: Row) -> Line:
    return [Segment(at.row.session or NONE, at.ink.muted)]


def _age(at: Row) -> Line:
    """How old the price is, and the state in a word where it is not simply live."""
    state, old = at.view.state(at.name), age(at.view.age(at.name))
    if state == "missing":
        return [Segment("missing", at.loud)]
    word = {"live": "", "simulated": "", "closed": "", "delayed": "delay "}.get(state, "stale ")
    return [Segment(word + old, at.loud if state == "stale" else at.ink.muted)]


COLUMNS = (
    Column("", 8, 0, _name, left=True),
    Column("last", 10, 0, _last),
    Column("1d", 8, 0, _return("1"), _return_key("1")),
    Column("5d", 8, 58, _return("5"), _return_key("5")),
    Column("20d", 8, 68, _return("20"), _return_key("20")),
    Column("YTD", 8, 116, _return("ytd"), _return_key("ytd")),
    Column("from high", 9, 78, _from_high, lambda view, name: view.rows[name].high.from_high),
    Column("streak", 9, 40, _streak, lambda view, name: _count(view.rows[name])),
    Column("vs BTC 20d", 10, 98, _versus, lambda view, name: view.rows[name].vs_btc20),
    Column("vol pct", 7, 150, _volatility, lambda v, n: v.rows[n].volatility.percentile_all),
    Column("r 60d", 6, 150, _correlation),
    Column("30 closes", 30, 160, _spark, left=True),
    Column("", 19, 180, _label, left=True),
    Column("session", 7, 140, _session),
    Column("age", 10, 58, _age, lambda view, name: _young(view, name)),
)
SHORT_SPARK = Column("20 closes", 20, 112, _spark, left=True)
GROUP_WIDTH = 9  # of the column with the group's name, from GROUP_NEED on
GROUP_NEED = 104
SORTS = tuple(column.name for column in COLUMNS if column.key is not None)


def _count(row: Instrument) -> float | None:
    count = row.streak.close if row.streak.close is not None else row.streak.candle
    return None if count is None else float(count)


def _young(view: View, name: str) -> float | None:
    old = view.age(name)
    return None if old is None else -old


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

    title = "Markets"

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
        text = f"{name} {group} {row.label if row else ''}".casefold()
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

    def next_sort(self) -> None:
        """Go on to the next column that can be seen, and after the last to the own order."""
        names = ["", *(c.name for c, _ in self._columns(self._inner()) if c.key is not None)]
        at = names.index(self.sort) if self.sort in names else 0
        self.sort, self.reverse, self.top = names[(at + 1) % len(names)], False, 0
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
        return width >= 8 and height >= 3 and width >= 100

    def _inner(self) -> int:
        return self.size.width - 4 if self._framed(*self.size) else self.size.width

    def _body(self) -> int:
        """Rows in sight: the height less heading and frame."""
        return max(0, self.size.height - (3 if self._framed(*self.size) else 1))

    def _columns(self, width: int) -> list[tuple[Column, int]]:
        """Return the columns that a table of `width` has room for, and where each starts."""
        gap = 2 if width >= 150 else 1
        x = 1 + (GROUP_WIDTH + 1 if width >= GROUP_NEED else 0)
        placed = []
        for column in COLUMNS:
            chosen = column
            if column.text is _spark and not column.need <= width and SHORT_SPARK.need <= width:
                chosen = SHORT_SPARK
            if width >= chosen.need and x + chosen.width <= width:
                placed.append((chosen, x))
                x += chosen.width + gap
        return placed

    def aside(self) -> str:
        body, count = self._body(), len(self._order)
        parts = [f"sorted: {self.sort or 'own order'}"]
        if self.filter:
            parts.append(f"filter: {clean(self.filter)}")
        if count > body > 0:
            parts.append(f"{self.top + 1}-{min(count, self.top + body)} of {count}")
        return " · ".join([*parts, "s sort", "/ filter", "Enter open"])

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
            what = f'nothing matches "{clean(self.filter)}"' if self.filter else "no instruments"
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
            name = column.name
            if name and name == self.sort:
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
        if columns and columns[0][1] > 1:
            shown = fit(group, GROUP_WIDTH) if head and not self.sort else " " * GROUP_WIDTH
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
            mark = Segment("▸", ink.key)
            line = [mark, *_skip(line, 1)]
            line = [Segment(text, (style or ink.text) + ink.cursor) for text, style, _ in line]
        return line

    def show_rows(self, names: Iterable[str]) -> None:
        """Repaint the lines of `names`, as far as they are in sight."""
        width, height = self.size
        if self._painted != (width, height):
            self.refresh()
            return
        if not self.can_be_seen:
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
