"""The demo's market: every instrument's bars on its true calendar, and what comes after.

Planned once for the time of demo_anchors; past it, the market goes on a day at a time
by draws that depend on the seed and the date only, so that no speed changes the path.
"""

from array import array
from bisect import bisect_left, bisect_right
from math import exp, log, nan, sqrt

import numpy as np

from divmon.market.events import Bars
from divmon.market.sessions import DAY, US_BONDS, Sessions, sessions
from divmon.sources import demo_anchors as anchors
from divmon.sources.demo_bridge import (
    GAP,
    HOUR,
    LONGEST_RUN,
    REACH,
    Floats,
    Ints,
    around,
    below,
    bridge,
    day,
    instant,
    lead_on,
    rounded,
    run_lengths,
    session_closes,
    steps_until,
)
from divmon.sources.demo_path import Ohlc, SoFar, so_far

CALENDARS = {
    "GOLD": "CMES",
    "SILVER": "CMES",
    "STAR50": "XSHG",
    "US10Y": US_BONDS,
    "DXY": "24/5",
    "USDJPY": "24/5",
}
GAPS = {"CMES": 0.08, "24/5": 0.03}  # pauses of an hour or none; GAP for nights
DECIMALS = {"US10Y": 3}
FACTORS = ("us", "metal", "rates", "china")
NAMES = (*anchors.INSTRUMENTS, *anchors.FUNDS)  # with a session; BTC has hours instead
SCALED = ("IWM", "SPY", "QQQ")  # in the sessions of their index: its bars, scaled
US_HOURS = 7  # of a session, over which the us factor reaches Bitcoin
JANUARY = 30  # days at the end of the plan
LEAST_LEAD = 0.0025  # what demo_bridge.lead_on gives a session of three at the very least
DRAWS = 4  # close, open, high, low


class Track:
    """The bars of one instrument, past and to come. `time` is a day, or an hour's start."""

    def __init__(self, calendar: Sessions, decimals: int = 2) -> None:
        self.calendar = calendar
        self.decimals = decimals
        self.time = array("q")
        self.columns = tuple(array("d") for _ in range(4))

    def fill(self, times: Ints, bars: tuple[Floats, Floats, Floats, Floats]) -> None:
        self.time.frombytes(times.astype(np.int64).tobytes())
        for column, values in zip(self.columns, rounded(bars, self.decimals), strict=True):
            column.frombytes(values.tobytes())

    def append(self, time: int, bar: Ohlc) -> None:
        self.time.append(time)
        for column, value in zip(self.columns, bar, strict=True):
            column.append(round(value, self.decimals))

    def bar(self, at: int) -> Ohlc:
        return Ohlc(*(column[at] for column in self.columns))

    @property
    def closes(self) -> Floats:
        return np.array(self.columns[3])

    def bars(self, name: str, interval: str, first: int, last: int, received: float) -> Bars:
        """Return the bars from time `first` to `last`, both included."""
        start, end = bisect_left(self.time, first), bisect_right(self.time, last)
        opens, highs, lows, closes = (column[start:end] for column in self.columns)
        volume = array("d", [nan]) * (end - start)
        return Bars(
            name,
            f"demo:{name}",
            "1h" if interval == "1h" else "1d",
            self.time[start:end],
            opens,
            highs,
            lows,
            closes,
            volume,
            received,
        )


class Market:
    """All instruments of the demo, for one seed.

    `tracks` holds daily bars of everything with sessions; `hours` Bitcoin's hourly bars.
    Both reach beyond any `now`: callers cut them at the time that they play.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed % 2**63
        self.grown = day(anchors.LAST_DAY)  # the last day that is drawn
        first = day(anchors.FIRST_DAY)
        rng = np.random.default_rng(self.seed)
        self._shocks = {name: rng.standard_normal(self.grown - first + 1) for name in FACTORS}
        self._first = first
        self.tracks: dict[str, Track] = {}
        for number, name in enumerate(anchors.INSTRUMENTS):
            self.tracks[name] = self._plan(name, np.random.default_rng((self.seed, number)))
        self.hours = self._plan_bitcoin(np.random.default_rng((self.seed, 101)))
        for number, name in enumerate(anchors.FUNDS):
            self.tracks[name] = self._plan_fund(
                name, np.random.default_rng((self.seed, 201 + number))
            )

    # the planned part

    def _plan(self, name: str, rng: np.random.Generator) -> Track:
        how = anchors.INSTRUMENTS[name]
        track = Track(sessions(CALENDARS.get(name, "XNYS")), DECIMALS.get(name, 2))
        days = track.calendar.between(self._first, self.grown)
        alone = sqrt(1 - how.loading**2)
        ceilings = anchors.CEILINGS.get(name, ())
        fits = {"SPX": self._january_fits, "RUT": self._runs_fit}.get(name)
        while True:
            shocks = how.loading * self._shocks[how.factor][days - self._first]
            shocks += alone * rng.standard_normal(len(days))
            closes = session_closes(days, how.levels, ceilings, how.volatility, shocks)
            if fits is None or fits(days, closes):
                break
            if name == "SPX":  # it is the us factor itself: draw January's again
                january = self._shocks["us"][-JANUARY:]
                january[:] = rng.standard_normal(JANUARY)
        if name == "RUT":
            closes = self._led(days, closes, rng)
        gap = GAPS.get(track.calendar.name, GAP)
        track.fill(days, around(closes, how.volatility / sqrt(252), rng, gap))
        return track

    def _january_fits(self, days: Ints, closes: Floats) -> bool:
        """Tell whether SPX never loses so much that RUT, ahead of it, falls on other days."""
        first, last = (bisect_left(days, day(text)) for text in ("2026-01-02", "2026-01-16"))
        falling = {day("2026-01-07"), day("2026-01-13")}
        returns = closes[first : last + 1] / closes[first - 1 : last] - 1
        return all(
            change > -LEAST_LEAD or number in falling
            for number, change in zip(days[first : last + 1].tolist(), returns, strict=True)
        )

    def _runs_fit(self, days: Ints, closes: Floats) -> bool:
        """Tell whether RUT's runs over SPX before January 2026 are short and over."""
        n = bisect_left(days, day(anchors.RUN_STARTS))
        runs = run_lengths(closes[:n], self.tracks["SPX"].closes[:n])
        return runs[-1] == 0 and max(runs) <= LONGEST_RUN

    def _led(self, days: Ints, closes: Floats, rng: np.random.Generator) -> Floats:
        """Replace January's closes by those that beat SPX by the leads."""
        n = bisect_left(days, day(anchors.RUN_STARTS))
        large = self.tracks["SPX"].closes
        returns = large[n:] / large[n - 1 : -1] - 1
        january = lead_on(round(closes[n - 1], 2), returns, days[n:], anchors.LEADS, rng)
        return np.concatenate((closes[:n], january))

    def _plan_bitcoin(self, rng: np.random.Generator) -> Track:
        ends = np.arange(
            instant(anchors.FIRST_DAY), instant(anchors.LAST_DAY) + 1, HOUR, dtype=np.int64
        )
        table = [(instant(text), value) for text, value in anchors.BTC_VOLATILITY]
        sigma = steps_until(ends, table, anchors.BTC_FREE_VOLATILITY) / sqrt(365 * 24)
        loading = anchors.BTC_US_LOADING
        shocks = sqrt(1 - loading**2) * rng.standard_normal(len(ends))
        master = sessions("XNYS")
        for session in master.between(self._first + 1, self.grown):
            at = int(np.searchsorted(ends, _close(master, int(session))))
            push = self._shocks["us"][session - self._first] * sqrt(24) / US_HOURS
            shocks[max(at - US_HOURS + 1, 0) : at + 1] += loading * push
        levels = [(instant(text), value) for text, value in anchors.BTC_LEVELS]
        places = np.searchsorted(ends, [time for time, _ in levels])
        closes = bridge(sigma * shocks, sigma, places, np.array([value for _, value in levels]))
        ceiling = steps_until(
            ends, [(instant(text), value) for text, value in anchors.BTC_CEILINGS], np.nan
        )
        closes = below(closes, ceiling, places)
        opens, highs, lows, closes = around(closes, sigma, rng, gap=0)
        highs = np.maximum(np.fmin(highs, ceiling), np.maximum(opens, closes))
        track = Track(sessions("24/7"))
        bars = opens[1:], highs[1:], lows[1:], closes[1:]
        track.fill(ends[1:] - HOUR, bars)
        return track

    def _plan_fund(self, name: str, rng: np.random.Generator) -> Track:
        base, _, _, noise, first = anchors.FUNDS[name]
        track = Track(sessions("XNYS"))
        days = track.calendar.between(day(first), self.grown)
        scale = np.array([_share(name, int(number)) for number in days])
        scale *= np.exp(noise * rng.standard_normal(len(days)))
        if name in SCALED:
            index = self.tracks[base]
            opens, highs, lows, closes = (np.array(column) * scale for column in index.columns)
            track.fill(days, (opens, highs, lows, closes))
        else:
            closes = np.array([self._at_close(base, int(number)) for number in days]) * scale
            track.fill(days, around(closes, self._sigma(base), rng))
        return track

    def _at_close(self, base: str, session: int) -> float:
        """Return what a fund's base was worth when the XNYS session ended."""
        if base == "BTC":
            close = _close(sessions("XNYS"), session)
            at = max(bisect_left(self.hours.time, close - HOUR), 0)
            return self.hours.columns[3][at]
        track = self.tracks[base]
        return track.columns[3][max(bisect_right(track.time, session) - 1, 0)]

    def _sigma(self, base: str) -> float:
        if base == "BTC":
            return anchors.BTC_FREE_VOLATILITY / sqrt(365)
        return anchors.INSTRUMENTS[base].volatility / sqrt(252)

    # the free part

    def grow(self, until: int) -> None:
        """Draw the market up to and with day `until`."""
        while self.grown < until:
            self.grown += 1
            self._grow(self.grown)

    def _grow(self, number: int) -> None:
        size = len(FACTORS) + len(NAMES) * DRAWS + 24 * 3
        draws = np.random.default_rng((self.seed, number)).standard_normal(size).tolist()
        factors = dict(zip(FACTORS, draws, strict=False))
        del draws[: len(FACTORS)]
        self._grow_bitcoin(number, factors["us"], draws[len(NAMES) * DRAWS :])
        for place, name in enumerate(NAMES):
            if self.tracks[name].calendar.is_session(number):
                own = draws[place * DRAWS : (place + 1) * DRAWS]
                self.tracks[name].append(number, self._next_bar(name, number, factors, own))

    def _next_bar(
        self, name: str, number: int, factors: dict[str, float], own: list[float]
    ) -> Ohlc:
        last = self.tracks[name].columns[3][-1]
        if name in anchors.FUNDS:
            base, _, _, noise, _ = anchors.FUNDS[name]
            scale = _share(name, number) * exp(noise * own[0])
            if name in SCALED:
                return Ohlc(*(value * scale for value in self.tracks[base].bar(-1)))
            return _bar(last, self._at_close(base, number) * scale, self._sigma(base), own, GAP)
        how = anchors.INSTRUMENTS[name]
        sigma = how.volatility / sqrt(252)
        shock = how.loading * factors[how.factor] + sqrt(1 - how.loading**2) * own[0]
        pull = how.pull * log(last / how.levels[-1][1])
        gap = GAPS.get(self.tracks[name].calendar.name, GAP)
        return _bar(last, last * exp(sigma * shock - pull), sigma, own, gap)

    def _grow_bitcoin(self, number: int, us: float, draws: list[float]) -> None:
        sigma = anchors.BTC_FREE_VOLATILITY / sqrt(365 * 24)
        loading = anchors.BTC_US_LOADING
        master = sessions("XNYS")
        close = master.close_of(number)
        for hour in range(24):
            start = number * DAY + hour * HOUR
            shock = sqrt(1 - loading**2) * draws[3 * hour]
            if close is not None and close - US_HOURS * HOUR <= start < close:
                shock += loading * us * sqrt(24) / US_HOURS
            last = self.hours.columns[3][-1]
            own = [0.0, 0.0, *draws[3 * hour + 1 : 3 * hour + 3]]
            self.hours.append(start, _bar(last, last * exp(sigma * shock), sigma, own, 0.0))

    # what can be asked

    def running(self, name: str, now: float) -> SoFar | None:
        """Return the running session's bar of an instrument, None while it is closed."""
        track = self.tracks[name]
        session = track.calendar.current(now)
        if session is None:
            return None
        at = bisect_left(track.time, session)
        if at == len(track.time) or track.time[at] != session:
            return None
        place = bisect_left(track.calendar.days, session)
        opens, closes = int(track.calendar.opens[place]), int(track.calendar.closes[place])
        return so_far(track.bar(at), _key(name, session), (now - opens) / (closes - opens))

    def bitcoin(self, now: float) -> SoFar:
        """Return the running hour of Bitcoin."""
        start = int(now // HOUR) * HOUR
        at = bisect_left(self.hours.time, start)
        return so_far(self.hours.bar(at), start, (now - start) / HOUR)

    def bitcoin_days(self, first: int, last: int, now: float, *, running: bool) -> Bars:
        """Return Bitcoin's UTC days from `first` to `last`, the running one too if asked."""
        time = array("q")
        columns = tuple(array("d") for _ in range(4))
        first = max(first, self.hours.time[0] // DAY)
        for number in range(first, min(last, int(now // DAY) - 1) + 1):
            at = bisect_left(self.hours.time, number * DAY)
            opens, highs, lows, closes = (column[at : at + 24] for column in self.hours.columns)
            _put(time, columns, number, Ohlc(opens[0], max(highs), min(lows), closes[-1]))
        today = int(now // DAY)
        if running and first <= today <= last:
            at, end = bisect_left(self.hours.time, today * DAY), bisect_right(self.hours.time, now)
            hour = self.bitcoin(now)
            highs, lows = (self.hours.columns[i][at : end - 1] for i in (1, 2))
            bar = Ohlc(
                self.hours.columns[0][at],
                max([*highs, hour.high]),
                min([*lows, hour.low]),
                hour.price,
            )
            _put(time, columns, today, bar)
        volume = array("d", [nan]) * len(time)
        opens, highs, lows, closes = columns
        return Bars("BTC", "demo:BTC", "1d", time, opens, highs, lows, closes, volume, now)


def _close(calendar: Sessions, session: int) -> int:
    """Return when a day that is known to be a session ends."""
    return int(calendar.closes[bisect_left(calendar.days, session)])


def _put(time: "array[int]", columns: "tuple[array[float], ...]", number: int, bar: Ohlc) -> None:
    time.append(number)
    for column, value in zip(columns, bar, strict=True):
        column.append(value)


def _bar(last: float, close: float, sigma: float, own: list[float], gap: float) -> Ohlc:
    """Return one bar round `close`, as demo_bridge.around does for many."""
    opens = last * exp(gap * sigma * own[1])
    high = max(opens, close) * exp(REACH * sigma * abs(own[2]))
    low = min(opens, close) * exp(-REACH * sigma * abs(own[3]))
    return Ohlc(opens, high, low, close)


def _share(name: str, number: int) -> float:
    """Return what one share of a fund stands for on a day."""
    _, share, fee, _, _ = anchors.FUNDS[name]
    return share * exp(fee * (day("2026-01-20") - number) / 365)


def _key(name: str, session: int) -> int:
    """Return what the path inside a bar depends on; an index and its fund go together."""
    base = anchors.FUNDS[name][0] if name in SCALED else name
    return NAMES.index(base) * 1_000_003 + session
