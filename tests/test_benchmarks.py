"""What the benchmarks write; what they measure is measured by running them."""

from pathlib import Path

import pytest

from benchmarks.table import BEGIN, END, Row, as_markdown, as_text, machine, put

ROWS = [
    Row.of("bytes", 1.234, "{:.2f}×", 1.5),
    Row.of("a key, p99", 61.7, "{:.0f} ms", 50),
    Row.of("CPU", 10.0, "{:.1f} %"),
]


def test_what_is_over_its_budget_says_so() -> None:
    assert as_text(ROWS).splitlines() == [
        "what            measured  budget",
        "bytes              1.23×  ≤ 1.50×",
        "a key, p99         62 ms  ≤ 50 ms  OVER",
        "CPU               10.0 %  ",
    ]
    table = as_markdown(ROWS, "a machine")
    assert "Measured on a machine." in table
    assert "| a key, p99 | 62 ms | ≤ 50 ms (over) |" in table
    assert "| CPU | 10.0 % |  |" in table


def test_the_table_goes_between_its_marks_and_replaces_the_last() -> None:
    text = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert put(text, "new") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    assert put(put(text, "newer"), "new") == put(text, "new")


def test_a_document_without_marks_is_told() -> None:
    with pytest.raises(ValueError, match="no place for the figures"):
        put(f"{BEGIN} only", "new")


def test_the_readme_has_a_place_for_them() -> None:
    readme = (Path(__file__).resolve().parents[1] / "README.md").read_text()
    assert put(readme, "new").count("new") >= 1


def test_the_machine_is_named_with_the_versions_and_the_day() -> None:
    assert " × " in machine() or machine()
    assert "Textual 8" in machine()
