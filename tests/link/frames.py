"""Frames to send about, and strategies for any other."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import strategies as st

from divmon.link.codec import Frame, Happened, Health, Hello, Quotes, Reading
from divmon.market.events import Event, SourceHealth
from divmon.reading.model import Abc, Claim, Instrument, RelativeStreak, Session, Streak

NOW = datetime(2026, 1, 20, 15, 30, tzinfo=UTC)


def hello(**changes: Any) -> Hello:
    """Return a Hello of an engine that is this test."""
    plain: dict[str, Any] = {"program": "test", "pid": 4711, "source": "live", "simulated": False}
    return Hello(**{**plain, "now": NOW, **changes})


def reading(number: int, **lasts: float) -> Reading:
    """Return the Reading of second `number`."""
    return Reading(
        as_of=NOW + timedelta(seconds=number),
        source="live",
        instruments={name: Instrument(label=name, last=last) for name, last in lasts.items()},
    )


def quotes(number: int, **lasts: float) -> Quotes:
    """Return the rows that changed in second `number`."""
    return Quotes(
        as_of=NOW + timedelta(seconds=number),
        instruments={name: Instrument(label=name, last=last) for name, last in lasts.items()},
    )


def happened(number: int, **changes: Any) -> Happened:
    """Return event `number`."""
    plain: dict[str, Any] = {"kind": "record", "subject": "GOLD", "text": f"event {number}"}
    return Happened(Event(time=float(number), **{**plain, **changes}))


def health(name: str, since: float, **changes: Any) -> Health:
    """Return how `name` is doing."""
    plain: dict[str, Any] = {"kind": "poll", "state": "ok"}
    return Health(SourceHealth(name=name, since=since, **{**plain, **changes}))


def plain(frame: Frame) -> Any:
    """Return a frame as something that == compares, whatever its class thinks of that."""
    return msgspec.to_builtins(frame)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.floats(allow_nan=False, allow_infinity=False)
maybe = st.none() | numbers
times = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (hypothesis wants them naive)
days = st.dates(date(1990, 1, 1), date(2100, 1, 1))
instruments = st.builds(
    Instrument,
    label=texts,
    last=maybe,
    time=st.none() | times,
    state=st.sampled_from(["live", "stale", "missing", "simulated"]),
    confirmed=st.none() | days,
    missing_sessions=st.lists(days, max_size=2).map(tuple),
    returns=st.dictionaries(st.sampled_from(["1", "20", "ytd"]), maybe),
    streak=st.builds(Streak, candle=st.none() | st.integers(-99, 99), broken_by=st.none() | days),
    sparkline=st.lists(numbers, max_size=5).map(tuple),
)
rows = st.dictionaries(st.sampled_from(["BTC", "RUT", "GOLD"]), instruments)
streaks = st.dictionaries(texts, st.builds(RelativeStreak, streak=st.none() | st.integers(-9, 9)))
sources = st.builds(
    SourceHealth,
    name=texts,
    kind=st.sampled_from(["exchange", "poll", "link"]),
    state=st.sampled_from(["starting", "ok", "off"]),
    since=numbers,
    reason=texts,
    latency_ms=maybe,
)
data = st.dictionaries(texts, st.none() | st.booleans() | numbers | texts, max_size=3)
any_frame: st.SearchStrategy[Frame] = st.one_of(
    st.builds(
        Hello,
        program=texts,
        pid=st.integers(0, 1 << 22),
        source=texts,
        simulated=st.booleans(),
        now=times,
    ),
    st.builds(
        Reading,
        as_of=times,
        source=texts,
        warm=st.booleans(),
        session=st.builds(Session, date=st.none() | days, next_open=st.none() | times),
        instruments=rows,
        groups=st.dictionaries(texts, st.lists(texts, max_size=3).map(tuple), max_size=2),
        relative_streaks=streaks,
        abc=st.builds(
            Abc,
            score=maybe,
            history=st.lists(
                st.tuples(days, maybe, st.sampled_from(["calm", "alert"])), max_size=3
            ).map(tuple),
        ),
        claims=st.lists(
            st.builds(Claim, id=texts, text=texts, verdict=st.just("only-under")), max_size=2
        ).map(tuple),
        sources=st.dictionaries(texts, sources, max_size=2),
    ),
    st.builds(
        Quotes, as_of=times, instruments=rows, relative_streaks=streaks, abc_provisional=maybe
    ),
    st.builds(
        Happened,
        st.builds(Event, time=numbers, kind=texts, subject=texts, text=texts, data=data),
    ),
    st.builds(Health, sources),
)
