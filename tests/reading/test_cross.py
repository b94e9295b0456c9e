"""The cross-asset block of a Reading: on the synthetic market, on real data, on bad data."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divmon.indicators.align import Grid, align
from divmon.indicators.series import Daily, History, Macro
from divmon.market.sessions import day_of
from divmon.reading.cross import STATES, Cross, prepare_cross, provisional_abc
from divmon.settings import load
from tests.history import END, day, folder, moment
from tests.history import reference as synthetic_history
from tests.synthetic import calendars, reference, synthetic_grid

NOW = END


def prepare(history: History, now: float) -> tuple[Grid, Cross]:
    grid = align(history, calendars(), now)
    return grid, prepare_cross(grid, history, load(), now)


@lru_cache
def synthetic() -> Cross:
    return prepare_cross(synthetic_grid(), synthetic_history(), load(), NOW)


@pytest.fixture(scope="module")
def real(shared: Callable[[str], Path]) -> History:
    return folder(shared("data"))


def test_the_synthetic_market_ends_where_the_reference_does() -> None:
    cross = synthetic()
    path = reference()["abc_path"]
    score, state = path["2025-06-30"]
    assert cross.abc.score == pytest.approx(score, abs=1e-9)
    assert cross.abc.state == STATES[state]
    history = {when.isoformat(): (value, state) for when, value, state in cross.abc.history}
    assert len(history) == 90
    assert [value for value, _ in history.values()] == pytest.approx(
        [path[text][0] for text in history], abs=1e-9
    )
    assert [state for _, state in history.values()] == [STATES[path[text][1]] for text in history]


def test_contributions_add_up_to_the_score() -> None:
    abc = synthetic().abc
    parts = [each.contribution or 0.0 for each in abc.components.values()]
    assert sum(parts) == pytest.approx(abc.score, abs=1e-9)
    assert (abc.coverage, abc.confidence) == (1.0, 1.0)
    assert abc.plus_minus is not None
    assert 0 < abc.plus_minus < 30


def test_since_is_the_first_session_of_the_state() -> None:
    abc = synthetic().abc
    assert abc.sessions is not None
    begin = abc.history[-abc.sessions]
    assert (begin[0], begin[2]) == (abc.since, abc.state)
    assert abc.history[-abc.sessions - 1][2] != abc.state


def test_net_liquidity_and_pace_are_the_reference_s() -> None:
    found = synthetic().liquidity
    expected = reference()["net_liquidity_last8"]
    last = {when.isoformat(): value for when, value in found.history[-8:]}
    assert list(last) == list(expected)
    assert list(last.values()) == pytest.approx(list(expected.values()), abs=1e-9)
    pace, state = reference()["qt_theil_sen_8w"]
    assert found.qt_pace == pytest.approx(pace, abs=1e-9)
    assert found.qt_state == state


prices = st.fixed_dictionaries(
    {
        name: st.floats(0.7, 1.4)
        for name in ("SPX", "IXIC", "RUT", "GOLD", "SILVER", "STAR50", "BTC")
    }
)


@settings(max_examples=30, deadline=None)
@given(prices, st.sets(st.sampled_from(["SPX", "RUT", "STAR50"]), max_size=2))
def test_ticks_and_batch_agree(moves: dict[str, float], silent: set[str]) -> None:
    """A price for each instrument becomes a bar of the next session; silent ones have none."""
    cut, after = moment("2025-06-20"), moment("2025-06-24")  # the 23rd trades in both
    history = synthetic_history()
    before = {name: _until(bars, day("2025-06-22")) for name, bars in history.daily.items()}
    _, cross = prepare(History(before), cut)
    assert cross.path.day[-1] == day("2025-06-18")  # Juneteenth, and the 20th is not over
    _, cross = prepare(History(before), moment("2025-06-21"))
    last = {
        name: float(bars.close[-1]) * moves[name]
        for name, bars in before.items()
        if name not in silent
    }
    grown = {
        name: _append(bars, day("2025-06-23"), last[name]) if name in last else bars
        for name, bars in before.items()
    }
    _, batch = prepare(History(grown), after)
    assert batch.path.day[-1] == day("2025-06-23")
    assert provisional_abc(cross, last) == pytest.approx(batch.abc.score, abs=1e-9)


def test_no_price_of_btc_no_running_score() -> None:
    last = {name: float(column[-1]) for name, column in synthetic_grid().close.items()}
    assert provisional_abc(synthetic(), last) is not None
    del last["BTC"]
    assert provisional_abc(synthetic(), last) is None


@pytest.mark.parametrize("name", ["SPX", "IXIC", "RUT", "GOLD", "SILVER", "STAR50"])
def test_an_asset_less_costs_coverage_and_is_named(name: str) -> None:
    history = synthetic_history()
    left = {key: bars for key, bars in history.daily.items() if key != name}
    _, cross = prepare(History(left, {}, history.macro), NOW)
    assert cross.abc.coverage is not None
    assert cross.abc.coverage < 0.9
    assert cross.abc.score is not None
    assert f"{name}: no history" in cross.abc.missing


def test_without_btc_there_is_no_score_and_the_state_is_unknown() -> None:
    left = {key: bars for key, bars in synthetic_history().daily.items() if key != "BTC"}
    _, cross = prepare(History(left), NOW)
    assert (cross.abc.score, cross.abc.state, cross.abc.quadrant) == (None, "unknown", None)
    assert cross.correlation == {}
    assert cross.dispersion.value is None


def test_a_late_asset_halves_its_weight_in_confidence_and_is_dropped_at_two_sessions() -> None:
    history = synthetic_history()
    found = []
    for missing in range(5):
        rut = history.daily["RUT"]
        cut = _until(rut, int(rut.day[-1 - missing]))
        _, cross = prepare(History(history.daily | {"RUT": cut}), NOW)
        found.append((cross.abc.coverage, cross.abc.confidence, cross.abc.score is None))
    assert [coverage for coverage, _, _ in found] == pytest.approx([1, 1, 0.75, 0.75, 0.75])
    assert [trust for _, trust, _ in found] == pytest.approx([1, 0.875, 0.75, 0.75, 0.75])
    assert not any(none for *_, none in found)


@pytest.mark.parametrize(("late", "said"), [(1, "1 session late"), (2, "2 sessions late")])
def test_bitcoin_is_never_carried_and_it_is_said_how_late_it_is(late: int, said: str) -> None:
    history = synthetic_history()
    btc = history.daily["BTC"]
    sessions = history.daily["SPX"].day
    cut = _until(btc, int(sessions[-1 - late]))
    _, cross = prepare(History(history.daily | {"BTC": cut}), NOW)
    assert cross.abc.score is None
    assert f"BTC: {said}" in cross.abc.missing


def test_until_the_closes_come_in_the_readings_stay_those_of_the_session_before() -> None:
    history = synthetic_history()
    before = {name: _until(bars, day("2025-06-29")) for name, bars in history.daily.items()}
    early = History(before | {key: history.daily[key] for key in ("BTC", "STAR50")})
    close = moment("2025-06-30T20:00")
    _, waiting = prepare(early, close + 60)
    assert waiting.abc.as_of == date(2025, 6, 27)
    assert "closes of 2025-06-30 are not in yet" in waiting.missing
    _, friday = prepare(early, moment("2025-06-28"))
    assert waiting.abc == friday.abc
    _, one_in = prepare(History(early.daily | {"SPX": history.daily["SPX"]}), close + 60)
    assert one_in.abc.as_of == date(2025, 6, 30)
    _, late = prepare(early, close + 7 * 3600)
    assert late.abc.as_of == date(2025, 6, 30)
    assert late.abc.confidence == pytest.approx(0.75)  # SPX, IXIC and RUT count half
    assert "RUT: 1 of its sessions late, carried" in late.missing


def test_nothing_in_nothing_out() -> None:
    _, cross = prepare(History(), NOW)
    assert (cross.abc.score, cross.abc.state) == (None, "unknown")
    assert cross.liquidity.net is None
    assert provisional_abc(cross, {"BTC": 1.0}) is None


@pytest.mark.parametrize("rows", [1, 2, 30, 130])
def test_a_short_history_gives_what_it_can(rows: int) -> None:
    daily = {name: _last(bars, rows) for name, bars in synthetic_history().daily.items()}
    _, cross = prepare(History(daily), NOW)
    assert cross.abc.score is None or cross.abc.confidence is not None
    assert all(value == value for value in cross.abc.z_btc.values())


def test_absurd_levels_are_named_and_not_used() -> None:
    history = synthetic_history()
    walcl = history.macro["WALCL"]
    wrong = replace(walcl, value=walcl.value * 1000, unit="USD mn")
    _, cross = prepare(History(history.daily, {}, history.macro | {"WALCL": wrong}), NOW)
    assert cross.liquidity.net is None
    assert any(text.startswith("WALCL: level must be") for text in cross.missing)


def test_real_history_has_the_score_s_known_distribution(real: History) -> None:
    grid, cross = prepare(real, moment("2026-08-22"))
    since = grid.day >= day("2015-10-01")
    scores = cross.path.score[since]
    scores = scores[np.isfinite(scores)]
    assert round(float(np.median(scores))) == 23
    assert round(float(np.quantile(scores, 0.9))) == 64
    alert = np.array(cross.path.state)[since] == STATES.index("alert")
    edges = np.flatnonzero(np.diff(np.concatenate([[0], alert.astype(int), [0]])))
    lengths = edges[1::2] - edges[::2]
    assert round(100 * float(alert.mean()), 1) == 8.1
    assert (len(lengths), float(np.median(lengths))) == (14, 17.0)


def test_real_january_2026(real: History) -> None:
    _, cross = prepare(real, moment("2026-01-22"))
    assert cross.abc.state == "alert"
    assert cross.abc.since == date(2026, 1, 8)
    assert cross.abc.uses["GOLD"] == "GLD"
    assert {found.verdict for found in cross.leadlag.values()} == {"no lead found"}
    assert cross.precedents.january.qualifies is None
    _, before = prepare(real, moment("2026-01-21"))
    assert before.dispersion.percentile == pytest.approx(0.75, abs=0.005)


def test_real_january_rule(real: History) -> None:
    found = prepare(real, moment("2026-03-01"))[1].precedents.january
    assert (found.years, found.near, found.kept) == ((1992, 2006, 2021), (1991,), (1992, 2006))
    assert (round(found.current_lead_pp or 0, 2), found.qualifies) == (3.95, False)


@pytest.mark.parametrize(
    ("now", "as_of", "state"),
    [
        # the H.4.1 of a Wednesday is out on Thursday, 16:30 in New York
        ("2025-12-11T21:29", date(2025, 12, 3), "QT"),
        ("2025-12-11T21:31", date(2025, 12, 10), "QT"),
        ("2026-01-15T21:31", date(2026, 1, 14), "expanding"),
        # 25 December 2025 and 1 January 2026 are Thursdays: a day later
        ("2026-01-01T23:00", date(2025, 12, 24), "QT"),
        ("2026-01-02T21:31", date(2025, 12, 31), "flat"),
    ],
)
def test_the_pace_of_qt_as_it_was_known(real: History, now: str, as_of: date, state: str) -> None:
    found = prepare(History(macro=real.macro), moment(now))[1].liquidity
    assert (found.as_of, found.qt_state) == (as_of, state)


def test_a_unit_that_is_named_is_believed() -> None:
    history = synthetic_history()
    tga = history.macro["TGA_DAILY"]
    in_billions = Macro("WDTGAL", "USD bn", tga.day, tga.value / 1000)
    _, cross = prepare(History(macro=history.macro | {"WDTGAL": in_billions}), NOW)
    assert cross.liquidity.net == pytest.approx(synthetic().liquidity.net, abs=1e-9)


def _until(bars: Daily, last: int) -> Daily:
    n = int(np.searchsorted(bars.day, last, side="right"))
    return _slice(bars, slice(n))


def _last(bars: Daily, n: int) -> Daily:
    return _slice(bars, slice(-n, None))


def _slice(bars: Daily, part: slice) -> Daily:
    names = ("day", "open", "high", "low", "close")
    columns: Any = {key: getattr(bars, key)[part] for key in names}
    return replace(bars, **columns)


def _append(bars: Daily, when: int, price: float) -> Daily:
    # a stranger to the day (BTC on Saturday and Sunday) keeps its own bars
    assert bars.day[-1] < when, day_of(int(bars.day[-1]))
    names = ("open", "high", "low", "close")
    columns: Any = {key: np.append(getattr(bars, key), price) for key in names}
    return replace(bars, day=np.append(bars.day, when), **columns)
