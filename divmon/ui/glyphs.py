"""The ASCII glyph set: one table over everything the panels draw.

Panels always draw in Unicode; where the terminal cannot, the finished text is
translated. Every replacement is one cell wide, as its original is.
"""

import os
import sys
from typing import Literal

_PAIRS = {
    "▲": "^", "▼": "v", "●": "*", "◐": "~", "○": "o", "—": "-", "−": "-", "–": "-",
    "…": "~", "·": ".", "─": "-", "│": "|", "╭": "+", "╮": "+", "╰": "+", "╯": "+",
    "┌": "+", "┐": "+", "└": "+", "┘": "+", "┬": "+",
    "┄": "-", "┼": "+", "├": "+", "┤": "+", "█": "#", "▉": "#", "▀": "#", "▄": "#",
    "▌": "#", "▐": "#", "░": ".", "▁": ".", "▂": ".", "▃": ":", "▅": "=", "▆": "+",
    "▏": "|", "▎": "|", "▍": "|", "▋": "#", "▊": "#",
    "▇": "#", "✔": "y", "✘": "n", "≥": ">", "≤": "<", "→": ">", "←": "<", "↑": "^",
    "↓": "v", "▸": ">", "◂": "<", "▾": "v", "▴": "^", "“": '"', "”": '"', "’": "'", "±": "~",
    "×": "x", "⇧": "^", "▒": "=", "▓": "=", "Σ": "S", "␛": "?", "␡": "?",
}  # fmt: skip
ASCII = (
    {ord(glyph): plain for glyph, plain in _PAIRS.items()}
    | {0x2800: " "}
    | dict.fromkeys(range(0x2801, 0x2900), "*")
    | dict.fromkeys(range(0x2400, 0x2421), "?")
)


def wants_ascii(choice: Literal["auto", "unicode", "ascii"]) -> bool:
    """Tell whether to translate; "auto" asks the locale and the kind of terminal."""
    if choice != "auto":
        return choice == "ascii"
    encoding = (getattr(sys.__stdout__, "encoding", None) or "utf-8").lower()
    # the Linux console's font has no braille and few blocks
    return "utf" not in encoding or os.environ.get("TERM") in ("linux", "dumb", "vt100")
