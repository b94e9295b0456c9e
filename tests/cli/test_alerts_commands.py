"""Acknowledge, snooze and mute from a shell: in the archive, or through a running watch."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from divmon import paths
from divmon.alerts.keep import Given, Keeper, Kept
from divmon.cli.run import divmon
from divmon.settings import load
from divmon.store.archive import Archive
from tests.alerts.stage import alert, until
from tests.cli.conftest import Run
from tests.cli.test_watch import line_with, watching
from tests.standins.market import Market

ONE, TWO = (alert(number, id=f"{number}" * 32) for number in (1, 2))


@pytest.fixture
def kept(home: Path) -> Path:
    """Keep two alerts in the archive of `home`."""
    path = paths.archive_path()
    with closing(Archive.open(path)) as archive:
        keeper = Keeper(archive, "test")
        keeper.claim(0.0, 1.0)
        keeper.save({}, [Given(each, 0.0, each.id) for each in (ONE, TWO)])
        assert archive.flush()
    return path


def alerts(*arguments: str) -> Result:
    return CliRunner().invoke(divmon, ["alerts", *arguments])


def rows() -> list[Kept]:
    with closing(Archive.open(paths.archive_path())) as archive:
        return Keeper(archive, "").since(0)


def mutes() -> dict[str, float | None]:
    with closing(Archive.open(paths.archive_path())) as archive:
        return Keeper(archive, "").mutes()


@pytest.mark.usefixtures("kept")
def test_one_alert_is_acknowledged_by_the_letters_that_the_list_shows() -> None:
    listed = [line for line in alerts().output.splitlines() if " UTC  " in line]
    shown = listed[0].split()[-1]
    result = alerts("ack", shown)
    assert result.exit_code == 0, result.output
    assert result.output == f"acknowledged: {ONE.title}\n"
    first, second = rows()
    assert first.acked == pytest.approx(time.time(), abs=30)
    assert second.acked is None
    assert "✓" in alerts().output.splitlines()[0]


@pytest.mark.usefixtures("kept")
def test_all_are_acknowledged() -> None:
    assert alerts("ack", "all").exit_code == 0
    assert all(each.acked is not None for each in rows())


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("identity", "told"),
    [
        ("3333", "no alert's id begins with 3333"),
        ("11", "is no id"),
        ("1111' OR 1=1 --", "is no id"),
        ("", "is no id"),
    ],
)
def test_an_id_that_names_none_changes_nothing(identity: str, told: str) -> None:
    result = alerts("ack", identity)
    assert result.exit_code == 2
    assert told in result.stderr
    assert all(each.acked is None for each in rows())


@pytest.mark.usefixtures("home")
def test_a_rule_is_muted_and_speaks_again() -> None:
    assert alerts("mute", "abc").exit_code == 0
    assert mutes() == {"abc": None}
    assert "abc is silent\n" in alerts().output
    assert json.loads(alerts("--format", "json").stdout)["silent"] == {"abc": None}
    assert alerts("unmute", "abc").output == "abc: speaks again\n"
    assert mutes() == {}
    assert "silent" not in alerts().output


@pytest.mark.usefixtures("home")
def test_a_snooze_has_an_end() -> None:
    before = time.time()
    assert alerts("snooze", "2h", "abc").exit_code == 0
    end = mutes()["abc"]
    assert end is not None
    assert before + 7200 <= end <= time.time() + 7200
    assert "abc is silent until 2" in alerts().output


@pytest.mark.usefixtures("home")
def test_a_snooze_without_a_rule_is_of_all() -> None:
    assert alerts("snooze", "90s").exit_code == 0
    assert set(mutes()) == set(load().alerts)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("mute", "abd"), "no rule is named 'abd'; did you mean 'abc'?"),
        (("unmute", "zzzzzz"), "no rule is named 'zzzzzz'; there are "),
        (("snooze", "2 hours"), "'2 hours' is no length of time; write 90s, 10m, 4h or 3d"),
        (("snooze", "0s"), "'0s' is no length of time"),
        (("snooze", "31d", "abc"), "a snooze lasts 30 days at most, was 31d"),
        (("--rule", "abc", "mute", "abc"), "--rule is for the list, not for mute"),
    ],
)
def test_what_cannot_be_done_says_why_and_changes_nothing(
    arguments: tuple[str, ...], told: str
) -> None:
    result = alerts(*arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert mutes() == {}


def test_without_an_archive_there_is_nothing_to_keep(config_file: Path) -> None:
    config_file.write_text("[archive]\nenabled = false\n")
    result = alerts("mute", "abc")
    assert (result.exit_code, paths.archive_path().exists()) == (2, False)
    assert "[archive] enabled = false" in result.stderr


def test_an_archive_that_cannot_be_written_is_told(kept: Path) -> None:
    # of a newer divmon: this one may read it and must not write
    with closing(sqlite3.connect(kept)) as db:
        db.execute("PRAGMA user_version = 999")
    result = alerts("ack", "all")
    assert result.exit_code == 2
    assert "nothing was changed" in result.stderr


@pytest.fixture(scope="module")
def market() -> Iterator[Market]:
    with Market(years=2) as served:
        yield served


@pytest.mark.usefixtures("kept")
def test_a_running_watch_does_it_and_says_so(market: Market, run: Run) -> None:
    with watching(**market.env) as child:
        done = run("alerts", "mute", "abc")
        assert (done.returncode, done.stderr) == (0, "")
        assert "alert abc: muted" in line_with(child, "muted")
        done = run("alerts", "ack", "1111")
        assert (done.returncode, done.stderr) == (0, "")
        assert "acknowledged" in line_with(child, "acknowledged")
        until(lambda: mutes() == {"abc": None} and rows()[0].acked is not None)
        assert rows()[1].acked is None
        assert run("alerts", "snooze", "1h").returncode == 0
        assert "snoozed for 3600 s" in line_with(child, "snoozed")
        until(lambda: None not in mutes().values() and set(mutes()) == set(load().alerts))
        child.terminate()
        child.communicate(timeout=10)


@pytest.mark.usefixtures("kept")
def test_a_watch_of_the_demo_is_not_asked(run: Run) -> None:
    with watching("--source", "demo"):
        assert run("alerts", "mute", "abc").returncode == 0
        assert mutes() == {"abc": None}
