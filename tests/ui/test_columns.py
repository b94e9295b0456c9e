"""The columns that the settings name, at three widths, and what they sort by."""

import msgspec
import pytest

from divmon import settings_board
from divmon.reading.model import (
    Correlation,
    CorrelationWindow,
    High,
    Instrument,
    Reading,
    Streak,
    Volatility,
)
from divmon.ui.widgets.columns import COLUMNS
from divmon.ui.widgets.markets import Markets
from tests.ui import fixtures
from tests.ui.conftest import desk, text_of
from tests.ui.test_screen import SIZES, running


def table(*columns: str, **changes: object) -> Markets:
    board = desk()
    board.settings = fixtures.settings(columns=columns)
    if changes:
        board.view.rows["RUT"] = msgspec.structs.replace(board.view.rows["RUT"], **changes)
    return Markets(board)


def names(panel: Markets, width: int) -> list[str]:
    return [column.called for column, _start in panel._columns(width)][1:]


def test_the_settings_know_the_columns_of_the_screen() -> None:
    assert tuple(column.called for column in COLUMNS)[1:] == settings_board.COLUMNS


def test_columns_come_in_their_order_and_go_from_the_end() -> None:
    panel = table("streak", "YTD", "last", "year", "closes", "age", "60d")
    assert names(panel, 196) == ["streak", "YTD", "last", "year", "closes", "age", "60d"]
    assert names(panel, 76) == ["streak", "YTD", "last", "year", "age"]
    assert names(panel, 40) == ["streak", "YTD", "age"]


def test_the_age_stays_where_it_is_not_named() -> None:
    panel = table("last", "drawdown", "vol")
    for width in (196, 116, 76, 40):
        assert names(panel, width)[-1] == "age"
    assert "stale 3 m" in "\n".join(text_of(with_clock("last", now=200.0), 60, 20))


def with_clock(*columns: str, now: float) -> Markets:
    board = desk(now=now)
    board.settings = fixtures.settings(columns=columns)
    return Markets(board)


def test_each_column_shows_its_value() -> None:
    board = desk(
        (
            Reading(
                as_of=fixtures.NOW,
                source="live",
                groups={"A": ("RUT",)},
                correlation={
                    "BTC/RUT": Correlation(
                        d20=CorrelationWindow(r=0.25), d90=CorrelationWindow(r=-0.5)
                    )
                },
                instruments={
                    "RUT": Instrument(
                        last=2645.36,
                        previous_close=2677.7,
                        returns={"60": 0.1, "120": -0.2, "mtd": 0.03, "year": 0.11},
                        high=High(from_52w=-0.041, drawdown=-0.052, bars_since_high=1234),
                        streak=Streak(
                            close=2, candle=-12, broken_by=fixtures.NOW.date(), running=-1
                        ),
                        volatility=Volatility(cc30=0.184, percentile_1y=0.07),
                    )
                },
            ),
        )
    )
    board.settings = fixtures.settings(
        columns=(
            "prev close", "60d", "120d", "MTD", "year", "from 52w", "drawdown", "since high",
            "candles", "vol", "vol pct 1y", "r 20d", "r 90d",
        )
    )  # fmt: skip
    line = text_of(Markets(board), 196, 6)[2]
    assert " ".join(line.split("RUT", 1)[1].split()) == (
        "2,677.70 ▲ +10.00 ▼ −20.00 ▲ +3.00 ▲ +11.00 −4.1 % −5.2 % 1,234 ≥12 down+ 18 % 7 "
        "+0.25 −0.50 missing │"
    )


def test_what_is_missing_is_a_dash_in_every_column() -> None:
    empty = Reading(
        as_of=fixtures.NOW, source="live", groups={"A": ("RUT",)}, instruments={"RUT": Instrument()}
    )
    for column in settings_board.COLUMNS:
        board = desk((empty,))
        board.settings = fixtures.settings(columns=(column,))
        line = text_of(Markets(board), 100, 5)[2].split("RUT", 1)[1]
        assert not any(character.isdigit() for character in line), column


@pytest.mark.parametrize("size", SIZES)
async def test_named_columns_are_on_the_screen_and_sort(size: tuple[int, int]) -> None:
    chosen = fixtures.settings(columns=("last", "candles", "vol", "r 60d", "1d"))
    async with running(size=size, settings=chosen) as (app, pilot, _):
        markets = app.main.markets
        for name, key in (
            ("candles", "instruments.{}.streak.candle"),
            ("vol", "instruments.{}.volatility.cc30"),
            ("r 60d", "correlation.BTC/{}.60.r"),
            ("1d", "instruments.{}.returns.1"),
        ):
            app.main.markets.next_sort()
            await pilot.pause()
            assert markets.sort == name
            assert app.main.subject == key.format(markets.cursor)


def test_words_and_counts_of_runs_stand_below_each_other() -> None:
    panel = table("streak")
    lines = [line for line in text_of(panel, 60, 20) if " up" in line or " down" in line]
    starts = {line.index(" up") if " up" in line else line.index(" down") for line in lines}
    assert len(starts) == 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.9999, "▲ +99.99"), (1.421, "▲ +142.1"), (12.5, "▲ +1,250"), (-1, "▼ −100.0")],
)
def test_a_large_return_keeps_its_size(value: float, shown: str) -> None:
    line = next(
        text for text in text_of(table("year", returns={"year": value}), 80, 20) if "RUT" in text
    )
    assert shown in line
    assert "…" not in line
