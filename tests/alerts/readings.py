"""Readings made by hand, a session each."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from divmon.alerts.cards import card
from divmon.alerts.engine import Key, State, step
from divmon.alerts.model import Alert
from divmon.alerts.rules import Rule, make_rules
from divmon.market.events import SourceHealth
from divmon.reading.model import (
    Abc,
    AbcState,
    High,
    Instrument,
    Reading,
    Session,
    Streak,
    Volatility,
    Wall,
)
from divmon.settings import Settings, from_text, load
from tests.alerts.days import Closes

FIRST = date(2026, 1, 5)  # a Monday
SETTINGS = load()
OLD = date(2014, 9, 17)


def only(text: str) -> Settings:
    """Return settings with the rules of `text` alone."""
    given = from_text(text, "test.toml")
    assert given.refused == ()
    own = {name: rule for name, rule in given.alerts.items() if name not in SETTINGS.alerts}
    return msgspec.structs.replace(given, alerts=own)


def rules(text: str) -> tuple[Rule, ...]:
    return make_rules(only(text))


def day(index: int) -> date:
    return FIRST + timedelta(days=index)


def at(index: float) -> datetime:
    """Return midnight after a day, UTC."""
    return datetime.combine(FIRST, datetime.min.time(), UTC) + timedelta(days=index + 1)


def btc(index: int, **changes: Any) -> Instrument:
    """Return a Bitcoin row whose newest candle is that of a day."""
    row = Instrument(
        kind="crypto",
        state="live",
        confirmed=day(index),
        close=91_000.0,
        last=91_000.0,
        high=High(history_start=OLD, record_close=False),
        streak=Streak(candle=1, boundary="UTC"),
    )
    return msgspec.structs.replace(row, **changes)


def streak(index: int, run: int | None, **changes: Any) -> Instrument:
    return btc(index, streak=Streak(candle=run, boundary="UTC"), **changes)


def wall(index: int, level: float, below: int, close: float, **changes: Any) -> Instrument:
    return btc(index, close=close, wall=Wall(level=level, closes_below=below, **changes))


def calm(index: int, percentile: float | None) -> Instrument:
    return btc(index, volatility=Volatility(percentile_1y=percentile))


def reading(index: float, row: Instrument | None = None, **changes: Any) -> Reading:
    """Return a Reading after a day, with one row, which is Bitcoin's."""
    plain = Reading(
        as_of=at(index),
        source="live",
        session=Session(date=day(int(index))),
        instruments={} if row is None else {"BTC": row},
    )
    return msgspec.structs.replace(plain, **changes)


def abc(index: int, *states: AbcState, score: float | None = 60.0) -> Abc:
    """Return the score's block whose history ends on a day."""
    first = index - len(states) + 1
    history = tuple((day(first + at), 60.0, state) for at, state in enumerate(states))
    return Abc(as_of=day(index), score=score, state=states[-1], history=history)


def health(name: str, state: Any, since: float = 0.0) -> dict[str, SourceHealth]:
    return {name: SourceHealth(name, "exchange", state, since, "1006 abnormal closure")}


def run(
    followed: Sequence[Rule],
    readings: Sequence[Reading],
    states: dict[Key, State] | None = None,
) -> list[Alert]:
    """Step through Readings; return the alerts."""
    states = states or {}
    found = []
    for each in readings:
        after = step(followed, states, each)
        states = after.states
        found += [card(fired, each, Closes(SETTINGS)) for fired in after.fired]
    return found


def titles(followed: Sequence[Rule], readings: Sequence[Reading]) -> list[str]:
    return [alert.title for alert in run(followed, readings)]
