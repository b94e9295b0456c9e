"""One bitcoin price from several exchanges, such that no single one can bend it.

The median of the venues that are fresh and agree. Who is off by more than a band
leaves, and returns only well inside it (the hysteresis of the CF Benchmarks real-time
indices), so a venue on the edge does not flicker in and out. Volume gives no weight:
it would let one venue rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp, log
from statistics import median
from typing import Self

from divmon.market.events import Quote
from divmon.settings import ExchangeSettings

BP = 10_000.0
USDT_FRESH_S = 60.0  # USDT/USD moves by 1 bp a minute and may not trade for half of one
MEMORY_S = 60.0  # for so long the last composite can tell which of two venues jumped


@dataclass(frozen=True, slots=True)
class VenuePrice:
    """One venue's part. `price` as traded, `usd` converted; ages in seconds.

    `age_s` is that of the older of the venue's stamp and our receipt. `deviation_bp`
    is against the median of the other venues used, None where there is none.
    """

    currency: str
    price: float | None = None
    usd: float | None = None
    age_s: float | None = None
    event_time: float | None = None
    deviation_bp: float | None = None
    used: bool = False
    reason: str = ""  # why it is not used


@dataclass(frozen=True, slots=True)
class CompositeReading:
    """The composite at one moment; None where nothing can be said.

    The two times are the newest among the venues used. `degraded`: fewer than two are.
    `spread_bp` is between the highest and the lowest venue used. `usdt_premium_bp` is
    how much dearer a bitcoin is in USDT than in USD, as the venues show it.
    """

    price: float | None = None
    event_time: float | None = None
    received_time: float | None = None
    venues: Mapping[str, VenuePrice] = field(default_factory=dict)
    used: int = 0
    degraded: bool = True
    spread_bp: float | None = None
    usdt_premium_bp: float | None = None
    bad_ticks: Mapping[str, int] = field(default_factory=dict)  # so far, by venue


class Composite:
    """Takes quotes as they come; says what they amount to. O(venues) in both.

    Args:
        fresh_s: A venue older than this leaves.
        exclude_bp: Off the others' median by more, a venue leaves ...
        readmit_bp: ... and returns below this.
        bad_tick: Off the others by more, as a fraction, a tick is no price at all.
        usdt_fresh_s: Without a USDT/USD rate younger than this, USDT venues are idle.
        expected: Venues to list before they have said anything, with their currency.
    """

    def __init__(
        self,
        *,
        fresh_s: float = 5.0,
        exclude_bp: float = 50.0,
        readmit_bp: float = 25.0,
        bad_tick: float = 0.10,
        usdt_fresh_s: float = USDT_FRESH_S,
        expected: Mapping[str, str] | None = None,
    ) -> None:
        self._bad_ticks: dict[str, int] = {}
        self._fresh_s = fresh_s
        self._exclude = exclude_bp / BP
        self._readmit = readmit_bp / BP
        self._bad_tick = bad_tick
        self._usdt_fresh_s = usdt_fresh_s
        self._expected = dict(expected or {})
        self._rate: Quote | None = None
        self._quotes: dict[str, Quote] = {}  # the newest accepted, by venue
        self._heard: dict[str, Quote] = {}  # the newest of all, bad ones too
        self._excluded: set[str] = set()
        self._last: tuple[float, float] | None = None  # the last composite and its time

    @classmethod
    def of(cls, settings: ExchangeSettings) -> Self:
        """Return a composite by the user's rules, which lists the user's venues."""
        venues = [venue.partition(" ") for venue in settings.venues]
        return cls(
            fresh_s=settings.fresh_s,
            exclude_bp=settings.exclude_bp,
            readmit_bp=settings.readmit_bp,
            bad_tick=settings.bad_tick,
            expected={name: symbol.rpartition("/")[2] for name, _, symbol in venues},
        )

    def by(self, settings: ExchangeSettings) -> Self:
        """Return a composite by other rules that knows what this one has heard.

        So the price goes on while venues come and go; those that are no longer listed,
        or trade in another currency now, are forgotten.
        """
        new = type(self).of(settings)
        stays = {
            name for name, quote in self._heard.items() if new._expected.get(name) == quote.currency
        }
        new._quotes = {name: quote for name, quote in self._quotes.items() if name in stays}
        new._heard = {name: quote for name, quote in self._heard.items() if name in stays}
        new._excluded = self._excluded & stays
        new._bad_ticks = {name: n for name, n in self._bad_ticks.items() if name in stays}
        new._rate, new._last = self._rate, self._last
        return new

    def has(self, source: str) -> bool:
        """Tell whether the venue has given a price so far."""
        return source in self._quotes

    def update(self, quote: Quote) -> str | None:
        """Take in one venue's price, or a USDT/USD rate.

        Returns:
            None, or what is wrong with the price: it is a bad tick, counted and not used.
        """
        if quote.instrument == "USDT":
            return self.usdt(quote)
        wrong = self._judge(quote)
        self._heard[quote.source] = quote
        if wrong is None:
            self._quotes[quote.source] = quote
        else:
            self._count(quote.source)
        return wrong

    def usdt(self, rate: Quote) -> str | None:
        """Take in one USDT/USD rate; answers as `update` does."""
        last = self._rate
        if last is not None and rate.received_time - last.received_time <= self._usdt_fresh_s:
            off = rate.price / last.price - 1
            if self._is_bad(off):
                self._count(rate.source)
                return f"{rate.source} USDT/USD: {rate.price:.6g} is {off:+.0%} off the last rate"
        self._rate = rate
        return None

    def value(self, now: float) -> CompositeReading:
        """Say what the venues amount to at `now`, in Unix seconds."""
        rate = self._rate_at(now)
        fresh: dict[str, float] = {}
        for name, quote in self._quotes.items():
            usd = _usd(quote, rate)
            if usd is not None and _age(quote, now) <= self._fresh_s:
                fresh[name] = usd
        reasons = self._sift(fresh, now)
        used = {name: usd for name, usd in fresh.items() if name not in reasons}
        price = median(used.values()) if used else None
        if price is not None:
            self._last = (price, now)
        quotes = [self._quotes[name] for name in used]
        return CompositeReading(
            price=price,
            event_time=max((quote.event_time for quote in quotes), default=None),
            received_time=max((quote.received_time for quote in quotes), default=None),
            venues=self._venues(now, rate, used, reasons),
            used=len(used),
            degraded=len(used) < 2,
            spread_bp=(max(used.values()) / min(used.values()) - 1) * BP if len(used) > 1 else None,
            usdt_premium_bp=self._premium(now, reasons),
            bad_ticks=dict(self._bad_ticks),
        )

    def _count(self, source: str) -> None:
        self._bad_ticks[source] = self._bad_ticks.get(source, 0) + 1

    def _judge(self, quote: Quote) -> str | None:
        """Compare a tick with what the others said last, their own bad ticks included.

        Included, so that when the market itself jumps the venues confirm one another:
        the first to move is doubted only until most have moved. With two others the
        median is taken over all three, as the mean of two is at a liar's mercy.
        """
        now = quote.received_time
        rate = self._rate_at(now)
        price = _usd(quote, rate)
        if price is None:
            return None
        others = [
            usd
            for name, other in self._heard.items()
            if name != quote.source
            and now - other.received_time <= self._fresh_s
            and (usd := _usd(other, rate)) is not None
        ]
        if not others:
            return None
        reference = median([*others, price] if len(others) == 2 else others)
        off = price / reference - 1
        if not self._is_bad(off):
            return None
        own = self._quotes.get(quote.source)
        if len(others) == 1 and not (own and self._is_bad(quote.price / own.price - 1)):
            return None  # of two that disagree, the one that did not jump is believed
        return f"{quote.source}: {quote.price:,.2f} is {off:+.0%} off the other venues"

    def _is_bad(self, off: float) -> bool:
        return abs(off) > self._bad_tick

    def _rate_at(self, now: float) -> float | None:
        rate = self._rate
        return rate.price if rate and _age(rate, now) <= self._usdt_fresh_s else None

    def _sift(self, fresh: Mapping[str, float], now: float) -> dict[str, str]:
        """Take out the venues that are off, the worst first; return why, by venue.

        Distances are logarithms: only so is the liar always farther from the mean of
        an honest venue and itself than the honest one is, upwards and downwards.
        """
        left = dict(fresh)
        reasons: dict[str, str] = {}
        while len(left) > 2:
            distances = {name: _distance(name, left) for name in left}
            limits = {name: log(1 + self._limit(name)) for name in left}
            worst = max(sorted(left), key=lambda name: abs(distances[name]) / limits[name])
            if abs(distances[worst]) <= limits[worst]:
                break
            reasons[worst] = _off(distances[worst])
            del left[worst]
        if len(left) == 2:
            reasons |= self._sift_two(left, now)
        self._excluded = (self._excluded - set(fresh)) | set(reasons)
        return reasons

    def _limit(self, name: str) -> float:
        return self._readmit if name in self._excluded else self._exclude

    def _sift_two(self, left: Mapping[str, float], now: float) -> dict[str, str]:
        """Two venues have no majority: both count, unless one is known to have been off."""
        one, two = sorted(left)
        apart = log(left[one] / left[two])
        out = [name for name in (one, two) if name in self._excluded]
        if len(out) == 1 and abs(apart) > log(1 + self._readmit):
            return {out[0]: _off(_distance(out[0], left))}
        if abs(apart) <= log(1 + self._bad_tick):
            return {}
        if self._last and now - self._last[1] <= MEMORY_S:
            before = self._last[0]
            jumped = max(one, two, key=lambda name: abs(log(left[name] / before)))
            return {jumped: _off(_distance(jumped, left))}
        return {
            one: f"{_off(apart)} {two}, cannot tell which is right",
            two: f"{_off(-apart)} {one}, cannot tell which is right",
        }

    def _venues(
        self,
        now: float,
        rate: float | None,
        used: Mapping[str, float],
        reasons: Mapping[str, str],
    ) -> dict[str, VenuePrice]:
        venues = {
            name: VenuePrice(currency=currency, reason="no price yet")
            for name, currency in self._expected.items()
        }
        for name, quote in self._quotes.items():
            usd = _usd(quote, rate)
            age = _age(quote, now)
            others = [value for other, value in used.items() if other != name]
            deviation = (usd / median(others) - 1) * BP if usd is not None and others else None
            reason = reasons.get(name, "")
            if age > self._fresh_s:
                reason = f"stale {age:.0f} s"
            elif usd is None:
                reason = f"no {quote.currency} rate"
            venues[name] = VenuePrice(
                currency=quote.currency,
                price=quote.price,
                usd=usd,
                age_s=age,
                event_time=quote.event_time,
                deviation_bp=deviation,
                used=name in used,
                reason=reason,
            )
        return venues

    def _premium(self, now: float, reasons: Mapping[str, str]) -> float | None:
        """Compare the two sides as traded; needs no rate, as it is one."""
        fresh = [
            quote
            for name, quote in self._quotes.items()
            if name not in reasons and _age(quote, now) <= self._fresh_s
        ]
        in_usd = [quote.price for quote in fresh if quote.currency == "USD"]
        in_usdt = [quote.price for quote in fresh if quote.currency == "USDT"]
        return (median(in_usdt) / median(in_usd) - 1) * BP if in_usd and in_usdt else None


def _usd(quote: Quote, rate: float | None) -> float | None:
    if quote.currency == "USD":
        return quote.price
    if quote.currency == "USDT" and rate is not None:
        return quote.price * rate
    return None


def _age(quote: Quote, now: float) -> float:
    return max(0.0, now - min(quote.event_time, quote.received_time))


def _distance(name: str, values: Mapping[str, float]) -> float:
    """Return the logarithmic distance of one venue from the median of the others."""
    return log(values[name] / median(value for other, value in values.items() if other != name))


def _off(distance: float) -> str:
    off = exp(distance) - 1
    return f"{abs(off) * BP:.0f} bp off" if abs(off) < 0.1 else f"{abs(off):.0%} off"
