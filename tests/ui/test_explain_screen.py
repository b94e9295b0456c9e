"""The page that says why a number is what it is."""

import msgspec
import pytest

from divmon.reading.explain import explain, keys
from divmon.ui.screens.explain import ExplainScreen
from divmon.ui.widgets.abc import AbcPanel
from divmon.ui.widgets.explain import ValuesPanel, about, entries, moment, top_of
from tests.ui import fixtures
from tests.ui.conftest import desk, text_of
from tests.ui.pages import HARMLESS, HOSTILE, SIZES, opened


@pytest.mark.parametrize("size", SIZES)
async def test_formula_inputs_source_and_sample_of_the_row_under_the_cursor(
    size: tuple[int, int],
) -> None:
    async with opened("j x", size=size) as up:
        assert up.page(ExplainScreen).subject == "instruments.SPX.last"
        assert "SPX: newest price" in up.text
        assert "6,796.86" in up.text
        assert "yahoo:^GSPC" in up.text


async def test_a_sorted_table_is_explained_by_the_value_that_it_is_sorted_by() -> None:
    async with opened("o o x") as up:
        assert up.page(ExplainScreen).subject.endswith(".returns.5")


async def test_the_score_is_what_its_contributions_add_up_to() -> None:
    async with opened("X") as up:
        told = explain(fixtures.reading(), "abc.score")
        assert told.symbols in up.text
        assert "74.80" in up.text
        for each in told.inputs:
            assert each.key in up.text
            assert each.shown in up.text
        assert "2026-01-16" in up.text


async def test_a_click_on_the_abc_panel_explains_the_score() -> None:
    async with opened("") as up:
        await up.pilot.click(up.app.main.query_one(AbcPanel), offset=(4, 2))
        await up.pilot.pause()
        assert up.page(ExplainScreen).subject == "abc.score"


async def test_a_digit_goes_to_an_input_and_backspace_comes_back() -> None:
    async with opened("X") as up:
        page = up.page(ExplainScreen)
        await up.press("2")
        assert page.subject == "abc.components.rel60.contribution"
        assert "points of rel60" in up.text
        await up.press("1")
        assert page.subject == "abc.components.rel60.value"
        await up.press("backspace", "backspace")
        assert page.subject == "abc.score"
        await up.press("9")  # there is none
        assert page.subject == "abc.score"
        await up.press("backspace")
        assert up.app.screen is up.app.main


async def test_an_input_that_is_no_value_of_its_own_has_no_digit() -> None:
    async with opened("x") as up:
        page = up.page(ExplainScreen)
        page.go("instruments.RUT.returns.20")
        await up.pilot.pause()
        line = next(line for line in up.lines if "the close it starts" in line)
        assert " 2 " not in line
        await up.press("2")
        assert page.subject == "instruments.RUT.returns.20"
        await up.press("1")
        assert page.subject == "instruments.RUT.last"


async def test_n_walks_through_the_rows_with_the_same_value() -> None:
    async with opened("x") as up:
        page = up.page(ExplainScreen)
        await up.press("n")
        assert page.subject == "instruments.SPX.last"
        await up.press("N", "N")
        assert page.subject == "instruments.BTC.last"
        await up.press("N")
        assert page.subject == "abc.score"


async def test_the_cursor_keeps_its_value_when_a_newer_reading_comes() -> None:
    async with opened("x j j") as up:
        page = up.page(ExplainScreen)
        chosen = page.subject
        row = msgspec.structs.replace(fixtures.rows()["RUT"], last=2700.5, venues={})
        await up.push(fixtures.reading(instruments={**fixtures.rows(), "RUT": row}))
        assert page.subject == chosen
        assert "2,700.50" in up.text


@pytest.mark.parametrize("subject", ["abc", "instruments.BTC", "correlation.BTC/RUT", "liquidity"])
def test_the_list_has_every_value_as_the_command_shows_it(subject: str) -> None:
    reading = fixtures.reading()
    made = entries(reading, subject)
    assert [entry.key for entry in made] == [
        key for key in keys(reading) if f"{key}.".startswith(f"{subject}.")
    ]
    for entry in made:
        if not entry.block:
            assert entry.shown == explain(reading, entry.key).shown


def test_names_with_dots_and_slashes_are_one_name() -> None:
    reading = fixtures.reading()
    assert top_of(reading, "instruments.RUT.high.from_high") == "instruments.RUT"
    assert top_of(reading, "correlation.BTC/RUT.60.r") == "correlation.BTC/RUT"
    assert top_of(reading, "abc.components.rel20.value") == "abc"
    assert about(reading, "instruments.RUT").correlation == {}
    assert moment("2026-01-20T21:00:29Z") == "2026-01-20 21:00:29 UTC"
    assert moment("STOXX") == "STOXX"


async def test_a_value_that_is_gone_is_said_to_be() -> None:
    async with opened("x") as up:
        rest = {name: row for name, row in fixtures.rows().items() if name != "RUT"}
        await up.push(fixtures.reading(instruments=rest))
        assert "this Reading has no such value" in up.text


def test_hostile_texts_are_shown_literally() -> None:
    row = msgspec.structs.replace(fixtures.rows()["RUT"], note=HOSTILE, series=HOSTILE)
    board = fixtures.reading(instruments={**fixtures.rows(), "RUT": row})
    panel = ValuesPanel(desk((fixtures.hello(), board)), "instruments.RUT.note")
    panel.settle()
    text = "\n".join(text_of(panel, 70, 40))
    assert HARMLESS in text
    assert "\x1b" not in text
