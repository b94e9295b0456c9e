"""The cross-asset numbers of the synthetic market, to 1e-9 of what plain loops computed."""

from typing import Any

import numpy as np
import pytest

from divmon.indicators import abc
from divmon.indicators.betagap import beta_gap
from divmon.indicators.breadth import ASSETS
from divmon.indicators.correlation import break_z, ewma, pearson, window
from divmon.indicators.leadlag import ccf
from divmon.indicators.rolling import log_change
from divmon.indicators.rotation_map import quadrant, strength
from divmon.market.sessions import day_of
from tests.synthetic import reference, synthetic_grid


def exactly(value: Any) -> Any:
    return pytest.approx(value, rel=0, abs=1e-9)


def scores() -> abc.Scores:
    grid = synthetic_grid()
    return abc.score({name: grid.close[name] for name in ASSETS}, grid.close["BTC"])


def test_every_score_and_state_of_the_path() -> None:
    path = reference()["abc_path"]
    index = {day_of(int(day)).isoformat(): at for at, day in enumerate(synthetic_grid().day)}
    found = [float(scores.score[index[text]]) for scores in [scores()] for text in path]
    assert found == exactly([value for value, _ in path.values()])
    # the reference starts its machine in calm on the first date it lists
    assert abc.states(found) == [state for _, state in path.values()]


def test_the_parts_of_the_last_score() -> None:
    last = reference()["abc_last"]
    made = scores()
    part = {name: 100 * float(column[-1]) for name, column in made.parts.items()}
    assert part == exactly(last["scores"])
    z20, z60 = made.z20["BTC"][-1], made.z60["BTC"][-1]
    found = {
        "zT20": made.trad20[-1],
        "zB20": z20,
        "gap20": made.trad20[-1] - z20,
        "zT60": made.trad60[-1],
        "zB60": z60,
        "gap60": made.trad60[-1] - z60,
        "breadth20": made.breadth20[-1],
    }
    assert found == exactly({key: last["components"][key] for key in found})


def test_correlations() -> None:
    grid, expected = synthetic_grid(), reference()["corr"]
    btc, rut = log_change(grid.close["BTC"]), log_change(grid.close["RUT"])
    assert window(btc, rut, 20).r == exactly(expected["r20"])
    assert window(btc, rut, 60).r == exactly(expected["r60"])
    assert ewma(btc, rut) == exactly(expected["ewma94"])
    fisher = expected["fisher"]
    assert break_z(btc, rut) == exactly(fisher["z"])
    assert pearson(btc[-40:], rut[-40:]) == exactly(fisher["r_short"])
    assert pearson(btc[-290:-40], rut[-290:-40]) == exactly(fisher["r_base"])
    for lag, r in expected["ccf"].items():
        assert ccf(btc, rut, int(lag)) == exactly(r)


def test_beta_gap() -> None:
    grid, expected = synthetic_grid(), reference()["beta_gap"]
    found = beta_gap(grid.close["BTC"], [grid.close["RUT"], grid.close["GOLD"]])
    assert found is not None
    assert found.alpha == exactly(expected["alpha"])
    assert found.betas == exactly(expected["betas"])
    assert found.r2 == exactly(expected["r2"])
    assert found.s == exactly(expected["resid_sd_daily"])
    assert found.expected == exactly(expected["expected_logret"])
    assert found.actual == exactly(expected["actual_logret"])
    assert found.gap == exactly(expected["gap"])
    assert found.z == exactly(expected["z"])


def test_rotation_map_of_btc_against_the_s_and_p() -> None:
    grid = synthetic_grid()
    ratio, momentum = strength(grid.close["BTC"], grid.close["SPX"])
    *numbers, name = reference()["rrg_last"]
    assert [ratio[-1], momentum[-1]] == exactly(numbers)
    assert quadrant(float(ratio[-1]), float(momentum[-1])) == name


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ([10, 55, 55, 45, 39, 39, 10], [0, 0, 1, 1, 1, 0, 0]),
        ([75, 75, 65, 55, 55, 45, 39, 39], [0, 2, 2, 2, 1, 1, 1, 0]),
        ([75, 75, 39, 39], [0, 2, 2, 0]),
        ([55, None, None, 55], [0, 0, 0, 1]),
        ([75, None, 75, None], [0, 0, 2, 2]),
    ],
)
def test_states(path: list[float | None], expected: list[int]) -> None:
    assert abc.states(path) == expected


def test_a_state_is_unknown_before_the_first_score_and_after_three_silent_sessions() -> None:
    nan = float("nan")
    path = np.array([nan, 1.0, nan, nan, nan, nan, 2.0])
    assert abc.known(path).tolist() == [False, True, True, True, True, False, True]
