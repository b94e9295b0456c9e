"""What an instrument has done before: its longest runs, its records, its falls."""

from collections.abc import Sequence
from datetime import date

from rich.segment import Segment

from divmon.reading.track import Fall, RecordRun, Records, Run, Runs, Track
from divmon.ui.i18n import N_, _
from divmon.ui.widgets.listed import Scrolled
from divmon.ui.widgets.panel import Desk, Line, width_of
from divmon.ui.words import NONE, arrow, basis_points, fit, percent, shown_sign, signed
from divmon.ui.words import run as counted

SIDE_BY_SIDE = 92  # cells from which rises stand beside falls of a run ...
COLUMN = 70  # cells of the first of two columns, so that one line stays one for the eye
RECORDS_BESIDE = 132  # ... and records beside drawdowns
TOLD = 8  # runs of each direction, and the running one
RATES = 16  # lengths whose frequency is told
LEVELS = ("rate", "volatility")  # kinds that have no records and no drawdowns worth the name


class TrackPanel(Scrolled):
    """Lines of the Track of one instrument, or why there are none yet."""

    def __init__(self, desk: Desk, name: str, panel: str) -> None:
        super().__init__(desk, id=panel)
        self.instrument = name

    def lines(self, width: int) -> list[Line]:
        ink = self.desk.ink
        track = self.desk.view.tracks.get(self.instrument)
        if track is None:
            return [[Segment(_(" asking the engine for its history …"), ink.muted)]]
        if not track.runs:
            return [[Segment(_(" no completed daily bars of it are known"), ink.muted)]]
        return self.told(track, width)

    def told(self, track: Track, width: int) -> list[Line]:
        raise NotImplementedError

    @property
    def kind(self) -> str:
        row = self.desk.view.rows.get(self.instrument)
        return row.kind if row else ""

    def since(self, track: Track) -> str:
        return _("data {first} to {last}").format(first=track.first, last=track.last)


class RunsPanel(TrackPanel):
    title = N_("Streaks")

    def told(self, track: Track, width: int) -> list[Line]:
        ink = self.desk.ink
        holes = track.holes and _("{n} missing sessions break runs").format(n=track.holes)
        days = _("days: {boundary}").format(boundary=_(track.boundary))
        head = " · ".join(part for part in (self.since(track), days, holes) if part)
        lines: list[Line] = [[Segment(f" {head}", ink.muted)]]
        for runs in track.runs:
            lines += self._kind(runs, track, width)
        lines.append(
            [Segment(_(" ≥ at a length: a session is missing at an end of the run"), ink.muted)]
        )
        return lines

    def _kind(self, runs: Runs, track: Track, width: int) -> list[Line]:
        ink = self.desk.ink
        name, gain = _KINDS[runs.kind]
        lines: list[Line] = [
            [Segment(f" {_(name)}", ink.title), Segment(f"  {_(gain)}", ink.muted)],
            self._now(runs, track),
            *self._rates(runs, track, width),
        ]
        rises, falls = (
            [self._run(run) for at, run in enumerate(side) if at < TOLD or run.running]
            for side in (runs.rises, runs.falls)
        )
        if width >= SIDE_BY_SIDE:
            return lines + side_by_side(rises, falls, width, self.desk)
        return [*lines, *rises, *falls]

    def _now(self, runs: Runs, track: Track) -> Line:
        ink, current = self.desk.ink, runs.current
        line = [Segment(_("   now "), ink.muted)]
        if not current:
            words = NONE if current is None else _("none: the last bar was a tie")
            return [*line, Segment(words, ink.text)]
        counts = runs.reached[abs(current) - 1]
        mine = next(run for run in (*runs.rises, *runs.falls) if run.running)
        line.append(Segment(self._length(mine), ink.by_sign(current)))
        every = runs.reached[0][current < 0]
        line.append(Segment(_("  rank {rank} of {n}").format(rank=mine.rank, n=every), ink.text))
        often = counts[current < 0]
        words = _("  {n} times as long or longer").format(n=often)
        if track.years:
            words += _(", {rate} a year").format(rate=rate(often, track.years))
        return [*line, Segment(words, ink.muted)]

    def _length(self, run: Run) -> str:
        return f"{arrow(run.length)} {'≥' if run.cut else ''}{counted(run.length)}"

    def _run(self, run: Run) -> Line:
        ink = self.desk.ink
        style = ink.bold if run.running else ink.text
        return [
            Segment(f" {run.rank:>5}. ", ink.muted),
            Segment(fit(self._length(run), 11), ink.by_sign(run.length)),
            Segment(fit(between(run.start, run.end), 24), style),
            Segment(self._gain(run.before, run.after), ink.by_sign(run.after - run.before)),
            Segment(_("  now") if run.running else "", ink.key),
        ]

    def _gain(self, before: float, after: float) -> str:
        moved = after / before - 1
        if self.kind == "rate":
            points = basis_points(after, moved)
            return f"{signed(points, 0):>7} bp"
        return f"{percent(moved, 1):>7} %"

    def _rates(self, runs: Runs, track: Track, width: int) -> list[Line]:
        """Return how many runs a year reached each length."""
        ink = self.desk.ink
        if track.years is None:
            words = _("   less than a year of bars: no run is counted by the year")
            return [[Segment(words, ink.muted)]]
        room = max(1, min(RATES, (width - 14) // 7))
        shown = runs.reached[:room]
        head = "".join(f"{f'≥{n}':>7}" for n in range(1, len(shown) + 1))
        lines: list[Line] = [[Segment(fit(_("   a year"), 13) + head, ink.muted)]]
        for side, (name, sign) in enumerate(((_("   ▲ up"), 1), (_("   ▼ down"), -1))):
            line = [Segment(fit(name, 13), ink.by_sign(sign))]
            for length, counts in enumerate(shown, start=1):
                here = runs.current == sign * length
                text = f"{rate(counts[side], track.years):>7}"
                line.append(Segment(text, ink.key if here else ink.text))
            lines.append(line)
        return lines


_KINDS = {
    "close": (N_("Close to close"), N_("gains from the close before")),
    "candle": (N_("Candles"), N_("gains from the first open")),
}


class RecordsPanel(TrackPanel):
    title = N_("Records")

    def told(self, track: Track, width: int) -> list[Line]:
        ink, records = self.desk.ink, track.records
        head = f" {self.since(track)}"
        if self.kind in LEVELS:
            words = _("a level that comes back: its highs are no records")
            return [[Segment(head, ink.muted)], [Segment(f" {words}", ink.text)]]
        if records is None:
            words = _("less than a year of bars: everything would be a record")
            return [[Segment(head, ink.muted)], [Segment(f" {words}", ink.text)]]
        clusters = self._clusters(records)
        falls = self._falls(records)
        lines: list[Line] = [[Segment(head, ink.muted)], self._now(records)]
        if width >= RECORDS_BESIDE:
            return [*lines, *side_by_side(clusters, falls, width, self.desk)]
        return [*lines, *falls, *clusters]

    def _now(self, records: Records) -> Line:
        ink = self.desk.ink
        if records.last is None or records.days_since is None:
            words = _(" no record close since {since}").format(since=records.since)
            return [Segment(words, ink.text)]
        ago = {0: _("at the last close")}.get(
            records.days_since, _("{n} days before the last close").format(n=records.days_since)
        )
        words = _(" last record close {last}, {ago}").format(last=records.last, ago=ago)
        more = _("  {n} since {since}, a year after the data begin").format(
            n=f"{records.count:,}", since=records.since
        )
        return [Segment(words, ink.bold), Segment(more, ink.muted)]

    def _clusters(self, records: Records) -> list[Line]:
        ink, shown = self.desk.ink, len(records.runs)
        left = _("the newest {n} of {all}").format(n=shown, all=records.clusters)
        words = left if records.clusters > shown else _("{n} in all").format(n=shown)
        lines: list[Line] = [
            [
                Segment(_(" Runs of records"), ink.title),
                Segment(_("  less than 20 bars apart, {words}").format(words=words), ink.muted),
            ]
        ]
        return lines + [self._cluster(run) for run in records.runs]

    def _cluster(self, run: RecordRun) -> Line:
        ink = self.desk.ink
        count = _("1 record") if run.count == 1 else _("{n} records").format(n=run.count)
        raised = run.after / run.before - 1
        return [
            Segment(f"   {fit(between(run.first, run.last), 25)}", ink.text),
            Segment(fit(count, 12), ink.muted),
            Segment(_("high raised "), ink.muted),
            Segment(f"{percent(raised, 1):>7} %", ink.by_sign(shown_sign(100 * raised, 1))),
        ]

    def _falls(self, records: Records) -> list[Line]:
        ink = self.desk.ink
        lines: list[Line] = [
            [
                Segment(_(" Falls of 10 % and more"), ink.title),
                Segment(_("  by closes, {n} in all").format(n=len(records.falls)), ink.muted),
            ]
        ]
        return lines + [self._fall(fall) for fall in records.falls]

    def _fall(self, fall: Fall) -> Line:
        ink = self.desk.ink
        over = fall.recovered is not None
        ends = str(fall.recovered) if over else _("still under")
        return [
            Segment(f"   {fall.peak} ", ink.text if over else ink.bold),
            Segment(f"{percent(fall.depth, 1):>7} %", ink.by_sign(fall.depth)),
            Segment(f" {fall.trough} ", ink.muted),
            Segment(fit(f"→ {ends}", 14), ink.muted if over else ink.key),
            Segment(fit(_("{n} days").format(n=f"{fall.days:,}"), 11, right=True), ink.text),
            Segment(_("  deepest") if fall.rank == 1 else f"  {fall.rank}.", ink.muted),
        ]


def rate(count: int, years: float) -> str:
    """Write how often a year: 12.3, 0.41, 0.02; never a rounded 0 for what has been."""
    each = count / years
    if not count:
        return "0"
    return f"{each:.1f}" if each >= 10 else f"{each:.2f}" if each >= 0.005 else "<0.01"


def between(first: date, last: date) -> str:
    """Write a time: 2025-10-05 – 10-06, the year once if it is one."""
    if first == last:
        return str(first)
    end = str(last) if last.year != first.year else str(last)[5:]
    return f"{first} – {end}"


def side_by_side(left: Sequence[Line], right: Sequence[Line], width: int, desk: Desk) -> list[Line]:
    """Return two lists in two columns, the longer one to its end."""
    half = min(width // 2, COLUMN)
    lines: list[Line] = []
    for at in range(max(len(left), len(right))):
        first = left[at] if at < len(left) else []
        second = right[at] if at < len(right) else []
        gap = Segment(" " * max(1, half - width_of(first)), desk.ink.text)
        lines.append([*first, gap, *second])
    return lines
