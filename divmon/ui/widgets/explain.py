"""Where a number comes from: the values of one thing, and the story of the chosen one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from msgspec.structs import replace
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from divmon.reading.explain import (
    WORKED_OUT,
    Explanation,
    Input,
    UnknownKeyError,
    explain,
    keys,
)
from divmon.reading.model import Instrument, Reading
from divmon.ui.heard import in_parts, minus, names_of_values, retold
from divmon.ui.i18n import _, language
from divmon.ui.widgets.listed import Listed, Scrolled
from divmon.ui.widgets.panel import Desk, Line
from divmon.ui.words import NONE, clean, fit, wrap

LONGEST = 60  # lines of one wrapped text; what is longer is no explanation


@dataclass(frozen=True)
class Entry:
    """One line of the list: a value, or the name of a block of them."""

    key: str
    name: str
    shown: str
    depth: int
    block: bool


def about(reading: Reading, subject: str) -> Reading:
    """Return the part of a Reading that the values of `subject` are in: 10 times faster to walk.

    Explanations need the whole, since a value rests on others; names and numbers do not.
    """
    part = subject.partition(".")[0]
    name = next(
        (name for name in reading.instruments if f"{subject}.".startswith(f"instruments.{name}.")),
        "BTC",
    )
    row = reading.instruments.get(name, Instrument())
    small = replace(reading, instruments={name: row})
    blank = Reading(as_of=reading.as_of, source=reading.source)
    kept = {"instruments", "as_of", "source", part}
    others = {field: getattr(blank, field) for field in blank.__struct_fields__}
    return replace(small, **{name: value for name, value in others.items() if name not in kept})


def moment(text: str) -> str:
    """Return a time of ISO 8601 as a person reads it, any other text as it is."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z", text)
    return f"{found[1]} {found[2]} UTC" if found else text


def top_of(reading: Reading, key: str) -> str:
    """Return the thing that a value belongs to: instruments.RUT of instruments.RUT.high.drawdown.

    Names may hold dots (a ledger's metrics do), so they are looked up and not split off.
    """
    part, _dot, rest = key.partition(".")
    named = getattr(reading, part, None)
    if isinstance(named, dict):
        found = next((name for name in named if f"{rest}.".startswith(f"{name}.")), "")
        return f"{part}.{found}" if found else key
    return part


def entries(reading: Reading, subject: str) -> tuple[Entry, ...]:
    """Return every value under `subject`, blocks before what is in them."""
    small = about(reading, subject)
    known = [key for key in keys(small) if f"{key}.".startswith(f"{subject}.")]
    shown: dict[str, str] = {}
    blocks = {key for key, after in pairwise(known) if after.startswith(f"{key}.")}
    for key in known:
        if key in blocks:
            shown |= {part.key: part.shown for part in explain(small, key).parts}
    called = names_of_values(small)
    made = []
    for key in known:
        above = max((block for block in blocks if key.startswith(f"{block}.")), key=len, default="")
        depth = sum(key.startswith(f"{block}.") for block in blocks)
        name = key[len(above) + 1 :] if above else key.removeprefix("instruments.")
        block = key in blocks
        text = "" if block else shown.get(key, "") or explain(small, key).shown
        made.append(Entry(key, called.get(key, name), in_parts(text, key), depth, block))
    return tuple(made)


class ValuesPanel(Listed):
    """All values of one thing."""

    def __init__(self, desk: Desk, key: str) -> None:
        super().__init__(desk, id="values")
        self.wanted = key  # the key that the cursor belongs on
        self.subject = ""
        self._of: tuple[Reading | None, str, str] = (None, "", "")
        self._entries: tuple[Entry, ...] = ()

    def heading(self) -> Line:
        above = (each.name for each in self._entries[:1] if each.key == self.subject)
        name = next(above, "") or in_parts(self.subject.removeprefix("instruments."))
        return [Segment(_("Values of {name}").format(name=clean(name)), self.desk.ink.title)]

    def settle(self) -> None:
        """Follow the newest Reading; the cursor stays on its key."""
        reading = self.desk.view.reading
        if reading is None:
            self._entries = ()
            return
        self.subject = top_of(reading, self.wanted)
        made_of = (reading, self.subject, language())
        if self._of == made_of:
            return
        self._of = made_of
        self._entries = entries(reading, self.subject)
        self._find()

    def _find(self) -> None:
        names = [entry.key.casefold() for entry in self._entries]
        wanted = self.wanted.casefold()
        self.cursor = names.index(wanted) if wanted in names else 0
        self.count = len(names)

    def go(self, line: int) -> None:
        super().go(line)
        if self._entries:
            self.wanted = self._entries[self.cursor].key

    def choose(self, key: str) -> None:
        """Go to a value, of this thing or another."""
        self.wanted = key
        self.settle()
        self._find()

    def lines(self, width: int) -> list[Line]:
        ink = self.desk.ink
        if not self._entries:
            return [[Segment(_(" nothing is known of it yet"), ink.muted)]]
        lines: list[Line] = []
        for entry in self._entries:
            indent = " " * (1 + 2 * entry.depth)
            shown = clean(minus(moment(entry.shown)))
            # a long name takes what its value leaves: the title of a value needs it
            name = max(min(width - 25, max(width // 2, 20)), width - 2 - cell_len(shown))
            label = fit(indent + entry.name.replace("_", " "), name)
            value = fit(shown, width - name - 1, right=True)
            missing = entry.shown in (NONE, "")
            style = ink.title if entry.block else ink.muted if missing else ink.text
            lines.append([Segment(label, style), Segment(f" {value}", ink.bold)])
        return lines


class StoryPanel(Scrolled):
    """One value: what it is, what it is made of, how fresh it is, on how much it rests."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, id="story")
        self.key = ""
        self.inputs: tuple[Input, ...] = ()
        self._of: tuple[Reading | None, str, str] = (None, "", "")
        self._told: Explanation | None = None

    def tell(self, key: str) -> None:
        """Explain another value, or the same one of a newer Reading."""
        reading = self.desk.view.reading
        if key != self.key:
            self.top = 0
        self.key = key
        made_of = (reading, key, language())
        if reading is None or self._of == made_of:
            return
        self._of = made_of
        try:
            story = explain(reading, key)
        except UnknownKeyError:
            self._told, self.inputs = None, ()
        else:
            self._told, self.inputs = retold(story, reading), story.inputs

    def follow(self, number: int) -> str | None:
        """Return the key of the input of this number; None if there is none to go to."""
        keys = [each.key for each in self.inputs[number - 1 : number] if each.key != WORKED_OUT]
        return keys[0] if keys else None

    def heading(self) -> Line:
        return [Segment(_("Explained"), self.desk.ink.title)]

    def aside(self) -> str:
        return " · ".join(part for part in (self.position(), clean(self.key)) if part)

    def lines(self, width: int) -> list[Line]:
        told, ink = self._told, self.desk.ink
        if told is None:
            return [[Segment(_(" this Reading has no such value"), ink.muted)]]
        return [*self._facts(told, width), *self._inputs(told, width), *self._notes(told, width)]

    def _facts(self, told: Explanation, width: int) -> Iterator[Line]:
        ink = self.desk.ink
        yield from self._text("", told.title, width, ink.title)
        if told.shown or not told.parts:
            yield from self._text("", minus(told.shown) or NONE, width, ink.bold)
        yield []
        n = "" if told.n is None else f"n = {told.n:,}"
        facts = (
            (_("formula"), told.symbols),
            (_("in words"), told.words),
            (_("source"), told.source),
            (_("as of"), moment(told.at)),
            (_("sample"), " · ".join(part for part in (told.window, n) if part)),
        )
        for name, text in facts:
            if text:
                yield from self._text(name, text, width, ink.text)

    def _inputs(self, told: Explanation, width: int) -> Iterator[Line]:
        ink = self.desk.ink
        if not told.inputs:
            return
        yield []
        yield [
            Segment(_(" made of"), ink.muted),
            Segment(_("   a digit or a click goes there"), ink.muted),
        ]
        values = [fit(minus(each.shown), min(20, cell_len(each.shown))) for each in told.inputs]
        times = [moment(each.at) for each in told.inputs]
        value = max(cell_len(text) for text in values)
        # number, spaces, value and time; the key has the rest, and its end counts most,
        # but in another language, where it is a name
        room = max(12, width - 6 - value - max(cell_len(text) for text in times))
        for number, each in enumerate(told.inputs, start=1):
            leads = self.follow(number) is not None
            click = Style(meta={"@click": f"screen.follow({number})"}) if leads else Style()
            digit = f"{number}" if number <= 9 and leads else " "
            key = each.key.removeprefix("instruments.")
            if leads and key.isascii() and len(key) > room:
                key = "…" + key[-(room - 1) :]
            yield [
                Segment(f" {digit} ", ink.key + click),
                Segment(f"{fit(key, min(room, 40))} ", ink.text + click),
                Segment(fit(values[number - 1], value, right=True), ink.bold),
                Segment(f"  {clean(times[number - 1])}", ink.muted),
            ]

    def _notes(self, told: Explanation, width: int) -> Iterator[Line]:
        if told.notes:
            yield []
        for note in told.notes:
            yield from self._text(_("note"), note, width, self.desk.ink.warn)

    def _text(self, name: str, text: str, width: int, style: Style) -> Iterator[Line]:
        """Yield a text beside its name, broken at spaces."""
        label = f" {fit(name, 9)}" if name else " "
        for n, part in enumerate(wrap(text, max(8, width - cell_len(label)), LONGEST)):
            lead = label if not n else " " * cell_len(label)
            yield [Segment(lead, self.desk.ink.muted), Segment(part, style)]
