"""`divmon explain`: the formula, the inputs and the source of one value."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from divmon.cli import exits
from divmon.cli.gathering import Asked, asks, print_reading, to_json

if TYPE_CHECKING:
    from divmon.reading.explain import Explanation, Input
    from divmon.reading.model import Reading

LABEL = 9  # columns of the names at the left
WIDTH = 100


@click.command(epilog=exits.HELP)
@click.argument("key", required=False)
@asks
@click.pass_context
def explain(context: click.Context, /, key: str | None, **options_asked: Any) -> None:
    """Say what KEY is: its formula, its inputs with their times, its source and its sample.

    KEY is the path of a value in the JSON of `divmon snapshot`, such as abc.score,
    instruments.RUT.streak, relative_streaks.RUT/SPX or BTC.wall. Without KEY: all there are.
    """
    asked = Asked(**options_asked)
    if key is None:
        click.echo(_all(asked.form), nl=False)
        return
    from divmon.reading.explain import UnknownKeyError
    from divmon.reading.explain import explain as explained

    def write(reading: "Reading", form: str) -> str:
        try:
            found = explained(reading, key)
        except UnknownKeyError as error:
            near = f"; near it are {', '.join(error.nearest)}" if error.nearest else ""
            raise exits.Failure(
                f"{key!r} is no value of the reading{near}; `divmon explain` lists them all"
            ) from error
        if form == "json":
            return to_json(found)
        return "".join(f"{exits.plain(line)}\n" for line in _text(found))

    print_reading(context, asked, write)


def _all(form: str) -> str:
    from divmon.reading.explain import patterns

    known = patterns()
    if form == "json":
        return to_json([{"key": key, "title": title} for key, title in known])
    width = max(len(key) for key, _ in known)
    lines = [f"{'key, with * for a name':<{width}}  what it is"]
    lines += [f"{key:<{width}}  {title}" for key, title in known]
    return "".join(f"{line}\n" for line in lines)


def _text(found: "Explanation") -> Iterator[str]:
    value = f" = {found.shown}" if found.shown else ""
    yield f"{found.key}{value}"
    yield from _field("", found.title)
    yield from _field("formula", found.words)
    yield from _field("", found.symbols)
    yield from _values("inputs", found.inputs)
    yield from _values("values", found.parts)
    yield from _field("as of", found.at)
    yield from _field("source", found.source)
    sample = [found.window, f"n = {found.n:,}" if found.n is not None else ""]
    yield from _field("sample", ", ".join(filter(None, sample)))
    for note in found.notes:
        yield from _field("note", note)


def _field(name: str, text: str) -> Iterator[str]:
    from divmon.ui import words

    if not text:
        return
    for line in words.wrap(text, WIDTH - LABEL - 2, 12):
        yield f"  {name:<{LABEL}}{line}"
        name = ""


def _values(name: str, values: "tuple[Input, ...]") -> Iterator[str]:
    width = max((len(each.key) for each in values), default=0)
    for each in values:
        when = f"  ({each.at})" if each.at else ""
        line = f"{each.key:<{width}}  {each.shown}{when}"
        if len(line) <= WIDTH - LABEL - 2:
            yield f"  {name:<{LABEL}}{line}"
        else:
            yield from _field(name, f"{each.key}  {each.shown}{when}")
        name = ""
