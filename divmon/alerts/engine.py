"""The rules, stepped from one Reading to the next.

Pure: states and a Reading in, states and what fired out, so that the same Readings
give the same alerts however often the program was restarted between them.

Four laws. Only an edge fires: what was true at the first look is taken as it is, and
so is what turns out about a bar not newer than that (a first history arrives in
pieces). A number that jumps since it is made of something else, by other settings, is
taken as it is as well. What cannot be trusted holds the state. And what is said about
one bar twice has one id.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from divmon.alerts.looks import Seen, Value, look
from divmon.alerts.rules import Rule
from divmon.reading.edges import run_ended, wall_broken
from divmon.reading.model import Reading

Key = tuple[str, str]  # rule and subject


class State(Struct, frozen=True, kw_only=True):
    """What a rule remembers of one subject."""

    mark: str  # of the rule that this is the state of
    basis: str = ""  # what the value rests on; "" in what an earlier version kept
    by: str = ""  # whose day a run is counted by
    armed: date | None = None  # the bar of the first look
    day: date | None = None  # the newest bar looked at
    value: Value = None
    active: int = 0  # of a condition: 1 or -1 (its side) while it holds
    pending: str = ""  # the edge that has not lasted long enough ...
    pending_since: float | None = None  # ... Unix seconds
    fired: float | None = None  # when it last did, by the Reading's clock
    count: int = 0


class Edge(NamedTuple):
    """What happened to one subject. `to` names it among the edges of its kind."""

    to: str
    was: Value


class Fired(NamedTuple):
    """One edge that becomes an alert."""

    rule: Rule
    seen: Seen
    edge: Edge


class Stepped(NamedTuple):
    states: dict[Key, State]
    changed: frozenset[Key]
    fired: tuple[Fired, ...]


def step(rules: Sequence[Rule], states: Mapping[Key, State], reading: Reading) -> Stepped:
    """Return the states after `reading`, and what it set off, in the order of the rules."""
    after = dict(states)
    fired: list[Fired] = []
    if not (reading.simulated or reading.warm):
        now = reading.as_of.timestamp()
        for rule in rules:
            looks = sorted(look(rule, reading), key=lambda seen: seen.subject)
            for subject, group in groupby(looks, key=lambda seen: seen.subject):
                seen = [each for each in group if each.value is not None]
                if seen:
                    key = rule.name, subject
                    after[key], found = _subject(rule, states.get(key), seen, now)
                    fired += found
    changed = frozenset(key for key, state in after.items() if states.get(key) != state)
    return Stepped(after, changed, tuple(fired))


def _subject(
    rule: Rule, state: State | None, looks: Sequence[Seen], now: float
) -> tuple[State, list[Fired]]:
    basis = rule.basis_of(looks[-1].subject)
    if state is None or state.mark != rule.mark:
        return _begun(rule, basis, looks[-1]), []
    if state.basis and state.basis != basis:
        again = _begun(rule, basis, looks[-1])
        return replace(again, fired=state.fired, count=state.count), []
    state = replace(state, basis=basis)
    fired = []
    for seen in looks:
        if state.by and seen.by != state.by:
            # armed as before: the next bar by the other clock may be of the same date
            day = state.day if seen.day is None else seen.day
            state = replace(_detect(rule, state, seen)[1], day=day, by=seen.by)
            continue
        state = replace(state, by=seen.by)
        if not _is_new(rule, state, seen):
            continue
        edge, settled = _detect(rule, state, seen)
        if seen.day is not None:
            settled = replace(settled, day=seen.day)
        if edge is None:
            state = settled
            continue
        if rule.for_s:
            same = state.pending == edge.to and state.pending_since is not None
            since = state.pending_since if same and state.pending_since is not None else now
            if now - since < rule.for_s:
                state = replace(state, pending=edge.to, pending_since=since)
                continue
        if _may_fire(rule, state, seen, edge, now):
            fired.append(Fired(rule, seen, edge))
            settled = replace(settled, fired=now, count=state.count + 1)
        state = settled
    return state, fired


def _begun(rule: Rule, basis: str, seen: Seen) -> State:
    """Return the state after a first look."""
    first = State(
        mark=rule.mark, basis=basis, by=seen.by, armed=seen.day, day=seen.day, value=seen.value
    )
    return _detect(rule, first, seen)[1]


def _is_new(rule: Rule, state: State, seen: Seen) -> bool:
    """Tell whether a look can say anything that is not known."""
    if seen.day is None or state.day is None:
        return True
    # Between the session's end and its bar, a rule that follows running prices would
    # fall back on the bar before, and rise again with the new one.
    return seen.day > state.day or (seen.day == state.day and rule.confirmed_only)


def _may_fire(rule: Rule, state: State, seen: Seen, edge: Edge, now: float) -> bool:
    if seen.day is not None and state.armed is not None and seen.day <= state.armed:
        return False
    if rule.to and edge.to not in rule.to:
        return False
    if state.fired is not None and now - state.fired < rule.cooldown_s:
        return False
    return not (rule.once and state.count)


def _detect(rule: Rule, state: State, seen: Seen) -> tuple[Edge | None, State]:
    """Return the edge between the state and a look, and the state if that is accepted."""
    settled = replace(state, value=seen.value, pending="", pending_since=None)
    to: str | None = None
    match seen.value:
        case str() as name:
            to = name if name != state.value else None
        case tuple() as wall:
            to = _wall(state.value, wall, rule.length)
        case float() | int() as value if rule.kind == "relative_streak":
            was = state.value
            # float: JSON gives back 12.0 as the integer 12
            if isinstance(was, float | int) and run_ended(int(was), int(value), rule.length):
                to = "ended"
        case float() | int() as value:
            side = _side(rule, value, state.active)
            settled = replace(settled, active=side)
            to = ("up" if side > 0 else "down") if side and side != state.active else None
    return (None if to is None else Edge(to, state.value)), settled


def _wall(was: Value, wall: tuple[float, ...], least: int) -> str | None:
    """Name the strongest of the things that happened to the level since `was`.

    One that held for fewer than `least` closes was none.
    """
    if not isinstance(was, tuple) or was == wall:
        return None
    level, closes_below, touches, pierced, _ = was
    if wall_broken(level, int(closes_below), wall[4]):
        return "broken" if closes_below >= least else None
    if wall[0] != level:
        return None
    if wall[3] > pierced:
        return "pierced"
    return "touched" if wall[2] > touches else None


def _side(rule: Rule, value: float, active: int) -> int:
    """Return on which side the condition holds: 1, -1, or 0 where it does not.

    It begins at `enter` and ends beyond `exit`, each by its own value.
    """
    enter, leave, directions = _limits(rule)
    for side in directions:
        threshold = leave if active == side else enter
        # a rule that falls below a level compares the other way; so does one that
        # counts falls, by the mirrored value
        if _beyond(rule, value, side, threshold):
            return side
    return 0


def _limits(rule: Rule) -> tuple[float, float, tuple[int, ...]]:
    enter, leave = rule.enter, rule.exit
    if rule.kind == "streak":
        enter = leave = float(rule.length)
    elif rule.kind in ("record", "correlation_break"):
        return 1.0, 1.0, (1,)
    return enter, leave, {"up": (1,), "down": (-1,), "either": (1, -1)}[rule.direction]


def _beyond(rule: Rule, value: float, side: int, threshold: float) -> bool:
    if rule.kind in ("level", "volatility"):
        return value >= threshold if side > 0 else value <= threshold
    return value * side >= threshold
