"""From the batch and the newest prices to a Reading, in time that history does not lengthen."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from msgspec.structs import replace

from divmon.indicators.align import MASTER
from divmon.indicators.relative import breaker, provisional
from divmon.indicators.series import History
from divmon.indicators.streaks import candle_sign, extend
from divmon.market.events import Quote
from divmon.market.freshness import age, of_close, of_quote
from divmon.market.window import Window, window
from divmon.reading.bars import SPARK, Confirmed
from divmon.reading.cross import provisional_abc
from divmon.reading.finish import finish
from divmon.reading.live import Live
from divmon.reading.model import Abc, High, Instrument, Reading, RelativeStreak, Streak, ValueState
from divmon.reading.prepare import Batch, prepare, session_of
from divmon.settings import Settings

BTC = "BTC"


class Price(NamedTuple):
    """The newest price of an instrument: of which session or day, and how far to trust it."""

    value: float
    day: int
    state: ValueState
    age_s: float
    time: float
    quote: Quote | None

    @property
    def usable(self) -> bool:
        """Whether something may be computed from it that looks like now."""
        return self.state not in ("stale", "missing")


def assess(history: History, live: Live, settings: Settings, now: float) -> Reading:
    """Compute everything anew: `prepare` and `read` in one."""
    return read(prepare(history, settings, now), live, now)


def read(batch: Batch, live: Live, now: float) -> Reading:
    """Return everything, at `now`. Confirmed values are those of the batch."""
    windows = _windows(batch, now)
    prices = {
        name: _price(batch, known, live, windows[known.calendar.name], now)
        for name, known in batch.confirmed.items()
    }
    cross = batch.cross
    found = Reading(
        as_of=datetime.fromtimestamp(now, UTC),
        source=live.source,
        simulated=live.simulated,
        banner=live.banner,
        session=batch.session if windows is batch.windows else session_of(windows[MASTER]),
        instruments={
            name: _row(batch, known, live, prices[name], windows[known.calendar.name], now)
            for name, known in batch.confirmed.items()
        },
        groups=batch.settings.watchlist,
        relative_streaks={key: _relative(batch, key, prices) for key in batch.pairs},
        correlation=cross.correlation,
        beta_gap=cross.beta_gap,
        dispersion=cross.dispersion,
        breadth20=cross.breadth20,
        rotation=cross.rotation,
        rotation_map=cross.rotation_map,
        leadlag=cross.leadlag,
        liquidity=cross.liquidity,
        abc=_abc(batch, prices, windows[MASTER]),
        precedents=cross.precedents,
        sources=dict(live.health),
        missing=(*batch.missing, *cross.missing),
    )
    return finish(found, cross, batch.grid, batch.own_claims)


def rows(batch: Batch, live: Live, now: float, names: Iterable[str]) -> dict[str, Instrument]:
    """Return the rows of `names` at `now`; a name that is not in the batch is left out."""
    windows = _windows(batch, now)
    found = {}
    for name in names:
        known = batch.confirmed.get(name)
        if known is not None:
            here = windows[known.calendar.name]
            price = _price(batch, known, live, here, now)
            found[name] = _row(batch, known, live, price, here, now)
    return found


def relative_streaks(batch: Batch, live: Live, now: float) -> dict[str, RelativeStreak]:
    """Return the relative streaks at `now`."""
    windows = _windows(batch, now)
    wanted = {name for pair in batch.pairs.values() for name in (pair.first, pair.second)}
    prices = _prices(batch, live, windows, now, wanted)
    return {key: _relative(batch, key, prices) for key in batch.pairs}


def abc_provisional(batch: Batch, live: Live, now: float) -> float | None:
    """Return the score if the running session closed now, None outside sessions."""
    windows = _windows(batch, now)
    prices = _prices(batch, live, windows, now, batch.confirmed)
    return _abc(batch, prices, windows[MASTER]).provisional


def _windows(batch: Batch, now: float) -> Mapping[str, Window]:
    """Return the batch's windows, or new ones if a session has begun or ended since."""
    if batch.now <= now and (batch.valid_until is None or now < batch.valid_until):
        return batch.windows
    return {name: window(known.calendar, now) for name, known in batch.windows.items()}


def _prices(
    batch: Batch, live: Live, windows: Mapping[str, Window], now: float, names: Iterable[str]
) -> dict[str, Price | None]:
    found = {}
    for name in names:
        known = batch.confirmed[name]
        found[name] = _price(batch, known, live, windows[known.calendar.name], now)
    return found


def _price(batch: Batch, known: Confirmed, live: Live, here: Window, now: float) -> Price | None:
    """Return the quote, or the last completed close if no quote is as new."""
    quote = live.quotes.get(known.name)
    last = known.last
    if quote is not None:
        day = here.session_of(quote.event_time)
        if day is not None and (last is None or day >= last):
            state = of_quote(quote, here, now, batch.limits, simulated=live.simulated)
            return Price(quote.price, day, state, age(quote, now), quote.event_time, quote)
    if last is None:
        return None
    state = of_close(
        last,
        known.calendar,
        here,
        now,
        batch.limits,
        simulated=live.simulated,
        quoted=not live.source.startswith("csv"),
    )
    closed = known.calendar.close_of(last)
    # a bar on a day that is no session has no better time than its day's end
    at = float(closed if closed is not None else (last + 1) * 86_400)
    return Price(known.spark[-1], last, state, max(0.0, now - at), at, None)


def _row(
    batch: Batch, known: Confirmed, live: Live, price: Price | None, here: Window, now: float
) -> Instrument:
    if price is None:
        row = replace(known.row, session=here.state)
    else:
        running = known.last is None or price.day > known.last
        bases = known.bases(price.day)
        closes = known.spark
        row = replace(
            known.row,
            series=known.row.series or (price.quote.series if price.quote else ""),
            last=price.value,
            previous_close=bases.close["1"],
            time=datetime.fromtimestamp(price.time, UTC),
            received=datetime.fromtimestamp(price.quote.received_time, UTC)
            if price.quote
            else None,
            age_s=price.age_s,
            state=price.state,
            session=here.state,
            returns=bases.to(price.value),
            vs_btc20=batch.vs_btc20.get(known.name),
            streak=_streak(batch, known, live, price) if running else known.row.streak,
            high=_high(known, price) if running else known.row.high,
            sparkline=(*closes[-(SPARK - 1) :], price.value) if running else closes,
        )
    return _bitcoin(batch, row, live, price, now) if known.name == BTC else row


def _streak(batch: Batch, known: Confirmed, live: Live, price: Price) -> Streak:
    """Return the streak with the running bar's part beside it."""
    streak = known.row.streak
    opened = _open(batch, known, live, price)
    if opened is None or streak.candle is None or not price.usable:
        return streak
    sign = candle_sign(opened, price.value)
    broken = not known.follows(price.day)
    return replace(streak, running=sign, provisional=extend(streak.candle, sign, broken=broken))


def _open(batch: Batch, known: Confirmed, live: Live, price: Price) -> float | None:
    """Return where the running bar began; a guess would colour the candle."""
    if known.row.streak.boundary == "New York close" and batch.bitcoin is not None:
        return batch.bitcoin.candle_base
    for bar in (live.running.get(known.name), known.running):
        if bar is not None and bar.day == price.day:
            return bar.open
    return price.quote.open if price.quote is not None else None


def _high(known: Confirmed, price: Price) -> High:
    if known.highs is None or not price.usable:
        return known.row.high
    return replace(known.row.high, provisional_record=price.value > known.highs.top_close)


def _bitcoin(
    batch: Batch, row: Instrument, live: Live, price: Price | None, now: float
) -> Instrument:
    extra = batch.bitcoin
    composite = None
    day_ago = live.price_24h_ago.get(BTC)
    if price is not None and price.quote is not None and price.quote.source == "composite":
        composite = price.value
    if extra is not None and day_ago is None:
        day_ago = extra.day_ago(now)
    usable = price if price is not None and price.usable else None
    return replace(
        row,
        composite=composite,
        venues=dict(live.venues),
        usdt_premium_bp=live.usdt_premium_bp,
        spread_bp=live.spread_bp,
        change_24h=usable.value / day_ago - 1 if usable and day_ago else None,
        change_ny=usable.value / extra.new_york - 1
        if usable and extra and extra.new_york
        else None,
        boundaries=extra.boundaries if extra else {},
        wall=extra.wall if extra else None,
    )


def _relative(batch: Batch, key: str, prices: Mapping[str, Price | None]) -> RelativeStreak:
    pair = batch.pairs[key]
    first, second = prices[pair.first], prices[pair.second]
    if first is None or second is None or not (first.usable and second.usable):
        return pair.row
    if not (first.day == second.day > pair.day):
        return pair.row
    if not (
        batch.confirmed[pair.first].follows(first.day) and pair.day == _last(batch, pair.first)
    ):
        return pair.row
    return replace(
        pair.row,
        provisional=provisional(
            pair.run, pair.first_close, pair.second_close, first.value, second.value
        ),
        breaker=breaker(pair.first_close, pair.second_close, second.value) if pair.run else None,
    )


def _last(batch: Batch, name: str) -> int | None:
    return batch.confirmed[name].last


def _abc(batch: Batch, prices: Mapping[str, Price | None], master: Window) -> Abc:
    """Return the score with what it would be if the running session closed now."""
    abc, grid = batch.cross.abc, batch.grid
    if not len(grid) or master.day is None or master.day <= grid.day[-1]:
        return abc
    usable = {
        name: price.value
        for name, price in prices.items()
        if price is not None
        and price.usable
        # a New York price of an earlier session says nothing of this one
        and (batch.confirmed[name].calendar.name != MASTER or price.day == master.day)
    }
    return replace(abc, provisional=provisional_abc(batch.cross, usable))
