"""The language of the screen: a gettext catalogue, or English without one.

Every text that a person reads on the screen goes through `_` at the moment it is drawn;
one that stands in a table or a class is marked by `N_` there and translated by `_` where
it is drawn. Placeholders are named, since another language orders them otherwise:

    _("{n} sessions").format(n=12)

A text that means two things has a context, which the catalogue sees and English does not:
N_("log", "scale").

English needs no catalogue, so a screen in English imports no gettext.
"""

import os
from collections.abc import Callable
from pathlib import Path

LANGUAGES = ("en", "ja")
FOLDER = Path(__file__).resolve().parent.parent / "locale"

IN_CONTEXT = "\x04"  # between a context and its text, as gettext's own files have it

_translate: Callable[[str], str] | None = None
_language = "en"


def _(text: str, context: str = "") -> str:
    """Return `text` in the chosen language; English where the catalogue lacks it."""
    if context:
        text = N_(text, context)
    # the catalogue's entry for no text is its header
    told = text if _translate is None or not text else _translate(text)
    return told.rpartition(IN_CONTEXT)[2]


def N_(text: str, context: str = "") -> str:  # noqa: N802 (gettext's name for it)
    """Mark a text for the catalogue without translating it here."""
    return f"{context}{IN_CONTEXT}{text}" if context else text


def use(language: str) -> None:
    """Draw in `language` from now on: "en", "ja", or "auto", which asks the environment."""
    global _translate, _language
    chosen = _language = wanted() if language == "auto" else language
    if chosen == "en":
        _translate = None
        return
    import gettext

    _translate = gettext.translation("divmon", FOLDER, [chosen]).gettext


def language() -> str:
    """Return the language that is drawn in: whatever keeps a drawn text keeps it by this."""
    return _language


def in_both(english: str, drawn: str) -> str:
    """Return `drawn`, with the English beside it where it differs: for who types without kana."""
    return drawn if drawn == english else f"{drawn} · {english}"


def counted(number: int, one: str, many: str) -> str:
    """Write a count: `one` as it is for 1, else `many` with its {n}; both marked by `N_`."""
    return _(one) if number == 1 else _(many).format(n=number)


def wanted() -> str:
    """Return the language that the environment asks for, as POSIX orders its variables."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return next((known for known in LANGUAGES if value.startswith(known)), "en")
    return "en"
