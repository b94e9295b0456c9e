"""Whether each source can be reached, and whether what answers is that source."""

import asyncio
import json
import re
import ssl
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import quote

from divmon.cli.doctor.probe import Answer, ProbeError, get, open_websocket
from divmon.cli.doctor.result import Result
from divmon.settings import Settings
from divmon.sources.network import Network

CHECK = 5.0  # seconds that one source may take
SKEW = 2.0  # seconds; a Date header is exact to one, and the way takes its time too
SLOW = 1500.0  # ms from request to answer, above which prices are late

_COMPANY_PAGE = "a page came where data was due: a login page, a consent page or a filter"


class Venue(NamedTuple):
    """A small public request of an exchange, and where its stream is."""

    rest: str
    stream: str


# Small answers that need no key, and the stream addresses that ccxt uses.
VENUES = {
    "binance": Venue(
        "https://api.binance.com/api/v3/time", "wss://stream.binance.com:9443/ws/btcusdt@trade"
    ),
    "bitstamp": Venue("https://www.bitstamp.net/api/v2/ticker/btcusd/", "wss://ws.bitstamp.net"),
    "coinbase": Venue(
        "https://api.coinbase.com/api/v3/brokerage/time", "wss://advanced-trade-ws.coinbase.com"
    ),
    "kraken": Venue("https://api.kraken.com/0/public/Time", "wss://ws.kraken.com/v2"),
    "okx": Venue("https://www.okx.com/api/v5/public/time", "wss://ws.okx.com:8443/ws/v5/public"),
}
YAHOO = "https://query1.finance.yahoo.com/v8/finance/chart/SPY?interval=1d&range=5d"
FRED = "https://fred.stlouisfed.org/graph/fredgraph.csv?cosd=2026-01-01&id="


async def check_sources(settings: Settings, network: Network) -> list[Result]:
    """Check every source of the live market, all at once."""
    exchanges = [entry.split(" ")[0] for entry in settings.exchanges.venues]
    checks = [_bounded(name, _exchange(name, network)) for name in dict.fromkeys(exchanges)]
    checks.append(_bounded("yahoo", _yahoo(network)))
    if settings.fred.series:
        checks.append(_bounded("fred", _fred(settings.fred.series[0], network)))
    return list(await asyncio.gather(*checks))


async def _bounded(name: str, check: Any) -> Result:
    """Give one check its time, and turn a failed stage into its line."""
    try:
        async with asyncio.timeout(CHECK):
            result: Result = await check
            return result
    except ProbeError as error:
        return Result(name, "FAIL", str(error), error.way_out)
    except TimeoutError:
        return Result(
            name, "FAIL", f"no answer within {CHECK:g} s", "try again; the source may be slow"
        )
    except (OSError, ssl.SSLError) as error:
        return Result(name, "FAIL", f"the connection broke: {error}", "try again")


async def _exchange(name: str, network: Network) -> Result:
    venue = VENUES.get(name) or await _from_ccxt(name)
    if venue is None:
        return Result(name, "WARN", "has no address that could be tried", "watch the sources line")
    stream = asyncio.create_task(open_websocket(venue.stream, network))
    try:
        answer = await get(venue.rest, network)
        # told before the stream's fault, since it says more
        if fault := _fault(name, answer):
            return fault
        opened = await stream
    finally:
        stream.cancel()
        await asyncio.wait([stream])
        if not stream.cancelled():
            stream.exception()  # taken note of, or asyncio complains at exit
    # an address out of ccxt's table may be the root of an API, with a page or a 404 on it
    if name in VENUES and (fault := _not_json(name, answer)):
        return fault
    return _fine(name, answer, f"websocket {opened:.0f} ms")


async def _from_ccxt(name: str) -> Venue | None:
    """Find the first addresses that ccxt has for an exchange; takes 0.3 s in a thread."""

    def find() -> Venue | None:
        from divmon.sources import ccxt_slim

        urls = ccxt_slim.load([name])[name]().urls.get("api")
        rest = next((url for url in _texts(urls) if url.startswith("https://")), None)
        stream = next((url for url in _texts(urls) if url.startswith("wss://")), None)
        return Venue(rest, stream) if rest and stream and "{" not in rest + stream else None

    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, find)


def _texts(tree: object) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict):
        for inner in tree.values():
            yield from _texts(inner)


async def _yahoo(network: Network) -> Result:
    """Reach Yahoo by hand, which names the stage; then ask as yfinance does.

    Yahoo answers 429 to clients whose TLS does not look like a browser's, so the
    answer of the first request counts for its date only.
    """
    first = await get(YAHOO, network)
    loop = asyncio.get_running_loop()
    status, body = await loop.run_in_executor(None, _ask_as_a_browser, YAHOO, network)
    answer = replace(first, status=status, body=body)
    return _fault("yahoo", answer) or _not_json("yahoo", answer) or _fine("yahoo", answer)


def _ask_as_a_browser(url: str, network: Network) -> tuple[int, bytes]:
    from curl_cffi import requests
    from curl_cffi.requests.exceptions import RequestException

    host = url.split("/")[2]
    proxy = network.proxy_for(host)
    try:
        with requests.Session(impersonate="chrome", verify=network.ca_file or True) as session:
            answer = session.get(
                url,
                timeout=CHECK - 1,
                allow_redirects=False,
                proxies={"https": proxy} if proxy else {"https": ""},
            )
            return int(answer.status_code), bytes(answer.content)
    except RequestException as error:
        raise ProbeError(
            f"{host}: reached, but not the way a browser does it (curl code {error.code})",
            "the proxy or the CA bundle may suit Python and not curl; try `divmon doctor` again",
        ) from error


async def _fred(series: str, network: Network) -> Result:
    answer = await get(FRED + quote(series, safe=""), network)
    if fault := _fault("fred", answer):
        return fault
    first = answer.body[:200].decode("utf-8", "replace").lstrip("\N{BOM}").strip().lower()
    if not first.startswith(("observation_date", "date")):
        return _unexpected("fred", answer, "CSV")
    return _fine("fred", answer)


def _fault(name: str, answer: Answer) -> Result | None:
    """Judge the status; None if there is nothing wrong with it."""
    status = answer.status
    if status in (403, 451):
        return Result(
            name,
            "WARN",
            f"refuses this place or network (HTTP {status}){_title(answer)}",
            "divmon leaves it out; take it from [exchanges] venues to be rid of this line"
            if name not in ("yahoo", "fred")
            else "try from another network, or through another proxy",
        )
    if status == 429:
        wait = answer.headers.get("retry-after", "")
        text = f"asks for quiet (HTTP 429{f', for {wait} s' if wait.isdecimal() else ''})"
        return Result(name, "WARN", text, "wait some minutes; is another program asking too?")
    if status in (301, 302, 303, 307, 308):
        target = answer.headers.get("location", "")
        host = re.sub(r"^https?://([^/?#]*).*", r"\1", target)[:60] or "another page"
        return Result(
            name, "FAIL", f"leads away to {host} (HTTP {status})", f"{_COMPANY_PAGE}; log in there"
        )
    if status >= 500:
        return Result(name, "FAIL", f"is in trouble (HTTP {status}){_title(answer)}", "try later")
    if status >= 400 and name in (*VENUES, "yahoo", "fred"):
        return Result(
            name, "FAIL", f"does not know the request (HTTP {status})", "divmon may be too old"
        )
    return None


def _not_json(name: str, answer: Answer) -> Result | None:
    try:
        json.loads(answer.body)
    except (ValueError, RecursionError):
        return _unexpected(name, answer, "JSON")
    return None


def _unexpected(name: str, answer: Answer, wanted: str) -> Result:
    start = answer.body[:500].lstrip().lower()
    what = "HTML" if start.startswith((b"<!doctype html", b"<html", b"<")) else "something else"
    if not start:
        what = "nothing"
    return Result(
        name, "FAIL", f"answered {what} instead of {wanted}{_title(answer)}", _COMPANY_PAGE
    )


def _title(answer: Answer) -> str:
    match = re.search(rb"<title[^>]*>([^<]{1,80})", answer.body, re.IGNORECASE)
    return f": “{match[1].decode('utf-8', 'replace').strip()}”" if match else ""


def _fine(name: str, answer: Answer, more: str = "") -> Result:
    text = f"connected in {answer.connect_ms:.0f} ms, answer in {answer.answer_ms:.0f} ms"
    if answer.signer:
        # a company's own name here means that it reads along
        text = f"{text}, TLS by {answer.signer}"
    text = f"{text}, {more}" if more else text
    skew = answer.skew_s
    if skew is not None and abs(skew) > SKEW:
        side = "behind" if skew > 0 else "ahead of"
        return Result(
            name,
            "WARN",
            f"{text}; our clock is {abs(skew):.0f} s {side} its clock",
            "set this machine's clock (NTP): ages and session states are read from it",
        )
    if answer.answer_ms > SLOW:
        return Result(name, "WARN", f"{text}: slow", "prices will be late by as much")
    return Result(name, "OK", text)
