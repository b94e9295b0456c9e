"""What the engine says in words, in the language of the screen.

The engine speaks English: states, labels and reasons are part of the Reading, which a
program reads as well. A screen in another language looks up what is drawn of them.
"""

import re

from divmon.ui.i18n import _, language
from divmon.ui.words import MINUS

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


# "open" alone is also what Enter does to a row
SESSIONS = {"open": "market open", "closed": "market closed"}


def session_word(state: str) -> str:
    """Return the state of a session."""
    return state if language() == "en" else _(SESSIONS.get(state, state))
