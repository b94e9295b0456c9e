"""The JSON lines of a watch: every kind, each state once, and nothing a terminal obeys."""

import json
import os
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from divmon.alerts.desk import as_event
from divmon.cli.lines import QUEUED, Writer
from divmon.cli.lines_json import JsonLines, dropped, encoded
from divmon.market.events import Event, SourceHealth
from divmon.reading.frames import Happened, Health, Hello
from divmon.reading.model import Abc, AbcState, Instrument, Reading, Sentence, Session
from tests.alerts.stage import HOSTILE, alert
from tests.cli.test_watch import watching

AT = datetime(2026, 1, 21, 0, 0, 30, tzinfo=UTC)


class Told:
    """Lines as a reader gets them."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.lines = JsonLines(self.text.append)
        self.lines.take(Hello(program="x", pid=1, source="live", simulated=False, now=AT))

    def of(self, kind: str) -> list[dict[str, Any]]:
        found = [json.loads(line) for line in self.text]
        return [line[kind] for line in found if line["kind"] == kind]


def reading(state: AbcState, score: float | None = 71.4, day: int = 20) -> Reading:
    return Reading(
        as_of=AT,
        source="live",
        abc=Abc(state=state, score=score, as_of=date(2026, 1, day)),
        session=Session(state="open", date=date(2026, 1, day)),
        instruments={"BTC": Instrument(last=89_280.5, state="live", age_s=0.4)},
        sentence=Sentence(en="Everything rallies but crypto."),
        missing=("TOPIX",),
    )


def test_states_are_told_when_they_change_and_not_again() -> None:
    told = Told()
    broken = SourceHealth("kraken", "exchange", "retrying", AT.timestamp(), reason="reset")
    for source in (broken, broken, SourceHealth("kraken", "exchange", "ok", AT.timestamp())):
        told.lines.take(Health(source))
    for state in ("calm", "calm", "alert"):
        told.lines.take(reading(state))
    assert [(each["state"], each["reason"]) for each in told.of("health")] == [
        ("retrying", "reset"),
        ("ok", ""),
    ]
    assert [(each["state"], each["was"]) for each in told.of("abc")] == [
        ("calm", None),
        ("alert", "calm"),
    ]
    assert [each["state"] for each in told.of("session")] == ["open"]


def test_a_session_has_one_summary_with_what_is_known_and_what_is_not() -> None:
    told = Told()
    for day in (20, 20, 21):
        told.lines.take(reading("calm", score=None, day=day))
    first, second = told.of("reading")
    assert (first["session"], second["session"]) == ("2026-01-20", "2026-01-21")
    assert first["score"] is None
    assert first["btc"] == {
        "last": 89_280.5, "age_s": 0.4, "state": "live", "close": None, "confirmed": None,
    }  # fmt: skip
    assert first["missing"] == ["TOPIX"]
    assert first["sentence"] == "Everything rallies but crypto."


def test_an_alert_is_the_whole_card() -> None:
    told = Told()
    one = alert()
    told.lines.take(Happened(as_event(one)))
    assert told.of("alert") == [json.loads(msgspec.json.encode(one))]
    assert not told.of("event")


def test_an_event_keeps_its_facts_and_its_time() -> None:
    told = Told()
    told.lines.take(Happened(Event(AT.timestamp(), "gap", "RUT", "a gap", "notice", {"n": 2})))
    assert told.of("event") == [
        {"kind": "gap", "subject": "RUT", "text": "a gap", "severity": "notice", "data": {"n": 2}}
    ]
    assert json.loads(told.text[-1])["time"] == "2026-01-21T00:00:30Z"


def test_what_is_simulated_says_so() -> None:
    told = Told()
    told.lines.take(Hello(program="x", pid=1, source="demo", simulated=True, now=AT))
    told.lines.take(Happened(Event(AT.timestamp(), "x", "y", "z")))
    assert [json.loads(line)["simulated"] for line in told.text] == [False, True, True]


def test_hostile_words_stay_one_line_and_come_through_whole() -> None:
    told = Told()
    told.lines.take(Happened(Event(AT.timestamp(), "x", "okx", HOSTILE, data={HOSTILE: 1 << 70})))
    assert told.text[-1].isprintable()
    whole = HOSTILE.encode("utf-8", "replace").decode()
    assert told.of("event")[0]["text"] == whole
    assert told.of("event")[0]["data"] == {whole: str(1 << 70)}
    assert json.loads(encoded({"x": float("nan")})) == {"x": None}


def test_dropped_lines_are_a_line_too() -> None:
    reader, sink = os.pipe()
    writer = Writer(sink, lambda: None, tell_dropped=dropped)
    for number in range(QUEUED + 5_000):
        writer.write(encoded({"kind": "n", "n": f"{number:060}"}))
    got = b""
    while b"dropped" not in got or not got.endswith(b"\n") or b"dropped" in got.splitlines()[-1]:
        got += os.read(reader, 1 << 20)
        writer.write(encoded({"kind": "more"}))
    lines = [json.loads(line) for line in got.splitlines()]
    at = next(at for at, line in enumerate(lines) if line["kind"] == "dropped")
    before, after = int(lines[at - 1]["n"]), lines[at + 1]
    # the writer's thread may have made room before all were offered
    missing = (int(after["n"]) if after["kind"] == "n" else QUEUED + 5_000) - before - 1
    assert lines[at]["dropped"]["count"] >= missing > 0
    # read the rest, so that the writer can end
    os.close(reader)
    writer.close()
    os.close(sink)


@pytest.mark.usefixtures("home")
def test_a_running_watch_prints_json_and_nothing_else() -> None:
    with watching("--source", "demo", "--format", "json") as child:
        assert child.stdout is not None
        kinds: dict[str, dict[str, Any]] = {}
        for line in child.stdout:
            found = json.loads(line)
            kinds.setdefault(found["kind"], found)
            if found["kind"] == "reading":
                break
        child.terminate()
        rest = [json.loads(line) for line in child.communicate(timeout=10)[0].splitlines()]
    assert child.returncode == 0
    assert kinds["watch"]["watch"]["state"] == "serves"
    assert kinds["watch"]["watch"]["schema"] == "divmon.watch/1"
    assert {"source", "event", "health", "session", "abc"} <= set(kinds)
    assert kinds["reading"]["simulated"] is True
    assert kinds["reading"]["reading"]["btc"]["state"] == "simulated"
    assert rest[-1]["watch"]["state"] == "ends"
