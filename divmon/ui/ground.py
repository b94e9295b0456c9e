"""Whether the terminal is light or dark: asked of it by OSC 11, else of COLORFGBG.

    ESC ] 11 ; ? ESC \\            what is asked, once the first frame is painted
    ESC ] 11 ; rgb:ffff/fcfc/f0f0 ESC \\    what comes back, among the keys that are typed

A terminal that does not know the question stays silent. tmux answers for the terminal
around it (from 3.4 on); over SSH the answer takes a round trip, which nothing waits for.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from textual._xterm_parser import XTermParser
from textual.message import Message

QUESTION = "\x1b]11;?\x1b\\"
ANSWER_WITHIN_S = 3.0  # a theme that changes later than this would startle

_ANSWER = re.compile(
    r"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})"
    r"(?:/[0-9a-fA-F]{1,4})?(?:\x07|\x1b\\)"
)
# What may still become an answer when more has been read. Two characters at the least:
# a lone ESC is the Escape key.
_BEGUN = re.compile(
    r"\x1b\](?:1(?:1(?:;(?:r(?:g(?:b(?:a?(?::[0-9a-fA-F/]{0,19}\x1b?)?)?)?)?)?)?)?)?\Z"
)
# Of the 16 colours: 7 and 15 are white, 9 to 14 bright. rxvt says "default" for any other.
_LIGHT = ("7", *map(str, range(9, 16)))
# The Linux console prints what it does not know; these have no colours to ask for.
_NOT_ASKED = ("linux", "dumb", "vt100", "vt220", "cons25")


def can_ask(env: Mapping[str, str]) -> bool:
    """Tell whether the terminal may be asked: one that prints the question may not."""
    return env.get("TERM", "").partition("-")[0] not in ("", *_NOT_ASKED)


def guess(env: Mapping[str, str]) -> bool:
    """Tell whether the terminal is light, by COLORFGBG ("0;15"); dark where it says nothing."""
    ground = env.get("COLORFGBG", "").rpartition(";")[2]
    return ground in _LIGHT


def is_light(red: str, green: str, blue: str) -> bool:
    """Tell whether a colour is light, each part 1 to 4 hexadecimal digits."""
    r, g, b = (int(part, 16) / (16 ** len(part) - 1) for part in (red, green, blue))
    return bool(0.299 * r + 0.587 * g + 0.114 * b > 0.5)


class Listening(XTermParser):
    """Textual's parser of what a terminal sends, which hears the answer and drops it.

    Without this the answer would be typed: r, g, b and digits are keys. It is taken out
    for as long as the screen runs, since a slow line may bring it late.
    """

    def __init__(self, heard: Callable[[bool], None], debug: bool = False) -> None:
        super().__init__(debug)
        self._heard = heard
        self._held = ""  # the beginning of an answer
        self._ticks = 0

    def feed(self, data: str) -> Iterable[Message]:
        if not data:  # the end of the input
            return super().feed(data)
        data, self._held = self._held + data, ""
        if "\x1b]" not in data:
            return super().feed(data)
        data = _ANSWER.sub(self._take, data)
        if begun := _BEGUN.search(data):
            data, self._held, self._ticks = data[: begun.start()], begun[0], 0
        return super().feed(data) if data else ()

    def tick(self) -> Iterable[Message]:
        """Give up an answer that does not go on: then it was typed (Alt-] is ESC ])."""
        if self._held:
            self._ticks += 1
            if self._ticks > 2:  # the driver ticks after each read, and ten times a second
                held, self._held = self._held, ""
                yield from super().feed(held)
        yield from super().tick()

    def _take(self, answer: re.Match[str]) -> str:
        self._heard(is_light(*answer.groups()))
        return ""
