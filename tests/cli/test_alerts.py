"""`divmon alerts`: history, filters, forms and the scorecard, from a real archive."""

import csv
import io
import json
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from divmon import paths
from divmon.alerts import scorecard
from divmon.alerts.keep import Given, Keeper
from divmon.cli.run import divmon
from divmon.store.archive import Archive
from tests.alerts.stage import HOSTILE, alert
from tests.alerts.test_scorecard import keep, loops, session
from tests.synthetic import synthetic_grid


@pytest.fixture
def kept(home: Path) -> Archive:
    """Fill the archive of `home`; it is closed already."""
    grid = synthetic_grid()
    with closing(Archive.open(paths.archive_path())) as archive:
        keep(archive, *(session(len(grid) - back) for back in (400, 300, 200, 30)))
        keep(archive, session(len(grid) - 250), rule="records", severity="info")
        scorecard.fill(archive, grid)
        assert archive.flush()
    return archive


def alerts(*arguments: str) -> Result:
    return CliRunner().invoke(divmon, ["alerts", *arguments])


@pytest.mark.usefixtures("kept")
def test_the_history_is_printed_with_what_followed() -> None:
    result = alerts()
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert len([line for line in lines if " UTC  alert  " in line]) == 4
    assert len([line for line in lines if line.startswith("    then BTC ")]) == 5
    assert alerts("--rule", "records").output.count(" UTC  ") == 1
    assert alerts("--severity", "warning").output.count(" UTC  ") == 4
    assert alerts("--limit", "2").output.count(" UTC  ") == 2
    assert alerts("--since", str(session(-31))).output.count(" UTC  ") == 1
    assert alerts("--rule", "none").output == "no alert has fired\n"


@pytest.mark.usefixtures("kept")
def test_json_and_csv_hold_the_same() -> None:
    found = json.loads(alerts("--format", "json").output)["alerts"]
    rows = list(csv.DictReader(io.StringIO(alerts("--format", "csv").output)))
    assert [row["id"] for row in rows] == [each["id"] for each in found]
    for row, each in zip(rows, found, strict=True):
        changes = {f"{o['target'].lower()}_{o['horizon']}": o["change"] for o in each["outcomes"]}
        assert {k: float(v) for k, v in row.items() if "_" in k and v} == changes
    assert len(found[0]["outcomes"]) == 9
    assert {o["horizon"] for o in found[-1]["outcomes"]} == {5, 20}  # 60 are not over


@pytest.mark.usefixtures("kept")
def test_the_scorecard_counts_beside_its_base_rate() -> None:
    text = alerts("--scorecard").output
    rut = synthetic_grid().close["RUT"]
    n, fell, _ = loops(rut.tolist(), 60)
    entries = [len(rut) - back + 1 for back in (400, 300, 200)]
    times = sum(min(rut[at + 1 : at + 61]) <= 0.95 * rut[at] for at in entries)
    assert (
        f"abc: 4 fired; RUT fell ≥ 5 % within 60 sessions after {times} of 3, too few to tell; "
        f"base rate {fell / n:.0%} (n = {n})"
    ) in text.splitlines()
    scores = json.loads(alerts("--scorecard", "--format", "json").output)["scorecard"]
    assert len(scores) == 2 * 3 * 3
    assert alerts("--scorecard", "--format", "csv").output.count("\n") == 1 + len(scores)


@pytest.mark.usefixtures("home")
def test_no_archive_is_no_fault() -> None:
    result = alerts()
    assert result.exit_code == 0
    assert "run `divmon` or `divmon watch` first" in result.output


@pytest.mark.usefixtures("home")
def test_hostile_words_do_not_reach_the_terminal() -> None:
    with closing(Archive.open(paths.archive_path())) as archive:
        keeper = Keeper(archive, "test")
        keeper.claim(0.0, 1e12)
        bad = msgspec.structs.replace(alert(), title=HOSTILE, subject=HOSTILE, rule="x")
        keeper.save({}, [Given(bad, 0.0, bad.id)])
        assert archive.flush()
    for form in ("text", "json", "csv"):
        output = alerts("--format", form).output
        assert "owned" in output
        assert all(letter.isprintable() for letter in output if letter != "\n"), form
