"""Conditions in words, their numbers turned by keys, and sentences that say no more than is so."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from divmon.indicators.liquidity import MONTHLY_LAG
from divmon.reading.condition import Condition, Kind
from divmon.reading.conditions import CLAIMS, KINDS, default, faults, of_claim, of_own, of_row
from divmon.reading.frames import Rates, Untold
from divmon.reading.model import High, Instrument, RelativeStreak, Streak, Wall
from divmon.reading.told import After, Base, Case
from divmon.settings import ClaimSettings
from divmon.ui.conditions import (
    PLAIN,
    WHY,
    cautions,
    level_step,
    not_asked,
    round_level,
    sentence,
    shifted,
    state,
    text,
    turned,
    why,
)
from tests.ui import fixtures

NAMES = ("BTC", "RUT", "SPX", "GOLD")
RED = Condition(kind="red", on="BTC", length=6)


def answer(n: int, *, mean: float = 0.03, base: float = 0.02, **changes: object) -> Rates:
    """Return what followed `n` cases; the interval is 5 points about the mean."""
    after = After(
        value=None, n=n, mean=mean if n else None,
        interval=(mean - 0.05, mean + 0.05) if n > 2 else None, positive=0.5 if n else None,
        base=Base(n=1500, mean=base, positive=0.55), enough=n >= 10,
    )  # fmt: skip
    case = Case(
        start=date(2025, 1, 2), end=date(2025, 1, 9), bars=4, entry=date(2025, 1, 3), after={}
    )
    plain: dict[str, object] = {
        "condition": RED, "target": "BTC", "first": date(2014, 9, 17), "last": date(2026, 1, 20),
        "bars": 4000, "held": 40, "boundary": "UTC",
        "after": dict.fromkeys(("5", "20", "60", "120"), after), "cases": (case,) * n,
    }  # fmt: skip
    return Rates(**{**plain, **changes})  # type: ignore[arg-type]  # of the names above


def test_few_cases_are_a_story_and_many_are_held_against_any_session() -> None:
    assert sentence(answer(0)) == "It has never been so: nothing followed."
    assert sentence(answer(1)) == (
        "One case: a story, not a statistic. BTC was not up after 20 sessions."
    )
    assert sentence(answer(6)) == (
        "6 cases: a story, not a statistic. BTC was up in 3 after 20 sessions."
    )
    assert sentence(answer(12)) == (
        "12 cases: BTC +3.0 % after 20 sessions, up in 6; after any session +2.0 %. "
        "The interval holds that: no difference that the data support."
    )
    assert sentence(answer(12, base=-0.06)).endswith(
        "That is outside the interval, as one in twenty is by chance alone."
    )
    running = answer(0, cases=answer(1).cases)
    assert sentence(running).startswith("Episodes: 1; none has BTC for 20 sessions after")


def test_what_the_table_does_not_show_is_said_beside_it() -> None:
    said = " ".join(cautions(answer(12, overlapping={"20": 0, "60": 5})))
    assert "5 of 12 at +60; the interval is too narrow" in said
    assert "look telling by chance" in said
    assert "less than 20 apart are one" in " ".join(cautions(answer(2, held=3000)))
    assert "Episodes before BTC's prices begin, or not over yet: 3." in cautions(
        answer(4, after=answer(1).after)
    )
    assert "GOLD here: GLD." in cautions(answer(4, target="GOLD", target_series="GLD"))


def test_the_state_says_since_when_and_how_often() -> None:
    assert state(answer(2, now=True)) == (
        "holds on 2026-01-20, an episode since 2025-01-02 · held on 1.0 % of 4,000 bars "
        "from 2014-09-17"
    )
    assert state(answer(2)).startswith("does not hold on 2026-01-20")
    assert "held on 0.025 % of" in state(answer(2, held=1))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_words_and_fits_the_list(kind: Kind) -> None:
    said = text(default(kind, "SILVER", 100.0))
    assert kind in PLAIN
    assert "{" not in said
    assert len(said) <= 45


def test_the_words_of_special_numbers() -> None:
    low = Condition(kind="quiet", on="BTC", share=0.0, window="all")
    assert text(low) == "BTC volatility is at a record low"
    wall = Condition(kind="below", on="BTC", length=60)
    assert text(wall) == "BTC closed under its wall ≥ 60 times in a row"
    assert text(wall, 100_000.0) == "BTC closed under 100,000 ≥ 60 times in a row"
    year = Condition(kind="gained", on="GOLD", share=0.6, window="year")
    assert text(year) == "GOLD gained ≥ 60 % in the last calendar year"
    hostile = Condition(kind="rose", on="{n}[/b]", length=3)
    assert text(hostile) == "{n}[/b] closed higher ≥ 3 times in a row"


@pytest.mark.parametrize("reason", list(WHY))
def test_every_reason_has_words(reason: str) -> None:
    said = why(Rates(condition=RED, target="US10Y", why=reason))  # type: ignore[arg-type]  # one of them
    assert said
    assert "{" not in said


keys = st.lists(st.sampled_from(["+", "-", ">", "<"]), max_size=40)


@given(st.sampled_from(KINDS), keys)
def test_whatever_is_pressed_the_condition_makes_sense(kind: Kind, pressed: list[str]) -> None:
    condition = default(kind, "RUT", 2700.0)
    known = dict.fromkeys(NAMES, None)
    for key in pressed:
        if key in "+-":
            condition = turned(condition, 1 if key == "+" else -1)
        else:
            condition = shifted(condition, 1 if key == ">" else -1, NAMES)
        assert not list(faults(condition, known))
        assert "{" not in text(condition)


@given(st.floats(1e-6, 1e9))
def test_a_level_to_begin_with_is_just_above_the_price(last: float) -> None:
    level = round_level(Instrument(last=last))
    assert level >= last * (1 - 1e-9)
    assert level <= last * 1.11 + 1e-9
    assert 0.009 * last <= level_step(last) <= 0.11 * last


def test_the_level_is_the_wall_where_there_is_one() -> None:
    assert round_level(Instrument(last=89_734.0, wall=Wall(level=100_000.0))) == 100_000.0
    assert round_level(None) == 0.0
    assert round_level(Instrument(last=None)) == 0.0


def test_the_condition_of_a_row_is_its_longest_run() -> None:
    pair = {"RUT/SPX": RelativeStreak(streak=12)}
    row = Instrument(streak=Streak(close=-2, candle=-3))
    assert of_row("RUT", row) == Condition(kind="fell", on="RUT", length=2)
    assert of_row("RUT", row, pair) == Condition(kind="beat", on="RUT", other="SPX", length=12)
    behind = {"RUT/SPX": RelativeStreak(streak=-4)}
    assert of_row("RUT", row, behind).kind == "lost-to"
    assert of_row("SPX", row, pair).kind == "fell"
    assert of_row("BTC", row) == Condition(kind="red", on="BTC", length=3)
    at_high = Instrument(streak=Streak(close=1), high=High(record_close=True))
    assert of_row("GOLD", at_high) == Condition(kind="record", on="GOLD")
    assert of_row("GOLD", Instrument()) == Condition(kind="rose", on="GOLD", length=3)


def test_every_claim_of_the_registry_has_a_condition_or_a_reason() -> None:
    from divmon.reading.claims import claims

    reading = fixtures.reading()
    assert {claim.id for claim in claims(reading)} == set(CLAIMS)
    for claim in CLAIMS:
        condition = of_claim(claim, reading)
        assert condition is not None, claim
        assert not list(faults(condition, fixtures.settings().instruments))
    # what a claim without its wall is asked about
    assert of_claim("btc-wall", fixtures.reading(instruments={})) is None
    assert not_asked().startswith("not asked: ")
    assert of_claim("own-gone", reading, {}) is None


@pytest.mark.parametrize("kind", ["qt", "draining", "hiking"])
def test_published_figures_are_said_to_count_from_their_release(kind: Kind) -> None:
    said = " ".join(cautions(Rates(condition=Condition(kind=kind), target="BTC", bars=9)))
    assert "count" in said
    assert "from the close after that" in said
    assert "FRED's figures are those of today" in said
    assert (f"{MONTHLY_LAG} days" in said) == (kind == "hiking")


def test_what_no_instrument_has_is_not_said_of_one() -> None:
    kinds: tuple[Kind, ...] = ("abc-alert", "qt", "leads")
    reasons: tuple[Untold, ...] = ("no history", "no figures", "no inputs")
    for kind in kinds:
        for reason in reasons:
            said = why(Rates(condition=Condition(kind=kind), target="BTC", why=reason))
            assert said.strip() == said != ""


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (ClaimSettings(kind="streak", on="RUT", length=4), "RUT closed higher ≥ 4 times in a row"),
        (
            ClaimSettings(kind="streak", on="RUT", basis="candle", direction="down"),
            "RUT has ≥ 3 red candles in a row",
        ),
        (
            ClaimSettings(kind="record", on="RUT", basis="intraday"),
            "RUT is at a record high of the day",
        ),
        (
            ClaimSettings(kind="return", on="RUT", window="60", at_least=0.1),
            "RUT gained ≥ 10 % in 60 sessions",
        ),
        (
            ClaimSettings(kind="percentile", on="RUT", at_most=0.1),
            "RUT volatility in the lowest 10 % ever",
        ),
        (
            ClaimSettings(kind="below", on="RUT", level=2000.0, length=9),
            "RUT closed under 2,000 ≥ 9 times in a row",
        ),
        (
            ClaimSettings(kind="beats", on="RUT", other="SPX"),
            "RUT beat SPX ≥ 3 sessions in a row",
        ),
    ],
)  # fmt: skip
def test_a_claim_of_ones_own_is_a_condition(claim: ClaimSettings, said: str) -> None:
    condition = of_own(claim)
    assert condition is not None
    assert text(condition) == said
