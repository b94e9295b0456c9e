"""How every source is doing, how every venue of BTC is, and what this screen costs."""

from collections.abc import Callable
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style

from divmon.market.events import SourceHealth
from divmon.reading.model import Venue
from divmon.ui.heard import heard
from divmon.ui.i18n import N_, _
from divmon.ui.widgets.footer import stamp_of
from divmon.ui.widgets.listed import Scrolled
from divmon.ui.widgets.panel import Desk, Framed, Line, width_of
from divmon.ui.words import NONE, age, clean, countdown, fit, price, signed

SIGNS = {"ok": "●", "starting": "◐", "retrying": "◐", "rate_limited": "◐", "off": "○"}
WORDS = {"rate_limited": N_("rate limited")}


@dataclass(frozen=True)
class Column:
    """One column; `need` is the width of panel from which it is shown."""

    name: str
    width: int
    need: int
    text: "Callable[[Desk, SourceHealth], tuple[str, Style]]"
    left: bool = False


def tone(desk: Desk, source: SourceHealth) -> Style:
    """Return the style of a source's state."""
    ink = desk.ink
    if source.state == "ok":
        return ink.ok
    return ink.muted if source.state == "off" else ink.warn


def _heard_of(desk: Desk, source: SourceHealth) -> bool:
    """Tell whether this is what an engine that is gone said last."""
    return source is not desk.view.link and desk.view.hearsay(source.name) is not None


def _state(desk: Desk, source: SourceHealth) -> tuple[str, Style]:
    word = _(WORDS.get(source.state, source.state))
    if _heard_of(desk, source):
        return _("was {state}").format(state=word), desk.ink.stale
    return word, tone(desk, source)


def _since(desk: Desk, source: SourceHealth) -> tuple[str, Style]:
    return stamp_of(desk, source.since), desk.ink.muted


def _lasting(desk: Desk, source: SourceHealth) -> tuple[str, Style]:
    lost = desk.view.link_lost_for
    if source is desk.view.link and lost is not None:
        # by our own clock; what the engine played may be another day
        return age(lost), desk.ink.text
    return age(max(0.0, desk.view.now - source.since)), desk.ink.text


def _data(desk: Desk, source: SourceHealth) -> tuple[str, Style]:
    if source.last_data is None:
        return NONE, desk.ink.muted
    return age(max(0.0, desk.view.now - source.last_data)), desk.ink.text


def _latency(desk: Desk, source: SourceHealth) -> tuple[str, Style]:
    known = source.latency_ms
    return (NONE, desk.ink.muted) if known is None else (f"{known:,.0f} ms", desk.ink.text)


def _next(desk: Desk, source: SourceHealth) -> tuple[str, Style]:
    wait = None if source.next_try is None else source.next_try - desk.view.now
    if wait is None or source is desk.view.link:
        return NONE, desk.ink.muted
    return (_("now"), desk.ink.text) if wait <= 0 else (countdown(wait), desk.ink.text)


def _count(field: str) -> "Callable[[Desk, SourceHealth], tuple[str, Style]]":
    def text(desk: Desk, source: SourceHealth) -> tuple[str, Style]:
        number: int = getattr(source, field)
        return f"{number:,}", desk.ink.warn if number else desk.ink.muted

    return text


COLUMNS = (
    Column(N_("state"), 12, 0, _state, left=True),
    Column(N_("for"), 6, 50, _lasting),
    Column(N_("since"), 12, 96, _since),
    Column(N_("data age"), 8, 0, _data),
    Column(N_("next"), 6, 40, _next),
    Column(N_("latency"), 9, 84, _latency),
    Column(N_("reconn."), 7, 62, _count("reconnects")),
    Column(N_("bad ticks"), 9, 74, _count("bad_ticks")),
    Column(N_("bad msgs"), 8, 100, _count("bad_frames")),
    Column(N_("gaps"), 4, 108, _count("gaps")),
)
NAME = 11
WORDED = 62  # cells, from which a venue has both its distance and whether it is used
REASON_BESIDE = 150  # cells, from which the reason stands in the source's own line


class SourcesPanel(Scrolled):
    """A line a source; what is wrong with it in words."""

    title = N_("Sources")

    def aside(self) -> str:
        sources = self.desk.view.health.values()
        if sources and self.desk.view.link_lost:
            return _("as last heard; the engine is gone")
        good = sum(source.state == "ok" for source in sources)
        counted = _("{good} of {count} ok").format(good=good, count=len(sources))
        parts = [counted, self.position()]
        parts.append(_("{key} retry now").format(key=self.desk.key("refresh")))
        return " · ".join(part for part in parts if part)

    def _columns(self, width: int) -> list[Column]:
        return [column for column in COLUMNS if width >= column.need]

    def head(self, width: int) -> list[Line]:
        text = f"   {fit(_('source'), NAME)}"
        for column in self._columns(width):
            text += f" {fit(_(column.name), column.width, right=not column.left)}"
        if width >= REASON_BESIDE:
            text += "  " + _("reason")
        return [[Segment(text, self.desk.ink.muted)]]

    def lines(self, width: int) -> list[Line]:
        view, ink = self.desk.view, self.desk.ink
        sources = [*view.health.values(), *([view.link] if view.link else [])]
        if not sources:
            return [[Segment(_(" none has reported yet"), ink.muted)]]
        lines: list[Line] = []
        for source in sources:
            line = self._line(source, width)
            reason = clean(heard(source.reason))
            if reason and width >= REASON_BESIDE:
                room = width - width_of(line) - 2
                line.append(Segment(f"  {fit(reason, room).rstrip()}", tone(self.desk, source)))
            lines.append(line)
            if reason and width < REASON_BESIDE:
                lines.append([Segment(f"   {fit(reason, width - 4).rstrip()}", ink.warn)])
        return lines

    def _line(self, source: SourceHealth, width: int) -> Line:
        ink = self.desk.ink
        line: Line = [
            Segment(" ? ", ink.stale)
            if _heard_of(self.desk, source)
            else Segment(f" {SIGNS[source.state]} ", tone(self.desk, source)),
            Segment(fit(source.name, NAME), ink.bold),
        ]
        for column in self._columns(width):
            text, style = column.text(self.desk, source)
            shown = fit(text, column.width, right=not column.left)
            line += [Segment(" ", ink.text), Segment(shown, style)]
        return line


class VenuesPanel(Scrolled):
    """What every venue says of BTC, and whether the composite counts it."""

    title = N_("Venues of BTC")

    def aside(self) -> str:
        row = self.desk.view.rows.get("BTC")
        if row is None or not row.venues:
            return self.position()
        parts = [_("composite {price}").format(price=price(row.composite, row.decimals))]
        if row.spread_bp is not None:
            parts.append(_("spread {n} bp").format(n=f"{row.spread_bp:.1f}"))
        if row.usdt_premium_bp is not None:
            parts.append(f"USDT {signed(row.usdt_premium_bp, 1)} bp")
        return " · ".join([*parts, self.position()]).removesuffix(" · ")

    def head(self, width: int) -> list[Line]:
        converted = f" {fit(_('in USD'), 13, right=True)}" if width >= 80 else ""
        text = (
            f"   {fit(_('venue'), NAME)} {fit(_('price'), 13, right=True)} {'':<5}{converted}"
            f" {fit(_('age'), 6, right=True)} {fit(_('off median'), 11, right=True)}"
        )
        said = f"  {_('used')}" if width >= WORDED else ""
        return [[Segment(f"{text}{said}", self.desk.ink.muted)]]

    def lines(self, width: int) -> list[Line]:
        row, ink = self.desk.view.rows.get("BTC"), self.desk.ink
        if row is None or not row.venues:
            return [[Segment(" " + _("no venue has answered yet"), ink.muted)]]
        return [self._line(name, venue, width) for name, venue in row.venues.items()]

    def _line(self, name: str, venue: Venue, width: int) -> Line:
        ink = self.desk.ink
        if venue.used:
            sign, style, words = "●", ink.ok, _("used")
        else:
            sign = "○" if venue.price is None else "◐"
            style = ink.muted if venue.price is None else ink.warn
            words = _("not used: {reason}").format(
                reason=clean(heard(venue.reason)) or _("no reason given")
            )
        off = venue.deviation_bp
        line: Line = [
            Segment(f" {sign} ", style),
            Segment(fit(name, NAME), ink.bold),
            Segment(f" {price(venue.price):>13}", ink.text),
            Segment(f" {fit(venue.currency, 5)}", ink.muted),
        ]
        if width >= 80:
            line.append(Segment(f" {price(venue.usd):>13}", ink.text))
        deviation = NONE if off is None else f"{signed(off, 1)} bp"
        line.append(
            Segment(f" {fit(age(self.desk.view.venue_age(venue)), 6, right=True)}", ink.text)
        )
        # the sign says that it is used; why it is not is worth more than how far it is off
        if width >= WORDED or venue.used:
            line.append(Segment(f" {deviation:>11}", ink.text))
        if width >= WORDED or not venue.used:
            line.append(Segment(f"  {words}", style))
        return line


class OwnPanel(Framed):
    """What this screen costs, and whom it listens to."""

    title = N_("This screen")
    load = ""  # own KiB/s and CPU

    def inside(self, width: int, height: int) -> list[Line]:
        ink, view = self.desk.ink, self.desk.view
        source = view.reading.source if view.reading else NONE
        kind = _("{source}, simulated") if view.simulated else _("{source}, not simulated")
        own = _("of its own") if view.link is None else _("a running watch, attached")
        facts = (
            (_("cost"), self.load or _("measuring …")),
            (_("engine"), own),
            (_("source"), kind.format(source=clean(source))),
        )
        return [
            [Segment(f" {fit(name, 9)}", ink.muted), Segment(text, ink.text)]
            for name, text in facts
        ]
