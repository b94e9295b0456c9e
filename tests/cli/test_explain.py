"""`divmon explain`: one value on one screenful, and what to do about a wrong key."""

import json
from pathlib import Path

import pytest

from divmon.cli.board import WIDTH
from tests.cli.conftest import Run

SOURCE = ("--source", f"csv:{Path(__file__).parents[1] / 'reference'}")


def test_a_value_with_formula_inputs_source_and_sample(run: Run) -> None:
    done = run("explain", "abc.score", *SOURCE, PYTHONIOENCODING="utf-8")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("abc.score = ")
    assert "100 · Σ w s / Σ w" in done.stdout
    for name in ("rel20", "rel60", "breadth20", "highs", "ddgap"):
        assert f"abc.components.{name}.contribution" in done.stdout
    assert "closes at the New York close" in done.stdout
    assert "UTC close of the same date" in done.stdout
    assert max(map(len, lines)) <= WIDTH


def test_the_json_has_the_value_of_the_snapshot(run: Run) -> None:
    snapshot = json.loads(run("snapshot", *SOURCE, "--format", "json").stdout)
    done = run("explain", "rut/spx.streak", *SOURCE, "--format", "json")
    assert done.returncode == 2  # half a key is no key
    done = run("explain", "relative_streaks.RUT/SPX.lead_pp", *SOURCE, "--format", "json")
    found = json.loads(done.stdout)
    assert found["value"] == snapshot["relative_streaks"]["RUT/SPX"]["lead_pp"]
    assert found["at"] == snapshot["instruments"]["RUT"]["confirmed"]
    assert [each["key"].rpartition(".")[2] for each in found["inputs"]] == ["since", "streak"]


def test_an_unknown_key_names_the_nearest_and_is_wrong_usage(run: Run) -> None:
    done = run("explain", "abc.scor", *SOURCE)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("divmon: 'abc.scor' is no value of the reading; near it are abc")
    assert "abc.score" in done.stderr


def test_control_characters_of_a_key_reach_no_terminal(run: Run) -> None:
    done = run("explain", "abc\x1b[2J", *SOURCE)
    assert done.returncode == 2
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize("form", ["text", "json"])
def test_without_a_key_it_lists_all_and_asks_nobody(run: Run, form: str) -> None:
    done = run("explain", "--format", form, HTTPS_PROXY="http://127.0.0.1:1")
    assert (done.returncode, done.stderr) == (0, "")
    for key in ("abc.score", "instruments.*.streak.candle", "liquidity.net"):
        assert key in done.stdout
    if form == "json":
        assert all(row["title"] for row in json.loads(done.stdout))


def test_the_demo_says_that_it_is_simulated(run: Run) -> None:
    done = run("explain", "BTC.wall", "--source", "demo")
    assert "SIMULATED" in done.stdout
    assert "instruments.BTC.wall.closes_below" in done.stdout


def test_a_missing_value_says_what_is_missing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rut.csv").write_text("date,value\n2026-01-05,100\n2026-01-06,101\n")
    done = run("explain", "abc.score", "--source", f"csv:{tmp_path}", PYTHONIOENCODING="utf-8")
    assert done.returncode == 0
    assert done.stdout.startswith("abc.score = —\n")
    assert "BTC: no history" in done.stdout
