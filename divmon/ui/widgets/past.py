"""The score's past: its whole path, its episodes of alert, and what followed them."""

from collections.abc import Sequence
from datetime import date

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from divmon.reading.frames import Past
from divmon.reading.model import AbcState
from divmon.reading.told import After, Told
from divmon.ui.i18n import N_, _, language
from divmon.ui.theme import Ink
from divmon.ui.widgets.abc import ALERT, WATCH
from divmon.ui.widgets.chart import braille
from divmon.ui.widgets.listed import Listed
from divmon.ui.widgets.panel import Desk, Framed, Line
from divmon.ui.words import NONE, fit, month, signed

Day = tuple[date, float | None, AbcState]

LETTERS: dict[AbcState, str] = {"alert": "A", "watch": "w", "calm": "·", "unknown": "?"}
WORST: tuple[AbcState, ...] = ("alert", "watch", "calm", "unknown")
ZOOMS = ((N_("all"), 0), (N_("3 years"), 756), (N_("1 year"), 252), (N_("90 sessions"), 90))
TARGETS = ("BTC", "RUT", "SPX")
HORIZONS = ("5", "20", "60", "120")
LABEL = 10
BLANK = "\u2800"
WIDE = 92  # cells, from which what followed is told with the shares above zero
WITH_INTERVAL = 61  # cells, from which with the interval of the mean


def envelope(scores: Sequence[float | None], cells: int) -> list[float | None]:
    """Return what a line of `cells` cells can show of `scores`, two values a cell.

    More scores than that: each cell has the lowest and the highest of its own, in the
    order in which they came, so that no peak is lost between two columns.
    """
    if len(scores) <= 2 * cells:
        return list(scores)
    made: list[float | None] = []
    for cell in range(cells):
        part = scores[slice(*_span(cell, cells, len(scores)))]
        known = [(value, at) for at, value in enumerate(part) if value is not None]
        if not known:
            made += [None, None]
            continue
        low, high = min(known), max(known)
        made += [low[0], high[0]] if low[1] <= high[1] else [high[0], low[0]]
    return made


def _span(cell: int, cells: int, n: int) -> tuple[int, int]:
    """Return the first and the last but one of the sessions that a cell stands for."""
    start = cell * n // cells
    return start, max(start + 1, (cell + 1) * n // cells)


def state_of(days: Sequence[Day]) -> AbcState:
    """Return the gravest state among `days`; unknown only where all are."""
    held = {state for _, _, state in days}
    return next((state for state in WORST if state in held), "unknown")


def _style(ink: Ink, state: AbcState) -> Style:
    return {"alert": ink.alert, "watch": ink.warn, "calm": ink.chart}.get(state, ink.muted)


def _runs(text: str, styles: Sequence[Style]) -> Line:
    """Return one Segment for each run of one style."""
    line: Line = []
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or styles[at] is not styles[start]:
            line.append(Segment(text[start:at], styles[start]))
            start = at
    return line


class PathPanel(Framed):
    """The score of every session with the levels of watch and alert, and its states."""

    title = N_("ABC score")
    zoom = 0

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, id="path")
        self.past: Past | None = None
        self._drawn: tuple[object, list[Line]] = (None, [])

    @property
    def days(self) -> tuple[Day, ...]:
        count = ZOOMS[self.zoom][1]
        return () if self.past is None else self.past.days[-count:]

    def aside(self) -> str:
        days = self.days
        if not days:
            return ""
        span = _("{n} sessions from {date}").format(n=f"{len(days):,}", date=days[0][0])
        zoom = _("{key} zoom").format(key=self.desk.key("history.zoom"))
        return f"{_(ZOOMS[self.zoom][0])} · {span} · {zoom}"

    def inside(self, width: int, height: int) -> list[Line]:
        key = (self.past, self.zoom, width, height, self.desk.ink, language())
        if self._drawn[0] != key:
            self._drawn = (key, self._draw(width, height))
        return self._drawn[1]

    def _draw(self, width: int, height: int) -> list[Line]:
        ink, days = self.desk.ink, self.days
        known = [score for _, score, _ in days if score is not None]
        if self.past is None:
            return [[Segment(_(" asking the engine for the whole path …"), ink.muted)]]
        if len(known) < 2:
            return [[Segment(_(" no session with a score yet"), ink.muted)]]
        cells, body = width - LABEL - 1, height - 2
        if cells < 10 or body < 2:
            return [[Segment(_(" no room for a chart"), ink.muted)]]
        parts = [days[slice(*_span(cell, cells, len(days)))] for cell in range(cells)]
        states = [state_of(part) for part in parts]
        colours = [_style(ink, state) for state in states]
        low, high = min(*known, WATCH - 10.0), max(*known, ALERT + 5.0)
        scores = [score for _, score, _ in days]
        levels = {
            round((high - level) / (high - low) * (4 * body - 1)) // 4: (
                f"{_(word)} {level}",
                style,
            )
            for word, level, style in (("watch", WATCH, ink.warn), ("alert", ALERT, ink.alert))
        }
        plot = braille(envelope(scores, cells), cells, body, low, high)
        lines = [
            self._row(text, colours, *levels.get(y, ("", ink.muted))) for y, text in enumerate(plot)
        ]
        letters = "".join(LETTERS[state] for state in states)
        lines.append([Segment(f" {fit(_('state'), LABEL)}", ink.muted), *_runs(letters, colours)])
        dates = " " * (LABEL + 1) + self._dates(parts)
        return [*lines, [Segment(dates, ink.muted)]]

    def _row(self, text: str, colours: Sequence[Style], word: str, level: Style) -> Line:
        """One row of the plot; where it is empty, a level's line shows through."""
        if not word:
            return [Segment(" " * (LABEL + 1), level), *_runs(text, colours)]
        styles = [level if sign == BLANK else own for sign, own in zip(text, colours, strict=True)]
        return [
            Segment(f" {fit(word, LABEL)}", level),
            *_runs(text.replace(BLANK, "┄"), styles),
        ]

    def _dates(self, parts: Sequence[Sequence[Day]]) -> str:
        """Years under the chart, months where it shows less than two."""
        by_month = len(self.days) <= 2 * 252
        marks: list[tuple[int, str]] = []
        before = None
        for cell, part in enumerate(parts):
            then = part[0][0]
            mark = (then.year, then.month) if by_month else (then.year, 0)
            if mark != before:
                name = month(then) if by_month and then.month > 1 else f"{then.year}"
                if marks and marks[-1][0] + cell_len(marks[-1][1]) >= cell:
                    # a full year's name is worth more than that of the rest before it
                    marks.pop()
                if cell + cell_len(name) <= len(parts):
                    marks.append((cell, name))
            before = mark
        text = ""
        for cell, name in marks:
            text = fit(text, cell) + name
        return text


class EpisodesPanel(Listed):
    """Every episode of alert, newest first: how long, how high, and what came after."""

    title = N_("Episodes of alert")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, id="episodes")
        self.past: Past | None = None

    @property
    def episodes(self) -> tuple[Told, ...]:
        return () if self.past is None else self.past.episodes[::-1]

    def aside(self) -> str:
        wide = self.size.width >= 110
        long, short = (
            N_("simple returns, % from the close after it was confirmed"),
            N_("simple returns, %"),
        )
        parts = [_(long if wide else short)]
        return " · ".join([*parts, self.position()]).removesuffix(" · ")

    def _targets(self, width: int) -> list[str]:
        """Return the targets that there is room for beside the episode itself."""
        fits = max(1, (width - 33) // (7 * len(HORIZONS) + 6))
        return list(TARGETS[:fits]) if self._horizons(width) else []

    def _horizons(self, width: int) -> list[str]:
        """Return the horizons of a target that there is room for; a column is never cut."""
        return list(HORIZONS[: max(0, (width - 33 - 6) // 7)])

    def head(self, width: int) -> list[Line]:
        text = f" {fit(_('from'), 11)}{fit(_('to'), 11)}{'n':>4}{fit(_('max'), 5, right=True)}"
        for target in self._targets(width):
            text += f"  {target:>4}"
            text += "".join(f"{'+' + horizon:>7}" for horizon in self._horizons(width))
        return [[Segment(text, self.desk.ink.muted)]]

    def lines(self, width: int) -> list[Line]:
        ink = self.desk.ink
        if self.past is None:
            return []
        if not self.episodes:
            return [[Segment(_(" none in all the data"), ink.muted)]]
        last = self.past.days[-1] if self.past.days else None
        lines: list[Line] = []
        for each in self.episodes:
            running = last is not None and each.end == last[0] and last[2] == "alert"
            end = _("running") if running else str(each.end)
            top = NONE if each.max_score is None else f"{each.max_score:.0f}"
            line = [
                Segment(f" {each.start!s:<11}", ink.text),
                Segment(fit(end, 11), ink.alert if running else ink.text),
                Segment(f"{each.sessions:>4}", ink.text),
                Segment(f"{top:>5}", ink.bold),
            ]
            for target in self._targets(width):
                line.append(Segment(" " * 6, ink.text))
                line += [self._after(each, horizon, target) for horizon in self._horizons(width)]
            lines.append(line)
        return lines

    def _after(self, each: Told, horizon: str, target: str) -> Segment:
        after = each.after.get(horizon, {}).get(target)
        value = None if after is None else after.value
        return Segment(f"{_percent(value):>7}", self.desk.ink.by_sign(value))


def _percent(value: float | None) -> str:
    return NONE if value is None else signed(100 * value, 1)


class FollowedPanel(Framed):
    """The mean after all episodes beside the mean after any session, and whether that is enough."""

    target = TARGETS[0]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, id="followed")
        self.past: Past | None = None

    def heading(self) -> Line:
        return [Segment(_("What followed: {name}").format(name=self.target), self.desk.ink.title)]

    def aside(self) -> str:
        other = _("{key} other target").format(key=self.desk.key("tab"))
        return f"{other} · {_('describes, does not forecast')}"

    def inside(self, width: int, height: int) -> list[Line]:
        ink = self.desk.ink
        told = self.past.episodes[-1] if self.past and self.past.episodes else None
        if told is None:
            return [[Segment(_(" no episode, so nothing followed one"), ink.muted)]]
        lines = [followed_head(ink, width)]
        for horizon in HORIZONS:
            after = told.after.get(horizon, {}).get(self.target)
            if after is not None:
                lines.append(followed_line(ink, horizon, after, width))
        return lines


def followed_head(ink: Ink, width: int) -> Line:
    """Name the columns of `followed_line`."""
    up = fit(_("up"), 6, right=True) if width >= WIDE else ""
    head = f" {fit(_('sessions'), 9)}{'n':>3}{fit(_('mean %'), 8, right=True)}"
    if width >= WITH_INTERVAL:
        head += f"  {fit(_('95 % interval'), 16)}{up}"
    head += f"{fit(_('any session'), 13, right=True)}{up}"
    return [Segment(head, ink.muted)]


def followed_line(ink: Ink, horizon: str, after: After, width: int) -> Line:
    """Write the mean after all cases over one horizon beside that after any session."""
    wide = width >= WIDE
    low, high = after.interval or (None, None)
    between = f"[{_percent(low)}, {_percent(high)}]" if after.interval else NONE
    loud = ink.by_sign(after.mean) if after.enough else ink.muted
    line = [
        Segment(f" {'+' + horizon:<9}{after.n:>3}", ink.text),
        Segment(f"{_percent(after.mean):>8}", loud),
    ]
    if width >= WITH_INTERVAL:
        line.append(Segment(f"  {between:<16}", ink.muted))
    if wide:
        line.append(Segment(f"{_share(after.positive):>6}", ink.muted))
        line.append(Segment(f"{_percent(after.base.mean):>13}", ink.text))
        line.append(Segment(f"{_share(after.base.positive):>6}", ink.muted))
    else:
        line.append(Segment(f"{_percent(after.base.mean):>13}", ink.text))
    verdict = _("of {n} sessions").format(n=f"{after.base.n:,}") if wide else ""
    if not after.enough:
        few = _("too few to tell") if width >= 69 else _("too few")
        line.append(Segment(f"  {few}", ink.warn))
    elif verdict:
        line.append(Segment(f"  {verdict}", ink.muted))
    return line


def _share(value: float | None) -> str:
    return NONE if value is None else f"{100 * value:.0f} %"
