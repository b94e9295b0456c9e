"""Runs: which are on, how rare they are, and what ends them."""

from rich.segment import Segment

from divmon.ui.i18n import N_, _, counted
from divmon.ui.widgets.panel import Framed, Line
from divmon.ui.words import clean, fit, ordinal, price, run, signed


class StreaksPanel(Framed):
    title = N_("Streaks")

    def inside(self, width: int, height: int) -> list[Line]:
        ink, view = self.desk.ink, self.desk.view
        lines: list[Line] = []
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
            lines.append(self._line(name, " · ".join(facts), relative.streak))
            if relative.breaker is not None:
                sign = "<" if relative.streak > 0 else ">"
                row = view.rows.get(first)
                level = price(relative.breaker, row.decimals if row else 2)
                ends = _("ends if {name} {sign} {level} now").format(
                    name=first, sign=sign, level=level
                )
                lines.append([Segment(f"{'':17}{ends}", ink.muted)])
            if rank and width < 60:
                lines.append([Segment(f"{'':17}{rank}", ink.muted)])
        bitcoin = view.rows.get("BTC")
        if bitcoin is not None and bitcoin.streak.candle is not None:
            streak = bitcoin.streak
            text = f"{run(streak.candle, 'green', 'red')} · {_(streak.boundary or 'UTC')}"
            if streak.per_year is not None:
                often = _("{n} a year").format(n=f"{streak.per_year:.1f}")
                text += f" · {often}"
            lines.append(self._line(_("BTC candles"), text, streak.candle or 0))
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
            lines.append(
                self._line(_("{name} closes").format(name=clean(name)), text, row.streak.close or 0)
            )
        if not lines:
            return [[Segment(_(" no run yet: daily bars are missing"), ink.muted)]]
        holes = [clean(name) for name, row in view.rows.items() if row.missing_sessions]
        last = (
            _(" sessions missing: {names}").format(names=", ".join(holes))
            if holes
            else _(" no missing session in any series")
        )
        note = [Segment(last, ink.warn if holes else ink.muted)]
        return [*lines[: height - 1], note] if len(lines) >= height else [*lines, note]

    def _line(self, name: str, text: str, sign: int) -> Line:
        ink = self.desk.ink
        head, _dot, rest = text.partition(" · ")
        line = [Segment(f" {fit(name, 16)}", ink.text), Segment(head, ink.by_sign(sign))]
        if rest:
            line.append(Segment(f" · {rest}", ink.muted))
        return line
