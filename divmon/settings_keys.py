"""[keys] of a settings file: how a key is written, and which actions may share one.

Only a user's own file comes through here. The screen reads what `take` leaves: keys by
Textual's names, characters by themselves.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from divmon.settings_check import Report, header, near, quoted
from divmon.toml_lines import Path

# What every page has beside its own actions. The board has all whose name has no dot.
EVERYWHERE = (
    "help", "quit", "palette", "theme", "updown", "edit_settings", "pause", "save",
    "own_engine", "down", "up", "page_down", "page_up", "first", "last", "clear", "page.close",
)  # fmt: skip
OPENERS = (
    "health",
    "correlation",
    "history",
    "events",
    "alerts",
    "explain",
    "race",
    "base_rates",
    "claims",
)
FROM_CHART = ("explain", "alerts", "history", "claims", "health")
_STORY = ("page.story_down", "page.story_up")
_NEXT = ("page.next", "page.previous")
# What each page has beside those, and beside the actions that are named after it.
SCREENS: dict[str, tuple[str, ...]] = {
    "alerts": (*OPENERS, "open", "filter", *_STORY),
    "base_rates": (*OPENERS, "tab", *_NEXT, *_STORY),
    "claims": (*OPENERS, "open"),
    "correlation": (*OPENERS, "open", "tab"),
    "events": (*OPENERS, "open", "filter", *_STORY),
    "explain": (*OPENERS, *_NEXT, *_STORY),
    "health": (*OPENERS, "refresh"),
    "history": (*OPENERS, "tab"),
    # its letters are the chart's, so that other pages are opened from the board
    "instrument": (*FROM_CHART, "open", "filter", "tab", *_NEXT),
    "race": (*OPENERS, "filter", "open", "tab"),
}
# The first of each lies over the second by intent: on a page q goes back, not out.
HIDES = frozenset({("page.close", "quit"), ("explain.return", "page.close")})
# Actions whose n-th key means the n-th of something.
NUMBERED = ("layout", "explain.inputs", "instrument.spans", "race.anchors")
ALWAYS = ("ctrl+c", "ctrl+q")  # Textual's and our own way out, whatever the settings say

_NAMED = {
    "enter": "enter", "return": "enter", "⏎": "enter", "escape": "escape", "esc": "escape",
    "tab": "tab", "space": "space", "backspace": "backspace", "bksp": "backspace",
    "delete": "delete", "del": "delete", "insert": "insert", "ins": "insert",
    "home": "home", "end": "end", "pageup": "pageup", "pgup": "pageup",
    "pagedown": "pagedown", "pgdn": "pagedown", "pgdown": "pagedown",
    "up": "up", "↑": "up", "down": "down", "↓": "down", "left": "left", "←": "left",
    "right": "right", "→": "right", "comma": "comma",
    "slash": "/", "backslash": "\\", "at": "@", "minus": "-", "plus": "+", "underscore": "_",
    **{f"f{n}": f"f{n}" for n in range(1, 25)},
}  # fmt: skip
# Textual's own names of characters, where Unicode has another.
_CHARACTERS = {
    "solidus": "slash", "reverse_solidus": "backslash", "commercial_at": "at",
    "hyphen_minus": "minus", "plus_sign": "plus", "low_line": "underscore",
}  # fmt: skip
_MODIFIER = re.compile(r"(ctrl|control|alt|meta|shift|super|hyper)[-+](?=.)", re.IGNORECASE)
# What a terminal sends for both.
_SAME = {
    "ctrl+m": "enter",
    "ctrl+i": "tab",
    "ctrl+h": "backspace",
    "ctrl+left_square_bracket": "escape",
}


def normal(text: str) -> str | None:
    """Return the one name of a key however it is written, None if there is no such key.

    "^P", "Ctrl-P" and "ctrl+p" are one key, as are "?" and "question_mark".
    """
    modifiers = set()
    if len(text) == 2 and text[0] == "^":
        text = f"ctrl+{text[1]}"
    while match := _MODIFIER.match(text):
        modifiers.add(match[1].lower().replace("control", "ctrl"))
        text = text[match.end() :]
    key = _plain(text)
    if key is None or not modifiers:
        return key
    if len(key) == 1:
        if modifiers == {"shift"}:
            # a terminal sends what the two make; of letters only is it known what that is
            return key.upper() if key.isalpha() else None
        key = key.lower() if key.isalnum() else _name_of(key)
    name = "+".join([*sorted(modifiers), key])
    return _SAME.get(name, name)


def _plain(text: str) -> str | None:
    if len(text) == 1 and text not in _NAMED:
        return {" ": "space", ",": "comma"}.get(text, text) if text.isprintable() else None
    if (known := _NAMED.get(text.lower())) is not None:
        return known
    try:
        character = unicodedata.lookup(text.replace("_", " "))
    except KeyError:
        return None
    return character if len(character) == 1 and character.isprintable() else None


def _name_of(character: str) -> str:
    """Return Textual's name of a character."""
    name = unicodedata.name(character, "").lower().replace("-", "_").replace(" ", "_")
    return _CHARACTERS.get(name, name)


def take(own: dict[str, Any], known: Mapping[str, str], report: Report) -> None:
    """Bring the file's [keys], in place, to one table of normal names; note what is wrong.

    `known` are the defaults: the actions that there are.
    """
    table = own.get("keys")
    if not isinstance(table, dict):
        return
    for name, value in list(table.items()):
        if isinstance(value, dict):  # page.close = … without quotes
            del table[name]
            for inner, keys in value.items():
                table[f"{name}.{inner}"] = keys
                report.rename(("keys", name, inner), ("keys", f"{name}.{inner}"))
            # the table has the name of an action that the file may not touch
            report.rename(("keys", name), ("keys", f"{name}."))
    for name, keys in table.items():
        if name not in known:
            more = near(name, known) or "; `divmon config init` lists them all"
            report.add(("keys", name), f"[keys] there is no action {name!r}{more}")
        elif isinstance(keys, str) and keys.isprintable():  # else its shape is told
            told = f"[keys] {_assigned(name, keys)}"
            found = list(_read(keys))
            for fault in dict.fromkeys(_faults(name, found, known)):
                report.add(("keys", name), f"{told}: {fault}")
            table[name] = ",".join(dict.fromkeys(key or text for text, key in found))


def _read(keys: str) -> Iterator[tuple[str, str | None]]:
    """Yield each key as it is written, and its normal name."""
    if keys.strip():
        for text in keys.split(","):
            yield text.strip(), normal(text.strip())


def _faults(
    name: str, found: list[tuple[str, str | None]], known: Mapping[str, str]
) -> Iterator[str]:
    for text, key in found:
        if not text and key is None:
            yield "a key is missing beside a comma; the comma's own key is comma"
        elif key is None:
            more = near(text, _NAMED) or '; write a character, or a name as in "f5" or "ctrl+s"'
            yield f"there is no key {quoted(text)}{more}"
        elif key in ALWAYS and name != "quit":
            yield f"{key} always quits; choose another key"
    if name == "quit" and not found:
        yield 'there would be no key to quit by; name one, as in quit = "q"'
    most = len(known[name].split(","))
    if name in NUMBERED and len(found) > most:
        yield f"there are {len(found)} keys for {most} places; name at most {most}"


def check_keys(keys: Mapping[str, str], report: Report) -> None:
    """Note every key that two actions would have at once."""
    told = set()
    # the file's own come last, so that they are the ones to change
    names = sorted(keys, key=lambda name: report.given(("keys", name)))
    for screen in ("", *SCREENS):
        owner: dict[str, str] = {}
        for name in _up(screen, names):
            for key in filter(None, keys[name].split(",")):
                other = owner.setdefault(key, name)
                pair = (name, other)
                if other == name or pair in HIDES or pair[::-1] in HIDES or name in told:
                    continue
                told.add(name)  # the board's clash, which comes first, is the plainest
                path: Path = ("keys", name)
                report.add(
                    path,
                    f"[keys] {_assigned(name, keys[name])}: {key} is {other}'s; "
                    f"give {other} another key or choose another",
                )


def _up(screen: str, names: Iterable[str]) -> list[str]:
    """Return those of `names` that can be up on a page, on the board for ""."""
    if not screen:
        return [name for name in names if "." not in name]
    wanted = {*EVERYWHERE, *SCREENS[screen]} - {screen}
    return [name for name in names if name in wanted or name.startswith(f"{screen}.")]


def _assigned(name: str, keys: str) -> str:
    return f"{header((name,))[1:-1]} = {quoted(keys)}"
