"""Where Readings become alerts: rules stepped, results kept, shown, and handed over once.

    Reading ─step─▶ states + alerts ─one transaction─▶ archive ─▶ screen, delivery

Nothing is shown or handed over before the archive has committed it, and it is marked as
handed over only after the delivery has written it into its own outbox. So a process
that is killed between any two of these steps leaves what the next one needs to go on:
the same edge is found again with the same id, or the committed alert is found waiting.

Of several processes that share an archive, the one with the lease does all that; the
others show what it found. Without an archive, memory serves for this run.
"""

import os
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from divmon.alerts import scorecard
from divmon.alerts.cards import Background, card
from divmon.alerts.engine import Key, State, step
from divmon.alerts.keep import MUTED, Given, Keeper, Kept
from divmon.alerts.merge import SPAN, bundle_id, merged, plan
from divmon.alerts.model import Alert
from divmon.alerts.rules import Rule, make_rules
from divmon.market.events import Event
from divmon.market.text import encodable
from divmon.reading.frames import Ack, Mute, Snooze
from divmon.reading.model import Reading
from divmon.settings import Settings
from divmon.store.archive import Archive

LEASE_S = 15.0  # how long a killed leader keeps the others waiting
RENEW_S = 4.0
LONGEST_SNOOZE = 30 * 86_400.0
UNSEEN_S = 14 * 86_400  # for so long after it was told an alert waits to be acknowledged ...
UNSEEN = 20  # ... and no more than so many come back after a restart


class Desk:
    """The alerts of one engine. Belongs to the loop's thread; `take` costs under 1 ms.

    `publish` shows an event on the screens, `deliver` hands an alert to the channels,
    and must take the same id twice as one. None: nothing is delivered.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        publish: Callable[[Event], None],
        deliver: Callable[[Alert], None] | None = None,
        archive: Archive | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.rules = make_rules(settings)
        self.states: Mapping[Key, State] = {}
        self.fired = 0  # alerts since the start
        self.settings = settings
        self._publish = publish
        self._deliver = deliver
        self._now = now
        self._archive = archive
        self._base = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._tenure = 0
        self._keeper = None if archive is None else Keeper(archive, f"{self._base}-0")
        self._leads = False
        self._claimed = float("-inf")
        self._shown: int | None = None  # number of the newest alert on the screens
        self._held: list[Kept] = []  # snoozed, and to be shown when that is over
        self._given: set[str] = set()  # bundles handed over in this run
        self._scored: int | None = None  # the newest session that outcomes were counted to
        self._decided: set[int] = set()  # numbers whose bundle is on its way to the archive
        self._told: list[float] = []  # when
        self._memory: list[Alert] = []  # without an archive: what waits
        self._muted: dict[str, float | None] = {}  # without an archive

    @property
    def leads(self) -> bool:
        """Whether this process is the one that fires and delivers."""
        return self._leads or self._keeper is None

    def reconfigure(self, settings: Settings) -> None:
        """Follow other rules from the next Reading on, which is made by the same settings.

        What each rule remembers stays, here and in the archive: one that says the same
        goes on, one that says something else begins anew by its mark.
        """
        self.rules = make_rules(settings)
        self.settings = settings

    def take(self, reading: Reading, background: Background) -> None:
        """Step the rules by one Reading; show and hand over what is due."""
        if reading.simulated or reading.warm:
            return
        keeper = self._keeper
        if keeper is None or self._archive is None or self._archive.mode == "read-only":
            # nothing can be remembered, so nothing is delivered that a restart would repeat
            self._take_in_memory(reading, background)
            return
        now = self._now()
        self._lead(keeper, now)
        if self._leads:
            found = step(self.rules, self.states, reading)
            self.states = found.states
            if found.changed or found.fired:
                alerts = [card(fired, reading, background) for fired in found.fired]
                self.fired += len(alerts)
                changed = {key: found.states[key] for key in found.changed}
                keeper.save(changed, self._given_of(alerts, keeper.mutes(), now))
        self._show(keeper, now)
        if self._leads:
            self._score(background)
            self._hand_over(keeper, now)

    def command(self, command: Ack | Snooze | Mute) -> None:
        """Do what a person at a screen asks; of several processes, any may."""
        now = self._now()
        match command:
            case Ack(id=identity):
                if self._keeper is not None:
                    self._keeper.acknowledge(identity, now)
                self._publish(_said(now, "alert_acknowledged", identity, "acknowledged"))
            case Snooze(rule=rule, seconds=length):
                until = now + min(max(length, 0.0), LONGEST_SNOOZE)
                self._silence(rule, until)
                what, facts = f"snoozed for {until - now:.0f} s", {"silent": True, "until": until}
                self._publish(_said(now, "alert_snoozed", rule, what, rule=rule, **facts))
            case Mute(rule=rule, muted=True):
                self._silence(rule, None)
                self._publish(_said(now, "alert_muted", rule, "muted", rule=rule, silent=True))
            case Mute(rule=rule):
                if self._keeper is not None:
                    self._keeper.unmute(rule)
                self._muted.pop(rule, None)
                what = "speaks again"
                self._publish(_said(now, "alert_muted", rule, what, rule=rule, silent=False))

    def _silence(self, rule: str, until: float | None) -> None:
        if self._keeper is not None:
            self._keeper.mute(rule, until)
        else:
            self._muted[rule] = until

    def close(self) -> None:
        """Let another process lead at once."""
        if self._keeper is not None and self._leads:
            self._leads = False
            self._keeper.release()

    # leading

    def _lead(self, keeper: Keeper, now: float) -> None:
        """Follow who has the lease, and ask for it in time."""
        leads = keeper.leads(now)
        if leads and not self._leads:
            self.states = keeper.states()
            self._told = keeper.told_since(now - SPAN)
            self._decided.clear()
        elif self._leads and not leads:
            # what we still have in the queue must not be written when we lead again
            self._tenure += 1
            keeper.owner = f"{self._base}-{self._tenure}"
            self._claimed = float("-inf")
        self._leads = leads
        if not 0 <= now - self._claimed < RENEW_S:
            self._claimed = now
            keeper.claim(now, now + LEASE_S)

    # what becomes of alerts

    def _given_of(
        self, alerts: list[Alert], mutes: Mapping[str, float | None], now: float
    ) -> list[Given]:
        """Decide at once what can be: most alerts are then committed with their bundle."""
        given = {}
        free = []
        for alert in alerts:
            due = self._due(alert, mutes, now)
            given[alert.id] = Given(alert, due, None)
            if due <= now and alert.rule not in mutes:
                free.append(alert)
        for bundle in plan(free, self._told, now):
            name = bundle_id(bundle)
            self._tell_at(now)
            for alert in bundle:
                given[alert.id] = given[alert.id]._replace(bundle=name)
        return list(given.values())

    def _tell_at(self, now: float) -> None:
        self._told = [at for at in self._told if now - SPAN < at <= now] + [now]

    def _due(self, alert: Alert, mutes: Mapping[str, float | None], now: float) -> float:
        """Return when an alert may be told: after the rule's quiet hours and its snooze."""
        rule = next((each for each in self.rules if each.name == alert.rule), None)
        due = now if rule is None else quiet_until(rule, now, self.settings.general.time_zone)
        return max(due, mutes.get(alert.rule) or due)

    def _show(self, keeper: Keeper, now: float) -> None:
        """Show what the archive has of any process, in the order it was committed.

        What a snooze holds back is shown when it is over.
        """
        mutes = keeper.mutes()
        new = self._held
        if self._shown is None:
            self._shown = keeper.newest()
            for each in keeper.unseen(now - UNSEEN_S, UNSEEN):
                self._publish(as_event(each.alert, unseen=True))
            waiting = keeper.waiting()
            new += [each for each in waiting if each.due <= now or each.alert.rule in mutes]
        else:
            new += keeper.since(self._shown)
        self._held = []
        for each in new:
            self._shown = max(self._shown, each.number)
            until = mutes.get(each.alert.rule, now)
            if each.bundle == MUTED or until is None:
                continue
            if until > now:
                self._held.append(each)
            else:
                self._publish(as_event(each.alert))

    def _hand_over(self, keeper: Keeper, now: float) -> None:
        waiting = keeper.waiting()
        if not waiting:
            return
        self._decide(keeper, [each for each in waiting if each.bundle is None], now)
        bundles: dict[str, list[Alert]] = {}
        for each in waiting:
            if each.bundle and each.bundle not in self._given:
                bundles.setdefault(each.bundle, []).append(each.alert)
        for name, alerts in bundles.items():
            if self._deliver is not None:
                self._deliver(merged(tuple(alerts)))
            self._given.add(name)
            keeper.handed(name, now)

    def _score(self, background: Background) -> None:
        """Write down what followed earlier alerts, once a session: it takes 20 ms."""
        grid = background.grid
        if grid is None or not len(grid) or self._archive is None:
            return
        newest = int(grid.day[-1])
        if newest != self._scored:
            self._scored = newest
            scorecard.fill(self._archive, grid)

    def _decide(self, keeper: Keeper, waiting: list[Kept], now: float) -> None:
        """Find the bundles of what had to wait, and end what is muted for good."""
        mutes = keeper.mutes()
        waiting = [each for each in waiting if each.number not in self._decided]
        muted = [each.number for each in waiting if mutes.get(each.alert.rule, now) is None]
        if muted:
            keeper.bundle(muted, MUTED, now)
            self._decided.update(muted)
        free = {
            each.alert.id: each
            for each in waiting
            if each.number not in muted
            and each.due <= now
            and (mutes.get(each.alert.rule) or now) <= now
        }
        for bundle in plan([each.alert for each in free.values()], self._told, now):
            self._tell_at(now)
            numbers = [free[alert.id].number for alert in bundle]
            keeper.bundle(numbers, bundle_id(bundle))
            self._decided.update(numbers)

    def _take_in_memory(self, reading: Reading, background: Background) -> None:
        now = self._now()
        found = step(self.rules, self.states, reading)
        self.states = found.states
        for fired in found.fired:
            alert = card(fired, reading, background)
            self.fired += 1
            if self._muted.get(alert.rule, now) is None:
                continue
            self._publish(as_event(alert))
            self._memory.append(alert)
        if not self._memory or self._deliver is None or self._archive is not None:
            self._memory.clear()
            return
        due = [each for each in self._memory if self._due(each, self._muted, now) <= now]
        for bundle in plan(due, self._told, now):
            self._tell_at(now)
            self._deliver(merged(bundle))
            self._memory = [each for each in self._memory if each not in bundle]


def as_event(alert: Alert, *, unseen: bool = False) -> Event:
    """Return an alert as the screens get it: the card's facts are in `data`.

    `unseen`: it was told before the start and nobody has acknowledged it. That is another
    kind of event, which rings no bell and is no alert to a program that counts them.
    """
    return Event(
        time=alert.time,
        kind="alert_unseen" if unseen else "alert",
        subject=alert.subject,
        text=f"not acknowledged: {alert.title}" if unseen else alert.title,
        severity=alert.severity,
        data=encodable(msgspec.to_builtins(alert)),
    )


def _said(now: float, kind: str, subject: str, what: str, **facts: object) -> Event:
    # the subject came over a socket: only what a person can have typed is shown
    name = "".join(letter for letter in subject[:64] if letter.isprintable())
    text = f"alert {name or 'all'}: {what}"
    return Event(now, kind, name or "all", text, data=encodable(facts))


def quiet_until(rule: Rule, now: float, zone: str) -> float:
    """Return when the rule's quiet hours end, `now` outside of them. Unix seconds."""
    if rule.quiet is None:
        return now
    begin, end = rule.quiet
    here = datetime.fromtimestamp(now, None if zone == "local" else ZoneInfo(zone))
    minute = here.hour * 60 + here.minute
    if not (begin <= minute < end if begin < end else minute >= begin or minute < end):
        return now
    over = here.replace(hour=end // 60, minute=end % 60, second=0, microsecond=0)
    if end <= minute:
        over += timedelta(days=1)  # by the clock on the wall: a change of it is slept through
    return over.timestamp()
