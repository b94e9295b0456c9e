"""The alerts page: what fired, its card, and what a person asks of the engine."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from divmon.alerts.desk import Desk, as_event
from divmon.alerts.model import Kind
from divmon.link.codec import Ack, Happened, Health, Mute, Snooze
from divmon.market.events import Event, SourceHealth
from divmon.settings import load
from divmon.ui.raised import KEPT, Raised
from divmon.ui.screens.alerts import AlertsScreen, explained_by, next_morning
from divmon.ui.screens.events import EventsScreen
from divmon.ui.screens.explain import ExplainScreen
from divmon.ui.screens.instrument import InstrumentScreen
from tests.ui import fixtures
from tests.ui.conftest import desk, text_of
from tests.ui.pages import HARMLESS, HOSTILE, SIZES, Opened, opened
from tests.ui.test_screen import FULL

TOLD = tuple(Happened(as_event(each)) for each in fixtures.ALERTS)
SESSION, MOVE, RECORD = "ABC watch → alert", "BTC −5.3% in 24 hours", "GOLD: record close"


class Engine:
    """The part of an engine that answers: its desk, without an archive."""

    def __init__(self, up: Opened) -> None:
        self.up = up
        self.desk = Desk(load(), publish=self._publish, now=fixtures.NOW.timestamp)
        self._told: list[Happened] = []

    def _publish(self, event: Event) -> None:
        self._told.append(Happened(event))

    async def answer(self) -> None:
        """Do what was sent, and let the screen hear of it."""
        for command in self.asked():
            self.desk.command(command)
        self.up.feed.sent.clear()
        told, self._told = self._told, []
        await self.up.push(*told)

    def asked(self) -> list[Ack | Snooze | Mute]:
        return [each for each in self.up.feed.sent if isinstance(each, Ack | Snooze | Mute)]


@asynccontextmanager
async def alerts(keys: str = "a", **options: Any) -> AsyncIterator[tuple[Opened, Engine]]:
    """Run the app with three alerts, and open their page."""
    told = options.pop("told", TOLD)
    async with opened(keys, *FULL, *told, **options) as up:
        yield up, Engine(up)


def row(up: Opened, title: str) -> str:
    """Return the list's line of an alert."""
    found = [line for line in up.lines if title in line and (" new " in line or " seen " in line)]
    return found[0]


@pytest.mark.parametrize("size", SIZES)
async def test_newest_first_with_time_sign_title_and_card(size: tuple[int, int]) -> None:
    async with alerts(size=size) as (up, _):
        up.page(AlertsScreen)
        listed = [line for line in up.lines if re.search(r"[▲●·] new  \w", line)]
        for line, title in zip(listed, (SESSION, MOVE, RECORD), strict=True):
            assert title in line
        assert "▲ new" in listed[0]
        assert "21:00:00" in listed[0]
        assert "19 Jan 15:00" in listed[2]
        for part in ("8 Jan 2026", "watch → alert", "confidence", "18.3 ▇"):
            assert part in up.text
        await up.press(*"JJJJJJJJ")
        for part in ("44%", "58%", "divmon alerts", "found"):
            assert part in up.text


async def test_the_board_counts_what_nobody_has_seen() -> None:
    async with opened("", *FULL, size=(80, 24)) as up:
        assert "a alerts" in up.lines[-1]  # none to count
        await up.push(*TOLD, *TOLD)  # as after a reconnect: told twice, counted once
        up.app.main.draw()
        await up.pilot.pause()
        assert up.lines[-1].startswith(" a 3 alerts ")
        await up.push(Happened(Event(1.0, "alert_acknowledged", "all", "alert all: acknowledged")))
        up.app.main.draw()
        await up.pilot.pause()
        assert up.lines[-1].startswith(" ? help ")
        await up.press("i")
        await up.push(Happened(as_event(fixtures.alert(7))))
        assert " a 1 alert " in up.lines[-1]
        await up.press("a")
        up.page(AlertsScreen)


async def test_what_nobody_acknowledged_before_a_restart_waits_here_again() -> None:
    old = Happened(as_event(fixtures.alert(3), unseen=True))
    async with alerts(told=[old]) as (up, _):
        assert " new " in row(up, fixtures.alert(3).title)


async def test_an_alert_is_seen_when_the_engine_has_said_so() -> None:
    async with alerts("a j") as (up, engine):
        await up.press("a")
        assert engine.asked() == [Ack(fixtures.ALERTS[1].id)]
        assert f"asked: acknowledge {MOVE}" in up.text
        assert "no answer yet" in up.text
        assert " new " in row(up, MOVE)
        await engine.answer()
        assert " seen " in row(up, MOVE)
        assert " new " in row(up, RECORD)
        assert f"the engine says: acknowledged: {MOVE}" in up.text
        await up.press("A")
        assert engine.asked() == [Ack("")]
        await engine.answer()
        assert " seen " in row(up, RECORD)
        assert "0 new" in up.text


@pytest.mark.parametrize(
    ("key", "seconds", "shown"),
    [
        ("1", 3600.0, "snoozed until 20 Jan 22:04"),
        ("2", 39_330.0, "snoozed until 21 Jan 08:00"),
        ("3", 7 * 86_400.0, "snoozed until 27 Jan 21:04"),
    ],
)
async def test_a_snooze_is_chosen_by_digit(key: str, seconds: float, shown: str) -> None:
    async with alerts() as (up, engine):
        await up.press("z")
        assert "1 for an hour · 2 until tomorrow 08:00 · 3 for a week" in up.text
        assert engine.asked() == []
        await up.press(key)
        (asked,) = engine.asked()
        assert isinstance(asked, Snooze)
        assert asked.rule == "abc"
        assert asked.seconds == pytest.approx(seconds, abs=1)
        assert shown not in up.text
        await engine.answer()
        assert f"abc · {shown}" in up.text


async def test_any_other_key_puts_the_choice_away_and_does_nothing_else() -> None:
    async with alerts() as (up, engine):
        for key in ("escape", "m", "h", "a", "9"):
            await up.press("z", key)
            up.page(AlertsScreen)
            assert "until tomorrow" not in up.text
        assert engine.asked() == []


async def test_mute_and_unmute() -> None:
    async with alerts("a j") as (up, engine):
        await up.press("m")
        assert engine.asked() == [Mute("btc-move")]
        await engine.answer()
        assert "btc-move · muted" in up.text
        await up.press("m")
        assert engine.asked() == [Mute("btc-move", muted=False)]
        assert "asked: let btc-move speak again" in up.text
        await engine.answer()
        assert "btc-move · muted" not in up.text
        assert "the engine says: alert btc-move: speaks again" in up.text


async def test_of_an_engine_that_is_gone_nothing_is_asked() -> None:
    lost = SourceHealth("engine", "link", "retrying", fixtures.NOW.timestamp(), "socket closed")
    async with alerts() as (up, engine):
        await up.push(Health(lost))
        assert "engine gone" in up.text
        await up.press("a")
        assert engine.asked() == []
        assert "the engine is gone: not asked to acknowledge ABC" in up.text


async def test_a_demo_says_so_here_too() -> None:
    told = (
        fixtures.hello(simulated=True),
        fixtures.reading(simulated=True, banner="SIMULATED · demo"),
    )
    async with opened("a", *told, Happened(as_event(fixtures.alert(simulated=True)))) as up:
        up.page(AlertsScreen)
        assert up.lines[1].startswith(" SIMULATED")
        assert any("SIMULATED" in line and "invented prices" in line for line in up.lines)


async def test_a_paused_page_stands_still_and_still_tells_the_answer() -> None:
    async with alerts() as (up, engine):
        await up.press("p", "a")
        await up.push(Happened(as_event(fixtures.alert(8, title="one more"))))
        await engine.answer()
        assert "one more" not in up.text
        assert " new " in row(up, SESSION)
        assert "the engine says: acknowledged: ABC" in up.text
        await up.press("p")
        up.draw()
        await up.pilot.pause()
        assert " seen " in row(up, SESSION)
        assert "one more" in up.text


async def test_slash_filters_by_rule_severity_and_new() -> None:
    async with alerts() as (up, engine):
        await up.press("slash", *"btc-move")  # a, m, z among them would each do something
        assert "1 of 3" in up.text
        await up.press("enter", "a")
        assert engine.asked() == [Ack(fixtures.ALERTS[1].id)]
        await engine.answer()
        await up.press("escape", "slash", *"new")
        assert "2 of 3" in up.text
        await up.press("escape", "slash", *"zz")
        assert 'nothing matches "zz"' in up.text
        await up.press("enter", "a", "z", "m")
        assert engine.asked() == []
        assert "there is no rule to mute" in up.text
        await up.press("escape", "escape")
        assert up.app.screen is up.app.main


@pytest.mark.parametrize("key", ["x", "enter"])
async def test_from_an_alert_to_its_explanation(key: str) -> None:
    async with alerts("a j j") as (up, _):
        await up.press(key)
        assert up.page(ExplainScreen).subject == "instruments.GOLD.high.record_close"


@pytest.mark.parametrize(
    ("kind", "subject", "rule", "key"),
    [
        ("abc_state", "ABC", "abc", "abc.score"),
        ("streak", "BTC", "btc-candles", "instruments.BTC.streak.candle"),
        ("streak", "RUT", "", "instruments.RUT.streak.close"),
        ("wall", "BTC", "wall", "instruments.BTC.wall"),
        ("relative_streak", "RUT/SPX", "small-caps", "relative_streaks.RUT/SPX.streak"),
        ("volatility", "BTC", "calm-btc", "instruments.BTC.volatility.percentile_1y"),
        ("correlation_break", "BTC/SPX", "decoupling", "correlation.BTC/SPX.break.z"),
        ("rotation", "rotation", "rotation", "rotation.label"),
        ("qt_state", "WALCL", "fed-balance-sheet", "liquidity.qt_state"),
        ("source", "okx", "sources", "sources.okx.state"),
        ("move", "BTC", "btc-move", "instruments.BTC.change_24h"),
        ("level", "liquidity.net", "", "liquidity.net"),
        ("level", "GOLD", "gone from the settings", "instruments.GOLD"),
        ("record", "no longer watched", "records", "abc.score"),
    ],
)
def test_every_kind_leads_to_what_it_is_about(
    kind: Kind, subject: str, rule: str, key: str
) -> None:
    alert = fixtures.alert(kind=kind, subject=subject, rule=rule)
    assert explained_by(alert, fixtures.reading(), load()) == key


async def test_hostile_texts_are_shown_literally_and_sent_as_they_are() -> None:
    hostile = fixtures.alert(
        rule=HOSTILE, subject=HOSTILE, title=HOSTILE, evidence=HOSTILE, base_rate=HOSTILE,
        source=HOSTILE, value=HOSTILE, was=HOSTILE, contributions={HOSTILE: 5.0},
        merged=(HOSTILE,), kind="source",
    )  # fmt: skip
    async with alerts(told=(Happened(as_event(hostile)),), size=(200, 60)) as (up, engine):
        assert up.text.count("␛[2J[/b]") >= 8
        assert HARMLESS in up.text
        await up.press("m")
        assert engine.asked() == [Mute(HOSTILE)]
        await engine.answer()
        assert "␛[2J[/b] boom · muted" in up.text
        await up.press("z")
        assert "rule ␛[2J[/b]" in up.text
        await up.press("1", "x")
        up.page(ExplainScreen)


async def test_an_alert_of_another_version_is_told_by_its_title() -> None:
    odd = Event(fixtures.NOW.timestamp(), "alert", "ABC", "of a later divmon", "alert", {"id": "7"})
    async with alerts(told=(Happened(odd),)) as (up, engine):
        assert "another version" in up.text
        await up.press("z", "m")
        assert "there is no rule" in up.text
        await up.press("a")
        assert engine.asked() == [Ack("7")]
        await engine.answer()
        assert " seen " in row(up, "of a later divmon")


async def test_nothing_has_fired() -> None:
    async with alerts(told=()) as (up, engine):
        assert "No alert has fired while this screen was up" in up.text
        await up.press("a", "z", "1", "m", "G")
        assert engine.asked() == []


async def test_the_cursor_stays_on_its_alert_while_newer_ones_come() -> None:
    async with alerts("a j") as (up, _):
        await up.push(Happened(as_event(fixtures.alert(9, title="one more"))))
        assert "▸" in row(up, MOVE)


async def test_the_log_is_searched_as_before() -> None:
    async with opened("l", *FULL, *TOLD) as up:
        up.page(EventsScreen)
        await up.press("slash", *"gold")
        assert "1 of 3" in up.text


@pytest.mark.parametrize("size", SIZES)
async def test_an_instrument_says_simulated_and_when_the_engine_is_gone(
    size: tuple[int, int],
) -> None:
    told = (
        fixtures.hello(simulated=True),
        fixtures.reading(simulated=True, banner="SIMULATED · demo"),
    )
    lost = SourceHealth("engine", "link", "retrying", fixtures.NOW.timestamp(), "socket closed")
    async with opened("enter", *told, size=size) as up:
        page = up.app.screen
        assert isinstance(page, InstrumentScreen)
        assert up.lines[1].startswith(" SIMULATED")
        assert "ALERT since" in up.lines[0]
        assert not page.desk.ink.dimmed
        up.feed.push(Health(lost))
        await up.push()
        page.draw()
        await up.pilot.pause()
        assert up.lines[1].startswith(" engine gone")
        assert page.desk.ink.dimmed


async def test_x_explains_the_instrument_that_is_up_and_esc_leads_back() -> None:
    async with opened("enter", *FULL) as up:
        page = up.app.screen
        assert isinstance(page, InstrumentScreen)
        await up.press("n", "x")
        shown = up.page(ExplainScreen)
        assert shown.key == f"instruments.{page.instrument}.last"
        await up.press("escape")
        assert up.app.screen is page


@pytest.mark.parametrize("keys", ["a", "i", "enter"])
async def test_the_banners_key_works_where_the_banner_is(keys: str) -> None:
    lost = SourceHealth("engine", "link", "retrying", fixtures.NOW.timestamp(), "socket closed")
    mine = fixtures.ScriptedFeed([fixtures.hello(), fixtures.reading()], name="mine")
    async with opened(keys, *FULL, on_own_engine=lambda: mine) as up:
        await up.push(Health(lost))
        up.feed = mine
        await up.press("e")
        assert up.app.feed is mine
        await up.push()
        assert "engine gone" not in up.text


def test_a_snooze_is_over_by_the_engines_clock() -> None:
    known = Raised()
    told: list[Event] = []
    Desk(load(), publish=told.append, now=lambda: 1000.0).command(Snooze("abc", 60.0))
    known.take(told[0])
    assert known.silence("abc", 1059.0) is not None
    assert known.silence("abc", 1060.0) is None


def test_the_oldest_alerts_go_first() -> None:
    known = Raised()
    for number in range(KEPT + 3):
        known.take(as_event(fixtures.alert(number)))
    assert known.waiting == KEPT
    assert known.newest_first[-1].data["id"] == fixtures.alert(3).id


def test_what_a_screen_is_told_wrongly_changes_nothing() -> None:
    known = Raised()
    for data in ({}, {"rule": 7, "silent": True}, {"rule": ["abc"]}):
        known.take(Event(1.0, "alert_muted", "abc", "alert abc: muted", data=data))
    assert known.silence("abc", 1.0) is None
    assert not known.take(fixtures.event("something else"))


def test_tomorrow_is_the_persons_also_when_the_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    evening = datetime(2026, 3, 28, 22, tzinfo=berlin).timestamp()  # one hour is lost that night
    assert next_morning(evening, berlin) - evening == 9 * 3600
    early = datetime(2026, 3, 28, 1, tzinfo=berlin).timestamp()
    assert next_morning(early, berlin) - early == 30 * 3600  # today's 8 o'clock is not tomorrow
    assert next_morning(evening, None) - evening <= 49 * 3600


def test_a_card_without_contributions_and_numbers_shows_none() -> None:
    from divmon.ui.widgets.alerts import AlertCard

    plain = fixtures.alert(contributions={}, base_rate="", n=None, value=None, was=12_345.6)
    card = AlertCard(desk((*FULL, Happened(as_event(plain)))))
    card.event = as_event(plain)
    text = "\n".join(text_of(card, 100, 30))
    assert "score made of" not in text
    assert "12,346 → —" in text
    assert "not known for alerts of this kind" in text
