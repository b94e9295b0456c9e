"""What fired, and a person's hands on it: acknowledge, snooze, mute, go to the explanation."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from divmon.reading.explain import UnknownKeyError, explain
from divmon.reading.frames import Ack, Command, Mute, Snooze
from divmon.reading.model import Reading
from divmon.settings import Settings
from divmon.ui.heard import heard
from divmon.ui.i18n import N_, _
from divmon.ui.keys import named
from divmon.ui.raised import identity
from divmon.ui.screens.pages import Asks
from divmon.ui.screens.searched import SearchedPage
from divmon.ui.widgets.alerts import AlertCard, AlertList, AnswerLine, until

if TYPE_CHECKING:
    from divmon.alerts.model import Alert

BESIDE = 110  # cells, from which the card stands beside the list
MORNING = 8  # o'clock of the person's day, when "until tomorrow" is over
# Where the values that a level rule may look at stand in a row.
_ROW = {
    "price": "last",
    "from_high": "high.from_high",
    "from_52w": "high.from_52w",
    "vs_btc20": "vs_btc20",
    "volatility": "volatility.cc30",
}


class AlertsScreen(SearchedPage):
    PAGE = "alerts"
    KEYS = (
        ("alerts.acknowledge", N_("seen"), "acknowledge"),
        ("alerts.acknowledge_all", N_("all seen"), "acknowledge_all"),
        ("alerts.snooze", N_("snooze"), "snooze"),
        ("alerts.mute", N_("mute"), "mute"),
        ("explain", N_("explain"), "explain"),
        ("filter", N_("filter"), "filter"),
    )
    CSS = """
    AlertsScreen #both { layout: vertical; height: 1fr; }
    AlertsScreen #both > Panel { width: 100%; height: 3fr; }
    AlertsScreen #both > #list { height: 2fr; }
    AlertsScreen #both.beside { layout: horizontal; }
    AlertsScreen #both.beside > Panel { width: 1fr; }
    AlertsScreen #both.beside > #list, AlertsScreen #both.beside > #one { height: 100%; }
    AlertsScreen #answer { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        named("alerts.acknowledge", "acknowledge", N_("acknowledge the alert")),
        named("alerts.acknowledge_all", "acknowledge_all", N_("acknowledge all")),
        named("alerts.snooze", "snooze", N_("snooze its rule")),
        named("alerts.mute", "mute", N_("mute its rule, or let it speak again")),
        named("open", "explain", N_("explain what it is about")),
        named("clear", "leave", N_("clear the filter, or back")),
        named("page.story_down", "card(1)", N_("scroll the card down")),
        named("page.story_up", "card(-1)", N_("scroll the card up")),
    ]

    def body(self) -> Iterator[Widget]:
        self.list = AlertList(self.desk)
        self.card = AlertCard(self.desk)
        self.both = Container(self.list, self.card, id="both")
        self.answer = AnswerLine(self.desk, self.board.live_view)
        self._lengths: dict[str, tuple[str, float]] = {}  # of a snooze that is being chosen
        self._snoozed = ""  # the rule that it is for
        yield self.both
        yield self.answer

    @property
    def main_panel(self) -> AlertList:
        return self.list

    def draw(self) -> None:
        self.both.set_class(self.size.width >= BESIDE, "beside")
        self.list.settle()
        self.card.event = self.list.chosen
        super().draw()

    def on_listed_moved(self) -> None:
        self.card.event, self.card.top = self.list.chosen, 0
        self.card.show()

    def on_listed_opened(self) -> None:
        self.action_explain()

    def on_key(self, event: events.Key) -> None:
        """While a snooze is chosen, the next key chooses or puts the choice away."""
        if not self._lengths:
            return
        event.stop()
        event.prevent_default()
        self.action_choose(event.key)

    def action_choose(self, key: str) -> None:
        """Snooze for the length of that key; any other puts the choice away."""
        chosen = self._lengths.get(key)
        self._lengths, self.answer.choice = {}, ()
        if chosen is None:
            self.draw()
            return
        words, length = chosen
        self._send(
            Snooze(self._snoozed, length),
            _("snooze {rule} {time}").format(rule=self._snoozed, time=words),
        )

    # -- what is asked of the engine -----------------------------------------------

    @property
    def chosen(self) -> "Alert | None":
        """Return the card of the alert under the cursor."""
        event = self.list.chosen
        return None if event is None else self.desk.view.alerts.card(event)

    def _send(self, command: Command, words: str) -> None:
        if self.board.live_view.link_lost:
            # a command to nobody would be dropped in silence
            self._note(_("the engine is gone: not asked to {what}").format(what=words))
            return
        self.answer.ask(words)
        self.post_message(Asks(command))
        self.draw()

    def _note(self, why: str) -> None:
        self.answer.note = why
        self.draw()

    def action_acknowledge(self) -> None:
        event = self.list.chosen
        if event is None:
            self._note(_("there is no alert to acknowledge"))
        else:
            self._send(Ack(identity(event)), _("acknowledge {what}").format(what=heard(event.text)))

    def action_acknowledge_all(self) -> None:
        self._send(Ack(), _("acknowledge all alerts"))

    def action_snooze(self) -> None:
        """Ask for how long."""
        card = self.chosen
        if card is None:
            self._note(_("there is no rule to snooze"))
            return
        now = self.board.live_view.now
        morning = next_morning(now, self.desk.zone)
        self._snoozed = card.rule
        self._lengths = {
            "1": (_("for an hour"), 3600.0),
            "2": (_("until tomorrow {time}").format(time=f"{MORNING:02}:00"), morning - now),
            "3": (_("for a week"), 7 * 86_400.0),
        }
        self.answer.choice = (
            (_("snooze:"), ""),
            *((f"{key} {words}", key) for key, (words, _length) in self._lengths.items()),
            (_("Esc not"), "escape"),
            (_("rule {rule}").format(rule=card.rule), ""),
        )
        self.draw()

    def action_mute(self) -> None:
        """Mute the rule of the alert, or let it speak again."""
        card = self.chosen
        if card is None:
            self._note(_("there is no rule to mute"))
            return
        silent = bool(until(self.desk, card.rule))
        words = _("let {rule} speak again") if silent else _("mute {rule}")
        self._send(Mute(card.rule, muted=not silent), words.format(rule=card.rule))

    # -- the rest ------------------------------------------------------------------

    @property
    def subject(self) -> str:
        card, reading = self.chosen, self.desk.view.reading
        if card is None or reading is None:
            return "abc.score"
        return explained_by(card, reading, self.desk.settings)

    def action_card(self, step: int) -> None:
        self.card.move(step)

    def action_leave(self) -> None:
        """Take back one thing at a time: the filter, the page."""
        if self.list.filter:
            self.list.filter = ""
            self.draw()
        else:
            self.action_close()


def next_morning(now: float, zone: tzinfo | None) -> float:
    """Return when the person's next day begins in earnest; zone None is the machine's. Unix s."""
    tomorrow = datetime.fromtimestamp(now, UTC).astimezone(zone).date() + timedelta(days=1)
    # from the parts: the offset of tomorrow counts, not that of now
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, MORNING, tzinfo=zone).timestamp()


def explained_by(alert: "Alert", reading: Reading, settings: Settings) -> str:
    """Return the key of the value that an alert is about, the nearest that the Reading has."""
    row = f"instruments.{alert.subject}"
    for key in (_key(alert, settings), f"{row}.last", alert.subject):
        try:
            return explain(reading, key).key
        except UnknownKeyError:
            continue
    return "abc.score"


def _key(alert: "Alert", settings: Settings) -> str:
    subject = alert.subject
    row = f"instruments.{subject}"
    rule = settings.alerts.get(alert.rule)
    match alert.kind:
        case "abc_state":
            return "abc.score"
        case "level":
            value = "" if rule is None else rule.value
            if value.startswith("btc."):
                return f"instruments.BTC.{value.removeprefix('btc.')}"
            return f"{row}.{_ROW[value]}" if value in _ROW else subject
        case "streak":
            streak = f"{row}.streak"
            return f"{streak}.candle" if subject == "BTC" else f"{streak}.close"
        case "record":
            intraday = rule is not None and rule.basis == "intraday"
            return f"{row}.high.{'record_intraday' if intraday else 'record_close'}"
        case "wall":
            return "instruments.BTC.wall"
        case "relative_streak":
            return f"relative_streaks.{subject}.streak"
        case "volatility":
            return f"{row}.volatility.percentile_1y"
        case "correlation_break":
            return f"correlation.{subject}.break.z"
        case "rotation":
            return "rotation.label"
        case "qt_state":
            return "liquidity.qt_state"
        case "source":
            return f"sources.{subject}.state"
        case "move":
            window = "24h" if rule is None else rule.window
            return f"{row}.change_24h" if window == "24h" else f"{row}.returns.{window}"
