"""How far a price may be trusted right now."""

import pytest

from divmon.market.events import Quote
from divmon.market.freshness import Limits, age, of_close, of_quote
from divmon.market.sessions import sessions
from divmon.market.window import window
from tests.history import day, moment

LIMITS = Limits(stream_s=5.0, poll_s=20.0, stale_s=120.0)
NOON = moment("2026-01-16T17:00")  # New York, a Friday
EVENING = moment("2026-01-16T23:00")


def quote(
    event: float, received: float | None = None, source: str = "yahoo", delay: float = 0.0
) -> Quote:
    return Quote("X", source, 1.0, event, event if received is None else received, delay_s=delay)


def state(found: Quote, now: float, calendar: str = "XNYS", *, simulated: bool = False) -> str:
    return of_quote(found, window(sessions(calendar), now), now, LIMITS, simulated=simulated)


@pytest.mark.parametrize(
    ("old", "delay", "expected"),
    [
        (0, 0, "live"),
        (140, 0, "live"),
        (141, 0, "stale"),
        (141, 600, "delayed"),
        (740, 600, "delayed"),
        (741, 600, "stale"),
    ],
)
def test_a_polled_price_of_an_open_market(old: float, delay: float, expected: str) -> None:
    assert state(quote(NOON - old, delay=delay), NOON) == expected


def test_a_frozen_price_that_is_asked_again_and_again_is_stale() -> None:
    assert state(quote(NOON - 3600, received=NOON), NOON) == "stale"


@pytest.mark.parametrize(("old", "expected"), [(0, "live"), (5, "live"), (5.1, "stale")])
def test_a_streamed_price_is_measured_from_its_receipt(old: float, expected: str) -> None:
    found = quote(NOON - 40, received=NOON - old, source="composite")  # a venue's clock is off
    assert state(found, NOON, "24/7") == expected


def test_the_close_stays_closed_over_the_weekend() -> None:
    found = quote(moment("2026-01-16T21:00"), received=moment("2026-01-16T21:00:20"))
    for text in ("2026-01-16T21:01", "2026-01-18T12:00", "2026-01-20T14:29"):
        assert state(found, moment(text)) == "closed"
    assert state(found, moment("2026-01-20T14:31")) == "stale"


def test_a_price_from_before_the_close_that_was_never_asked_again_is_no_close() -> None:
    assert state(quote(moment("2026-01-16T19:00")), EVENING) == "stale"
    # ^TNX trades until 15:00: asked again after 16:00, that is its last
    seen = quote(moment("2026-01-16T20:00"), received=moment("2026-01-16T21:05"))
    assert state(seen, EVENING) == "closed"


def test_a_price_of_an_earlier_session_is_stale_even_when_closed() -> None:
    found = quote(moment("2026-01-15T21:00"), received=EVENING)
    assert state(found, EVENING) == "stale"


def test_simulated_is_said_before_anything_else() -> None:
    assert state(quote(NOON), NOON, simulated=True) == "simulated"
    assert state(quote(NOON - 9_999), NOON, simulated=True) == "simulated"


def test_a_clock_ahead_of_ours_makes_nothing_younger() -> None:
    assert age(quote(NOON + 60, received=NOON - 10), NOON) == 10
    assert age(quote(NOON + 60, received=NOON + 60), NOON) == 0
    assert age(quote(NOON - 30, received=NOON - 10), NOON) == 30


def close_state(text: str, now: float, calendar: str, *, quoted: bool = True) -> str:
    known = sessions(calendar)
    return of_close(
        day(text), known, window(known, now), now, LIMITS, simulated=False, quoted=quoted
    )


def test_a_close_stands_in_until_the_market_opens() -> None:
    assert close_state("2026-01-16", EVENING, "XNYS") == "closed"
    assert close_state("2026-01-15", EVENING, "XNYS") == "stale"
    assert close_state("2026-01-15", NOON, "XNYS") == "stale"
    assert close_state("2026-01-15", NOON, "XNYS", quoted=False) == "closed"


def test_a_market_without_hours_keeps_its_close_for_minutes() -> None:
    midnight = moment("2026-01-17")
    assert close_state("2026-01-16", midnight, "24/7") == "closed"
    assert close_state("2026-01-16", midnight + 141, "24/7") == "stale"


def test_the_session_of_a_price() -> None:
    known = window(sessions("XNYS"), EVENING)
    assert known.session_of(EVENING) == day("2026-01-16")
    assert known.session_of(moment("2026-01-16T14:29")) == day("2026-01-15")
    assert known.session_of(moment("1960-01-01")) is None
    assert known.until == moment("2026-01-20T14:30")
    utc = window(sessions("24/7"), EVENING)
    assert utc.session_of(moment("2026-01-17T00:00:01")) == day("2026-01-17")
    assert utc.until == moment("2026-01-17")
