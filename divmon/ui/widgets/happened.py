"""Everything that happened, newest first, and all of one."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec
from rich.segment import Segment
from rich.style import Style

from divmon.market.events import Event
from divmon.ui.heard import heard, kind_word
from divmon.ui.i18n import N_, _
from divmon.ui.theme import Ink
from divmon.ui.view import EVENTS_KEPT
from divmon.ui.widgets.footer import stamp_of
from divmon.ui.widgets.listed import Listed, Scrolled
from divmon.ui.widgets.panel import Desk, Line
from divmon.ui.words import clean, fit, wrap

LONGEST = 200  # lines of one event; a vendor's page of HTML is cut there


def mark_of(ink: Ink, event: Event) -> tuple[str, Style]:
    """Return the sign of an event's severity and its style."""
    return {
        "alert": ("▲", ink.alert),
        "warning": ("▲", ink.warn),
        "notice": ("●", ink.chart),
        "info": ("·", ink.muted),
    }[event.severity]


class EventList(Listed):
    """A line an event. The cursor stays on its event while newer ones come in above it."""

    title = N_("Events")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, id="list")
        self.filter = ""
        self.typing = False
        self._held: Event | None = None  # under the cursor; None: the newest, whichever it is
        self._shown: list[Event] = []

    @property
    def chosen(self) -> Event | None:
        """Return the event under the cursor."""
        return self._shown[self.cursor] if self.cursor < len(self._shown) else None

    @property
    def has_cursor(self) -> bool:
        return bool(self._shown)

    def told(self) -> Sequence[Event]:
        """Return what is listed and searched, newest first."""
        return self.desk.view.events

    def text_of(self, event: Event) -> str:
        """Return what the filter looks in."""
        return f"{event.severity} {event.subject} {event.kind} {event.text} {heard(event.text)}"

    def aside(self) -> str:
        kept = len(self.desk.view.events)
        said = clean(self.filter) + ("▌" if self.typing else "")
        parts = [
            _("filter: {text}").format(text=said) if said else "",
            _("{some} of {count}").format(some=len(self._shown), count=kept)
            if self.filter
            else _("{n} of at most {most}").format(n=kept, most=EVENTS_KEPT),
            self.position() if self.count > self.room else "",
            _("{key} filter").format(key=self.desk.key("filter")),
            _("{key} all of one").format(key=self.desk.key("open")),
        ]
        return " · ".join(part for part in parts if part)

    def settle(self) -> None:
        """Take the newest events in; the cursor stays on its own."""
        words = self.filter.casefold().split()
        self._shown = [
            event
            for event in self.told()
            if all(word in self.text_of(event).casefold() for word in words)
        ]
        self.count = len(self._shown)
        places = (n for n, event in enumerate(self._shown) if event is self._held)
        self.cursor = next(places, 0)

    def go(self, line: int) -> None:
        super().go(line)
        self._held = self.chosen if self.cursor else None

    def head(self, width: int) -> list[Line]:
        subject, kind = self._room(width)
        text = f" {fit(_('time'), 12)}  {'':1} {fit(_('subject'), subject)}"
        if kind:
            text += f" {fit(_('kind'), kind)}"
        return [[Segment(f"{text} {_('text')}", self.desk.ink.muted)]]

    def _room(self, width: int) -> tuple[int, int]:
        """Return the widths of subject and kind."""
        return (12, 18) if width >= 110 else (8, 0)

    def lines(self, width: int) -> list[Line]:
        ink = self.desk.ink
        if not self._shown:
            none = (
                _('nothing matches "{text}"').format(text=clean(self.filter))
                if self.filter
                else _("nothing yet")
            )
            return [[Segment(f" {none}", ink.muted)]]
        subject, kind = self._room(width)
        lines: list[Line] = []
        for event in self._shown:
            mark, style = mark_of(ink, event)
            loud = ink.bold if event.severity in ("alert", "warning") else ink.text
            line = [
                Segment(f" {stamp_of(self.desk, event.time):<12}  ", ink.muted),
                Segment(f"{mark} ", style),
                Segment(f"{fit(event.subject, subject)} ", ink.title),
            ]
            if kind:
                line.append(Segment(f"{fit(kind_word(event.kind), kind)} ", ink.muted))
            room = width - 17 - subject - (kind + 1 if kind else 0)
            line.append(Segment(fit(heard(event.text), room).rstrip(), loud))
            lines.append(line)
        return lines


class EventStory(Scrolled):
    """All of one event, its facts for programs included."""

    title = N_("Event")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, id="one")
        self.event: Event | None = None

    def aside(self) -> str:
        return " · ".join(
            part
            for part in (self.position(), _("{key} closes").format(key=self.desk.key("open")))
            if part
        )

    def lines(self, width: int) -> list[Line]:
        event, ink = self.event, self.desk.ink
        if event is None:
            return [[Segment(_(" no event is chosen"), ink.muted)]]
        mark, style = mark_of(ink, event)
        then = datetime.fromtimestamp(event.time, UTC).astimezone(self.desk.zone)
        kind = clean(kind_word(event.kind))
        stamp = f"{then:%Y-%m-%d %H:%M:%S} · {_(event.severity)} · {kind}"
        lines: list[Line] = [
            [
                Segment(f" {mark} ", style),
                Segment(clean(event.subject), ink.title),
                Segment(f"  {stamp}", ink.muted),
            ],
        ]
        lines += [
            [Segment(f"   {part}", ink.text)]
            for part in wrap(heard(event.text), width - 4, LONGEST)
        ]
        for name, value in event.data.items():
            lines += self._fact(name, value, width)
        return lines

    def _fact(self, name: str, value: object, width: int) -> Iterator[Line]:
        ink = self.desk.ink
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for n, part in enumerate(wrap(text, max(8, width - 20), LONGEST)):
            label = fit(name, 15) if not n else " " * 15
            yield [Segment(f"   {label} ", ink.muted), Segment(part, ink.text)]
