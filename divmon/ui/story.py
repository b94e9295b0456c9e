"""An explanation in the language of the screen: what the rows of `explained` say, and the rest.

The texts of the rows stand in the catalogue as they are. What `explain` joins of them, of
names and of what the engine says is taken apart at its joints. Not imported by a screen in
English.
"""

import re
from collections.abc import Sequence

from msgspec.structs import replace

from divmon.reading.explain import WORKED_OUT, Explanation, Input, UnknownKeyError, explain, names
from divmon.reading.model import Reading
from divmon.ui.forms import told_whole
from divmon.ui.i18n import _

CONTEXT = "explained"  # of these texts in the catalogue
JOINTS = ("; ", ": ", ", ", "/")  # the widest first
# What `explain` and the alerts say in a word or two; with a context, since some mean other
# things elsewhere.
WORDS = (
    "yes", "no", "state", "day boundary", "not known", "at least that long", "of a running bar",
    "missing", "no price here is real", "this Reading's own values", "no series",
    WORKED_OUT,
    "WALCL, WDTGAL (or the Treasury's daily balance), RRPONTSYD",
    "exchange", "poll", "file", "link", "health", "crypto", "index", "etf", "future", "rate", "fx",
    "break", "skip", "lost", "back", "up", "down",
    "touched", "pierced", "broken",
)  # fmt: skip

_QUOTED = re.compile(r"'([^']*)'")  # within a value that is written as Python does


def in_words(story: Explanation, reading: Reading) -> Explanation:
    """Return `story` with all that a person reads of it; inputs have their names for keys."""
    labels = _labels(story.inputs, reading)
    return replace(
        story,
        title=said(story.title),
        shown=shown(story.key, story.shown),
        words=said(story.words),
        symbols=said(story.symbols),
        source=said(story.source),
        window=said(story.window),
        notes=tuple(map(said, story.notes)),
        inputs=tuple(
            replace(each, key=label, shown=said(each.shown))
            for each, label in zip(story.inputs, labels, strict=True)
        ),
    )


def shown(key: str, text: str) -> str:
    """Return a value; the sentence is told in each language, and its tellings stay."""
    return text if key.startswith("sentence.") else said(text)


def names_in_words(reading: Reading) -> dict[str, str]:
    """Return what each key is called in a list that has all of them."""
    called = {key: named(name) for key, name in names(reading).items()}
    return called | {f"claims.{each.id}": said(each.text) for each in reading.claims}


def _labels(inputs: Sequence[Input], reading: Reading) -> list[str]:
    """Return what inputs are called; those of one title, such as venues, by where they differ."""
    labels = []
    titles = []
    for each in inputs:
        try:
            titles.append(said(explain(reading, each.key).title))
        except UnknownKeyError:
            titles.append(named(each.key))
    for each, title in zip(inputs, titles, strict=True):
        alike = [other.key for other, its in zip(inputs, titles, strict=True) if its == title]
        differs = _between(each.key, alike) if len(alike) > 1 else ""
        labels.append(f"{title} {said(differs)}" if differs else title)
    return labels


def _between(key: str, alike: Sequence[str]) -> str:
    """Return what of a dotted key is not in all of `alike`."""
    parts, paths = key.split("."), [other.split(".") for other in alike]
    if any(len(path) != len(parts) for path in paths):
        return key
    return " ".join(part for n, part in enumerate(parts) if any(path[n] != part for path in paths))


def said(text: str) -> str:
    """Return a text of an explanation, in parts where it is not known as a whole."""
    known = _(text, CONTEXT)
    if known != text:
        return known
    whole = told_whole(text)
    if whole is not None:
        return _QUOTED.sub(lambda found: said(found[1]), whole)
    for joint in JOINTS:
        if joint in text:
            head, _joint, tail = text.partition(joint)
            return f"{said(head)}{joint}{said(tail)}"
    return text


def named(name: str) -> str:
    """Return what a value is called among its neighbours."""
    return said(name).replace("_", " ")
