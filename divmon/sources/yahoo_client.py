"""Asking Yahoo, through yfinance. Heavy and blocking: import it and call it in a thread.

yfinance is kept as it is; what we need otherwise is done in the session it is given:
faults are raised where the answer is still in hand (yfinance would ask three times
before it reports a 429, and forget what a 500 said), and requests for its crumb are
not repeated while they fail, since charts are served without one.
"""

import logging
import re
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import yfinance
from curl_cffi import requests
from curl_cffi.requests.exceptions import (
    CertificateVerifyError,
    DNSError,
    ProxyError,
    RequestException,
    Timeout,
)
from yfinance import cache
from yfinance.data import YfData
from yfinance.exceptions import YFException, YFInvalidPeriodError, YFRateLimitError

from divmon.errors import DataError, RateLimitedError, SourceError, TransientError
from divmon.market.events import Interval
from divmon.sources.network import Network
from divmon.sources.yahoo_answer import (
    Answer,
    NoHistoryError,
    Row,
    UnknownSymbolError,
    plain,
    read_meta,
)

_CHART: Final = "/v8/finance/chart/"
_CRUMB_PAUSE_S: Final = 600.0
_CRUMB_TIMEOUT_S: Final = 5.0  # fc.yahoo.com is on many an ad blocker's list; charts do not need it
_CONSENT: Final = "Yahoo answered with its consent page; open finance.yahoo.com once from here"


class Client:
    """One session and one Ticker a symbol, for as long as the program runs.

    A new session is a new TLS handshake for each thread; a new Ticker for each poll
    grows the process by 23 kB a round.
    """

    def __init__(self, network: Network, now: Callable[[], float]) -> None:
        self.now = now
        quieten()
        yfinance.config.debug.hide_exceptions = False
        # yfinance keeps time zones and cookies in two SQLite files, of which the first
        # use by several threads fails at times, and a corrupt one for ever. Neither
        # is worth a file to us.
        cache._TzCacheManager._tz_cache = _Zones()
        cache._CookieCacheManager._Cookie_cache = _Cookies()
        self._session = _Session(network)
        self._tickers: dict[str, Any] = {}

    @property
    def requests(self) -> int:
        """How many requests were made, those for cookies and crumbs included."""
        return self._session.count

    def fetch(
        self,
        symbol: str,
        interval: Interval,
        *,
        period: str | None = None,
        start: int | None = None,
    ) -> Answer:
        """Ask once for the bars of `symbol`, by a `period` or from `start` (Unix seconds) on.

        Raises:
            RateLimitedError, TransientError: Yahoo, or the way to it.
            UnknownSymbolError, NoHistoryError: This symbol.
        """
        ticker = self._tickers.get(symbol)
        if ticker is None:
            ticker = self._tickers[symbol] = yfinance.Ticker(symbol, session=self._session)
        window: dict[str, Any] = {"period": period} if start is None else {"start": start}
        begun = time.perf_counter()
        frame = None
        try:
            frame = ticker.history(interval=interval, auto_adjust=False, **window)
        except SourceError:
            raise
        except YFRateLimitError as error:
            raise RateLimitedError("Yahoo asks for quiet (429)") from error
        except YFInvalidPeriodError as error:
            raise NoHistoryError(f"{symbol}: {plain(error)}") from error
        except YFException as error:
            # no prices in this window; the meta of the same answer may have one
            if not _meta_of(ticker).get("regularMarketPrice"):
                raise NoHistoryError(f"{symbol}: {plain(error)}") from error
        except OSError as error:
            # curl's errors are all of this kind; its JSON error is too, and no fault
            # of the connection
            garbled = isinstance(error, ValueError) or self._session.at_consent
            said = self._session.odd(symbol, error) if garbled else _transport(error)
            raise TransientError(said) from error
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            # what pandas and yfinance raise when an answer has another shape than
            # theirs; a KeyError of "timestamp" is a window without trades
            if not (str(error) == "'timestamp'" and _meta_of(ticker).get("regularMarketPrice")):
                raise TransientError(self._session.odd(symbol, error)) from error
        try:
            meta = read_meta(_meta_of(ticker))
        except DataError as error:
            raise TransientError(f"{symbol}: {error}") from error
        return Answer(
            symbol=symbol,
            interval=interval,
            rows=() if frame is None else _rows(frame, interval),
            meta=meta,
            received_time=self.now(),
            latency_ms=(time.perf_counter() - begun) * 1000,
            split=None if frame is None else _split(frame),
        )


class _Zones:
    """The answer to yfinance's question for a symbol's time zone, which costs a request.

    It is used for nothing but to turn a `start` into seconds, and ours are seconds;
    the bars' own zone comes with the answer.
    """

    def lookup(self, _symbol: str) -> str:
        return "UTC"

    def store(self, _symbol: str, _zone: str | None) -> None:
        """Keep nothing."""


class _Cookies:
    """yfinance's cookie store, in memory; with none it would fetch one for each request."""

    def __init__(self) -> None:
        self._kept: Any = None

    def lookup(self, _strategy: str) -> dict[str, Any] | None:
        return None if self._kept is None else {"cookie": self._kept}

    def store(self, _strategy: str, cookie: Any) -> None:
        """Keep it, if it is of the kind that yfinance can read again."""
        paths: dict[str, Any] = next(iter(cookie.values()), {}) if cookie else {}
        a3 = paths.get("/", {}).get("A3")
        self._kept = cookie if a3 is not None and a3.expires is not None else None


class _NoCrumbError(OSError):
    """Taken by yfinance for a network error, upon which it asks without a crumb."""


class _Session(requests.Session):  # type: ignore[misc]  # curl_cffi is not checked by mypy
    """The session that yfinance is given."""

    def __init__(self, network: Network) -> None:
        super().__init__(impersonate="chrome", verify=network.ca_file or True)
        self.network = network
        self.count = 0
        self._no_crumb_until = 0.0  # by time.monotonic
        self._cookie_asked = -_CRUMB_PAUSE_S  # the same
        self._here = threading.local()

    def request(self, method: str, url: str, **options: Any) -> Any:
        chart = _CHART in url
        host = urlsplit(url).hostname or ""
        if chart:
            self._here.consent = False
        elif host != "consent.yahoo.com":  # that is the form of a chart's own consent page
            self._allow(url, time.monotonic())
        proxy = self.network.proxy_for(host)
        options["proxies"] = {"all": proxy} if proxy else None
        options["timeout"] = (
            (self.network.connect_timeout_s, self.network.read_timeout_s)
            if chart
            else _CRUMB_TIMEOUT_S
        )
        self.count += 1
        try:
            answer = super().request(method, url, **options)
        except RequestException as error:
            if chart:
                raise TransientError(_transport(error)) from error
            self._no_crumb_until = time.monotonic() + _CRUMB_PAUSE_S
            raise
        if chart:
            self._check(answer)
        elif "getcrumb" in url and (answer.status_code != 200 or _is_page(answer.text)):
            # yfinance would keep the text of a 429 as its crumb, and be refused with it
            self._no_crumb_until = time.monotonic() + _CRUMB_PAUSE_S
            raise _NoCrumbError(f"no crumb: {answer.status_code}")
        return answer

    def _allow(self, url: str, now: float) -> None:
        """Stop a request for a cookie or crumb that was made in vain a short time ago."""
        if now < self._no_crumb_until:
            raise _NoCrumbError("no crumb for now")
        if "//guce.yahoo.com/consent" in url:
            # yfinance's second way to a crumb reads a form off this page and fails, for good,
            # where the page has another; charts need no crumb
            raise _NoCrumbError("no crumb by way of a consent form")
        if "//fc.yahoo.com" in url:
            if now < self._cookie_asked + _CRUMB_PAUSE_S:
                raise _NoCrumbError("no cookie was given")
            self._cookie_asked = now

    @property
    def at_consent(self) -> bool:
        """Whether this thread's last chart was answered with the consent page."""
        return getattr(self._here, "consent", False)

    def odd(self, symbol: str, error: Exception) -> str:
        """Say what an answer was that yfinance could not read."""
        if self.at_consent:
            return _CONSENT
        what = plain(error, 60)
        return (
            f"Yahoo's answer for {symbol} is cut short or garbled ({type(error).__name__} {what})"
        )

    def _check(self, answer: Any) -> None:
        status, text = answer.status_code, answer.text
        if status == 429:
            raise RateLimitedError(
                "Yahoo asks for quiet (429)", _retry_after(answer.headers.get("Retry-After"))
            )
        if (urlsplit(answer.url).hostname or "").endswith("consent.yahoo.com"):
            self._here.consent = True  # yfinance fills in the form and asks again
            return
        if status in (401, 403):
            self._forget_crumb()
            raise TransientError(f"Yahoo refused the request ({status})")
        if "Will be right back" in text:
            raise TransientError("Yahoo is down, its page says it will be right back")
        if _is_page(text):
            if "consent" in text.lower():
                raise TransientError(_CONSENT)
            raise TransientError(f"Yahoo answered with a web page, not with data ({status})")
        if status == 404:
            raise UnknownSymbolError("Yahoo does not know the symbol")
        if status >= 500:
            raise TransientError(f"Yahoo has a fault of its own ({status})")
        if status >= 400:
            raise NoHistoryError(f"Yahoo answered {status}: {plain(text)}")
        if not text.strip():
            raise TransientError("Yahoo answered with nothing")

    def _forget_crumb(self) -> None:
        data = YfData()
        with data._cookie_lock:
            data._crumb = None
            data._cookie = None
            self.cookies.clear()


def quieten() -> None:
    """Keep yfinance and what it uses off the terminal; their logs go where ours go.

    yfinance sets the filter for its own DeprecationWarnings to "default" when it is
    imported, and pandas 3 has several for it at every history.
    """
    warnings.filterwarnings("ignore", module=r"yfinance")
    for name in ("yfinance", "peewee", "curl_cffi", "urllib3"):
        logger = logging.getLogger(name)
        for handler in list(logger.handlers):
            logger.removeHandler(handler)
        # without any handler, logging would write warnings to stderr
        logger.addHandler(logging.NullHandler())


def _meta_of(ticker: Any) -> dict[str, Any]:
    # asking a Ticker that has no history yet for its metadata makes a request
    history = ticker._price_history
    if history is None or history._history_metadata is None:
        return {}
    return dict(history._history_metadata)


def _rows(frame: Any, interval: Interval) -> tuple[Row, ...]:
    if frame.empty:
        return ()
    if interval == "1d":
        # the exchange's own date
        times = frame.index.tz_localize(None).to_numpy().astype("datetime64[D]")
    else:
        times = frame.index.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[s]")
    columns = [frame[name].to_numpy(dtype=float) for name in ("Open", "High", "Low", "Close")]
    volume = frame["Volume"].to_numpy(dtype=float)
    return tuple(
        Row(*row)
        for row in zip(
            times.astype("int64").tolist(), *(c.tolist() for c in (*columns, volume)), strict=True
        )
    )


def _split(frame: Any) -> int | None:
    if frame.empty or "Stock Splits" not in frame:
        return None
    splits = frame.index[(frame["Stock Splits"] != 0).to_numpy()]
    if not len(splits):
        return None
    return int(splits[-1].tz_localize(None).to_numpy().astype("datetime64[D]").astype("int64"))


def _is_page(text: str) -> bool:
    return text.lstrip()[:1] == "<"


def _retry_after(value: str | None) -> float | None:
    # the other form, a date, is rare; without either our own pause serves
    return float(value) if value is not None and value.isdecimal() else None


def _transport(error: OSError) -> str:
    if isinstance(error, Timeout):
        return "no answer in time"
    if isinstance(error, DNSError):
        return "name not found (DNS)"
    if isinstance(error, CertificateVerifyError):
        return "its certificate is not trusted; behind a company proxy set [network] ca_bundle"
    text = str(error)
    refused = re.search(r"CONNECT tunnel failed, response (\d+)", text)
    if refused:
        return f"the proxy answered HTTP {refused[1]}; see [network] proxy"
    if isinstance(error, ProxyError):
        return "the proxy does not lead to Yahoo; see [network] proxy"
    if "Failed to connect" in text or "Could not connect" in text:
        return "connection refused"
    # curl's own frame around its words: "Failed to perform, curl: (35) … See https://…"
    words = re.sub(r"^Failed to perform, curl: \(\d+\) | See https://\S*.*$", "", text)
    return f"connection failed: {plain(words, 80)}"
