"""The alerts that this screen has been told of, and what a person has said to them.

Told anew after every reconnect, an alert is still one: its id is what counts. What is
acknowledged or silenced is known only from what the engine answers, never from what was
sent: a command to an engine that is gone changes nothing.
"""

import copy
from typing import TYPE_CHECKING, Self

import msgspec
from msgspec.structs import replace

from divmon.market.events import Event

if TYPE_CHECKING:
    from divmon.alerts.model import Alert

KEPT = 500  # alerts; the oldest go first
ANSWERS = ("alert_acknowledged", "alert_snoozed", "alert_muted")


class Silence(msgspec.Struct, frozen=True):
    """A rule that is not told: until a time in Unix seconds, or for good (None)."""

    until: float | None

    def over(self, now: float) -> bool:
        return self.until is not None and self.until <= now


class Raised:
    """Alerts by id, oldest first; fed by the view, read by board and page."""

    def __init__(self) -> None:
        self.answer: Event | None = None  # the engine's newest
        self._events: dict[str, Event] = {}
        self._cards: dict[str, Alert | None] = {}
        self._seen: set[str] = set()
        self._silent: dict[str, Silence] = {}

    def take(self, event: Event) -> bool:
        """Take in what happened; return whether it was about alerts."""
        match event.kind:
            case "alert" | "alert_unseen":
                self._take_alert(event)
            case "alert_acknowledged":
                self._seen |= self._events.keys() if event.subject == "all" else {event.subject}
            case "alert_snoozed" | "alert_muted":
                self._take_silence(event)
            case _:
                return False
        if event.kind in ANSWERS:
            self.answer = event
        return True

    def _take_alert(self, event: Event) -> None:
        name = identity(event)
        if name in self._events:
            return
        # not before there is one: the first frame need not wait for its import
        from divmon.alerts.model import Alert

        try:
            card: Alert | None = msgspec.convert(event.data, Alert)
        except msgspec.ValidationError:
            card = None  # the engine is of another version; its text is all there is
        if card is not None:
            # the page has a mark of its own for what nobody has acknowledged
            event = replace(event, text=card.title)
        self._events[name], self._cards[name] = event, card
        while len(self._events) > KEPT:
            oldest = next(iter(self._events))
            del self._events[oldest], self._cards[oldest]
            self._seen.discard(oldest)

    def _take_silence(self, event: Event) -> None:
        rule, until = event.data.get("rule"), event.data.get("until")
        if not isinstance(rule, str):
            return
        if event.data.get("silent") is True:
            self._silent[rule] = Silence(until if isinstance(until, int | float) else None)
        else:
            self._silent.pop(rule, None)

    def copy(self) -> Self:
        """Return a book of its own, for a screen that is held still."""
        still = copy.copy(self)
        still._events, still._cards = dict(self._events), dict(self._cards)
        still._seen, still._silent = set(self._seen), dict(self._silent)
        return still

    @property
    def newest_first(self) -> list[Event]:
        """Return the alerts as they were told."""
        return list(reversed(self._events.values()))

    @property
    def waiting(self) -> int:
        """Return how many nobody has acknowledged."""
        return len(self._events.keys() - self._seen)

    def card(self, event: Event) -> "Alert | None":
        """Return the card of an alert, None if this version cannot read it."""
        return self._cards.get(identity(event))

    def acknowledged(self, event: Event) -> bool:
        return identity(event) in self._seen

    def silence(self, rule: str, now: float) -> Silence | None:
        """Return how a rule is silenced, None if it speaks."""
        found = self._silent.get(rule)
        return None if found is None or found.over(now) else found


def identity(event: Event) -> str:
    """Return the alert's id; of one that has none, what tells it from others."""
    found = event.data.get("id")
    return found if isinstance(found, str) and found else f"{event.time} {event.text}"
