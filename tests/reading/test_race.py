"""A race: the same returns as the rows', bases by date, and reasons where there is none."""

from datetime import date
from functools import lru_cache

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divmon.indicators.series import History
from divmon.link.codec import decode_frame, encode
from divmon.reading.assess import read
from divmon.reading.prepare import Batch, prepare
from divmon.reading.race import ANCHORS, Lane, Race
from divmon.reading.race_told import STEPS, race_of
from tests.history import daily, day, moment
from tests.history import reference as synthetic
from tests.reading.market import OPEN, SETTINGS, live, quote


@lru_cache
def market() -> Batch:
    return prepare(synthetic(), SETTINGS, OPEN)


def lanes(race: Race) -> dict[str, Lane]:
    return {lane.instrument: lane for lane in race.lanes}


def test_a_year_to_date_is_the_rows_own_live_and_at_the_close() -> None:
    ticks = live(quote("RUT", 2_222.0), quote("BTC", 99_999.0))
    reading = read(market(), ticks, OPEN)
    found = lanes(race_of(market(), "YTD"))
    told = 0
    for name, lane in found.items():
        row = reading.instruments[name]
        if row.returns.get("ytd") is None or lane.base is None or row.last is None:
            continue
        assert row.last / lane.base - 1 == pytest.approx(row.returns["ytd"], rel=1e-12)
        assert row.close is not None
        closed = row.confirmed_returns["ytd"]
        assert row.close / lane.base - 1 == pytest.approx(closed, rel=1e-12)
        assert lane.path[-1] - 1 == pytest.approx(closed, rel=1e-12)
        told += 1
    assert told >= 6


def test_every_anchor_has_its_day() -> None:
    since = {anchor: race_of(market(), anchor).since for anchor in ANCHORS}
    assert since["YTD"] == date(2024, 12, 31)
    assert since["1M"] == date(2025, 6, 1)
    assert since["3M"] == date(2025, 4, 1)
    assert since["1Y"] == date(2024, 7, 1)
    btc = market().confirmed["BTC"]
    at = since["BTC high"]
    assert at is not None
    year = btc.close[-365:]
    assert lanes(race_of(market(), "BTC high"))["BTC"].base == pytest.approx(year.max())
    assert since["ABC"] == market().cross.abc.since
    extra = market().bitcoin
    wall = extra.wall if extra else None
    assert since["wall"] == (wall.last_close_above if wall else None)


def test_a_base_is_the_last_close_by_the_day_and_says_of_when_it_is() -> None:
    sunday = lanes(race_of(market(), "2025-06-01"))
    assert sunday["RUT"].day == date(2025, 5, 30)
    assert sunday["BTC"].day == date(2025, 6, 1)
    rut = market().confirmed["RUT"]
    assert sunday["RUT"].base == rut.close[list(rut.day).index(day("2025-05-30"))]
    assert sunday["RUT"].path[0] == 1.0


@pytest.mark.parametrize(
    ("anchor", "lack"),
    [("", "date"), ("soon", "date"), ("2025-02-30", "date"), ("2030-01-01", "future"),
     ("\x1b[2J", "date"), ("2025-06-30", ""), ("20250602", "")],
)  # fmt: skip
def test_what_is_no_day_is_told(anchor: str, lack: str) -> None:
    race = race_of(market(), anchor)
    assert (race.anchor, race.lack) == (anchor, lack)
    assert bool(race.lanes) == (not lack)


def test_a_lane_without_a_base_says_why() -> None:
    history = synthetic()
    short = history.daily["STAR50"]
    old = daily("HYG", [day("2024-01-02"), day("2024-01-03")], [80.0, 81.0])
    own = History({**history.daily, "HYG": old, "STAR50": short})
    batch = prepare(own, SETTINGS, OPEN)
    early = lanes(race_of(batch, "1990-01-01"))
    first = batch.confirmed["RUT"].row.high.history_start
    assert (early["RUT"].lack, early["RUT"].day, early["RUT"].base) == ("later", first, None)
    late = lanes(race_of(batch, "YTD"))
    assert (late["HYG"].lack, late["HYG"].day) == ("old", date(2024, 1, 3))
    assert late["VIX"].lack == "nothing"


def test_without_a_wall_a_state_or_any_bar_there_is_no_race() -> None:
    nothing = prepare(History(), SETTINGS, OPEN)
    assert race_of(nothing, "YTD").lack == "nothing"
    rut = prepare(History({"RUT": synthetic().daily["RUT"]}), SETTINGS, OPEN)
    assert race_of(rut, "BTC high").lack == "high"
    assert race_of(rut, "wall").lack == "wall"
    assert race_of(rut, "ABC").lack == "abc"
    assert race_of(rut, "YTD").lack == ""


@settings(max_examples=30, deadline=None)
@given(st.dates(date(2014, 1, 1), date(2025, 6, 30)))
def test_every_lane_begins_at_one_and_has_a_close_a_day(since: date) -> None:
    race = race_of(market(), since.isoformat())
    assert len(race.days) <= STEPS
    assert list(race.days) == sorted(set(race.days))
    assert race.days[0] == day(since.isoformat())
    for lane in race.lanes:
        assert (lane.base is None) == bool(lane.lack)
        if lane.base is None:
            assert lane.path == ()
            continue
        assert lane.path[0] == 1.0
        assert len(lane.path) == len(race.days)
        assert lane.day is not None
        assert lane.day <= since
    again = decode_frame(encode(race)[4:])
    assert isinstance(again, Race)
    assert again.lanes == race.lanes


def test_the_order_is_bitcoin_then_the_watchlist_each_once() -> None:
    twice = msgspec.structs.replace(
        SETTINGS, watchlist={"A": ("SPX", "RUT"), "B": ("RUT", "BTC", "GOLD")}
    )
    race = race_of(prepare(synthetic(), twice, OPEN), "YTD")
    assert [lane.instrument for lane in race.lanes] == ["BTC", "SPX", "RUT", "GOLD"]


def test_a_race_of_real_years_is_small() -> None:
    assert len(encode(race_of(market(), "2015-01-02"))) < 100_000
    assert race_of(prepare(synthetic(), SETTINGS, moment("2025-01-01T12:00")), "YTD").since == date(
        2023, 12, 31
    )  # no session of the new year has begun
