"""Replayed day by day: alerts fire when they should, once, whatever dies in between."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from divmon.alerts.cards import card
from divmon.alerts.engine import Key, State, step
from divmon.alerts.keep import Keeper
from divmon.alerts.model import Alert
from divmon.alerts.rules import make_rules
from divmon.reading.live import Live
from divmon.reading.model import Reading
from divmon.settings import load
from divmon.store.archive import Archive
from tests.alerts.days import DAY, Closes, after_sessions, assessed, from_files, write
from tests.history import reference

SETTINGS = load()
RULES = make_rules(SETTINGS)
BACKGROUND = Closes(SETTINGS)


@pytest.fixture(scope="module")
def winter(shared: Callable[[str], Path]) -> list[Reading]:
    """The real winter of 2025-12 to 2026-02."""
    moments = after_sessions(date(2025, 12, 1), date(2026, 2, 27))
    return from_files(shared("data"), SETTINGS, moments)


@pytest.fixture(scope="module")
def synthetic() -> list[Reading]:
    """The last weeks of the seeded walks."""
    moments = after_sessions(date(2025, 4, 24), date(2025, 6, 27))
    return assessed(reference(), Live("csv:reference"), SETTINGS, moments)


def replay(readings: Sequence[Reading]) -> list[Alert]:
    states: dict[Key, State] = {}
    found = []
    for reading in readings:
        after = step(RULES, states, reading)
        states = after.states
        found += [card(fired, reading, BACKGROUND) for fired in after.fired]
    return found


def changes(readings: Sequence[Reading], to: set[str]) -> list[tuple[date, str]]:
    """Return the state machine's own dates, from the last Reading's history."""
    first = readings[0].abc.as_of
    assert first is not None
    return [
        (day, state)
        for (_, _, was), (day, _, state) in pairwise(readings[-1].abc.history)
        if day > first and state != was and state in to
    ]


def told(alerts: Sequence[Alert], rule: str) -> list[tuple[date | None, object]]:
    return [(alert.since, alert.value) for alert in alerts if alert.rule == rule]


def test_the_abc_alert_fires_on_the_dates_of_the_state_machine(winter: list[Reading]) -> None:
    alerts = replay(winter)
    assert told(alerts, "abc") == [(date(2025, 12, 5), "alert"), (date(2026, 1, 8), "alert")]
    assert told(alerts, "abc") == changes(winter, {"alert"})
    assert told(alerts, "abc-ends") == changes(winter, {"calm", "watch"})
    first = next(alert for alert in alerts if alert.rule == "abc")
    # the close of New York on 5 December
    assert first.time == datetime(2025, 12, 5, 21, tzinfo=UTC).timestamp()
    assert first.title.startswith("ABC watch → alert, score 78")
    assert sum(first.contributions.values()) == pytest.approx(78, abs=0.5)


def test_looking_more_often_finds_nothing_more(winter: list[Reading]) -> None:
    often = [reading for reading in winter for _ in range(3)]
    assert [alert.id for alert in replay(often)] == [alert.id for alert in replay(winter)]


def test_days_that_nobody_watched_lose_no_change_of_state(winter: list[Reading]) -> None:
    found = replay([winter[0], winter[-1]])
    for rule in ("abc", "abc-ends"):
        assert told(found, rule) == told(replay(winter), rule)


def test_the_seeded_walks_fire_on_their_own_dates(synthetic: list[Reading]) -> None:
    alerts = replay(synthetic)
    assert told(alerts, "abc") == changes(synthetic, {"alert"})
    assert told(alerts, "abc-ends") == changes(synthetic, {"calm", "watch"})
    assert len(alerts) > 3


def mortal(folder: Path, readings: Sequence[Reading]) -> tuple[list[Alert], list[str]]:
    """Replay in processes that are killed; return the archive's alerts and the deliveries."""
    file, archive, delivered = (folder / name for name in ("readings", "archive.db", "delivered"))
    write(file, readings)
    delivered.touch()
    subprocess.run(
        [sys.executable, "-m", "tests.alerts.mortal", archive, file, delivered],
        check=True,
        timeout=100,
    )
    kept = Archive.open(archive)
    found = [each.alert for each in Keeper(kept, "").since(0)]
    assert Keeper(kept, "").waiting() == []
    kept.close()
    return found, delivered.read_text().splitlines()


@pytest.mark.timeout(120)
def test_kill_9_at_every_step_changes_nothing_in_the_list(
    tmp_path: Path, winter: list[Reading]
) -> None:
    # the weeks around all four changes of state
    wanted = {date(2025, 12, 5), date(2026, 1, 5), date(2026, 1, 8), date(2026, 2, 23)}
    near = [
        reading
        for reading in winter
        if any(abs(reading.as_of.date() - DAY - day) <= 2 * DAY for day in wanted)
    ]
    killed(tmp_path, near)


@pytest.mark.timeout(120)
def test_kill_9_on_the_seeded_walks_too(tmp_path: Path, synthetic: list[Reading]) -> None:
    killed(tmp_path, synthetic[-30:])


def killed(folder: Path, readings: Sequence[Reading]) -> None:
    folder.chmod(0o700)
    alerts, delivered = mortal(folder, readings)
    expected = replay(readings)
    assert expected
    assert [alert.id for alert in alerts] == [alert.id for alert in expected]
    assert [alert.title for alert in alerts] == [alert.title for alert in expected]
    # at least once, and what came twice came under the same id
    titles = dict(line.split(" ", 1) for line in delivered)
    assert len(set(delivered)) == len(titles)
    single = {alert.id: alert.title for alert in expected}
    carried = sum(
        1 if key in single else int(title.rpartition(" (and ")[2].split()[0]) + 1
        for key, title in titles.items()
    )
    assert carried == len(expected)
