"""Runs: which are on, how rare they are, and what ends them."""

from rich.cells import cell_len
from rich.segment import Segment

from divmon.ui.i18n import N_, _, counted
from divmon.ui.widgets.listed import Scrolled
from divmon.ui.widgets.panel import Line, width_of
from divmon.ui.words import clean, fit, ordinal, price, run, signed

COLUMN = 54  # cells from which a second column is worth having


def named_in(width: int) -> int:
    """Return the cells that the name of a run has in a column of `width`."""
    return 16 if width >= 40 else 14


class StreaksPanel(Scrolled):
    """As many columns as there is room for; what does not fit is scrolled to when zoomed."""

    title = N_("Streaks")

    def inside(self, width: int, height: int) -> list[Line]:
        ink = self.desk.ink
        columns = max(1, width // COLUMN)
        cells = (width + 1) // columns - 1
        # with few lines, more runs are worth more than the rank of one
        ranks = height > 8 or columns == 1
        blocks = [*self._relative(cells, ranks=ranks), *([line] for line in self._runs(cells))]
        if not blocks:
            return [[Segment(" no run yet: daily bars are missing", ink.muted)]]
        rows = max(1, height - 1)
        self.count, self.room = sum(map(len, blocks)), rows * columns
        self.keep_in_sight()
        stacks = self._stacks(blocks, rows, columns)
        lines: list[Line] = []
        for y in range(max(map(len, stacks))):
            line: Line = []
            for n, stack in enumerate(stacks):
                line.append(Segment(" " * (n * (cells + 1) - width_of(line)), ink.text))
                line += self.finish(stack[y], cells) if y < len(stack) else []
            lines.append(line)
        return [*lines, self._note()]

    def _stacks(self, blocks: list[list[Line]], rows: int, columns: int) -> list[list[Line]]:
        """Fill columns of at most `rows` lines, from the first line in sight on.

        A block goes on in the next column whole, if there is one; columns are alike where
        all of it fits.
        """
        skip = self.top
        even = -(-self.count // columns)
        limit = rows if self.count > self.room else max(even, min(rows, 6))
        stacks: list[list[Line]] = [[]]
        for block in blocks:
            seen, skip = block[skip:], max(0, skip - len(block))
            if stacks[-1] and len(stacks[-1]) + len(seen) > limit and len(stacks) < columns:
                stacks.append([])
            stacks[-1] += seen[: rows - len(stacks[-1])]
        return stacks

    def _relative(self, width: int, *, ranks: bool) -> list[list[Line]]:
        """Return the runs of one over another, each with what ends it in a line of its own."""
        ink, view = self.desk.ink, self.desk.view
        blocks: list[list[Line]] = []
        for pair, relative in view.relative.items():
            if relative.streak is None:
                continue
            first, _slash, second = clean(pair).partition("/")
            over = (
                _("{first} over {second}") if relative.streak >= 0 else _("{first} under {second}")
            )
            facts = [counted(abs(relative.streak), N_("1 session"), N_("{n} sessions"))]
            if relative.lead_pp is not None:
                facts.append(f"{signed(relative.lead_pp, 1)} pp")
            rank = ""
            if relative.rank is not None:
                start = relative.history_start
                rank = (
                    _("longest")
                    if relative.rank == 1
                    else _("{nth} longest").format(nth=ordinal(relative.rank))
                ) + (_(" since {year}").format(year=start.year) if start else "")
            if rank and width >= 60:
                facts.append(rank)
            name = over.format(first=first, second=second)
            lines = [self._line(name, " · ".join(facts), relative.streak, width)]
            if relative.breaker is not None:
                sign = "<" if relative.streak > 0 else ">"
                row = view.rows.get(first)
                level = price(relative.breaker, row.decimals if row else 2)
                ends = _("ends if {name} {sign} {level} now").format(
                    name=first, sign=sign, level=level
                )
                lead = 1 + named_in(width)
                if lead + cell_len(ends) > width:
                    ends = _("ends {sign} {level} now").format(sign=sign, level=level)
                lines.append([Segment(f"{'':{lead}}{ends}", ink.muted)])
            if rank and width < 60 and ranks:
                lines.append([Segment(f"{'':{1 + named_in(width)}}{rank}", ink.muted)])
            blocks.append(lines)
        return blocks

    def _runs(self, width: int) -> list[Line]:
        """Return Bitcoin's candles and the others' closes, the longest first."""
        view = self.desk.view
        lines: list[Line] = []
        bitcoin = view.rows.get("BTC")
        if bitcoin is not None and bitcoin.streak.candle is not None:
            streak = bitcoin.streak
            text = f"{run(streak.candle, *self.desk.ink.candles)} · {_(streak.boundary or 'UTC')}"
            if streak.per_year is not None:
                often = _("{n} a year").format(n=f"{streak.per_year:.1f}")
                text += f" · {often}"
            lines.append(self._line(_("BTC candles"), text, streak.candle or 0, width))
        runs = [
            (name, row)
            for name, row in view.rows.items()
            if name != "BTC" and row.streak.close is not None
        ]
        runs.sort(key=lambda item: -abs(item[1].streak.close or 0))
        for name, row in runs:
            text = run(row.streak.close)
            if row.streak.broken_by is not None:
                text = f"≥{text}"
            if row.high.record_close:
                text += f" · {_('record close')}"
            named = _("{name} closes").format(name=clean(name))
            lines.append(self._line(named, text, row.streak.close or 0, width))
        return lines

    def _note(self) -> Line:
        ink = self.desk.ink
        holes = [clean(name) for name, row in self.desk.view.rows.items() if row.missing_sessions]
        last = (
            _(" sessions missing: {names}").format(names=", ".join(holes))
            if holes
            else _(" no missing session in any series")
        )
        return [Segment(last, ink.warn if holes else ink.muted)]

    def _line(self, name: str, text: str, sign: int, width: int) -> Line:
        """Return a run of as many parts as fit; none is cut."""
        ink, named = self.desk.ink, named_in(width)
        while " · " in text and 1 + named + cell_len(text) > width:
            text = text.rpartition(" · ")[0]
        head, _dot, rest = text.partition(" · ")
        line = [Segment(f" {fit(name, named)}", ink.text), Segment(head, ink.by_sign(sign))]
        if rest:
            line.append(Segment(f" · {rest}", ink.muted))
        return line
