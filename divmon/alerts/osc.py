"""Notifications by the terminal itself: they reach the desk through SSH, tmux and screen.

    OSC 9     text                  iTerm2, WezTerm, Ghostty, kitty, foot; others ignore it
    OSC 777   notify;title;text     rxvt-unicode, foot, WezTerm, Ghostty
    OSC 99    kitty's own, with an id and an urgency

Only the program that owns the terminal may write them, between two frames. Pure text
in, pure text out; light, since the screen imports it.

Source: https://iterm2.com/documentation-escape-codes.html,
https://sw.kovidgoyal.net/kitty/desktop-notifications/, tmux(1) on allow-passthrough.
"""

import os
import re
from collections.abc import Callable, Mapping
from typing import Literal

from divmon.alerts.channels.base import clean, headline, reaches
from divmon.alerts.model import Alert
from divmon.settings import NotifySettings

Protocol = Literal["9", "99", "777"]

BELL = "\a"

_ESC = "\x1b"
_TITLE = 100  # characters
_TEXT = 200
_URGENCY = {"info": 0, "notice": 0, "warning": 1, "alert": 2}
# screen takes strings of 256 bytes in its older versions, and prints what is longer
_SCREEN_BYTES = 250
# what would print a sequence that it does not know
_DUMB = re.compile(r"|dumb|linux.*|vt\d+.*|cons25.*|ansi.*|sun.*|cygwin")


def protocol_of(env: Mapping[str, str]) -> Protocol | None:
    """Return what the terminal understands, as far as the environment tells.

    None: one that prints what it does not know. What is not recognised gets OSC 9,
    which the terminals that lack it swallow.
    """
    term, program = env.get("TERM", ""), env.get("TERM_PROGRAM", "")
    outer = env.get("LC_TERMINAL", "")  # which SSH carries along and tmux leaves alone
    if program in ("iTerm.app", "iTerm2") or outer == "iTerm2":
        return "9"
    if term == "xterm-kitty" or env.get("KITTY_WINDOW_ID"):
        return "99"
    if program in ("WezTerm", "ghostty") or env.get("WEZTERM_PANE"):
        return "777"
    if term.startswith(("foot", "rxvt-unicode", "xterm-ghostty")):
        return "777"
    return None if _DUMB.fullmatch(term) else "9"


def multiplexer_of(env: Mapping[str, str]) -> Literal["tmux", "screen"] | None:
    """Return what stands between us and the terminal; of two, the inner one."""
    if env.get("TMUX") and (not env.get("STY") or env.get("TERM_PROGRAM") == "tmux"):
        return "tmux"
    if env.get("STY"):
        return "screen"
    return None


def notification(
    title: str,
    text: str,
    *,
    key: str = "divmon",
    severity: str = "alert",
    protocol: str = "auto",
    env: Mapping[str, str] = os.environ,
) -> str:
    """Return the sequence that has the terminal show `title` and `text`; "" if it cannot.

    `key` is OSC 99's: a later notification of the same key replaces the former.
    """
    kind = protocol_of(env) if protocol == "auto" else protocol
    if kind is None:
        return ""
    between = multiplexer_of(env)
    title, text = clean(title, _TITLE), clean(text, _TEXT)
    if between != "screen":
        return "".join(_wrapped(each, between) for each in _plain(kind, title, text, key, severity))
    for most in range(len(text), -1, -1):
        parts = _plain(kind, title, clean(text, most) if most else "", key, severity)
        wrapped = [_wrapped(each, between) for each in parts]
        if all(len(each.encode()) <= _SCREEN_BYTES for each in wrapped):
            return "".join(wrapped)
    return ""


def _plain(kind: str, title: str, text: str, key: str, severity: str) -> list[str]:
    """Return the sequences of one notification, each ended by BEL, which screen passes too."""
    match kind:
        case "777":
            return [f"{_ESC}]777;notify;{title.replace(';', ',')};{text.replace(';', ',')}{BELL}"]
        case "99":
            name = re.sub(r"[^A-Za-z0-9_+.-]", "", key) or "divmon"
            more = f"{_ESC}]99;i={name}:d=0:u={_URGENCY.get(severity, 1)}:p=title;{title}{BELL}"
            return [more, f"{_ESC}]99;i={name}:d=1:p=body;{text}{BELL}"]
        case _:
            # never a digit first: ConEmu and Windows Terminal read "9;4;..." as a command
            return [f"{_ESC}]9;divmon: {title}{' · ' if text else ''}{text}{BELL}"]


def _wrapped(sequence: str, between: str | None) -> str:
    if between == "tmux":
        return f"{_ESC}Ptmux;{sequence.replace(_ESC, _ESC * 2)}{_ESC}\\"
    if between == "screen":
        return f"{_ESC}P{sequence}{_ESC}\\"
    return sequence


class Terminal:
    """Rings and notifies on the terminal that `write` writes to.

    `write` takes text and is called on the thread that calls `tell`; it must not block.
    """

    def __init__(
        self,
        settings: NotifySettings,
        write: Callable[[str], object],
        env: Mapping[str, str] = os.environ,
    ) -> None:
        self._settings = settings
        self._write = write
        self._env = env

    def tell(self, alert: Alert) -> None:
        """Ring and show, each if `alert` is severe enough for it, in one write."""
        if sequence := self.sequence(alert):
            self._write(sequence)

    def sequence(self, alert: Alert) -> str:
        """Return what `tell` writes; "" for nothing."""
        found = ""
        if reaches(alert.severity, self._settings.terminal):
            found = notification(
                headline(alert),
                alert.text,
                key=alert.id,
                severity=alert.severity,
                protocol=self._settings.protocol,
                env=self._env,
            )
        # the bell is tmux's and screen's own business, and is not wrapped
        return found + (BELL if reaches(alert.severity, self._settings.bell) else "")


def way(settings: NotifySettings, env: Mapping[str, str] = os.environ) -> str:
    """Say in words how notifications would go; what must be set for it, too."""
    kind = protocol_of(env) if settings.protocol == "auto" else settings.protocol
    if kind is None:
        return f"a terminal that knows none (TERM={clean(env.get('TERM', ''), 30)!r})"
    between = multiplexer_of(env)
    if between == "tmux":
        return f"OSC {kind} through tmux, which needs: tmux set -g allow-passthrough on"
    return f"OSC {kind} through screen" if between else f"OSC {kind}"
