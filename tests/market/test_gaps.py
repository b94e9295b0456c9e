"""Sessions that are owed, against exchange calendars."""

from datetime import date

import numpy as np

from divmon.market.gaps import missing
from divmon.market.sessions import DAY, Sessions, day_number, sessions


def day(text: str) -> int:
    return day_number(date.fromisoformat(text))


def test_a_lost_friday_is_found_and_a_holiday_is_not() -> None:
    calendar = sessions("XNYS")
    first, last = day("2026-01-02"), day("2026-01-30")
    everything = calendar.between(first, last).tolist()
    assert missing(everything, calendar, first, last) == ()
    assert day("2026-01-19") not in everything  # Martin Luther King
    lost = [day("2026-01-09"), day("2026-01-30")]
    kept = [one for one in everything if one not in lost]
    assert missing(kept, calendar, first, last) == tuple(lost)
    assert missing(kept, calendar, first, day("2026-01-29")) == (lost[0],)


def test_no_days_at_all_and_days_that_are_no_sessions() -> None:
    calendar = sessions("XSHG")
    first, last = day("2026-01-05"), day("2026-01-09")
    assert len(missing([], calendar, first, last)) == 5
    weekend = [day("2026-01-10"), day("2026-01-11")]
    assert len(missing(weekend, calendar, first, last)) == 5
    assert missing([], calendar, last, first) == ()


def test_comex_and_currencies_owe_no_bar_on_an_american_holiday() -> None:
    holiday = day("2026-01-19")
    for name in ("CMES", "24/5"):
        calendar = sessions(name)
        assert calendar.is_session(holiday)
        assert missing([], calendar, holiday, holiday) == ()
        assert missing([], calendar, holiday + 1, holiday + 1) == (holiday + 1,)


def test_bitcoin_owes_every_day() -> None:
    calendar = sessions("24/7")
    saturday = day("2026-01-17")
    assert missing([saturday - 1, saturday + 1], calendar, saturday - 1, saturday + 1) == (
        saturday,
    )


def test_nothing_is_owed_after_the_last_day_whose_holidays_are_known() -> None:
    days = np.arange(20_000, 20_010)
    calendar = Sessions("guessed", days, days * DAY, days * DAY + 3600, known_until=20_004)
    assert missing([], calendar, 20_003, 20_009) == (20_003, 20_004)
