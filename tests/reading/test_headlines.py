"""Headlines: rare, true, each said once, and never without what supports it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from divmon.reading import model
from divmon.reading.headlines import RARE, headlines
from divmon.reading.model import Reading
from tests.reading.test_explain import demo
from tests.reading.test_words import FORBIDDEN
from tests.ui.fixtures import reading as drawn

START, DAY = date(1987, 9, 10), date(2026, 1, 20)
NOTHING = Reading(as_of=datetime(2026, 1, 21, tzinfo=UTC), source="x")


def row(**changes: Any) -> model.Instrument:
    return model.Instrument(
        confirmed=DAY,
        close=2678.0,
        **{"high": model.High(record_close=False, history_start=START), **changes},
    )


def one(name: str, instrument: model.Instrument) -> tuple[str, ...]:
    """Return what is said of one instrument, without the line of the state."""
    return headlines(replace(NOTHING, instruments={name: instrument}))[1:]


def test_the_demo_in_both_languages() -> None:
    english, japanese = headlines(demo(), 99), headlines(demo(), 99, "ja")
    assert len(english) == len(japanese) > 5
    assert all(line.startswith("SIMULATED: ") for line in (*english, *japanese))
    assert len(set(english)) == len(english)
    for line in english:
        assert not any(word in line for word in FORBIDDEN if word not in ("since 20", "since 19"))
        assert line.isascii() or "σ" in line or "±" in line
    assert english[1].startswith("SIMULATED: RUT ahead of SPX 12 sessions running")


def test_most_is_kept_and_the_state_comes_first() -> None:
    for most in (1, 2, 3):
        assert headlines(drawn(), most) == headlines(drawn(), 99)[:most]
    assert headlines(drawn(), 1)[0].endswith(f"since {drawn().abc.since}")


def test_nothing_known_is_said_and_nothing_invented() -> None:
    assert headlines(NOTHING) == ("No score (the windows are not full)",)


def test_a_record_says_from_when_its_data_are() -> None:
    high = model.High(record_close=True, history_start=START)
    assert one("RUT", row(high=high)) == ("RUT at a record close, 2,678.00 (data from 1987)",)
    future = one("GOLD", row(high=high, kind="future"))
    assert future == ("Gold at a record close, 2,678.00 (front-month futures, data from 1987)",)
    assert one("RUT", row(high=replace(high, history_start=date(2025, 6, 1)))) == ()
    assert one("RUT", row(high=replace(high, record_close=None))) == ()


def test_a_record_of_an_earlier_session_is_no_news() -> None:
    high = model.High(record_close=True, history_start=START)
    later = replace(
        NOTHING,
        instruments={"RUT": row(high=high)},
        session=model.Session(date=date(2026, 1, 21)),
    )
    assert headlines(later)[1:] == ()


@pytest.mark.parametrize(
    ("often", "told"), [(2.0, True), (RARE * 252, True), (RARE * 252 + 1, False), (None, False)]
)
def test_a_run_is_told_if_it_is_rare(often: float | None, told: bool) -> None:
    streak = model.Streak(close=-7, close_per_year=often)
    found = one("SPX", row(streak=streak))
    assert bool(found) == told
    if told and often is not None:
        assert found == (f"SPX fell 7 sessions in a row, {often:.1f} such runs a year",)


def test_one_touch_is_one_and_a_short_stay_is_no_line() -> None:
    def under(days: int, touches: int) -> tuple[str, ...]:
        wall = model.Wall(level=100_000.0, closes_below=days, touches=touches)
        return one("BTC", row(wall=wall))

    assert under(69, 1) == ("BTC 69 closes under 100,000, 1 touch",)
    assert under(69, 2) == ("BTC 69 closes under 100,000, 2 touches",)
    assert under(5, 0) == ()


def test_of_four_measures_of_one_lead_the_rarest_speaks() -> None:
    records = tuple(
        model.Record(metric=key, value=1.0, rank=rank, n=1000, text=f"{key} is the highest")
        for key, rank in (("abc", 9), ("gap20", 3), ("dispersion", 50), ("breadth20", 8))
    )
    found = headlines(replace(NOTHING, ledger=records))[1:]
    assert found == ("gap20 is the highest", "dispersion is the highest")


@pytest.mark.parametrize(
    ("share", "low", "told"),
    [(0.11, False, False), (0.04, False, True), (0.97, False, True), (0.0002, True, True)],
)
def test_volatility_is_told_at_its_ends(share: float, low: bool, told: bool) -> None:
    vol = model.Volatility(cc30=0.31, percentile_all=share, record_low=low)
    found = one("BTC", row(volatility=vol))
    assert bool(found) == told
    assert all(("record low" in line) == low for line in found)


def test_own_claims_that_hold_come_right_after_the_state() -> None:
    held = model.Claim(id="own-x", text="RUT is strong", verdict="true", evidence="+9 %")
    not_held = replace(held, id="own-y", verdict="false")
    other = replace(held, id="rut-record")
    found = headlines(replace(demo(), claims=(other, not_held, held)), 2)
    assert found[1] == "SIMULATED: RUT is strong: +9 %"


@settings(max_examples=60, deadline=None)
@given(
    st.builds(
        model.Streak,
        candle=st.none() | st.integers(-30, 30),
        close=st.none() | st.integers(-30, 30),
        per_year=st.none() | st.floats(0, 100),
        close_per_year=st.none() | st.floats(0, 100),
    ),
    st.booleans() | st.none(),
    st.integers(1, 20),
)
def test_no_reading_raises_or_repeats_itself(
    streak: model.Streak, record: bool | None, most: int
) -> None:
    instrument = row(streak=streak, high=model.High(record_close=record, history_start=START))
    names = ("BTC", "RUT", "SPX", "GOLD")
    reading = replace(NOTHING, instruments=dict.fromkeys(names, instrument))
    lines = headlines(reading, most)
    assert 1 <= len(lines) <= most
    assert len(set(lines)) == len(lines)
