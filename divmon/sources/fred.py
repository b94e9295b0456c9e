"""FRED, the economic data of the Federal Reserve Bank of St. Louis, without a key.

https://fred.stlouisfed.org/graph/fredgraph.csv?id=WALCL answers with a whole series:

    observation_date,WALCL
    2002-12-18,719542
    2002-12-25,732059

The first column was called DATE until 2024, and a missing value is empty or a dot. The
unit is nowhere in it and has changed before (WTREGEN from billions to millions in
2025), which is why the whole series is read each time: its size tells the unit.
"""

import asyncio
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Final, NamedTuple

import aiohttp

from divmon.errors import BlockedError, DataError, RateLimitedError, TransientError
from divmon.market.clock import Clock
from divmon.market.events import Emit, Event, MacroPoints
from divmon.settings import Settings
from divmon.sources.limiter import Limiter
from divmon.sources.network import Network
from divmon.sources.poll import PollSupervisor
from divmon.sources.supervise import Waits
from divmon.sources.threads import DaemonPool
from divmon.sources.yahoo_answer import plain

HOST: Final = "fred.stlouisfed.org"
_LARGEST: Final = 8 * 1024 * 1024  # bytes; the longest of our series has 0.5 MB
_ONE_FAILED_S: Final = 300.0
_EPOCH: Final = date(1970, 1, 1).toordinal()


class Unit(NamedTuple):
    """What a series is counted in. `largest` of all its values must lie in `plausible`.

    `other` is a second unit that FRED has used or may use: its plausible range, and
    the factor that turns it into the first.
    """

    name: str
    plausible: tuple[float, float]
    other: tuple[tuple[float, float], float] | None = None


_ASSETS: Final = Unit("USD mn", (300_000, 100_000_000), ((300, 100_000), 1000.0))
_TREASURY: Final = Unit("USD mn", (10_000, 10_000_000), ((10, 10_000), 1000.0))
_REPO: Final = Unit("USD bn", (10, 10_000), ((10_000, 10_000_000), 0.001))
_RATE: Final = Unit("%", (-5, 100))

# DEFINITIONS of the liquidity panel: total assets and the Treasury's account in
# millions, the reverse repos in billions. What is not here is passed on without a unit.
_UNITS: Final = {
    "WALCL": _ASSETS,
    "WDTGAL": _TREASURY,
    "WTREGEN": _TREASURY,
    "RRPONTSYD": _REPO,
    **dict.fromkeys(("DFF", "DGS10", "DGS2", "SOFR", "IRSTCI01JPM156N", "T10Y2Y"), _RATE),
}

Points = tuple[tuple[int, float], ...]


@dataclass
class _Series:
    """What is known of one series."""

    name: str
    due: float = 0.0
    points: dict[int, float] = field(default_factory=dict)
    trouble: str = ""
    bad: int = 0


class FredSource:
    """The series of the settings, each asked for once an hour and emitted when it changes."""

    name: str = "fred"
    simulated: bool = False

    def __init__(
        self,
        settings: Settings,
        network: Network,
        clock: Clock,
        *,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.clock: Clock = clock
        self.settings = settings.fred
        self.network = network
        self.jitter = jitter
        self._series = [_Series(name) for name in dict.fromkeys(settings.fred.series)]
        self._pool = DaemonPool(1, "fred")
        self._supervisor: PollSupervisor | None = None
        self._wake = asyncio.Event()
        self._asking = False

    @property
    def idle(self) -> bool:
        """Whether no request is under way."""
        return not self._asking

    def refresh(self) -> None:
        """Try again now what waits after a failure; a 429 is still waited out."""
        if self._supervisor is not None:
            self._supervisor.retry_now()
        for series in self._series:
            if series.trouble:
                series.due = 0.0
        self._wake.set()

    async def run(self, emit: Emit) -> None:
        """Emit points, events and health until cancelled."""
        self._supervisor = PollSupervisor(
            self.name,
            "poll",
            emit,
            self.clock,
            # hourly figures are worth no haste
            waits=Waits(first_s=2.0, longest_s=300.0),
            jitter=self.jitter,
        )
        timeout = aiohttp.ClientTimeout(
            sock_connect=self.network.connect_timeout_s,
            sock_read=self.network.read_timeout_s,
            total=self.network.connect_timeout_s + 3 * self.network.read_timeout_s,
        )
        supervisor = self._supervisor
        limiter = Limiter(self.settings.requests_per_s, self.clock, burst=len(self._series))
        connector = aiohttp.TCPConnector(ssl=self.network.ssl_context(), limit=1)
        try:
            async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
                await supervisor.run(lambda: self._serve(session, limiter, supervisor, emit))
        finally:
            self._pool.close()

    async def _serve(
        self,
        session: aiohttp.ClientSession,
        limiter: Limiter,
        supervisor: PollSupervisor,
        emit: Emit,
    ) -> None:
        answered, failures = (
            False,
            0,
        )  # one series' failure is its own, the second in a row is FRED's
        while self._series:
            series = min(self._series, key=lambda one: one.due)
            now = self.clock.now()
            if series.due > now:
                supervisor.next_poll = series.due
                supervisor.report()
                await self._wait(series.due - now)
                continue
            await limiter.acquire()
            begun = asyncio.get_running_loop().time()
            pause = self.settings.poll_s * (1 - self.jitter() / 10)
            self._asking = True
            try:
                await self._ask(series, session, emit)
            except BlockedError as error:
                self._refused(series, str(error), emit)
            except TransientError as error:
                failures += 1
                if failures > 1 or not answered:
                    series.due = self.clock.now()  # the others, due before it, go first now
                    raise
                series.trouble = f"{series.name}: {error}"
                pause = min(pause, _ONE_FAILED_S)
            else:
                answered, failures = True, 0
                took = asyncio.get_running_loop().time() - begun
                supervisor.data(self.clock.now(), took * 1000)
            finally:
                self._asking = False
            series.due = self.clock.now() + pause
            supervisor.note = "; ".join(one.trouble for one in self._series if one.trouble)
            supervisor.bad_ticks = sum(one.bad for one in self._series)

    async def _wait(self, seconds: float) -> None:
        self._wake.clear()
        sleep = asyncio.ensure_future(self.clock.sleep(seconds))
        wake = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({sleep, wake}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleep.cancel()
            wake.cancel()

    async def _ask(self, series: _Series, session: aiohttp.ClientSession, emit: Emit) -> None:
        """Ask for one series, and emit what is new in it."""
        text, published = await _fetch(session, self.network, series.name)
        received = self.clock.now()
        try:
            # 26,000 rows of DFF take 30 ms, which the loop has not
            points, bad = await self._pool.run(parse, text, series.name, received)
            unit, points = normalise(series.name, points)
        except DataError as error:
            raise TransientError(str(error)) from error
        series.trouble = ""
        series.bad = bad
        fresh = tuple(one for one in points if series.points.get(one[0]) != one[1])
        if fresh:
            series.points = dict(points)
            emit(MacroPoints(series.name, unit, fresh, received, published))

    def _refused(self, series: _Series, reason: str, emit: Emit) -> None:
        if not series.trouble:
            text = f"{reason}; check series in [fred]"
            emit(Event(self.clock.now(), "symbol", series.name, text, "notice"))
        series.trouble = f"{series.name} is unknown"


async def _fetch(
    session: aiohttp.ClientSession, network: Network, series: str
) -> tuple[str, float | None]:
    """Return the text of a series, and when it was published if the answer says so.

    Raises:
        BlockedError: There is no such series.
        RateLimitedError, TransientError: FRED, or the way to it.
    """
    try:
        async with session.get(
            f"https://{HOST}/graph/fredgraph.csv",
            params={"id": series},
            proxy=network.proxy_for(HOST),
            headers={"User-Agent": "divmon", "Accept": "text/csv"},
        ) as answer:
            if answer.status in (403, 429):
                told = answer.headers.get("Retry-After", "")
                after = float(told) if told.isdecimal() else None
                raise RateLimitedError(f"FRED asks for quiet ({answer.status})", after)
            if answer.status in (400, 404):
                raise BlockedError(f"FRED does not know the series {series!r}")
            if answer.status != 200:
                raise TransientError(f"FRED has a fault of its own ({answer.status})")
            body = bytearray()
            async for chunk in answer.content.iter_chunked(65536):
                body += chunk
                if len(body) > _LARGEST:
                    raise TransientError(f"FRED's answer for {series} does not end")
            return body.decode("utf-8", "replace"), _published(answer)
    except TimeoutError as error:
        raise TransientError("no answer in time") from error
    except aiohttp.ClientConnectorCertificateError as error:
        raise TransientError(
            "its certificate is not trusted; behind a company proxy set [network] ca_bundle"
        ) from error
    except aiohttp.ClientConnectorDNSError as error:
        raise TransientError("name not found (DNS)") from error
    except aiohttp.ClientHttpProxyError as error:
        raise TransientError(
            f"the proxy answered HTTP {error.status}; see [network] proxy"
        ) from error
    except aiohttp.ClientConnectorError as error:
        refused = isinstance(error.os_error, ConnectionRefusedError)
        raise TransientError(
            "connection refused" if refused else f"connection failed: {plain(error, 80)}"
        ) from error
    except aiohttp.ClientError as error:
        raise TransientError(f"connection failed: {plain(error, 80)}") from error


def _published(answer: aiohttp.ClientResponse) -> float | None:
    """Read Last-Modified, unless it is only the moment at which the answer was written."""
    stamp = answer.headers.get("Last-Modified")
    if stamp is None:
        return None
    try:
        modified = parsedate_to_datetime(stamp).timestamp()
        written = parsedate_to_datetime(answer.headers.get("Date", stamp)).timestamp()
    except ValueError:
        return None
    return modified if written - modified > 60 else None


def parse(text: str, series: str, now: float) -> tuple[Points, int]:
    """Read a series; return its points, oldest first, and how many rows were no points.

    Missing values are neither. Of two rows for one day the later one stands.

    Raises:
        DataError: It is no table of this series, or a table without values.
    """
    lines = text.lstrip("\ufeff").splitlines()
    if not lines or not lines[0].strip():
        raise DataError(f"FRED answered with nothing for {series}")
    if lines[0].lstrip().startswith("<"):
        raise DataError(f"FRED answered with a web page for {series}, not with data")
    header = [cell.strip().strip('"').lower() for cell in lines[0].split(",")]
    if header not in (["observation_date", series.lower()], ["date", series.lower()]):
        raise DataError(f"FRED's table for {series} has the columns {plain(lines[0], 60)!r}")
    points: dict[int, float] = {}
    bad = 0
    tomorrow = datetime.fromtimestamp(now, UTC).date().toordinal() - _EPOCH + 1
    for line in lines[1:]:
        cells = line.split(",")
        if len(cells) == 2 and cells[1].strip() in ("", "."):
            continue
        try:
            day = date.fromisoformat(cells[0].strip()).toordinal() - _EPOCH
            value = float(cells[1])
        except (ValueError, IndexError):
            bad += bool(line.strip())
            continue
        if day > tomorrow or not isfinite(value):
            bad += 1
        else:
            points[day] = value
    if not points:
        raise DataError(f"FRED's table for {series} has no values")
    return tuple(sorted(points.items())), bad


def normalise(series: str, points: Iterable[tuple[int, float]]) -> tuple[str, Points]:
    """Return the unit and the points in it, whichever unit FRED used this time.

    Raises:
        DataError: The values have the size of neither unit.
    """
    points = tuple(points)
    unit = _UNITS.get(series)
    if unit is None:
        return "", points
    largest = max(value for _, value in points)
    if _within(largest, unit.plausible):
        return unit.name, points
    if unit.other is not None and _within(largest, unit.other[0]):
        factor = unit.other[1]
        # 723.41 bn is 723410 mn, not 723409.9999999999
        return unit.name, tuple((day, round(value * factor, 6)) for day, value in points)
    low, high = unit.plausible
    raise DataError(
        f"{series}: the largest value must be {low:,g} to {high:,g} {unit.name}, was {largest:,g}"
    )


def _within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]
