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
from divmon.ui.widgets.panel import Line, width_of
from divmon.ui.words import (
    NONE,
    age,
    arrow,
    basis_points,
    fit,
    percent,
    price,
    run,
    shown_sign,
    signed,
)

Key = Callable[[View, str], float | None]


class Column(Struct, frozen=True):
    """One column; `need` is the width of table from which it is shown."""

    name: str
    width: int
    need: int
    text: "Callable[[Row], Line]"
    key: Key | None = None  # what `o` and a click on the heading sort by, largest first
    left: bool = False
    # what `x` explains of a row while the table is sorted by it
    value: str = "instruments.{name}.last"
    config: str = ""  # what the settings call it, where that is not its name
    usual: bool = True  # shown without being asked for

    @property
    def called(self) -> str:
        return self.config or self.name


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
        words = f"{arrow(sign)} {percent(value)}"
        if len(words) > 8:  # from 100 % on, and without decimals from 1,000 %
            words = f"{arrow(sign)} {percent(value, 1 if abs(value) < 9.995 else 0)}"
        return [Segment(words, at.ink.by_sign(sign))]

    return text


def _return_key(window: str) -> Key:
    return lambda view, name: _no_rate(view.rows[name], view.rows[name].returns.get(window))


def _name(at: Row) -> Line:
    return [Segment(fit(at.name, 8), at.ink.bold if not at.ink.dimmed else at.ink.text)]


def _last(at: Row) -> Line:
    return [Segment(price(at.row.last, at.row.decimals), at.ink.text)]


def _previous(at: Row) -> Line:
    return [Segment(price(at.row.previous_close, at.row.decimals), at.ink.muted)]


def _from_high(at: Row) -> Line:
    """A record only where the data says so: confirmed in words, provisional in italics."""
    high = at.row.high
    if high.record_close:
        return [Segment(_("record"), at.ink.warn)]
    if high.provisional_record:
        return [Segment(_("record?"), at.ink.provisional)]
    return _below(at, high.from_high)


def _below(at: Row, fraction: float | None) -> Line:
    """How far a close is from a high, a yield in basis points."""
    if fraction is None:
        return [Segment(NONE, at.ink.muted)]
    if at.row.kind == "rate":
        points = basis_points(at.row.close or at.row.last, fraction)
        return [Segment(f"{signed(points, 0)} bp", at.ink.text)]
    return [Segment(f"{percent(fraction, 1)} %", at.ink.text)]


def _since_high(at: Row) -> Line:
    bars = at.row.high.bars_since_high
    return [Segment(NONE if bars is None else f"{bars:,}", at.ink.muted)]


def _streak(at: Row) -> Line:
    """Confirmed closes; what the running bar would make of them dimmed behind it."""
    streak = at.row.streak
    return _run(at, streak.close if streak.close is not None else streak.candle)


def _run(at: Row, count: int | None) -> Line:
    """A count that stands under the others, its word, and the mark of the running bar."""
    streak = at.row.streak
    number, _, word = run(count).partition(" ")
    if not count:
        return [Segment(f"{number:>3}      ", at.ink.muted)]
    least = "≥" if streak.broken_by is not None else ""
    line = [Segment(f"{least + number:>3} {word}", at.ink.by_sign(count))]
    if streak.running:
        line.append(Segment("+" if streak.running * count > 0 else "!", at.ink.provisional))
    return [*line, Segment(" " * max(0, 9 - width_of(line)), at.ink.text)]


def _versus(at: Row) -> Line:
    value = at.row.vs_btc20
    if value is None or at.row.kind == "rate":
        return [Segment(NONE, at.ink.muted)]
    return [Segment(f"{signed(100 * value, 1)} pp", at.ink.by_sign(shown_sign(100 * value, 1)))]


def _hundredths(value: float | None, at: Row) -> Line:
    return [Segment(NONE if value is None else f"{100 * value:.0f}", at.ink.muted)]


def _volatility(at: Row) -> Line:
    value = at.row.volatility.cc30
    return [Segment(NONE if value is None else f"{100 * value:.0f} %", at.ink.muted)]


def _r(view: View, name: str, window: int) -> float | None:
    reading = view.reading
    pair = reading.correlation.get(f"BTC/{name}") if reading else None
    return {20: pair.d20, 60: pair.d60, 90: pair.d90}[window].r if pair else None


def _correlation(window: int, *, usual: bool = False) -> Column:
    return Column(
        f"r {window}d", 6, 150,
        lambda at: [Segment(signed(_r(at.view, at.name, window)), at.ink.muted)],
        lambda view, name: _r(view, name, window),
        value=f"correlation.BTC/{{name}}.{window}.r", usual=usual,
    )  # fmt: skip


def _change(name: str, window: str, need: int, *, usual: bool = True) -> Column:
    value = f"instruments.{{name}}.returns.{window}"
    return Column(
        name, 8, need, _return(window), _return_key(window), value=value, usual=usual
    )  # fmt: skip


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


_ROW = "instruments.{name}."
COLUMNS = (
    Column("", 8, 0, _name, left=True),
    Column(N_("last"), 10, 0, _last),
    Column(N_("prev close"), 10, 0, _previous, lambda view, name: view.rows[name].previous_close,
           value=_ROW + "previous_close", usual=False),
    _change(N_("1d"), "1", 0),
    _change(N_("5d"), "5", 58),
    _change(N_("20d"), "20", 68),
    _change(N_("60d"), "60", 0, usual=False),
    _change(N_("120d"), "120", 0, usual=False),
    _change(N_("MTD"), "mtd", 0, usual=False),
    _change(N_("YTD"), "ytd", 110),
    _change(N_("year"), "year", 0, usual=False),
    Column(N_("from high"), 9, 78, _from_high,
           lambda view, name: _no_rate(view.rows[name], view.rows[name].high.from_high),
           value=_ROW + "high.from_high"),
    Column(N_("from 52w"), 9, 0, lambda at: _below(at, at.row.high.from_52w),
           lambda view, name: _no_rate(view.rows[name], view.rows[name].high.from_52w),
           value=_ROW + "high.from_52w", usual=False),
    Column(N_("drawdown"), 9, 0, lambda at: _below(at, at.row.high.drawdown),
           lambda view, name: _no_rate(view.rows[name], view.rows[name].high.drawdown),
           value=_ROW + "high.drawdown", usual=False),
    Column(N_("since high"), 10, 0, _since_high,
           lambda view, name: _number(view.rows[name].high.bars_since_high),
           value=_ROW + "high.bars_since_high", usual=False),
    Column(N_("streak"), 9, 40, _streak, lambda view, name: _count(view.rows[name]),
           value=_ROW + "streak.close"),
    Column(N_("candles"), 9, 0, lambda at: _run(at, at.row.streak.candle),
           lambda view, name: _number(view.rows[name].streak.candle),
           value=_ROW + "streak.candle", usual=False),
    Column(N_("vs BTC 20d"), 10, 98, _versus,
           lambda view, name: _no_rate(view.rows[name], view.rows[name].vs_btc20),
           value=_ROW + "vs_btc20"),
    Column(N_("vol"), 6, 0, _volatility, lambda view, name: view.rows[name].volatility.cc30,
           value=_ROW + "volatility.cc30", usual=False),
    Column(N_("vol pct"), 7, 116, lambda at: _hundredths(at.row.volatility.percentile_all, at),
           lambda view, name: view.rows[name].volatility.percentile_all,
           value=_ROW + "volatility.percentile_all"),
    Column(N_("vol pct 1y"), 10, 0, lambda at: _hundredths(at.row.volatility.percentile_1y, at),
           lambda view, name: view.rows[name].volatility.percentile_1y,
           value=_ROW + "volatility.percentile_1y", usual=False),
    _correlation(20),
    _correlation(60, usual=True),
    _correlation(90),
    Column(N_("20 closes"), 20, 130, _spark, left=True, config="closes"),
    Column("", 29, 196, _label, left=True, config="name"),
    Column(N_("session"), 7, 140, _session),
    Column(N_("age"), 10, 58, _age, lambda view, name: _young(view, name), value=_ROW + "age_s"),
)  # fmt: skip
GROUP_WIDTH = 9  # of the column with the group's name, from GROUP_NEED on
GROUP_NEED = 104
NAME, *_REST = COLUMNS
(AGE,) = (column for column in COLUMNS if column.name == "age")


def wanted(names: tuple[str, ...]) -> list[Column]:
    """Return the columns of these names in this order, or the usual ones for none.

    The instrument's name comes first, and the age, which says what is stale, comes
    last where it is not named.
    """
    if not names:
        return [column for column in COLUMNS if column.usual]
    by_name = {column.called: column for column in _REST}
    chosen = [NAME, *(by_name[name] for name in names)]
    return chosen if AGE in chosen else [*chosen, AGE]


def _count(row: Instrument) -> float | None:
    count = row.streak.close if row.streak.close is not None else row.streak.candle
    return _number(count)


def _number(count: int | None) -> float | None:
    return None if count is None else float(count)


def _no_rate(row: Instrument, value: float | None) -> float | None:
    # points of a yield and percents of a price do not compare
    return None if row.kind == "rate" else value


def _young(view: View, name: str) -> float | None:
    old = view.age(name)
    return None if old is None else -old
