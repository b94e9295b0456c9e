"""The lower edge: what happened, how the sources are, which keys there are."""

from datetime import UTC, datetime

from rich.segment import Segment
from rich.style import Style

from divmon.market.events import SourceHealth
from divmon.ui.actions import ACTIONS
from divmon.ui.widgets.panel import Desk, Framed, Line, Panel, between, width_of
from divmon.ui.words import age, clean, countdown, day, fit


def stamp_of(desk: Desk, time: float) -> str:
    """Return the viewer's time of day; on another day its date instead of the seconds."""
    then = datetime.fromtimestamp(time, UTC).astimezone(desk.zone)
    if then.date() == desk.view.now_utc.astimezone(desk.zone).date():
        return f"{then:%H:%M:%S}"
    return f"{day(then.date())} {then:%H:%M}"


def alerts_label(waiting: int) -> str:
    """Return how many alerts nobody has acknowledged."""
    return f"{waiting} alert{'s' * (waiting != 1)}" if waiting else "alerts"


class EventsPanel(Framed):
    """Newest first; one line where there is no room for more."""

    title = "Events"

    def aside(self) -> str:
        count = len(self.desk.view.events)
        return f"{count} kept" if count else ""

    def inside(self, width: int, height: int) -> list[Line]:
        ink, view = self.desk.ink, self.desk.view
        if not view.events:
            return [[Segment(" nothing has happened yet", ink.muted)]]
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
                    Segment(fit(event.text, width - len(stamp) - 4).rstrip(), ink.text),
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
            return [[Segment(" sources: none has reported yet", ink.muted)]]
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
            line = self._counts(sources, room)
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
            was = "" if source.state == "ok" else f"{source.state.replace('_', ' ')} "
            return f"{was}{age(told)} ago".replace("now ago", "just now") if detail == 2 else ""
        wait = None if source.next_try is None else source.next_try - view.now
        if source.state == "ok":
            if detail < 2:
                return ""
            if wait is not None and wait > 0 and source.kind == "poll":
                return f"next {countdown(wait)}"
            old = None if source.last_data is None else view.now - source.last_data
            return f"{age(old)} ago" if old is not None and old >= 5 else ""
        if detail == 0:
            return ""
        words = (
            fit(source.reason, 40 if detail == 2 else 18).rstrip()
            if source.reason
            else source.state
        )
        if wait is not None and wait > 0:
            words += f" · {'retry' if source.state != 'off' else 'next try'} {countdown(wait)}"
        return words

    def _counts(self, sources: list[SourceHealth], room: int) -> Line:
        """The shortest form: how many are well, and the first that is not."""
        ink = self.desk.ink
        told = [self.desk.view.hearsay(source.name) for source in sources]
        if all(old is not None for old in told):
            oldest = age(max(old or 0.0 for old in told))
            return [Segment(f" ? {len(sources)} sources, last heard {oldest} ago", ink.stale)]
        good = sum(source.state == "ok" for source in sources)
        bad = next((source for source in sources if source.state != "ok"), None)
        line = [
            Segment(" ", ink.text),
            Segment("●" if bad is None else "◐", ink.ok if bad is None else ink.warn),
            Segment(f" {good}/{len(sources)} sources", ink.text),
        ]
        if bad is not None:
            text = f" · {clean(bad.name)} {self._words(bad, 1)}"
            line.append(Segment(fit(text, max(0, room - width_of(line))).rstrip(), ink.warn))
        return line


class KeysLine(Panel):
    """The keys, most needed first; each can be clicked."""

    def paint(self, width: int, height: int) -> list[Line]:
        ink = self.desk.ink
        line: Line = []
        lost, waiting = self.desk.view.link_lost, self.desk.view.alerts.waiting
        # what needs a hand now stands first
        first = {"own_engine": 0.0, **({"alerts": 0.5} if waiting else {})}
        for action in sorted(ACTIONS, key=lambda each: first.get(each.name, each.rank)):
            if not action.rank or (action.name == "own_engine" and not lost):
                continue
            click = Style(meta={"@click": f"app.do('{action.name}')"})
            calls = action.name == "alerts" and waiting
            label = alerts_label(waiting) if calls else action.label
            item = [
                Segment(f" {action.shown}", ink.key + click),
                Segment(f" {label} ", (ink.alert if calls else ink.muted) + click),
            ]
            if width_of(line) + width_of(item) > width:
                break
            line += item
        return [line]
