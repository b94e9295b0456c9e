"""The top of the screen: the state and the sentence, and the banner that must not be missed."""

from collections.abc import Iterator
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

from rich.segment import Segment
from rich.style import Style

from divmon.ui.heard import heard, session_word
from divmon.ui.i18n import N_, _, counted, language
from divmon.ui.keys import first_shown
from divmon.ui.view import View
from divmon.ui.widgets.chart import bar
from divmon.ui.widgets.panel import Line, Panel, between, width_of
from divmon.ui.words import NONE, clean, countdown, day, fit, weekday, wrap

LEAST = 18  # cells, divider included, that the beginning of a part is worth
QUIET = N_("describes, does not forecast")
_NEW_YORK = ZoneInfo("America/New_York")


def banner(view: View) -> str:
    """Return what must be said over the full width, or nothing.

    A lost link first: while it lasts, nothing else on the board is news.
    """
    lost = view.link_lost_for
    if lost is not None:
        said = clean(heard(view.link.reason)) if view.link and view.link.reason else ""
        own = first_shown(view.settings.keys["own_engine"])
        if said and view.link and view.link.state == "off":
            # there is an engine, and what is wrong with it is for a person to cure
            return _("{reason} · {key}: run my own engine").format(reason=said, key=own)
        gone = _("engine gone {time} · {key}: run my own engine · reconnecting").format(
            time=countdown(lost), key=own
        )
        return gone + (f" · {said}" if said else "")
    reading = view.reading
    if reading is None:
        return _("SIMULATED") if view.simulated else ""
    if reading.simulated or view.simulated:
        said = heard(reading.banner) if reading.banner else _("demo prices, not a market")
        return said if "SIMULATED" in said else f"{_('SIMULATED')} · {said}"
    if reading.banner:
        return heard(reading.banner)
    if reading.warm:
        stamp = reading.as_of.astimezone(UTC)
        return _("last known board, {time} UTC · asking the sources").format(
            time=f"{weekday(stamp)} {stamp:%H:%M}"
        )
    return ""


def spoken(view: View) -> str:
    """Return the Reading's sentence in the screen's language, nothing before the first."""
    if view.reading is None:
        return ""
    said = view.reading.sentence
    return (said.ja if language() == "ja" else "") or said.en


def shortened(text: str, width: int) -> str:
    """Return as many whole parts of a banner as fit, the first ones first.

    The parts stand in order of importance, divided by " · ". What is left of the room
    takes the beginning of the next one, if that is more than a syllable.
    """
    if Segment(text).cell_length > width:
        long, short = _("next try in {time}"), _("retry {time}")
        text = text.replace(long.format(time=""), short.format(time=""))
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
        line.append(Segment(f" {_(state).upper()}", on(word, bold=True)))
        named = len(line)
        if abc and abc.since:
            line.append(Segment(_(" since {date}").format(date=day(abc.since)), on(ink.text)))
            if abc.sessions and width >= 100:
                held = counted(abc.sessions, N_("1 session"), N_("{n} sessions"))
                line.append(Segment(f" · {held}", on(ink.muted)))
        if abc and abc.score is not None and view.abc_provisional is not None and width >= 80:
            soon = _("{score} provisional").format(score=f"{view.abc_provisional:.0f}")
            line.append(Segment(f" · {soon}", on(ink.provisional)))

        space = width - width_of(line) - 1
        right = self._badges(space)
        if width_of(right) > space:
            # what is simulated or paused counts for more than the layout
            right = self._badges(space, where="")
        if width_of(right) > space:
            # and for more than since when
            line = line[:named]
            space = width - width_of(line) - 1
            right = self._badges(space, where="", timed=width >= 60)
        room = width - width_of(line) - width_of(right) - 4
        sentence = spoken(view) if view.reading else _("waiting for the first answers")
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
            lines.append([Segment(f" {_(QUIET)}", ink.muted)])
        for clock in clocks:
            if width_of(lines[-1]) + width_of(clock) < width and len(lines) > 1:
                lines[-1] = between(lines[-1], clock, width, ink)
                break
        return lines

    def _badges(self, room: int, where: str | None = None, *, timed: bool = True) -> Line:
        """Return what qualifies all below; where there is no room, as the one word it has."""
        line: Line = []
        if where := self.where if where is None else where:
            line.append(Segment(f" {where} ", self.desk.ink.key))
        if self.paused:
            since = f" {self.paused}" if timed else ""
            line.append(Segment(f" {_('PAUSED')}{since} ", self.desk.ink.badge))
        if self.desk.view.simulated:
            for word in (_("SIMULATED"), "SIMULATED"):
                badge = Segment(f" {word} ", self.desk.ink.badge)
                if width_of([*line, badge]) <= room:
                    break
            line.append(badge)
        return line

    def _clocks(self) -> list[Line]:
        """Return the date and time with the session, and shorter ones for less room."""
        view, ink = self.desk.view, self.desk.ink
        if view.reading is None:
            return []
        now = view.now_utc
        york = now.astimezone(_NEW_YORK)
        session = view.reading.session
        trading = f"NYSE {session_word(session.state)}"
        then = session.next_close if session.state == "open" else session.next_open
        if then is not None and timedelta(0) <= then - now < timedelta(days=5):
            wait = countdown((then - now).total_seconds())
            soon = _(", closes in {time}") if session.state == "open" else _(", opens in {time}")
            trading += soon.format(time=wait)
        own = now.astimezone(self.desk.zone)
        mine = (
            ""
            if own.utcoffset() in (now.utcoffset(), york.utcoffset())
            else "  " + _("{time} here").format(time=f"{own:%H:%M}")
        )
        times = f"{york:%H:%M} NY  {now:%H:%M} UTC"
        words = (f"{trading}   {weekday(york)}  {times}{mine} ", f"{weekday(york)}  {times} ")
        return [[Segment(text, ink.muted)] for text in (*words, f"{times} ")]
