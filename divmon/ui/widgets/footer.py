"""The lower edge: what happened, how the sources are, which keys there are."""

from collections.abc import Iterator
from datetime import UTC, datetime

from rich.segment import Segment
from rich.style import Style
from textual.timer import Timer

from divmon.market.events import SourceHealth
from divmon.ui.actions import ACTIONS
from divmon.ui.heard import heard
from divmon.ui.i18n import N_, _, counted
from divmon.ui.widgets.panel import Desk, Framed, Line, Panel, between, width_of
from divmon.ui.words import ago, clean, countdown, day, fit

SAID_S = 5.0  # long enough to read a path


def stamp_of(desk: Desk, time: float) -> str:
    """Return the viewer's time of day; on another day its date instead of the seconds."""
    then = datetime.fromtimestamp(time, UTC).astimezone(desk.zone)
    if then.date() == desk.view.now_utc.astimezone(desk.zone).date():
        return f"{then:%H:%M:%S}"
    return f"{day(then.date())} {then:%H:%M}"


def alerts_label(waiting: int) -> str:
    """Return how many alerts nobody has acknowledged."""
    return counted(waiting, N_("1 alert"), N_("{n} alerts")) if waiting else _("alerts")


class EventsPanel(Framed):
    """Newest first; one line where there is no room for more."""

    title = N_("Events")

    def aside(self) -> str:
        count = len(self.desk.view.events)
        return _("{n} kept").format(n=count) if count else ""

    def inside(self, width: int, height: int) -> list[Line]:
        ink, view = self.desk.ink, self.desk.view
        if not view.events:
            return [[Segment(_(" nothing has happened yet"), ink.muted)]]
        marks = {
            "alert": ("▲", ink.alert),
            "warning": ("▲", ink.warn),
            "notice": ("●", ink.chart),
            "info": ("·", ink.muted),
        }
        lines: list[Line] = []
        for event in list(view.events)[:height]:
            mark, style = marks[event.severity]
            stamp = stamp_of(self.desk, event.time)
            lines.append(
                [
                    Segment(f" {stamp} ", ink.muted),
                    Segment(f"{mark} ", style),
                    Segment(fit(heard(event.text), width - len(stamp) - 4).rstrip(), ink.text),
                ]
            )
        return lines

    def paint(self, width: int, height: int) -> list[Line]:
        return super().paint(width, height) if height >= 3 else self.inside(width, height)


class SourcesLine(Panel):
    """Every source with a dot, a reason when it is not well, and when it tries again."""

    load = ""  # own KiB/s and CPU, as the screen measures them

    def paint(self, width: int, height: int) -> list[Line]:
        ink = self.desk.ink
        sources = list(self.desk.view.health.values())
        if not sources:
            return [[Segment(_(" sources: none has reported yet"), ink.muted)]]
        # who has a budget wants to see it
        least = 100 if self.desk.settings.display.budget else 140
        load = [Segment(f"{self.load} ", ink.muted)] if self.load and width >= least else []
        room = width - width_of(load) - 2
        line: Line = []
        for detail in (2, 1, 0):
            line = self._line(sources, detail)
            if width_of(line) <= room:
                break
        else:
            return [between(self._counts(sources, room), load, width, ink)]
        if detail == 0:
            line += self._trouble(sources, room - width_of(line))
        return [between(line, load, width, ink)]

    def _line(self, sources: list[SourceHealth], detail: int) -> Line:
        ink = self.desk.ink
        line: Line = []
        for source in sources:
            dot, style = self._dot(source)
            line += [Segment(f" {clean(source.name)} ", ink.text), Segment(dot, style)]
            words = self._words(source, detail)
            if words:
                quiet = source.state == "ok" or dot == "?"
                tone = ink.muted if quiet else ink.warn
                line.append(Segment(f" {words}", tone))
            line.append(Segment(" ", ink.text))
        return line

    def _dot(self, source: SourceHealth) -> tuple[str, Style]:
        ink = self.desk.ink
        if self.desk.view.hearsay(source.name) is not None:
            return "?", ink.stale
        if source.state == "ok":
            return "●", ink.ok
        return ("○", ink.muted) if source.state == "off" else ("◐", ink.warn)

    def _words(self, source: SourceHealth, detail: int) -> str:
        """`detail` 0 says nothing, 1 what is wrong, 2 also how fresh and the next poll."""
        view = self.desk.view
        told = view.hearsay(source.name)
        if told is not None:
            # nobody is there to say how it is now
            was = "" if source.state == "ok" else f"{_(source.state.replace('_', ' '))} "
            return was + ago(told) if detail == 2 else ""
        wait = None if source.next_try is None else source.next_try - view.now
        if source.state == "ok":
            if detail < 2:
                return ""
            if wait is not None and wait > 0 and source.kind == "poll":
                return _("next {time}").format(time=countdown(wait))
            old = None if source.last_data is None else view.now - source.last_data
            return ago(old) if old is not None and old >= 5 else ""
        if detail == 0:
            return ""
        words = (
            fit(heard(source.reason), 40 if detail == 2 else 18).rstrip()
            if source.reason
            else _(source.state.replace("_", " "))
        )
        if wait is not None and wait > 0:
            again = _("retry {time}") if source.state != "off" else _("next try {time}")
            words += f" · {again.format(time=countdown(wait))}"
        return words

    def _trouble(self, sources: list[SourceHealth], room: int) -> Line:
        """Where no source has room for its own words: what ails all, and the soonest try."""
        view = self.desk.view
        bad = [each for each in sources if each.state not in ("ok", "off")]
        waits = [each.next_try - view.now for each in bad if each.next_try is not None]
        if view.link_lost or not bad:
            return []
        soonest = min((wait for wait in waits if wait > 0), default=None)
        again = "" if soonest is None else _("retry {time}").format(time=countdown(soonest))
        reasons = {each.reason for each in bad}
        why = heard(reasons.pop()) if len(reasons) == 1 else ""
        for words in (" · ".join(filter(None, (why, again))), again):
            segment = Segment(f" {words}", self.desk.ink.warn)
            if words and segment.cell_length <= room:
                return [segment]
        return []

    def _counts(self, sources: list[SourceHealth], room: int) -> Line:
        """The shortest form: how many are well, and the first that is not."""
        ink = self.desk.ink
        told = [self.desk.view.hearsay(source.name) for source in sources]
        if all(old is not None for old in told):
            heard_of = _("{n} sources, last heard {age}").format(
                n=len(sources), age=ago(max(old or 0.0 for old in told))
            )
            return [Segment(f" ? {heard_of}", ink.stale)]
        good = sum(source.state == "ok" for source in sources)
        bad = next((source for source in sources if source.state != "ok"), None)
        line = [
            Segment(" ", ink.text),
            Segment("●" if bad is None else "◐", ink.ok if bad is None else ink.warn),
            Segment(
                " " + _("{good}/{count} sources").format(good=good, count=len(sources)), ink.text
            ),
        ]
        if bad is not None:
            text = f" · {clean(bad.name)} {self._words(bad, 1)}"
            line.append(Segment(fit(text, max(0, room - width_of(line))).rstrip(), ink.warn))
        return line


class KeysPanel(Panel):
    """A line of keys, each to be clicked. What a person must be told takes its place a while."""

    _said = ""
    _held = ""
    _saying: Timer | None = None

    def items(self) -> Iterator[tuple[str, str, str, Style]]:
        """Yield key, label, action and the label's style, most needed first."""
        raise NotImplementedError

    def say(self, text: str) -> None:
        """Show a text in place of the keys for some seconds."""
        if self._saying is not None:
            self._saying.stop()
        self._said, self._saying = text, self.set_timer(SAID_S, self.hush)
        self.show()

    def hold(self, text: str) -> None:
        """Show a text in place of the keys until it is another, or none."""
        self._held = text
        self.show()

    def hush(self) -> None:
        self._said = ""
        self.show()

    def paint(self, width: int, height: int) -> list[Line]:
        ink = self.desk.ink
        if told := self._said or self._held:
            return [[Segment(fit(f" {told}", width).rstrip(), ink.warn)]]
        line: Line = []
        for key, label, action, style in self.items():
            click = Style(meta={"@click": action})
            item = [
                Segment(f" {key}" if key else "", ink.key + click),
                Segment(f" {label} ", style + click),
            ]
            if width_of(line) + width_of(item) > width:
                break
            line += item
        return [line]


class KeysLine(KeysPanel):
    """The keys of the board."""

    def items(self) -> Iterator[tuple[str, str, str, Style]]:
        ink = self.desk.ink
        lost, waiting = self.desk.view.link_lost, self.desk.view.alerts.waiting
        # what needs a hand now stands first
        first = {"own_engine": 0.0, **({"alerts": 0.5} if waiting else {})}
        for action in sorted(ACTIONS, key=lambda each: first.get(each.name, each.rank)):
            if not action.rank or (action.name == "own_engine" and not lost):
                continue
            calls = action.name == "alerts" and waiting
            label = alerts_label(waiting) if calls else _(action.label)
            style = ink.alert if calls else ink.muted
            yield self.desk.key(action.name), label, f"app.do('{action.name}')", style
