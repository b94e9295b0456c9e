"""Gather the texts of the screen and bring its catalogues up to date: make catalogues.

Beside what `_` and `N_` mark in divmon/ui, these are the labels and helps of the actions,
and the names of groups and instruments in the settings that ship. New texts are added
without a translation, those that are gone are dropped, and nothing is guessed.
"""

import ast
import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from divmon.settings import load
from divmon.ui.actions import ACTIONS
from divmon.ui.arrange import ALL
from divmon.ui.i18n import FOLDER, LANGUAGES
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
            and isinstance(node.args[0], ast.Constant)
        ):
            yield str(node.args[0].value)


def messages() -> dict[str, str]:
    """Return every text of the screen, and the file that it is first met in."""
    found: dict[str, str] = {}
    for path in sorted(UI.rglob("*.py")):
        for text in marked(path.read_text(encoding="utf-8")):
            found.setdefault(text, path.relative_to(FOLDER.parent.parent).as_posix())
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


def compiled(catalogue: Catalog) -> bytes:
    """Return the catalogue as gettext reads it."""
    plain = Plain(catalogue.locale)
    for message in catalogue:
        if message.id and message.string:
            plain.add(message.id, message.string)
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
    for text, file in messages().items():
        old = known.get(text)
        translation = old.string if old is not None and isinstance(old.string, str) else ""
        made.add(text, translation, locations=[(file, 0)])
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
