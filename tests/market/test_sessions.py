from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from divmon.errors import SettingsError
from divmon.market.sessions import DAY, day_number, day_of, sessions


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("calendar", "day", "close"),
    [
        ("XNYS", date(2026, 1, 20), "2026-01-20T21:00"),  # winter: 16:00 is 21:00 UTC
        ("XNYS", date(2026, 7, 20), "2026-07-20T20:00"),  # summer: 20:00
        ("XNYS", date(2025, 11, 28), "2025-11-28T18:00"),  # the day after Thanksgiving: 13:00
        ("XSHG", date(2026, 1, 20), "2026-01-20T07:00"),
        ("CMES", date(2026, 1, 20), "2026-01-20T23:00"),
        ("24/7", date(2026, 1, 20), "2026-01-21T00:00"),
    ],
)
def test_a_session_ends_when_its_exchange_says(calendar: str, day: date, close: str) -> None:
    assert sessions(calendar).close_of(day_number(day)) == at(close)


@pytest.mark.parametrize(
    ("calendar", "holiday"),
    [("XNYS", date(2026, 1, 19)), ("XNYS", date(2026, 1, 18)), ("XSHG", date(2026, 2, 17))],
)
def test_a_holiday_is_no_session(calendar: str, holiday: date) -> None:
    known = sessions(calendar)
    assert not known.is_session(day_number(holiday))
    assert known.close_of(day_number(holiday)) is None


@pytest.mark.parametrize(
    ("day", "trades"),
    [
        (date(2025, 10, 13), False),  # Columbus Day
        (date(2025, 11, 11), False),  # Veterans Day
        (date(2018, 11, 12), False),  # ... on the Monday after a Sunday
        (date(2017, 11, 10), True),  # ... and on no Friday before a Saturday
        (date(2025, 11, 27), False),  # Thanksgiving, as XNYS
        (date(2025, 11, 12), True),
    ],
)
def test_bonds_have_two_holidays_more(day: date, trades: bool) -> None:
    assert sessions("US bonds").is_session(day_number(day)) is trades


@pytest.mark.parametrize("name", ["XNYS", "XSHG", "CMES", "24/5", "US bonds"])
def test_a_program_that_runs_for_a_year_finds_no_end_of_any_calendar(name: str) -> None:
    known = sessions(name)
    in_a_year = datetime.now(UTC).timestamp() + 360 * DAY
    assert known.next_open(in_a_year) is not None
    assert known.days.tolist() == sorted(set(known.days.tolist()))
    guessed = [day_of(day) for day in known.days.tolist() if day > known.known_until]
    assert all(day.weekday() < 5 for day in guessed)


def test_before_during_and_after_a_session() -> None:
    known = sessions("XNYS")
    friday, tuesday = day_number(date(2026, 1, 16)), day_number(date(2026, 1, 20))
    before, during, after = (
        at(f"2026-01-20T{hour}") for hour in ("14:29:59", "14:30:00", "21:00:00")
    )
    assert [known.state(now) for now in (before, during, after)] == ["closed", "open", "closed"]
    assert [known.last_closed(now) for now in (before, during, after)] == [friday, friday, tuesday]
    assert [known.last_opened(now) for now in (before, during, after)] == [friday, tuesday, tuesday]
    assert [known.current(now) for now in (before, during, after)] == [None, tuesday, None]
    assert known.next_open(before) == during
    assert known.next_close(during) == after


def test_what_never_closes_is_neither_open_nor_closed() -> None:
    assert sessions("24/7").state(at("2026-01-18T12:00")) == "24/7"


def test_an_unknown_calendar_is_named_with_the_way_out() -> None:
    with pytest.raises(SettingsError, match="calendar = 'NYSEX' is not known"):
        sessions("NYSEX")


@given(st.dates(date(1980, 1, 1), date(2027, 1, 1)))
def test_a_day_and_its_number_are_the_same(day: date) -> None:
    assert day_of(day_number(day)) == day
    assert day_number(day) * DAY == at(day.isoformat())


@given(st.integers(int(at("2000-01-01")), int(at("2026-06-01"))))
def test_the_last_closed_session_is_over_and_the_next_close_is_to_come(now: int) -> None:
    known = sessions("XNYS")
    closed = known.last_closed(now)
    assert closed is not None
    assert (known.close_of(closed) or 0) <= now < (known.next_close(now) or 0)
