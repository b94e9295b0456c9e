"""`divmon base-rates`: the list, an answer in words and in JSON, and what is refused."""

import json
from datetime import date
from pathlib import Path

import pytest

from divmon.cli.board import WIDTH
from divmon.reading.conditions import KINDS
from tests.cli.conftest import Run

REFERENCE = Path(__file__).parents[1] / "reference"
SOURCE = ("--source", f"csv:{REFERENCE}")


def test_without_a_condition_it_lists_all(run: Run) -> None:
    done = run("base-rates", PYTHONIOENCODING="utf-8")
    assert done.returncode == 0
    words = [line.split()[0] for line in done.stdout.splitlines() if line]
    assert [word for word in words if word in KINDS] == list(KINDS)
    assert max(map(len, done.stdout.splitlines())) <= WIDTH
    listed = json.loads(run("base-rates", "--format", "json").stdout)
    assert [each["condition"] for each in listed] == list(KINDS)


def test_an_answer_has_its_cases_and_the_base_beside_the_mean(run: Run) -> None:
    told = ("base-rates", "fell", *SOURCE, "--on", "spx", "--length", "3", "--target", "rut")
    done = run(*told, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["text"] == "SPX closed lower ≥ 3 times in a row"
    assert found["condition"]["on"] == "SPX"
    assert (found["target"], found["why"], found["source"][:3]) == ("RUT", "", "csv")
    assert 0 < found["held"] < found["bars"]
    for horizon in ("5", "20", "60", "120"):
        after = found["after"][horizon]
        values = [case["after"][horizon] for case in found["cases"]]
        known = [value for value in values if value is not None]
        assert after["n"] == len(known)
        assert after["mean"] == pytest.approx(sum(known) / len(known))
        assert after["base"]["n"] > after["n"]
    words = run(*told, PYTHONIOENCODING="utf-8")
    assert max(map(len, words.stdout.splitlines())) <= WIDTH
    assert found["sentence"].split(":")[0] in words.stdout
    assert words.stdout.count("\n20") >= len(found["cases"])
    plain = run(*told, PYTHONIOENCODING="ascii").stdout
    assert plain.isascii()


def test_an_earlier_moment_knows_no_later_case(run: Run) -> None:
    told = ("base-rates", "fell", *SOURCE, "--on", "SPX", "--length", "3", "--format", "json")
    now = json.loads(run(*told).stdout)["cases"]
    then = json.loads(run(*told, "--as-of", "2024-06-03").stdout)["cases"]
    assert [case["start"] for case in then] == [
        case["start"] for case in now if case["start"] <= "2024-06-03"
    ]


def test_a_claim_is_asked_by_its_id_also_ones_own(run: Run, tmp_path: Path) -> None:
    found = json.loads(run("base-rates", "rut-rose", *SOURCE, "--format", "json").stdout)
    assert found["text"] == "RUT closed higher ≥ 11 times in a row"
    own = tmp_path / "own.toml"
    own.write_text('[claims.dip]\nkind = "streak"\non = "SPX"\nlength = 3\ndirection = "down"\n')
    told = ("base-rates", "own-dip", *SOURCE, "--config", str(own), "--format", "json")
    assert json.loads(run(*told).stdout)["text"] == "SPX closed lower ≥ 3 times in a row"


def test_the_demo_says_that_it_is_simulated(run: Run) -> None:
    assert run("base-rates", "rose", "--source", "demo").stdout.startswith("SIMULATED")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("ros",), "'ros' is no condition; did you mean rose?"),
        (("rose", "--level", "3"), "rose has no --level; it has --on, --length"),
        (("mixed", "--on", "RUT"), "mixed has no --on; it has no option"),
        (("rose", "--on", "RUTT"), "--on 'RUTT' is no instrument of the settings; did you mean"),
        (("rose", "--target", "XYZQ"), "--target 'XYZQ' is no instrument of the settings; known:"),
        (("rose", "--length", "0"), "--length must be from 1 to 2520, was 0"),
        (("gained", "--share", "nan"), "--share must be from 0.01 to 100, was nan"),
        (("gained", "--window", "soon"), "--window must be one of 1, 5, 20, 60, 120, mtd, ytd"),
        (("beat", "--on", "RUT", "--other", "RUT"), "--other RUT is the instrument itself"),
        (("break",), "break compares BTC with another market; name it with --on"),
        (("rut-rose", "--length", "3"), "--length is for a condition of the list"),
        (("below", "--level", "-1"), "--level must be a price above 0, was -1"),
    ],
)
def test_wrong_usage_names_the_way_out(run: Run, options: tuple[str, ...], said: str) -> None:
    done = run("base-rates", *options, *SOURCE)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_claim_of_fred_counts_from_its_release(run: Run) -> None:
    done = run("base-rates", "liquidity", *SOURCE, "--format", "json")
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert found["condition"]["kind"] == "draining"
    assert found["cases"]
    for case in found["cases"]:
        assert case["entry"] > case["start"]
        # told by Thursday evening's figures, so never earlier than on Friday
        assert date.fromisoformat(case["start"]).weekday() in (4, 0), case
    assert any("come out on Thursday at 16:30" in text for text in found["cautions"])


def test_figures_that_the_source_has_not_are_said_to_lack(run: Run) -> None:
    done = run("base-rates", "boj", *SOURCE)
    assert done.returncode == 0
    assert "the source has none of FRED's figures that it is told by" in done.stdout


def test_what_the_data_cannot_answer_is_said_with_exit_0(run: Run) -> None:
    done = run("base-rates", "below", *SOURCE, "--on", "RUT", "--level", "1000000")
    assert done.returncode == 0
    assert "never at or above 1,000,000" in done.stdout
