"""The ABC score: what it is made of, where it has been, what would change it."""

from collections.abc import Sequence
from itertools import groupby

from rich.cells import cell_len
from rich.segment import Segment

from divmon.reading.model import Abc, AbcState
from divmon.ui.heard import heard
from divmon.ui.i18n import N_, _
from divmon.ui.widgets.chart import bar, braille, dot_row, sparkline, through
from divmon.ui.widgets.panel import Framed, Line, between, width_of
from divmon.ui.words import NONE, day, fit, price, signed

NAMES = {
    "rel20": N_("1-month lead"),
    "rel60": N_("1-quarter lead"),
    "breadth20": N_("breadth"),
    "highs": N_("records"),
    "ddgap": N_("drawdown gap"),
}
ALERT, WATCH = 70, 50
APART, DATED = 5, 9  # lines of the score's chart from which one is left free, one for its dates
_LEVELS: dict[AbcState, int] = {"calm": 0, "watch": 1, "alert": 2}
# the directions of the basket's and BTC's 20-session z-scores in each quadrant
QUADRANTS = {
    "ABC": ("↑", "↓"),
    "BTC lags": ("↑", N_("↑ less")),
    "both up": ("↑", "↑"),
    "crypto-led": ("↓", "↑"),
    "risk-off": ("↓", "↓"),
}


def confidence(value: float | None) -> str:
    """Return the word for a confidence of 0-1."""
    if value is None:
        return _("confidence unknown")
    if value >= 0.9:
        return _("high confidence")
    return _("medium confidence") if value >= 0.7 else _("low confidence")


class AbcPanel(Framed):
    title = N_("ABC  Anything But Crypto")

    @property
    def abc(self) -> Abc | None:
        reading = self.desk.view.reading
        return reading.abc if reading else None

    def heading(self) -> Line:
        if self.sharing:
            return super().heading()
        wide = self.size.width >= 72 or not self.size.width
        return [Segment(_(self.title) if wide else "ABC", self.desk.ink.title)]

    def aside(self) -> str:
        abc = self.abc
        if abc is None or abc.coverage is None:
            return ""
        covered = _("coverage {share} %").format(share=f"{100 * abc.coverage:.0f}")
        return f"{covered} · {confidence(abc.confidence)}"

    def inside(self, width: int, height: int) -> list[Line]:
        ink, abc = self.desk.ink, self.abc
        if abc is None:
            return [[Segment(_(" no reading yet"), ink.muted)]]
        lines = [self._score_line(abc, width)]
        bars = self._bars(abc, width)
        if not bars:
            lines.append([Segment(_(" no component has its data yet"), ink.muted)])
        if height <= len(bars):
            bars = []  # a part of them would not add up
        foot = self._foot(abc, width, height - len(lines) - len(bars))
        room = height - len(lines) - len(bars) - len(foot)
        if (room >= 5 or (room and not bars)) and abc.score is not None:
            lines.append(self._gauge(abc, width))
            room -= 1
        lines += bars
        if room >= 4:
            lines += self._history(abc, width, room)
        elif room >= 1:
            lines += [*([[]] if room > 1 else []), *self._path(abc, width)]
        lines += [[] for _ in range(height - len(foot) - len(lines))]
        return lines[: max(1, height - len(foot))] + foot

    def _score_line(self, abc: Abc, width: int) -> Line:
        ink = self.desk.ink
        style = {"alert": ink.alert, "watch": ink.warn, "calm": ink.ok}.get(abc.state, ink.muted)
        if abc.score is None:
            lack = ", ".join(heard(each) for each in abc.missing) or _("too little data")
            why = _("no score: {reason}").format(reason=lack)
            return [Segment(f" {NONE}", ink.bold), Segment(f"  {why}", ink.muted)]
        line = [Segment(f" {abc.score:.0f}", style + ink.bold if ink.dimmed else style)]
        if abc.plus_minus is not None:
            line.append(Segment(f" ±{abc.plus_minus:.0f}", ink.muted))
        provisional = self.desk.view.abc_provisional
        if provisional is not None:
            told = _("{score} provisional").format(score=f"{provisional:.0f}")
            line.append(Segment(f"  {told}", ink.provisional))
        return line + self._quadrant(abc, width - width_of(line))

    def _quadrant(self, abc: Abc, room: int) -> Line:
        """Where the basket and BTC went in 20 sessions, and what that is called."""
        ink = self.desk.ink
        if abc.quadrant is None:
            return []
        name = f"“{_(abc.quadrant)}”"
        arrows = QUADRANTS.get(abc.quadrant)
        if arrows is None:
            return [Segment(f"   {name}", ink.text)]
        trad, btc = (signed(z.get("20"), 1) for z in (abc.z_trad, abc.z_btc))
        up, down = (_(arrow) for arrow in arrows)
        known = NONE not in (trad, btc)
        forms = (
            _("20 d: trad {up} {trad} σ, BTC {down} {btc} σ → ").format(
                up=up, trad=trad, down=down, btc=btc
            )
            if known
            else "",
            _("trad {up}  BTC {down} → ").format(up=up, down=down),
            _("trad {up} BTC {down} ").format(up=up, down=down),
            "",
        )
        for form in forms:
            words = [Segment(f"   {form}", ink.muted), Segment(name, ink.text)]
            if (form or form is forms[-1]) and width_of(words) <= room:
                return words
        return []

    def _bars(self, abc: Abc, width: int) -> list[Line]:
        """One bar each: its length is the weight, its filled part the contribution."""
        ink = self.desk.ink
        name = 16 if width >= 44 else 15
        tail = 11
        room = width - name - tail - 1
        heaviest = max((part.weight for part in abc.components.values()), default=1.0) or 1.0
        style = {"alert": ink.alert, "watch": ink.warn}.get(abc.state, ink.chart)
        lines: list[Line] = []
        for key, part in abc.components.items():
            cells = max(1, round(room * part.weight / heaviest))
            label = Segment(f" {fit(_(NAMES.get(key, key)), name)}", ink.text)
            if part.contribution is None:
                lines.append([label, Segment(f"{fit(_('no data'), room)}{NONE:>6}", ink.muted)])
                continue
            full, rest = bar(part.value or 0.0, cells, stacked=True)
            lines.append(
                [
                    label,
                    Segment(full, style),
                    Segment(rest + " " * (room - cells), ink.frame),
                    Segment(f"{part.contribution:>6.1f}", ink.text),
                    Segment(f" /{100 * part.weight:<3.0f}", ink.muted),
                ]
            )
        return lines

    def _history(self, abc: Abc, width: int, height: int) -> list[Line]:
        """The score over the last 90 sessions, behind it where alert and watch begin.

        Where there is room, the bars above stay apart from it, and it says from when to when.
        """
        ink = self.desk.ink
        scores = [score for _day, score, _state in abc.history]
        if sum(score is not None for score in scores) < 2:
            return []
        dated, apart = height >= DATED, height >= APART
        height -= dated + apart
        known = [score for score in scores if score is not None]
        low, high = min(*known, 40.0), max(*known, 75.0)
        label = 12
        rows = {level: dot_row(level, height, low, high) for level in (WATCH, ALERT)}
        marks = {
            rows[level] // 4: f"{_(word)} {level}"
            for word, level in (("watch", WATCH), ("alert", ALERT))
        }
        free = next((y for y in range(height - 1, -1, -1) if y not in marks), -1)
        marks[free] = _("{n} sessions").format(n=len(scores))
        style = {"alert": ink.alert, "watch": ink.warn}.get(abc.state, ink.chart)
        behind = {row // 4: "┄" if self.desk.ascii else through("⠀", row % 4)
                  for row in rows.values()}  # fmt: skip
        lines: list[Line] = [[]] if apart else []
        for y, text in enumerate(braille(scores, width - label - 1, height, low, high)):
            line = [Segment(f" {fit(marks.get(y, ''), label)}", ink.muted)]
            for blank, part in groupby(text, lambda character: character == "⠀"):
                drawn = "".join(part)
                if blank and y in behind:
                    drawn = behind[y] * len(drawn)
                line.append(Segment(drawn, ink.frame if blank else style))
            lines.append(line)
        if dated:
            first, last = (f"{day(each)} {each.year}" for each, *_ in
                           (abc.history[0], abc.history[-1]))  # fmt: skip
            lines.append(between([Segment(" " * (label + 1) + first, ink.muted)],
                                 [Segment(last, ink.muted)], width, ink))  # fmt: skip
        return lines

    def _gauge(self, abc: Abc, width: int) -> Line:
        """The score on its scale of 0 to 100, with where watch and alert begin, and its range."""
        ink = self.desk.ink
        cells = width - 7
        score, around = abc.score or 0.0, abc.plus_minus or 0.0
        style = {"alert": ink.alert, "watch": ink.warn}.get(abc.state, ink.chart)
        texts = {round(level / 100 * cells): str(level) for level in (WATCH, ALERT)}
        line = [Segment(" 0 ", ink.muted)]
        x = 0
        while x < cells:
            at = 100 * (x + 0.5) / cells
            tone = style if at <= score + around else ink.frame
            if x in texts:
                line.append(Segment(texts[x], ink.bold))
                x += len(texts[x])
                continue
            glyph = "█" if at <= score - around else "▒" if at <= score + around else "░"
            line.append(Segment(glyph, tone))
            x += 1
        return [*line, Segment(" 100", ink.muted)]

    def _path(self, abc: Abc, width: int) -> list[Line]:
        """The score's history in one line."""
        known = [score for _day, score, _state in abc.history if score is not None]
        if len(known) < 2:
            return []
        style = {"alert": self.desk.ink.alert, "watch": self.desk.ink.warn}.get(
            abc.state, self.desk.ink.chart
        )
        name = f" {_('{n} sessions').format(n=len(abc.history))} "
        room = width - cell_len(name)
        text = sparkline(thinned(known, room), room)
        return [[Segment(name, self.desk.ink.muted), Segment(text, style)]]

    def _foot(self, abc: Abc, width: int, height: int) -> list[Line]:
        """What would begin to change the state, and the catch-up price, in so many lines."""
        ink = self.desk.ink
        lines = self._flips(abc, width, height)
        if height - len(lines) < 3:
            # the score's path is worth more
            return lines
        reading = self.desk.view.reading
        item = next((each for each in (reading.catchup if reading else ()) if each.price), None)
        if item is not None:
            words = _(" to match {target} {anchor}").format(
                target=_(item.target), anchor=_(item.anchor)
            )
            needs = Segment(price(item.price, 0), ink.bold)
            line = [
                Segment(_(" catch-up: BTC needs "), ink.muted),
                needs,
                Segment(words, ink.muted),
            ]
            if width_of(line) > width:
                line[0] = Segment(_(" BTC needs "), ink.muted)
            lines.append(line)
        return lines

    def _flips(self, abc: Abc, width: int, height: int) -> list[Line]:
        """The prices at which the state begins to change, all others held: two closes end it."""
        ink = self.desk.ink
        flips = [flip for flip in abc.flips if flip.state == abc.flips[0].state][:3]
        if not flips or height < 1:
            return []
        back = _LEVELS.get(flips[0].state, 0) < _LEVELS.get(abc.state, 0)
        words = _("back to {state}") if back else _("to {state}")
        to = words.format(state=_(flips[0].state))
        parts: list[Line] = []
        for flip in flips:
            row = self.desk.view.rows.get(flip.instrument)
            sign = ">" if flip.above else "<"
            decimals = 0 if flip.price >= 1000 or row is None else row.decimals
            text = f"{flip.instrument} {sign} {price(flip.price, decimals)}"
            parts.append([Segment(text, ink.by_sign(1.0 if flip.above else -1.0))])
        joined: Line = []
        for n, part in enumerate(parts):
            longer = [*joined, *([Segment(_(" or "), ink.muted)] if n else []), *part]
            if width_of(longer) > width - 2:
                break
            joined = longer
        after = Segment(_(" {change} after two closes with ").format(change=to), ink.muted)
        if width_of([after]) + width_of(joined) <= width:
            return [[after, *joined]]
        if height >= 2:
            return [[after], [Segment("   ", ink.text), *joined]]
        short = Segment(_(" {change}, two closes: ").format(change=to), ink.muted)
        return [[short, *parts[0]]]


def thinned(values: Sequence[float], most: int) -> list[float]:
    """Return at most `most` of the values, evenly spread, the last one among them."""
    if len(values) <= most or most < 2:
        return list(values[-max(1, most) :])
    last = len(values) - 1
    return [values[round(n * last / (most - 1))] for n in range(most)]
