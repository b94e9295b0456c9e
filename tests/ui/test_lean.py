"""The frugal writer paints the same picture as Textual's own, in fewer bytes."""

import random
from typing import Any

import pyte
import pytest
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate
from textual.strip import Strip

from divmon.ui.lean import LeanUpdate, Pen, transition

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
    pen = Pen(lambda: 0.0)
    for each in (update, LeanUpdate(update, pen)):
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
        stream.feed(pen.lift())
        assert screen.cursor.attrs == pyte.screens.Char(" ") or each is update
    wide = any("科" in s.text for line in chops for s in line.values())
    if not wide:  # half a wide character cannot be painted by either
        assert pictures[0] == pictures[1]
    assert sizes[1] <= sizes[0]


def test_a_terminal_without_colours_gets_textuals_own() -> None:
    update = ChopsUpdate([{0: Strip([Segment("abc")])}], [(0, 1, 2)], [[3]])
    console = Console(force_terminal=True, color_system=None, width=3)
    assert LeanUpdate(update, Pen()).render_segments(console) == update.render_segments(console)


MANY = [
    *STYLES,
    Style(bold=True, underline=True),
    Style(bold=True, color="#3fc48a"),
    Style(italic=True, strike=True, bgcolor="#203040"),
    Style(reverse=True, underline=True),
]


@pytest.mark.parametrize("seed", range(20))
def test_any_style_follows_any_other(seed: int) -> None:
    dice = random.Random(seed)
    lean, whole = pyte.Screen(80, 1), pyte.Screen(80, 1)
    before: Style | None = None
    for _ in range(40):
        style = dice.choice(MANY)
        pyte.Stream(lean).feed(transition(before, style, ColorSystem.TRUECOLOR) + "x")
        pyte.Stream(whole).feed(transition(None, style, ColorSystem.TRUECOLOR) + "x")
        before = style
    assert picture(lean) == picture(whole)


def one_cell(style: Style) -> ChopsUpdate:
    return ChopsUpdate([{0: Strip([Segment("abc", style)])}], [(0, 1, 2)], [[3]])


def test_a_frame_goes_on_in_the_colours_of_the_last() -> None:
    console = Console(force_terminal=True, color_system="truecolor", width=3)
    at = 0.0
    pen = Pen(lambda: at)
    with pen:
        first = LeanUpdate(one_cell(STYLES[0]), pen).render_segments(console)
        assert pen.lift() == ""
    with pen:
        second = LeanUpdate(one_cell(STYLES[0]), pen).render_segments(console)
    assert first.startswith("\x1b[1;2H\x1b[38;2;255;107;107;48;2;")
    assert second == "\x1b[1;2Hb"
    # what does not know of the pen finds a plain terminal, once
    assert pen.lift() == "\x1b[0m"
    assert pen.lift() == ""
    # and within a second the colours are told whole, whatever happened to the terminal
    with pen:
        LeanUpdate(one_cell(STYLES[0]), pen).render_segments(console)
    at = 1.0
    with pen:
        assert "\x1b[0;38;2;" in LeanUpdate(one_cell(STYLES[0]), pen).render_segments(console)
