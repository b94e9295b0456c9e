"""Where in a TOML file every key and value stands, which tomllib does not tell.

The scanner reads text that tomllib has accepted already, so it need not refuse
anything: it only follows the grammar of TOML 1.0 far enough to keep count.
"""

import re
import tomllib
from typing import Any, NamedTuple

Path = tuple[str | int, ...]
"""Keys from the top of the file; an item of an array, or of [[tables]], is its index."""


class Place(NamedTuple):
    """Line and column, both from 1; the column counts characters."""

    line: int
    column: int


_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'  # up to two quotes may stand before the closing three
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\r\n]+")


def places(text: str) -> dict[Path, Place]:
    """Return the place of every key, table header and array item of `text`.

    A table that is written in several pieces has the place of its first one.
    """
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Path, Place] = {}
        self._counts: dict[Path, int] = {}  # how many [[tables]] of a name there were
        self._line = 1
        self._line_start = 0
        self._counted = 0

    def scan(self) -> dict[Path, Place]:
        table: Path = ()
        while True:
            self._skip(_BLANK)
            if self.at >= len(self.text):
                return self.found
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> Path:
        """Read `[a.b]` or `[[a.b]]`; return the path that the keys below it have."""
        array = self.text.startswith("[[", self.at)
        place = self._place()
        self.at += 2 if array else 1
        keys = self._keys()
        self.at += 2 if array else 1
        path: Path = ()
        for key in keys[:-1]:
            path = self._inside((*path, key))
            self.found.setdefault(path, place)
        path = (*path, keys[-1])
        self.found.setdefault(path, place)
        if array:
            index = self._counts.get(path, 0)
            self._counts[path] = index + 1
            path = (*path, index)
            self.found[path] = place
        return path

    def _inside(self, path: Path) -> Path:
        """Return `path`, or its newest item if it is an array of tables."""
        count = self._counts.get(path)
        return path if count is None else (*path, count - 1)

    def _pair(self, table: Path) -> None:
        """Read `a.b = value`."""
        place = self._place()
        path = table
        for key in self._keys():
            path = (*path, key)
            self.found.setdefault(path, place)
        self.at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(path)

    def _keys(self) -> list[str]:
        """Read a dotted key and the blanks after it; let tomllib undo quotes and escapes."""
        start = self.at
        while True:
            self._skip(_SPACE)
            if not self._skip(_STRING):
                self._skip(_BARE)
            self._skip(_SPACE)
            if not self.text.startswith(".", self.at):
                break
            self.at += 1
        keys: list[str] = []
        inner: Any = tomllib.loads(f"{self.text[start : self.at]} = 0")
        while isinstance(inner, dict):
            ((key, inner),) = inner.items()
            keys.append(key)
        return keys

    def _value(self, path: Path) -> None:
        opening = self.text[self.at]
        if opening == "[":
            self._items(path)
        elif opening == "{":
            self._inline_table(path)
        elif not self._skip(_STRING):
            self._skip(_SCALAR)

    def _items(self, path: Path) -> None:
        self.at += 1
        for index in range(len(self.text)):
            self._skip(_BLANK)
            if self.text[self.at] == "]":
                break
            self.found[*path, index] = self._place()
            self._value((*path, index))
            self._skip(_BLANK)
            if self.text[self.at] == ",":
                self.at += 1
        self.at += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        while True:
            self._skip(_BLANK)
            if self.text[self.at] == "}":
                break
            self._pair(path)
            self._skip(_BLANK)
            if self.text[self.at] == ",":
                self.at += 1
        self.at += 1

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        """Go past what matches here; say whether anything did."""
        match = pattern.match(self.text, self.at)
        if match is None or match.end() == self.at:
            return False
        self.at = match.end()
        return True

    def _place(self) -> Place:
        """Return the current place, counting on from the last one asked for."""
        while (newline := self.text.find("\n", self._counted, self.at)) >= 0:
            self._line += 1
            self._line_start = self._counted = newline + 1
        self._counted = self.at
        return Place(self._line, self.at - self._line_start + 1)
