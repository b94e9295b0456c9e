"""What happened between two Readings: the events that a person would want told.

Edges come from confirmed values only, so a price that dips through a level and back
within a session tells nothing here.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import date

from divmon.market.events import Event
from divmon.reading.model import Instrument, Reading, RelativeStreak

ClosedAt = Callable[[str, date], float]
"""When the bar of an instrument's day was over, in Unix seconds."""

SHORTEST = 3  # bars; a run shorter than this is not told
YEAR = 365  # days of history without which nothing is called a record


def edges(
    before: Reading | None,
    after: Reading,
    closed_at: ClosedAt,
    redefined: Collection[str] = (),
) -> list[Event]:
    """Return what `after` confirms that `before` did not, oldest first.

    With no Reading before, the newest close of every instrument counts as new, so
    that a screen just opened tells what it is looking at. Nothing is told of what is
    `redefined` by other settings: instruments, and "ABC".
    """
    found: list[Event] = []
    for name, now in after.instruments.items():
        if name in redefined:
            continue
        known = before.instruments.get(name) if before is not None else None
        if known is not None and not has_a_past(known):
            known = None
        if now.confirmed is None or not has_a_past(now):
            continue
        if known is None or known.confirmed != now.confirmed:
            found += _of_bar(name, known, now, closed_at(name, now.confirmed))
    found += _of_relative(before, after, closed_at, redefined)
    if "ABC" not in redefined:
        found += _of_abc(before, after, closed_at)
    return sorted(found, key=lambda event: event.time)


def has_a_past(instrument: Instrument) -> bool:
    """Tell whether the history is long enough; at a first start it arrives in pieces."""
    start, end = instrument.high.history_start, instrument.confirmed
    return start is not None and end is not None and (end - start).days >= YEAR


def wall_broken(level: float, closes_below: int, close: float) -> bool:
    """Tell whether `close` is the first at or above a level that had closes below it.

    A level that changes without that was left below: the price fell out of its reach.
    """
    return closes_below > 0 and close >= level


def run_ended(was: int, now: int, shortest: int) -> bool:
    """Tell whether a run of at least `shortest`, signed, no longer goes on.

    One that is shorter than it was has ended and begun anew while nobody looked.
    """
    return abs(was) >= shortest and (was * now <= 0 or abs(now) < abs(was))


def _of_bar(name: str, known: Instrument | None, now: Instrument, at: float) -> Iterator[Event]:
    if now.high.record_close and now.kind not in ("rate", "volatility"):
        since = (
            "" if now.high.history_start is None else f" (data since {now.high.history_start:%Y})"
        )
        yield Event(at, "record_close", name, f"{name} record close{_price(now)}{since}", "notice")
    run = now.streak.candle if now.kind == "crypto" else None
    if run is not None and abs(run) >= SHORTEST and now.confirmed is not None:
        colour = "red" if run < 0 else "green"
        yield Event(
            at,
            "streak",
            name,
            f"{name} candle of {now.confirmed:%-d %b} closed {colour}: "
            f"{abs(run)} in a row ({now.streak.boundary})",
            data={"streak": run, "boundary": now.streak.boundary},
        )
    was = known.wall if known is not None else None
    if (
        was is not None
        and was.closes_below
        and now.close is not None
        and wall_broken(was.level, was.closes_below, now.close)
    ):
        yield Event(
            at,
            "wall",
            name,
            f"{name} closed above {was.level:,.0f} after {was.closes_below} closes below it",
            "notice",
            {"level": was.level, "closes_below": was.closes_below},
        )


def _of_relative(
    before: Reading | None, after: Reading, closed_at: ClosedAt, redefined: Collection[str]
) -> Iterator[Event]:
    for pair, now in after.relative_streaks.items():
        first, _, second = pair.partition("/")
        if first in redefined or second in redefined:
            continue
        row = after.instruments.get(first)
        if row is None or row.confirmed is None or not has_a_past(row) or now.streak is None:
            continue
        day = row.confirmed
        old_row = before.instruments.get(first) if before is not None else None
        known = None
        if before is not None and old_row is not None and has_a_past(old_row):
            known = before.relative_streaks.get(pair)
        if known is not None and known.streak == now.streak:
            continue
        if text := _run(first, second, known, now):
            yield Event(
                closed_at(first, day), "relative_streak", pair, text, data={"streak": now.streak}
            )


def _run(first: str, second: str, known: RelativeStreak | None, now: RelativeStreak) -> str:
    streak = now.streak or 0
    if abs(streak) >= SHORTEST:
        verb = "beat" if streak > 0 else "trailed"
        lead = "" if now.lead_pp is None else f", {now.lead_pp:+.2f} pp over the run"
        return f"{first} {verb} {second}: {abs(streak)} sessions running{lead}"
    was = (known.streak if known is not None else None) or 0
    if run_ended(was, streak, SHORTEST):
        return f"{first} over {second}: the run of {abs(was)} sessions has ended"
    return ""


def _of_abc(before: Reading | None, after: Reading, closed_at: ClosedAt) -> Iterator[Event]:
    abc, known = after.abc, before.abc if before is not None else None
    day = after.session.date
    if day is None or abc.score is None or (known is not None and known.state == abc.state):
        return
    was = f"{known.state} → " if known is not None and known.state != "unknown" else ""
    yield Event(
        closed_at("SPX", day),
        "abc_state",
        "ABC",
        f"ABC {was}{abc.state}, score {abc.score:.0f} on the session close",
        "alert" if abc.state == "alert" else "notice",
        {"state": abc.state, "score": abc.score},
    )


def _price(instrument: Instrument) -> str:
    close = instrument.close
    return "" if close is None else f" {close:,.{instrument.decimals}f}"
