"""The page of base rates: chosen by keys, asked of the engine one at a time, read honestly."""

from datetime import date
from typing import Any

import msgspec
import pytest

from divmon.link.codec import AskRates, Rates
from divmon.reading.condition import Condition
from divmon.reading.explain import explain
from divmon.reading.model import Instrument, Reading
from divmon.ui.screens.base_rates import EXPLAINED, BaseRatesScreen
from divmon.ui.screens.explain import ExplainScreen
from tests.ui import fixtures
from tests.ui.pages import HARMLESS, HOSTILE, SIZES, Opened, opened
from tests.ui.test_conditions import answer

RUT = Condition(kind="beat", on="RUT", other="SPX", length=12)


def board(**changes: object) -> Reading:
    """Return a board with claims of the registry and the closes that answers are of."""
    from divmon.reading.claims import claims

    made = fixtures.reading(**changes)
    return msgspec.structs.replace(
        made,
        claims=claims(made),
        abc=msgspec.structs.replace(made.abc, as_of=date(2026, 1, 16)),
    )


def asked(up: Opened) -> list[AskRates]:
    return [command for command in up.feed.sent if isinstance(command, AskRates)]


async def reply(up: Opened, n: int = 6, **changes: Any) -> Rates:
    """Answer the last question with `n` cases."""
    last = asked(up)[-1]
    made = answer(n, condition=last.condition, target=last.target, **changes)
    await up.push(made)
    return made


@pytest.mark.parametrize("size", SIZES)
async def test_b_on_a_row_asks_of_its_run_and_shows_what_followed(size: tuple[int, int]) -> None:
    async with opened("b", fixtures.hello(), board(), size=size) as up:
        up.page(BaseRatesScreen)
        assert asked(up) == [AskRates(RUT, "BTC")]
        assert "asking the engine" in up.text
        case = msgspec.structs.replace(
            answer(1).cases[0], after={"5": -0.031, "20": 0.118, "60": None, "120": None}
        )
        await reply(up, 6, now=True, cases=(case,) * 6)
        assert "RUT beat SPX ≥ 12 sessions in a row" in up.text
        assert "holds on 2026-01-20" in up.text
        assert "6 cases: a story, not a statistic." in up.text
        assert "too few" in up.text
        assert "[−2.0, +8.0]" in up.text
        line = next(line for line in up.lines if "2025-01-02" in line and "−3.1" in line)
        assert "running" in line
        assert "+11.8" in line
        assert "—" in line
        up.draw()
        assert asked(up) == [AskRates(RUT, "BTC")]  # once


async def test_the_list_the_numbers_the_instrument_and_the_target_have_keys() -> None:
    async with opened("b", fixtures.hello(), board()) as up:
        page = up.page(BaseRatesScreen)
        await reply(up)
        await up.press("plus")
        assert page.condition == msgspec.structs.replace(RUT, length=13)
        await up.press("minus", "minus")
        assert page.condition == msgspec.structs.replace(RUT, length=11)
        await up.press("greater_than_sign")
        assert page.condition.other not in ("RUT", "SPX", "")
        await up.press("less_than_sign")
        assert page.condition.other == "SPX"
        await up.press("tab")
        assert page.target == "RUT"
        await up.press("shift+tab")
        assert page.target == "BTC"
        await up.press("n")
        assert page.condition.on == "SPX"
        assert page.condition.other != "SPX"
        assert page.condition.length == 11
        await up.press("N", "g")
        assert page.condition == Condition(kind="abc-alert")
        await up.press("plus", "greater_than_sign")
        assert page.condition == Condition(kind="abc-alert")


async def test_rates_are_no_targets() -> None:
    async with opened("b", fixtures.hello(), board()) as up:
        assert "US10Y" not in up.page(BaseRatesScreen).targets
        assert "VIX" in up.page(BaseRatesScreen).targets


async def test_a_key_held_down_asks_once_an_answer_and_the_last_is_asked() -> None:
    async with opened("b", fixtures.hello(), board()) as up:
        await up.press(*["plus"] * 20)
        assert len(asked(up)) == 1
        await reply(up)
        assert [question.condition.length for question in asked(up)] == [12, 32]
        await up.press("minus")
        assert len(asked(up)) == 2


async def test_without_an_answer_it_is_asked_again_after_a_while() -> None:
    async with opened("b", fixtures.hello(), board()) as up:
        page = up.page(BaseRatesScreen)
        page._looks = 60
        up.draw()
        await up.pilot.pause()
        assert asked(up) == [AskRates(RUT, "BTC")] * 2


async def test_another_close_and_another_engine_are_asked_anew() -> None:
    made = board()
    async with opened("b", fixtures.hello(), made) as up:
        await reply(up)
        later = msgspec.structs.replace(made.abc, as_of=date(2026, 1, 20))
        await up.push(msgspec.structs.replace(made, abc=later))
        assert len(asked(up)) == 2
        assert "6 cases" in up.text  # meanwhile
        await up.push(fixtures.hello(source="demo", simulated=True))
        assert len(asked(up)) == 3
        assert "6 cases" not in up.text


async def test_the_page_opens_on_what_was_under_the_cursor() -> None:
    async with opened("X b", fixtures.hello(), board()) as up:
        assert up.page(BaseRatesScreen).condition == Condition(kind="abc-alert")
    async with opened("c b", fixtures.hello(), board()) as up:
        chosen = up.page(BaseRatesScreen).condition
        assert chosen is not None
        assert chosen.kind == "break"
    async with opened("b x", fixtures.hello(), board()) as up:
        assert up.page(ExplainScreen).key == "instruments.RUT.streak"


async def test_a_claims_condition_is_what_it_says_and_is_not_turned() -> None:
    async with opened("b", fixtures.hello(), board()) as up:
        page = up.page(BaseRatesScreen)
        await up.press("G")
        claim = page.condition
        await up.press("plus", "n", "greater_than_sign")
        assert page.condition == claim
        assert claim is not None
        assert claim.kind == "leads"


async def test_x_explains_what_the_condition_is_told_by() -> None:
    for key in EXPLAINED.values():
        assert explain(board(), key).key == key
    async with opened("b", fixtures.hello(), board()) as up:
        page = up.page(BaseRatesScreen)
        page.list.choose(Condition(kind="draining"))
        page.draw()
        await up.press("x")
        assert up.page(ExplainScreen).key == "liquidity.change_13w"


async def test_why_there_is_no_answer_is_said() -> None:
    async with opened("b", fixtures.hello(), board(), size=(80, 24)) as up:
        await reply(up, 0, why="no common sessions")
        assert "RUT and SPX have no common session; choose another pair" in up.text
        assert "story" not in up.text


async def test_before_there_is_a_board_the_list_can_be_looked_at() -> None:
    async with opened("b", fixtures.hello()) as up:
        assert "ABC state is alert" in up.text
        assert len(asked(up)) == 1


async def test_hostile_names_are_text() -> None:
    row = msgspec.structs.replace(fixtures.rows()["RUT"], group="x")
    made = board()
    hostile = msgspec.structs.replace(
        made, instruments={**made.instruments, HOSTILE: row}, groups={HOSTILE: (HOSTILE,)}
    )
    async with opened("", fixtures.hello(), hostile) as up:
        up.app.main.markets.cursor = HOSTILE
        await up.press("b")
        await reply(up, 3, series=HOSTILE, boundary=HOSTILE, target_series=HOSTILE)
        assert HARMLESS in up.text
        assert "\x1b" not in up.text


async def test_a_row_without_anything_is_asked_of_three_rises() -> None:
    bare = board(instruments={"RUT": Instrument(last=1.0)}, relative_streaks={})
    async with opened("b", fixtures.hello(), bare) as up:
        assert asked(up)[0].condition == Condition(kind="rose", on="RUT", length=3)
