"""The 90 days of Bitcoin: what stands on its axes, and what a tick changes of it."""

from datetime import date

import pytest

from divmon.ui.widgets.btc import BtcPanel
from divmon.ui.widgets.daily_chart import DailyChart, level_name, month_axis, running_name
from tests.ui.conftest import desk

CLOSES = tuple(90_000.0 + 40.0 * (day % 50) for day in range(89))


def drawn(last: float) -> list[list[str]]:
    """Return the cells of the chart whose running price is `last`."""
    lines = DailyChart(BtcPanel(desk())).lines((*CLOSES, last), None, 100, 10)
    return [list("".join(text for text, _, _ in line)) for line in lines]


def test_the_axis_names_each_month_at_its_first_day() -> None:
    axis = month_axis(date(2026, 1, 20), 90, 90)
    assert axis[70:73] == "Jan"
    assert axis[39:42] == "Dec"


@pytest.mark.parametrize(("level", "name"), [(100_000, "100k"), (97_500, "97.5k"), (950, "950")])
def test_levels_are_named_as_people_say_them(level: float, name: str) -> None:
    assert level_name(level) == name


@pytest.mark.parametrize(
    ("price", "name"),
    [(91_000, "91.0k"), (90_900, "90.9k"), (100_000, "100k"), (9_120, "9.12k"), (1_000, "1.00k"),
     (950, "950"), (95, "95.0"), (1_250_000, "1,250k"), (0, "0")],
)  # fmt: skip
def test_the_running_price_has_three_figures(price: float, name: str) -> None:
    assert running_name(price) == name


def test_a_price_that_gets_round_moves_its_name_and_its_end_of_the_line() -> None:
    changed = [
        x
        for old, new in zip(drawn(90_900), drawn(91_000), strict=True)
        for x, (one, other) in enumerate(zip(old, new, strict=True))
        if one != other
    ]
    assert changed
    assert min(changed) > 85  # of 100
