"""`divmon snapshot`: exactly what was served, and the right code when something was not."""

import contextlib
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from divmon import paths
from divmon.cli.board import WIDTH
from divmon.cli.doctor.local import check_watch
from divmon.link.codec import VERSION, Hello, encode
from divmon.market.sessions import sessions
from divmon.settings import load
from tests.cli.conftest import Run
from tests.cli.test_watch import line_with, watching
from tests.standins.market import Market


@pytest.fixture(scope="module")
def served() -> Iterator[Market]:
    with Market(years=2) as market:
        yield market


@pytest.fixture
def market(served: Market) -> Iterator[Market]:
    yield served
    served.venues.heal()
    served.yahoo.heal()
    served.fred.heal()
    served.internet.unreachable.clear()


def reading(output: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(output)
    assert found["schema"] == "divmon.reading/1"
    return found


def test_json_is_exactly_what_was_served(market: Market, run: Run) -> None:
    now = time.time()
    done = run("snapshot", "--format", "json", **market.env)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found = reading(done.stdout)
    assert (found["source"], found["simulated"]) == ("live", False)
    btc = found["instruments"]["BTC"]
    assert sorted(btc["venues"]) == ["binance", "bitstamp", "coinbase", "kraken", "okx"]
    assert all(venue["used"] for venue in btc["venues"].values())
    dollars = sorted(venue["usd"] for venue in btc["venues"].values())
    assert btc["composite"] == pytest.approx(dollars[2], rel=1e-3)
    for name, instrument in load().instruments.items():
        if name == "BTC":
            continue
        row = found["instruments"][name]
        listed = market.yahoo.listed[instrument.yahoo]
        days = sorted(listed.daily)
        calendar = sessions(instrument.calendar)
        session = calendar.last_opened(now)
        # a session may trade before Yahoo has a bar of it; its last price is then the close
        before = days[-2] if session == days[-1] else days[-1]
        # not whether its bar is confirmed: that of a session just over is awaited
        running = calendar.state(datetime.fromisoformat(found["as_of"]).timestamp()) == "open"
        assert row["last"] == pytest.approx(listed.daily[days[-1]][4], abs=0.005), name
        assert row["previous_close"] == pytest.approx(listed.daily[before][4], abs=0.005), name
        change = row["last"] / row["previous_close"] - 1
        assert row["returns"]["1"] == pytest.approx(change, abs=1e-9), name
        assert row["state"] in (("live", "delayed") if running else ("closed",)), name
        assert calendar.is_session(days[-1])
        assert row["age_s"] is not None
    assert found["liquidity"]["net"] is not None
    assert found["sources"]["yahoo"]["state"] == "ok"


def test_a_dead_source_that_is_not_required_is_told_in_the_reading(
    market: Market, run: Run
) -> None:
    market.internet.unreachable.update({"fred.stlouisfed.org", "www.okx.com", "ws.okx.com"})
    done = run("snapshot", "--format", "json", "--wait", "4", **market.env)
    assert done.returncode == 0, done.stderr
    found = reading(done.stdout)
    assert found["sources"]["fred"]["state"] != "ok"
    assert found["sources"]["fred"]["reason"]
    assert found["liquidity"]["net"] is None
    assert found["instruments"]["BTC"]["venues"]["okx"]["used"] is False
    assert found["instruments"]["BTC"]["last"] is not None


def test_a_required_source_that_failed_is_named(
    market: Market, run: Run, config_file: Path
) -> None:
    config_file.write_text('[general]\nrequired = ["btc", "fred", "kraken"]\n')
    market.fred.misbehave("500")
    market.internet.unreachable.update({"ws.kraken.com", "api.kraken.com"})
    done = run("snapshot", "--format", "json", "--wait", "3", **market.env)
    assert done.returncode == 1
    reading(done.stdout)  # what there is, is printed all the same
    lines = done.stderr.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("divmon: required source fred failed: ")
    assert lines[1].startswith("divmon: required source kraken failed: ")
    assert "500" in lines[0]
    assert "`divmon doctor` looks closer" in lines[0]


def test_no_market_at_all_is_exit_1_and_nothing_invented(market: Market, run: Run) -> None:
    market.internet.unreachable.update(market.internet.hosts)
    done = run("snapshot", "--format", "json", "--wait", "2", **market.env)
    assert done.returncode == 1
    assert "required source btc" in done.stderr
    assert "required source yahoo" in done.stderr
    if done.stdout:
        found = reading(done.stdout)
        assert all(row["last"] is None for row in found["instruments"].values())


def test_demo_says_that_it_is_simulated(run: Run) -> None:
    done = run("snapshot", "--source", "demo", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    found = reading(done.stdout)
    assert found["simulated"] is True
    assert "SIMULATED" in found["banner"]
    assert found["instruments"]["BTC"]["streak"]["candle"] == -6
    assert found["relative_streaks"]["RUT/SPX"]["streak"] == 12
    assert found["as_of"].startswith("2026-01-21T00:00:3")
    assert {row["state"] for row in found["instruments"].values()} == {"simulated"}


def test_the_text_fits_100_columns_and_says_simulated(run: Run) -> None:
    done = run("snapshot", "--source", "demo", PYTHONIOENCODING="utf-8")
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert lines[1].startswith("SIMULATED")
    assert re.search(r"^ RUT +[\d,]+\.\d\d ", done.stdout, re.MULTILINE)
    # a yield is a percentage itself
    assert re.search(r"^ US10Y +\d\.\d+( +[+−]\d+ bp){4} +−\d+ bp ", done.stdout, re.MULTILINE)
    assert "RUT/SPX: +12 sessions since 2026-01-02" in done.stdout
    plain = run("snapshot", "--source", "demo", PYTHONIOENCODING="ascii").stdout
    assert plain.isascii()
    assert "?" not in plain


def csv_folder(folder: Path) -> Path:
    folder.mkdir()
    rows = [f"2026-01-{day:02},{100 + day}" for day in range(5, 10)]
    (folder / "rut.csv").write_text("date,value\n" + "\n".join(rows) + "\n")
    return folder


def test_csv_as_of_a_date_is_after_its_last_close(run: Run, tmp_path: Path) -> None:
    folder = csv_folder(tmp_path / "prices")
    source = f"csv:{folder}"
    done = run("snapshot", "--source", source, "--as-of", "2026-01-08", "--format", "json")
    assert done.returncode == 0, done.stderr
    found = reading(done.stdout)
    assert found["as_of"] == "2026-01-09T00:00:00Z"
    assert found["instruments"]["RUT"]["last"] == 108
    assert found["instruments"]["RUT"]["previous_close"] == 107


def test_a_csv_that_cannot_be_read_is_one_message(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "prices"
    folder.mkdir()
    done = run("snapshot", "--source", f"csv:{folder}", "--format", "json")
    assert done.returncode in (1, 2)
    assert done.stderr.startswith("divmon: ")
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_is_wrong_in_a_file_is_told_and_the_rest_is_read(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "prices"
    folder.mkdir()
    (folder / "spx.csv").write_text("")
    (folder / "rut.csv").write_text(
        "date,open,high,low,close\n2026-01-20,1,2,0,1\n2026-01-16,10,11,9,10\n"
        "2026-01-15,10,11,9,10\n2026-01-16,10,11,9,10.5\n"
    )
    done = run("snapshot", "--source", f"csv:{folder}", "--as-of", "2026-01-21")
    assert done.returncode == 0
    told = done.stderr.splitlines()
    assert all(line.startswith("divmon: ") for line in told)
    for words in ("spx.csv: empty", "line 2, was 0", "stands there twice", "merged by time"):
        assert [line for line in told if words in line], (words, told)
    assert "10.50" in done.stdout


def test_a_folder_with_nothing_to_show_is_no_failure_of_the_market(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "rut.csv").write_text("")
    done = run("snapshot", "--source", f"csv:{tmp_path}")
    assert done.returncode == 1
    assert "rut.csv: empty" in done.stderr
    assert "required" not in done.stderr


def test_as_of_needs_a_past(run: Run) -> None:
    done = run("snapshot", "--source", "live", "--as-of", "2026-01-08")
    assert done.returncode == 2
    assert "--as-of needs a source with a past" in done.stderr


def test_it_takes_the_reading_of_a_running_watch(market: Market, run: Run) -> None:
    with watching(**market.env) as child:
        line_with(child, "XNYS is")  # it has a board
        deadline = time.monotonic() + 20
        done = run("snapshot", "--format", "json", **market.env)
        while done.returncode and time.monotonic() < deadline:  # btc or yahoo not there yet
            done = run("snapshot", "--format", "json", **market.env)
        before = len(market.yahoo.requests)
        done = run("snapshot", "--format", "json", **market.env)
        assert done.returncode == 0, done.stderr
        assert reading(done.stdout)["instruments"]["BTC"]["last"] is not None
        assert len(market.yahoo.requests) - before < 10  # the watch's own polls, no new burst


def test_a_watch_of_the_demo_is_no_market(market: Market, run: Run) -> None:
    with watching("--source", "demo") as child:
        line_with(child, "XNYS is")
        found = reading(run("snapshot", "--format", "json", **market.env).stdout)
        assert (found["source"], found["simulated"]) == ("live", False)


def test_the_demo_never_stands_in_for_the_market(
    market: Market, run: Run, config_file: Path
) -> None:
    config_file.write_text("[general]\noffline_after_s = 0.2\n")
    market.internet.blackholes.update(market.internet.hosts)
    done = run("snapshot", "--format", "json", "--wait", "2", **market.env)
    market.internet.blackholes.clear()
    assert done.returncode == 1
    assert "SIMULATED" not in done.stdout


def test_claims_and_headlines_of_the_demo(run: Run) -> None:
    text = run("claims", "--source", "demo", PYTHONIOENCODING="utf-8").stdout
    assert text.startswith("SIMULATED")
    assert re.search(r"^~ BTC has 6 red daily candles in a row +UTC only: ", text, re.MULTILINE)
    found = json.loads(run("claims", "--source", "demo", "--format", "json").stdout)
    assert found["simulated"] is True
    assert {claim["verdict"] for claim in found["claims"]} >= {"true", "false"}
    lines = run("headlines", "--source", "demo", PYTHONIOENCODING="utf-8").stdout.splitlines()
    assert lines[0].startswith("SIMULATED: Anything but crypto")
    assert 3 <= len(lines) <= 6


def test_history_of_the_demo(run: Run) -> None:
    arguments = ("history", "--source", "demo", "--from", "2026-01-12", "--to", "2026-01-16")
    found = json.loads(run(*arguments, "--format", "json").stdout)
    assert [day["date"] for day in found["days"]] == [f"2026-01-{n}" for n in range(12, 17)]
    assert set(found["days"][0]) == {
        "date", "score", "state", "coverage", "confidence", "quadrant",
    }  # fmt: skip
    assert all(set(each["after"]) == {"5", "20", "60", "120"} for each in found["episodes"])
    assert all(each["start"] <= "2026-01-16" for each in found["episodes"])
    assert all(each["end"] >= "2026-01-12" for each in found["episodes"])
    text = run(*arguments, PYTHONIOENCODING="utf-8").stdout
    assert text.startswith("SIMULATED")
    assert re.search(r"^2026-01( +\d+[Aw]?){5}$", text, re.MULTILINE)
    wrong = run("history", "--from", "2026-01-16", "--to", "2026-01-12")
    assert (wrong.returncode, "is later than" in wrong.stderr) == (2, True)


@contextlib.contextmanager
def older_watch() -> Iterator[None]:
    """Serve the greeting of an earlier version where a watch would."""
    path = paths.socket_path()
    path.parent.mkdir(mode=0o700, exist_ok=True)
    served = socket.socket(socket.AF_UNIX)
    served.bind(str(path))
    served.listen()
    old = Hello(
        version=VERSION - 1,
        program="divmon 0.1",
        pid=4711,
        source="live",
        simulated=False,
        now=datetime.now(UTC),
    )

    def serve() -> None:
        # until the socket is shut
        with contextlib.suppress(OSError):
            while True:
                connection, _ = served.accept()
                with connection, contextlib.suppress(OSError):
                    connection.sendall(encode(old))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        served.shutdown(socket.SHUT_RDWR)
        thread.join()
        served.close()


def test_a_watch_of_another_version_is_told_and_the_sources_are_asked(
    market: Market, run: Run
) -> None:
    with older_watch():
        done = run("snapshot", "--format", "json", **market.env)
    assert done.returncode == 0
    assert done.stderr == (
        "divmon: the watch is older than this screen: restart it (divmon 0.1, pid 4711); "
        "asking the sources\n"
    )
    assert reading(done.stdout)["sources"]["yahoo"]["state"] == "ok"


def test_doctor_tells_a_watch_of_another_version(home: Path) -> None:
    with older_watch():
        found = check_watch()
    assert (found.name, found.status) == ("watch", "WARN")
    assert "the watch is older than this screen: restart it" in found.text
