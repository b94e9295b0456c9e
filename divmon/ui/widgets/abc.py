"""The ABC score: what it is made of, where it has been, what would change it."""

from rich.segment import Segment

from divmon.reading.model import Abc
from divmon.ui.heard import heard
from divmon.ui.i18n import N_, _
from divmon.ui.widgets.chart import bar, braille
from divmon.ui.widgets.panel import Framed, Line, width_of
from divmon.ui.words import NONE, fit, price, signed

NAMES = {
    "rel20": N_("1-month lead"),
    "rel60": N_("1-quarter lead"),
    "breadth20": N_("breadth"),
    "highs": N_("records"),
    "ddgap": N_("drawdown gap"),
}
ALERT, WATCH = 70, 50
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
        wide = self.size.width >= 60 or not self.size.width
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
        lines += bars
        foot = self._foot(abc, width)[: max(0, height - len(lines))]
        room = height - len(lines) - len(foot)
        if room >= 4:
            lines += self._history(abc, width, room)
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
            full, rest = bar(part.value or 0.0, cells)
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
        """The score over the last 90 sessions with the levels of alert and watch."""
        ink = self.desk.ink
        scores = [score for _, score, _ in abc.history]
        if sum(score is not None for score in scores) < 2:
            return []
        known = [score for score in scores if score is not None]
        low, high = min(*known, 40.0), max(*known, 75.0)
        label = 12
        body = height - 1
        plot = braille(scores, width - label - 1, body, low, high)
        marks = {
            round((high - level) / (high - low) * (4 * body - 1)) // 4: f"{_(word)} {level}"
            for word, level in (("watch", WATCH), ("alert", ALERT))
        }
        style = {"alert": ink.alert, "watch": ink.warn}.get(abc.state, ink.chart)
        count = _("{n} sessions").format(n=len(scores))
        lines: list[Line] = [[Segment(f" {count}", ink.muted)]]
        for y, text in enumerate(plot):
            word = marks.get(y, "")
            lines.append([Segment(f" {fit(word, label)}", ink.muted), Segment(text, style)])
        return lines

    def _foot(self, abc: Abc, width: int) -> list[Line]:
        """What would begin to change the state, and the catch-up price."""
        ink = self.desk.ink
        lines: list[Line] = []
        if abc.flips:
            line = [Segment(_(" {state} if ").format(state=_(abc.flips[0].state)), ink.muted)]
            for n, flip in enumerate(abc.flips[:3]):
                row = self.desk.view.rows.get(flip.instrument)
                sign = ">" if flip.above else "<"
                decimals = 0 if flip.price >= 1000 or row is None else row.decimals
                text = f"{flip.instrument} {sign} {price(flip.price, decimals)}"
                part = [Segment(text, ink.by_sign(1.0 if flip.above else -1.0))]
                if n:
                    part.insert(0, Segment(_(" or "), ink.muted))
                if width_of(line) + width_of(part) > width:
                    break
                line += part
            lines.append(line)
        reading = self.desk.view.reading
        item = next((each for each in (reading.catchup if reading else ()) if each.price), None)
        if item is not None:
            words = _(" to match {target} {anchor}").format(
                target=_(item.target), anchor=_(item.anchor)
            )
            needs = Segment(price(item.price, 0), ink.bold)
            lines.append(
                [Segment(_(" catch-up: BTC needs "), ink.muted), needs, Segment(words, ink.muted)]
            )
        return lines
