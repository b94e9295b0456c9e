"""The exchanges: BTC from every configured venue, and the USDT/USD rate between them.

Emits a `Quote` of BTC for every batch of trades, by the exchange's name, in the
currency it trades in, and a `Quote` of USDT for the rate. Every venue is supervised
on its own; two markets of one exchange share its connection.
"""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

from divmon.errors import SettingsError
from divmon.market.clock import Clock, SystemClock
from divmon.market.events import Emit
from divmon.settings import Settings
from divmon.sources import ccxt_slim
from divmon.sources.ccxt_client import Exchange
from divmon.sources.exchange_stream import TradeStream, Venue
from divmon.sources.exchange_upkeep import Upkeep, kept
from divmon.sources.network import Network
from divmon.sources.supervise import Supervisor, Waits
from divmon.sources.threads import DaemonPool

GOODBYE_S = 0.2  # for the websocket's closing handshake; a venue that hangs never answers it


class ExchangeSource:
    """All venues of `settings.exchanges`.

    Raises:
        SettingsError: A venue is written wrongly, or its exchange is not known.
    """

    name = "exchanges"
    simulated = False

    def __init__(
        self,
        settings: Settings,
        network: Network,
        clock: Clock | None = None,
        markets: Path | None = None,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.venues = _venues(settings)
        self._settings = settings.exchanges
        self._network = network
        self._markets = markets  # where what changed of the venues' markets is kept
        self._supervisors: list[Supervisor] = []
        self.upkeep: Upkeep | None = None

    def refresh(self) -> None:
        """Try again now wherever a venue waits; quiet that was asked for stands."""
        for supervisor in self._supervisors:
            supervisor.retry_now()

    async def run(self, emit: Emit) -> None:
        """Emit quotes, health and events until cancelled; then close within 0.5 s."""
        settings = self._settings
        waits = Waits(first_s=settings.retry_first_s, longest_s=settings.retry_longest_s)
        self._supervisors = [
            Supervisor(venue.source, "exchange", emit, self.clock, waits=waits)
            for venue in self.venues
        ]
        for supervisor in self._supervisors:
            supervisor.report()
        names = sorted({venue.exchange for venue in self.venues})
        pool = DaemonPool(1, "ccxt")
        try:
            classes = await pool.run(ccxt_slim.load, names)
        finally:
            pool.close()
        session = self._session()
        newer = kept(self._markets)
        exchanges = {
            name: Exchange(classes[name], self._network, session, self.clock.now, newer.get(name))
            for name in names
        }
        streams = [
            TradeStream(
                venue, exchanges[venue.exchange], supervisor, emit, self.clock, settings.silent_s
            )
            for venue, supervisor in zip(self.venues, self._supervisors, strict=True)
        ]
        tasks = [
            asyncio.create_task(stream.supervisor.run(stream.serve), name=stream.venue.source)
            for stream in streams
        ]
        self.upkeep = Upkeep(
            exchanges, streams, emit, self.clock, kept=self._markets, fresh_s=settings.fresh_s
        )
        tasks.append(asyncio.create_task(self.upkeep.run(), name="upkeep"))
        try:
            # for ever: all venues may be switched off, but a live source has no end
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await _close(list(exchanges.values()), session)

    def _session(self) -> Any:
        """Return one HTTP session for all exchanges: one TLS context, one pool, one close."""
        import aiohttp  # 0.35 s; by now ccxt has it

        connector = aiohttp.TCPConnector(ssl=self._network.ssl_context())
        return aiohttp.ClientSession(connector=connector)


async def _close(exchanges: list[Exchange], session: Any) -> None:
    """Say goodbye, but not for long; then nothing is left open."""
    goodbyes = [task for exchange in exchanges for task in exchange.goodbyes()]
    if goodbyes:
        await asyncio.wait(goodbyes, timeout=GOODBYE_S)
    # whoever hangs loses its socket, which ends its goodbye
    await session.connector.close(abort_ssl=True)
    await asyncio.gather(*goodbyes, return_exceptions=True)
    for exchange in exchanges:
        await exchange.close()
    await session.close()
    for _ in range(3):
        await asyncio.sleep(0)  # what was cancelled closes its sockets in the loop's next rounds


def _venues(settings: Settings) -> list[Venue]:
    """Return the venues asked for, and the market of the USDT/USD rate if any needs it."""
    exchanges = settings.exchanges
    venues = [Venue.parse(text, "venues", "BTC") for text in dict.fromkeys(exchanges.venues)]
    if exchanges.usdt_rate and any(venue.currency == "USDT" for venue in venues):
        venues.append(Venue.parse(exchanges.usdt_rate, "usdt_rate", "USDT"))
    for venue in venues:
        ccxt_slim.check(venue.exchange)
    for name, count in Counter(venue.source for venue in venues).items():
        if count > 1:
            raise SettingsError(f"[exchanges] venues has {name} {count} times; keep one of them")
    return venues
