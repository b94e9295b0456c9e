"""Candles of a 24/7 market by other clocks."""

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from divmon.errors import SettingsError
from divmon.reading.boundaries import (
    CLOSE,
    MIDNIGHT,
    NEW_YORK,
    as_of,
    cuts,
    following,
    run,
    zone,
)
from tests.history import hourly, hours, moment

NOW = moment("2026-01-21")


@pytest.mark.parametrize(
    ("at", "where", "length"),
    [(MIDNIGHT, "UTC", -6), (CLOSE, "America/New_York", -4), (MIDNIGHT, "Asia/Tokyo", -3)],
)
def test_the_twentieth_of_january_by_three_clocks(
    shared: Callable[[str], Path], at: object, where: str, length: int
) -> None:
    btc = hours(shared("data/intraday/btc_1h.csv"))
    clock = CLOSE if at == CLOSE else MIDNIGHT
    assert run(as_of(btc, cuts(clock, ZoneInfo(where), NOW))) == length


def test_new_yorks_day_ends_at_sixteen_o_clock_in_summer_and_winter() -> None:
    ends = cuts(CLOSE, NEW_YORK, moment("2026-03-10"))
    assert ends[-2:].tolist() == [moment("2026-03-08T20:00"), moment("2026-03-09T20:00")]
    assert ends[-3] == moment("2026-03-07T21:00")
    assert following(CLOSE, NEW_YORK, moment("2026-03-10")) == moment("2026-03-10T20:00")


def test_a_moment_is_the_end_of_the_day_that_ends_there() -> None:
    assert cuts(MIDNIGHT, ZoneInfo("UTC"), NOW)[-1] == NOW
    assert cuts(MIDNIGHT, ZoneInfo("UTC"), NOW - 1)[-1] == NOW - 86_400
    assert following(MIDNIGHT, ZoneInfo("UTC"), NOW) == NOW + 86_400


def test_days_are_cut_on_this_machines_clock_too() -> None:
    ends = cuts(MIDNIGHT, None, NOW)
    assert NOW - 86_400 < ends[-1] <= NOW
    assert NOW < following(MIDNIGHT, None, NOW) <= NOW + 90_000


def test_an_hour_that_lacks_breaks_the_run() -> None:
    ends = cuts(MIDNIGHT, ZoneInfo("UTC"), NOW)[-4:]
    rising = hourly("BTC", [end - 3600 for end in ends], [1.0, 2.0, 3.0, 4.0])
    assert run(as_of(rising, ends)) == 3
    hole = hourly("BTC", [end - 3600 for end in ends[[0, 2, 3]]], [1.0, 3.0, 4.0])
    assert run(as_of(hole, ends)) == 1
    late = hourly("BTC", [end - 3600 for end in ends[:-1]], [1.0, 2.0, 3.0])
    assert run(as_of(late, ends)) is None
    assert np.isnan(as_of(hourly("BTC", [], []), ends)).all()


def test_a_zone_that_does_not_exist_is_told() -> None:
    assert zone("local") is None
    with pytest.raises(SettingsError, match="Mars/Olympus"):
        zone("Mars/Olympus")
