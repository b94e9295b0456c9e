"""A rule, as the settings state it and as the engine uses it."""

import hashlib
from typing import Literal

import msgspec
from msgspec import Struct

from divmon.alerts.model import Kind
from divmon.market.events import Severity
from divmon.reading.redefined import GRID
from divmon.settings import AlertSettings, Settings
from divmon.settings_alerts import RUNNING_ONLY, quiet_minutes, seconds
from divmon.settings_change import definition

# What these decide is what becomes of an alert, not when there is one: to change
# them does not make a rule begin anew.
_AFTERWARDS = ("enabled", "severity", "quiet_hours", "cooldown")


class Rule(Struct, frozen=True, kw_only=True):
    """One rule. `mark` changes with what it looks at, so that a changed rule begins anew."""

    name: str
    kind: Kind
    mark: str
    on: tuple[str, ...] = ()  # empty: all there are
    to: tuple[str, ...] = ()  # empty: whatever comes
    value: str = ""
    enter: float = 0.0
    exit: float = 0.0
    direction: Literal["up", "down", "either"] = "up"
    length: int = 3
    basis: Literal["close", "intraday"] = "close"
    window: str = "1"
    for_s: float = 0.0
    cooldown_s: float = 0.0
    once: bool = False
    quiet: tuple[int, int] | None = None  # minutes of the user's day
    confirmed_only: bool = True
    severity: Severity = "notice"
    definitions: dict[str, str] = {}  # by instrument, what its numbers are made of
    venues: tuple[str, ...] = ()

    def basis_of(self, subject: str) -> str:
        """Return what the values of a subject rest on; another one makes them jump."""
        if self.kind == "source" or subject == "WALCL" or subject.startswith("liquidity."):
            return ""
        if self.value in RUNNING_ONLY:
            return _digest(self.venues)
        names = [subject] if subject in self.definitions else subject.split("/")
        if not any(name in self.definitions for name in names):
            names = sorted(GRID)  # of the score, the rotation
        return _digest([f"{name} {self.definitions.get(name, '')}" for name in names])


def make_rules(settings: Settings) -> tuple[Rule, ...]:
    """Return the rules that are enabled, in the order of the settings."""
    definitions = {name: definition(each) for name, each in settings.instruments.items()}
    venues = settings.exchanges.venues
    return tuple(
        _rule(name, given, definitions, venues)
        for name, given in settings.alerts.items()
        if given.enabled
    )


def _rule(
    name: str, given: AlertSettings, definitions: dict[str, str], venues: tuple[str, ...]
) -> Rule:
    assert given.kind  # checked at load
    enter = 0.0 if given.enter is None else given.enter
    return Rule(
        name=name,
        kind=given.kind,
        mark=_mark(given),
        on=given.on,
        to=given.to,
        value=given.value,
        enter=enter,
        exit=enter if given.exit is None else given.exit,
        direction=given.direction,
        length=given.length,
        basis=given.basis,
        window=given.window,
        for_s=seconds(given.for_) or 0.0,
        cooldown_s=seconds(given.cooldown) or 0.0,
        once=given.once,
        quiet=quiet_minutes(given.quiet_hours) if given.quiet_hours else None,
        confirmed_only=given.confirmed_only,
        severity=given.severity,
        definitions=definitions,
        venues=venues,
    )


def _mark(given: AlertSettings) -> str:
    facts = msgspec.to_builtins(given)
    for key in _AFTERWARDS:
        del facts[key]
    return _digest(facts)


def _digest(facts: object) -> str:
    return hashlib.sha256(msgspec.json.encode(facts, order="sorted")).hexdigest()[:16]
