"""The widget under every panel: lines in, changed cells out.

A panel paints plain lines of Segments. `show` paints anew, compares with what is on
the screen and asks Textual to repaint only the cells that differ: at ten ticks a
second a price costs some 100 bytes, not a line of 200 cells.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from itertools import zip_longest
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.filter import ANSIToTruecolor
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from divmon.settings import Settings
from divmon.ui.glyphs import ASCII, wants_ascii
from divmon.ui.i18n import _, language
from divmon.ui.keys import first_shown
from divmon.ui.theme import Ink
from divmon.ui.view import View
from divmon.ui.words import clean, fit

Line = list[Segment]
EMPTY: Line = []  # one object, which nobody adds to: its box is the same from frame to frame


class Finished(list[Segment]):
    """A line made harmless, in the chosen glyphs and `width` cells; finishing it again is free."""

    __slots__ = ("width",)

    def __init__(self, segments: Iterable[Segment], width: int) -> None:
        super().__init__(segments)
        self.width = width


# Cells between two changed ones that are sent along: a cursor move costs four bytes, and
# each piece some time of the CPU.
BRIDGE = 4


@dataclass
class Desk:
    """What all panels draw from. The screen replaces `view` to pause and `ink` to dim."""

    view: View
    ink: Ink
    settings: Settings
    ascii: bool = False
    zone: tzinfo | None = None  # of the viewer; None is the machine's own
    repainted: int = 0  # lines, ever: whether a drawing has changed anything

    def follow(self, settings: Settings) -> None:
        """Write as other settings want it from now on."""
        self.settings = settings
        self.ascii = wants_ascii(settings.display.glyphs)
        zone = settings.general.time_zone
        self.zone = None if zone == "local" else ZoneInfo(zone)

    def key(self, *names: str) -> str:
        """Return the keys of actions, as the screen writes them; "" where none has one."""
        keys = self.settings.keys
        return " ".join(filter(None, (first_shown(keys[name]) for name in names)))


def width_of(line: Sequence[Segment]) -> int:
    """Return the cells that a line takes."""
    return sum(len(text) if text.isascii() else cell_len(text) for text, _, _ in line)


def between(left: Line, right: Line, width: int, ink: Ink) -> Line:
    """Return one line of `width`: `left`, space, `right`; `right` is dropped if it has no room."""
    room = width - width_of(left) - width_of(right)
    if room < 1:
        return left
    return [*left, Segment(" " * room, ink.text), *right]


def cells(line: Sequence[Segment]) -> Iterator[tuple[str, Style | None]]:
    """Yield one item a cell; the second half of a wide character is an empty string."""
    for text, style, _control in line:
        if text.isascii():
            for character in text:
                yield character, style
        else:
            for character in text:
                yield character, style
                if Segment(character).cell_length == 2:
                    yield "", style


def changed_spans(old: Sequence[Segment], new: Sequence[Segment]) -> list[tuple[int, int]]:
    """Return the (start, end) cells in which two lines differ, near ones joined."""
    spans: list[tuple[int, int]] = []
    for x, (before, after) in enumerate(zip_longest(cells(old), cells(new))):
        # a wide character is sent whole: its second half is the same emptiness in all of them
        half = bool(spans) and spans[-1][1] == x and after is not None and not after[0]
        if before != after or half:
            if spans and x - spans[-1][1] <= BRIDGE:
                spans[-1] = (spans[-1][0], x + 1)
            else:
                spans.append((x, x + 1))
    return spans


def filtered(widget: Widget, strip: Strip) -> Strip:
    """Return a strip as Textual's filters (NO_COLOR) want it."""
    for each in widget.get_line_filters():
        if not isinstance(each, ANSIToTruecolor):  # our ink is that already
            strip = strip.apply_filter(each, widget.background_colors[1])
    return strip


class Panel(Widget):
    """A rectangle of lines, drawn from the desk."""

    DEFAULT_CSS = "Panel { height: 1; }"
    ALLOW_SELECT = False  # a board that repaints itself under a selection is no text to copy

    def __init__(self, desk: Desk, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self.desk = desk
        self._lines: list[Line] = []
        self._strips: list[Strip] = []
        self._painted = (0, 0)
        self._known: dict[str, tuple[object, Finished]] = {}

    def once(self, name: str, key: object, width: int, make: Callable[[], Line]) -> "Finished":
        """Return the finished line `name`, made anew only when `key`, ink or width changed.

        A line that is the same object as before costs nothing to compare with the screen.
        """
        full = (key, width, self.desk.ink, self.desk.ascii, language())
        known = self._known.get(name)
        if known is None or known[0] != full:
            known = self._known[name] = (full, self.finish(make(), width))
        return known[1]

    def paint(self, width: int, height: int) -> list[Line]:
        """Return the panel's lines, top to bottom; too many or too long ones are cut."""
        raise NotImplementedError

    def painted(self, width: int, height: int) -> list[Line]:
        """Return exactly `height` finished lines of `width` cells."""
        lines = self.paint(width, height)[:height]
        lines += [EMPTY] * (height - len(lines))
        return [self.finish(line, width) for line in lines]

    def finish(self, line: Line, width: int) -> Finished:
        """Make every text of a line harmless, in the chosen glyphs, `width` cells together."""
        if isinstance(line, Finished) and line.width == width:
            return line
        done = []
        for text, style, _control in line:
            safe = clean(text)
            done.append(Segment(safe.translate(ASCII) if self.desk.ascii else safe, style))
        strip = Strip(done)
        if strip.cell_length > width > 1 and strip.crop(width - 1).text.strip():
            # a number that is cut must not read as another number
            cut = "~" if self.desk.ascii else "…"
            strip = Strip([*strip.crop(0, width - 1), Segment(cut, self.desk.ink.muted)])
        return Finished(strip.adjust_cell_length(width, self.desk.ink.text), width)

    def show(self) -> None:
        """Repaint what differs from the screen; do nothing where nobody can see it."""
        if not self.can_be_seen:
            return
        width, height = self.size
        if self._painted != (width, height):
            self.refresh()
            return
        for y, line in enumerate(self.painted(width, height)):
            self.swap(y, line)

    def swap(self, y: int, line: Line) -> None:
        """Put a finished line in place of line `y`, and mark the cells that differ."""
        old = self._lines[y]
        if old is not line and old != line:
            self._lines[y] = line
            self.desk.repainted += 1
            self._strips[y] = self._strip(line)
            self.refresh(
                *(Region(start, y, end - start, 1) for start, end in changed_spans(old, line))
            )

    @property
    def can_be_seen(self) -> bool:
        """Whether it has a place, on the screen that is on top.

        Not `is_current`: to Textual the screen under the top one always is, and sends all of
        the upper one for what changes in there. A screen that comes up again draws itself.
        """
        return self.display and self.size.area > 0 and self.screen.is_active

    def repaint(self) -> None:
        """Paint everything anew: other colours, another size."""
        self._painted = (0, 0)
        self.refresh()

    def notify_style_update(self) -> None:
        self._painted = (0, 0)
        super().notify_style_update()

    def _strip(self, line: Line) -> Strip:
        """Turn a finished line into what Textual composes."""
        return filtered(self, Strip(line, line.width if isinstance(line, Finished) else None))

    def render_line(self, y: int) -> Strip:
        width = self._paint_if_needed()
        return self._strips[y] if y < len(self._strips) else Strip.blank(width)

    def _paint_if_needed(self) -> int:
        """Paint all lines if the size or the ink is new; return the width."""
        width, height = self.size
        if self._painted != (width, height):
            self._lines = self.painted(width, height)
            self._strips = [self._strip(line) for line in self._lines]
            self._painted = (width, height)
        return width

    def render_lines(self, crop: Region) -> list[Strip]:
        """Hand out the finished strips.

        Textual asks every panel for all its lines at every frame, whatever changed. Its
        cache of styled lines answers in 0.3 ms a panel, which for ten panels ten times a
        second is 3 % of a core; a panel without border, padding and opacity needs none.
        """
        width = self._paint_if_needed()
        strips = self._strips[crop.y : crop.bottom]
        strips += [Strip.blank(width)] * (crop.height - len(strips))
        if crop.column_span != (0, width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips


def tab_name(panel: str) -> str:
    """Return what a panel is called on a tab: Streaks, but ABC."""
    return panel.upper() if len(panel) == 3 else panel.capitalize()


class Framed(Panel):
    """A panel in a box with a title on its upper edge, and a word or two at its right."""

    title = ""
    sharing: tuple[str, ...] = ()  # ids of the panels that this one shares its place with
    marked = False  # chosen by Tab: `z` is about it

    def __init__(self, desk: Desk, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(desk, id=id)
        self._boxes: dict[int, tuple[Line, object, Finished]] = {}

    def inside(self, width: int, height: int) -> list[Line]:
        """Return the lines within the frame, `width` x `height` cells."""
        raise NotImplementedError

    def heading(self) -> Line:
        """Return the title as it stands on the upper edge, or the tabs of all that share it."""
        ink = self.desk.ink
        if not self.sharing:
            return [Segment(_(self.title), ink.title)]
        line: Line = []
        for name in self.sharing:
            style = ink.title + Style(reverse=True) if name == self.id else ink.muted
            click = Style(meta={"@click": f"screen.tab('{name}')"})
            line += [Segment(f" {_(tab_name(name))} ", style + click), Segment(" ", ink.text)]
        return [*line, Segment(self.desk.key("tab"), ink.key)]

    def aside(self) -> str:
        """Return what stands at the right of the upper edge."""
        return ""

    @property
    def framed(self) -> bool:
        """Whether there is a frame, and so a title on the first line."""
        return self.size.width >= 8 and self.size.height >= 3

    def paint(self, width: int, height: int) -> list[Line]:
        ink = self.desk.ink
        if width < 8 or height < 3:
            return self.inside(width, height)
        inner = width - 4
        body = self.inside(inner, height - 2)[: height - 2]
        body += [EMPTY] * (height - 2 - len(body))
        title, right = self.heading(), self.aside()
        if self.marked:
            title = [Segment("▸", ink.key), *title]
        lines: list[Line] = [
            self.once("top", (title, right), width, lambda: self._top(title, right, width))
        ]
        lines += [self._side_by_side(y, line, width) for y, line in enumerate(body)]
        foot = [Segment("╰" + "─" * (width - 2) + "╯", ink.frame)]
        lines.append(self.once("foot", None, width, lambda: foot))
        return lines

    def _side_by_side(self, y: int, line: Line, width: int) -> Finished:
        """Return the boxed line, the same object as before for the same line."""
        known = self._boxes.get(y)
        full = (width, self.desk.ink, self.desk.ascii)
        if known is None or known[0] is not line or known[1] != full:
            known = self._boxes[y] = (line, full, self.boxed(line, width))
        return known[2]

    def boxed(self, line: Line, width: int) -> Finished:
        """Put the sides of the frame about an inner line."""
        ink = self.desk.ink
        side, space = Segment("|" if self.desk.ascii else "│", ink.frame), Segment(" ", ink.text)
        return Finished([side, space, *self.finish(line, width - 4), space, side], width)

    def _top(self, title: Line, aside: str, width: int) -> Line:
        ink = self.desk.ink
        left = width_of(title)
        right = clean(aside)
        room = width - left - 6
        while " · " in right and room < cell_len(right) + 4:
            right = right.rpartition(" · ")[0]  # a whole part less, before a word is cut
        if right and room < cell_len(right) + 4:
            right = fit(right, room - 4) if room > 16 else ""
        rule = room - (Segment(right).cell_length + 2 if right else 0)
        line = [Segment("╭─ ", ink.frame), *title, Segment(" " + "─" * max(rule, 0), ink.frame)]
        if right:
            line.append(Segment(f" {right} ", ink.muted))
        line.append(Segment("─╮", ink.frame))
        return line
