"""The desk: one leader, quiet hours, mutes, storms; with the real archive."""

import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from divmon.alerts.desk import LEASE_S, UNSEEN_S, Desk, quiet_until
from divmon.alerts.engine import State
from divmon.alerts.keep import Given, Keeper
from divmon.alerts.merge import AT_ONCE, IN_SPAN, SPAN, merged, plan
from divmon.alerts.model import Alert
from divmon.market.events import Event
from divmon.reading.frames import Ack, Mute, Snooze
from divmon.reading.model import AbcState, Reading
from divmon.settings import Settings
from divmon.store.archive import Archive
from tests.alerts.days import Closes, write
from tests.alerts.readings import (
    SETTINGS,
    abc,
    day,
    health,
    only,
    reading,
    rules,
    streak,
)
from tests.alerts.stage import alert

RULES = """
[alerts.run]
kind = "streak"
on = ["BTC"]
length = 3
[alerts.state]
kind = "abc_state"
severity = "alert"
"""


class Stage:
    """A desk with the real archive, a clock of its own, and what it told."""

    def __init__(self, archive: Archive | None, settings: Settings, now: float = 1e9) -> None:
        self.archive = archive
        self.now = now
        self.shown: list[Event] = []
        self.delivered: list[Alert] = []
        self.desk = Desk(
            settings,
            publish=self.shown.append,
            deliver=self.delivered.append,
            archive=archive,
            now=lambda: self.now,
        )

    def take(self, *readings: Reading) -> None:
        """Take each Reading until it is handled: a second passes with every look."""
        for each in readings:
            for _ in range(4):
                self.desk.take(each, Closes(SETTINGS))
                self.now += 1
                if self.archive is not None:
                    assert self.archive.flush()

    def command(self, command: Ack | Snooze | Mute) -> None:
        """Do what a screen asks, and let the archive commit it."""
        self.desk.command(command)
        assert self.archive is not None
        assert self.archive.flush()

    @property
    def titles(self) -> list[str]:
        return [each.title for each in self.delivered]


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with closing(Archive.open(tmp_path / "state" / "archive.db")) as opened:
        yield opened
        assert opened.notices == []


RUNS = [reading(index, streak(index, index + 1)) for index in range(5)]
ANEW = [
    reading(5, streak(5, -1)),
    *(reading(index, streak(index, index - 5)) for index in (6, 7, 8)),
]
GREEN = "BTC: 3 green candles in a row (UTC)"


def test_an_alert_is_shown_and_delivered_once_across_restarts(archive: Archive) -> None:
    first = Stage(archive, only(RULES))
    first.take(*RUNS[:3])
    assert first.titles == [GREEN]
    (event,) = first.shown
    assert (event.kind, event.text, event.data["rule"]) == ("alert", GREEN, "run")
    first.desk.close()
    assert archive.flush()
    second = Stage(archive, only(RULES), first.now)
    second.take(*RUNS[2:])
    assert second.titles == []
    # nobody has acknowledged it: it stands on the new screen, and is no new alert
    (event,) = second.shown
    assert (event.kind, event.data["id"]) == ("alert_unseen", first.delivered[0].id)
    assert event.text == f"not acknowledged: {GREEN}"
    (kept,) = Keeper(archive, "").since(0)
    assert kept.alert == first.delivered[0]
    assert kept.handed is not None


def test_an_edge_of_the_night_is_found_by_the_next_start(archive: Archive) -> None:
    first = Stage(archive, only(RULES))
    first.take(RUNS[0], RUNS[1])
    second = Stage(archive, only(RULES), first.now + LEASE_S)  # the first was killed
    second.take(RUNS[4])
    assert second.titles == ["BTC: 5 green candles in a row (UTC)"]


def test_without_an_archive_memory_serves() -> None:
    stage = Stage(None, only(RULES))
    stage.take(*RUNS)
    assert stage.titles == [GREEN]
    assert [event.text for event in stage.shown] == [GREEN]


def test_an_archive_that_can_only_be_read_shows_and_delivers_nothing(archive: Archive) -> None:
    archive._database.mode = "read-only"  # as a file of another user is held
    stage = Stage(archive, only(RULES))
    stage.take(*RUNS)
    assert [event.text for event in stage.shown] == [GREEN]
    assert stage.titles == []
    archive._database.mode = "file"


def test_the_second_desk_shows_and_does_not_deliver(archive: Archive) -> None:
    leads, follows = Stage(archive, only(RULES)), Stage(archive, only(RULES))
    for each in RUNS:
        leads.take(each)
        follows.take(each)
    assert (leads.titles, follows.titles) == ([GREEN], [])
    assert [event.text for event in follows.shown] == [GREEN]
    assert not follows.desk.leads
    leads.desk.close()
    archive.flush()
    follows.now = leads.now
    follows.take(*ANEW)
    assert follows.desk.leads


def test_a_leader_that_slept_through_its_lease_writes_nothing(archive: Archive) -> None:
    sleeper, other = Stage(archive, only(RULES)), Stage(archive, only(RULES))
    sleeper.take(*RUNS[:2])
    # it is stopped between its look at the lease and its write
    keeper = sleeper.desk._keeper
    assert keeper is not None
    other.now = sleeper.now + LEASE_S
    other.take(*RUNS[1:3])
    assert other.titles == [GREEN]
    before = Keeper(archive, "").states()
    keeper.save(dict.fromkeys(before, State(mark="of yesterday")), [Given(alert(), 0.0, None)])
    keeper.bundle([1], "0" * 32)
    assert archive.flush()
    assert Keeper(archive, "").states() == before
    assert [each.alert.title for each in Keeper(archive, "").since(0)] == [GREEN]
    sleeper.now = other.now
    sleeper.take(*RUNS[2:])
    assert not sleeper.desk.leads
    assert sleeper.titles == []


def test_a_clock_set_back_does_not_silence_for_ever(archive: Archive) -> None:
    ahead = Stage(archive, only(RULES), now=2e9)
    ahead.take(RUNS[0])
    assert ahead.desk.leads
    right = Stage(archive, only(RULES), now=1e9)
    right.take(*RUNS[:3])
    assert right.titles == [GREEN]


def test_quiet_hours_hold_the_delivery_and_not_the_screen(archive: Archive) -> None:
    settings = only(RULES.replace('on = ["BTC"]', 'on = ["BTC"]\nquiet_hours = "22:00-07:00"'))
    general = msgspec.structs.replace(settings.general, time_zone="UTC")
    settings = msgspec.structs.replace(settings, general=general)
    night = datetime(2026, 1, 8, 23, 0, tzinfo=UTC).timestamp()
    stage = Stage(archive, settings, night)
    stage.take(*RUNS[:3])
    assert (stage.titles, len(stage.shown)) == ([], 1)
    stage.now = night + 8 * 3_600 - 60
    stage.take(RUNS[2])
    assert stage.titles == []
    restarted = Stage(archive, settings, night + 8 * 3_600 + 60)
    restarted.take(RUNS[2])
    assert restarted.titles == [GREEN]


@pytest.mark.parametrize(
    ("span", "now", "until"),
    [
        ("22:00-07:00", "2026-01-08T21:59", "2026-01-08T21:59"),
        ("22:00-07:00", "2026-01-08T22:00", "2026-01-09T07:00"),
        ("22:00-07:00", "2026-01-09T06:59", "2026-01-09T07:00"),
        ("22:00-07:00", "2026-01-09T07:00", "2026-01-09T07:00"),
        ("12:00-13:30", "2026-01-09T12:10", "2026-01-09T13:30"),
        ("12:00-13:30", "2026-01-09T11:59", "2026-01-09T11:59"),
    ],
)
def test_quiet_hours_are_those_of_the_wall(span: str, now: str, until: str) -> None:
    (rule,) = rules(f'[alerts.q]\nkind = "abc_state"\nquiet_hours = "{span}"')
    moment = datetime.fromisoformat(f"{now}+00:00").timestamp()
    wanted = datetime.fromisoformat(f"{until}+00:00").timestamp()
    assert quiet_until(rule, moment, "UTC") == wanted


def test_a_muted_rule_is_kept_and_not_told(archive: Archive) -> None:
    stage = Stage(archive, only(RULES))
    stage.take(*RUNS[:2])
    stage.command(Mute("run"))
    stage.take(*RUNS[2:])
    assert stage.titles == []
    assert [event.kind for event in stage.shown] == ["alert_muted"]
    (kept,) = Keeper(archive, "").since(0)
    assert kept.alert.title == GREEN
    stage.command(Mute("run", muted=False))
    stage.take(RUNS[4])
    assert stage.titles == []  # what was muted stays so ...
    stage.take(*ANEW)
    assert [each.session for each in stage.delivered] == [day(8)]  # ... the next is told


def test_a_snoozed_rule_tells_when_the_time_is_over(archive: Archive) -> None:
    stage = Stage(archive, only(RULES))
    stage.take(*RUNS[:2])
    stage.command(Snooze("run", 600.0))
    stage.take(*RUNS[2:4])
    assert stage.titles == []
    stage.now += 600
    stage.take(RUNS[4])
    assert stage.titles == [GREEN]


def test_what_a_snooze_held_back_is_shown_when_it_is_over(archive: Archive) -> None:
    stage = Stage(archive, only(RULES))
    stage.take(*RUNS[:2])
    stage.command(Snooze("run", 600.0))
    until = stage.now + 600
    stage.take(*RUNS[2:4])
    (said,) = stage.shown
    assert said.data == {"rule": "run", "silent": True, "until": until}
    stage.now += 600
    stage.take(RUNS[4])
    stage.take(*ANEW)  # and the rule is heard again from then on
    assert [event.kind for event in stage.shown[1:]] == ["alert", "alert"]
    assert stage.shown[1].text == GREEN


def test_what_was_asked_of_a_rule_is_told_with_its_whole_name(archive: Archive) -> None:
    stage = Stage(archive, only(RULES))
    name = "a rule of a very long name" * 9
    stage.command(Mute(name))
    stage.command(Mute(name, muted=False))
    assert [event.data for event in stage.shown] == [
        {"rule": name, "silent": True},
        {"rule": name, "silent": False},
    ]


def test_acknowledged_is_noted_for_every_process(archive: Archive) -> None:
    stage = Stage(archive, only(RULES))
    stage.take(*RUNS[:3])
    (identity,) = [each.id for each in stage.delivered]
    Stage(archive, only(RULES), stage.now).desk.command(Ack(identity))
    archive.flush()
    (kept,) = Keeper(archive, "").since(0)
    assert kept.acked == stage.now
    after = Stage(archive, only(RULES), stage.now)
    after.take(RUNS[2])
    assert after.shown == []


def test_what_nobody_acknowledged_for_two_weeks_comes_back_no_more(archive: Archive) -> None:
    stage = Stage(archive, only(RULES))
    stage.take(*RUNS[:3])
    stage.desk.close()
    after = Stage(archive, only(RULES), stage.now + UNSEEN_S + 1)
    after.take(RUNS[2])
    assert after.shown == []


def test_hostile_names_are_text_and_no_sql(archive: Archive) -> None:
    hostile = "run'; DROP TABLE alerts; --\x1b]0;owned\x07"
    stage = Stage(archive, only(RULES))
    stage.take(RUNS[0])
    stage.command(Mute(hostile))
    stage.command(Snooze(hostile, float("inf")))
    stage.command(Ack(hostile))
    stage.take(*RUNS[1:3])
    assert stage.titles == [GREEN]
    told = [event.text + event.subject for event in stage.shown if event.kind != "alert"]
    assert len(told) == 3
    assert all(text.isprintable() for text in told)


def test_a_venues_words_reach_the_card_as_plain_text() -> None:
    stage = Stage(None, only('[alerts.s]\nkind = "source"'))
    reason = "\x1b[31mred\x1b]52;c;b3duZWQ=\x07 \u202e<b>"
    lost = {"kraken": msgspec.structs.replace(health("kraken", "off")["kraken"], reason=reason)}
    stage.take(reading(0, sources=health("kraken", "ok")), reading(1, sources=lost))
    (told,) = stage.delivered
    assert told.text.isprintable()


# storms


def test_a_storm_is_merged_and_counted(archive: Archive) -> None:
    venues = [f"venue{number}" for number in range(8)]
    settings = only('[alerts.s]\nkind = "source"')
    stage = Stage(archive, settings)

    def all_of(index: int, state: str) -> Reading:
        return reading(
            index, sources={k: v for name in venues for k, v in health(name, state).items()}
        )

    stage.take(all_of(0, "ok"), all_of(1, "retrying"))
    (told,) = stage.delivered
    assert told.title.endswith("(and 7 more)")
    assert len(told.merged) == 7
    assert len(Keeper(archive, "").since(0)) == 8
    assert len(stage.shown) == 8


def test_few_are_told_one_by_one_and_the_gravest_never_wait() -> None:
    few = [alert(number, severity="notice") for number in range(AT_ONCE)]
    assert plan(few, [], 0.0) == [(each,) for each in few]
    busy = [100.0] * IN_SPAN
    grave = alert(99, severity="alert")
    assert plan([*few, grave], busy, 101.0) == [(grave,)]
    assert plan(few, busy, 100.0 + SPAN) == [(each,) for each in few]


def test_a_bundle_is_the_same_whoever_makes_it() -> None:
    many = tuple(alert(number, severity="notice") for number in range(9))
    told = merged(many)
    assert told.id == merged(many[::-1]).id
    assert told.id not in {each.id for each in many}
    assert len(told.title) <= 100
    assert merged(many[:1]) == many[0]


def test_states_of_the_score_during_a_storm(archive: Archive) -> None:
    stage = Stage(archive, only(RULES))
    states: tuple[AbcState, ...] = ("watch", "alert", "watch", "alert", "calm")
    stage.take(reading(0, streak(0, 1), abc=abc(0, "watch")))
    stage.take(reading(4, streak(4, 3), abc=abc(4, *states)))
    assert sorted(len(each.merged) for each in stage.delivered) == [0, 3]


# several processes


@pytest.fixture
def market(tmp_path: Path) -> Path:
    """Write half a minute of a market that has six green candles in a row once a week."""
    days = []
    for number in range(1000):
        index = number // 5
        run = -1 if index % 7 == 6 else index % 7 + 1
        days.append(reading(number / 5, streak(index, run)))
    file = tmp_path / "readings"
    write(file, days)
    return file


def rival(archive: Path, readings: Path, delivered: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.alerts.rival", archive, readings, delivered],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_of_two_processes_one_delivers_and_the_other_takes_over(
    tmp_path: Path, market: Path
) -> None:
    path, delivered = tmp_path / "state" / "archive.db", tmp_path / "delivered"
    delivered.touch()
    rivals = [rival(path, market, delivered) for _ in range(2)]
    try:
        leader, other = _first(rivals)
        until(lambda: len(lines(delivered)) >= 1)
        with closing(Archive.open(path)) as archive:
            until(lambda: Keeper(archive, "").waiting() == [])
        leader.kill()  # SIGKILL
        assert other.stdout is not None
        assert other.stdout.readline() == "leads\n"
        seen = len(lines(delivered))
        until(lambda: len(lines(delivered)) > seen)
        time.sleep(0.3)
    finally:
        for each in rivals:
            each.kill()
            each.wait()
            assert each.stdout is not None
            each.stdout.close()
    with closing(Archive.open(path)) as archive:
        kept = [each.alert.id for each in Keeper(archive, "").since(0)]
    told = [line.split()[0] for line in lines(delivered)]
    assert set(told) <= set(kept)
    # once each, but for the one that the kill may have fallen upon
    assert len(told) - len(set(told)) <= 1


def _first(
    rivals: "Sequence[subprocess.Popen[str]]",
) -> "tuple[subprocess.Popen[str], subprocess.Popen[str]]":
    """Return the one that leads, and the other."""
    outputs = [each.stdout for each in rivals if each.stdout is not None]
    ready, _, _ = select.select(outputs, [], [], 20)
    (leader,) = [each for each in rivals if each.stdout in ready]
    assert leader.stdout is not None
    assert leader.stdout.readline() == "leads\n"
    (other,) = [each for each in rivals if each is not leader]
    return leader, other


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def until(found: Callable[[], bool], timeout: float = 20.0) -> None:
    deadline = time.monotonic() + timeout
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.02)
