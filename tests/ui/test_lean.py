"""The frugal writer paints the same picture as Textual's own, in fewer bytes."""

import random
from typing import Any

import pyte
import pytest
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate
from textual.strip import Strip

from divmon.ui.lean import LeanUpdate

STYLES = [
    Style(color="#ff6b6b", bgcolor="#0f151c"),
    Style(color="#3fc48a", bgcolor="#0f151c", bold=True),
    Style(color="#ffffff", bgcolor="#203040", italic=True),
    Style(reverse=True, color="#ffffff"),
    Style(),
]


def picture(screen: pyte.Screen) -> list[Any]:
    return [[screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines)]


@pytest.mark.parametrize("seed", range(20))
def test_the_picture_is_the_same(seed: int) -> None:
    dice = random.Random(seed)
    width, height = 40, 6

    def strip(cells: int) -> Strip:
        parts = []
        while cells:
            size = min(cells, dice.randint(1, 9))
            text = "科" * (size // 2) + "x" * (size % 2) if dice.random() < 0.2 else "ab" * 5
            parts.append(Segment(text[:size] if text[0] == "a" else text, dice.choice(STYLES)))
            cells -= size
        return Strip(parts)

    chops = [{0: strip(15), 15: strip(25)} for _ in range(height)]
    ends = [[15, width] for _ in range(height)]
    spans = []
    for y in range(height):
        first = dice.randint(0, width - 2)
        spans.append((y, first, dice.randint(first + 1, width)))
    update = ChopsUpdate(chops, spans, ends)
    console = Console(force_terminal=True, color_system="truecolor", width=width)
    pictures, sizes = [], []
    for each in (update, LeanUpdate(update)):
        screen = pyte.Screen(width, height)
        stream = pyte.Stream(screen)
        # both start from the whole picture, so that what Textual sends too much is no change
        for y, line in enumerate(chops):
            stream.feed(f"\x1b[{y + 1};1H" + "".join(s.render(console) for s in line.values()))
        for y, first, last in spans:
            stream.feed(f"\x1b[0m\x1b[{y + 1};{first + 1}H" + " " * (last - first))
        text = each.render_segments(console)
        sizes.append(len(text))
        stream.feed(text)
        pictures.append(picture(screen))
        assert screen.cursor.attrs == pyte.screens.Char(" ") or each is update
    wide = any("科" in s.text for line in chops for s in line.values())
    if not wide:  # half a wide character cannot be painted by either
        assert pictures[0] == pictures[1]
    assert sizes[1] <= sizes[0]


def test_a_terminal_without_colours_gets_textuals_own() -> None:
    update = ChopsUpdate([{0: Strip([Segment("abc")])}], [(0, 1, 2)], [[3]])
    console = Console(force_terminal=True, color_system=None, width=3)
    assert LeanUpdate(update).render_segments(console) == update.render_segments(console)
