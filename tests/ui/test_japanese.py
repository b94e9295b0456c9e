"""The screen in Japanese: a complete catalogue, and every line as wide as its panel."""

import re
import string
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any, Literal, get_args, get_origin

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from syrupy.assertion import SnapshotAssertion

from divmon.alerts.desk import as_event
from divmon.alerts.model import Kind
from divmon.indicators import liquidity, rotation, rotation_map
from divmon.link.codec import Frame, Happened
from divmon.market.events import Event, Severity, SourceHealth, SourceState
from divmon.reading import claims
from divmon.reading.catchup import BASKET
from divmon.reading.conditions import default
from divmon.reading.cross import quadrant_of
from divmon.reading.model import (
    AbcState,
    Instrument,
    Reading,
    Sentence,
    SessionState,
    ValueState,
)
from divmon.settings import Settings
from divmon.ui import forms, i18n, words
from divmon.ui.heard import SESSIONS, heard
from divmon.ui.screens.instrument import InstrumentScreen
from divmon.ui.story import CONTEXT
from divmon.ui.widgets.abc import AbcPanel
from divmon.ui.widgets.daily_chart import month_axis
from divmon.ui.widgets.footer import EventsPanel, SourcesLine
from divmon.ui.widgets.panel import changed_spans
from divmon.ui.widgets.state import StateLine, banner
from tests import catalogues
from tests.ui import fixtures
from tests.ui.conftest import desk, text_of
from tests.ui.pages import Opened, opened
from tests.ui.test_conditions import answer
from tests.ui.test_history_screen import past
from tests.ui.test_matrix import matrix
from tests.ui.test_panels import ALL
from tests.ui.test_screen import FULL, SIZES

KANA = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
NAMES = (
    "live",
    "YTD",
    "QT",
    "SIMULATED",
    "ABC",
    "BTC",
)  # of a source, of a span, as it is known, in both


@pytest.fixture(autouse=True)
def _japanese() -> Iterator[None]:
    i18n.use("ja")
    yield
    i18n.use("en")


def japanese(**display: object) -> Settings:
    base = fixtures.settings(**display)
    return msgspec.structs.replace(base, general=msgspec.structs.replace(base.general, lang="ja"))


# -- the catalogue -----------------------------------------------------------------


@pytest.mark.parametrize("language", catalogues.TRANSLATED)
def test_the_catalogue_has_every_text_and_no_other(language: str) -> None:
    kept = {catalogues.key_of(each): each for each in catalogues.read(language) if each.id}
    assert set(kept) == set(catalogues.messages()), "run: make catalogues"
    assert [text for text, message in kept.items() if not message.string] == []
    assert [text for text, message in kept.items() if message.fuzzy] == []


@pytest.mark.parametrize("language", catalogues.TRANSLATED)
def test_a_translation_has_the_placeholders_of_its_text(language: str) -> None:
    for message in catalogues.read(language):
        text, told = str(message.id), str(message.string)
        if text and message.context != CONTEXT:  # those are whole, and formulas have braces
            assert placeholders(told) == placeholders(text), text
            # what is joined to its neighbours by its own space stays apart from them
            assert told[:1] == " " or text[:1] != " " or told[:1] == "（", text


def placeholders(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("language", catalogues.TRANSLATED)
def test_the_files_are_as_make_catalogues_writes_them(language: str) -> None:
    path = catalogues.po_of(language)
    assert path.read_bytes() == catalogues.written(catalogues.updated(language))
    assert path.with_suffix(".mo").read_bytes() == catalogues.compiled(catalogues.read(language))


def test_marks_inside_other_texts_are_found() -> None:
    source = """f"{_('a')} {x}" + _("b" if x else "c") + N_("d").format(n=_("e", "of f"))"""
    assert sorted(catalogues.marked(source)) == ["a", "d", "of f\x04e"]


def test_one_text_in_two_contexts_is_two_texts_in_japanese_and_one_in_english() -> None:
    marked = i18n.N_("log", "scale")
    assert (i18n._("log"), i18n._("log", "scale"), i18n._(marked)) == ("ログ", "対数", "対数")
    i18n.use("en")
    assert (i18n._("log"), i18n._("log", "scale"), i18n._(marked)) == ("log", "log", "log")


# -- which language ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LC_MESSAGES": "de_CH.UTF-8"}, "en"),
        ({"LANG": "de_CH.UTF-8", "LC_ALL": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": ""}, "ja"),
        ({"LANG": "C.UTF-8"}, "en"),
    ],
)
def test_auto_asks_the_environment(
    environment: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    i18n.use("auto")
    assert i18n.language() == language
    assert i18n._("Markets") == ("マーケット" if language == "ja" else "Markets")


def test_no_text_is_no_text_in_any_language() -> None:
    # gettext keeps the header of a catalogue under the empty text
    assert i18n._("") == ""


def test_english_loads_no_gettext_and_no_forms() -> None:
    code = "import sys, divmon.ui.app; print({'gettext', 'divmon.ui.forms'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("made", ALL)
def test_a_change_of_language_leaves_nothing_of_the_other(made: Any) -> None:
    panel, anew = made(desk()), made(desk())
    before = text_of(panel, 196, 20)
    i18n.use("en")
    assert text_of(panel, 196, 20) == text_of(anew, 196, 20)
    i18n.use("ja")
    assert text_of(panel, 196, 20) == before


# -- what the engine says ----------------------------------------------------------


def literals(kind: Any) -> set[str]:
    assert get_origin(kind) is Literal
    return {str(value).replace("_", " ") for value in get_args(kind)}


def test_the_closed_sets_are_those_of_the_engine() -> None:
    listed = {name: set(each) for name, each in forms.WORDS.items()}
    assert listed["value state"] == literals(ValueState)
    assert listed["ABC state"] == literals(AbcState)
    assert listed["source state"] == literals(SourceState)
    assert listed["severity"] == literals(Severity)
    assert listed["alert"] == literals(Kind)
    assert listed["QT"] == literals(liquidity.Pace)
    assert listed["quadrant"] == literals(rotation_map.Quadrant)
    assert listed["rotation"] == set(rotation.LABELS)
    pairs = ((1, -1), (2, 1), (1, 2), (-1, 1), (-1, -1))
    assert listed["ABC quadrant"] == {quadrant_of(*pair) for pair in pairs}
    sessions = {SESSIONS.get(state, state) for state in literals(SessionState)}
    assert listed["session"] == sessions
    assert BASKET in listed["target"]


def test_every_claim_and_its_evidence_is_heard() -> None:
    full = fixtures.reading()
    for reading in (full, Reading(as_of=fixtures.NOW, source="live")):
        for claim in claims.claims(reading):
            assert KANA.search(heard(claim.text)), claim.text
            bare = re.fullmatch(r"[-+\d.,% ±A-Z]*|[-+\d]+ bn USD", claim.evidence)
            assert bare or KANA.search(heard(claim.evidence)), claim.evidence
            assert not claim.window or KANA.search(heard(claim.window)), claim.window


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("stale 12 s", "更新遅れ 12秒"),
        ("62 bp off", "62 bp乖離"),
        ("UTC only: UTC -6, NY16 -4", "UTCのみ：UTC −6, NY16 −4"),
        ("69 under 100,000, 1 touch", "100,000割れ69日、接近1回"),
        ("at least +12 since 2026-01-02, +8.1 pp", "最低でも+12（2026-01-02以降、+8.1 pp）"),
        (
            "BTC candle of 20 Jan closed red: 6 in a row (UTC)",
            "BTC 1/20の日足は陰線：6日連続（UTC）",
        ),
        ("ABC watch → alert, score 75 ±5", "ABC 注視 → 警戒、スコア 75 ±5"),
        ("okx: silent 30 s", "okx: 30秒無応答"),
        (
            "SIMULATED · no market data · next try in 8 s",
            "SIMULATED 模擬データ · 市場データなし · 次の試行まで 8秒",
        ),
        ("what nobody has foreseen, 12: off", "what nobody has foreseen, 12: 停止"),
        ("{n} [/b] {reason}", "{n} [/b] {reason}"),
        ("", ""),
    ],
)
def test_a_text_of_a_known_form_is_heard_whole_and_another_stays(text: str, told: str) -> None:
    assert heard(text) == told
    i18n.use("en")
    assert heard(text) == text.replace(" -", " −")


@pytest.mark.parametrize("bait", [": ", "at least ", " beat a: 1 sessions running, ", "a b "])
def test_a_vendors_page_costs_nothing_to_hear(bait: str) -> None:
    assert heard(bait * 5000) == bait * 5000
    assert heard(bait * (199 // len(bait)))  # the longest that is looked at


@given(st.text())
def test_hearing_never_fails(text: str) -> None:
    i18n.use("ja")
    assert heard(text) or not text


# -- words -------------------------------------------------------------------------


def test_numbers_of_days_and_runs() -> None:
    assert [words.run(n) for n in (3, -2, 1, -1, 0, None)] == [
        "3続伸", "2続落", "1日上昇", "1日下落", "なし", "—",
    ]  # fmt: skip
    assert words.run(-6, "green", "red") == "6日連続陰線"
    assert words.day(date(2026, 1, 8)) == "1/8"
    assert words.day_of_year(date(2025, 12, 31)) == "2025/12/31"
    assert words.month_of_year(date(2026, 1, 8)) == "2026/1"
    assert words.weekday(datetime(2026, 1, 20, tzinfo=UTC)) == "2026/1/20(火)"
    assert [words.age(s) for s in (0, 12, 60, 7200, 200_000)] == [
        "今", "10秒", "1分", "2時間", "2日",
    ]  # fmt: skip
    assert [words.ago(s) for s in (0, 12)] == ["たった今", "10秒前"]
    assert month_axis(date(2026, 1, 20), 90, 60).count("月") == 3
    assert cell_len(month_axis(date(2026, 1, 20), 90, 60)) == 60


def test_japanese_is_broken_between_characters_but_not_before_a_stop() -> None:
    text = "BTCは1年来高値を28％下回る、6本連続陰線（UTC）。"
    assert words.wrap(text, 10, 9) == [
        "BTCは1年来",
        "高値を28％",
        "下回る、6",
        "本連続陰線",
        "（UTC）。",
    ]
    assert words.wrap("最高値、終値", 6, 9) == ["最高", "値、終", "値"]
    assert words.wrap("最（高値）", 4, 9) == ["最", "（高", "値）"]


@given(st.text("あ漢、。（）「」％aB1", max_size=60), st.integers(2, 30))
def test_no_line_is_too_wide_or_begins_with_a_stop_that_fits(text: str, width: int) -> None:
    lines = words.wrap(text, width, 99)
    assert "".join(lines) == text
    assert all(cell_len(line) <= width for line in lines)
    for line, after in pairwise(lines):
        if after[0] in "、。）」％":
            # there was no other place: nothing before it may be divided
            assert words._break(line + after, width) == 0


def test_both_halves_of_a_wide_character_are_repainted() -> None:
    style = Style()
    old, new = [Segment("6日陰線", style)], [Segment("6日陽線", style)]
    assert changed_spans(old, new) == [(3, 5)]


# -- the board ---------------------------------------------------------------------


@pytest.mark.parametrize("made", ALL)
@pytest.mark.parametrize("size", [(196, 13), (116, 9), (80, 3), (56, 2), (40, 1), (7, 5), (1, 1)])
@pytest.mark.parametrize("frame", ["full", "empty", "none"])
def test_every_panel_is_as_wide_as_its_place(made: Any, size: tuple[int, int], frame: str) -> None:
    frames = {
        "full": (fixtures.hello(), fixtures.reading()),
        "empty": (Reading(as_of=fixtures.NOW, source="live", instruments={"BTC": Instrument()}),),
        "none": (fixtures.hello(),),
    }[frame]
    lines = text_of(made(desk(frames)), *size)
    assert [cell_len(line) for line in lines] == [size[0]] * size[1]


def test_the_state_line_is_japanese() -> None:
    said = msgspec.structs.replace(fixtures.reading().sentence, ja="暗号資産以外は全面高。")
    board = desk((fixtures.hello(), fixtures.reading(sentence=said)))
    lines = text_of(StateLine(board), 200, 2)
    assert lines[0].startswith(
        " ABC  75 ±5 ███████░░░ 警戒 1/8から · 9営業日 · 暫定76   暗号資産以外は全"
    )
    assert "NYSE 閉場、寄り付きまで18時間   2026/1/20(火)  16:04 NY  21:04 UTC" in lines[1]


def test_a_sentence_without_a_translation_is_told_in_english() -> None:
    assert "Everything but crypto" in "".join(text_of(StateLine(desk()), 200, 2))


def test_simulated_stays_a_word_that_everybody_knows() -> None:
    board = desk((fixtures.reading(simulated=True, banner="SIMULATED · no market data"),))
    assert banner(board.view) == "SIMULATED 模擬データ · 市場データなし"
    for width in (200, 120, 80, 60, 40):
        assert "SIMULATED" in text_of(StateLine(board), width, 2)[0]


def test_the_abc_panel_is_japanese() -> None:
    text = "\n".join(text_of(AbcPanel(desk()), 70, 16))
    assert "カバー率100％ · 信頼度 高" in text
    assert "2回の引けで注視へ復帰：BTC > 97,400 か RUT < 2,566" in text


# -- every page --------------------------------------------------------------------

NEW_PAGES = (
    "b", "v", "d", "d b", "c m", "enter tab", "enter tab tab", "enter d d", "z", "tab z", "2", "9",
)  # fmt: skip
PAGES = (
    "", "i", "c", "h", "l", "l enter", "a", "x", "X", "question_mark", "enter", "slash", *NEW_PAGES,
)  # fmt: skip
# with a box as high as its text is long, or, on 40 x 10, a title that English has no room for
FITTED = ("question_mark", "b", "d b", "c m", "enter d d")
# what the pages ask the engine for
ANSWERS: tuple[Frame, ...] = (
    matrix(),
    fixtures.race(),
    fixtures.track("RUT"),
    fixtures.track("BTC"),
    answer(6, condition=default("fell", "BTC", 0.0), target="BTC", now=True),
    answer(12, condition=default("beat", "RUT", 0.0), target="BTC"),
)
TOLD: tuple[Frame, ...] = (
    *FULL,
    *ANSWERS,
    Happened(fixtures.event("BTC candle of 19 Jan closed red: 6 in a row (UTC)", 75_000, "info")),
    *(Happened(as_event(alert)) for alert in fixtures.ALERTS),
    past(),
)


_CHECKED = msgspec.structs.replace(
    fixtures.reading(),
    claims=claims.claims(fixtures.reading()),
    sentence=Sentence(en="in English", ja="暗号資産以外は全面高。"),
)
PROSELESS: tuple[Frame, ...] = (
    fixtures.hello(),
    _CHECKED,
    *TOLD[len(FULL) :],
)


@asynccontextmanager
async def japanese_page(key: str, size: tuple[int, int]) -> AsyncIterator[Opened]:
    async with opened(key, *TOLD, size=size, settings=japanese()) as up:
        yield up


async def walked(
    keys: Sequence[str], size: tuple[int, int], settings: Settings, frames: Sequence[Frame] = TOLD
) -> dict[str, list[str]]:
    """Return the lines of the screen after each of `keys`, begun on the board every time."""
    shown = {}
    async with opened("", *frames, size=size, settings=settings) as up:
        for key in keys:
            await up.press(*key.split())
            shown[key] = up.lines
            while up.app.screen is not up.app.main or up.app.main.query("#filter"):
                await up.press("escape")
    return shown


@pytest.mark.parametrize("size", [*SIZES, (60, 15), (40, 10)])
async def test_every_page_stands_as_in_english(size: tuple[int, int]) -> None:
    native = await walked(PAGES, size, japanese())
    english = await walked(PAGES, size, fixtures.settings())
    for key, lines in native.items():
        assert [cell_len(line) for line in lines] == [size[0]] * size[1], key
        if key not in FITTED:
            assert frames_of(lines) == frames_of(english[key]), key


def frames_of(lines: list[str]) -> list[tuple[int, int, str]]:
    """Return the cells in which boxes have a corner or a side."""
    return [
        (x, y, cell)
        for y, line in enumerate(lines)
        for x, cell in enumerate(words.cells(line))
        if cell and cell in "╭╮╰╯│"
    ]


@pytest.mark.parametrize("size", [*SIZES, (60, 15)])
async def test_no_english_is_left(size: tuple[int, int]) -> None:
    """But names: of venues, spans, rules, commands; keys as [keys] and JSON have them."""
    english = {
        text
        for key in catalogues.messages()
        if (text := key.rpartition(i18n.IN_CONTEXT)[2]) != i18n._(key) and text not in NAMES
    }
    board = ("", "tab", "tab tab", "tab tab tab", "i", "c", "h", "l", "question_mark", "enter")
    told = ("x", "X 1", "a", "a j j")
    keys = (*board, *NEW_PAGES, *told, "b question_mark", "d question_mark")
    for key, lines in (await walked(keys, size, japanese(), PROSELESS)).items():
        names = (
            r"divmon alerts|[\w/]+([.-][\w/]+)+|\brecords\b" if key in told else r"divmon alerts"
        )
        bare = [re.sub(names, "", line) for line in lines]
        found = {part.strip() for line in bare for part in re.findall(r"[A-Za-z' ]+", line)}
        assert found & english == set(), key
        assert [part for part in found if re.search(r"\b[a-z]{2,} [a-z]{2,}\b", part)] == [], key
        # Japanese says no at the end: what is cut off may be that
        titles = [line for line in lines if "╭" in line and size in SIZES]
        assert [line for line in titles if re.search(r"[ぁ-ん] ?…", line)] == [], key


async def test_an_event_of_the_screen_is_japanese_and_the_palette_finds_both() -> None:
    async with japanese_page("t", (120, 36)) as up:
        assert "テーマ " in up.text
        commands = [command.title for command in up.app.get_system_commands(up.app.screen)]
        assert "並べ替え · sort" in commands
        assert "テーマ day · theme day" in commands
        await up.press("ctrl+p")
        assert "コマンドを検索" in up.text


async def test_a_session_that_is_open_is_no_key() -> None:
    async with japanese_page("enter", (200, 60)) as up:
        assert isinstance(up.app.screen, InstrumentScreen)
        assert "閉場" in up.text
        await up.press("n", "n", "n")
        assert "取引中" in up.text


async def test_the_language_can_change_at_run_time() -> None:
    async with japanese_page("", (120, 36)) as up:
        assert "マーケット" in up.text
        i18n.use("en")
        up.app.main.retint()
        await up.pilot.pause()
        assert "Markets" in up.text
        assert "マーケット" not in up.text
        assert "sorted: own order" in up.text


@pytest.mark.parametrize("size", [(120, 36)])
async def test_the_board_looks_right_in_japanese(
    size: tuple[int, int], drawing: SnapshotAssertion
) -> None:
    async with japanese_page("", size) as up:
        assert up.app.export_screenshot() == drawing


def test_sources_that_fail_are_told_in_japanese() -> None:
    board = desk()
    board.view.health["okx"] = SourceHealth(
        "okx", "exchange", "retrying", 0.0, "name not found (DNS)", next_try=board.view.now + 4
    )
    assert "okx ◐ 名前解決に失敗（DNS） · 再試行 4秒" in text_of(SourcesLine(board), 196, 1)[0]


def test_an_event_of_unknown_form_is_shown_as_it_was_told() -> None:
    board = desk()
    event = Event(fixtures.NOW.timestamp(), "test", "BTC", "what nobody has foreseen", "info")
    board.view.apply(Happened(event))
    assert "what nobody has foreseen" in text_of(EventsPanel(board), 196, 5)[1]
