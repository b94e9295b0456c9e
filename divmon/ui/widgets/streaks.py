"""Runs: which are on, how rare they are, and what ends them."""

from rich.segment import Segment

from divmon.ui.widgets.panel import Framed, Line
from divmon.ui.words import clean, ordinal, price, run, signed


class StreaksPanel(Framed):
    title = "Streaks"

    def inside(self, width: int, height: int) -> list[Line]:
        ink, view = self.desk.ink, self.desk.view
        lines: list[Line] = []
        for pair, relative in view.relative.items():
            if relative.streak is None:
                continue
            first, _, second = clean(pair).partition("/")
            over = "over" if relative.streak >= 0 else "under"
            facts = [f"{abs(relative.streak)} session{'' if abs(relative.streak) == 1 else 's'}"]
            if relative.lead_pp is not None:
                facts.append(f"{signed(relative.lead_pp, 1)} pp")
            rank = ""
            if relative.rank is not None:
                start = relative.history_start
                place = "" if relative.rank == 1 else f"{ordinal(relative.rank)} "
                rank = f"{place}longest" + (f" since {start.year}" if start else "")
            if rank and width >= 60:
                facts.append(rank)
            lines.append(self._line(f"{first} {over} {second}", " · ".join(facts), relative.streak))
            if relative.breaker is not None:
                sign = "<" if relative.streak > 0 else ">"
                row = view.rows.get(first)
                level = price(relative.breaker, row.decimals if row else 2)
                lines.append([Segment(f"{'':17}ends if {first} {sign} {level} now", ink.muted)])
            if rank and width < 60:
                lines.append([Segment(f"{'':17}{rank}", ink.muted)])
        bitcoin = view.rows.get("BTC")
        if bitcoin is not None and bitcoin.streak.candle is not None:
            streak = bitcoin.streak
            text = f"{run(streak.candle, 'green', 'red')} · {streak.boundary or 'UTC'}"
            if streak.per_year is not None:
                text += f" · {streak.per_year:.1f} a year"
            lines.append(self._line("BTC candles", text, streak.candle or 0))
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
                text += " · record close"
            lines.append(self._line(f"{clean(name)} closes", text, row.streak.close or 0))
        if not lines:
            return [[Segment(" no run yet: daily bars are missing", ink.muted)]]
        holes = [clean(name) for name, row in view.rows.items() if row.missing_sessions]
        last = (
            f" sessions missing: {', '.join(holes)}"
            if holes
            else " no missing session in any series"
        )
        note = [Segment(last, ink.warn if holes else ink.muted)]
        return [*lines[: height - 1], note] if len(lines) >= height else [*lines, note]

    def _line(self, name: str, text: str, sign: int) -> Line:
        ink = self.desk.ink
        head, _, rest = text.partition(" · ")
        line = [Segment(f" {name:<16}", ink.text), Segment(head, ink.by_sign(sign))]
        if rest:
            line.append(Segment(f" · {rest}", ink.muted))
        return line
