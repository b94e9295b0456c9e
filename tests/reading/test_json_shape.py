"""The JSON of a Reading, key for key: what programs that read it rely on."""

import json
from typing import Any

import msgspec
import pytest

from tests.reading.test_explain import demo
from tests.ui.fixtures import reading as drawn

RETURNS = {"1", "5", "20", "60", "120", "mtd", "ytd", "year"}
SHAPE: dict[str, set[str]] = {
    "": {
        *("as_of", "source", "simulated", "session", "instruments", "relative_streaks"),
        *("correlation", "beta_gap", "dispersion", "breadth20", "rotation", "rotation_map"),
        *("leadlag", "liquidity", "abc", "precedents", "claims", "ledger", "sentence", "schema"),
    },
    "session": {"date", "state", "next_open"},
    "instruments.RUT": {
        *("last", "previous_close", "age_s", "state", "returns", "streak", "high", "volatility")
    },
    "instruments.RUT.returns": RETURNS,
    "instruments.RUT.streak": {
        *("candle", "close", "boundary", "tie", "provisional", "per_year"),
    },
    "instruments.RUT.high": {
        *("record_close", "record_intraday", "from_high", "bars_since_high", "from_52w"),
        *("history_start", "drawdown", "underwater_bars"),
    },
    "instruments.RUT.volatility": {
        *("cc30", "parkinson30", "gk30", "rs30", "yz30", "annualised", "percentile_1y"),
        *("percentile_all", "record_low"),
    },
    "instruments.BTC": {"composite", "venues", "usdt_premium_bp", "boundaries", "wall"},
    "instruments.BTC.boundaries": {"UTC", "NY16", "local"},
    "instruments.BTC.wall": {
        *("level", "closes_below", "last_close_above", "touches", "pierced", "distance"),
        *("sigmas", "closest"),
    },
    "relative_streaks.RUT/SPX": {"streak", "lead_pp", "breaker", "rank", "history_start"},
    "correlation.BTC/RUT": {"20", "60", "90", "ewma94", "break"},
    "correlation.BTC/RUT.60": {"r", "low", "high", "n"},
    "correlation.BTC/RUT.break": {"z", "flag"},
    "beta_gap": {"betas", "r2", "expected", "actual", "gap", "z", "shown"},
    "dispersion": {"value", "percentile", "btc_rank"},
    "rotation": {"label", "since", "inputs"},
    "rotation_map.RUT": {"ratio", "momentum", "quadrant", "tail"},
    "leadlag.BTC/RUT": {"lags", "band", "peak", "verdict"},
    "liquidity": {
        *("net", "as_of", "change_4w", "change_13w", "qt_pace", "qt_state", "walcl", "tga"),
        *("rrp", "fed_rate", "boj_rate"),
    },
    "abc": {
        *("score", "plus_minus", "state", "since", "coverage", "confidence", "components"),
        *("quadrant", "gap20", "gap60", "flips"),
    },
    "abc.components": {"rel20", "rel60", "breadth20", "highs", "ddgap"},
    "abc.components.rel20": {"value", "weight", "contribution"},
    "precedents.january": {"years", "kept", "current_lead_pp", "qualifies"},
    "claims.0": {"id", "text", "verdict", "evidence", "window", "as_of"},
    "ledger.0": {"metric", "value", "rank", "n", "last_equal", "text"},
    "sentence": {"en", "ja"},
}


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(msgspec.json.encode(demo()))
    return found


@pytest.mark.parametrize("place", SHAPE)
def test_every_key_is_there(told: dict[str, Any], place: str) -> None:
    node: Any = told
    for step in place.split(".") if place else ():
        node = node[int(step)] if isinstance(node, list) else node[step]
    assert set(node) >= SHAPE[place]


def test_returns_rates_and_shares_are_fractions(told: dict[str, Any]) -> None:
    for row in told["instruments"].values():
        assert all(value is None or -1 <= value < 3 for value in row["returns"].values())
        for key in ("cc30", "yz30"):
            value = row["volatility"][key]
            assert value is None or 0 <= value < 3
        for key in ("percentile_1y", "percentile_all"):
            share = row["volatility"][key]
            assert share is None or 0 <= share <= 1
    assert told["liquidity"]["fed_rate"]["level"] == 0.0364
    assert told["liquidity"]["fed_rate"]["change"] == pytest.approx(-0.0023, abs=1e-9)
    assert told["liquidity"]["boj_rate"]["level"] == 0.0075
    assert 0 <= told["dispersion"]["percentile"] <= 1


def test_times_are_utc_and_say_so(told: dict[str, Any]) -> None:
    times = [told["as_of"], told["session"]["next_open"]]
    times += [row["time"] for row in told["instruments"].values() if row["time"]]
    assert all(text.endswith("Z") for text in times)


def test_a_venue_is_told_apart_from_the_composite() -> None:
    found = json.loads(msgspec.json.encode(drawn()))["instruments"]["BTC"]
    assert set(next(iter(found["venues"].values()))) >= {"price", "usd", "age_s", "used", "reason"}


def test_what_is_missing_is_null_and_not_left_out() -> None:
    nothing = msgspec.structs.replace(demo(), instruments={}, liquidity=type(demo().liquidity)())
    found = json.loads(msgspec.json.encode(nothing))
    assert found["liquidity"]["net"] is None
    assert set(found["liquidity"]) >= SHAPE["liquidity"]
