"""The matrix of the correlation page: every cell signed, one explained, scrolled both ways."""

from datetime import date
from itertools import combinations

import msgspec
import pytest

from divmon.link.codec import AskMatrix, Matrix
from divmon.reading.model import CorrelationWindow
from divmon.ui.screens.correlation import CorrelationScreen
from divmon.ui.widgets.matrix import CellPanel, MatrixPanel
from tests.ui import fixtures
from tests.ui.conftest import desk, text_of
from tests.ui.pages import HARMLESS, HOSTILE, SIZES, opened

NAMES = ("BTC", "RUT", "SPX", "GOLD", "STAR50", *(f"N{n:02}" for n in range(15)))


def r_of(a: int, b: int, window: int) -> float:
    return (1 if (a + b) % 2 else -1) * (a * 20 + b) % 99 / 100 * window / 100


def matrix(names: tuple[str, ...] = NAMES, **changes: object) -> Matrix:
    made = Matrix(
        names=names,
        as_of=date(2026, 1, 16),
        uses={"GOLD": "GLD"},
        apart={"STAR50": "XSHG"},
        windows={
            str(window): tuple(
                CorrelationWindow(
                    r=r_of(a, b, window), low=r_of(a, b, window) - 0.2,
                    high=r_of(a, b, window) + 0.2, n=window - 1,
                )
                for a, b in combinations(range(len(names)), 2)
            )
            for window in (20, 60, 90)
        },
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


@pytest.mark.parametrize("size", SIZES)
async def test_m_asks_for_the_matrix_and_explains_the_cell(size: tuple[int, int]) -> None:
    async with opened("c m", size=size) as up:
        page = up.page(CorrelationScreen)
        assert up.feed.sent == [AskMatrix()]
        assert "asking the engine" in up.text
        await up.push(matrix())
        assert "60 sessions" in up.text
        assert "RUT / BTC" in up.text
        assert "95 % interval" in up.text
        assert "n 59 of 60" in up.text
        await up.press(*["down"] * 30, *["right"] * 30)
        assert "N14 / N14" in up.text
        assert "always 1" in up.text
        await up.press("up")
        assert "N13 / N14" in up.text
        assert any(line.strip("│ ").startswith("▸N13") for line in up.lines)
        await up.press("tab")
        assert page.matrix.window == "90"
        assert "n 89 of 90" in up.text
        assert up.feed.sent == [AskMatrix()]  # once
        await up.press("m")
        assert "Correlation with BTC" in up.text


def test_a_cell_and_its_mirror_are_one_pair() -> None:
    panel = MatrixPanel(desk())
    panel.matrix = matrix()
    seen = set()
    for a, b in combinations(range(len(NAMES)), 2):
        found = panel.cell(a, b)
        assert found is not None
        assert found is panel.cell(b, a)
        assert found.r == pytest.approx(r_of(a, b, 60))
        seen.add(id(found))
    assert len(seen) == len(NAMES) * (len(NAMES) - 1) // 2
    assert panel.cell(3, 3) is None


def test_values_are_signed_and_grey_where_the_interval_holds_0() -> None:
    panel = MatrixPanel(desk())
    small = CorrelationWindow(r=0.05, low=-0.2, high=0.3, n=60)
    strong = CorrelationWindow(r=-0.6, low=-0.7, high=-0.4, n=60)
    none = CorrelationWindow(n=3)
    panel.matrix = matrix(("BTC", "RUT", "SPX"), windows={"60": (small, strong, none)})
    text = "\n".join(text_of(panel, 60, 8))
    assert "+0.05" in text
    assert "−0.60" in text
    assert "—" in text
    assert "0.00" not in text  # missing is not zero
    ink = panel.desk.ink
    assert (panel.tone(small), panel.tone(strong), panel.tone(none)) == (
        ink.muted, ink.down, ink.muted
    )  # fmt: skip
    cell = CellPanel(desk(), panel)
    panel.row, panel.column = 1, 0
    assert "not to be told from none" in text_of(cell, 110, 7)[1]
    panel.row, panel.column = 2, 1
    assert "too few common sessions: 3 of 60" in text_of(cell, 110, 7)[1]


def test_what_the_closes_are_is_said() -> None:
    panel = MatrixPanel(desk())
    panel.matrix = matrix()
    panel.row, panel.column = 3, 4
    text = "\n".join(text_of(CellPanel(desk(), panel), 110, 8))
    assert "GOLD is GLD here" in text
    assert "STAR50: Shanghai closes" in text
    assert "nearer to 0" in text


async def test_another_close_and_another_engine_are_asked_anew() -> None:
    made = fixtures.reading()
    async with opened("c m", fixtures.hello(), made) as up:
        await up.push(matrix())
        later = msgspec.structs.replace(made.abc, as_of=date(2026, 1, 20))
        await up.push(msgspec.structs.replace(made, abc=later))
        assert up.feed.sent == [AskMatrix()] * 2
        await up.push(fixtures.hello(source="demo", simulated=True))
        up.draw()
        await up.pilot.pause()
        assert up.feed.sent[2:] in ([AskMatrix()], [AskMatrix()] * 2)
        assert "RUT / BTC" not in up.text


async def test_hostile_names_and_no_names_are_drawn() -> None:
    async with opened("c m", size=(80, 24)) as up:
        await up.push(matrix((HOSTILE, "BTC"), uses={HOSTILE: HOSTILE}, apart={HOSTILE: HOSTILE}))
        assert HARMLESS in up.text
        assert "\x1b" not in up.text
        await up.push(matrix(()))
        await up.press("down", "right", "tab")
        assert "Correlation of everything" in up.text
