"""The top of the screen: the state and the sentence, and the banner that must not be missed."""

from collections.abc import Iterator
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

from rich.segment import Segment
from rich.style import Style

from divmon.ui.view import View
from divmon.ui.widgets.chart import bar
from divmon.ui.widgets.panel import Line, Panel, between, width_of
from divmon.ui.words import NONE, clean, countdown, day, fit, weekday, wrap

LEAST = 18  # cells, divider included, that the beginning of a part is worth
QUIET = "describes, does not forecast"
_NEW_YORK = ZoneInfo("America/New_York")


def banner(view: View) -> str:
    """Return what must be said over the full width, or nothing.

    A lost link first: while it lasts, nothing else on the board is news.
    """
    lost = view.link_lost_for
    if lost is not None:
        said = clean(view.link.reason) if view.link and view.link.reason else ""
        return f"engine gone {countdown(lost)} · e: run my own engine · reconnecting" + (
            f" · {said}" if said else ""
        )
    reading = view.reading
    if reading is None:
        return "SIMULATED" if view.simulated else ""
    if reading.simulated or view.simulated:
        said = reading.banner or "demo prices, not a market"
        return said if "SIMULATED" in said else f"SIMULATED · {said}"
    if reading.banner:
        return reading.banner
    if reading.warm:
        stamp = reading.as_of.astimezone(UTC)
        return f"last known board, {weekday(stamp)} {stamp:%H:%M} UTC · asking the sources"
    return ""


def shortened(text: str, width: int) -> str:
    """Return as many whole parts of a banner as fit, the first ones first.

    The parts stand in order of importance, divided by " · ". What is left of the room
    takes the beginning of the next one, if that is more than a syllable.
    """
    if Segment(text).cell_length > width:
        text = text.replace("next try in ", "retry ")
    kept = ""
    for part in text.split(" · "):
        longer = f"{kept} · {part}" if kept else part
        room = width - Segment(kept).cell_length
        if Segment(longer).cell_length > width:
            return fit(longer, width).rstrip() if room >= LEAST or not kept else kept
        kept = longer
    return kept


def shorter(sentence: str) -> Iterator[str]:
    """Yield a sentence and shorter ones of it, each whole: fewer clauses, then the opening alone.

    A clause about records ends in brackets, so "), " parts them; what comes after the
    semicolon is about Bitcoin, and goes last.
    """
    yield sentence
    opening, colon, rest = sentence.partition(": ")
    if not colon:
        opening, colon, rest = sentence.partition("：")
        if colon:
            yield f"{opening}。"
        return
    middle, _semicolon, last = rest.rpartition("; ")
    clauses = middle.replace("), ", ")\n").split("\n") if middle else []
    while clauses:
        clauses.pop()
        yield f"{opening}: {', '.join(clauses)}{'; ' if clauses else ''}{last}"
    yield f"{opening}."


def whole(sentence: str, width: int, lines: int) -> list[str]:
    """Return the sentence in at most `lines` lines, shortened where it would lose its end."""
    rows: list[str] = []
    for form in shorter(sentence):
        rows = wrap(form, width, lines + 1)
        if len(rows) <= lines:
            return rows
    return rows[:lines]


class Banner(Panel):
    """One inverse line; the screen hides it while there is nothing to say."""

    def paint(self, width: int, height: int) -> list[Line]:
        view = self.desk.view
        # a board that waits for its first answers is no alarm
        calm = view.reading is not None and view.reading.warm and not view.simulated
        calm = calm and not view.link_lost and not (view.reading and view.reading.banner)
        style = self.desk.ink.calm_bar if calm else self.desk.ink.badge
        text = shortened(clean(banner(self.desk.view)), max(1, width - 2))
        return [[Segment(fit(f" {text}" if text else "", width), style)]]


class StateLine(Panel):
    """The score, the state since when, the sentence; below it the caveat and the clock."""

    paused = ""  # the time at which the person paused, for PAUSED
    where = ""  # which layout or panel is on the board, where that is not everything

    def lines_needed(self, width: int, height: int) -> int:
        """Return the lines in which everything can be said, on a screen of this size."""
        most = 1 if height < 12 else 2 if height < 15 else 3 if height < 36 else 4
        return len(self._all(width, 1 + most, quiet=height >= 30))

    def paint(self, width: int, height: int) -> list[Line]:
        return self._all(width, height)

    def _all(self, width: int, height: int, *, quiet: bool = True) -> list[Line]:
        """Return at most `height` lines; the last one may be there for the caveat alone."""
        ink, view = self.desk.ink, self.desk.view
        abc = view.reading.abc if view.reading else None
        state = abc.state if abc else "unknown"
        ground = {"alert": ink.alert_bar, "watch": ink.watch_bar}.get(state, ink.calm_bar)
        word = {"alert": ink.alert, "watch": ink.warn, "calm": ink.ok}.get(state, ink.muted)

        def on(style: Style, *, bold: bool | None = None) -> Style:
            return style + Style(bgcolor=ground.bgcolor, bold=bold)

        badge = Style(color=ink.text.bgcolor, bgcolor=word.color, bold=True)
        score = NONE if abc is None or abc.score is None else f"{abc.score:.0f}"
        line: Line = [Segment(" ABC ", badge), Segment(f" {score}", on(word, bold=True))]
        if abc and abc.score is not None:
            if abc.plus_minus is not None and width >= 60:
                line.append(Segment(f" ±{abc.plus_minus:.0f}", on(ink.muted)))
            if width >= 100:
                full, rest = bar(abc.score / 100, 10)
                line += [Segment(f" {full}", on(word)), Segment(rest, on(ink.muted))]
        line.append(Segment(f" {state.upper()}", on(word, bold=True)))
        if abc and abc.since:
            line.append(Segment(f" since {day(abc.since)}", on(ink.text)))
            if abc.sessions and width >= 100:
                line.append(Segment(f" · {abc.sessions} sessions", on(ink.muted)))
        if abc and abc.score is not None and view.abc_provisional is not None and width >= 80:
            line.append(Segment(f" · {view.abc_provisional:.0f} provisional", on(ink.provisional)))

        right = self._badges()
        if width_of(line) + width_of(right) >= width:
            right = self._badges(where="")  # what is simulated or paused counts for more
        room = width - width_of(line) - width_of(right) - 4
        sentence = view.reading.sentence.en if view.reading else "waiting for the first answers"
        below: list[Line] = []
        told = (
            wrap(sentence, room, 1) if room >= 60 and Segment(sentence).cell_length <= room else []
        )
        if told:
            line.append(Segment(f"   {told[0]}", on(ink.text)))
        else:
            rows = whole(sentence, width - 2, height - 1)
            below = [[Segment(f" {text}", ink.text)] for text in rows]
        clocks = self._clocks()
        if not told:
            # the sentence is below, so the clock finds room beside the state
            for clock in clocks:
                if width_of(line) + width_of(clock) + width_of(right) + 2 < width:
                    right = [
                        Segment(text, on(style or ink.muted)) for text, style, _ in clock
                    ] + right
                    clocks = []
                    break
        filled = between(line, right, width, ink)
        gap = width - width_of(filled)
        first = [
            Segment(text, style if text.strip() else on(ink.text)) for text, style, _ in filled
        ]
        if gap > 0:
            first.append(Segment(" " * gap, on(ink.text)))
        lines = [first, *below]
        if len(lines) < height and told and quiet:
            lines.append([Segment(f" {QUIET}", ink.muted)])
        for clock in clocks:
            if width_of(lines[-1]) + width_of(clock) < width and len(lines) > 1:
                lines[-1] = between(lines[-1], clock, width, ink)
                break
        return lines

    def _badges(self, where: str | None = None) -> Line:
        line: Line = []
        if where := self.where if where is None else where:
            line.append(Segment(f" {where} ", self.desk.ink.key))
        if self.paused:
            line.append(Segment(f" PAUSED {self.paused} ", self.desk.ink.badge))
        if self.desk.view.simulated:
            line.append(Segment(" SIMULATED ", self.desk.ink.badge))
        return line

    def _clocks(self) -> list[Line]:
        """Return the date and time with the session, and shorter ones for less room."""
        view, ink = self.desk.view, self.desk.ink
        if view.reading is None:
            return []
        now = view.now_utc
        york = now.astimezone(_NEW_YORK)
        session = view.reading.session
        trading = f"NYSE {session.state}"
        then = session.next_close if session.state == "open" else session.next_open
        if then is not None and timedelta(0) <= then - now < timedelta(days=5):
            verb = "closes" if session.state == "open" else "opens"
            trading += f", {verb} in {countdown((then - now).total_seconds())}"
        own = now.astimezone(self.desk.zone)
        mine = (
            "" if own.utcoffset() in (now.utcoffset(), york.utcoffset()) else f"  {own:%H:%M} here"
        )
        times = f"{york:%H:%M} NY  {now:%H:%M} UTC"
        words = (f"{trading}   {weekday(york)}  {times}{mine} ", f"{weekday(york)}  {times} ")
        return [[Segment(text, ink.muted)] for text in (*words, f"{times} ")]
