"""The newest of everything, and what changed since the last look.

Touched from the event loop's thread only, so it needs no lock. Levels (a price)
are overwritten and marked dirty; edges (a bad tick, an event of a source) are
returned from `apply` and never lost.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from math import floor, inf

import msgspec
import numpy as np

from divmon.indicators.series import Daily, History, Macro
from divmon.market.composite import Composite, CompositeReading, VenuePrice
from divmon.market.events import (
    Bars,
    Event,
    Interval,
    MacroPoints,
    MarketEvent,
    Quote,
    SourceHealth,
)
from divmon.market.sessions import DAY, Sessions, sessions
from divmon.reading.live import Live, RunningBar
from divmon.reading.model import Venue
from divmon.settings import Settings
from divmon.store.archive import Archive
from divmon.store.columns import Columns
from divmon.store.plausible import SecondReading
from divmon.store.running import advance, session_of

HOUR = 3_600
COMPOSITE = "composite"
COMPOSITE_RULES = 60.0  # seconds for which another source's price of BTC does not replace it
WATCHED_TO = 120.0  # seconds before its end that a day's last price may be from
BAD_TICKS_EVERY = 60.0  # seconds between two events on one venue; every bad tick is counted
DAY_AGO_AGE = 7_200  # seconds that the price of 24 hours ago may be older than that


class Store:
    """The state behind one screen.

    `archive` is None for everything simulated or read from files: only what a live
    source said is kept on disk.
    """

    def __init__(
        self, settings: Settings, *, source: str, simulated: bool, archive: Archive | None = None
    ) -> None:
        self.settings = settings
        self.source = source
        self.simulated = simulated
        self.archive = archive
        self._venues = {entry.split()[0] for entry in settings.exchanges.venues}
        self.history_version = 0  # grows when a bar or a macro point changed
        self.composite = Composite.of(settings.exchanges)
        self.quotes: dict[str, Quote] = {}
        self.running: dict[str, RunningBar] = {}
        self.health: dict[str, SourceHealth] = {}
        self._columns: dict[tuple[str, Interval], Columns] = {}
        self._active: dict[tuple[str, Interval], str] = {}
        self._macro: dict[str, MacroPoints] = {}
        self._finished: dict[str, RunningBar] = {}
        self._second_reading = SecondReading()
        self._told_bad: dict[str, float] = {}
        self._dirty: set[str] = set()

    # what comes in

    def restore(self) -> None:
        """Take in what the archive holds. Before the first `apply`."""
        if self.archive is None:
            return
        for bars in self.archive.all_bars():
            self._take_bars(bars)
        for points in self.archive.macros():
            self._macro[points.series] = points
        for quote in self.archive.quotes():
            if quote.instrument in self.settings.instruments:
                self.quotes[quote.instrument] = quote
        self.history_version += bool(self._columns or self._macro)

    def reconfigure(self, settings: Settings) -> None:
        """Go on by other settings, with everything that still holds."""
        before, self.settings = self.settings, settings
        if settings.exchanges != before.exchanges:
            self._venues = {entry.split()[0] for entry in settings.exchanges.venues}
            self.composite = self.composite.by(settings.exchanges)
            self.health = {
                name: health for name, health in self.health.items() if health.kind != "exchange"
            }
        for name, was in before.instruments.items():
            now = settings.instruments.get(name)
            if now is not None and (now.yahoo, now.fallback) != (was.yahoo, was.fallback):
                self._leave_symbols(name, (now.yahoo, now.fallback))
        self.history_version += 1
        self._dirty.update(self.quotes)

    def _leave_symbols(self, name: str, wanted: Sequence[str]) -> None:
        """Show an instrument by other symbols of Yahoo than before."""
        for place, series in list(self._active.items()):
            vendor, _, symbol = series.partition(":")
            if place[0] != name or vendor != "yahoo" or symbol in wanted:
                continue
            del self._active[place]
            known = (f"yahoo:{symbol}" for symbol in wanted)
            if found := next((each for each in known if (each, place[1]) in self._columns), None):
                self._active[place] = found
            quote = self.quotes.get(name)
            if quote is not None and quote.source == "yahoo":
                del self.quotes[name]
                self.running.pop(name, None)
                self._finished.pop(name, None)

    def apply(self, event: MarketEvent) -> list[Event]:
        """Take in one event; return what happened by it."""
        match event:
            case Quote():
                return self._quote(event)
            case Bars():
                if self._take_bars(event):
                    self.history_version += 1
                    self._dirty.add(event.instrument)
                    if self.archive is not None:
                        self.archive.save_bars(event)
            case MacroPoints():
                self._macro[event.series] = event
                self.history_version += 1
                if self.archive is not None:
                    self.archive.save_macro(event)
            case SourceHealth():
                self.health[event.name] = event
                if self.archive is not None:
                    self.archive.save_health(event)
            case Event():
                if self.archive is not None:
                    self.archive.add_event(event)
                return [event]
        return []

    def drain(self) -> set[str]:
        """Return the instruments changed since the last call, and forget them."""
        dirty, self._dirty = self._dirty, set()
        return dirty

    @property
    def dirty(self) -> bool:
        return bool(self._dirty)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show at all."""
        return not (self.quotes or self._columns or self._macro)

    # what goes out

    def history(self) -> History:
        """Return all that is known of the past; the arrays are shared, not copied."""
        daily: dict[str, Daily] = {}
        hourly = {}
        for (instrument, interval), series in self._active.items():
            if instrument not in self.settings.instruments:
                continue  # the archive has it from other settings
            columns = self._columns[series, interval]
            if interval == "1d":
                daily[instrument] = _with(columns.daily(), self._finished.get(instrument))
            else:
                hourly[instrument] = columns.hourly()
        return History(
            daily, hourly, {name: _macro(points) for name, points in self._macro.items()}
        )

    def live(self, now: float, banner: str = "") -> Live:
        """Return what is happening at `now`. Cheap: the engine asks six times a second."""
        composite = self._refresh_composite(now)
        return Live(
            source=self.source,
            simulated=self.simulated,
            quotes=self.quotes,
            running=self.running,
            venues={name: _venue(price) for name, price in composite.venues.items()},
            usdt_premium_bp=composite.usdt_premium_bp,
            spread_bp=composite.spread_bp,
            price_24h_ago=self._day_ago(now),
            health=self._health(composite),
            banner=banner,
        )

    # one event of each kind

    def _quote(self, quote: Quote) -> list[Event]:
        if quote.source in self._venues or quote.instrument == "USDT":
            return self._venue_quote(quote)
        known = self.quotes.get(quote.instrument)
        if known is not None and quote.event_time < known.event_time:
            return []
        if (
            known is not None
            and known.source == COMPOSITE != quote.source
            and quote.event_time - known.event_time <= COMPOSITE_RULES
        ):
            self._follow(quote, close=known.price)
            return []
        daily = self._daily(quote.instrument)
        close = float(daily.close[-1]) if daily is not None and len(daily.day) else None
        if not self._second_reading.accepts(quote, close):
            return [self._second_reading.event(quote, close or quote.price)]
        self._accept(quote)
        if self.archive is not None:
            self.archive.save_quote(quote)
        return []

    def _venue_quote(self, quote: Quote) -> list[Event]:
        wrong = self.composite.update(quote)
        self._dirty.add("BTC")
        told = self._told_bad.get(quote.source, -BAD_TICKS_EVERY)
        if not wrong or quote.received_time - told < BAD_TICKS_EVERY:
            return []
        self._told_bad[quote.source] = quote.received_time
        return [
            Event(
                time=quote.received_time,
                kind="bad_tick",
                subject=quote.source,
                text=f"{wrong}; not used",
                severity="notice",
                data={"price": quote.price},
            )
        ]

    def _accept(self, quote: Quote) -> None:
        self._follow(quote, close=quote.price)
        self.quotes[quote.instrument] = quote
        self._dirty.add(quote.instrument)

    def _follow(self, quote: Quote, *, close: float) -> None:
        """Let the running bar follow `quote`, to end on `close`."""
        name = quote.instrument
        calendar = self._calendar(name)
        day = (
            int(quote.event_time // DAY)
            if calendar.always_open
            else session_of(calendar, quote.event_time)
        )
        if day is None:
            return
        before = self.running.get(name)
        bar = advance(before, quote, day, self._daily(name))
        if before is not None and day > before.day and self._watched(name, before.day, calendar):
            # Keep the candle until the source's own arrives.
            self._finished[name] = before
            self.history_version += 1
        if bar is not None:
            self.running[name] = replace(bar, close=close)
        elif before is not None and day > before.day:
            del self.running[name]

    def _watched(self, name: str, day: int, calendar: Sessions) -> bool:
        """Tell whether our prices of a UTC day reach to its end."""
        last = self.quotes.get(name)
        return (
            calendar.always_open
            and last is not None
            and (day + 1) * DAY - last.event_time <= WATCHED_TO
        )

    def _take_bars(self, bars: Bars) -> bool:
        """Merge `bars`; tell whether that changed anything."""
        key = bars.series, bars.interval
        known = self._columns.get(key)
        merged = Columns.of(bars) if known is None else known.merged(bars)
        self._columns[key] = merged
        place = bars.instrument, bars.interval
        active = self._active.setdefault(place, bars.series)
        if active != bars.series and self._better(merged, self._columns[active, bars.interval]):
            self._active[place] = bars.series
        return merged is not known

    def _better(self, new: Columns, old: Columns) -> bool:
        """Tell which of two series shows an instrument: the one that goes on longer.

        At a tie it is the one asked for first: a fallback gives way.
        """
        if new.time[-1] != old.time[-1]:
            return bool(new.time[-1] > old.time[-1])
        wanted = self.settings.instruments.get(new.instrument)
        return wanted is not None and new.series.partition(":")[2] == wanted.yahoo

    # what goes out, in parts

    def _refresh_composite(self, now: float) -> CompositeReading:
        """Make the composite the BTC quote, and follow its running candle.

        Sampled as often as somebody looks, six times a second at most: the high
        and low of the running candle are those of the samples, the confirmed
        candle comes from the source's own bars.
        """
        reading = self.composite.value(now)
        event_time, received_time = reading.event_time, reading.received_time
        if reading.price is not None and event_time is not None and received_time is not None:
            known = self.quotes.get("BTC")
            if known is None or event_time >= known.event_time:
                self._accept(
                    Quote(
                        "BTC",
                        COMPOSITE,
                        reading.price,
                        event_time,
                        received_time,
                        series=COMPOSITE,
                    )
                )
        return reading

    def _day_ago(self, now: float) -> dict[str, float]:
        prices = {}
        then = now - DAY
        # a whole number: for a fraction numpy would turn all the hours into fractions first
        begun = floor(then) - HOUR
        for (instrument, interval), series in self._active.items():
            if interval == "1h":
                columns = self._columns[series, interval]
                at = int(columns.time.searchsorted(begun, side="right")) - 1
                if at >= 0 and then - (columns.time[at] + HOUR) <= DAY_AGO_AGE:
                    prices[instrument] = float(columns.prices[3, at])
        return prices

    def _health(self, composite: CompositeReading) -> dict[str, SourceHealth]:
        """Return the sources' health, with the bad ticks that only the composite sees."""
        return {
            name: msgspec.structs.replace(health, bad_ticks=health.bad_ticks + bad)
            if (bad := composite.bad_ticks.get(name, 0))
            else health
            for name, health in self.health.items()
        }

    def _daily(self, instrument: str) -> Daily | None:
        series = self._active.get((instrument, "1d"))
        return None if series is None else self._columns[series, "1d"].daily()

    def _calendar(self, instrument: str) -> Sessions:
        settings = self.settings.instruments.get(instrument)
        return sessions("24/7" if settings is None else settings.calendar)


def _with(daily: Daily, bar: RunningBar | None) -> Daily:
    """Return `daily` with our own completed bar at the end, if it lacks that day."""
    if bar is None or not len(daily.day) or bar.day != daily.day[-1] + 1:
        return daily
    return replace(
        daily,
        day=np.append(daily.day, bar.day),
        open=np.append(daily.open, bar.open),
        high=np.append(daily.high, bar.high),
        low=np.append(daily.low, bar.low),
        close=np.append(daily.close, bar.close),
        received=inf,  # ours, and over
    )


def _venue(price: VenuePrice) -> Venue:
    return Venue(
        currency=price.currency,
        price=price.price,
        usd=price.usd,
        age_s=price.age_s,
        time=None if price.event_time is None else datetime.fromtimestamp(price.event_time, UTC),
        deviation_bp=price.deviation_bp,
        used=price.used,
        reason=price.reason,
    )


def _macro(points: MacroPoints) -> Macro:
    day, value = zip(*points.points, strict=True) if points.points else ((), ())
    return Macro(
        points.series,
        points.unit,
        np.array(day, dtype=np.int64),
        np.array(value, dtype=np.float64),
    )
