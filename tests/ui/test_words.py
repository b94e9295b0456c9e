"""Numbers and texts as the screen writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from divmon.ui import words
from divmon.ui.glyphs import ASCII


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "—"), (0.0, "0.00"), (0.0123, "+1.23"), (-0.0123, "−1.23"), (-0.00001, "0.00")],
)
def test_percent(value: float | None, text: str) -> None:
    assert words.percent(value) == text


def test_a_change_has_an_arrow_beside_its_colour() -> None:
    assert words.change(-0.0142) == "▼ −1.42 %"
    assert words.change(0.0142) == "▲ +1.42 %"
    assert words.change(None) == "—"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "—"), (0, "now"), (4.9, "now"), (12, "10 s"), (60, "1 m"), (3599, "59 m"),
     (7200, "2 h"), (200_000, "2 d")],
)  # fmt: skip
def test_age(seconds: float | None, text: str) -> None:
    assert words.age(seconds) == text


def test_a_countdown_never_promises_less_than_is_left() -> None:
    assert [words.countdown(left) for left in (3.2, 9.0, 12, 61, 3601)] == [
        "4 s", "9 s", "15 s", "2 m", "2 h",
    ]  # fmt: skip


def test_runs_and_ordinals() -> None:
    assert [words.run(n) for n in (3, -2, 0, None)] == ["3 up", "2 down", "none", "—"]
    assert [words.ordinal(n) for n in (1, 2, 3, 4, 11, 12, 21, 101, 111)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "21st", "101st", "111th",
    ]  # fmt: skip


def test_what_a_terminal_would_obey_is_shown() -> None:
    assert words.clean("\x1b[2J\r\nrm\x9b5m\u202e") == "␛[2J␍␊rm·5m·"
    assert words.clean("[/b] [red]") == "[/b] [red]"


@given(st.text(), st.integers(1, 40))
def test_fit_fills_its_cells_exactly(text: str, width: int) -> None:
    assert cell_len(words.fit(text, width)) == width
    assert cell_len(words.fit(text, width, right=True)) == width


@given(st.text(), st.integers(4, 40), st.integers(1, 4))
def test_wrapped_lines_are_no_wider_than_asked(text: str, width: int, lines: int) -> None:
    done = words.wrap(text, width, lines)
    assert len(done) <= lines
    assert all(cell_len(line) <= width for line in done)


def test_ascii_glyphs_are_one_cell_and_ascii() -> None:
    for code, plain in ASCII.items():
        assert plain.isascii()
        assert cell_len(plain) == cell_len(chr(code)) == 1
