"""The rows of the synthetic market, to 1e-9 of what plain loops computed."""

import json
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
import pytest

from divmon.indicators.relative import common, relative
from divmon.indicators.streaks import candle_signs, runs
from divmon.market.sessions import day_of
from divmon.reading.assess import assess
from divmon.reading.live import Live
from divmon.reading.model import Instrument, Reading
from divmon.settings import Settings, load
from tests.history import END, REFERENCE, reference


def exactly(value: Any) -> Any:
    return pytest.approx(value, rel=0, abs=1e-9)


@lru_cache
def expected() -> Any:
    return json.loads((REFERENCE / "reference_synthetic.json").read_text())


def settings(wall: float = 0.0) -> Settings:
    made = load()
    levels = msgspec.structs.replace(made.levels, wall=wall)
    return msgspec.structs.replace(made, levels=levels)


@lru_cache
def reading() -> Reading:
    return assess(reference(), Live("csv:reference"), settings(wall=20_000.0), END)


def btc() -> Instrument:
    return reading().instruments["BTC"]


def test_streaks() -> None:
    assert btc().streak.candle == expected()["btc"]["candle_streak"]
    assert btc().streak.close == expected()["btc"]["close_streak"]
    assert btc().streak.boundary == "UTC"


def test_the_candle_streak_of_every_day() -> None:
    bars = reference().daily["BTC"]
    path = expected()["btc"]["candle_streak_path_last60"]
    found = runs(candle_signs(bars.open, bars.close))[-len(path) :].tolist()
    days = [day_of(int(day)).isoformat() for day in bars.day[-len(path) :]]
    assert dict(zip(days, found, strict=True)) == path


def test_the_relative_streak_of_every_session() -> None:
    rut, spx = reference().daily["RUT"], reference().daily["SPX"]
    relation = relative(*common(rut.day, rut.close, spx.day, spx.close))
    path = expected()["rut_vs_spx_streak_path_last60"]
    days = [day_of(int(day)).isoformat() for day in relation.day[-len(path) :]]
    assert dict(zip(days, relation.run[-len(path) :].tolist(), strict=True)) == path
    assert reading().relative_streaks["RUT/SPX"].streak == list(path.values())[-1]


def test_records_and_drawdown() -> None:
    ath, high = expected()["btc"]["ath"], btc().high
    assert btc().close == exactly(ath["close"])
    assert high.record_close == ath["new_ath_close"]
    assert high.record_intraday == ath["new_ath_intraday"]
    assert high.from_high == exactly(ath["dist_from_ath"])
    assert high.bars_since_high == ath["bars_since_ath_close"]
    assert high.drawdown == exactly(expected()["btc"]["dd"])
    bars = reference().daily["BTC"]
    assert float(bars.close[:-1].max()) == exactly(ath["prev_ath_close"])
    assert float(bars.high.max()) == exactly(ath["ath_high"])


def test_the_wall() -> None:
    known, found = expected()["btc"]["wall_20000"], btc().wall
    assert found is not None
    assert found.level == 20_000
    assert found.closes_below == known["closes_below"]
    assert str(found.last_close_above) == known["last_close_at_or_above"]
    assert found.touches == known["touches"]
    assert [str(day) for day in found.touch_dates] == known["touch_dates"]
    # the reference measures its gaps from the level, the Reading the distance from the close
    assert found.closest == exactly(-known["closest_gap"])
    assert found.distance is not None
    assert 1 - 1 / (1 + found.distance) == exactly(known["gap_now"])
    assert found.pierced == (known["max_high_since"] >= 20_000)


def test_five_volatilities_and_the_percentile() -> None:
    known, found = expected()["btc"]["vol30"], btc().volatility
    assert found.annualised == 365
    assert {
        "cc": found.cc30,
        "parkinson": found.parkinson30,
        "gk": found.gk30,
        "rs": found.rs30,
        "yz": found.yz30,
    } == exactly(known)
    assert found.percentile_1y == exactly(expected()["btc"]["vol30_cc_pct_365"])
    assert found.record_low is None  # not a thousand values


def test_the_default_wall_is_above_the_close() -> None:
    row = assess(reference(), Live("csv"), settings(), END).instruments["BTC"]
    assert row.wall is None  # 11 053.82: the next round level, 20 000, is 81 % away


def test_every_confirmed_number_is_finite_or_none() -> None:
    for row in reading().instruments.values():
        for value in (*row.returns.values(), *row.confirmed_returns.values(), row.vs_btc20):
            assert value is None or np.isfinite(value)
