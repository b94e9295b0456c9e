"""Panels without an app: the texts they draw, and which cells they repaint."""

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style

from divmon.link.codec import Happened, Health
from divmon.market.events import SourceHealth
from divmon.reading.model import Abc, High, Instrument, Reading, Streak
from divmon.ui import i18n
from divmon.ui.widgets.abc import AbcPanel
from divmon.ui.widgets.btc import BtcPanel
from divmon.ui.widgets.claims import ClaimsPanel
from divmon.ui.widgets.columns import COLUMNS
from divmon.ui.widgets.context import LiquidityPanel, RotationPanel
from divmon.ui.widgets.footer import EventsPanel, KeysLine, SourcesLine
from divmon.ui.widgets.markets import Markets
from divmon.ui.widgets.panel import Desk, cells, changed_spans
from divmon.ui.widgets.state import Banner, StateLine
from divmon.ui.widgets.streaks import StreaksPanel
from tests.ui import fixtures
from tests.ui.conftest import desk, text_of

ALL: tuple[Any, ...] = (
    StateLine, Banner, BtcPanel, AbcPanel, Markets, StreaksPanel, RotationPanel, LiquidityPanel,
    ClaimsPanel, EventsPanel, SourcesLine, KeysLine,
)  # fmt: skip


def row_of(board: Desk, name: str, **changes: Any) -> None:
    """Change one row of a desk's view."""
    board.view.rows[name] = msgspec.structs.replace(board.view.rows[name], **changes)


def line_with(panel: Any, word: str, width: int = 200, height: int = 24) -> str:
    return next(line for line in text_of(panel, width, height) if word in line)


# -- honesty ---------------------------------------------------------------------


@pytest.mark.parametrize("made", ALL)
@pytest.mark.parametrize("size", [(196, 13), (116, 9), (80, 3), (56, 2), (40, 1), (7, 5), (1, 1)])
@pytest.mark.parametrize("frame", ["full", "empty", "none"])
def test_every_panel_draws_at_every_size_with_and_without_data(
    made: Any, size: tuple[int, int], frame: str
) -> None:
    frames = {
        "full": (fixtures.hello(), fixtures.reading()),
        "empty": (Reading(as_of=fixtures.NOW, source="live", instruments={"BTC": Instrument()}),),
        "none": (fixtures.hello(),),
    }[frame]
    lines = text_of(made(desk(frames)), *size)
    assert [Segment(line).cell_length for line in lines] == [size[0]] * size[1]


@pytest.mark.parametrize("made", ALL)
def test_without_data_no_number_is_invented(made: Any) -> None:
    empty = Reading(as_of=fixtures.NOW, source="live", instruments={"RUT": Instrument()})
    text = "".join(text_of(made(desk((empty,))), 116, 9))
    assert "0.0" not in text
    assert "None" not in text


def test_hostile_texts_are_shown_not_obeyed() -> None:
    evil = "\x1b[2J[/b][red]\u202e"
    board = desk()
    board.view.apply(Happened(fixtures.event(evil)))
    board.view.apply(Health(SourceHealth(evil, "exchange", "off", 0.0, reason=evil)))
    row_of(board, "RUT", note=evil)
    row_of(board, "BTC", venues={evil: msgspec.structs.replace(
        board.view.rows["BTC"].venues["okx"], reason=evil)})  # fmt: skip
    for made in ALL:
        text = "".join(text_of(made(board), 196, 20))
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "␛[2J[/b][red]·" in line_with(EventsPanel(board), "[/b]")
    assert "␛[2J[/b][red]·" in line_with(SourcesLine(board), "[/b]", 196, 1)


def test_ascii_glyphs_leave_nothing_else() -> None:
    board = desk()
    row_of(board, "STAR50", note="STAR 50")
    board.ascii = True
    for made in ALL:
        text = "".join(text_of(made(board), 196, 20))
        assert text.isascii(), [character for character in text if not character.isascii()]


def test_a_line_that_is_cut_says_so() -> None:
    board = desk()
    panel = EventsPanel(board)
    line = panel.finish([Segment("price 123456")], 9)
    assert "".join(part.text for part in line) == "price 12…"


# -- the top ---------------------------------------------------------------------


def test_the_state_line_says_score_state_since_and_sentence() -> None:
    lines = text_of(StateLine(desk()), 200, 2)
    assert lines[0].startswith(" ABC  75 ±5 ███████░░░ ALERT since 8 Jan · 9 sessions · 76 prov")
    assert "Everything but crypto: gold and silver" in lines[0]
    assert "Tue 20 Jan 2026  16:04 NY  21:04 UTC" in lines[1]
    assert "describes, does not forecast" in lines[1]
    # with less room the sentence moves below and the clock up
    lines = text_of(StateLine(desk()), 120, 3)
    assert lines[0].rstrip().endswith("16:04 NY  21:04 UTC")
    assert "BTC 29 % under its" in lines[1]
    assert lines[2].startswith(" 1-year high.")


def test_simulated_is_on_the_first_line_and_the_banner_at_any_width() -> None:
    board = desk((fixtures.reading(simulated=True),))
    for width in (200, 120, 80, 60, 40):
        assert "SIMULATED" in text_of(StateLine(board), width, 2)[0]
        assert text_of(Banner(board), width, 1)[0].startswith(" SIMULATED ")


def test_the_banner_names_why() -> None:
    board = desk((fixtures.reading(simulated=True, banner="SIMULATED · no network · 8 s"),))
    assert text_of(Banner(board), 60, 1)[0].rstrip() == " SIMULATED · no network · 8 s"
    board = desk((fixtures.reading(warm=True),))
    assert "last known board, Tue 20 Jan 2026 21:04 UTC" in text_of(Banner(board), 80, 1)[0]
    assert not text_of(Banner(desk()), 80, 1)[0].strip()


def test_a_lost_link_is_the_banner_and_offers_the_way_out() -> None:
    board = desk()
    board.view.apply(Health(SourceHealth("engine", "link", "retrying", 0.0, "closed\x07")))
    assert text_of(Banner(board), 80, 1)[0].startswith(
        " engine gone 0 s · e: run my own engine · reconnecting · closed␇"
    )
    assert text_of(KeysLine(board), 80, 1)[0].startswith(" e my engine  ? help")
    assert "my engine" not in text_of(KeysLine(desk()), 200, 1)[0]


def test_a_watch_of_another_version_is_the_banner_and_not_called_gone() -> None:
    board = desk()
    reason = "the watch is older than this screen: restart it (divmon 0.1.0, pid 4711)"
    board.view.apply(Health(SourceHealth("engine", "link", "off", 0.0, reason)))
    banner = Banner(board)
    assert text_of(banner, 120, 1)[0].rstrip() == f" {reason} · e: run my own engine"
    assert "older than this screen: restart it" in text_of(banner, 60, 1)[0]
    i18n.use("ja")
    try:
        said = text_of(Banner(board), 120, 1)[0]
    finally:
        i18n.use("en")
    assert "watchがこの画面より古い" in said
    assert "(divmon 0.1.0, pid 4711)" in said


def test_no_score_says_what_is_missing() -> None:
    board = desk((fixtures.reading(abc=Abc(missing=("STAR50", "GOLD"))),))
    assert "—  no score: STAR50, GOLD" in text_of(AbcPanel(board), 70, 9)[1]
    assert text_of(StateLine(board), 80, 1)[0].startswith(" ABC  — UNKNOWN")


# -- BTC ---------------------------------------------------------------------------


def test_the_btc_panel_shows_price_venues_wall_and_streak() -> None:
    lines = text_of(BtcPanel(desk()), 125, 15)
    assert "composite of 4 venues · spread 3 bp · USDT +2 bp" in lines[0]
    assert ".12" in lines[3]  # the decimals stay small beside the big digits
    assert "▼ −3.11 % 24 h   ▼ −2.09 % since NY close" in lines[1]
    assert "coinbase ● +1 bp   kraken ● −1 bp" in lines[2]
    assert "okx ◐ stale 12 s" in lines[2]
    wall = next(line for line in lines if "100k  " in line)
    assert "⠂⠂⠂⠂⠂" in wall
    assert "⠀" not in wall  # the dots go on under the curve
    assert [line[2:7] for line in lines if line[6:7] == "k"] == [" 110k", " 100k", "  90k"]
    assert any("◂89.7k" in line for line in lines)
    assert "Nov" in lines[-3]
    assert "6 red (+1 running) · UTC" in lines[-2]
    assert "69 days under 100k · 1 touch" in lines[-2]
    assert "vol 31 % · 11th percentile since 2014" in lines[-2]


def test_small_screens_keep_price_change_and_streak() -> None:
    lines = text_of(BtcPanel(desk()), 40, 2)
    assert lines[0].startswith(" BTC 89,734.12  ▼ −3.11 % 24h")
    assert lines[1].startswith(" 6 red (+1 running) · UTC")


def test_a_silent_composite_says_stale_with_its_age() -> None:
    assert "stale 45 s" in text_of(BtcPanel(desk(now=45.0)), 123, 9)[1]
    assert "stale" not in text_of(BtcPanel(desk()), 123, 9)[1]


def test_a_streak_over_a_missing_day_is_at_least() -> None:
    board = desk()
    row_of(board, "BTC", streak=Streak(candle=-6, boundary="UTC", broken_by=date(2026, 1, 12)))
    assert "≥6 red" in text_of(BtcPanel(board), 80, 3)[2]


# -- the table ---------------------------------------------------------------------


def test_columns_come_with_the_width_and_age_is_always_there_from_60_on() -> None:
    for width, wanted in (
        (196, ["last", "1d", "5d", "20d", "YTD", "from high", "streak", "vs BTC 20d", "age"]),
        (116, ["last", "1d", "5d", "20d", "YTD", "from high", "streak", "vs BTC 20d", "age"]),
        (80, ["last", "1d", "5d", "20d", "from high", "streak", "age"]),
        (60, ["last", "1d", "5d", "streak", "age"]),
        (40, ["last", "1d", "streak"]),
    ):
        panel = Markets(desk())
        shown = [column.name for column, _ in panel._columns(width) if column.name]
        assert [name for name in shown if name in wanted] == wanted, width
        last, start = panel._columns(width)[-1]
        assert start + last.width <= width


def test_a_row_shows_signs_arrows_records_and_state() -> None:
    rut = line_with(Markets(desk()), "RUT ")
    for part in ("2,645.36", "▼ −1.21", "▲ +5.48", "−1.2 %", "1 down", "+4.6 pp", "closed", "4 m"):
        assert part in rut
    gold = line_with(Markets(desk()), " GOLD ")
    assert "record " in gold
    assert "1 up+" in gold
    assert "delay 10 s" in gold
    assert "record?" in line_with(Markets(desk()), " GLD ")


def test_a_stale_row_says_so_in_words_and_loses_its_colours() -> None:
    board = desk(now=200.0)
    panel = Markets(board)
    line = panel.painted(200, 24)
    texts = text_of(panel, 200, 24)
    at = next(n for n, text in enumerate(texts) if "USDJPY" in text)
    assert "stale 3 m" in texts[at]
    tones = {part.style for part in line[at] if part.text.strip() and part.style}
    assert board.ink.up not in tones
    assert board.ink.down not in tones
    assert board.ink.warn in tones  # the word itself


def test_a_missing_row_is_dashes() -> None:
    board = desk((Reading(as_of=fixtures.NOW, source="live", groups={"A": ("RUT",)}),))
    line = line_with(Markets(board), "RUT", 80)
    assert line.count("—") == 6
    assert "missing" in line


def test_sorting_puts_the_largest_first_and_the_missing_last() -> None:
    panel = Markets(desk())
    row_of(panel.desk, "RUT", returns={})
    panel.sort_by("1d")
    names = [name for _, name in panel._order]
    assert names[0] == "SILVER"
    assert names[-2:] == ["RUT", "US10Y"]  # points of a yield do not compare with percents
    panel.sort_by("1d")
    assert panel._order[0][1] == "IBIT"
    assert panel._order[-2][1] == "RUT"
    panel.sort_by("1d")
    assert [name for _, name in panel._order][:2] == ["RUT", "SPX"]


def test_every_sortable_column_sorts() -> None:
    panel = Markets(desk())
    for column in COLUMNS:
        if column.key is not None:
            panel.sort_by(column.name)
            values = [column.key(panel.desk.view, name) for _, name in panel._order]
            known = [value for value in values if value is not None]
            assert known == sorted(known, reverse=True)


def test_the_filter_wants_every_word() -> None:
    panel = Markets(desk())
    panel.filter = "etf sil"
    panel.reorder()
    assert [name for _, name in panel._order] == ["SLV"]
    panel.filter = "nothing like it"
    panel.reorder()
    assert 'nothing matches "nothing like it"' in text_of(panel, 80, 5)[1]


def test_a_long_list_scrolls_with_the_cursor_and_says_where() -> None:
    panel = Markets(desk())
    panel.reorder()
    panel.cursor = "IBIT"
    lines = text_of(panel, 116, 10)
    assert "IBIT" in lines[-2]
    assert " ETFs " not in lines[-2]
    assert "▸IBIT" in lines[-2]
    assert "11-17 of 17" in lines[0] or panel.top == 10


def test_records_need_the_data_to_say_so() -> None:
    board = desk()
    row_of(board, "GOLD", high=High(from_high=0.0))
    assert "record" not in line_with(Markets(board), " GOLD ")


# -- the rest ------------------------------------------------------------------------


def test_contributions_are_shown_as_they_add_up() -> None:
    text = "\n".join(text_of(AbcPanel(desk()), 46, 9))
    for part in ("11.7 /25", "18.3 /20", "12.2 /20", "15.0 /15", "17.6 /20"):
        assert part in text
    assert "back to watch, two closes: BTC > 97,400" in text
    text = "\n".join(text_of(AbcPanel(desk()), 46, 10))
    assert "back to watch after two closes with" in text
    assert "BTC > 97,400 or RUT < 2,566" in text


def test_streaks_name_boundary_rank_and_breaker() -> None:
    text = "\n".join(text_of(StreaksPanel(desk()), 50, 13))
    assert "RUT over SPX    12 sessions · +8.1 pp" in text
    assert "ends if RUT < 2,598.40 now" in text
    assert "5th longest since 1987" in text
    assert "BTC candles     6 red · UTC · 1.3 a year" in text
    board = desk()
    row_of(board, "GOLD", missing_sessions=(date(2026, 1, 5),))
    assert "sessions missing: GOLD" in "\n".join(text_of(StreaksPanel(board), 50, 13))


def test_context_panels_show_their_data() -> None:
    assert "5,801 bn  +177 in 4 w" in "\n".join(text_of(LiquidityPanel(desk()), 50, 13))
    assert "3.64 %" in "\n".join(text_of(LiquidityPanel(desk()), 50, 13))
    claims = text_of(ClaimsPanel(desk()), 50, 13)
    assert claims[1].startswith("│  ~ BTC six red candles in a row")
    assert claims[1].rstrip(" │").endswith("UTC only")
    rotation = "\n".join(text_of(RotationPanel(desk()), 50, 13))
    assert "●RUT" in rotation
    assert "approx." in rotation


def test_sources_shorten_to_what_is_wrong() -> None:
    wide = text_of(SourcesLine(desk()), 196, 1)[0]
    assert "okx ◐ silent 30 s · retry 4 s" in wide
    assert "yahoo ● next 15 s" in wide
    assert "◐ 6/7 sources · okx silent 30 s" in text_of(SourcesLine(desk()), 40, 1)[0]


@pytest.mark.parametrize(
    ("width", "said"),
    [
        (260, "yahoo ◐ DNS is dead · retry 9 s"),
        (110, "DNS is dead · retry 4 s"),
        (84, "  retry 4 s"),
    ],
)
def test_a_line_too_narrow_for_many_that_fail_tells_the_soonest_try(width: int, said: str) -> None:
    board = desk()
    for wait, name in enumerate(board.view.health, 4):
        board.view.health[name] = SourceHealth(
            name, "exchange", "retrying", 0.0, "DNS is dead", next_try=board.view.now + wait
        )
    board.view.health["fred"] = SourceHealth("fred", "poll", "off", 0.0, "by the settings")
    assert said in text_of(SourcesLine(board), width, 1)[0]


# -- repainting ------------------------------------------------------------------------

pieces = st.lists(
    st.tuples(
        st.text(alphabet="ab1科", min_size=1, max_size=6),
        st.sampled_from([Style(), Style(bold=True)]),
    ),
    max_size=8,
)


def line_of(parts: list[tuple[str, Style]]) -> list[Segment]:
    return [Segment(text, style) for text, style in parts]


@given(pieces, pieces)
def test_painting_the_changed_spans_gives_the_new_line(
    old: list[tuple[str, Style]], new: list[tuple[str, Style]]
) -> None:
    before, after = list(cells(line_of(old))), list(cells(line_of(new)))
    size = max(len(before), len(after))
    screen: list[Any] = before + [None] * (size - len(before))
    target: list[Any] = after + [None] * (size - len(after))
    for start, end in changed_spans(line_of(old), line_of(new)):
        screen[start:end] = target[start:end]
    assert screen == target


def test_equal_lines_repaint_nothing() -> None:
    line = [Segment("89,734.12", Style())]
    assert changed_spans(line, line) == []
    assert changed_spans(line, [Segment("89,734.57", Style())]) == [(7, 9)]
