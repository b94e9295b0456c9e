"""What ticks in the demo: five venues for Bitcoin, polled quotes for the rest, faults."""

from bisect import bisect_right
from math import sin

from divmon.market.events import Emit, Quote, SourceHealth
from divmon.market.sessions import Sessions
from divmon.settings import Settings
from divmon.sources.demo_market import Market
from divmon.sources.demo_path import SoFar, chance

COARSE = 1.0  # seconds of the demo in one step, from which on venues are conflated
FAULT_EVERY = 240.0  # of the viewer's seconds, so that a fault is seen at any speed
QUIET_FIRST = 30.0  # none before
SHORTEST, LONGEST = 12.0, 40.0  # seconds that a venue is silent
HEALTH_EVERY = 10.0  # of the viewer's seconds
CURRENCIES = {"STAR50": "CNY", "USDJPY": "JPY"}


class Venues:
    """Bitcoin at the exchanges of the settings, and the rate of USDT.

    `ticks_per_s` ticks come in one second of the viewer, from the venues in turn. Where
    a step of the clock is coarser than COARSE, each venue has one tick a step instead,
    and one when it begins, as a ticker that is subscribed to tells where it stands.
    """

    def __init__(self, settings: Settings, market: Market, start: float) -> None:
        self.market = market
        self.start = start
        self.seed = market.seed
        self.speed = settings.demo.speed
        self.ticks_per_s = max(settings.demo.ticks_per_s, 0.0)
        self.silent_s = settings.exchanges.silent_s
        every = [_venue(entry) for entry in settings.exchanges.venues]
        self.venues = [(name, currency) for name, currency in every if currency in ("USD", "USDT")]
        rate = settings.exchanges.usdt_rate.split()
        self.rate_venue = rate[0] if rate else ""
        self.names = list(dict.fromkeys([*(name for name, _ in self.venues), self.rate_venue]))
        self._due = 0.0
        self._begun = False
        self._count = 0
        self._last_data = dict.fromkeys(self.names, start)
        self._quiet: dict[str, float] = {}  # since when, for those that are reported
        self._reconnects = dict.fromkeys(self.names, 0)

    def play(self, before: float, now: float, emit: Emit) -> None:
        """Emit what ticked after `before` and up to `now`."""
        silent = self.silent(now)
        if now - before > COARSE or not self._begun:
            self._begun = True
            for name, currency in self.venues:
                if name != silent:
                    self._tick(name, currency, now, now, emit)
            self._usdt(silent, now, emit)
        elif self.venues:
            self._due += self.ticks_per_s * (now - before) / self.speed
            count = int(self._due)
            self._due -= count
            for number in range(count):
                at = before + (now - before) * (number + 1) / count
                name, currency = self._next()
                if name != silent:
                    self._tick(name, currency, at, now, emit)
                if self._count % (2 * len(self.venues)) == 0:
                    self._usdt(silent, now, emit)
        self._report(silent, now, emit)

    def silent(self, now: float) -> str | None:
        """Return the venue that tells nothing at `now`, if one does not."""
        if not self.names:
            return None
        played = (now - self.start) / self.speed
        window, at = divmod(played, FAULT_EVERY)
        key = int(window)
        begin = QUIET_FIRST + (FAULT_EVERY - QUIET_FIRST - LONGEST) * chance(self.seed, key, 1)
        end = begin + SHORTEST + (LONGEST - SHORTEST) * chance(self.seed, key, 2)
        if begin <= at < end:
            return self.names[int(chance(self.seed, key, 3) * len(self.names))]
        return None

    def health(self, name: str, now: float) -> SourceHealth:
        """Return how a venue is doing."""
        since = self._quiet.get(name)
        return SourceHealth(
            name,
            "demo",
            "ok" if since is None else "retrying",
            self.start if since is None else since,
            "" if since is None else f"no data for {now - self._last_data[name]:.0f} s (simulated)",
            last_data=self._last_data[name],
            latency_ms=round(30 + 90 * chance(self.seed, len(name), int(now // 60)), 1),
            reconnects=self._reconnects[name],
        )

    def _next(self) -> tuple[str, str]:
        """Return the next venue in turn; the order changes with each round."""
        turn, place = divmod(self._count, len(self.venues))
        self._count += 1
        order = sorted(range(len(self.venues)), key=lambda venue: chance(self.seed, turn, venue))
        return self.venues[order[place]]

    def _tick(self, name: str, currency: str, at: float, now: float, emit: Emit) -> None:
        self._last_data[name] = now
        number = self.names.index(name)
        price = self.market.bitcoin(at).price
        # each venue is a basis point or so away, drifting, and jumps half of one
        away = 0.8 * sin(at / 97 + 2 * number) + chance(self.seed, number, int(at * 10)) - 0.5
        price *= 1 + away / 10_000
        if currency == "USDT":
            price /= usdt(at)
        emit(Quote("BTC", name, round(price, 2), at, now, currency, series=f"demo:{name}"))

    def _usdt(self, silent: str | None, now: float, emit: Emit) -> None:
        if self.rate_venue and self.rate_venue != silent:
            self._last_data[self.rate_venue] = now
            emit(Quote("USDT", self.rate_venue, round(usdt(now), 5), now, now, series="demo:USDT"))

    def _report(self, silent: str | None, now: float, emit: Emit) -> None:
        """Tell of a venue that has been silent for too long, and of its return."""
        for name in list(self._quiet):
            if name != silent:
                del self._quiet[name]
                self._reconnects[name] += 1
                emit(self.health(name, now))
        if silent is not None and silent not in self._quiet:
            quiet_since = self._last_data[silent]
            if now - quiet_since >= self.silent_s:
                self._quiet[silent] = now
                emit(self.health(silent, now))


class Polled:
    """Quotes of everything with sessions, as a polled vendor gives them."""

    def __init__(self, settings: Settings, market: Market, names: list[str]) -> None:
        self.market = market
        self.names = names
        self.open_s = settings.yahoo.poll_open_s
        self.closed_s = settings.yahoo.poll_closed_s
        self._next = dict.fromkeys(names, float("-inf"))
        self.last_data: float | None = None

    def play(self, now: float, emit: Emit) -> None:
        """Emit the quotes that are due at `now`."""
        for place, name in enumerate(self.names):
            due = self._next[name]
            if now < due:
                continue
            running = self.market.running(name, now)
            wait = self.closed_s if running is None else self.open_s
            # the first round comes at once, the rounds after it are spread out
            share = (place + 1) / len(self.names) if due == float("-inf") else 1.0
            self._next[name] = now + wait * share
            quote = self._closed(name, now) if running is None else _quote(name, running, now, now)
            if quote is not None:
                self.last_data = now
                emit(quote)

    def _closed(self, name: str, now: float) -> Quote | None:
        """Return the price that a closed market ended on."""
        track = self.market.tracks[name]
        session = track.calendar.last_closed(now)
        if session is None or not track.time or session < track.time[0]:
            return None
        at = bisect_right(track.time, session) - 1
        bar = track.bar(at)
        close = _close(track.calendar, track.time[at])
        return _quote(name, SoFar(*bar), close, now)


def usdt(at: float) -> float:
    """Return USD for one USDT: three basis points over par, give or take two."""
    return 1.0003 + 0.0002 * sin(at / 1800)


def _quote(name: str, bar: SoFar, event_time: float, now: float) -> Quote:
    return Quote(
        name,
        "yahoo",
        round(bar.price, 4),
        event_time,
        now,
        CURRENCIES.get(name, "USD"),
        round(bar.open, 4),
        round(bar.high, 4),
        round(bar.low, 4),
        series=f"demo:{name}",
    )


def _close(calendar: Sessions, session: int) -> float:
    close = calendar.close_of(session)
    return float(session * 86_400 if close is None else close)


def _venue(entry: str) -> tuple[str, str]:
    """Return the exchange and the currency of "okx BTC/USDT"."""
    name, _, symbol = entry.partition(" ")
    return name, symbol.partition("/")[2].partition(":")[0] or "USD"
