"""What the engine says in words, in the language of the screen.

The engine speaks English: states, labels and reasons are part of the Reading, which a
program reads as well. A screen in another language looks up what is drawn of them.
"""

import re
from typing import TYPE_CHECKING

from divmon.ui.i18n import _, language
from divmon.ui.words import MINUS

if TYPE_CHECKING:
    from divmon.reading.explain import Explanation
    from divmon.reading.model import Reading

_NEGATIVE = re.compile(r"(?<![\w.-])-(?=\d)")  # not the one within a date or a name


def heard(text: str) -> str:
    """Return what the engine said, a part at a time; in English as it is but for the minus."""
    if language() == "en" or not text:
        return minus(text)
    from divmon.ui.forms import told

    return minus(" · ".join(told(part) for part in text.split(" · ")))


def minus(text: str) -> str:
    """Return a text for programs as the screen writes its numbers: −1.2, not -1.2."""
    return _NEGATIVE.sub(MINUS, text) if "-" in text else text


def retold(story: "Explanation", reading: "Reading") -> "Explanation":
    """Return an explanation with all that a person reads of it; in English as it is."""
    if language() == "en":
        return story
    from divmon.ui.story import in_words

    return in_words(story, reading)


def names_of_values(reading: "Reading") -> dict[str, str]:
    """Return what the keys of a Reading are called; nothing in English, where keys are words."""
    if language() == "en":
        return {}
    from divmon.ui.story import names_in_words

    return names_in_words(reading)


def in_parts(text: str, key: str = "") -> str:
    """Return what the engine joined of several texts; `key` is that of a value."""
    if language() == "en" or not text:
        return text
    from divmon.ui.story import shown

    return shown(key, text)


def kind_word(kind: str) -> str:
    """Return the kind of an event. An alert is one here, and a state of the score elsewhere."""
    return _("alert", "event") if kind == "alert" else _(kind.replace("_", " "))


# "open" alone is also what Enter does to a row
SESSIONS = {"open": "market open", "closed": "market closed"}


def session_word(state: str) -> str:
    """Return the state of a session."""
    return state if language() == "en" else _(SESSIONS.get(state, state))
