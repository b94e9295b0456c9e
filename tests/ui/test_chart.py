"""Charts in characters."""

from hypothesis import given
from hypothesis import strategies as st

from divmon.ui.widgets import chart

numbers = st.floats(-1e6, 1e6)


def dots(rows: list[str]) -> int:
    return sum((ord(cell) - 0x2800).bit_count() for row in rows for cell in row)


def test_a_rising_line_runs_from_lower_left_to_upper_right() -> None:
    rows = chart.braille([0.0, 1.0], 4, 2, 0.0, 1.0)
    assert [len(row) for row in rows] == [4, 4]
    assert ord(rows[1][0]) & 0x40  # lowest dot of the first cell
    assert ord(rows[0][3]) & 0x08  # highest dot of the last


def test_a_missing_value_is_a_gap() -> None:
    whole = chart.braille([1.0, 1.0, 1.0, 1.0, 1.0], 8, 1, 0.0, 2.0)
    holed = chart.braille([1.0, 1.0, None, 1.0, 1.0], 8, 1, 0.0, 2.0)
    assert dots(holed) < dots(whole)
    assert dots(chart.braille([None, None], 8, 2, 0.0, 1.0)) == 0


@given(st.lists(st.none() | numbers, max_size=100), st.integers(0, 60), st.integers(0, 20))
def test_a_chart_has_the_size_asked_for(
    values: list[float | None], width: int, height: int
) -> None:
    rows = chart.braille(values, width, height, -1e6, 1e6)
    assert [len(row) for row in rows] == ([width] * height if width and height else [])


def test_a_sparkline_goes_from_lowest_to_highest() -> None:
    assert chart.sparkline([1, 2, 3, 4, 5, 6, 7], 7) == "▁▂▃▄▅▆▇"
    assert chart.sparkline([5, 1, 2], 2) == "▁▇"
    assert chart.sparkline([3, 3], 4) == "▄▄"
    assert chart.sparkline([], 4) == ""


@given(st.floats(-1, 2), st.integers(0, 50))
def test_a_bar_always_has_its_width(fraction: float, width: int) -> None:
    full, rest = chart.bar(fraction, width)
    assert len(full) + len(rest) == width


def test_big_digits_are_three_lines_of_one_width() -> None:
    lines = chart.big("-89,734")
    assert len(lines) == 3
    assert len({len(line) for line in lines}) == 1
    assert chart.big("1") == ["▄█  ", " █  ", "▀▀▀ "]
