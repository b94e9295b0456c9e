"""One request by hand, stage by stage, so that a failure names the stage that failed.

Client libraries report a refused proxy, a foreign certificate and a silent server in
much the same words; here each stage is ours: name, proxy, TCP, TLS, HTTP, websocket.
"""

import asyncio
import base64
import hashlib
import re
import secrets
import socket
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, unquote, urlsplit

from divmon.cli.doctor.certificate import issuer
from divmon.sources.network import Network

STAGE = 3.0  # seconds for one stage, so that a silent one is named before the check is over
BODY = 65_536  # bytes of an answer that are looked at
HEAD = 65_536
_WEBSOCKET = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
_STATUS = re.compile(r"HTTP/\d\.\d (\d{3})\b")

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class ProbeError(Exception):
    """A stage failed; `way_out` says what may help."""

    def __init__(self, text: str, way_out: str = "") -> None:
        super().__init__(text)
        self.way_out = way_out


@asynccontextmanager
async def _stage(name: str) -> AsyncIterator[None]:
    """Give a stage its time.

    Raises:
        ProbeError: It took longer.
    """
    try:
        async with asyncio.timeout(STAGE):
            yield
    except TimeoutError as error:
        raise ProbeError(
            f"{name}: no answer within {STAGE:g} s", "a firewall or a dead host does this"
        ) from error


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer. Times in milliseconds: to have TLS up, and from request to answer.

    `skew_s` is the server's clock less ours, to about half a second; None if it told none.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    connect_ms: float
    answer_ms: float
    skew_s: float | None
    signer: str


async def get(url: str, network: Network, headers: Mapping[str, str] | None = None) -> Answer:
    """Ask for `url` once; no redirect is followed.

    Raises:
        ProbeError: A stage failed.
    """
    parts = urlsplit(url)
    begun = time.perf_counter()
    async with _connection(parts, network) as (reader, writer):
        connected = time.perf_counter()
        sent = time.time()
        _write_request(writer, parts, {"Connection": "close", **(headers or {})})
        status, answered = await _head(reader, parts.hostname or "")
        now = time.perf_counter()
        skew = _skew(answered.get("date"), (sent + time.time()) / 2)
        body = await _body(reader, answered)
        return Answer(
            status=status,
            headers=answered,
            body=body,
            connect_ms=1000 * (connected - begun),
            answer_ms=1000 * (now - connected),
            skew_s=skew,
            signer=_signer(writer),
        )


async def open_websocket(url: str, network: Network) -> float:
    """Do the opening handshake of RFC 6455 and leave; return how many ms the answer took.

    Raises:
        ProbeError: A stage failed, or the server would not.
    """
    parts = urlsplit(url)
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    wanted = base64.b64encode(
        hashlib.sha1((key + _WEBSOCKET).encode(), usedforsecurity=False).digest()
    ).decode()
    async with _connection(parts, network) as (reader, writer):
        begun = time.perf_counter()
        _write_request(
            writer,
            parts,
            {
                "Connection": "Upgrade",
                "Upgrade": "websocket",
                "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": key,
            },
        )
        status, headers = await _head(reader, parts.hostname or "")
        if status != 101:
            raise ProbeError(
                f"websocket {parts.hostname}: refused with HTTP {status}",
                "a proxy that lets no websockets through does this; ask for an exception",
            )
        if headers.get("sec-websocket-accept") != wanted:
            raise ProbeError(f"websocket {parts.hostname}: the handshake's answer is wrong")
        return 1000 * (time.perf_counter() - begun)


@asynccontextmanager
async def _connection(parts: SplitResult, network: Network) -> AsyncIterator[Streams]:
    """Open TLS to where the URL points, by the way that the settings say."""
    host = parts.hostname or ""
    streams = await _reach(host, parts.port or 443, network)
    try:
        yield await _secure(streams, host, parts.port or 443, network)
    finally:
        # abort, not close: nobody waits for the other side's last word
        streams[1].transport.abort()


async def _reach(host: str, port: int, network: Network) -> Streams:
    proxy = network.proxy_for(host)
    if proxy is None:
        return await _tcp(host, port, "", None)
    parts = urlsplit(proxy)
    context = network.ssl_context() if parts.scheme == "https" else None
    streams = await _tcp(parts.hostname or "", parts.port or 80, "proxy ", context)
    try:
        await _tunnel(streams, host, port, parts)
    except BaseException:
        streams[1].transport.abort()
        raise
    return streams


async def _tcp(host: str, port: int, what: str, context: ssl.SSLContext | None) -> Streams:
    loop = asyncio.get_running_loop()
    try:
        async with _stage(f"{what}{host}: looking up the name"):
            await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ProbeError(
            f"{what}{host}: the name does not resolve ({_words(error)})",
            "check the network and its name server; behind a company proxy, set [network] proxy",
        ) from error
    try:
        async with _stage(f"{what}{host}:{port}: connecting"):
            return await asyncio.open_connection(
                host, port, ssl=context, limit=HEAD, happy_eyeballs_delay=0.25
            )
    except ssl.SSLError as error:
        raise ProbeError(f"{what}{host}:{port}: TLS failed ({_words(error)})") from error
    except OSError as error:
        raise ProbeError(
            f"{what}{host}:{port}: no connection ({_words(error)})",
            "is the proxy of [network] proxy or HTTPS_PROXY right, and does it run?"
            if what
            else "a firewall may want a proxy: set [network] proxy",
        ) from error


async def _tunnel(streams: Streams, host: str, port: int, proxy: SplitResult) -> None:
    reader, writer = streams
    lines = [f"CONNECT {host}:{port} HTTP/1.1", f"Host: {host}:{port}"]
    if proxy.username:
        login = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(login.encode()).decode()}")
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    name = f"proxy {proxy.hostname}:{proxy.port}"
    status, _ = await _head(reader, name)
    if status == 407:
        raise ProbeError(
            f"{name} wants a login (HTTP 407)",
            'set [network] proxy = "http://user:password@host:port"',
        )
    if not 200 <= status < 300:
        raise ProbeError(
            f"{name} does not connect to {host} (HTTP {status})",
            "the host may be down or forbidden there; ask who runs the proxy",
        )


async def _secure(streams: Streams, host: str, port: int, network: Network) -> Streams:
    reader, writer = streams
    try:
        async with _stage(f"TLS {host}"):
            await writer.start_tls(network.ssl_context(), server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        raise await _foreign_certificate(error, host, port, network) from error
    except (OSError, ssl.SSLError) as error:
        raise ProbeError(
            f"TLS {host}: failed ({_words(error)})",
            "something between may cut TLS off: a firewall, or a captive portal to log in to",
        ) from error
    return reader, writer


async def _foreign_certificate(
    error: ssl.SSLCertVerificationError, host: str, port: int, network: Network
) -> ProbeError:
    """Look at the refused certificate once more, without trusting it, to name its signer."""
    signer = ""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with suppress(ProbeError, OSError, ssl.SSLError):
        _, writer = await _reach(host, port, network)
        try:
            await writer.start_tls(context, server_hostname=host)
            signer = _signer(writer)
        finally:
            writer.transport.abort()
    by = f", signed by {signer!r}" if signer else ""
    return ProbeError(
        f"TLS {host}: certificate not trusted: {error.verify_message}{by}",
        "if your company inspects TLS, name its CA's PEM file in [network] ca_bundle "
        "or SSL_CERT_FILE; if not, somebody is listening; is the clock right?",
    )


def _signer(writer: asyncio.StreamWriter) -> str:
    """Return who signed the certificate at the other end."""
    secure: ssl.SSLObject = writer.get_extra_info("ssl_object")
    return issuer(secure.getpeercert(binary_form=True) or b"")


def _write_request(
    writer: asyncio.StreamWriter, parts: SplitResult, headers: Mapping[str, str]
) -> None:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.hostname or ""
    if parts.port and parts.port != 443:
        host = f"{host}:{parts.port}"
    lines = [f"GET {target} HTTP/1.1", f"Host: {host}", "User-Agent: Mozilla/5.0 (divmon doctor)"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())


async def _head(reader: asyncio.StreamReader, name: str) -> tuple[int, dict[str, str]]:
    try:
        async with _stage(name):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        match = _STATUS.match(first)
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise ProbeError(f"{name}: hung up without an answer") from error
    except asyncio.LimitOverrunError:
        match = None
    if match is None:
        raise ProbeError(f"{name}: what answered does not speak HTTP")
    pairs = (line.partition(":") for line in lines if line)
    return int(match[1]), {key.strip().lower(): value.strip() for key, _, value in pairs}


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    """Read the beginning of the body, as much as comes in one piece or two."""
    length = headers.get("content-length", "")
    most = min(int(length), BODY) if length.isdecimal() else BODY
    data = b""
    # what came in time is enough to judge it by
    with suppress(ConnectionError, ssl.SSLError, TimeoutError):
        async with asyncio.timeout(STAGE):
            while len(data) < most and (piece := await reader.read(most - len(data))):
                data += piece
    if headers.get("transfer-encoding", "").lower() == "chunked":
        data = data.partition(b"\r\n")[2]  # the first chunk's size; its beginning is enough
    return data


def _skew(date: str | None, ours: float) -> float | None:
    if date is None:
        return None
    try:
        # a Date is cut to the whole second, so on average half a second more has passed
        return parsedate_to_datetime(date).timestamp() + 0.5 - ours
    except ValueError:
        return None


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
