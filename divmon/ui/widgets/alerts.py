"""What fired, newest first; the card of one; and what the engine said to what was asked."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style

from divmon.market.events import Event
from divmon.ui.heard import heard, in_parts
from divmon.ui.i18n import N_, _
from divmon.ui.raised import KEPT
from divmon.ui.view import View
from divmon.ui.widgets.abc import NAMES
from divmon.ui.widgets.chart import bar
from divmon.ui.widgets.footer import stamp_of
from divmon.ui.widgets.happened import EventList, mark_of
from divmon.ui.widgets.listed import Scrolled
from divmon.ui.widgets.panel import Desk, Line, Panel
from divmon.ui.words import NONE, clean, day, day_of_year, fit, signed, wrap

if TYPE_CHECKING:
    from divmon.alerts.model import Alert

LONGEST = 60  # lines of one text; what is longer is no card
WIDE = 80  # cells from which the list has room for the rule
LABEL = 15


def until(desk: Desk, rule: str) -> str:
    """Return how a rule is silenced, nothing if it speaks."""
    found = desk.view.alerts.silence(rule, desk.view.now)
    if found is None:
        return ""
    if found.until is None:
        return _("muted")
    then = datetime.fromtimestamp(found.until, UTC).astimezone(desk.zone)
    return _("snoozed until {time}").format(time=f"{day(then.date())} {then:%H:%M}")


class AlertList(EventList):
    """A line an alert: when, how severe, whether somebody has seen it, rule and title."""

    title = N_("Alerts")

    def told(self) -> Sequence[Event]:
        return self.desk.view.alerts.newest_first

    def text_of(self, event: Event) -> str:
        seen = "seen" if self.desk.view.alerts.acknowledged(event) else "new"
        said = f"{event.text} {heard(event.text)}"
        return f"{seen} {event.severity} {event.subject} {self._rule(event)} {said}"

    def aside(self) -> str:
        said = clean(self.filter) + ("▌" if self.typing else "")
        kept, new = len(self.told()), self.desk.view.alerts.waiting
        parts = [
            _("filter: {text}").format(text=said) if said else "",
            _("{some} of {count}").format(some=self.count, count=kept)
            if self.filter
            else _("{n} of at most {most}").format(n=kept, most=KEPT),
            _("{n} new").format(n=new),
            self.position() if self.count > self.room else "",
        ]
        return " · ".join(part for part in parts if part)

    def _rule(self, event: Event) -> str:
        card = self.desk.view.alerts.card(event)
        return "" if card is None else card.rule

    def head(self, width: int) -> list[Line]:
        rule = f"{fit(_('rule'), 14)} " if width >= WIDE else ""
        head = f" {fit(_('time'), 12)}    {'':<4} {rule}{_('title')}"
        return [[Segment(head, self.desk.ink.muted)]]

    def lines(self, width: int) -> list[Line]:
        ink, known = self.desk.ink, self.desk.view.alerts
        if not self.chosen:
            none = (
                _('nothing matches "{text}"').format(text=clean(self.filter))
                if self.filter
                else _(NOTHING).format(key=self.desk.key("edit_settings"))
            )
            return [[Segment(f" {part}", ink.muted)] for part in wrap(none, width - 1, 9)]
        lines: list[Line] = []
        for event in self._shown:
            mark, style = mark_of(ink, event)
            seen = known.acknowledged(event)
            line = [
                Segment(f" {stamp_of(self.desk, event.time):<12}  ", ink.muted),
                Segment(f"{mark} ", ink.muted if seen else style),
                Segment(fit(_("seen") if seen else _("new"), 5), ink.muted if seen else style),
            ]
            if width >= WIDE:
                line.append(Segment(f"{fit(self._rule(event), 14)} ", ink.title))
            room = width - 22 - 15 * (width >= WIDE)
            line.append(
                Segment(fit(heard(event.text), room).rstrip(), ink.text if seen else ink.bold)
            )
            lines.append(line)
        return lines


NOTHING = N_(
    "No alert has fired while this screen was up. A state that began before fires none again. "
    "Earlier alerts: divmon alerts, in a shell. The rules: [alerts] of the settings, key {key}."
)


class AlertCard(Scrolled):
    """What fired, since when, by which numbers, and what followed earlier ones."""

    title = N_("Card")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, id="one")
        self.event: Event | None = None

    def aside(self) -> str:
        place, key = self.position(), self.desk.key
        scroll = _("{keys} scroll").format(keys=key("page.story_down", "page.story_up"))
        parts = [place, scroll] if place else []
        return " · ".join([*parts, _("{key} explains").format(key=key("explain"))])

    def lines(self, width: int) -> list[Line]:
        event, ink = self.event, self.desk.ink
        if event is None:
            return [[Segment(_(" no alert is chosen"), ink.muted)]]
        mark, style = mark_of(ink, event)
        lines: list[Line] = []
        for n, part in enumerate(wrap(heard(event.text), width - 4, LONGEST)):
            lines.append([Segment(" " if n else f" {mark} ", style), Segment(part, ink.title)])
            if n:
                lines[-1][0] = Segment("   ", ink.text)
        card = self.desk.view.alerts.card(event)
        if card is None:
            said = _("The engine is of another version: all it told of this alert is its title.")
            return [*lines, *self._fact("", said, width, ink.warn)]
        for name, text in self._story(card):
            told = ink.warn if name in ("provisional", "SIMULATED") else ink.text
            lines += self._fact(_(name), text, width, told)
        lines += self._contributions(card, width)
        followed = heard(card.base_rate) or _("not known for alerts of this kind")
        cases = "" if card.n is None else f"n = {card.n:,}"
        lines += self._fact(_("earlier ones"), followed, width, ink.text)
        lines += self._fact("", "" if cases in followed else cases, width, ink.text)
        for title in card.merged:
            lines += self._fact(_("and"), heard(title), width, ink.text)
        lines += self._fact(
            _("its outcome"), _("divmon alerts tells it once known"), width, ink.muted
        )
        for name, text in self._origin(event, card):
            lines += self._fact(_(name), text, width, ink.muted)
        return lines

    def _story(self, card: "Alert") -> Iterator[tuple[str, str]]:
        silent = until(self.desk, card.rule)
        if card.simulated:
            yield N_("SIMULATED"), _("made from invented prices, not from a market")
        if card.provisional:
            yield N_("provisional"), _("its bar was not closed: it may not be confirmed")
        if silent:
            yield N_("its rule"), f"{card.rule} · {silent}"
        yield N_("stands since"), _date(card.since)
        if card.was is not None:  # else the title has the number, with its unit
            yield N_("was → is"), f"{_value(card.was)} → {_value(card.value)}"
        yield N_("evidence"), in_parts(card.evidence)

    def _origin(self, event: Event, card: "Alert") -> Iterator[tuple[str, str]]:
        desk = self.desk
        seen = _("seen") if desk.view.alerts.acknowledged(event) else _("new")
        known = datetime.fromtimestamp(card.time, UTC).astimezone(desk.zone)
        found = card.as_of.astimezone(desk.zone)
        yield N_("known since"), f"{known:%Y-%m-%d %H:%M:%S}"
        yield N_("found"), f"{found:%Y-%m-%d %H:%M:%S} · {_('source')} {card.source}"
        yield N_("session"), _date(card.session)
        kind = _("{kind} of {subject}").format(
            kind=_(card.kind.replace("_", " ")), subject=heard(card.subject)
        )
        yield N_("rule"), f"{card.rule} · {kind}"
        yield N_("severity"), f"{_(card.severity)} · {seen}"

    def _contributions(self, card: "Alert", width: int) -> Iterator[Line]:
        ink = self.desk.ink
        most = max((abs(points) for points in card.contributions.values()), default=0.0)
        room = min(24, width - LABEL - 28)
        for n, (name, points) in enumerate(
            sorted(card.contributions.items(), key=lambda each: -each[1])
        ):
            full, rest = ("", "")
            if most and room > 3:
                full, rest = bar(abs(points) / most, room, stacked=True)
            yield [
                Segment(f" {fit('' if n else _('score made of'), LABEL)}", ink.muted),
                Segment(fit(_(NAMES.get(name, name)), 15), ink.text),
                Segment(f" {points:5.1f} ", ink.bold),
                Segment(full, ink.chart),
                Segment(rest, ink.muted),
            ]

    def _fact(self, name: str, text: str, width: int, style: Style) -> Iterator[Line]:
        """Yield a text beside its name, broken at spaces; nothing for no text."""
        for n, part in enumerate(wrap(text, max(8, width - LABEL - 2), LONGEST)):
            label = "" if n else fit(name, LABEL - 1)
            yield [Segment(f" {fit(label, LABEL)}", self.desk.ink.muted), Segment(part, style)]


def _date(value: date | None) -> str:
    return "" if value is None else day_of_year(value)


def _value(value: float | str | None) -> str:
    """Write what a rule looked at: its unit is the rule's, so only the number is told."""
    if value is None:
        return NONE
    if isinstance(value, str):
        return in_parts(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else signed(value, 4).rstrip("0").rstrip(".")


class AnswerLine(Panel):
    """What was asked of the engine last, and what it answered; or what one may choose."""

    def __init__(self, desk: Desk, live: View) -> None:
        super().__init__(desk, id="answer")
        self.live = live  # answers come in while the page is held still
        self.choice: tuple[tuple[str, str], ...] = ()  # what is to be chosen from, and its key
        self.note = ""  # why nothing was asked
        self.asked = ""
        self._before: Event | None = None

    def ask(self, what: str) -> None:
        """Note what is being asked, and wait for the answer."""
        self.asked, self.note, self._before = what, "", self.live.alerts.answer

    def paint(self, width: int, height: int) -> list[Line]:
        ink, answer = self.desk.ink, self.live.alerts.answer
        if self.choice:
            return [list(self._choices())]
        if self.note:
            return [[Segment(f" {self.note}", ink.warn)]]
        if self.asked and answer is self._before:
            return [
                [
                    Segment(
                        _(" asked: {what} · no answer yet").format(what=self.asked),
                        ink.provisional,
                    )
                ]
            ]
        if answer is None:
            told = _(
                " {seen} marks one as seen · {snooze} silences its rule a while · {mute} mutes it"
            )
            seen, snooze, mute = map(
                self.desk.key, ("alerts.acknowledge", "alerts.snooze", "alerts.mute")
            )
            return [[Segment(told.format(seen=seen, snooze=snooze, mute=mute), ink.muted)]]
        stamp = stamp_of(self.desk, answer.time)
        asked = " · " + _("asked: {what}").format(what=self.asked) if self.asked else ""
        return [
            [
                Segment(f" {stamp} ", ink.muted),
                Segment(_("the engine says: {what}").format(what=self._said(answer)), ink.ok),
                Segment(asked, ink.muted),
            ]
        ]

    def _choices(self) -> Iterator[Segment]:
        for n, (text, key) in enumerate(self.choice):
            click = Style(meta={"@click": f"screen.choose('{key}')"}) if key else Style()
            yield Segment(" · " if n > 1 else " ", self.desk.ink.muted)
            yield Segment(text, self.desk.ink.key + click)

    def _said(self, answer: Event) -> str:
        if answer.kind != "alert_acknowledged":
            return heard(answer.text)
        titles = (
            event.text
            for event in self.live.alerts.newest_first
            if event.data.get("id") == answer.subject
        )
        found = next(titles, "")
        return _("acknowledged: {what}").format(what=heard(found) or answer.subject)
