"""What a rule sees in a Reading: one value a subject, with the bar that decided it.

A value that must not be trusted is None: the engine then holds the rule's state. That
is the case when it is missing, when its row is stale or simulated, when the history is
too short to speak of records and runs, and when the score has too little confidence
(then the Reading itself has no score).
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from divmon.alerts.rules import Rule
from divmon.reading.edges import has_a_past
from divmon.reading.model import Instrument, Reading
from divmon.settings_alerts import RUNNING_ONLY

Value = float | str | tuple[float, ...] | None


class Seen(Struct, frozen=True):
    """One value of one subject.

    `day` is that of the bar or session that decided it, None for what needs no bar.
    `by` is whose day a run is counted by: another one is another number.
    `calendar` names the instrument whose bar that is; "" where it is no bar, but the date
    that a figure published later is of.
    """

    subject: str
    value: Value
    day: date | None = None
    calendar: str = "SPX"
    provisional: bool = False
    began: float | None = None  # Unix seconds; of what needs no bar
    since: date | None = None
    by: str = ""


def look(rule: Rule, reading: Reading) -> Iterator[Seen]:
    """Yield what `rule` sees, each subject's in the order of its days."""
    return _LOOKS[rule.kind](rule, reading)


def trusted(row: Instrument | None) -> bool:
    """Tell whether a row may feed an alert at all."""
    return (
        row is not None and row.confirmed is not None and row.state in ("live", "delayed", "closed")
    )


def _rows(rule: Rule, reading: Reading) -> Iterator[tuple[str, Instrument]]:
    for name in rule.on:
        row = reading.instruments.get(name)
        if row is not None and trusted(row):
            yield name, row


def _runs(rule: Rule, row: Instrument) -> bool:
    """Tell whether the running price speaks for this rule."""
    return not rule.confirmed_only and row.state in ("live", "delayed")


def _abc_state(_rule: Rule, reading: Reading) -> Iterator[Seen]:
    """Yield the state of each recent session, so that none is lost that nobody watched.

    The newest counts only with a score: without one the machine holds.
    """
    if reading.abc.score is None:
        return
    for day, score, state in reading.abc.history:
        if score is not None and state != "unknown":
            yield Seen("ABC", state, day, since=day)


def _level(rule: Rule, reading: Reading) -> Iterator[Seen]:
    if rule.value in _ROW:
        for name, row in _rows(rule, reading):
            if rule.value == "price" and _runs(rule, row):
                yield Seen(name, row.last, None, name, provisional=True)
            else:
                yield Seen(name, _ROW[rule.value](row), row.confirmed, name)
    elif rule.value in RUNNING_ONLY:
        btc = reading.instruments.get("BTC")
        if btc is not None and btc.state == "live":
            yield Seen("BTC", getattr(btc, rule.value.partition(".")[2]), provisional=True)
    elif rule.value.startswith("liquidity."):
        liquidity = reading.liquidity
        value = getattr(liquidity, rule.value.partition(".")[2])
        yield Seen(rule.value, value, liquidity.as_of, "")
    else:
        yield _of_score(rule, reading)


def _of_score(rule: Rule, reading: Reading) -> Seen:
    """Return a value of the whole grid: nothing while there is no score to trust."""
    abc = reading.abc
    if abc.score is None:
        return Seen(rule.value, None)
    if rule.value == "abc.score" and not rule.confirmed_only and abc.provisional is not None:
        return Seen(rule.value, abc.provisional, provisional=True)
    return Seen(rule.value, _GRID[rule.value](reading), abc.as_of)


def _streak(rule: Rule, reading: Reading) -> Iterator[Seen]:
    for name, row in _rows(rule, reading):
        run = row.streak.candle if row.streak.candle is not None else row.streak.close
        if not has_a_past(row):
            continue
        if _runs(rule, row) and row.streak.provisional is not None:
            seen = _number(name, row.streak.provisional, provisional=True)
        else:
            seen = _number(name, run, row.confirmed)
        yield replace(seen, by=row.streak.boundary)


def _number(
    name: str, value: float | None, day: date | None = None, *, provisional: bool = False
) -> Seen:
    return Seen(name, None if value is None else float(value), day, name, provisional=provisional)


def _record(rule: Rule, reading: Reading) -> Iterator[Seen]:
    for name, row in _rows(rule, reading):
        if not has_a_past(row):
            continue
        high = row.high
        held = high.record_close if rule.basis == "close" else high.record_intraday
        if _runs(rule, row) and high.provisional_record is not None:
            yield _number(name, high.provisional_record, provisional=True)
        else:
            yield _number(name, held, row.confirmed)


def _wall(_rule: Rule, reading: Reading) -> Iterator[Seen]:
    """Yield level, closes below, touches, whether pierced, and the last close."""
    row = reading.instruments.get("BTC")
    if row is None or not trusted(row) or row.close is None:
        return
    wall = row.wall
    if wall is None or wall.closes_below is None:
        yield Seen("BTC", None, row.confirmed, "BTC")
        return
    facts = wall.level, wall.closes_below, wall.touches or 0, bool(wall.pierced), row.close
    yield Seen("BTC", tuple(float(each) for each in facts), row.confirmed, "BTC")


def _relative_streak(rule: Rule, reading: Reading) -> Iterator[Seen]:
    for pair in rule.on or tuple(reading.relative_streaks):
        found = reading.relative_streaks.get(pair)
        first, _, second = pair.partition("/")
        rows = [reading.instruments.get(name) for name in (first, second)]
        if found is None or not all(trusted(row) and row and has_a_past(row) for row in rows):
            continue
        row = rows[0]
        assert row is not None
        if _runs(rule, row) and found.provisional is not None:
            yield Seen(pair, float(found.provisional), None, first, provisional=True)
        elif found.streak is not None:
            yield Seen(pair, float(found.streak), row.confirmed, first, since=found.since)


def _volatility(rule: Rule, reading: Reading) -> Iterator[Seen]:
    for name, row in _rows(rule, reading):
        yield _number(name, row.volatility.percentile_1y, row.confirmed)


def _correlation_break(rule: Rule, reading: Reading) -> Iterator[Seen]:
    for pair in rule.on or tuple(reading.correlation):
        found = reading.correlation.get(pair)
        if found is not None and reading.abc.score is not None:
            flag = found.break_.flag
            yield Seen(pair, None if flag is None else float(flag), reading.abc.as_of)


def _rotation(_rule: Rule, reading: Reading) -> Iterator[Seen]:
    if reading.abc.score is not None:
        rotation = reading.rotation
        yield Seen("rotation", rotation.label, reading.abc.as_of, since=rotation.since)


def _qt_state(_rule: Rule, reading: Reading) -> Iterator[Seen]:
    yield Seen("WALCL", reading.liquidity.qt_state, reading.liquidity.as_of, "")


def _source(rule: Rule, reading: Reading) -> Iterator[Seen]:
    """Yield whether each source is lost or back; one that starts is neither."""
    for name, health in reading.sources.items():
        if health.state != "starting" and (not rule.on or name in rule.on):
            state = "back" if health.state == "ok" else "lost"
            yield Seen(name, state, began=health.since)


def _move(rule: Rule, reading: Reading) -> Iterator[Seen]:
    for name, row in _rows(rule, reading):
        if rule.window == "24h":
            value = row.change_24h if _runs(rule, row) else None
            yield _number(name, value, provisional=True)
        elif _runs(rule, row):
            yield _number(name, row.returns.get(rule.window), provisional=True)
        else:
            yield _number(name, row.confirmed_returns.get(rule.window), row.confirmed)


_ROW: Mapping[str, Callable[[Instrument], float | None]] = {
    "price": lambda row: row.close,
    "from_high": lambda row: row.high.from_high,
    "from_52w": lambda row: row.high.from_52w,
    "vs_btc20": lambda row: row.vs_btc20,
    "volatility": lambda row: row.volatility.cc30,
}
_GRID: Mapping[str, Callable[[Reading], float | None]] = {
    "abc.score": lambda reading: reading.abc.score,
    "abc.gap20": lambda reading: reading.abc.gap20,
    "abc.gap60": lambda reading: reading.abc.gap60,
    "breadth20": lambda reading: reading.breadth20,
    "dispersion.percentile": lambda reading: reading.dispersion.percentile,
    "beta_gap.z": lambda reading: reading.beta_gap.z if reading.beta_gap.shown else None,
}
_LOOKS: Mapping[str, Callable[[Rule, Reading], Iterator[Seen]]] = {
    "abc_state": _abc_state,
    "level": _level,
    "streak": _streak,
    "record": _record,
    "wall": _wall,
    "relative_streak": _relative_streak,
    "volatility": _volatility,
    "correlation_break": _correlation_break,
    "rotation": _rotation,
    "qt_state": _qt_state,
    "source": _source,
    "move": _move,
}
