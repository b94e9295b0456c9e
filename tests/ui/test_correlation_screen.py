"""The page of correlation with BTC, and of who leads."""

import pytest

from divmon.reading.model import (
    BetaGap,
    Break,
    Correlation,
    CorrelationWindow,
    LeadLag,
    Reading,
)
from divmon.ui.screens.correlation import CorrelationScreen
from divmon.ui.screens.explain import ExplainScreen
from divmon.ui.widgets.correlation import (
    CorrelationPanel,
    LeadLagPanel,
    beta_sentence,
    interval,
    spine,
)
from tests.ui import fixtures
from tests.ui.conftest import desk, text_of
from tests.ui.pages import HARMLESS, HOSTILE, SIZES, opened


def window(r: float | None, n: int) -> CorrelationWindow:
    return CorrelationWindow(
        r=r, low=None if r is None else r - 0.2, high=None if r is None else r + 0.2, n=n
    )


def board(**changes: object) -> Reading:
    """Return a Reading with three pairs, one of them broken, and one test of a lead."""
    found = {
        "correlation": {
            "BTC/SPX": Correlation(
                d20=window(0.7, 20), d60=window(0.26, 60), d90=window(0.29, 88),
                ewma94=0.6, break_=Break(z=1.8, flag=False),
            ),
            "BTC/GOLD": Correlation(
                d20=window(-0.41, 20), d60=window(-0.11, 60), d90=window(None, 12),
                ewma94=-0.3, break_=Break(z=-3.1, flag=True),
            ),
            "BTC/VIX": Correlation(),
        },
        "leadlag": {
            "BTC/SPX": LeadLag(
                lags={str(lag): (0.29 if lag == 0 else 0.01 * lag) for lag in range(-5, 6)},
                band=0.08, peak=0, verdict="no lead found",
            )
        },
    }  # fmt: skip
    return fixtures.reading(**{**found, **changes})


@pytest.mark.parametrize("size", SIZES)
async def test_r_with_interval_and_n_at_every_size(size: tuple[int, int]) -> None:
    async with opened("c", fixtures.hello(), board(), size=size) as up:
        up.page(CorrelationScreen)
        spx = next(line for line in up.lines if "SPX   " in line)
        assert "+0.26  [+0.06, +0.46]" in spx
        assert "   60   +0.70  +0.29  +0.60  no z +1.8" in spx
        vix = next(line for line in up.lines if " VIX " in line)
        assert "—" in vix
        assert "0.00" not in vix  # missing is not zero


def test_all_windows_and_the_flag_stand_in_the_line_of_a_pair() -> None:
    panel = CorrelationPanel(desk((fixtures.hello(), board())))
    gold = next(line for line in text_of(panel, 160, 9) if "GOLD" in line)
    for told in ("−0.41", "−0.11", "−0.30", "▲ break z −3.1", "—"):
        assert told in gold
    spx = next(line for line in text_of(panel, 160, 9) if "SPX" in line)
    assert "no z +1.8" in spx
    assert "[+0.50, +0.90] 20" in spx
    assert "[+0.09, +0.49] 88" in spx


def test_the_bar_of_r_grows_to_its_side_of_zero() -> None:
    assert spine(-0.5, 4) == ("  ▇▇", "    ")
    assert spine(0.5, 4) == ("    ", "▇▇  ")
    assert spine(3.0, 4) == ("    ", "▇▇▇▇")
    assert spine(None, 4) == ("    ", "    ")
    assert interval(CorrelationWindow(r=0.1, n=3)) == ""


async def test_the_lead_shown_is_that_of_the_pair_under_the_cursor() -> None:
    async with opened("c", fixtures.hello(), board()) as up:
        assert "Lead and lag  BTC/SPX" in up.text
        assert "no lead found" in up.text
        assert "band of chance ±0.08" in up.text
        assert "+0.29◂ same session" in up.text
        await up.press("j")
        assert "Lead and lag  BTC/GOLD" in up.text
        assert "BTC/GOLD is not tested" in up.text
        assert "tested: BTC/SPX" in up.text


def test_a_lag_inside_the_band_is_drawn_as_nothing_to_say() -> None:
    panel = LeadLagPanel(desk((fixtures.hello(), board())))
    panel.pair = "BTC/SPX"
    lines = panel.painted(80, 16)
    ink = panel.desk.ink
    five = next(line for line in lines if any("+5" in part.text for part in line))
    zero = next(line for line in lines if any("same session" in part.text for part in line))
    assert {part.style for part in five if "▇" in part.text} == {ink.muted}
    assert {part.style for part in zero if "▇" in part.text} == {ink.up}


def test_the_beta_gap_is_told_only_where_it_is_shown() -> None:
    weak = BetaGap(r2=0.05, actual=-0.1, expected=0.1, gap=-0.2, z=-2.0, shown=False)
    assert beta_sentence(board(beta_gap=weak)) == (
        "not told: RUT and GOLD explain 5 % of BTC's moves, under 10 %"
    )
    held = BetaGap(r2=0.31, actual=-0.104, expected=0.021, gap=-0.125, z=-2.2, shown=True)
    assert beta_sentence(board(beta_gap=held)) == (
        "BTC −10.4 %, by RUT and GOLD +2.1 %: gap −12.5 pp (−2.2 σ), R² 0.31"
    )
    assert beta_sentence(None) == "not computed yet"


async def test_x_explains_the_pair_under_the_cursor() -> None:
    async with opened("c j x", fixtures.hello(), board()) as up:
        assert up.page(ExplainScreen).subject == "correlation.BTC/GOLD"
        assert "BTC/GOLD: correlation with BTC" in up.text


async def test_nothing_yet_is_said_and_hostile_names_are_text() -> None:
    async with opened("c", fixtures.hello(), fixtures.reading(correlation={})) as up:
        assert "no correlation yet" in up.text
    said = LeadLag(verdict=HOSTILE)
    bad = board(correlation={f"BTC/{HOSTILE}": Correlation()}, leadlag={f"BTC/{HOSTILE}": said})
    async with opened("c", fixtures.hello(), bad) as up:
        assert HARMLESS in up.text
        assert "\x1b" not in up.text
