"""A frugal way to write a frame's changed cells to the terminal.

Textual 8.2 crops an update at the right only: a price that changes in the middle of a
panel is sent with everything between it and the panel's left edge, and every run of
cells carries its full colours and a reset. Measured at ten ticks a second on 120 x 36,
that is 3.8 KiB/s; sending the changed cells alone, and of a style only what differs
from the cell before, a third of it.
"""

from functools import lru_cache

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


class LeanUpdate(CompositorUpdate):
    """The same cells as a ChopsUpdate, in fewer bytes."""

    def __init__(self, update: ChopsUpdate) -> None:
        self.update = update

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from self.update.__rich_console__(console, options)

    def render_segments(self, console: Console) -> str:
        """Return the escape sequences and texts that repaint the changed cells."""
        system = _SYSTEMS.get(console.color_system or "")
        if system is None:
            return self.update.render_segments(console)
        parts: list[str] = []
        style: Style = _PLAIN
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
                        parts.append(Control.move_to(left, y).segment.text)
                        at = (left, y)
                    wanted = chosen or _PLAIN
                    if wanted is not style:
                        parts.append(transition(style, wanted, system))
                        style = wanted
                    parts.append(text)
                # a strip may hold wide characters: trust its length, not the texts'
                at = (-1, -1) if right < last else (right, y)
        if style is not _PLAIN:
            parts.append(_RESET)
        return "".join(parts)


@lru_cache(maxsize=4096)
def transition(old: Style, new: Style, system: ColorSystem) -> str:
    """Return what turns a terminal that writes in `old` to `new`: nothing, colours, or all."""
    if _attributes(old) != _attributes(new) or (old.bgcolor and not new.bgcolor):
        codes = ["0", *_attributes(new), *_colours(new, system, _PLAIN)]
    else:
        codes = _colours(new, system, old)
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


def _colours(style: Style, system: ColorSystem, known: Style) -> list[str]:
    codes: list[str] = []
    if style.color != known.color:
        codes += style.color.downgrade(system).get_ansi_codes() if style.color else ["39"]
    if style.bgcolor != known.bgcolor and style.bgcolor:
        codes += style.bgcolor.downgrade(system).get_ansi_codes(foreground=False)
    return codes
