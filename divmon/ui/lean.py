"""A frugal way to write a frame's changed cells to the terminal.

Textual 8.2 crops an update at the right only: a price that changes in the middle of a
panel is sent with everything between it and the panel's left edge, and every run of
cells carries its full colours and a reset. Measured at ten ticks a second on 120 x 36,
that is 3.8 KiB/s; sending the changed cells alone, and of a style only what differs
from the cell before, a third of it. Two thirds of that third were the colours that each
frame began with: the pen of the frame before is mostly the right one.
"""

import time
from collections.abc import Callable
from functools import lru_cache
from types import TracebackType

from rich.color import ColorSystem
from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate

_SYSTEMS = {
    "truecolor": ColorSystem.TRUECOLOR,
    "256": ColorSystem.EIGHT_BIT,
    "standard": ColorSystem.STANDARD,
}
_RESET = "\x1b[0m"
_PLAIN = Style()
ANEW_S = 1.0  # after which a frame begins with all its colours, whatever is assumed


class Pen:
    """What style the terminal writes in, kept from one frame to the next.

    While it is entered, a frame that knows of it is written; all else that goes to the
    terminal must be led in by `lift`. Should another program have written there (`wall`),
    the wrong colour is gone within a second.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.style: Style | None = _PLAIN  # None: not known
        self._now = now
        self._anew = now()
        self._busy = False

    def __enter__(self) -> None:
        self._busy = True
        if (now := self._now()) - self._anew >= ANEW_S:
            self._anew, self.style = now, None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._busy = False

    def lift(self) -> str:
        """Return what brings the terminal back to its plain style, if it is not."""
        if self._busy or self.style is _PLAIN:
            return ""
        self.style = _PLAIN
        return _RESET


class LeanUpdate(CompositorUpdate):
    """The same cells as a ChopsUpdate, in fewer bytes."""

    def __init__(self, update: ChopsUpdate, pen: Pen) -> None:
        self.update = update
        self.pen = pen

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from self.update.__rich_console__(console, options)

    def render_segments(self, console: Console) -> str:
        """Return the escape sequences and texts that repaint the changed cells."""
        system = _SYSTEMS.get(console.color_system or "")
        if system is None:
            return self.update.render_segments(console)
        parts: list[str] = []
        style = self.pen.style
        at = (-1, -1)  # where the terminal's cursor is
        for y, first, last in self.update.spans:
            for end, (start, strip) in zip(
                self.update.chop_ends[y], self.update.chops[y].items(), strict=False
            ):
                if strip is None or start >= last or end <= first:
                    continue
                left, right = max(start, first), min(end, last)
                for text, chosen, control in strip.crop(left - start, right - start):
                    if control or not text:
                        continue
                    if at != (left, y):
                        parts.append(_move(at, left, y))
                        at = (left, y)
                    wanted = chosen or _PLAIN
                    if wanted is not style:
                        parts.append(transition(style, wanted, system))
                        style = wanted
                    parts.append(text)
                # a strip may hold wide characters: trust its length, not the texts'
                at = (-1, -1) if right < last else (right, y)
        self.pen.style = style
        return "".join(parts)


def _move(at: tuple[int, int], x: int, y: int) -> str:
    """Return what moves the cursor; within a line that is shorter from where it is."""
    if at[1] == y and x > at[0] >= 0:
        return f"\x1b[{x - at[0]}C"
    return Control.move_to(x, y).segment.text


@lru_cache(maxsize=4096)
def transition(old: Style | None, new: Style, system: ColorSystem) -> str:
    """Return what turns a terminal that writes in `old` to `new`: nothing, colours, or all."""
    whole = ["0", *_attributes(new), *_colours(new, system, _PLAIN)]
    if old is None:
        codes = whole
    else:
        codes = [*_switched(old, new), *_colours(new, system, old)]
        codes = min(codes, whole, key=lambda each: len(";".join(each)))
    return f"\x1b[{';'.join(codes)}m" if codes else ""


def _attributes(style: Style) -> list[str]:
    pairs = (
        (style.bold, "1"),
        (style.dim, "2"),
        (style.italic, "3"),
        (style.underline, "4"),
        (style.blink, "5"),
        (style.reverse, "7"),
        (style.conceal, "8"),
        (style.strike, "9"),
        (style.underline2, "21"),
        (style.overline, "53"),
    )
    return [code for on, code in pairs if on]


_OFF = {"1": "22", "2": "22", "3": "23", "4": "24", "5": "25", "7": "27", "8": "28", "9": "29"} | {
    "21": "24",
    "53": "55",
}


def _switched(old: Style, new: Style) -> list[str]:
    """Return what turns attributes off and on; one code may turn off two."""
    before, after = _attributes(old), _attributes(new)
    off = list(dict.fromkeys(_OFF[code] for code in before if code not in after))
    return [*off, *(code for code in after if code not in before or _OFF[code] in off)]


def _colours(style: Style, system: ColorSystem, known: Style) -> list[str]:
    codes: list[str] = []
    if style.color != known.color:
        codes += style.color.downgrade(system).get_ansi_codes() if style.color else ["39"]
    if style.bgcolor != known.bgcolor:
        codes += (
            style.bgcolor.downgrade(system).get_ansi_codes(foreground=False)
            if style.bgcolor
            else ["49"]
        )
    return codes
