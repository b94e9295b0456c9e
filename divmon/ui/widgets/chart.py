"""Small charts in characters: braille lines, sparklines, bars, big digits. Pure functions."""

from collections.abc import Sequence
from functools import cache
from math import ceil, floor, log10

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_STEPS = "▁▂▃▄▅▆▇"  # not "█": charts of neighbouring lines would run into each other

# 3x5 dots a digit, rows top to bottom; drawn two dot rows to a line of half blocks.
_DIGITS = {
    "0": "### #.# #.# #.# ###",
    "1": ".#. ##. .#. .#. ###",
    "2": "### ..# ### #.. ###",
    "3": "### ..# ### ..# ###",
    "4": "#.# #.# ### ..# ..#",
    "5": "### #.. ### ..# ###",
    "6": "### #.. ### #.# ###",
    "7": "### ..# ..# ..# ..#",
    "8": "### #.# ### #.# ###",
    "9": "### #.# ### ..# ###",
    ",": ". . . # #",
    "-": "... ... ### ... ...",
}
_HALVES = {"##": "█", "#.": "▀", ".#": "▄", "..": " "}


def braille(
    values: Sequence[float | None], width: int, height: int, low: float, high: float
) -> list[str]:
    """Draw a line through `values`, oldest at the left, over the full width.

    Returns:
        `height` strings of `width` braille characters, 2 x 4 dots each. A None
        leaves a gap. `low` and `high` are the centres of the lowest and highest dots.
    """
    if width < 1 or height < 1:
        return []
    columns, rows = 2 * width, 4 * height
    grid = [[0] * width for _ in range(height)]
    span = (high - low) or 1.0

    def level(value: float) -> int:
        return min(rows - 1, max(0, round((high - value) / span * (rows - 1))))

    last = len(values) - 1
    before: int | None = None
    for x in range(columns):
        at = x * last / (columns - 1) if columns > 1 else last
        left = values[int(at)] if values else None
        right = values[min(int(at) + 1, last)] if values else None
        if left is None or right is None:
            before = None
            continue
        y = level(left + (right - left) * (at - int(at)))
        start = y if before is None else before + (y > before) - (y < before)
        for dot in range(min(start, y), max(start, y) + 1):
            grid[dot // 4][x // 2] |= _DOTS[dot % 4][x % 2]
        before = y
    return ["".join(chr(0x2800 + cell) for cell in row) for row in grid]


def dot_row(value: float, height: int, low: float, high: float) -> int:
    """Return the row of dots, of `height` lines, on which `braille` draws a value."""
    return round((high - value) / ((high - low) or 1.0) * (4 * height - 1))


def through(text: str, row: int) -> str:
    """Lay a dotted level on the dots' `row` (0-3) of a line of braille behind what it shows."""
    return "".join(chr(ord(character) | _DOTS[row][0]) for character in text)


def round_ticks(low: float, high: float, most: int) -> list[float]:
    """Return at most `most` round values from `low` to `high`: multiples of 1, 2, 2.5 or 5 x 10^n.

    The finest step that gives so few; none where no round value lies between.
    """
    span = high - low
    if most < 1 or span <= 0:
        return []
    power = floor(log10(span / most)) - 1
    for exponent in range(power, power + 4):
        for part in (1, 2, 2.5, 5):
            step = part * 10.0**exponent
            first, last = ceil(low / step), floor(high / step)
            if last - first + 1 <= most:
                return [n * step for n in range(first, last + 1)]
    return []


def sparkline(values: Sequence[float], width: int) -> str:
    """Draw the last `width` values as blocks from their lowest to their highest."""
    shown = values[-width:]
    if not shown:
        return ""
    low, span = min(shown), max(shown) - min(shown)
    if span == 0:
        return _STEPS[3] * len(shown)
    return "".join(_STEPS[min(6, int((value - low) / span * 7))] for value in shown)


def bar(fraction: float, width: int, *, stacked: bool = False) -> tuple[str, str]:
    """Return the full and the empty part of a bar of `width` cells; clipped to 0-1.

    Between `stacked` bars, of neighbouring lines, a little is left free.
    """
    full = round(min(1.0, max(0.0, fraction)) * width)
    return ("▇" if stacked else "█") * full, "░" * (width - full)


def big(text: str) -> list[str]:
    """Write digits, commas and minus three lines high, in half blocks."""
    return ["".join(parts) for parts in zip(*map(_big, text), strict=True)] or [""] * 3


@cache
def _big(character: str) -> tuple[str, ...]:
    dots = [*_DIGITS[character].split(), "...", "..."][:6]
    lines = []
    for upper, lower in zip(dots[::2], dots[1::2], strict=True):
        pairs = zip(upper, lower.ljust(len(dots[0]), "."), strict=False)
        lines.append("".join(_HALVES[a + b] for a, b in pairs) + " ")
    return tuple(lines)
