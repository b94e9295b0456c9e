"""Bitcoin: the composite, its venues, 90 days with the wall, streak and volatility."""

from functools import partial

from rich.cells import cell_len
from rich.segment import Segment

from divmon.reading.model import Instrument, Venue, Wall
from divmon.ui.heard import heard
from divmon.ui.i18n import N_, _, counted, language
from divmon.ui.theme import Ink
from divmon.ui.widgets.chart import big
from divmon.ui.widgets.daily_chart import DailyChart, level_name
from divmon.ui.widgets.panel import EMPTY, Desk, Framed, Line, width_of
from divmon.ui.words import (
    NONE,
    age,
    change,
    fit,
    ordinal,
    price,
    run,
    shown_sign,
    signed,
)  # fmt: skip

FRAMED_FROM = 54  # cells; what it has beside the score on 100 columns
SETTLED_S = 3  # seconds for which a spread of venues that are well is as good as new

# What the boundaries of Bitcoin's day are called.
_DAYS = {"NY16": N_("NY close")}


class BtcPanel(Framed):
    """Framed where there is room; two or three bare lines where there is not."""

    title = "BTC"

    def __init__(self, desk: Desk, *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(desk, id=id)
        self._chart = DailyChart(self)
        self._settled: dict[str, str] = {}
        self._seconds = 0

    def second(self) -> None:
        """Let the figures be of now, every few seconds, that nobody follows from tick to tick."""
        self._seconds += 1
        if self._seconds % SETTLED_S == 0:
            self.forget()

    def forget(self) -> None:
        """Show every figure as it is at the next drawing."""
        self._settled.clear()

    def settle(self, name: str, text: str) -> str:
        """Return `text` as it was when these seconds began.

        Ten times a second, the venues' basis points were two thirds of all that was sent.
        """
        return self._settled.setdefault(f"{name} {language()}", text)

    @property
    def row(self) -> Instrument | None:
        return self.desk.view.rows.get("BTC")

    def aside(self) -> str:
        row = self.row
        if row is None:
            return ""
        used = sum(venue.used for venue in row.venues.values())
        of = counted(used, N_("composite of 1 venue"), N_("composite of {n} venues"))
        parts = [of] if used else []
        if not used and row.series:
            parts = [_(row.series)]
        if row.spread_bp is not None:
            spread = _("spread {n} bp").format(n=f"{row.spread_bp:.0f}")
            parts.append(self.settle("spread", spread))
        if row.usdt_premium_bp is not None:
            parts.append(self.settle("usdt", f"USDT {signed(row.usdt_premium_bp, 0)} bp"))
        # a number that is cut would read as another one
        while len(parts) > 1 and 0 < self.size.width < 14 + cell_len(" · ".join(parts)):
            parts.pop()
        return " · ".join(parts)

    @property
    def framed(self) -> bool:
        return self.size.height > 3 and self.size.width >= FRAMED_FROM

    def paint(self, width: int, height: int) -> list[Line]:
        if height > 3 and width >= FRAMED_FROM:
            return super().paint(width, height)
        row = self.row
        if row is None:
            return [self._waiting()]
        lines = [self._price_line(row, width, name=True)]
        facts = self._facts(row, width, short=width < 100)
        if height >= 3:
            lines.append(self._venue_line(row, width, indent=1))
        lines.append([Segment(" ", self.desk.ink.text), *facts])
        return lines

    def inside(self, width: int, height: int) -> list[Line]:
        row = self.row
        if row is None:
            return [self._waiting()]
        if height >= 8 and width >= 66 and row.last is not None:
            lines = [*self._big_price(row, width), *([EMPTY] if height >= 11 else [])]
        else:
            lines = [self._price_line(row, width)]
            if row.venues:
                lines.append(self._venue_row(row, width))
        room = height - len(lines) - 1
        if room >= 3:
            lines += self._chart.lines(row.sparkline, row.wall, width, room)
        lines += [EMPTY] * (height - 1 - len(lines))
        lines.append(self._facts_row(row, width))
        return lines

    def _venue_row(self, row: Instrument, width: int) -> Line:
        said = self._said_of_venues(row)
        return self.once("venues", said, width, lambda: self._venue_line(row, width))

    def _said_of_venues(self, row: Instrument) -> object:
        """What their lines depend on; a tick seldom changes it."""
        return tuple(
            (name, venue.used, venue.price is None, venue.reason, self._figures_of(name, venue))
            for name, venue in row.venues.items()
        )

    def _facts_row(self, row: Instrument, width: int) -> Line:
        said = (row.streak, row.boundaries, row.wall, row.volatility, row.high.history_start)
        return self.once("facts", said, width, lambda: self._facts(row, width, short=width < 90))

    def _waiting(self) -> Line:
        ink = self.desk.ink
        return [Segment(" BTC ", ink.title), Segment(_("no venue has answered yet"), ink.muted)]

    # -- price and venues ------------------------------------------------------

    def _figures(self, row: Instrument, room: int = 200) -> Line:
        """The changes, and how old the price is when it is not fresh."""
        ink = self.desk.ink
        state = self.desk.view.state("BTC")
        ink = ink.dim() if state == "stale" and not ink.dimmed else ink
        line = [
            _moved(row.change_24h, ink),
            Segment(_("24 h   "), ink.muted),
            _moved(row.change_ny, ink),
            Segment(_("since NY close"), ink.muted),
        ]
        if state in ("stale", "closed", "delayed", "missing"):
            line.append(
                Segment(f"   {_(state)} {age(self.desk.view.age('BTC'))}", self.desk.ink.warn)
            )
        if width_of(line) > room:
            line[1] = Segment(f"{line[1].text.rstrip()}  ", line[1].style)
        if width_of(line) > room:
            # how old a price is counts for more than its second change
            line[2:4] = []
        return line

    def _price_line(self, row: Instrument, width: int, *, name: bool = False) -> Line:
        ink = self.desk.ink
        stale = self.desk.view.state("BTC") == "stale"
        line: Line = [Segment(" BTC ", ink.title)] if name else [Segment(" ", ink.text)]
        style = ink.stale if stale else ink.bold
        line += [Segment(price(row.last, row.decimals), style), Segment("  ", ink.text)]
        figures = self._figures(row)
        if width_of(line) + width_of(figures) > width:
            figures = [*figures[:1], Segment("24h", ink.muted), *figures[4:]]
        return line + figures

    def _big_price(self, row: Instrument, width: int) -> list[Line]:
        """Three lines of digits with the decimals small, the changes and venues beside them."""
        ink, view = self.desk.ink, self.desk.view
        style = ink.stale if view.state("BTC") == "stale" else ink.bold
        whole, _, decimals = price(row.last, row.decimals).partition(".")
        digits = big(whole)
        small = f".{decimals}" if decimals else ""
        pad = " " * len(small)
        heads: list[Line] = [
            [Segment(f" {text}", style), Segment(f"{small if y == 2 else pad}   ", style)]
            for y, text in enumerate(digits)
        ]
        left = width_of(heads[0])
        heads[0] += self._figures(row, width - left)
        said, room = self._said_of_venues(row), width - left
        for y in (1, 2):
            heads[y] += self.once(f"beside {y}", said, room, partial(self._beside, row, room, y))
        return heads

    def _beside(self, row: Instrument, width: int, y: int) -> Line:
        """The venues' line at the right of line `y` of the big digits."""
        lines = self._venue_lines(row, width, 2)
        return lines[y - 1] if y <= len(lines) else []

    def _venue(self, name: str, venue: Venue, *, detail: int) -> Line:
        """One venue; `detail` 0 is name and dot, 1 adds the reason, 2 age and deviation too."""
        ink = self.desk.ink
        if venue.used:
            dot, style = "●", ink.ok
        else:
            dot, style = ("○", ink.muted) if venue.price is None else ("◐", ink.warn)
        line = [Segment(f"{fit(name, min(len(name), 14))} ", ink.text), Segment(dot, style)]
        words = ""
        if detail >= 1 and not venue.used:
            words = fit(heard(venue.reason), 24).strip() or _("not used")
        elif detail >= 2:
            words = self._figures_of(name, venue)
        if words.strip():
            line.append(Segment(f" {words.strip()}", ink.muted if venue.used else ink.warn))
        return line

    def _figures_of(self, name: str, venue: Venue) -> str:
        """How old and how far from the others, where that is worth a word."""
        old, off = age(self.desk.view.venue_age(venue)), venue.deviation_bp
        far = f" {signed(off, 0)} bp" if off is not None else ""
        return (old if old != _("now") else "") + self.settle(name, far)

    def _venue_lines(self, row: Instrument, width: int, lines: int) -> list[Line]:
        """The venues in as much detail as `lines` lines of `width` cells hold."""
        ink = self.desk.ink
        packed: list[Line] = []
        for detail, gap in ((2, 3), (2, 2), (1, 3), (1, 2), (0, 2), (0, 1)):
            packed = [[]]
            unit = True  # with little room the first one alone has it
            for name, venue in row.venues.items():
                item = self._venue(name, venue, detail=detail)
                if not unit and venue.used and item[-1].text.endswith(" bp"):
                    item[-1] = Segment(item[-1].text.removesuffix(" bp"), item[-1].style)
                unit = unit and (gap == 3 or not venue.used)
                taken = width_of(packed[-1])
                if taken and taken + gap + width_of(item) > width:
                    packed.append([])
                    taken = 0
                packed[-1] += ([Segment(" " * gap, ink.text)] if taken else []) + item
            if len(packed) <= lines:
                break
        return packed[:lines]

    def _venue_line(self, row: Instrument, width: int, indent: int = 1) -> Line:
        lines = self._venue_lines(row, width - indent, 1)
        return [Segment(" " * indent, self.desk.ink.text), *(lines[0] if lines else [])]

    # -- facts -----------------------------------------------------------------

    def _facts(self, row: Instrument, width: int, *, short: bool, most: int = 2) -> Line:
        """Streak, wall and volatility, each with its boundary or window."""
        ink = self.desk.ink
        streak = row.streak
        groups: list[Line] = []
        if streak.candle is not None:
            words = run(streak.candle, *ink.candles)
            line = [Segment(words, ink.by_sign(streak.candle))]
            if streak.broken_by:
                line[0] = Segment(f"≥{line[0].text}", line[0].style)
            if streak.running:
                longer = streak.running * streak.candle > 0
                mark = _(" (+1 running)") if longer else _(" (breaking running)")
                line.append(Segment(mark, ink.provisional))
            line.append(Segment(f" · {_(streak.boundary or 'UTC')}", ink.muted))
            others = [
                f"{_(_DAYS.get(name, name))} {abs(run)}"
                for name, run in row.boundaries.items()
                if run is not None and name not in (streak.boundary, "UTC")
            ]
            if others[:most] and not short:
                line.append(Segment(" · " + " · ".join(others[:most]), ink.muted))
            groups.append(line)
        if row.wall is not None:
            groups.append(self._wall(row.wall, short))
        volatility = row.volatility
        if volatility.cc30 is not None:
            line = [Segment(_("vol {n} %").format(n=f"{100 * volatility.cc30:.0f}"), ink.bold)]
            if volatility.percentile_all is not None:
                rank = ordinal(round(100 * volatility.percentile_all))
                line.append(Segment(_(" {nth} pct").format(nth=rank), ink.muted))
                since = row.high.history_start
                if not short and since:
                    text = _(" · {rank} percentile since {year}")
                    line[-1] = Segment(text.format(rank=rank, year=since.year), ink.muted)
            groups.append(line)
        if not groups:
            return [Segment(_("no closed candle yet"), ink.muted)]
        gap = Segment("   " if not short else "  ", ink.text)
        if not short and 1 + sum(map(width_of, groups)) + 3 * (len(groups) - 1) > width:
            # other days' boundaries go first, then the windows
            return self._facts(row, width, short=most == 0, most=max(0, most - 1))
        joined: Line = [Segment(" ", ink.text)] if not short else []
        for n, line in enumerate(groups):
            if n and width_of(joined) + width_of(line) + len(gap.text) > width:
                break
            joined += ([gap] if n else []) + line
        return joined

    def _wall(self, wall: Wall, short: bool) -> Line:
        ink = self.desk.ink
        below = wall.closes_below
        under = _(" under {level}").format(level=level_name(wall.level))
        line = [
            Segment(
                _("{n} days").format(n=NONE)
                if below is None
                else counted(below, N_("1 day"), N_("{n} days")),
                ink.warn,
            ),
            Segment(under, ink.muted if not short else ink.text),
        ]
        if not short:
            if wall.touches is not None:
                touches = counted(wall.touches, N_("1 touch"), N_("{n} touches"))
                line.append(Segment(f" · {touches}", ink.muted))
            if wall.distance is not None:
                away = _("{share} % away").format(share=f"{100 * wall.distance:.1f}")
                line.append(Segment(f" · {away}", ink.muted))
        return line


def _moved(fraction: float | None, ink: Ink) -> Segment:
    sign = None if fraction is None else shown_sign(100 * fraction)
    return Segment(f"{change(fraction)} ", ink.by_sign(sign))
