"""The panels of context: rotation map, liquidity. Each says what it lacks."""

from datetime import date
from itertools import pairwise

from rich.segment import Segment

from divmon.reading.model import Liquidity, Rate
from divmon.ui.i18n import N_, _
from divmon.ui.widgets.chart import braille, dot_row, round_ticks
from divmon.ui.widgets.panel import Framed, Line, between
from divmon.ui.words import NONE, cells, clean, day, fit, month_of_year, signed

ROOMY = 44  # cells from which an amount has its note in full
LARGE = 20  # lines from which a panel has the room of a page


class RotationPanel(Framed):
    """Relative strength against its momentum, with tails, around (100, 100)."""

    title = N_("Rotation map")

    def aside(self) -> str:
        reading = self.desk.view.reading
        label = reading.rotation.label if reading else None
        said = _("market: {label}").format(label=_(label)) if label else ""
        return " · ".join(part for part in (said, _("approx.")) if part)

    def inside(self, width: int, height: int) -> list[Line]:
        ink, reading = self.desk.ink, self.desk.view.reading
        points = {
            name: point
            for name, point in (reading.rotation_map if reading else {}).items()
            if point.ratio is not None and point.momentum is not None
        }
        if not points:
            return [[Segment(_(" needs 126 sessions of closes; not there yet"), ink.muted)]]
        if width < 30 or height < 5:
            return [[Segment(_(" needs more room"), ink.muted)]]
        grid = [[(" ", ink.text) for _ in range(width)] for _ in range(height)]
        middle, centre = height // 2, width // 2
        for x in range(width):
            grid[middle][x] = ("─", ink.frame)
        for y in range(height):
            grid[y][centre] = ("┼" if y == middle else "│", ink.frame)
        for word, right, y in (
            (N_("improving"), False, 0),
            (N_("leading"), True, 0),
            (N_("lagging"), False, height - 1),
            (N_("weakening"), True, height - 1),
        ):
            corner = cells(_(word))
            x = width - 1 - len(corner) if right else 1
            for n, character in enumerate(corner):
                grid[y][x + n] = (character, ink.muted)
        every = [(p.ratio or 100.0, p.momentum or 100.0) for p in points.values()]
        every += [at for point in points.values() for at in point.tail]
        reach_x = max((abs(ratio - 100) for ratio, _ in every), default=1.0) or 1.0
        reach_y = max((abs(momentum - 100) for _, momentum in every), default=1.0) or 1.0

        def place(ratio: float, momentum: float) -> tuple[int, int]:
            x = centre + round((ratio - 100) / reach_x * (centre - 2))
            y = middle - round((momentum - 100) / reach_y * max(1, middle - 1))
            return min(width - 1, max(0, x)), min(height - 1, max(0, y))

        taken: set[tuple[int, int]] = set()  # names and points keep out of each other's way
        for point in points.values():
            tail = [place(*at) for at in point.tail]
            if height >= LARGE:
                # where there is room to tell one from another, a path, in its point's colour
                style = ink.up if (point.ratio or 0) >= 100 else ink.down
                end = place(point.ratio or 100.0, point.momentum or 100.0)
                for (x0, y0), (x1, y1) in pairwise([*tail, end]):
                    steps = max(abs(x1 - x0) // 2, abs(y1 - y0), 1)
                    for n in range(steps):
                        x, y = x0 + (x1 - x0) * n // steps, y0 + (y1 - y0) * n // steps
                        grid[y][x] = ("·", ink.muted)
            else:
                style = ink.muted
            for x, y in tail:
                grid[y][x] = ("○" if height >= LARGE else "·", style)
            taken.add(place(point.ratio or 100.0, point.momentum or 100.0))
        for name, point in points.items():
            x, y = place(point.ratio or 100.0, point.momentum or 100.0)
            style = ink.up if (point.ratio or 0) >= 100 else ink.down
            text = fit(name, min(8, len(clean(name))))
            for dx, dy in ((1, 0), (-len(text), 0), (1, -1), (1, 1), (-len(text), -1), (1, 0)):
                spots = [(x + dx + n, y + dy) for n in range(len(text))]
                inside = all(0 <= cx < width and 0 <= cy < height for cx, cy in spots)
                if inside and not taken.intersection(spots):
                    break
            else:
                start = x + 1 if x + 1 + len(text) <= width else x - len(text)
                spots = [(start + n, y) for n in range(len(text))]
            taken.update(spots)
            for character, (cx, cy) in zip(text, spots, strict=True):
                if 0 <= cx < width:
                    grid[cy][cx] = (character, style)
        for point in points.values():
            x, y = place(point.ratio or 100.0, point.momentum or 100.0)
            grid[y][x] = ("●", ink.up if (point.ratio or 0) >= 100 else ink.down)
        if height >= LARGE:
            scale = (
                (f"{100 + reach_x:.1f}", width - 5, middle, _("strength")),
                (f"{100 - reach_x:.1f}", 0, middle, ""),
                (f"{100 + reach_y:.1f}", centre + 1, 0, _("momentum")),
                (f"{100 - reach_y:.1f}", centre + 1, height - 1, ""),
            )
            for figure, x, y, what in scale:
                label = cells(f"{figure} {what}".strip())
                start = min(x, width - len(label))
                if all(grid[y][start + n][0] in " ─│┼" for n in range(len(label))):
                    for n, character in enumerate(label):
                        grid[y][start + n] = (character, ink.muted)
        return [[Segment(character, style) for character, style in row] for row in grid]


class LiquidityPanel(Framed):
    """Dollars at large: the Fed's balance sheet less the Treasury's account and reverse repos."""

    title = N_("Liquidity")

    def aside(self) -> str:
        reading = self.desk.view.reading
        stamp = reading.liquidity.as_of if reading else None
        return _("as of {date}").format(date=day(stamp)) if stamp else ""

    def inside(self, width: int, height: int) -> list[Line]:
        ink, reading = self.desk.ink, self.desk.view.reading
        liquidity = reading.liquidity if reading else None
        rates = [
            (name, rate)
            for name, rate in (
                (N_("Fed funds", "bank"), liquidity.fed_rate if liquidity else None),
                (N_("BoJ", "bank"), liquidity.boj_rate if liquidity else None),
            )
            if rate is not None and rate.level is not None
        ]
        if liquidity is None or (liquidity.net is None and not rates and liquidity.walcl is None):
            return [[Segment(_(" no answer from FRED yet"), ink.muted)]]

        def amount(value: float | None) -> str:
            return NONE if value is None else _("{n} bn").format(n=f"{value:,.0f}")

        lines: list[Line] = []

        tight = width < ROOMY
        said, told = (16, 8) if tight else (18, 9)

        def add(name: str, value: str, note: str = "", sign: float | None = None) -> None:
            lines.append(
                [
                    Segment(f" {fit(name, said)}", ink.text),
                    Segment(fit(value, told, right=True), ink.bold),
                    Segment(f"  {note}", ink.by_sign(sign)),
                ]
            )

        change = liquidity.change_4w
        moved = _("{n} 4 w") if tight else _("{n} in 4 w")
        moved = moved.format(n=signed(change, 0)) if change is not None else ""
        add(_("Net liquidity"), amount(liquidity.net), moved, change)
        pace = liquidity.qt_pace
        moved = _("{n}/month") if tight else _("{n} a month")
        moved = moved.format(n=signed(pace, 0)) if pace is not None else ""
        add(_("Balance sheet"), amount(liquidity.walcl), moved, pace)
        add(_("Treasury account"), amount(liquidity.tga))
        add(_("Reverse repos"), amount(liquidity.rrp))
        if liquidity.qt_state:
            running = liquidity.qt_state == "QT"
            add(
                _("QT"),
                _("running") if running else _("off"),
                "" if running else _(liquidity.qt_state),
            )
        for name, rate in rates:
            add(
                _rate_name(name, rate),
                f"{100 * (rate.level or 0):.2f} %",
                _rate_note(rate, tight=tight),
            )
        values = [value for _date, value in liquidity.history]
        if len(values) > 1 and (width >= 96 or height >= LARGE):
            return self._with_chart(lines, liquidity, width, height)
        room = height - len(lines)
        if room >= 3 and len(values) > 1:
            plot = braille(values, width - 2, room - 1, min(values), max(values))
            lines += [[Segment(f" {text}", ink.chart)] for text in plot]
            caption = _(" net, {n} weeks").format(n=len(values))
            lines.append([Segment(caption, ink.muted)])
        return lines

    def _with_chart(
        self, lines: list[Line], liquidity: Liquidity, width: int, height: int
    ) -> list[Line]:
        """Put a chart of the net liquidity with its axes beside the figures, or below them."""
        beside = width >= 96
        left = 48 if beside else 0
        room = height if beside else height - len(lines) - 1
        body = room - 1
        if body < 2:
            return lines
        ink = self.desk.ink
        values = [value for _date, value in liquidity.history]
        low, high = min(values), max(values)
        ticks = {dot_row(tick, body, low, high) // 4: f"{tick:,.0f}"
                 for tick in round_ticks(low, high, min(9, max(2, body // 2)))}  # fmt: skip
        label = max([1, *map(len, ticks.values())])
        plot = width - left - label - 3
        chart: list[Line] = []
        for y, text in enumerate(braille(values, plot, body, low, high)):
            name = Segment(f" {ticks.get(y, ''):>{label}}  ", ink.muted)
            chart.append([name, Segment(text, ink.chart)])
        first, last = (_week(liquidity.history[at][0]) for at in (0, -1))
        said = _("net liquidity, billions of dollars")
        axis: Line = [Segment(" " * (label + 3) + first, ink.muted)]
        gap = plot - len(first) - len(last) - Segment(said).cell_length
        if gap >= 4:
            axis.append(Segment(" " * (gap // 2) + said, ink.muted))
        chart.append(between(axis, [Segment(last, ink.muted)], width - left, ink))
        if not beside:
            return [*lines, [], *chart]
        lines = [*lines[:height], *([] for _row in range(height - len(lines)))]
        return [
            [*self.finish(line, left), *chart[y]] if y < len(chart) else line
            for y, line in enumerate(lines)
        ]


def _week(value: date) -> str:
    return f"{day(value)} {value.year}"


# series that are not what a row's short name would promise
_SERIES = {"DFF": N_("Fed funds"), "IRSTCI01JPM156N": N_("Japan call rate")}
_MONTHLY = ("IRSTCI01JPM156N",)


def _rate_name(bank: str, rate: Rate) -> str:
    """Name a rate by its series: a market's rate is not the bank's decision."""
    known = _SERIES.get(rate.series)
    if known:
        return _(known)
    return fit(rate.series or _("{bank} rate").format(bank=_(bank)), 18).rstrip()


def _rate_note(rate: Rate, *, tight: bool) -> str:
    """Return of when a rate is; where it is `tight`, its date alone."""
    if rate.series in _MONTHLY and rate.as_of:
        month = month_of_year(rate.as_of)
        return month if tight else _("mean of {month}").format(month=month)
    if rate.last_change is None:
        return ""
    date = day(rate.last_change)
    return date if tight else _("since {date}").format(date=date)
