"""`divmon history`: the days and episodes of the batch, in JSON and as a table."""

import json
from pathlib import Path
from typing import Any

import pytest

from divmon.cli.board import WIDTH
from divmon.indicators.base_rates import HORIZONS
from tests.cli.conftest import Run

REFERENCE = Path(__file__).parents[1] / "reference"
SOURCE = ("--source", f"csv:{REFERENCE}")


def told(run: Run, *options: str) -> dict[str, Any]:
    done = run("history", *SOURCE, "--format", "json", *options)
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_last_day_is_the_reading_of_that_day(run: Run) -> None:
    found = told(run)
    snapshot = json.loads(run("snapshot", *SOURCE, "--format", "json").stdout)
    last = found["days"][-1]
    assert set(last) == {"date", "score", "state", "coverage", "confidence", "quadrant"}
    assert last["date"] == snapshot["session"]["date"]
    for key in ("score", "state", "coverage", "confidence", "quadrant"):
        assert last[key] == snapshot["abc"][key], key
    assert (found["source"], found["simulated"]) == (snapshot["source"], False)


def test_no_day_knows_of_a_later_one(run: Run) -> None:
    whole, earlier = told(run), told(run, "--as-of", "2025-03-03")
    assert earlier["days"] == [day for day in whole["days"] if day["date"] <= "2025-03-03"]


def test_an_episode_stands_beside_the_base_rate(run: Run) -> None:
    found = told(run)
    scores = {day["date"]: day for day in found["days"]}
    assert len(found["episodes"]) > 1
    for episode in found["episodes"]:
        days = [day for at, day in scores.items() if episode["start"] <= at <= episode["end"]]
        alert = [day for day in days if day["state"] == "alert"]
        assert episode["sessions"] == len(alert)
        assert episode["max_score"] == max(day["score"] for day in days)
        assert list(episode["after"]) == [str(horizon) for horizon in HORIZONS]
        for by_target in episode["after"].values():
            for after in by_target.values():
                assert after["n"] <= len(found["episodes"])
                assert after["base"]["n"] > after["n"]
                assert after["enough"] == (after["n"] >= 10)
                if after["interval"] is not None:
                    low, high = after["interval"]
                    assert low <= after["mean"] <= high
    for horizon in HORIZONS:
        for target in ("BTC", "RUT", "SPX"):
            each = [episode["after"][str(horizon)][target] for episode in found["episodes"]]
            values = [after["value"] for after in each if after["value"] is not None]
            assert len(values) == each[0]["n"]
            if values:
                assert each[0]["mean"] == pytest.approx(sum(values) / len(values), abs=1e-12)


def test_the_limits_choose_what_is_shown_and_change_no_rate(run: Run) -> None:
    whole = told(run)
    episode = whole["episodes"][0]
    part = told(run, "--from", episode["end"], "--to", episode["end"])
    assert [day["date"] for day in part["days"]] == [episode["end"]]
    assert part["episodes"] == [episode]


def test_the_table_fits_100_columns(run: Run) -> None:
    done = run("history", *SOURCE, PYTHONIOENCODING="utf-8")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert any(line.startswith("mean after any session") for line in lines)
    plain = run("history", *SOURCE, PYTHONIOENCODING="ascii").stdout
    assert plain.isascii()


def test_the_demo_says_that_it_is_simulated(run: Run) -> None:
    done = run("history", "--source", "demo")
    assert done.stdout.startswith("SIMULATED")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--from", "soon"), "'soon' is no date; write 2026-01-20"),
        (("--from", "2026-01-02", "--to", "2026-01-01"), "--from 2026-01-02 is later than --to"),
    ],
)
def test_wrong_dates_are_wrong_usage(run: Run, options: tuple[str, ...], said: str) -> None:
    done = run("history", *SOURCE, *options)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_history_too_short_for_a_score_says_so(run: Run, tmp_path: Path) -> None:
    rows = "".join(f"2026-01-{day:02},{100 + day}\n" for day in range(5, 10))
    (tmp_path / "rut.csv").write_text("date,value\n" + rows)
    done = run("history", "--source", f"csv:{tmp_path}")
    assert done.returncode == 0
    assert done.stdout.startswith("no session with a score: BTC: no history; SPX: no history")


@pytest.mark.parametrize("options", [("--from", "2030-01-01"), ("--to", "1990-01-01")])
def test_a_span_without_sessions_says_where_there_are_some(
    run: Run, options: tuple[str, ...]
) -> None:
    done = run("history", *SOURCE, *options)
    assert done.returncode == 0
    assert done.stdout == (
        "no session with a score then; there are some from 2023-07-05 to 2025-06-30\n"
    )
