"""What an exception of ccxt or aiohttp means for us.

Works by names and attributes, not by the classes, so that it can be imported, and
tested, before ccxt is there.
"""

import asyncio
from collections.abc import Iterator

from divmon.errors import BlockedError, RateLimitedError, SourceError, TransientError

LONGEST = 160  # characters of a vendor's own words that a person is shown
QUIET = {418, 429}
REFUSED = {403, 451}
RATE = {"DDoSProtection", "RateLimitExceeded"}
PERMANENT = {"BadSymbol", "NotSupported", "AuthenticationError", "PermissionDenied"}


def translate(error: Exception) -> SourceError:
    """Return the SourceError that a vendor's exception amounts to."""
    if isinstance(error, SourceError):
        return error
    status, headers, by_proxy = _http(error)
    if by_proxy:
        return TransientError(f"the proxy answered HTTP {status}; see [network] proxy")
    if status in QUIET:
        return RateLimitedError(f"asked for quiet (HTTP {status})", _retry_after(headers))
    if status in REFUSED:
        return BlockedError(
            f"blocked here (HTTP {status}); use another venue in [exchanges] venues"
        )
    if status == 200:
        return TransientError("a web page instead of an exchange; is there a login page before it?")
    if status is not None:
        return TransientError(f"HTTP {status}")
    kinds = {kind.__name__ for kind in type(error).__mro__}
    names = {type(link).__name__ for link in _chain(error)}
    if kinds & RATE:
        return RateLimitedError(f"asked for quiet: {plain(error)}")
    if kinds & PERMANENT:
        return BlockedError(f"refused: {plain(error)}")
    if "ClientConnectorDNSError" in names:
        return TransientError("name not found (DNS)")
    if "ConnectionRefusedError" in names:
        return TransientError("connection refused")
    if any("certificate" in str(link).lower() for link in _chain(error)):
        return TransientError(
            f"its certificate is not trusted; behind a company proxy set [network] ca_bundle "
            f"({plain(error)})"
        )
    return TransientError(plain(error))


def plain(error: BaseException) -> str:
    """Return what an exception says as one short printable line.

    A venue chooses these words, so nothing in them may steer a terminal.
    """
    text = "".join(char if char.isprintable() else " " for char in str(error))
    text = " ".join(text.split()) or type(error).__name__
    known = {"Connection closed by remote server, closing code ": "closed with code "}
    for long, short in known.items():
        text = text.replace(long, short)
    if isinstance(error, asyncio.TimeoutError) and text == type(error).__name__:
        text = "timed out"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those inside it: ccxt wraps as NetworkError(original)."""
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        link = todo.pop(0)
        if link is not None and id(link) not in seen:
            seen.add(id(link))
            yield link
            todo += [arg for arg in link.args if isinstance(arg, BaseException)]
            todo += [link.__cause__, link.__context__]


def _http(error: BaseException) -> tuple[int | None, object, bool]:
    """Return the HTTP status that an exception carries, its headers, and if a proxy's it is."""
    for link in _chain(error):
        status = getattr(link, "status", None)
        if isinstance(status, int):
            by_proxy = "Proxy" in type(link).__name__
            return status, getattr(link, "headers", None), by_proxy
    return None, None, False


def _retry_after(headers: object) -> float | None:
    """Return the seconds that Retry-After names; a date in it is left to our own waits."""
    get = getattr(headers, "get", None)
    value = get("Retry-After") if callable(get) else None
    try:
        return float(str(value))
    except ValueError:
        return None
