"""Light or dark: what a terminal answers, in whatever pieces, and never as keys."""

from collections.abc import Iterator
from itertools import count, pairwise
from pathlib import Path

import msgspec
import pexpect
import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual._xterm_parser import XTermParser

from divmon.errors import SettingsError
from divmon.settings import from_text
from divmon.ui.app import DivmonApp
from divmon.ui.ground import Listening, can_ask, guess, is_light
from tests.ui import fixtures
from tests.ui.test_screen import running
from tests.ui.test_terminal import play, rest

ANSWERS = [
    ("\x1b]11;rgb:ffff/fcfc/f0f0\x1b\\", True),
    ("\x1b]11;rgb:0000/0000/0000\x07", False),
    ("\x1b]11;rgb:1e/1e/2e\x1b\\", False),
    ("\x1b]11;rgb:f/f/f\x07", True),
    ("\x1b]11;rgba:ffff/ffff/ffff/8000\x1b\\", True),
]
DAY = b"48;2;251;250;246"  # the ground of "day"


@pytest.mark.parametrize(
    ("value", "light"),
    [
        ("15;0", False), ("0;15", True), ("0;7", True), ("12;8", False), ("0;default;15", True),
        ("7;default", False), ("", False), ("0;", False), ("0;99", False), ("0;²", False),
        ("0;11", True),
    ],
)  # fmt: skip
def test_the_environment_says_it_by_a_colours_number(value: str, light: bool) -> None:
    assert guess({"COLORFGBG": value}) is light


def test_where_nothing_says_so_it_is_dark() -> None:
    assert guess({}) is False


@pytest.mark.parametrize(
    ("term", "asked"),
    [
        ("xterm-256color", True), ("tmux-256color", True), ("screen", True), ("foot", True),
        ("linux", False), ("linux-16color", False), ("dumb", False), ("", False),
    ],
)  # fmt: skip
def test_a_console_that_prints_what_it_does_not_know_is_not_asked(term: str, asked: bool) -> None:
    assert can_ask({"TERM": term}) is asked


def test_a_green_counts_for_more_than_a_blue() -> None:
    assert is_light("00", "ff", "00")
    assert not is_light("00", "00", "ff")


def fed(*pieces: str, ticks: int = 1) -> tuple[list[bool], str]:
    """Return what was heard, and the keys that were typed."""
    heard: list[bool] = []
    parser = Listening(heard.append)
    found = []
    for piece in filter(None, pieces):  # nothing would be the end of the input
        found += list(parser.feed(piece))
        for _ in range(ticks):
            found += list(parser.tick())
    return heard, "".join(
        event.character or f"<{event.key}>" for event in found if isinstance(event, events.Key)
    )


@pytest.mark.parametrize(("answer", "light"), ANSWERS)
def test_an_answer_is_heard_and_the_keys_around_it_are_typed(answer: str, light: bool) -> None:
    assert fed(f"a{answer}b") == ([light], "ab")


@given(st.sampled_from(ANSWERS), st.data(), st.text("abjkq/", max_size=4))
def test_in_whatever_pieces_it_comes_it_is_no_key(
    answer: tuple[str, bool], data: st.DataObject, typed: str
) -> None:
    text, light = answer
    # not right behind the first ESC: that alone is the Escape key
    cuts = data.draw(st.lists(st.integers(2, len(text) - 1), max_size=4, unique=True))
    edges = [0, *sorted(cuts), len(text)]
    pieces = [text[a:b] for a, b in pairwise(edges)]
    assert fed(typed, *pieces, typed) == ([light], typed + typed)


@given(st.text("abc]1;:/\x07\\", min_size=1, max_size=30))
def test_what_is_typed_is_typed(text: str) -> None:
    plain = [event.key for event in XTermParser().feed(text) if isinstance(event, events.Key)]
    parser = Listening(lambda _: None)
    assert [event.key for event in parser.feed(text) if isinstance(event, events.Key)] == plain


def test_what_began_like_an_answer_and_was_typed_comes_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seconds = count()
    monkeypatch.setattr("textual._parser.get_time", lambda: float(next(seconds)))
    assert fed("\x1b]1") == ([], "")
    keys = []
    for parser in (Listening(lambda _: None), XTermParser()):
        found = list(parser.feed("\x1b]"))  # Alt-]
        for _ in range(5):
            found += list(parser.tick())
        keys.append([event.key for event in found if isinstance(event, events.Key)])
    assert keys[0] == keys[1] != []


# -- the setting -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ('["night"]', "must be a list of 2, was 1"),
        ('["a", "b", "c"]', "must be a list of 2, was 3"),
        ("[1, 2]", "must be a list of strings"),
        ('"night"', "must be a list of strings"),
    ],
)
def test_two_themes_are_named(given: str, fault: str) -> None:
    with pytest.raises(SettingsError) as raised:
        from_text(f"[display]\nauto_themes = {given}\n", "config.toml")
    assert f"config.toml, line 2: [display] auto_themes = {given}" in str(raised.value)
    assert fault in str(raised.value)


def auto(**display: object) -> object:
    base = fixtures.settings(**display)
    return msgspec.structs.replace(
        base, general=msgspec.structs.replace(base.general, theme="auto")
    )


@pytest.mark.parametrize(("ground", "theme"), [("0;15", "paper"), ("15;0", "ocean")])
async def test_the_first_frame_goes_by_the_environment(
    ground: str, theme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLORFGBG", ground)
    async with running(settings=auto(auto_themes=("ocean", "paper"))) as (app, _, _):
        assert app.theme == theme


async def test_no_color_wins_over_auto(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(settings=auto()) as (app, pilot, _):
        app.looks.heard(True)
        await pilot.pause()
        assert app.theme == "mono"


async def test_a_late_answer_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLORFGBG", raising=False)
    async with running(settings=auto()) as (app, pilot, _):
        app.looks.heard(True)  # to what was never asked, as good as too late
        await pilot.pause()
        assert app.theme == "night"


# -- a real terminal -------------------------------------------------------------------


@pytest.fixture
def terminals() -> Iterator[list[pexpect.spawn]]:
    kept: list[pexpect.spawn] = []
    yield kept
    for child in kept:
        child.close(force=True)


def asked(terminals: list[pexpect.spawn], **env: str) -> pexpect.spawn:
    child = play("--rate", "0", "--theme", "auto", COLORTERM="truecolor", COLORFGBG="", **env)
    terminals.append(child)
    child.expect_exact(b"\x1b]11;?\x1b\\")
    assert b" help " in child.before  # the first frame was there
    return child


def test_a_light_terminal_gets_the_light_theme_and_keys_are_not_eaten(
    terminals: list[pexpect.spawn],
) -> None:
    child = asked(terminals)
    assert DAY not in child.before
    child.send(b"u\x1b]11;rgb:ffff/ffff/ffff\x1b\\u")
    child.expect_exact(DAY)
    child.expect("red-blue")
    child.send("q")
    assert b"asked every" not in rest(child)  # r, of "rgb"
    assert child.exitstatus == 0


def test_a_dark_terminal_stays_as_it_was_begun(terminals: list[pexpect.spawn]) -> None:
    child = asked(terminals)
    child.send(b"\x1b]11;rgb:0000/0000/0000\x07u")
    child.expect("red-green")
    child.send("q")
    assert DAY not in rest(child)


def test_a_terminal_that_is_silent_is_not_waited_for(terminals: list[pexpect.spawn]) -> None:
    child = asked(terminals)
    child.send("u")
    child.expect("red-green")
    child.send("q")
    assert DAY not in rest(child)
    assert child.exitstatus == 0


def test_with_a_theme_by_name_nothing_is_asked(terminals: list[pexpect.spawn]) -> None:
    child = play("--rate", "0", COLORTERM="truecolor")
    terminals.append(child)
    child.expect("ALERT")
    child.send("q")
    assert b"\x1b]11;?" not in rest(child)


async def test_a_reload_that_says_auto_asks_and_one_that_names_a_theme_does_not(
    tmp_path: Path,
) -> None:
    from tests.ui.test_reload import running as reloading

    async with reloading(tmp_path, 'theme = "day"\n') as up:
        app: DivmonApp = up.app
        await up.save('theme = "auto"\n[display]\nauto_themes = ["ember", "paper"]\n')
        assert app.theme == "ember"
        await up.save('theme = "day"\n')
        assert app.theme == "day"
