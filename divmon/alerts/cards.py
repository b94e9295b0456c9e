"""An alert as a card: what, since when, by which numbers, and what followed earlier ones."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Protocol

from divmon.alerts.engine import Fired
from divmon.alerts.model import Alert, identity
from divmon.indicators.align import Grid
from divmon.reading.model import Reading
from divmon.reading.past import Followed

TITLE = 100  # characters
TOLD = ("BTC", "RUT")  # the targets of the base rate's sentence ...
HORIZON = 60  # ... and its sessions

_NAMES = {
    "rel20": "20-session gap",
    "rel60": "60-session gap",
    "breadth20": "breadth",
    "highs": "near highs",
    "ddgap": "drawdown gap",
}


class Background(Protocol):
    """What a card says beyond the Reading."""

    def closed_at(self, instrument: str, day: date) -> float:
        """Return when the bar of an instrument's day was over, in Unix seconds."""

    @property
    def grid(self) -> Grid | None:
        """The closes of the master sessions, None before there are any."""

    def followed(self, state: str) -> Sequence[Followed]:
        """Return what followed earlier episodes of an ABC state."""


def card(fired: Fired, reading: Reading, background: Background) -> Alert:
    """Return the alert of one edge."""
    rule, seen, edge = fired
    title, evidence = _WORDS[rule.kind](fired, reading)
    now = reading.as_of.timestamp()
    if seen.began is not None:
        fact: object = seen.began
        time = seen.began
    elif seen.day is None:
        fact = time = now
    elif seen.calendar:
        fact, time = seen.day, background.closed_at(seen.calendar, seen.day)
    else:
        fact, time = seen.day, now
    base_rate, n = _base_rate(fired, reading, background)
    provisional = " (provisional: the bar is not closed)" if seen.provisional else ""
    when = "On the close of" if seen.calendar else "As of"
    when = "" if seen.day is None else f"{when} {seen.day:%-d %B %Y}."
    parts = [when, evidence and f"{evidence}.", base_rate]
    is_abc = rule.kind == "abc_state" and seen.day == reading.abc.as_of
    return Alert(
        id=identity(rule.name, seen.subject, rule.mark, edge.to, fact),
        rule=rule.name,
        kind=rule.kind,
        subject=seen.subject,
        severity=rule.severity,
        time=min(time, now),
        as_of=reading.as_of,
        source=reading.source,
        title=f"{title}{provisional}"[:TITLE],
        text=" ".join(part for part in parts if part),
        session=seen.day if seen.calendar == "SPX" and seen.day else reading.session.date,
        since=seen.since or seen.day,
        value=_plain(seen.value),
        was=_plain(edge.was),
        evidence=evidence,
        contributions={
            name: part.contribution
            for name, part in reading.abc.components.items()
            if part.contribution is not None
        }
        if is_abc
        else {},
        base_rate=base_rate,
        n=n,
        provisional=seen.provisional,
    )


def _plain(value: object) -> float | str | None:
    """Return a value as it can be told; of a wall, its level."""
    match value:
        case tuple() as facts:
            return float(facts[0])
        case str() as text:
            return text
        case int() | float() as number:
            return float(number)
        case _:
            return None


def _base_rate(fired: Fired, reading: Reading, background: Background) -> tuple[str, int | None]:
    """Say what followed, or how rare it is; with the number of cases."""
    rule, seen, edge = fired
    if rule.kind == "abc_state":
        rows = {(row.target, row.horizon): row for row in background.followed(edge.to)}
        found = [row for name in TOLD if (row := rows.get((name, HORIZON))) is not None and row.n]
        if not found:
            return f"No earlier {edge.to} of this history is {HORIZON} sessions old.", 0
        few = "" if all(row.enough for row in found) else " Too few to tell."
        told = "; ".join(_after(row) for row in found)
        return f"{HORIZON} sessions after earlier ones: {told}.{few}", found[0].n
    if rule.kind == "streak" and not seen.provisional:
        streak = reading.instruments[seen.subject].streak
        rate = streak.per_year if streak.candle is not None else streak.close_per_year
        if rate is not None:
            return f"Runs this long come {rate:.1f} times a year.", None
    return "", None


def _after(row: Followed) -> str:
    mean = "" if row.mean is None else f", mean {row.mean:+.1%}"
    up = "" if row.positive is None else f"{row.target} was higher in {row.positive:.0%}"
    base = "" if row.base_positive is None else f" (any session: {row.base_positive:.0%})"
    return f"{up} of n = {row.n}{mean}{base}"


def _abc_state(fired: Fired, reading: Reading) -> tuple[str, str]:
    _, seen, edge = fired
    abc = reading.abc
    score = next((score for day, score, _ in abc.history if day == seen.day), None)
    spread = ""
    if seen.day == abc.as_of and abc.plus_minus is not None:
        spread = f" ±{abc.plus_minus:.0f}"
    title = f"ABC {edge.was} → {edge.to}" + (
        "" if score is None else f", score {score:.0f}{spread}"
    )
    if seen.day != abc.as_of:
        return title, ""
    parts = sorted(
        (
            (part.contribution, _NAMES.get(name, name))
            for name, part in abc.components.items()
            if part.contribution is not None
        ),
        reverse=True,
    )
    facts = [", ".join(f"{name} {points:.0f}" for points, name in parts)]
    if abc.confidence is not None and abc.coverage is not None:
        facts.append(f"coverage {abc.coverage:.0%}, confidence {abc.confidence:.0%}")
    return title, "; ".join(fact for fact in facts if fact)


def _level(fired: Fired, _reading: Reading) -> tuple[str, str]:
    rule, seen, edge = fired
    verb = "at or above" if edge.to == "up" else "at or below"
    what = seen.subject if seen.subject == rule.value else f"{seen.subject} {rule.value}"
    return f"{what} {_number(seen.value)}, {verb} {_number(rule.enter)}", _was(edge.was)


def _streak(fired: Fired, reading: Reading) -> tuple[str, str]:
    _, seen, _ = fired
    run = int(seen.value) if isinstance(seen.value, float) else 0
    row = reading.instruments.get(seen.subject)
    if row is not None and row.streak.candle is not None:
        what, whose = f"{'red' if run < 0 else 'green'} candles", f" ({row.streak.boundary})"
    else:
        what, whose = f"{'lower' if run < 0 else 'higher'} closes", ""
    return f"{seen.subject}: {abs(run)} {what} in a row{whose}", ""


def _record(fired: Fired, reading: Reading) -> tuple[str, str]:
    rule, seen, _ = fired
    row = reading.instruments.get(seen.subject)
    basis = "record close" if rule.basis == "close" else "record high"
    if row is None:
        return f"{seen.subject}: {basis}", ""
    price = row.last if seen.provisional else row.close
    start = row.high.history_start
    since = "" if start is None else f"Data since {start:%Y}"
    at = "" if price is None else f" {price:,.{row.decimals}f}"
    return f"{seen.subject}: {basis}{at}", since


def _wall(fired: Fired, _reading: Reading) -> tuple[str, str]:
    _, seen, edge = fired
    was = edge.was if isinstance(edge.was, tuple) else seen.value
    assert isinstance(was, tuple)
    level, below = was[0], int(was[1])
    close = seen.value[4] if isinstance(seen.value, tuple) else 0.0
    if edge.to == "broken":
        return f"BTC closed above {level:,.0f} after {below} closes below it", f"Close {close:,.0f}"
    verb = "traded above" if edge.to == "pierced" else "came near"
    return f"BTC {verb} {level:,.0f} and closed below it", f"Close {close:,.0f}"


def _relative_streak(fired: Fired, _reading: Reading) -> tuple[str, str]:
    _, seen, edge = fired
    first, _, second = seen.subject.partition("/")
    was = int(edge.was) if isinstance(edge.was, float | int) else 0
    verb = "beating" if was > 0 else "trailing"
    return f"{first}: {abs(was)} sessions of {verb} {second} have ended", ""


def _volatility(fired: Fired, reading: Reading) -> tuple[str, str]:
    rule, seen, edge = fired
    row = reading.instruments.get(seen.subject)
    now = (
        ""
        if row is None or row.volatility.cc30 is None
        else f"30-bar volatility {row.volatility.cc30:.0%}"
    )
    verb = "above" if edge.to == "up" else "below"
    rank = f"{seen.value:.0%}" if isinstance(seen.value, float) else "—"
    return (
        f"{seen.subject}: volatility at the {rank} mark of its year, {verb} {rule.enter:.0%}",
        now,
    )


def _correlation_break(fired: Fired, reading: Reading) -> tuple[str, str]:
    subject = fired.seen.subject
    found = reading.correlation.get(subject)
    if found is None or found.break_.z is None:
        return f"{subject}: the correlation has broken", ""
    r = "" if found.d60.r is None else f", r = {found.d60.r:+.2f} over 60 sessions"
    return f"{subject}: the correlation has broken", f"z = {found.break_.z:+.1f}{r}"


def _changed(what: str) -> Callable[[Fired, Reading], tuple[str, str]]:
    def words(fired: Fired, _reading: Reading) -> tuple[str, str]:
        return f"{what}: {fired.edge.was} → {fired.edge.to}", ""

    return words


def _source(fired: Fired, reading: Reading) -> tuple[str, str]:
    health = reading.sources.get(fired.seen.subject)
    reason = "" if health is None else " ".join(_printable(health.reason).split())
    return f"Source {fired.seen.subject} is {fired.edge.to}", reason


def _move(fired: Fired, _reading: Reading) -> tuple[str, str]:
    rule, seen, _ = fired
    value = seen.value if isinstance(seen.value, float | int) else 0.0
    window = {"24h": "24 hours", "1": "a session", "mtd": "this month", "ytd": "this year"}.get(
        rule.window, f"{rule.window} sessions"
    )
    return f"{seen.subject} {value:+.1%} in {window}", f"The limit is {rule.enter:.1%}"


def _was(value: object) -> str:
    return "" if value is None else f"Before: {_number(value)}"


def _number(value: object) -> str:
    if not isinstance(value, float | int):
        return "—"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _printable(text: str) -> str:
    """Return text of others without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


_WORDS: Mapping[str, Callable[[Fired, Reading], tuple[str, str]]] = {
    "abc_state": _abc_state,
    "level": _level,
    "streak": _streak,
    "record": _record,
    "wall": _wall,
    "relative_streak": _relative_streak,
    "volatility": _volatility,
    "correlation_break": _correlation_break,
    "rotation": _changed("Rotation"),
    "qt_state": _changed("Federal Reserve balance sheet"),
    "source": _source,
    "move": _move,
}
