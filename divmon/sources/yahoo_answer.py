"""What Yahoo's chart answers say, as plain values, and what is wrong with them.

Pure: no yfinance, no pandas, no clock. Rows come in as they were sent; what leaves
`sift` can have been traded.
"""

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import floor, isfinite, log10, nan
from typing import Any, Final, NamedTuple

from divmon.errors import BlockedError, DataError
from divmon.market.events import Bars, Interval, Quote


class UnknownSymbolError(BlockedError):
    """Yahoo does not know the symbol (HTTP 404)."""


class NoHistoryError(BlockedError):
    """Yahoo answers for the symbol, and has no prices in it."""


class Row(NamedTuple):
    """One bar. `time`: days since 1970-01-01, or Unix seconds of an hour's start."""

    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True, slots=True)
class Meta:
    """The part of the answer that is about now. Times are Unix seconds, None if not said.

    In the words of the wire: regularMarketPrice, regularMarketTime,
    regularMarketDayHigh, regularMarketDayLow, currency, exchangeName, priceHint, and
    currentTradingPeriod.regular.start and .end. chartPreviousClose is left where it
    is: it is the close before the first bar of the requested range, not yesterday's.
    """

    price: float | None = None
    time: float | None = None
    day_high: float | None = None
    day_low: float | None = None
    currency: str = "USD"
    exchange: str = ""
    price_hint: int = 2
    period_start: float | None = None
    period_end: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One chart answer. `split` is the day of the newest split in it, if there is one."""

    symbol: str
    interval: Interval
    rows: tuple[Row, ...]
    meta: Meta
    received_time: float
    latency_ms: float
    split: int | None = None


@dataclass(slots=True)
class Sifted:
    """What is left of the rows, oldest first, and what was taken out and why.

    `doubtful` is the newest row when it is too far from the one before it to be
    believed at its first reading; it is not among `rows`.
    """

    rows: list[Row] = field(default_factory=list)
    bad: list[tuple[int, str]] = field(default_factory=list)
    doubtful: Row | None = None


# Yahoo's own statement in its quotes (exchangeDataDelayedBy), by the chart's
# exchangeName; charts do not carry it. CMX and WCB are as recorded on the wire; the
# other futures and Cboe names follow them, and Shanghai's and Shenzhen's are the 15
# minutes that the exchanges demand of a free display. Real time is what is not here.
_DELAYS: Final = {
    **dict.fromkeys(("CMX", "NYM", "CME", "CBT"), 600.0),
    **dict.fromkeys(("WCB", "CXI", "CGI", "NYB", "SHH", "SHZ"), 900.0),
}

# A stock index has not moved by 25 % in a day since 1896 (22.6 % in October 1987),
# but Yahoo has shown ^RUT and ^VIX with closes near zero. Volatility doubles in a day
# and a small coin triples; a factor of five is a slipped decimal point for them too.
_INDEX_LEAP: Final = 1.25
_LEAP: Final = 5.0
_SAME: Final = 0.01  # two readings agree


def leaps(price: float, before: float, kind: str) -> bool:
    """Tell whether `price` is too far from the price `before` it to be believed unseen."""
    limit = _INDEX_LEAP if kind == "index" else _LEAP
    # 25 % down is as far as 25 % up, so that a leap and its way back are both found
    fall = 2 - limit if kind == "index" else 1 / limit
    return price > before * limit or price < before * fall


def agree(one: float, other: float) -> bool:
    """Tell whether two readings are of one price."""
    return abs(one - other) <= _SAME * other


def sift(rows: Iterable[Row], kind: str, hint: int, confirmed: float | None = None) -> Sifted:
    """Keep the rows that can have been traded.

    Rows are put in order; of two for one time the later one in the answer stands. A
    close that is zero, negative or not a number takes its row out; a missing open,
    high or low does not (Yahoo sends 0 as the open of ^GSPC before 1982), it becomes
    what the other prices allow. A row that leaps away and whose successor leaps back
    is a slip; a newest row that leaps is doubtful unless `confirmed`, the close of an
    earlier reading of it, agrees.
    """
    result = Sifted()
    latest: dict[int, Row] = {}
    for row in rows:
        if not _price(row.close):
            result.bad.append((row.time, f"close {row.close!r}"))
        else:
            latest[row.time] = _whole(row, hint)
    ordered = [latest[time] for time in sorted(latest)]
    for at, row in enumerate(ordered):
        before = result.rows[-1].close if result.rows else None
        if before is None or not leaps(row.close, before, kind):
            result.rows.append(row)
        elif at + 1 == len(ordered):
            if confirmed is not None and agree(row.close, confirmed):
                result.rows.append(row)
            else:
                result.doubtful = row
        elif leaps(ordered[at + 1].close, row.close, kind):
            result.bad.append((row.time, f"close {row.close!r} between {before!r} and the next"))
        else:
            result.rows.append(row)  # the next session agrees: it is a second reading
    return result


def _price(value: float) -> bool:
    return isfinite(value) and value > 0


def _whole(row: Row, hint: int) -> Row:
    close = denoise(row.close, hint)
    # an unknown open is taken to be the close: a candle without a colour
    opened = denoise(row.open, hint) if _price(row.open) else close
    high = denoise(row.high, hint) if _price(row.high) else close
    low = denoise(row.low, hint) if _price(row.low) else close
    return Row(
        row.time,
        opened,
        max(high, opened, close),
        min(low, opened, close),
        close,
        row.volume if row.volume > 0 else nan,  # Yahoo's 0 is "not counted"
    )


def denoise(value: float, hint: int) -> float:
    """Return what was published, from the 32-bit float that Yahoo sends.

    75.0875015258789 was 75.0875. A 32-bit float carries seven digits, so seven are
    kept, or `hint` decimals if those are more; rounding to `hint` alone would lose
    the fractions of a price that was split since (45.53125). Above 100,000 the last
    decimal is the float's own.
    """
    return round(value, max(hint, 6 - floor(log10(value)), 0))


def bars(instrument: str, series: str, answer: Answer, rows: Iterable[Row]) -> Bars:
    """Make the event that carries `rows`."""
    columns = list(zip(*rows, strict=True))
    times, opens, highs, lows, closes, volumes = columns or ([],) * 6
    return Bars(
        instrument=instrument,
        series=series,
        interval=answer.interval,
        time=array("q", times),
        open=array("d", opens),
        high=array("d", highs),
        low=array("d", lows),
        close=array("d", closes),
        volume=array("d", volumes),
        received_time=answer.received_time,
    )


def quote(instrument: str, series: str, answer: Answer, opened: float | None) -> Quote | None:
    """Make the event of the latest price; None if the answer does not tell one.

    Raises:
        DataError: The price is zero, negative or not a number.
    """
    meta = answer.meta
    if meta.price is None:
        return None
    return Quote(
        instrument=instrument,
        source="yahoo",
        price=meta.price,
        event_time=answer.received_time if meta.time is None else meta.time,
        received_time=answer.received_time,
        currency=meta.currency,
        open=opened,
        high=meta.day_high,
        low=meta.day_low,
        series=series,
        delay_s=delay(meta.exchange),
    )


def delay(exchange: str) -> float:
    """Return the seconds by which Yahoo's prices of `exchange` lag."""
    return _DELAYS.get(exchange, 0.0)


def read_meta(meta: Mapping[str, Any]) -> Meta:
    """Read the "meta" of a chart answer, trusting none of it.

    Abridged from a recording:
        {"currency": "USD", "symbol": "GC=F", "exchangeName": "CMX",
         "regularMarketTime": 1740051311, "regularMarketPrice": 2952.5,
         "regularMarketDayHigh": 2973.4, "regularMarketDayLow": 2949.1,
         "priceHint": 2, "exchangeTimezoneName": "America/New_York",
         "currentTradingPeriod": {"regular": {"start": 1740027600, "end": 1740113940, …}}}
    yfinance has turned the times into Timestamps by the time we see them.

    Raises:
        DataError: The price is there and is not a number.
    """
    period = meta.get("currentTradingPeriod")
    regular = period.get("regular") if isinstance(period, Mapping) else None
    regular = regular if isinstance(regular, Mapping) else {}
    hint = meta.get("priceHint")
    price = meta.get("regularMarketPrice")
    if price is not None and not isinstance(price, (int, float)):
        raise DataError(f"regularMarketPrice must be a number, was {str(price)[:40]!r}")
    return Meta(
        price=price,
        time=_seconds(meta.get("regularMarketTime")),
        day_high=_optional(meta.get("regularMarketDayHigh")),
        day_low=_optional(meta.get("regularMarketDayLow")),
        currency=_word(meta.get("currency")) or "USD",
        exchange=_word(meta.get("exchangeName")),
        price_hint=hint if isinstance(hint, int) and 0 <= hint <= 8 else 2,
        period_start=_seconds(regular.get("start")),
        period_end=_seconds(regular.get("end")),
    )


def _optional(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and _price(value) else None


def _seconds(value: object) -> float | None:
    if isinstance(value, (int, float)):
        return float(value)
    stamp = getattr(value, "timestamp", None)
    return float(stamp()) if callable(stamp) else None


def _word(value: object) -> str:
    return plain(value, 12) if isinstance(value, str) else ""


def plain(text: object, longest: int = 160) -> str:
    """Return outside text as one short line without control characters."""
    return "".join(c if c.isprintable() else " " for c in str(text)[:longest]).strip()
