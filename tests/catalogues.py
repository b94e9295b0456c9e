"""Gather the texts of the screen and bring its catalogues up to date: make catalogues.

Beside what `_` and `N_` mark in divmon/ui, these are the labels and helps of the actions,
the names of groups and instruments in the settings that ship, and what explains the values
of a Reading. A text with a context is written as `N_` does. New texts are added
without a translation, those that are gone are dropped, and nothing is guessed.
"""

import ast
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from divmon.reading.explained import RULES
from divmon.reading.model import Reading
from divmon.settings import load
from divmon.ui.actions import ACTIONS
from divmon.ui.arrange import ALL
from divmon.ui.i18n import FOLDER, IN_CONTEXT, LANGUAGES, N_
from divmon.ui.story import CONTEXT, WORDS
from divmon.ui.widgets.panel import tab_name

UI = FOLDER.parent / "ui"
TRANSLATED = tuple(language for language in LANGUAGES if language != "en")


class Plain(Catalog):
    """A catalogue whose header holds no date and no version: the same texts, the same bytes."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [("Content-Type", "text/plain; charset=utf-8")]


def marked(source: str) -> Iterator[str]:
    """Yield the texts within `_` and `N_`; Babel's own reader sees none inside an f-string."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("_", "N_")
            and all(isinstance(each, ast.Constant) for each in node.args)
        ):
            yield N_(*(str(each.value) for each in node.args if isinstance(each, ast.Constant)))


# what a formula says in every language: functions, and the names of series
SIGNS = frozenset(
    {
        "max", "min", "sign", "std", "median", "clip", "tanh", "atanh", "cov", "corr", "argmax",
        "ratio", "usd", "btc", "trad", "rut", "spx",
    }
)  # fmt: skip


def in_words(formula: str) -> bool:
    """Tell whether a formula has a word in it that is no function and no series."""
    return not SIGNS.issuperset(re.findall(r"[a-z]{3,}", formula))


def explained() -> Iterator[str]:
    """Yield what explains the values of a Reading: titles, words, formulas, windows, fields."""
    for rule in RULES.values():
        yield from (rule.title, rule.words)
        if in_words(rule.symbols):
            yield rule.symbols
        if "{" not in rule.window:  # what is put in there stands among the forms
            yield rule.window
    yield from sorted(set(untitled(Reading, "")))
    yield from WORDS


NAMED = {"catchup": ".*.*", "abc.components": ".rel20"}  # how RULES name what is not ".*"


def untitled(kind: Any, prefix: str) -> Iterator[str]:
    """Yield the fields of a type and of those in it that no row of RULES explains."""
    if (tag := kind.__struct_config__.tag_field) is not None and prefix:
        yield tag
    for field in msgspec.structs.fields(kind):
        key = f"{prefix}{field.encode_name}"
        if key not in RULES and (not prefix or _within(key)):
            yield field.encode_name
        for inner in (field.type, *get_args(field.type)):
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
                many = get_origin(field.type) in (dict, tuple)
                yield from untitled(inner, f"{key}{NAMED.get(key, '.*') if many else ''}.")


def _within(key: str) -> bool:
    """Tell whether a key is in a block that a row explains."""
    parts = key.split(".")
    return any(".".join(parts[:length]) in RULES for length in range(1, len(parts)))


def messages() -> dict[str, str]:
    """Return every text of the screen, and the file that it is first met in."""
    found: dict[str, str] = {}
    for path in sorted(UI.rglob("*.py")):
        for text in marked(path.read_text(encoding="utf-8")):
            found.setdefault(text, path.relative_to(FOLDER.parent.parent).as_posix())
    for text in filter(None, explained()):
        found.setdefault(N_(text, CONTEXT), "divmon/reading/explained.py")
    for action in ACTIONS:
        for text in (action.label, action.help):
            found.setdefault(text, "divmon/ui/actions.py")
    for panel in ALL:
        found.setdefault(tab_name(panel), "divmon/ui/widgets/panel.py")
    shipped = load()
    for group in shipped.watchlist:
        found.setdefault(group, "divmon/defaults.toml")
    for instrument in shipped.instruments.values():
        for text in filter(None, (instrument.label, instrument.note)):
            found.setdefault(text, "divmon/defaults.toml")
    return found


def po_of(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / "divmon.po"


def read(language: str) -> Catalog:
    """Return the catalogue as it stands in the checkout."""
    path = po_of(language)
    if not path.exists():
        return Catalog(language)
    with path.open("rb") as file:
        return read_po(file, language)


def key_of(message: Message) -> str:
    """Return a text with its context, as `messages` has it."""
    return N_(str(message.id), message.context or "")


def compiled(catalogue: Catalog) -> bytes:
    """Return the catalogue as gettext reads it."""
    plain = Plain(catalogue.locale)
    for message in catalogue:
        if message.id and message.string:
            plain.add(message.id, message.string, context=message.context)
    made = io.BytesIO()
    write_mo(made, plain)
    return made.getvalue()


def updated(language: str) -> Catalog:
    """Return the catalogue with exactly the texts that the screen has now.

    Without dates and numbers of lines: they would change with every run, and meet in
    every merge.
    """
    known = read(language)
    made = Catalog(
        language, project="divmon", charset="utf-8", header_comment=f"# divmon in {language}"
    )
    for key, file in messages().items():
        context, _, text = key.rpartition(IN_CONTEXT)
        old = known.get(text, context or None)
        translation = old.string if old is not None and isinstance(old.string, str) else ""
        made.add(text, translation, locations=[(file, 0)], context=context or None)
    return made


def written(catalogue: Catalog) -> bytes:
    """Return the catalogue as it is kept: a header of three lines, then the texts in order."""
    body = io.BytesIO()
    write_po(body, catalogue, width=100, omit_header=True, sort_output=True, include_lineno=False)
    head = (
        f"# The screen in another language: {catalogue.locale}.\n"
        'msgid ""\nmsgstr ""\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Language: {catalogue.locale}\\n"\n'
        '"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
    )
    return head.encode() + body.getvalue()


def main() -> int:
    missing = 0
    for language in TRANSLATED:
        path = po_of(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written(updated(language)))
        catalogue = read(language)
        path.with_suffix(".mo").write_bytes(compiled(catalogue))
        untranslated = [message.id for message in catalogue if message.id and not message.string]
        missing += len(untranslated)
        for text in untranslated:
            print(f"{path.name} {language}: no translation of {text!r}")  # noqa: T201
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
