"""`divmon status`: one segment from the archive, light, and honest about its age."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from divmon import paths
from divmon.cli.run import divmon
from divmon.cli.status import escaped, span, status_of, words
from divmon.reading.model import Abc, Instrument, Reading, ValueState
from divmon.store.archive import Archive

HEAVY = {"textual", "rich", "numpy", "pandas", "ccxt", "yfinance", "aiohttp", "asyncio", "apprise"}


def reading(
    age: float = 2.0, *, btc: ValueState = "live", price: float | None = 89_280.4
) -> Reading:
    return Reading(
        as_of=datetime.now(UTC) - timedelta(seconds=age),
        source="live",
        abc=Abc(state="alert", score=74.75, provisional=71.0),
        instruments={"BTC": Instrument(label="Bitcoin", last=price, age_s=1.0, state=btc)},
    )


@pytest.fixture
def keep(home: Path) -> Callable[[Reading], None]:
    """Return a function that puts a Reading into the archive of `home`."""

    def put(one: Reading) -> None:
        with closing(Archive.open(paths.archive_path())) as archive:
            archive.save_reading(one)
            assert archive.flush()

    return put


def status(*arguments: str) -> Result:
    return CliRunner().invoke(divmon, ["status", *arguments])


def test_a_fresh_reading_is_one_segment(keep: Callable[[Reading], None]) -> None:
    keep(reading())
    result = status()
    assert result.exit_code == 0
    assert result.output.startswith("ABC 75 alert  BTC 89,280 (")
    assert "stale" not in result.output
    assert result.output.count("\n") == 1
    tmux = status("--format", "tmux").output
    assert tmux.startswith("#[fg=red,bold]ABC 75 alert#[default] BTC 89,280 (")


def test_an_old_one_says_so_and_is_dimmed(keep: Callable[[Reading], None]) -> None:
    keep(reading(age=7300))
    assert status().output == "ABC 75 alert  BTC 89,280 (2 h)  stale 2 h\n"
    tmux = status("--format", "tmux").output
    assert tmux == "#[dim]ABC 75 alert#[default] #[dim]BTC 89,280 (2 h)  stale 2 h#[default]\n"
    found = json.loads(status("--format", "json").output)
    assert found["as_of"].endswith("Z")  # as every other JSON of ours writes it
    assert found["stale"]
    assert found["btc"]["state"] == "stale"
    assert "stale" not in status("--stale-after", "8000").output


def test_json_counts_the_ages_to_now(keep: Callable[[Reading], None]) -> None:
    keep(reading(age=20))
    found = json.loads(status("--format", "json").output)
    assert found["schema"] == "divmon.status/1"
    assert 20 <= found["age_s"] < 50
    assert found["btc"]["age_s"] == pytest.approx(found["age_s"] + 1.0)
    assert (found["state"], found["score"], found["provisional"]) == ("alert", 74.75, 71.0)
    assert found["btc"]["price"] == 89_280.4


def test_nothing_known_is_told(home: Path) -> None:
    assert status().exit_code == 1
    assert status().stderr == "divmon: no reading yet\n"
    tmux = status("--format", "tmux")
    assert (tmux.exit_code, tmux.stdout) == (1, "#[dim]divmon: no reading yet#[default]\n")
    # to look makes no archive
    assert not paths.archive_path().exists()


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (reading(btc="stale"), "BTC 89,280 (3 s) stale"),
        (reading(btc="missing", price=None), "BTC —"),
        (reading(age=-900), "BTC 89,280 (1 s)  stale, clock is off"),
    ],
)
def test_what_cannot_be_trusted_says_so(one: Reading, told: str) -> None:
    now = one.as_of.timestamp() + (2.0 if "clock" not in told else -900.0)
    assert words(status_of(one, now, 60.0))[1] == told


def test_a_missing_score_is_no_number() -> None:
    one = Reading(as_of=datetime.now(UTC), source="live")
    assert words(status_of(one, one.as_of.timestamp(), 60.0)) == ("ABC — unknown", "BTC —")


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.4, "0 s"), (59.9, "59 s"), (60, "1 min"), (7199, "1 h"), (200_000, "2 d"), (-5, "0 s")],
)
def test_spans_have_one_unit_and_are_never_rounded_up(seconds: float, told: str) -> None:
    assert span(seconds) == told


def test_tmux_gets_nothing_to_act_on() -> None:
    shown = escaped("#[fg=red]#(touch owned)#{pane_id}\x1b]0;owned\x07\n")
    assert shown.isprintable()
    assert "#" not in shown.replace("##", "")


@pytest.mark.usefixtures("home")
def test_nothing_heavy_is_imported(keep: Callable[[Reading], None]) -> None:
    keep(reading())
    script = (
        "import sys; from divmon.__main__ import main; sys.argv = ['divmon', 'status']\n"
        "try: main()\n"
        "except SystemExit as end: print(end.code, *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ
    )
    segment, modules = done.stdout.splitlines()
    assert segment.startswith("ABC 75 alert")
    assert modules.startswith("0 ")
    assert not HEAVY & set(modules.split())
