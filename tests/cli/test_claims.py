"""`divmon claims`: a verdict on every claim, with what it rests on."""

import json
from pathlib import Path

import pytest

from divmon.cli.claims import SIGNS
from tests.cli.conftest import Run

SOURCE = ("--source", f"csv:{Path(__file__).parents[1] / 'reference'}")


def test_the_claims_are_those_of_the_snapshot(run: Run) -> None:
    snapshot = json.loads(run("snapshot", *SOURCE, "--format", "json").stdout)
    found = json.loads(run("claims", *SOURCE, "--format", "json").stdout)
    assert set(found) == {"as_of", "source", "simulated", "claims"}
    assert found["claims"] == snapshot["claims"]
    assert set(found["claims"][0]) == {"id", "text", "verdict", "evidence", "window", "as_of"}
    assert {claim["verdict"] for claim in found["claims"]} >= {"true", "false"}


def test_the_text_has_a_sign_the_evidence_and_the_window(run: Run) -> None:
    found = json.loads(run("claims", *SOURCE, "--format", "json").stdout)["claims"]
    lines = run("claims", *SOURCE, PYTHONIOENCODING="utf-8").stdout.splitlines()
    assert [line[0] for line in lines[::2]] == [SIGNS[claim["verdict"]] for claim in found]
    for claim, said, told in zip(found, lines[::2], lines[1::2], strict=True):
        assert claim["text"] in said
        assert said.endswith(claim["evidence"])
        assert claim["window"] in told
        assert (claim["as_of"] is None) or told.endswith(f"as of {claim['as_of']}")


@pytest.mark.parametrize("as_of", ["2025-03-03", "2025-06-30"])
def test_as_of_is_the_past_and_not_now(run: Run, as_of: str) -> None:
    done = run("claims", *SOURCE, "--as-of", as_of, "--format", "json")
    found = json.loads(done.stdout)["claims"]
    assert max(claim["as_of"] for claim in found if claim["as_of"]) == as_of


def test_a_terminal_without_utf_8_gets_letters(run: Run) -> None:
    done = run("claims", "--source", "demo", PYTHONIOENCODING="ascii")
    assert done.stdout.startswith("SIMULATED")
    assert done.stdout.isascii()
    assert {line[0] for line in done.stdout.splitlines()[1::2]} <= {"y", "n", "~", "?"}
