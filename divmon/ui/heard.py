"""What the engine says in words, in the language of the screen.

The engine speaks English: states, labels and reasons are part of the Reading, which a
program reads as well. A screen in another language looks up what is drawn of them.
"""

from divmon.ui.i18n import _, language


def heard(text: str) -> str:
    """Return what the engine said, a part at a time; in English as it is."""
    if language() == "en" or not text:
        return text
    from divmon.ui.forms import told

    return " · ".join(told(part) for part in text.split(" · "))


# "open" alone is also what Enter does to a row
SESSIONS = {"open": "market open", "closed": "market closed"}


def session_word(state: str) -> str:
    """Return the state of a session."""
    return state if language() == "en" else _(SESSIONS.get(state, state))
