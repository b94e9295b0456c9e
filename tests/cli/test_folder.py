"""A folder of files as a new user has it: what is wrong is named, and nothing is a traceback."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run

REFERENCE = Path(__file__).parents[1] / "reference"
COMMANDS = (
    ("snapshot",),
    ("history",),
    ("claims",),
    ("headlines",),
    ("explain", "abc.score"),
    ("base-rates", "abc-alert"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_moment_before_the_data_says_where_they_begin(run: Run, command: tuple[str, ...]) -> None:
    done = run(*command, "--source", f"csv:{REFERENCE}", "--as-of", "1990-01-01")
    assert (done.returncode, done.stdout) == (1, "")
    first, last = done.stderr.splitlines()
    assert "no row by 1990-01-01; " in first
    assert " begins first, on 2023-01-" in first
    assert first.endswith(": give a later --as-of")
    assert last == f"divmon: csv:{REFERENCE}: nothing to show came of it"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_files_without_a_usable_row_are_named_with_the_reason(
    run: Run, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "btc.csv").write_text("")
    (tmp_path / "rut.csv").write_text("date,close\n")
    (tmp_path / "spx.csv").write_text("date,close\n2026-01-05,NaN\n2026-01-06,nan\n")
    done = run(*command, "--source", f"csv:{tmp_path}")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "divmon: btc.csv: empty; it must hold date,open,high,low,close or date,value",
        "divmon: rut.csv: no row could be used: nothing below its header; add rows of date,close",
        "divmon: spx.csv: no row could be used: row dropped, it must hold plain numbers such as "
        "1234.5 (line 2, was 'NaN'; line 3, was 'nan')",
        f"divmon: csv:{tmp_path}: nothing to show came of it",
    ]


def test_the_streaks_of_the_board_are_those_of_the_screen(run: Run, tmp_path: Path) -> None:
    # closes that rise, by candles that fall
    days = [f"2026-01-{day:02},200,201,{99 + day},{100 + day}" for day in range(5, 10)]
    for name in ("btc", "rut"):
        (tmp_path / f"{name}.csv").write_text("\n".join(["date,open,high,low,close", *days]))
    done = run("snapshot", "--source", f"csv:{tmp_path}")
    row = next(line for line in done.stdout.splitlines() if line.startswith(" RUT"))
    assert " +4 " in row
    assert "5 red" in done.stdout
