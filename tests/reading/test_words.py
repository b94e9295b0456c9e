"""What is said about a Reading: sentence, claims, flips, catch-up, ledger."""

from collections.abc import Callable
from dataclasses import replace as replace_data
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from divmon.indicators.align import align
from divmon.indicators.series import History, Hourly
from divmon.reading import model
from divmon.reading.assess import read
from divmon.reading.catchup import anchors, catchup
from divmon.reading.claims import claims
from divmon.reading.cross import next_state, provisional_abc
from divmon.reading.flips import BORDERS, flips
from divmon.reading.ledger import Metric, ledger
from divmon.reading.live import Live
from divmon.reading.model import Reading
from divmon.reading.narrative import sentence
from divmon.reading.prepare import Batch, prepare
from divmon.settings import load
from tests.history import END, day, folder, hours, moment
from tests.history import reference as synthetic_history
from tests.synthetic import calendars

NOW = END
FORBIDDEN = (
    "leading indicator",
    "early warning",
    "decoupl",
    "record low",
    "all-time high",
    "ATH",
    "since 19",
    "since 20",
)


@lru_cache
def synthetic() -> tuple[Batch, Reading]:
    batch = prepare(synthetic_history(), load(), NOW)
    return batch, read(batch, Live("csv:x"), NOW)


@pytest.fixture(scope="module")
def january(shared: Callable[[str], Path]) -> Reading:
    """20 January 2026, after its last close, with hourly Bitcoin."""
    data = folder(shared("data"))
    btc = hours(shared("data/intraday/btc_1h.csv"))
    history = History(data.daily, {"BTC": btc}, data.macro)
    now = moment("2026-01-21")
    batch = prepare(history, load(), now)
    return read(batch, Live("csv:x"), now)


def test_the_sentence_of_20_january_2026(january: Reading) -> None:
    assert january.sentence.en == (
        "Anything but crypto: gold and silver at record closes (front-month futures, "
        "data from 2000), RUT ahead of SPX 12 sessions running; "
        "BTC 29 % under its 1-year high, 6 red candles (UTC)."
    )
    assert january.sentence.ja == (
        "暗号資産以外が優勢：金・銀が終値で最高値（期近先物、2000年以降）、"
        "RUTがSPXを12営業日連続で上回る、BTCは1年来高値を29％下回る、6本連続陰線（UTC）。"
    )


def test_the_claims_of_20_january_2026(january: Reading) -> None:
    found = {claim.id: claim for claim in january.claims}
    verdicts = {key: claim.verdict for key, claim in found.items()}
    assert verdicts == {
        "abc": "true",
        "btc-red": "only-under",
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
    assert found["btc-red"].evidence.startswith("UTC only: UTC -6, NY16 -4, local ")
    assert found["btc-wall"].evidence == "69 under 100,000, 1 touch"
    assert found["btc-volatility"].evidence == "31 %, pct 11 (all), 26 (1 y)"
    assert found["gold-year"].evidence == "+64.5 %"
    assert (found["silver-year"].text, found["silver-year"].evidence) == (
        "Silver gained 210 % in 2025",
        "+142.3 %",
    )
    assert found["gold-record"].window == "data from 2000-08-30, continuous front month"
    for claim in january.claims:
        assert len(claim.text) <= 40, claim
        # the candles name three ends of the day, each of which counts differently
        assert len(claim.evidence) <= (40 if claim.id == "btc-red" else 30), claim


def test_a_reading_of_nothing_says_so() -> None:
    nothing = Reading(as_of=datetime(2026, 1, 1, tzinfo=UTC), source="x")
    assert sentence(nothing).en == "No score (the windows are not full)."
    assert {claim.verdict for claim in claims(nothing)} == {"cannot-tell"}


def test_everything_needs_every_asset() -> None:
    reading = Reading(
        as_of=datetime(2026, 1, 1, tzinfo=UTC),
        source="x",
        abc=model.Abc(state="alert", score=80.0),
        breadth20=1.0,
    )
    assert sentence(reading).en == "Everything but crypto."
    assert sentence(replace(reading, breadth20=0.875)).en == "Anything but crypto."


@pytest.mark.parametrize(
    ("start", "verdict"), [("2025-01-20", "true"), ("2025-01-21", "cannot-tell")]
)
def test_a_record_needs_a_year_of_data(start: str, verdict: str) -> None:
    row = model.Instrument(
        confirmed=date(2026, 1, 20),
        high=model.High(
            record_close=True, record_intraday=True, history_start=date.fromisoformat(start)
        ),
    )
    reading = Reading(as_of=datetime(2026, 1, 21, tzinfo=UTC), source="x", instruments={"RUT": row})
    found = {claim.id: claim.verdict for claim in claims(reading)}
    assert (found["rut-record"], found["rut-record-intraday"]) == (verdict, verdict)


def test_a_record_of_an_earlier_session_is_not_news() -> None:
    row = model.Instrument(
        confirmed=date(2026, 1, 20),
        high=model.High(record_close=True, history_start=date(1987, 9, 10)),
    )
    reading = Reading(
        as_of=datetime(2026, 1, 21, tzinfo=UTC),
        source="x",
        instruments={"RUT": row},
        session=model.Session(date=date(2026, 1, 20)),
    )
    assert "RUT at a record close (data from 1987)" in sentence(reading).en
    later = replace(reading, session=model.Session(date=date(2026, 1, 21)))
    assert "record" not in sentence(later).en


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["calm", "watch", "alert", "unknown"]),
    st.integers(-30, 30),
    st.integers(-30, 30),
    st.sets(st.sampled_from(["RUT", "SPX", "IXIC", "GOLD", "SILVER", "STAR50"])),
    st.one_of(st.none(), st.floats(-0.9, 0)),
    st.one_of(st.none(), st.floats(0, 1)),
)
def test_no_sentence_says_what_may_not_be_said(
    state: model.AbcState,
    run: int,
    candle: int,
    records: set[str],
    below: float | None,
    breadth: float | None,
) -> None:
    high = model.High(record_close=True, history_start=date(1999, 1, 1))
    rows = {name: model.Instrument(high=high) for name in records}
    rows["BTC"] = model.Instrument(
        high=model.High(from_52w=below), streak=model.Streak(candle=candle, boundary="UTC")
    )
    reading = Reading(
        as_of=datetime(2026, 1, 1, tzinfo=UTC),
        source="x",
        abc=model.Abc(state=state, gap20=1.0),
        breadth20=breadth,
        instruments=rows,
        relative_streaks={"RUT/SPX": model.RelativeStreak(streak=run)},
    )
    said = sentence(reading)
    assert not [word for word in FORBIDDEN if word in said.en]
    assert said.en.endswith(".")
    assert said.ja.endswith("。")
    for name in records:
        assert "data from 1999" in said.en, name
    told = "BTC" in said.en.partition(":")[2]
    assert told == (below is not None)


def test_a_finished_reading_survives_the_wire() -> None:
    _, reading = synthetic()
    assert reading.claims
    assert reading.ledger
    assert reading.catchup
    packed = msgspec.msgpack.encode(reading)
    again = msgspec.msgpack.decode(packed, type=Reading)
    assert msgspec.json.encode(again) == msgspec.json.encode(reading)


@pytest.mark.parametrize("state", list(BORDERS))
def test_a_flip_is_where_the_score_crosses_its_border(state: model.AbcState) -> None:
    batch, _ = synthetic()
    cross = batch.cross
    last = {cross.keys[name]: past.last for name, past in cross.tails.items()}
    now = provisional_abc(cross, last)
    assert now is not None
    found = flips(state, cross.tails, cross.keys, last)
    for flip in found:
        limits = [border for border in BORDERS[state] if border.state == flip.state]
        assert len(limits) == 1
        border = limits[0]
        there = provisional_abc(cross, last | {flip.instrument: flip.price})
        short = flip.price * (1 - 1e-6 if flip.above else 1 + 1e-6)
        before = provisional_abc(cross, last | {flip.instrument: short})
        assert there is not None
        assert before is not None
        assert (there >= border.limit) == border.above
        assert (before >= border.limit) != border.above
        assert flip.above == (flip.price > last[flip.instrument])
    if state == "alert":  # the synthetic market ends in alert, at 72.5
        assert "BTC" in {flip.instrument for flip in found}


def test_flips_need_a_score() -> None:
    cross = synthetic()[0].cross
    assert flips("unknown", cross.tails, cross.keys, {"BTC": 1.0}) == ()
    assert flips("alert", cross.tails, cross.keys, {}) == ()


def test_the_next_state_leaves_the_machine_as_it_was() -> None:
    cross = synthetic()[0].cross
    assert cross.abc.state == "alert"
    assert next_state(cross, 10.0) == "alert"
    assert next_state(cross, 10.0) == "alert"  # each the first of two closes


def test_at_the_catch_up_price_btc_has_done_as_well_as_the_target() -> None:
    batch, _ = synthetic()
    grid = batch.grid
    found = catchup(grid, {"YTD": day("2024-12-31")})
    assert found[0].target == "basket"
    at = int(np.flatnonzero(grid.day == day("2024-12-31"))[0])
    for each in found[1:]:
        assert each.price is not None
        column = grid.close[each.target]
        done = each.price / grid.close["BTC"][at]
        assert done == pytest.approx(column[-1] / column[at], rel=1e-12)
    groups = [("SPX", "IXIC"), ("RUT",), ("GOLD", "SILVER"), ("STAR50",)]
    growth = {each.target: (each.price or 0) for each in found}
    mean = np.mean([np.mean([growth[name] for name in members]) for members in groups])
    assert growth["basket"] == pytest.approx(mean, rel=1e-12)


def test_the_anchors_are_days_of_the_data() -> None:
    batch, _ = synthetic()
    alert = batch.cross.last_alert
    found = anchors(batch.grid, alert)
    assert found == {"YTD": day("2024-12-31"), "since the last alert": alert}
    assert catchup(batch.grid, {"before": day("1990-01-01")}) == ()


def test_the_ledger_ranks_from_the_nearer_end() -> None:
    days = np.arange(300)
    high = np.arange(300.0)
    low = high.copy()
    low[-1] = -1
    tied = np.ones(300)
    found = {
        record.metric: record
        for record in ledger(
            days,
            {
                "high": Metric("height", high),
                "low": Metric("depth", low, "%"),
                "tied": Metric("tie", tied),
                "short": Metric("short", np.where(days > 250, 1.0, np.nan)),
                "gone": Metric("gone", np.append(high[:-1], np.nan)),
            },
        )
    }
    assert set(found) == {"high", "low", "tied"}
    assert (found["high"].rank, found["high"].last_equal) == (1, None)
    assert found["low"].text == "depth -100.0 %: lowest of 300 sessions from 1970-01-01"
    assert found["tied"].last_equal == date(1970, 10, 26)  # the day before the last


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_rank_is_that_of_a_sorted_list(seed: int) -> None:
    values = np.random.default_rng(seed).integers(0, 60, 400).astype(np.float64)
    (record,) = ledger(np.arange(400), {"x": Metric("x", values)})
    order = sorted(values, reverse="highest" in record.text)
    assert order.index(values[-1]) + 1 == record.rank
    assert record.rank <= 201


def test_the_local_midnight_decides_no_verdict() -> None:
    row = model.Instrument(streak=model.Streak(candle=-6, boundary="UTC"))
    found = []
    for local in (-6, 2, None):
        boundaries = {"UTC": -6, "NY16": -7, "local": local}
        reading = Reading(
            as_of=datetime(2026, 1, 1, tzinfo=UTC),
            source="x",
            instruments={"BTC": replace(row, boundaries=boundaries)},
        )
        found.append({claim.id: claim.verdict for claim in claims(reading)}["btc-red"])
    assert found == ["true"] * 3


def test_hours_of_a_foreign_shape_change_no_grid() -> None:
    """An empty hourly series is no series: the UTC close serves, and the note says so."""
    history = synthetic_history()
    empty = Hourly("BTC", "x", np.zeros(0, dtype=np.int64), np.zeros(0))
    grid = align(replace_data(history, hourly={"BTC": empty}), calendars(), NOW)
    assert grid.notes["BTC"] == "UTC close of the same date"
