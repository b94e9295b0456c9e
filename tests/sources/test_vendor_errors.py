"""What a vendor's exception means: the class decides the wait, the words what a person reads."""

import asyncio

import pytest
from aiohttp import ClientHttpProxyError, RequestInfo, WSServerHandshakeError
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from divmon.errors import BlockedError, RateLimitedError, SourceError, TransientError
from divmon.sources import ccxt_slim
from divmon.sources.vendor_errors import LONGEST, plain, translate


@pytest.fixture(scope="module", autouse=True)
def ccxt_errors() -> None:
    ccxt_slim.load(["kraken"])


def wrapped(status: int, retry_after: str = "", *, proxy: bool = False) -> Exception:
    """Return what ccxt raises when a handshake is answered with `status`."""
    from ccxt.base.errors import NetworkError

    url = URL("wss://ws.kraken.com/v2")
    request = RequestInfo(url, "GET", CIMultiDictProxy(CIMultiDict()), url)
    kind = ClientHttpProxyError if proxy else WSServerHandshakeError
    headers = CIMultiDict({"Retry-After": retry_after} if retry_after else {})
    inner = kind(request, (), status=status, message="no", headers=headers)
    error: Exception = NetworkError(inner)
    return error


def of_ccxt(name: str, text: str = "kraken says no") -> Exception:
    import ccxt.base.errors

    error: Exception = getattr(ccxt.base.errors, name)(text)
    return error


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (403, BlockedError),
        (451, BlockedError),
        (418, RateLimitedError),
        (429, RateLimitedError),
        (500, TransientError),
        (503, TransientError),
        (200, TransientError),
    ],
)
def test_the_status_of_a_handshake_decides(status: int, kind: type[SourceError]) -> None:
    assert type(translate(wrapped(status))) is kind


def test_a_proxy_that_refuses_is_not_the_venue() -> None:
    for status in (403, 407, 429, 451, 502):
        error = translate(wrapped(status, proxy=True))
        assert type(error) is TransientError
        assert str(error) == f"the proxy answered HTTP {status}; see [network] proxy"


@pytest.mark.parametrize(
    ("header", "told"), [("7", 7.0), ("0.5", 0.5), ("Wed, 21 Oct 2026 07:28:00 GMT", None)]
)
def test_retry_after(header: str, told: float | None) -> None:
    error = translate(wrapped(429, header))
    assert isinstance(error, RateLimitedError)
    assert error.retry_after == told


def test_no_retry_after() -> None:
    error = translate(wrapped(429))
    assert isinstance(error, RateLimitedError)
    assert error.retry_after is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("BadSymbol", BlockedError),
        ("NotSupported", BlockedError),
        ("AuthenticationError", BlockedError),
        ("AccountSuspended", BlockedError),
        ("RateLimitExceeded", RateLimitedError),
        ("DDoSProtection", RateLimitedError),
        ("ExchangeError", TransientError),
        ("BadRequest", TransientError),
        ("NetworkError", TransientError),
        ("RequestTimeout", TransientError),
        ("ExchangeNotAvailable", TransientError),
        ("NullResponse", TransientError),
    ],
)
def test_the_class_decides_where_there_is_no_status(name: str, kind: type[SourceError]) -> None:
    assert type(translate(of_ccxt(name))) is kind


@pytest.mark.parametrize("error", [KeyError("subscriptions"), TypeError(), OSError(104, "reset")])
def test_anything_else_is_worth_another_try(error: Exception) -> None:
    assert type(translate(error)) is TransientError
    assert str(translate(error))


def test_our_own_errors_pass() -> None:
    ours = BlockedError("x")
    assert translate(ours) is ours


def test_the_words_are_short_printable_and_never_empty() -> None:
    closed = of_ccxt("NetworkError", "Connection closed by remote server, closing code 1006")
    assert plain(closed) == "closed with code 1006"
    assert plain(ValueError("a\x1b[2J\n\tb\u202ec")) == "a [2J b c"
    assert plain(TimeoutError()) == "timed out"
    assert plain(asyncio.CancelledError()) == "CancelledError"
    assert len(plain(ValueError("x" * 9000))) == LONGEST
