"""The columns of the markets table: what each shows, and how it sorts."""

from collections.abc import Callable

from msgspec import Struct
from rich.segment import Segment
from rich.style import Style

from divmon.reading.model import Instrument
from divmon.ui.heard import session_word
from divmon.ui.i18n import N_, _
from divmon.ui.theme import Ink
from divmon.ui.view import View
from divmon.ui.widgets.chart import sparkline
from divmon.ui.widgets.panel import Line
from divmon.ui.words import NONE, age, arrow, fit, percent, price, run, shown_sign, signed

Key = Callable[[View, str], float | None]


class Column(Struct, frozen=True):
    """One column; `need` is the width of table from which it is shown."""

    name: str
    width: int
    need: int
    text: "Callable[[Row], Line]"
    key: Key | None = None  # what `o` and a click on the heading sort by, largest first
    left: bool = False


class Row(Struct, frozen=True):
    """What a cell is drawn from."""

    name: str
    group: str
    row: Instrument
    ink: Ink  # dimmed when the row is stale
    loud: Style  # for the word that says so
    view: View
    width: int = 0


def _return(window: str) -> "Callable[[Row], Line]":
    def text(at: Row) -> Line:
        value = at.row.returns.get(window)
        if value is None:
            return [Segment(NONE, at.ink.muted)]
        if at.row.kind == "rate":
            points = basis_points(at.row.last, value)
            sign = shown_sign(points, 0)
            words = f"{arrow(sign)} {signed(points, 0)} bp"
            return [Segment(words if len(words) <= 8 else words.replace(" bp", "bp"),
                            at.ink.by_sign(sign))]  # fmt: skip
        sign = shown_sign(100 * value)
        return [Segment(f"{arrow(sign)} {percent(value)}", at.ink.by_sign(sign))]

    return text


def basis_points(level: float | None, change: float | None) -> float | None:
    """Return by how many basis points a rate in percent came to `level`, `change` as a fraction."""
    if level is None or change is None or change <= -1:
        return None
    return 100 * (level - level / (1 + change))


def _return_key(window: str) -> Key:
    # points of a yield and percents of a price do not compare
    return lambda view, name: (
        None if view.rows[name].kind == "rate" else view.rows[name].returns.get(window)
    )


def _name(at: Row) -> Line:
    return [Segment(fit(at.name, 8), at.ink.bold if not at.ink.dimmed else at.ink.text)]


def _last(at: Row) -> Line:
    return [Segment(price(at.row.last, at.row.decimals), at.ink.text)]


def _from_high(at: Row) -> Line:
    """A record only where the data says so: confirmed in words, provisional in italics."""
    high = at.row.high
    if high.record_close:
        return [Segment(_("record"), at.ink.warn)]
    if high.provisional_record:
        return [Segment(_("record?"), at.ink.provisional)]
    if high.from_high is None:
        return [Segment(NONE, at.ink.muted)]
    if at.row.kind == "rate":
        points = basis_points(at.row.close or at.row.last, high.from_high)
        return [Segment(f"{signed(points, 0)} bp", at.ink.text)]
    return [Segment(f"{percent(high.from_high, 1)} %", at.ink.text)]


def _streak(at: Row) -> Line:
    """Confirmed closes; what the running bar would make of them dimmed behind it."""
    streak = at.row.streak
    count = streak.close if streak.close is not None else streak.candle
    text = run(count)
    if streak.broken_by is not None and count:
        text = f"≥{text}"
    line = [Segment(text, at.ink.by_sign(count))]
    if streak.running and count:
        line.append(Segment("+" if streak.running * count > 0 else "!", at.ink.provisional))
    else:
        line.append(Segment(" ", at.ink.text))
    return line


def _versus(at: Row) -> Line:
    value = at.row.vs_btc20
    if value is None or at.row.kind == "rate":
        return [Segment(NONE, at.ink.muted)]
    return [Segment(f"{signed(100 * value, 1)} pp", at.ink.by_sign(shown_sign(100 * value, 1)))]


def _volatility(at: Row) -> Line:
    value = at.row.volatility.percentile_all
    return [Segment(NONE if value is None else f"{100 * value:.0f}", at.ink.muted)]


def _correlation(at: Row) -> Line:
    reading = at.view.reading
    pair = reading.correlation.get(f"BTC/{at.name}") if reading else None
    return [Segment(signed(pair.d60.r) if pair else NONE, at.ink.muted)]


def _spark(at: Row) -> Line:
    values = at.row.sparkline
    text = sparkline(values, at.width)
    rise = values[-1] - values[-len(text)] if text else 0.0
    return [Segment(fit(text, at.width), at.ink.by_sign(rise))]


def _label(at: Row) -> Line:
    note = _(at.row.note or at.row.label)
    return [Segment(fit(note, at.width), at.ink.muted)]


def _session(at: Row) -> Line:
    return [Segment(session_word(at.row.session or NONE), at.ink.muted)]


def _age(at: Row) -> Line:
    """How old the price is, and the state in a word where it is not simply live."""
    state, old = at.view.state(at.name), age(at.view.age(at.name))
    if state == "missing":
        return [Segment(_("missing"), at.loud)]
    if state == "stale":
        return [Segment(_("stale {age}").format(age=old), at.loud)]
    if state == "delayed":
        old = _("delay {age}").format(age=old)
    return [Segment(old, at.ink.muted)]


COLUMNS = (
    Column("", 8, 0, _name, left=True),
    Column(N_("last"), 10, 0, _last),
    Column(N_("1d"), 8, 0, _return("1"), _return_key("1")),
    Column(N_("5d"), 8, 58, _return("5"), _return_key("5")),
    Column(N_("20d"), 8, 68, _return("20"), _return_key("20")),
    Column(N_("YTD"), 8, 110, _return("ytd"), _return_key("ytd")),
    Column(N_("from high"), 9, 78, _from_high, lambda view, name: _below_high(view.rows[name])),
    Column(N_("streak"), 9, 40, _streak, lambda view, name: _count(view.rows[name])),
    Column(N_("vs BTC 20d"), 10, 98, _versus, lambda view, name: _ahead(view.rows[name])),
    Column(N_("vol pct"), 7, 150, _volatility, lambda v, n: v.rows[n].volatility.percentile_all),
    Column(N_("r 60d"), 6, 150, _correlation),
    Column(N_("30 closes"), 30, 160, _spark, left=True),
    Column("", 19, 196, _label, left=True),
    Column(N_("session"), 7, 140, _session),
    Column(N_("age"), 10, 58, _age, lambda view, name: _young(view, name)),
)
SHORT_SPARK = Column(N_("20 closes"), 20, 120, _spark, left=True)
GROUP_WIDTH = 9  # of the column with the group's name, from GROUP_NEED on
GROUP_NEED = 104
SORTS = tuple(column.name for column in COLUMNS if column.key is not None)


def is_spark(column: Column) -> bool:
    """Tell whether a column draws closes; a narrower one may take its place."""
    return column.text is _spark


def _count(row: Instrument) -> float | None:
    count = row.streak.close if row.streak.close is not None else row.streak.candle
    return None if count is None else float(count)


def _below_high(row: Instrument) -> float | None:
    return None if row.kind == "rate" else row.high.from_high


def _ahead(row: Instrument) -> float | None:
    return None if row.kind == "rate" else row.vs_btc20


def _young(view: View, name: str) -> float | None:
    old = view.age(name)
    return None if old is None else -old
