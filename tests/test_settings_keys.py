"""[keys]: how a key may be written, and which actions may share one."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from divmon import settings
from divmon.errors import SettingsError
from divmon.settings_keys import NUMBERED, normal
from divmon.settings_text import in_force
from divmon.toml_lines import places

DEFAULTS = settings.load().keys


def faults(text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        settings.from_text(text, "config.toml")
    return str(caught.value).splitlines()


def keys(text: str) -> dict[str, str]:
    """Return what a file changes of the keys."""
    loaded = settings.from_text(text, "config.toml").keys
    return {name: value for name, value in loaded.items() if value != DEFAULTS[name]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[keys]\nsort = "q"',
            'line 2: [keys] sort = "q": q is quit\'s; give quit another key or choose another',
        ),
        (
            '[keys]\n\nsorts = "f5"',
            "line 3: [keys] there is no action 'sorts'; did you mean 'sort'?",
        ),
        ('[keys]\n"+" = "f5"', "there is no action '+'; `divmon config init` lists them all"),
        ('[keys]\n"alerts.mutes" = "f5"', "no action 'alerts.mutes'; did you mean 'alerts.mute'?"),
        ('[keys]\nsort = "entr"', 'sort = "entr": there is no key "entr"; did you mean \'enter\'?'),
        ('[keys]\nsort = "ctrl+"', 'there is no key "ctrl+"; write a character, or a name as in'),
        ('[keys]\nsort = "shift+1"', 'there is no key "shift+1"; write a character'),
        ('[keys]\nsort = "o,,f5"', "a key is missing beside a comma; the comma's own key is comma"),
        ('[keys]\nquit = ""', 'there would be no key to quit by; name one, as in quit = "q"'),
        ('[keys]\nsort = "Ctrl-C"', "ctrl+c always quits; choose another key"),
        ('[keys]\nsort = "^q"', "ctrl+q always quits"),
        ("[keys]\nsort = 3", 'line 2: [keys] sort = 3 must be a string, in "quotes"'),
        ("keys = 3", "line 1: [keys] is a table, was 3"),
        ('[keys]\npage.close = ["q"]', 'line 2: [keys] "page.close" = ["q"] must be a string'),
        ('[keys.alerts]\nmute = "j"', 'line 2: [keys] "alerts.mute" = "j": j is down\'s'),
        ('[keys]\nhistory.zoom = "tab"', "tab is tab's; give tab another key or choose another"),
        ('[keys]\nsort = "ctrl+m"', "enter is open's"),  # terminals send the same for both
        ('[keys]\nsort = "question_mark"', "? is help's"),
        ('[keys]\nexplain.inputs = "1,2,3,4,5,6,7,8,9,0"', "there are 10 keys for 9 places"),
        ('[keys]\ntheme = "\\u001b"', "must not hold line breaks or control characters"),
    ],
)
def test_each_fault_names_line_value_and_way_out(text: str, message: str) -> None:
    (told,) = faults(text)
    assert message in told
    assert told.startswith("config.toml, line ")


def test_all_clashes_are_told_each_once() -> None:
    told = faults('[keys]\nsort = "f9"\nsort_back = "f9"\ntheme = "q"\n')
    assert [line.partition(":")[0] for line in told] == [
        "config.toml, line 3", "config.toml, line 4",
    ]  # fmt: skip
    assert "f9 is sort's" in told[0]


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ('[keys]\nsort = "Ctrl-S, F5"', {"sort": "ctrl+s,f5"}),
        ('[keys]\nsort = "q"\nquit = "f10"', {"sort": "q", "quit": "f10"}),
        ('[keys]\nquit = "Q,ctrl+c"', {"quit": "Q,ctrl+c"}),
        ('[keys]\npause = ""', {"pause": ""}),
        ('[keys]\npause = "P,P"', {"pause": "P"}),
        ('[keys]\nsort = "comma,+"', {"sort": "comma,+"}),
        # never up at once: on the board the one, on a page the other
        ('[keys]\nsort = "n"', {"sort": "n"}),
        ('[keys]\n"instrument.candles" = "r"', {"instrument.candles": "r"}),
        ('[keys]\nalerts.mute = "o"\nhistory.zoom = "o"',
         {"alerts.mute": "o", "history.zoom": "o"}),
        ('[keys.instrument]\nlog = "f2"', {"instrument.log": "f2"}),
        ('[keys]\nquit = "Z"\npage.close = "Z"', {"quit": "Z", "page.close": "Z"}),
    ],
)  # fmt: skip
def test_what_is_accepted(text: str, changed: dict[str, str]) -> None:
    assert keys(text) == changed


def test_the_one_to_blame_is_the_one_in_the_file() -> None:
    # the table is named as the action that opens the page, which the file leaves alone
    (told,) = faults('[keys.alerts]\nmute = "f5"\n[keys]\nsort = "a"\n')
    assert told.startswith('config.toml, line 4: [keys] sort = "a": a is alerts\'s')


def test_what_is_in_force_names_the_line_however_it_is_written() -> None:
    text = '[keys]\nalerts.mute = "M"\n"history.zoom" = "f5"\nsort = "f6"\n'
    told = in_force(settings.from_text(text, "my.toml"), places(text), "my.toml").splitlines()
    assert [line for line in told if "my.toml" in line] == [
        'sort = "f6"  # my.toml, line 4',
        '"alerts.mute" = "M"  # my.toml, line 2',
        '"history.zoom" = "f5"  # my.toml, line 3',
    ]


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("^p", "ctrl+p"), ("Ctrl-P", "ctrl+p"), ("ctrl+P", "ctrl+p"), ("control+p", "ctrl+p"),
        ("Shift-Ctrl-Up", "ctrl+shift+up"), ("shift+a", "A"), ("alt+x", "alt+x"),
        ("Esc", "escape"), ("Return", "enter"), ("PgDn", "pagedown"), ("↑", "up"), ("F5", "f5"),
        ("f25", None), ("?", "?"), ("question_mark", "?"), ("slash", "/"), ("minus", "-"),
        ("-", "-"), ("+", "+"), ("ctrl+i", "tab"), ("ctrl+h", "backspace"), ("ctrl+[", "escape"),
        ("ctrl+\\", "ctrl+backslash"), ("ctrl+_", "ctrl+underscore"), ("日", "日"),
        ("", None), ("^", "^"), ("ctrl", None), ("\x1b", None), ("two words", None),
    ],
)  # fmt: skip
def test_a_key_has_one_name(written: str, key: str | None) -> None:
    assert normal(written) == key


@given(st.text(string.printable + "äé€", min_size=1, max_size=12))
def test_a_normal_name_is_its_own(text: str) -> None:
    key = normal(text)
    if key is not None:
        assert normal(key) == key
        assert "," not in key


def test_the_defaults_are_normal_and_clash_nowhere() -> None:
    for name, value in DEFAULTS.items():
        assert [normal(key) for key in value.split(",")] == value.split(","), name
    assert keys(settings.defaults_text()) == {}
    assert all(len(DEFAULTS[name].split(",")) > 1 for name in NUMBERED)
