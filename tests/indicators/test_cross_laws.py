"""What must hold for every market, whatever its prices. The names state the laws."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divmon.indicators import abc, abc_row
from divmon.indicators.betagap import beta_gap
from divmon.indicators.breadth import ASSETS, dispersion, group_mean
from divmon.indicators.correlation import break_z, ewma, pearson, window
from divmon.indicators.leadlag import ccf, lead_lag, leads_so_far
from divmon.indicators.rolling import deviation, highest, log_change, median
from divmon.indicators.rotation import above_median, raw_labels, relative_z, settle
from divmon.indicators.rotation_map import strength
from divmon.indicators.series import Floats

N = 330
seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=25, deadline=None)


def market(seed: int, rows: int = N) -> dict[str, Floats]:
    """Return closes of the basket and BTC: fat-tailed walks, with holes after row 60."""
    rng = np.random.default_rng(seed)
    closes = {}
    for name in (*ASSETS, "BTC"):
        steps = rng.standard_t(4, rows) * rng.uniform(0.004, 0.03) + rng.normal(0, 0.003)
        walk = rng.uniform(1, 5000) * np.exp(np.cumsum(steps))
        if rng.random() < 0.4:
            walk[rng.integers(60, rows, 4)] = np.nan
        closes[name] = walk
    return closes


def scored(closes: dict[str, Floats]) -> abc.Scores:
    return abc.score({k: v for k, v in closes.items() if k != "BTC"}, closes["BTC"])


def same(a: Any, b: Any) -> bool:
    return bool(np.array_equal(a, b, equal_nan=True))


@few
@given(seeds, st.integers(61, N - 1))
def test_appending_bars_changes_no_earlier_score(seed: int, cut: int) -> None:
    closes = market(seed)
    whole = scored(closes)
    before = scored({name: column[:cut] for name, column in closes.items()})
    assert same(before.score, whole.score[:cut])
    assert same(before.coverage, whole.coverage[:cut])
    assert same(before.confidence, whole.confidence[:cut])
    states = [None if value != value else value for value in whole.score.tolist()]
    assert abc.states(states[:cut]) == abc.states(states)[:cut]


@few
@given(seeds, st.integers(61, N - 1))
def test_appending_bars_changes_no_earlier_rotation(seed: int, cut: int) -> None:
    closes = market(seed)
    a, b = closes["RUT"], closes["SPX"]
    for now, then in zip(strength(a, b), strength(a[:cut], b[:cut]), strict=True):
        assert same(now[:cut], then)
    z = scored(closes).z20

    def labels(upto: int) -> list[int]:
        return settle(
            raw_labels(
                z["SPX"][:upto],
                z["IXIC"][:upto],
                z["BTC"][:upto],
                relative_z(a[:upto], b[:upto]),
                above_median(closes["SILVER"][:upto]),
            )
        )[0]

    assert labels(cut) == labels(N)[:cut]


@few
@given(seeds, st.integers(61, N - 1))
def test_appending_bars_changes_no_earlier_dispersion(seed: int, cut: int) -> None:
    z = scored(market(seed)).z20
    others = {name: column for name, column in z.items() if name != "BTC"}
    then = dispersion({name: column[:cut] for name, column in others.items()}, z["BTC"][:cut])
    assert same(dispersion(others, z["BTC"])[:cut], then)


@few
@given(seeds, st.sampled_from([*ASSETS, "BTC"]), st.floats(1e-3, 1e4))
def test_the_scale_of_a_price_plays_no_part(seed: int, name: str, k: float) -> None:
    closes = market(seed)
    scaled = closes | {name: closes[name] * k}
    assert scored(scaled).score == pytest.approx(scored(closes).score, abs=1e-9, nan_ok=True)
    x, y = (log_change(m[name]) for m in (closes, scaled))
    other = log_change(closes["RUT" if name != "RUT" else "SPX"])
    assert pearson(x, other) == pytest.approx(pearson(y, other), abs=1e-9)
    for now, then in zip(
        strength(closes[name], closes["SPX"]), strength(scaled[name], closes["SPX"]), strict=True
    ):
        assert now == pytest.approx(then, abs=1e-6, nan_ok=True)


@few
@given(seeds, st.permutations(ASSETS))
def test_the_order_of_assets_plays_no_part(seed: int, order: list[str]) -> None:
    closes = market(seed)
    mixed = abc.score({name: closes[name] for name in order}, closes["BTC"])
    assert same(mixed.score, scored(closes).score)
    others = {name: mixed.z20[name] for name in order}
    ordered = {name: mixed.z20[name] for name in ASSETS}
    assert same(dispersion(others, mixed.z20["BTC"]), dispersion(ordered, mixed.z20["BTC"]))


@few
@given(seeds, st.sets(st.sampled_from(ASSETS), min_size=1))
def test_removing_assets_lowers_coverage_and_never_raises(seed: int, gone: set[str]) -> None:
    closes = market(seed)
    whole = scored(closes)
    less = scored({name: column for name, column in closes.items() if name not in gone})
    there = whole.coverage > 0
    lost = np.any([np.isfinite(whole.z20[name]) for name in gone], axis=0) & there
    assert (less.coverage[lost] < whole.coverage[lost]).all()
    assert (less.coverage <= whole.coverage + 1e-12).all()
    assert not np.isfinite(less.score[less.coverage < 0.69]).any()


@few
@given(seeds, st.sampled_from(ASSETS), st.integers(1, N))
def test_a_short_history_is_trusted_no_less_than_none(seed: int, name: str, rows: int) -> None:
    closes = market(seed)
    short = closes[name].copy()
    short[:-rows] = np.nan
    without = scored({key: column for key, column in closes.items() if key != name})
    made = scored(closes | {name: short})
    assert (made.confidence >= without.confidence - 1e-12).all()


@few
@given(seeds)
def test_a_score_is_between_0_and_100_and_the_sum_of_its_parts(seed: int) -> None:
    made = scored(market(seed))
    known = np.isfinite(made.score)
    assert ((made.score[known] >= 0) & (made.score[known] <= 100)).all()
    parts = np.array([made.parts[name] for name in abc.WEIGHTS])
    weights = np.array(list(abc.WEIGHTS.values()))[:, None] * np.isfinite(parts)
    sums = (
        100 * np.nansum(weights * np.nan_to_num(parts), axis=0) / np.maximum(weights.sum(0), 1e-9)
    )
    assert made.score[known] == pytest.approx(sums[known], abs=1e-9)
    for column in (made.coverage, made.confidence):
        assert ((column >= 0) & (column <= 1)).all()
    assert (made.confidence <= made.coverage + 1e-12).all()


@given(st.lists(st.floats(0, 100)), st.integers(0, 40), st.integers(1, 5))
def test_a_missing_score_holds_the_machine(path: list[float], at: int, silent: int) -> None:
    holes = [*path[:at], *[None] * silent, *path[at:]]
    held = abc.states(holes)
    assert held[:at] + held[at + silent :] == abc.states(path) if at <= len(path) else True


@few
@given(seeds)
def test_swapping_the_two_flips_the_sign(seed: int) -> None:
    closes = market(seed)
    a, b = closes["RUT"], closes["SPX"]
    assert relative_z(a, b) == pytest.approx(-relative_z(b, a), abs=1e-9, nan_ok=True)


@few
@given(seeds, st.integers(-5, 5))
def test_leading_one_way_is_lagging_the_other(seed: int, lag: int) -> None:
    closes = market(seed)
    x, y = log_change(closes["BTC"]), log_change(closes["RUT"])
    assert ccf(x, y, lag) == pytest.approx(ccf(y, x, -lag), abs=1e-12)
    assert ewma(x, y) == pytest.approx(ewma(y, x), abs=1e-12)
    assert break_z(x, y) == pytest.approx(break_z(y, x), abs=1e-12)


@few
@given(seeds, st.integers(80, N - 1), st.data())
def test_the_running_score_is_the_score_of_the_grid_with_one_more_row(
    seed: int, cut: int, data: st.DataObject
) -> None:
    closes = market(seed)
    past = {name: column[:cut] for name, column in closes.items()}
    prices = {
        name: float(np.nan_to_num(column[cut - 1], nan=10.0)) * data.draw(st.floats(0.5, 2))
        for name, column in closes.items()
    }
    appended = scored({name: np.append(past[name], prices[name]) for name in past})
    tails = {name: abc_row.tail(column) for name, column in past.items()}
    cells = {name: abc_row.cell(tails[name], prices[name]) for name in ASSETS}
    found = abc_row.score(cells, abc_row.cell(tails["BTC"], prices["BTC"]))
    expected = appended.score[-1]
    assert (np.nan if found.score is None else found.score) == pytest.approx(
        expected, abs=1e-9, nan_ok=True
    )
    assert found.coverage == pytest.approx(appended.coverage[-1], abs=1e-9)
    assert found.confidence == pytest.approx(appended.confidence[-1], abs=1e-9)


@few
@given(seeds)
def test_an_asset_that_stands_still_has_no_z_score(seed: int) -> None:
    closes = market(seed)
    closes["SPX"] = np.full(N, 100.0)
    made = scored(closes)
    assert not np.isfinite(made.z20["SPX"]).any()
    assert beta_gap(closes["BTC"], [closes["SPX"]]) is None
    assert window(log_change(closes["SPX"]), log_change(closes["RUT"]), 60).r is None


@few
@given(seeds, st.integers(1, 70), st.integers(2, 40))
def test_windows_with_holes_agree_with_plain_loops(seed: int, n: int, least: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=90)
    values[rng.random(90) < 0.3] = np.nan
    for at in range(90):
        part = values[max(at - n + 1, 0) : at + 1]
        part = part[np.isfinite(part)]
        enough = len(part) >= least
        expected = {
            deviation: part.std(ddof=1) if enough else np.nan,
            highest: part.max() if enough else np.nan,
            median: np.median(part) if enough else np.nan,
        }
        for function, value in expected.items():
            found = function(values[: at + 1], n, least)[-1]
            assert found == pytest.approx(value, abs=1e-12, nan_ok=True), function


@few
@given(seeds, st.sampled_from([-3, -1, 1, 2]))
def test_a_planted_lead_is_found_on_its_side(seed: int, lag: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.standard_t(4, 600)
    y = np.roll(x, lag) + rng.normal(size=600)
    found = lead_lag(x, y)
    assert (found.leads, found.peak) == (lag, lag)
    assert found.p is not None
    assert found.p < 0.01


def test_leads_are_seldom_found_where_there_are_none() -> None:
    rng = np.random.default_rng(7)
    walks = (rng.standard_t(4, (2, 500)) for _ in range(400))
    wrong = sum(lead_lag(x, y).leads is not None for x, y in walks)
    assert wrong <= 8  # 1 % of 400 is 4


def test_a_mean_of_one_group_is_no_mean_of_the_basket() -> None:
    one = group_mean({"SPX": np.array([1.0, 1.0]), "RUT": np.array([np.nan, 3.0])})
    assert same(one, [np.nan, 2.0])


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([-1, 0, 1, 3]), st.booleans())
def test_leads_so_far_are_those_of_the_test_on_every_day(seed: int, lag: int, holes: bool) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(0.0, 0.02, 260)
    y = 0.5 * np.roll(x, lag) + rng.normal(0.0, 0.02, 260)
    if holes:
        x[rng.choice(260, 20)] = np.nan
        y[:7] = np.nan
        y[-2:] = np.nan
    holds, known = leads_so_far(x, y)
    for row in range(100, 260):
        found = lead_lag(x[: row + 1], y[: row + 1])
        assert known[row] == (found.peak is not None), row
        assert holds[row] == (found.leads is not None and found.leads > 0), row
    if lag > 0:
        assert holds.any()


def test_two_series_without_days_in_common_have_no_lead_so_far() -> None:
    nothing = np.full(300, np.nan)
    for x, y in ((nothing, nothing), (np.zeros(0), np.zeros(0)), (np.ones(300), nothing)):
        holds, known = leads_so_far(x, y)
        assert not holds.any()
        assert not known.any()
    still, known = leads_so_far(np.ones(300), np.ones(300))
    assert not still.any()
