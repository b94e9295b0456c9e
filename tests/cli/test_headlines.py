"""`divmon headlines`: lines for a status bar."""

import json
from pathlib import Path

from tests.cli.conftest import Run

SOURCE = ("--source", f"csv:{Path(__file__).parents[1] / 'reference'}")


def test_one_fact_a_line_and_no_more_than_asked(run: Run) -> None:
    done = run("headlines", *SOURCE, "--max", "3")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    assert len(set(lines)) == 3
    assert run("headlines", *SOURCE, "--max", "1").stdout == f"{lines[0]}\n"


def test_each_line_of_the_demo_says_that_it_is_simulated(run: Run) -> None:
    done = run("headlines", "--source", "demo", "--max", "2")
    assert all(line.startswith("SIMULATED: ") for line in done.stdout.splitlines())


def test_japanese_and_json(run: Run) -> None:
    done = run("headlines", *SOURCE, "--lang", "ja", "--format", "json")
    found = json.loads(done.stdout)
    assert set(found) == {"as_of", "source", "simulated", "headlines"}
    assert any("営業日" in line for line in found["headlines"])


def test_none_at_all_is_wrong_usage(run: Run) -> None:
    done = run("headlines", "--max", "0")
    assert done.returncode == 2
    assert "--max" in done.stderr
