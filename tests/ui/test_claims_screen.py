"""Claims: short enough for the board without losing their sense, and each in full on a page."""

import re
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from divmon.link.codec import AskRates
from divmon.reading.claims import claims
from divmon.reading.conditions import CLAIMS
from divmon.reading.model import Claim, Reading
from divmon.ui.heard import minus
from divmon.ui.screens.base_rates import BaseRatesScreen
from divmon.ui.screens.claims import ClaimsScreen
from divmon.ui.screens.explain import ExplainScreen
from divmon.ui.widgets.claims import SHORT, ClaimsPanel, fitted, proofs, short
from divmon.ui.widgets.claims_page import ClaimsList
from tests.ui import fixtures
from tests.ui.conftest import desk, text_of
from tests.ui.pages import HARMLESS, HOSTILE, SIZES, opened
from tests.ui.test_base_rates_screen import asked, board
from tests.ui.test_conditions import answer

LONG = "a claim of " + "very " * 40 + "many words"
WORDY = "evidence that " + "goes on and " * 40 + "ends here"


def said(*made: Claim) -> Reading:
    return fixtures.reading(claims=made)


def test_every_claim_of_the_registry_has_a_short_form_for_36_cells() -> None:
    made = claims(fixtures.reading())
    assert set(SHORT) == set(CLAIMS)
    for claim in made:
        text = short(claim)
        assert "{" not in text
        assert cell_len(text) <= 26
        told, _ = fitted(claim, 33)
        assert "…" not in told


@pytest.mark.parametrize(
    ("evidence", "last"),
    [
        ("+12 since 2026-01-02, +8.1 pp", "+12"),
        ("UTC only: UTC -6, NY16 -4, local -3", "UTC only: UTC -6"),
        ("69 under 100,000, 1 touch", "69 under 100,000"),
        ("no lead found", "no lead found"),
        ("-1.2 % from the highest close", "-1.2 % from high"),
    ],
)
def test_evidence_is_shortened_by_whole_parts(evidence: str, last: str) -> None:
    assert list(proofs(evidence))[-1] == last


def test_a_date_keeps_its_day_and_an_impossible_one_is_left_alone() -> None:
    assert "+12 since 2 Jan, +8.1 pp" in proofs("+12 since 2026-01-02, +8.1 pp")
    assert next(proofs("since 2026-99-99")) == "since 2026-99-99"


def test_a_verdict_keeps_the_condition_that_it_holds_under() -> None:
    claim = Claim(
        id="btc-red", text="BTC has 6 red daily candles in a row", verdict="only-under",
        evidence="UTC only: UTC -6, NY16 -4, local -3",
    )  # fmt: skip
    assert fitted(claim, 33) == ("BTC 6 red candles", "UTC only")
    assert fitted(claim, 80) == (claim.text, "UTC only: UTC −6, NY16 −4, local −3")


@given(
    st.text(max_size=60), st.text(max_size=60), st.sampled_from(["x", *CLAIMS]), st.integers(4, 90)
)
def test_a_claim_fits_whatever_it_says(text: str, evidence: str, id_: str, room: int) -> None:
    made = Claim(id=id_, text=text, verdict="true", evidence=evidence)
    told, proof = fitted(made, room)
    assert cell_len(told) + (2 + cell_len(proof) if proof else 0) <= room


def test_the_board_says_how_many_more_there_are() -> None:
    panel = ClaimsPanel(desk((fixtures.hello(), board())))
    lines = text_of(panel, 48, 13)
    assert sum(bool(re.search("[✔✘~?] ", line)) for line in lines) == 10
    assert "9 more · v all in full" in lines[-2]
    assert any("RUT beat SPX 11 sessions" in line and "+12" in line for line in lines)


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_is_cut_at_any_size(size: tuple[int, int]) -> None:
    one = Claim(
        id="x", text=LONG, verdict="false", evidence=WORDY, window="window " * 30,
        as_of=date(2026, 1, 16),
    )  # fmt: skip
    async with opened("v", fixtures.hello(), said(one), size=size) as up:
        up.page(ClaimsScreen)
        words = " ".join(line.strip("│ ▸") for line in up.lines)
        words = re.sub(r"\s+", " ", words)
        assert LONG in words.replace("✘ ", "")
        assert f"false: {WORDY}" in words
        assert "as of 2026-01-16" in words


async def test_j_and_k_go_from_claim_to_claim_and_keep_all_of_one_in_sight() -> None:
    async with opened("v", fixtures.hello(), board(), size=(80, 24)) as up:
        page = up.page(ClaimsScreen)
        seen = []
        for _ in CLAIMS:
            claim = page.list.chosen
            assert claim is not None
            seen.append(claim.id)
            assert claim.text in up.text
            if claim.evidence:
                assert minus(claim.evidence) in re.sub(r"\s+", " ", up.text)
            await up.press("j")
        assert seen == [claim.id for claim in claims(board())]
        assert "19/19" in up.text
        await up.press("g")
        assert page.list.chosen == page.list.claims[0]


async def test_the_frequency_is_asked_for_and_told() -> None:
    async with opened("v", fixtures.hello(), board()) as up:
        assert len(asked(up)) == 1
        question = asked(up)[0]
        assert question == AskRates(question.condition, "BTC")
        assert question.condition.kind == "abc-alert"
        await up.push(answer(14, condition=question.condition, held=181, bars=2685))
        assert "so on 6.7 % of 2,685 bars from 2014-09-17, in 14 episodes" in up.text
        assert len(asked(up)) == 1
        await up.press("j")
        assert [each.condition.kind for each in asked(up)] == ["abc-alert", "red"]


async def test_enter_explains_and_b_asks_what_followed() -> None:
    async with opened("v j", fixtures.hello(), board()) as up:
        await up.press("enter")
        assert up.page(ExplainScreen).key == "claims.btc-red"
        await up.press("v", "j", "b")
        page = up.page(BaseRatesScreen)
        assert page.condition is not None
        assert (page.condition.kind, page.condition.length) == ("red", 6)
        assert page.list.chosen is not None
        assert page.list.chosen.claim == "btc-red"


async def test_a_claim_without_a_base_rate_says_why() -> None:
    rows = dict(board().instruments)
    rows["BTC"] = msgspec.structs.replace(rows["BTC"], wall=None)
    without = msgspec.structs.replace(board(), instruments=rows)
    async with opened("v", fixtures.hello(), without) as up:
        page = up.page(ClaimsScreen)
        while page.list.chosen is not None and page.list.chosen.id != "btc-wall":
            await up.press("j")
        await up.press("b")
        up.page(ClaimsScreen)
        assert "not asked: nothing on hand tells of it day by day" in up.text
        await up.press("j")
        assert "not asked" not in up.text


async def test_a_click_chooses_the_claim_of_the_line() -> None:
    async with opened("v", fixtures.hello(), board()) as up:
        page = up.page(ClaimsScreen)
        line = next(y for y, text in enumerate(up.lines) if "RUT is at a record close" in text)
        top = next(y for y, text in enumerate(up.lines) if "Claims, each in full" in text)
        await up.pilot.click(ClaimsList, offset=(10, line - top + 1))
        await up.pilot.pause()
        assert page.list.chosen is not None
        assert page.list.chosen.id == "rut-record"


async def test_nothing_yet_is_said_and_hostile_texts_are_text() -> None:
    async with opened("v", fixtures.hello(), said()) as up:
        assert "no claim can be checked yet" in up.text
        await up.press("j", "b", "enter")
    bad = Claim(id=HOSTILE, text=HOSTILE, verdict="true", evidence=HOSTILE, window=HOSTILE)
    async with opened("v", fixtures.hello(), said(bad)) as up:
        assert up.text.count(HARMLESS) == 3
        assert "\x1b" not in up.text
    panel = ClaimsPanel(desk((fixtures.hello(), said(msgspec.structs.replace(bad, id="x")))))
    assert HARMLESS in "\n".join(text_of(panel, 60, 5))
