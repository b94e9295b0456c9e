"""Every value of an instrument's row: name and value, in columns."""

from collections.abc import Iterator

from rich.segment import Segment

from divmon.reading.model import Instrument
from divmon.ui.heard import heard, session_word
from divmon.ui.i18n import N_, _
from divmon.ui.widgets.panel import Desk, Framed, Line
from divmon.ui.words import (
    NONE,
    age,
    arrow,
    basis_points,
    change,
    day,
    fit,
    percent,
    price,
    run,
    shown_sign,
    signed,
)  # fmt: skip

JUST_NOW = 5  # seconds, as `age` has it
SIGNS = {"▲": 1.0, "▼": -1.0}  # that a change begins with
_WINDOWS = {"1": N_("1 d"), "5": N_("5 d"), "20": N_("20 d"), "60": N_("60 d"),
            "120": N_("120 d"), "mtd": N_("month"), "ytd": N_("YTD"),
            "year": N_("last year")}  # fmt: skip


class ValuesPanel(Framed):
    """Name and value, in as many columns as the width allows."""

    title = N_("Values")
    top = 0

    def __init__(self, desk: Desk, name: str) -> None:
        super().__init__(desk, id="values")
        self.instrument = name

    def aside(self) -> str:
        return _("{keys} scroll").format(keys=self.desk.key("down", "up"))

    def inside(self, width: int, height: int) -> list[Line]:
        ink, view = self.desk.ink, self.desk.view
        row = view.rows.get(self.instrument)
        if row is None:
            return [[Segment(_(" nothing is known of it yet"), ink.muted)]]
        state = view.state(self.instrument)
        facts = [(_("state"), _aged(state, view.age(self.instrument))), *_facts(row, ink.candles)]
        facts += [
            (_("venue {name}").format(name=name), _venue(self.desk, name)) for name in row.venues
        ]
        columns = max(1, min(3, width // 44))
        room = width // columns
        per = -(-len(facts) // columns)
        self.top = max(0, min(self.top, per - height))
        lines: list[Line] = []
        for y in range(self.top, min(per, self.top + height)):
            line: Line = []
            for name, value in facts[y::per]:
                line.append(Segment(f" {fit(name, 20)} ", ink.muted))
                sign = SIGNS.get(value[:1])
                style = ink.text if sign is None else ink.by_sign(sign)
                line.append(Segment(fit(value, room - 22), style))
            lines.append(line)
        return lines


def _venue(desk: Desk, name: str) -> str:
    venue = desk.view.rows["BTC"].venues[name]
    used = (
        _("used")
        if venue.used
        else _("not used: {reason}").format(reason=heard(venue.reason) or _("no reason given"))
    )
    off = "" if venue.deviation_bp is None else f", {signed(venue.deviation_bp, 1)} bp"
    old = age(desk.view.venue_age(venue))
    return f"{price(venue.price)} {venue.currency}, {old}{off}, {used}"


def _aged(state: str, seconds: float | None) -> str:
    if seconds is not None and seconds < JUST_NOW:
        return _("{state}, just now").format(state=_(state))
    return _("{state}, {age} old").format(state=_(state), age=age(seconds))


def _moved(row: Instrument, value: float | None) -> str:
    """Write a change: of a rate in basis points."""
    if row.kind != "rate":
        return change(value)
    points = basis_points(row.last, value)
    return NONE if points is None else f"{arrow(shown_sign(points, 0))} {signed(points, 0)} bp"


def _facts(row: Instrument, candles: tuple[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (name, value) of all that the row holds; missing ones as "—"."""
    yield _("last"), price(row.last, row.decimals)
    yield _("previous close"), price(row.previous_close, row.decimals)
    yield _("source"), _(row.series) or NONE
    yield _("note"), _(row.note) or NONE
    yield _("price's own time"), f"{row.time:%Y-%m-%d %H:%M:%S} UTC" if row.time else NONE
    yield _("session"), session_word(row.session or NONE)
    yield _("confirmed to"), row.confirmed.isoformat() if row.confirmed else NONE
    for window, value in row.returns.items():
        closed = row.confirmed_returns.get(window)
        moved, then = _moved(row, value), _moved(row, closed)
        both = (
            ""
            if closed is None or then == moved
            else _(", closed {change}").format(change=then[2:])
        )
        yield _("return {span}").format(span=_(_WINDOWS.get(window, window))), moved + both
    yield (
        _("against BTC, 20 d"),
        NONE if row.vs_btc20 is None else f"{signed(100 * row.vs_btc20, 1)} pp",
    )
    streak, high, vol = row.streak, row.high, row.volatility
    yield _("candles"), f"{run(streak.candle, *candles)} · {_(streak.boundary or NONE)}"
    yield _("closes"), run(streak.close)
    if_closed = run(streak.provisional, *candles)
    yield _("if it closed now"), _("{run} (provisional)").format(run=if_closed)
    often = None if streak.per_year is None else f"{streak.per_year:.1f}"
    yield _("runs as long"), NONE if often is None else _("{n} a year").format(n=often)
    yield _("from high"), NONE if high.from_high is None else f"{percent(high.from_high, 1)} %"
    yield (
        _("from 52-week high"),
        NONE if high.from_52w is None else f"{percent(high.from_52w, 1)} %",
    )
    answers = {True: _("yes"), False: _("no"), None: NONE}
    yield _("record close"), answers[high.record_close]
    yield _("record intraday"), answers[high.record_intraday]
    yield _("bars since high"), NONE if high.bars_since_high is None else str(high.bars_since_high)
    yield _("drawdown"), NONE if high.drawdown is None else f"{percent(high.drawdown, 1)} %"
    yield _("history from"), high.history_start.isoformat() if high.history_start else NONE
    for name, value in (
        (_("close-close"), vol.cc30),
        ("Parkinson", vol.parkinson30),
        ("Garman-Klass", vol.gk30),
        ("Rogers-Satchell", vol.rs30),
        ("Yang-Zhang", vol.yz30),
    ):
        told = _("{n} % a year, 30 bars")
        named = _("vol {name}").format(name=name)
        yield named, NONE if value is None else told.format(n=f"{100 * value:.1f}")
    for name, value in ((_("1 year"), vol.percentile_1y), (_("all"), vol.percentile_all)):
        named = _("vol pct, {name}").format(name=name)
        yield named, NONE if value is None else f"{100 * value:.0f}"
    if row.wall is not None:
        wall = row.wall
        yield _("wall"), price(wall.level, 0)
        yield _("closes below"), NONE if wall.closes_below is None else str(wall.closes_below)
        yield _("last close above"), day(wall.last_close_above)
        yield _("touches"), NONE if wall.touches is None else str(wall.touches)
    if row.missing_sessions:
        yield _("missing sessions"), ", ".join(day.isoformat() for day in row.missing_sessions[:5])
