"""BTC beside every instrument: how alike they move, and whether one moves first."""

from rich.segment import Segment
from rich.style import Style

from divmon.reading.model import BetaGap, Correlation, CorrelationWindow, LeadLag, Reading
from divmon.ui.heard import heard
from divmon.ui.i18n import N_, _
from divmon.ui.widgets.listed import Listed
from divmon.ui.widgets.panel import Desk, Framed, Line, width_of
from divmon.ui.words import NONE, clean, fit, percent, signed

LAGS = range(-5, 6)
SCALE = 1.0  # a bar of r reaches its full half at 1


def interval(window: CorrelationWindow) -> str:
    """Write the 95 % interval: [−0.12, +0.41]."""
    if window.low is None or window.high is None:
        return ""
    return f"[{signed(window.low)}, {signed(window.high)}]"


def spine(value: float | None, half: int, scale: float = SCALE) -> tuple[str, str]:
    """Return the halves left and right of zero of a bar that is `half` cells long at `scale`."""
    if value is None:
        return " " * half, " " * half
    full = min(half, round(abs(value) / scale * half))
    bar = "▇" * full
    return (bar.rjust(half), " " * half) if value < 0 else (" " * half, bar.ljust(half))


class CorrelationPanel(Listed):
    """A line an instrument. r is of aligned daily log returns, with its 95 % interval and n."""

    title = N_("Correlation with BTC")

    @property
    def pairs(self) -> dict[str, Correlation]:
        reading = self.desk.view.reading
        return reading.correlation if reading else {}

    @property
    def chosen(self) -> str:
        """Return the pair under the cursor, "" where there is none."""
        names = list(self.pairs)
        return names[self.cursor] if self.cursor < len(names) else ""

    def aside(self) -> str:
        count = _("{n} pairs").format(n=len(self.pairs)) if self.pairs else ""
        parts = [count, self.position(), _("{key} explain").format(key=self.desk.key("explain"))]
        return " · ".join(part for part in parts if part)

    def head(self, width: int) -> list[Line]:
        text = f" {'':<9}{'r 60':>6}  {fit(_('95 % interval'), 15)}{'n':>4}"
        if width >= 64:
            text += f"  {'r 20':>6}{'r 90':>7}{'EWMA':>7}"
        if width >= 76:
            text += f"  {fit(_('break'), 14)}"
        if width >= 124:
            text += f"  {fit('20: ' + _('95 % interval'), 19)}"
            text += f"  {fit('90: ' + _('95 % interval'), 19)}"
        return [[Segment(text, self.desk.ink.muted)]]

    def lines(self, width: int) -> list[Line]:
        ink = self.desk.ink
        if not self.pairs:
            return [[Segment(_(" no correlation yet: daily bars are missing"), ink.muted)]]
        return [self._line(pair, each, width) for pair, each in self.pairs.items()]

    def _line(self, pair: str, each: Correlation, width: int) -> Line:
        ink = self.desk.ink
        r = each.d60.r
        line: Line = [
            Segment(f" {fit(pair.partition('/')[2], 8)} ", ink.bold),
            Segment(f"{signed(r):>6}", ink.by_sign(r)),
            Segment(f"  {interval(each.d60):<15}", ink.muted),
            Segment(f"{each.d60.n:>4}", ink.muted),
        ]
        if width >= 64:
            for value, room in ((each.d20.r, 8), (each.d90.r, 7), (each.ewma94, 7)):
                line.append(Segment(f"{signed(value):>{room}}", ink.by_sign(value)))
        if width >= 76:
            line += self._break(each)
        if width >= 124:
            for window in (each.d20, each.d90):
                text = f"{interval(window)} {window.n}" if window.r is not None else NONE
                line.append(Segment(f"  {text:<19}", ink.muted))
        room = width - width_of(line) - 3
        if room >= 21:
            left, right = spine(r, min(20, (room - 1) // 2))
            line += [
                Segment(f"  {left}", ink.down),
                Segment("│", ink.frame),
                Segment(right, ink.up),
            ]
        return line

    def _break(self, each: Correlation) -> Line:
        """A flag only where the test says so on three sessions running; else its z."""
        ink, found = self.desk.ink, each.break_
        z = "" if found.z is None else f" z {signed(found.z, 1)}"
        if found.flag:
            return [Segment(f"  {fit('▲ ' + _('break') + z, 14)}", ink.warn)]
        word = NONE if found.flag is None else _("no")
        return [Segment(f"  {fit(word + z, 14)}", ink.muted)]


class LeadLagPanel(Framed):
    """Who moves first, said only when the data carries it; else "no lead found"."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, id="leadlag")
        self.pair = ""

    def heading(self) -> Line:
        return [
            Segment(_("Lead and lag  {pair}").format(pair=clean(self.pair)), self.desk.ink.title)
        ]

    def inside(self, width: int, height: int) -> list[Line]:
        ink, reading = self.desk.ink, self.desk.view.reading
        tested = reading.leadlag if reading else {}
        found = tested.get(self.pair)
        if found is None:
            some = ", ".join(clean(pair) for pair in tested)
            told = _("{pair} is not tested: only markets sampled at one time are").format(
                pair=self.pair
            )
            untold: list[Line] = [[Segment(f" {fit(told, width - 1).rstrip()}", ink.muted)]]
            if some:
                untold.append(
                    [
                        Segment(
                            f" {fit(_('tested: {pairs}').format(pairs=some), width - 1)}", ink.muted
                        )
                    ]
                )
            return untold
        lines = self._one(self.pair, found, width, height)
        for pair, other in tested.items():
            if pair != self.pair and height - len(lines) >= len(LAGS) + 3:
                lines += [[], [Segment(f" {clean(pair)}", ink.title)]]
                lines += self._one(pair, other, width, height - len(lines))
        return lines

    def _one(self, pair: str, found: LeadLag, width: int, height: int) -> list[Line]:
        ink = self.desk.ink
        verdict: Line = [Segment(f" {clean(heard(found.verdict))}", ink.bold)]
        if found.band is not None:
            band = _("band of chance ±{n}: r inside says nothing").format(n=f"{found.band:.2f}")
            verdict.append(Segment(f"  {band}", ink.muted))
        lines: list[Line] = [verdict]
        first, _slash, second = pair.partition("/")
        known = [abs(value) for value in found.lags.values() if value is not None]
        scale = max([*known, found.band or 0.0, 0.05])
        half = max(4, min(24, (width - 26) // 2))
        if height - len(lines) < len(LAGS):
            return lines + self._in_numbers(found)
        for lag in LAGS:
            value = found.lags.get(str(lag))
            left, right = spine(value, half, scale)
            style = self._tone(found, value)
            leader = _("{name} first").format(name=first if lag == 1 else second)
            who = {0: _("same session"), 1: leader, -1: leader}.get(lag, "")
            mark = "◂" if lag == found.peak else " "
            lines.append(
                [
                    Segment(f" {signed(float(lag), 0):>2} ", ink.text),
                    Segment(left, style),
                    Segment("│", ink.frame),
                    Segment(right, style),
                    Segment(f" {signed(value):>5}{mark}", style),
                    Segment(f" {clean(who)}", ink.muted),
                ]
            )
        return lines

    def _tone(self, found: LeadLag, value: float | None) -> Style:
        """Return the style of a lag: of its sign outside the band of chance, grey inside."""
        ink = self.desk.ink
        inside = value is None or found.band is None or abs(value) <= found.band
        return ink.muted if inside else ink.by_sign(value)

    def _in_numbers(self, found: LeadLag) -> list[Line]:
        """The lags in two lines, where there is no room for bars."""
        lines: list[Line] = []
        for lags in (LAGS[:6], LAGS[6:]):
            line: Line = []
            for lag in lags:
                value = found.lags.get(str(lag))
                name = f" {signed(float(lag), 0):>2} "
                line.append(Segment(name, self.desk.ink.text))
                line.append(Segment(f"{signed(value):<7}", self._tone(found, value)))
            lines.append(line)
        return lines


class BetaPanel(Framed):
    """What BTC would have done by its past relation to RUT and GOLD; only where that holds."""

    title = N_("Beta gap, 20 sessions")

    def inside(self, width: int, height: int) -> list[Line]:
        reading = self.desk.view.reading
        return [[Segment(f" {beta_sentence(reading)}", self.desk.ink.text)]]


def beta_sentence(reading: Reading | None) -> str:
    """Return the gap in words, or why none is told."""
    gap = reading.beta_gap if reading else BetaGap()
    if gap.r2 is None:
        return _("not computed yet")
    if not gap.shown:
        return _("not told: RUT and GOLD explain {share} % of BTC's moves, under 10 %").format(
            share=f"{100 * gap.r2:.0f}"
        )
    sigma = "" if gap.z is None else f" ({signed(gap.z, 1)} σ)"
    points = NONE if gap.gap is None else f"{signed(100 * gap.gap, 1)} pp"
    return _("BTC {actual} %, by RUT and GOLD {expected} %: gap {gap}, R² {r2}").format(
        actual=percent(gap.actual, 1),
        expected=percent(gap.expected, 1),
        gap=points + sigma,
        r2=f"{gap.r2:.2f}",
    )
