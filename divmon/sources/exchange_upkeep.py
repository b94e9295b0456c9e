"""What streams that run for weeks need: new connections and fresh lists of markets.

Venues close a socket at 24 hours (Binance says so), several at the same second if they
were opened at the same second. So each connection is given up before that and made
anew, one venue at a time and while the others are well: the composite never misses two
at once. When in the hours before it happens is drawn at random, for all users together
are a load too.

The few markets that we know ourselves are compared with the venues' own lists once a
day. One that has another id there is taken over, kept for the next start, and its
connection made anew; one that is gone or halted is told.
"""

import json
import logging
import os
import random
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from divmon.errors import SourceError
from divmon.market.clock import Clock
from divmon.market.events import Emit, Event
from divmon.sources.ccxt_client import Exchange
from divmon.sources.exchange_stream import TradeStream

HOUR = 3600.0
RENEW_FROM_S, RENEW_OVER_S = 20 * HOUR, 3 * HOUR  # a connection's age when it is made anew
POSTPONED_S = 0.5 * HOUR  # at the most, while another venue is in trouble
LOOK_EVERY_S = 60.0  # and so the least between two venues
FIRST_LIST_S = HOUR  # after the start, at random within it
LIST_EVERY_S = 24 * HOUR

Ids = dict[str, str]  # of one market, as markets.json has them
Markets = dict[str, dict[str, Ids]]  # by exchange and symbol

_KEYS = {"id", "baseId", "quoteId"}
_ID = re.compile(r"[A-Za-z0-9._/:-]{1,40}")

log = logging.getLogger(__name__)


class Renewals:
    """Decides which venue's connection is made anew, if one is. Pure but for the dice."""

    def __init__(self, jitter: Callable[[], float] = random.random) -> None:
        self._jitter = jitter
        self._planned: dict[str, tuple[float, float]] = {}  # since when it stands, when it is due

    def due(
        self, now: float, since: Mapping[str, float | None], well: Mapping[str, bool]
    ) -> str | None:
        """Return the venue to renew now.

        Args:
            now: Unix seconds.
            since: When each venue's oldest connection was made; None: it has none.
            well: Whether each venue's trades are coming in.
        """
        waiting = []
        for name, made in since.items():
            if made is None:
                self._planned.pop(name, None)
                continue
            if name not in self._planned or self._planned[name][0] != made:
                due = made + RENEW_FROM_S + RENEW_OVER_S * self._jitter()
                self._planned[name] = (made, due)
            if (due := self._planned[name][1]) <= now:
                waiting.append((due, name))
        if not waiting:
            return None
        due, chosen = min(waiting)
        others = all(well[name] for name in since if name != chosen)
        return chosen if others or now - due >= POSTPONED_S else None


class Upkeep:
    """Looks after all exchanges once a minute."""

    def __init__(
        self,
        exchanges: Mapping[str, Exchange],
        streams: Iterable[TradeStream],
        emit: Emit,
        clock: Clock,
        *,
        kept: Path | None = None,
        fresh_s: float = 5.0,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._exchanges = exchanges
        self._streams = list(streams)
        self._emit = emit
        self._clock = clock
        self._kept = kept
        self._fresh_s = fresh_s
        self._jitter = jitter
        self._renewals = Renewals(jitter)
        now = clock.now()
        self._list_at = {name: now + FIRST_LIST_S * jitter() for name in exchanges}
        self._gone: set[tuple[str, str]] = set()

    async def run(self) -> None:
        while True:
            # not everybody at the same second of the minute either
            await self._clock.sleep(LOOK_EVERY_S * (1 + self._jitter() / 2))
            self.renew()
            await self.refresh()

    def renew(self) -> None:
        """Make one venue's connection anew, if one is due."""
        since = {name: exchange.since for name, exchange in self._exchanges.items()}
        well = {name: self._is_well(name) for name in self._exchanges}
        if (name := self._renewals.due(self._clock.now(), since, well)) is not None:
            log.info("%s: the connection is made anew, as planned", name)
            self._exchanges[name].renew()

    def _is_well(self, name: str) -> bool:
        now = self._clock.now()
        return all(
            stream.supervisor.state == "off"  # for good: it is nobody's second
            or (
                stream.supervisor.state == "ok"
                and not stream.waiting
                # the rate's market may be quiet for long
                and (stream.venue.instrument != "BTC" or now - stream.heard <= self._fresh_s)
            )
            for stream in self._streams
            if stream.venue.exchange == name
        )

    async def refresh(self) -> None:
        """Compare one venue's markets with its own list, if that is due."""
        now = self._clock.now()
        name = min(self._list_at, key=lambda each: self._list_at[each], default=None)
        if name is None or self._list_at[name] > now:
            return
        self._list_at[name] = now + LIST_EVERY_S * (0.9 + 0.2 * self._jitter())
        exchange = self._exchanges[name]
        for stream in self._streams:
            if stream.venue.exchange == name and stream.symbol in exchange.slim:
                try:
                    listed = await exchange.listed(stream.symbol)
                except SourceError as error:
                    log.info("%s: its list of markets could not be read: %s", name, error)
                    return
                self._compare(exchange, stream, listed)

    def _compare(self, exchange: Exchange, stream: TradeStream, listed: Ids | None) -> None:
        name, symbol = exchange.name, stream.symbol
        if listed is None:
            if (name, symbol) not in self._gone:
                self._gone.add((name, symbol))
                self._tell(
                    f"{name} does not list {symbol} as trading any more; "
                    "see [exchanges] venues for another",
                    "warning",
                    stream,
                )
            return
        self._gone.discard((name, symbol))
        before = exchange.slim[symbol]["id"]
        if listed["id"] == before or not is_market(symbol, listed):
            return
        self._tell(f"{name} calls {symbol} {listed['id']} now, was {before}", "notice", stream)
        exchange.adopt(symbol, listed)
        if self._kept is not None:
            keep(self._kept, name, symbol, listed)

    def _tell(self, text: str, severity: Any, stream: TradeStream) -> None:
        self._emit(Event(self._clock.now(), "market", stream.venue.source, text, severity))


def is_market(symbol: object, ids: object) -> bool:
    """Tell whether these are the ids of a market, wherever they come from."""
    return (
        isinstance(symbol, str)
        and _ID.fullmatch(symbol) is not None
        and isinstance(ids, dict)
        and ids.keys() == _KEYS
        and all(isinstance(each, str) and _ID.fullmatch(each) for each in ids.values())
    )


def kept(path: Path | None) -> Markets:
    """Return the markets that an earlier run took over; none if the file is not ours."""
    if path is None:
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        good = all(is_market(*item) for markets in data.values() for item in markets.items())
    except (OSError, ValueError, AttributeError):
        return {}
    return data if good else {}


def keep(path: Path, exchange: str, symbol: str, ids: Ids) -> None:
    """Add a market to the file; a disk that refuses costs only that."""
    data = kept(path)
    data.setdefault(exchange, {})[symbol] = ids
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh.write_text(json.dumps(data, indent=1), encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        log.warning("%s cannot be written: %s", path, error.strerror)
