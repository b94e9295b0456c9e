"""The locator against documents that are written in every way TOML allows."""

import json
import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from divmon.toml_lines import Path, Place, places

BARE = st.text("abcXYZ019_-", min_size=1, max_size=4)
# quotes, escapes, brackets and the signs of TOML, where a careless scanner trips
TEXT = st.text("ab \"'\\#=[]{},.\n\té科\U0001f600", max_size=6)
SCALARS = st.one_of(
    st.integers(-99, 99),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
)
KEYS = st.one_of(BARE, TEXT)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


class Writer:
    """Writes a document in a style that Hypothesis draws, and notes where it put things."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.text = ""
        self.places: dict[Path, Place] = {}

    def choose(self, *options: str) -> str:
        return str(self.draw(st.sampled_from(options)))

    def note(self, path: Path) -> None:
        start = self.text.rfind("\n") + 1
        place = Place(self.text.count("\n") + 1, len(self.text) - start + 1)
        self.places.setdefault(path, place)

    def blank(self) -> None:
        self.text += self.choose("", " ", "\t", "\n", "\r\n", ' # "]}\n', "\n# é = [\n")

    def key(self, key: str) -> None:
        if key and all(char in "abcXYZ019_-" for char in key) and self.draw(st.booleans()):
            self.text += key
        elif "'" not in key and "\n" not in key and self.draw(st.booleans()):
            self.text += f"'{key}'"
        else:
            self.text += json.dumps(key, ensure_ascii=False)

    def value(self, value: Any, path: Path) -> None:
        if isinstance(value, bool):
            self.text += "true" if value else "false"
        elif isinstance(value, str):
            self.string(value)
        elif isinstance(value, list):
            self.text += "["
            for index, item in enumerate(value):
                self.blank()
                self.note((*path, index))
                self.value(item, (*path, index))
                self.blank()
                if index < len(value) - 1 or self.draw(st.booleans()):
                    self.text += ","
            self.blank()
            self.text += "]"
        elif isinstance(value, dict):
            self.text += "{"
            for index, (key, item) in enumerate(value.items()):
                self.text += ", " if index else ""
                self.pair(key, item, path)
            self.text += "}"
        else:
            self.text += repr(value)

    def string(self, value: str) -> None:
        style = self.choose("basic", "long", "literal", "long literal")
        if style == "literal" and "'" not in value and "\n" not in value:
            self.text += f"'{value}'"
        elif style == "long literal" and "'" not in value:
            self.text += f"'''\n{value}'''"
        elif style == "long":
            escaped = value.replace("\\", "\\\\").replace('"""', '""\\"')
            # up to two quotes may stand right before the closing three
            quotes = len(escaped) - len(escaped.rstrip('"'))
            if quotes > 2:
                escaped = json.dumps(value, ensure_ascii=False)[1:-1]
            self.text += f'"""\n{escaped}"""'
        else:
            self.text += json.dumps(value, ensure_ascii=False)

    def pair(self, key: str, value: Any, table: Path) -> None:
        path = (*table, key)
        self.note(path)
        start = self.places[path]
        self.key(key)
        # {a = {b = 1}} may be written a.b = 1, where both stand in one place
        while isinstance(value, dict) and len(value) == 1 and self.draw(st.booleans()):
            ((key, value),) = value.items()
            self.text += self.choose(".", " . ", "\t.")
            path = (*path, key)
            self.places.setdefault(path, start)
            self.key(key)
        self.text += self.choose("=", " = ", "\t=  ")
        self.value(value, path)


@given(st.data(), st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, max_size=4), max_size=4))
def test_every_place_is_found(data: st.DataObject, document: dict[str, dict[str, Any]]) -> None:
    writer = Writer(data.draw)
    for name, table in document.items():
        writer.blank()
        if "\n" not in writer.text[-1:] and writer.text:
            writer.text += "\n"
        writer.note((name,))
        writer.text += "["
        writer.key(name)
        writer.text += "]" + writer.choose("\n", " # [x]\n", "\r\n")
        for key, value in table.items():
            writer.text += writer.choose("", "  ", "\n")
            writer.pair(key, value, (name,))
            writer.text += writer.choose("\n", " # = ]\n", "\r\n")
    # what the writer wrote is TOML and means what it was given; then the oracle holds
    assert tomllib.loads(writer.text) == document
    assert places(writer.text) == writer.places


def test_headers_of_every_kind() -> None:
    found = places('[a."b.c"]\nx=1\n[[d]]\ny=1\n[[d]]\ny=2\n[d.e]\nz=1\n[[d.f]]\n[a]\nw = 1\n')
    assert found == {
        ("a",): Place(1, 1),
        ("a", "b.c"): Place(1, 1),
        ("a", "b.c", "x"): Place(2, 1),
        ("d",): Place(3, 1),
        ("d", 0): Place(3, 1),
        ("d", 0, "y"): Place(4, 1),
        ("d", 1): Place(5, 1),
        ("d", 1, "y"): Place(6, 1),
        ("d", 1, "e"): Place(7, 1),
        ("d", 1, "e", "z"): Place(8, 1),
        ("d", 1, "f"): Place(9, 1),
        ("d", 1, "f", 0): Place(9, 1),
        ("a", "w"): Place(11, 1),
    }


def test_strings_that_end_in_quotes() -> None:
    text = 'a = """x""""\nb = """""y"""""\nc = \'\'\'z\'\'\'\'\nd = """\\\\"""\ne = 1'
    tomllib.loads(text)
    assert {path[0]: place.line for path, place in places(text).items()} == {
        "a": 1, "b": 2, "c": 3, "d": 4, "e": 5,
    }  # fmt: skip


def test_no_text_has_no_places() -> None:
    assert places("") == {}
    assert places("# only a comment") == {}
