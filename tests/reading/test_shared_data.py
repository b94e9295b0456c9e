"""What is known of the real series: each number on record, read through the csv: source.

The series may not be shipped; where they are not, these tests are skipped.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from statistics import median

import msgspec
import numpy as np
import pytest

from divmon.engine.build import make_engine
from divmon.engine.core import Engine
from divmon.engine.gather import gather
from divmon.indicators.relative import common, relative
from divmon.market.sessions import day_of
from divmon.reading.model import Claim, Reading
from divmon.reading.past import Day, days
from divmon.settings import Settings, load

Open = Callable[..., Engine]
HOURS = "intraday/btc_1h.csv"


def settings(*, hours: bool = False, zone: str = "UTC") -> Settings:
    base = load()
    return msgspec.structs.replace(
        base,
        csv=msgspec.structs.replace(base.csv, hourly=(HOURS,) if hours else ()),
        general=msgspec.structs.replace(base.general, time_zone=zone),
    )


@pytest.fixture(scope="module")
def opened(shared: Callable[[str], Path]) -> Open:
    """Return a function that reads the series after the last close of a day."""
    folder = shared("data")

    @lru_cache
    def after(day: str = "", *, hours: bool = False, zone: str = "UTC") -> Engine:
        moment = None
        if day:
            moment = datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=1)

        async def work() -> Engine:
            engine = make_engine(
                settings(hours=hours, zone=zone),
                f"csv:{folder}",
                publish=lambda _: None,
                as_of=moment,
            )
            await gather(engine, 30)
            return engine

        return asyncio.run(work())

    return after


def read(engine: Engine) -> Reading:
    reading = engine.reading
    assert reading is not None
    return reading


def claims(engine: Engine) -> dict[str, Claim]:
    return {claim.id: claim for claim in read(engine).claims}


def past(engine: Engine) -> dict[date, Day]:
    batch = engine.board.batch
    assert batch is not None
    return {day.date: day for day in days(batch.cross)}


# 20 January 2026, after its last close


def test_bitcoin_is_its_utc_close_and_this_is_said(opened: Open) -> None:
    found = read(opened("2026-01-20"))
    assert found.abc.uses == {
        "BTC": "UTC close of the same date",
        "GOLD": "GLD",
        "SILVER": "SLV",
    }
    boundaries = found.instruments["BTC"].boundaries
    assert (boundaries["UTC"], boundaries["NY16"]) == (-6, None)


def test_the_run_of_red_candles_depends_on_where_the_day_ends(opened: Open) -> None:
    streak = read(opened("2026-01-20")).instruments["BTC"].streak
    assert (streak.candle, streak.boundary) == (-6, "UTC")
    tokyo = read(opened("2026-01-20", hours=True, zone="Asia/Tokyo")).instruments["BTC"]
    assert tokyo.boundaries == {"UTC": -6, "NY16": -4, "local": -3}


def test_sixty_nine_closes_under_the_wall_and_one_touch(opened: Open) -> None:
    wall = read(opened("2026-01-20")).instruments["BTC"].wall
    assert wall is not None
    assert (wall.level, wall.closes_below, wall.touches) == (100_000, 69, 1)
    assert wall.last_close_above == date(2025, 11, 12)


def test_volatility_is_low_and_no_record(opened: Open) -> None:
    volatility = read(opened("2026-01-20")).instruments["BTC"].volatility
    assert volatility.percentile_all == pytest.approx(0.11, abs=0.005)
    assert volatility.record_low is False


def test_the_score_of_the_day(opened: Open) -> None:
    abc = read(opened("2026-01-20")).abc
    assert abc.score is not None
    assert abc.plus_minus is not None
    assert (round(abc.score), round(abc.plus_minus), abc.state) == (71, 5, "alert")
    parts = [part.contribution for part in abc.components.values()]
    assert sum(part or 0 for part in parts) == pytest.approx(abc.score, abs=1e-9)


def test_the_claims_of_the_day(opened: Open) -> None:
    found = claims(opened("2026-01-20"))
    assert {key: claim.verdict for key, claim in found.items()} == {
        "abc": "true",
        "btc-red": "true",
        "btc-wall": "true",
        "btc-volatility": "false",
        "rut-record": "false",
        "rut-record-intraday": "false",
        "rut-beats-spx": "true",
        "rut-rose": "false",
        "gold-record": "true",
        "silver-record": "true",
        "gold-year": "true",
        "silver-year": "false",
        "star50-month": "false",
        "qt": "false",
        "boj": "cannot-tell",
        "liquidity": "false",
        "rotation": "false",
        "dispersion": "false",
        "btc-leads": "false",
    }
    assert found["gold-year"].evidence == "+64.5 %"
    assert found["silver-year"].evidence == "+142.3 %"
    assert found["dispersion"].evidence == "percentile 75"
    assert found["btc-leads"].evidence == "no lead found"


def test_six_red_candles_hold_only_under_utc_once_hours_are_there(opened: Open) -> None:
    claim = claims(opened("2026-01-20", hours=True, zone="Asia/Tokyo"))["btc-red"]
    assert claim.verdict == "only-under"
    assert claim.evidence == "UTC only: UTC -6, NY16 -4, local -3"


def test_small_caps_fell_on_the_7th_and_13th(opened: Open) -> None:
    for day in ("2026-01-07", "2026-01-13"):
        change = read(opened(day)).instruments["RUT"].confirmed_returns["1"]
        assert change is not None
        assert change < 0
    assert claims(opened("2026-01-16"))["rut-rose"].verdict == "false"


# the run of RUT over SPX


@pytest.mark.parametrize(("day", "run"), [("2026-01-16", 11), ("2026-01-20", 12),
                                          ("2026-01-22", 14)])  # fmt: skip
def test_rut_beats_spx(opened: Open, day: str, run: int) -> None:
    pair = read(opened(day)).relative_streaks["RUT/SPX"]
    assert (pair.streak, pair.since) == (run, date(2026, 1, 2))
    assert claims(opened(day))["rut-beats-spx"].verdict == "true"


def test_runs_of_eleven_and_more(opened: Open) -> None:
    batch = opened().board.batch
    assert batch is not None
    rut, spx = batch.confirmed["RUT"], batch.confirmed["SPX"]
    shared_days, a, b = common(rut.day, rut.close, spx.day, spx.close)
    relation = relative(shared_days, a, b, np.zeros(len(shared_days), dtype=np.bool_))
    runs = [
        (day_of(int(relation.day[at])).year, int(run))
        for at, run in enumerate(relation.run)
        if run >= 11 and (at + 1 == len(relation.run) or relation.run[at + 1] <= 0)
    ]
    assert [year for year, _ in runs] == [1991, 1996, 2000, 2001, 2008, 2026]
    assert dict(runs)[1996] == 16
    assert dict(runs)[2026] == 14


# the score's history


def test_the_state_on_21_january_2026(opened: Open) -> None:
    assert read(opened("2026-01-21")).abc.state == "alert"


def test_the_score_from_october_2015_to_august_2026(opened: Open) -> None:
    told = [day for day in past(opened()).values() if day.date >= date(2015, 10, 1)]
    scores = [day.score for day in told if day.score is not None]
    assert round(median(scores)) == 23
    assert round(float(np.quantile(scores, 0.9))) == 64
    assert np.mean([day.state == "alert" for day in told]) == pytest.approx(0.081, abs=5e-4)
    runs = [
        len(list(group)) for alert, group in groupby(told, lambda d: d.state == "alert") if alert
    ]
    assert (len(runs), median(runs)) == (14, 17)


def test_a_day_of_the_past_is_the_reading_of_that_day(opened: Open) -> None:
    whole = past(opened())
    for day in ("2026-01-16", "2026-01-20", "2026-01-22"):
        then = past(opened(day))
        assert then == {key: value for key, value in whole.items() if key in then}
        assert max(then) == date.fromisoformat(day)


# liquidity, precedents, leads


@pytest.mark.parametrize(
    ("known", "wednesday", "state"),
    [("2025-12-12", "2025-12-10", "QT"), ("2026-01-16", "2026-01-14", "expanding")],
)
def test_the_pace_turns(opened: Open, known: str, wednesday: str, state: str) -> None:
    liquidity = read(opened(known)).liquidity
    assert (str(liquidity.as_of), liquidity.qt_state) == (wednesday, state)


def test_the_january_rule(opened: Open) -> None:
    january = read(opened("2026-02-02")).precedents.january
    assert january.years == (1992, 2006, 2021)
    assert january.near == (1991,)
    assert january.kept == (1992, 2006)
    assert january.current_lead_pp == pytest.approx(3.95, abs=0.005)
    assert january.qualifies is False
    assert read(opened("2026-01-20")).precedents.january.qualifies is None


def test_no_lead_is_found(opened: Open) -> None:
    for each in read(opened("2026-01-20")).leadlag.values():
        assert each.verdict == "no lead found"
