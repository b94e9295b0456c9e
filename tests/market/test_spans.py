"""Calendar distances."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from divmon.market.spans import months_before, year_before


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 1, 20), 1, date(2025, 12, 20)),
        (date(2026, 1, 20), 12, date(2025, 1, 20)),
        (date(2025, 3, 31), 1, date(2025, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2025, 12, 31), 3, date(2025, 9, 30)),
        (date(1, 2, 1), 12, date.min),
    ],
)
def test_months_end_where_the_month_does(day: date, months: int, before: date) -> None:
    assert months_before(day, months) == before


@given(st.dates(date(1900, 1, 1)), st.integers(0, 600))
def test_the_distance_is_that_many_months(day: date, months: int) -> None:
    before = months_before(day, months)
    assert 12 * (day.year - before.year) + day.month - before.month == months
    assert before.day <= day.day


def test_a_year_is_counted_from_the_last_day_of_the_one_before() -> None:
    assert year_before(date(2026, 1, 20)) == date(2025, 12, 31)
    assert year_before(date.min) == date.min
