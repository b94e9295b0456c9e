"""What a glance must never get wrong: whose numbers these are, how old, and which way they went."""

from datetime import timedelta

import msgspec
import pytest

from divmon.link.codec import Health
from divmon.market.events import SourceHealth
from divmon.reading.model import Abc, Instrument, Liquidity, Rate
from divmon.ui.view import View
from divmon.ui.widgets.abc import QUADRANTS, AbcPanel
from divmon.ui.widgets.btc import BtcPanel
from divmon.ui.widgets.context import LiquidityPanel
from divmon.ui.widgets.footer import SourcesLine
from divmon.ui.widgets.markets import Markets
from divmon.ui.widgets.panel import Desk
from divmon.ui.widgets.state import Banner, StateLine, shortened
from divmon.ui.words import basis_points
from tests.ui import fixtures
from tests.ui.conftest import desk, text_of

GONE = Health(SourceHealth("engine", "link", "retrying", 0.0, "closed"))
JANUARY = fixtures.hello(simulated=True, source="demo")
PLAYED = fixtures.reading(simulated=True, source="demo", banner="SIMULATED · demo")


def change_row(board: Desk, name: str, **changes: object) -> None:
    board.view.rows[name] = msgspec.structs.replace(board.view.rows[name], **changes)


def row_text(board: Desk, name: str, width: int = 196) -> str:
    board_lines = text_of(Markets(board), width, 24)
    return next(line for line in board_lines if f" {name} " in line.replace("▸", " "))


# -- whose numbers -----------------------------------------------------------------


def nothing_is_left(view: View) -> bool:
    kept = (view.rows, view.relative, view.health, view.abc_provisional, view.reading)
    return not any(kept)


def test_another_source_takes_the_old_board_away_and_leaves_the_events() -> None:
    view = desk((JANUARY, PLAYED)).view
    view.apply(fixtures.tick(90_000.0, 1.0))
    view.events.appendleft(fixtures.event("kept"))
    view.apply(fixtures.hello())
    assert nothing_is_left(view)
    assert not view.simulated
    assert [event.text for event in view.events] == ["kept"]
    assert (
        "SIMULATED" not in text_of(StateLine(desk((JANUARY, PLAYED, fixtures.hello()))), 120, 3)[0]
    )


def test_until_its_first_reading_a_new_engine_is_waited_for() -> None:
    board = desk((JANUARY, PLAYED, fixtures.hello()))
    assert "waiting for the first answers" in " ".join(text_of(StateLine(board), 80, 3))
    assert "no venue has answered yet" in text_of(BtcPanel(board), 80, 3)[0]
    assert "89,734" not in "".join(text_of(BtcPanel(board), 125, 15))
    assert "none has reported yet" in text_of(SourcesLine(board), 120, 1)[0]


def test_the_demo_that_stands_in_shows_none_of_the_live_sources() -> None:
    view = desk().view
    view.apply(Health(SourceHealth("kraken USDT/USD", "exchange", "retrying", 0.0, "no network")))
    view.apply(JANUARY)
    view.apply(fixtures.reading(simulated=True, source="demo", sources={}))
    assert view.health == {}


def test_another_process_on_the_same_market_leaves_a_last_known_board() -> None:
    board = desk()
    board.view.apply(fixtures.hello(pid=2))
    assert board.view.live is False
    assert "last known board" in text_of(Banner(board), 80, 1)[0]
    assert board.view.rows["RUT"].last == 2645.36
    board.view.apply(fixtures.reading())
    assert board.view.live is True


def test_the_same_engine_again_keeps_its_board() -> None:
    board = desk()
    board.view.apply(GONE)
    board.view.apply(fixtures.hello())
    assert board.view.live is True


def test_a_demo_begun_anew_begins_with_nothing() -> None:
    view = desk((JANUARY, PLAYED)).view
    view.apply(msgspec.structs.replace(JANUARY, pid=2))
    assert nothing_is_left(view)
    assert view.simulated


def test_an_archived_live_board_is_no_part_of_a_demo() -> None:
    board = View(fixtures.settings(), initial=fixtures.reading(warm=True))
    board.apply(fixtures.hello())
    assert board.reading is not None
    board.apply(JANUARY)
    assert nothing_is_left(board)


def test_to_start_over_shows_what_the_archive_has_or_nothing() -> None:
    view = desk((JANUARY, PLAYED, GONE)).view
    view.start_over()
    assert nothing_is_left(view)
    assert (view.simulated, view.link_lost) == (False, False)
    view.start_over(fixtures.reading(warm=True))
    view.apply(fixtures.hello(pid=9))
    assert view.reading is not None
    assert view.reading.warm
    assert not view.live


def test_a_reading_is_the_whole_truth_about_its_sources() -> None:
    view = desk().view
    fewer = {name: known for name, known in fixtures.sources().items() if name != "okx"}
    view.apply(fixtures.reading(sources=fewer))
    assert sorted(view.health) == sorted(fewer)


# -- how old -------------------------------------------------------------------------


def closed_three_hours_ago(state: str) -> Desk:
    board = desk()
    change_row(board, "RUT", state=state, session="closed", received=fixtures.NOW,
               time=fixtures.NOW - timedelta(hours=3))  # fmt: skip
    return board


@pytest.mark.parametrize("state", ["closed", "simulated"])
def test_a_closed_price_is_as_old_as_its_stamp(state: str) -> None:
    assert row_text(closed_three_hours_ago(state), "RUT").rstrip(" │").endswith(" 3 h")


def test_a_delayed_price_is_as_old_as_its_stamp_and_goes_stale_by_its_receipt() -> None:
    board = desk()
    change_row(board, "GOLD", time=fixtures.NOW - timedelta(minutes=10), received=fixtures.NOW)
    assert "delay 10 m" in row_text(board, "GOLD")
    assert board.view.state("GOLD") == "delayed"
    late = desk(now=130.0)
    change_row(late, "GOLD", time=fixtures.NOW - timedelta(minutes=10), received=fixtures.NOW)
    assert "stale 12 m" in row_text(late, "GOLD")


@pytest.mark.parametrize("session", ["24/7", "open"])
def test_a_live_price_is_as_old_as_its_receipt(session: str) -> None:
    board = desk()
    change_row(board, "USDJPY", time=fixtures.NOW - timedelta(minutes=1), received=fixtures.NOW,
               session=session)  # fmt: skip
    assert board.view.age("USDJPY") == 0


@pytest.mark.parametrize("width", range(60, 260))
def test_the_age_has_room_at_every_width(width: int) -> None:
    assert "age" in [column.name for column, _ in Markets(desk())._columns(width)]


def test_sources_are_hearsay_while_nobody_is_there_to_tell() -> None:
    board = desk((fixtures.hello(), fixtures.reading(), GONE), now=180.0)
    line = text_of(SourcesLine(board), 196, 1)[0]
    assert "●" not in line
    assert "◐" not in line
    assert "coinbase ? 3 m ago" in line
    assert "okx ? retrying 3 m ago" in line
    assert "? 7 sources, last heard 3 m ago" in text_of(SourcesLine(board), 40, 1)[0]


def test_a_warm_board_says_of_no_source_that_it_is_well_until_it_has_spoken() -> None:
    old = fixtures.reading(warm=True, as_of=fixtures.NOW - timedelta(minutes=42))
    board = desk((fixtures.hello(), old))
    assert "coinbase ? 42 m ago" in text_of(SourcesLine(board), 196, 1)[0]
    at = fixtures.NOW.timestamp()
    board.view.apply(Health(SourceHealth("coinbase", "exchange", "ok", at, last_data=at)))
    line = text_of(SourcesLine(board), 196, 1)[0]
    assert "coinbase ● " in line
    assert "kraken ? 42 m ago" in line


# -- which way -------------------------------------------------------------------------


def test_a_change_that_is_written_as_zero_has_no_direction() -> None:
    board = desk()
    change_row(board, "RUT", returns={"1": 0.00003, "5": -0.00004}, vs_btc20=0.0004)
    change_row(board, "BTC", change_24h=-0.00004, change_ny=0.00004)
    panel = Markets(board)
    line = next(parts for parts in panel.painted(196, 24) if any("RUT" in p.text for p in parts))
    changes = [part for part in line if part.text.strip() in ("·  0.00", "· 0.00", "0.0 pp")]
    assert len(changes) == 3
    assert {part.style.color for part in changes if part.style} == {board.ink.muted.color}
    price = BtcPanel(board).painted(123, 9)[1]
    zeros = [part for part in price if "0.00 %" in part.text]
    assert ["·" in part.text for part in zeros] == [True, True]
    assert {part.style.color for part in zeros if part.style} == {board.ink.muted.color}


@pytest.mark.parametrize(
    ("level", "change", "points"),
    [(4.30, 0.0141509, 6.0), (4.24, -0.0139535, -6.0), (0.5, 1.0, 25.0), (4.3, 0.0, 0.0)],
)
def test_basis_points(level: float, change: float, points: float) -> None:
    assert basis_points(level, change) == pytest.approx(points, abs=0.01)


def test_no_basis_points_without_a_level_or_a_change() -> None:
    assert basis_points(None, 0.1) is None
    assert basis_points(4.3, None) is None
    assert basis_points(4.3, -1.0) is None


def test_a_yield_moves_in_basis_points_and_is_compared_with_no_price() -> None:
    board = desk()
    high = board.view.rows["US10Y"].high
    high = msgspec.structs.replace(high, from_high=4.3 / 5 - 1, provisional_record=False)
    returns = {"1": 4.3 / 4.24 - 1, "5": 4.3 / 4.35 - 1, "20": 4.3 / 2.0 - 1}
    change_row(board, "US10Y", last=4.300, close=4.300, returns=returns, high=high)
    line = row_text(board, "US10Y")
    for part in ("▲ +6 bp", "▼ −5 bp", "▲ +230bp", "−70 bp"):
        assert part in line
    assert "pp" not in line
    panel = Markets(board)
    panel.sort_by("1d")
    assert panel._order[-1][1] == "US10Y"


# -- the words for it ---------------------------------------------------------------------

OFFLINE = "SIMULATED · no market data · next try in 4 s · DNS gives no answer: kraken, yahoo"


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (81, OFFLINE),
        (78, "SIMULATED · no market data · retry 4 s · DNS gives no answer: kraken, yahoo"),
        (58, "SIMULATED · no market data · retry 4 s · DNS gives no ans…"),
        (38, "SIMULATED · no market data · retry 4 s"),
        (30, "SIMULATED · no market data"),
        (12, "SIMULATED"),
        (5, "SIMU…"),
    ],
)
def test_a_banner_keeps_its_first_parts_whole(width: int, shown: str) -> None:
    assert shortened(OFFLINE, width) == shown


def test_a_lost_engine_leaves_the_way_out_on_the_smallest_screen() -> None:
    board = desk((fixtures.hello(), fixtures.reading(), GONE))
    assert text_of(Banner(board), 40, 1)[0].strip() == "engine gone 0 s · e: run my own engine"


@pytest.mark.parametrize(("name", "arrows"), QUADRANTS.items())
def test_a_quadrant_is_told_in_arrows_and_words(name: str, arrows: tuple[str, str]) -> None:
    abc = Abc(score=70.0, quadrant=name, z_trad={"20": 1.5}, z_btc={"20": 0.25})
    board = desk((fixtures.reading(abc=abc),))
    wide = text_of(AbcPanel(board), 75, 9)[1]
    assert f"trad {arrows[0]} +1.5 σ, BTC {arrows[1]} +0.2 σ → “{name}”" in wide
    assert f"“{name}”" in text_of(AbcPanel(board), 46, 9)[1]


@pytest.mark.parametrize(
    ("state", "words"),
    [("QT", "running"), ("flat", "off  flat"), ("expanding", "off  expanding")],
)
def test_qt_says_what_the_pace_supports(state: str, words: str) -> None:
    shown = fixtures.reading(liquidity=Liquidity(net=1.0, qt_state=state))
    line = next(line for line in text_of(LiquidityPanel(desk((shown,))), 50, 9) if " QT " in line)
    assert " ".join(line.strip("│ ").split()) == " ".join(f"QT {words}".split())


def test_a_rate_is_named_by_its_series() -> None:
    call = Rate(level=0.0073, as_of=fixtures.NOW.date(), series="IRSTCI01JPM156N",
                last_change=fixtures.NOW.date())  # fmt: skip
    fund = Rate(level=0.0364, series="DFF", last_change=fixtures.NOW.date())
    shown = fixtures.reading(liquidity=Liquidity(fed_rate=fund, boj_rate=call))
    text = "\n".join(text_of(LiquidityPanel(desk((shown,))), 60, 9))
    assert "Japan call rate      0.73 %  mean of Jan 2026" in text
    assert "Fed funds            3.64 %  since 20 Jan" in text
    assert "policy" not in text


def test_an_unknown_rate_goes_by_the_name_it_came_under() -> None:
    other = Rate(level=0.01, series="BOJ_NEW\x1b")
    shown = fixtures.reading(liquidity=Liquidity(boj_rate=other))
    assert "BOJ_NEW␛" in "".join(text_of(LiquidityPanel(desk((shown,))), 60, 9))


def test_nothing_is_said_of_an_instrument_without_a_price() -> None:
    board = desk()
    board.view.rows["US10Y"] = Instrument(kind="rate")
    assert "bp" not in row_text(board, "US10Y")
