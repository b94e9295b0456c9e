"""A POST of the alert's JSON, signed as Standard Webhooks are.

    Idempotency-Key, webhook-id   the alert's id, the same at every attempt
    webhook-timestamp             Unix seconds of this attempt
    webhook-signature             "v1," and base64 of HMAC-SHA256 over "id.timestamp.body"

Any 2xx means that it was taken. Redirects are not followed: a POST that was sent on
elsewhere is not what was signed up for.

Source: https://github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
import os
import socket
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from divmon import __version__
from divmon.alerts.channels.base import clean
from divmon.alerts.model import Alert
from divmon.errors import RateLimitedError, SettingsError, TransientError
from divmon.settings import ChannelSettings
from divmon.settings_refs import expand
from divmon.sources.network import Network
from divmon.sources.threads import DaemonPool

if TYPE_CHECKING:
    import aiohttp

_TOLD = 300  # bytes of an error's body that are looked at

# of aiohttp's errors, by name, since aiohttp is imported late
_WORDS = {
    "ClientConnectorDNSError": "its host name does not resolve",
    "ClientConnectorCertificateError": "its certificate is not trusted",
    "ClientConnectorSSLError": "it does not speak TLS as we do",
    "ServerDisconnectedError": "it hung up without an answer",
    "ClientHttpProxyError": "the proxy refused the way",
    "ClientResponseError": "what it answered is no HTTP",
    "InvalidURL": "this is no URL",
}

_resolving = DaemonPool(2, "resolve")


class Webhook:
    """Posts to one URL."""

    def __init__(
        self,
        name: str,
        settings: ChannelSettings,
        network: Network,
        env: Mapping[str, str] = os.environ,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self._settings = settings
        self._network = network
        self._env = env
        self._now = now

    async def send(self, alert: Alert, payload: bytes) -> None:
        # in a thread of the delivery's, and only when there is something to send
        import aiohttp

        try:
            url = expand(self._settings.webhook, self._env)
            secret = expand(self._settings.secret, self._env)
            network = self._network
            context = network.ssl_context() if url.lower().startswith("https:") else True
        except SettingsError as error:
            raise TransientError(str(error)) from error
        host = urlsplit(url).hostname or ""
        timeout = aiohttp.ClientTimeout(
            total=self._settings.timeout_s, sock_connect=network.connect_timeout_s
        )
        try:
            async with (
                aiohttp.ClientSession(
                    timeout=timeout,
                    trust_env=False,
                    connector=aiohttp.TCPConnector(ssl=context, resolver=_resolver()),
                    cookie_jar=aiohttp.DummyCookieJar(),
                ) as session,
                session.post(
                    url,
                    data=payload,
                    headers=headers(alert.id, payload, secret, self._now()),
                    proxy=None if is_loopback(host) else network.proxy_for(host),
                    allow_redirects=False,
                ) as answer,
            ):
                if not 200 <= answer.status < 300:
                    raise _failure(answer, await answer.content.read(_TOLD), (url, secret))
        except TimeoutError as error:
            raise TransientError(f"no answer within {self._settings.timeout_s:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # their own words hold the URL, and in it there may be a token
            raise TransientError(_words(error)) from error


def headers(key: str, payload: bytes, secret: str, now: float) -> dict[str, str]:
    """Return the headers of one attempt at `now`, in Unix seconds."""
    moment = str(int(now))
    found = {
        "Content-Type": "application/json",
        "User-Agent": f"divmon/{__version__}",
        "Idempotency-Key": key,
        "webhook-id": key,
        "webhook-timestamp": moment,
    }
    if secret:
        signed = f"{key}.{moment}.".encode() + payload
        digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
        found["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return found


def _key(secret: str) -> bytes:
    """Return the bytes of a secret: base64 after "whsec_", as the standard has it, or text."""
    encoded = secret.removeprefix("whsec_")
    if encoded != secret:
        try:
            return base64.b64decode(encoded, validate=True)
        except binascii.Error:
            pass  # then it only looks like one
    return secret.encode()


def is_loopback(host: str) -> bool:
    """Tell whether `host` is this machine, which no proxy can reach for us."""
    return host in ("localhost", "::1") or host.startswith("127.")


def _failure(
    answer: "aiohttp.ClientResponse", body: bytes, secrets: tuple[str, ...]
) -> TransientError | RateLimitedError:
    said = clean(body.decode("utf-8", "replace"), 100)
    for secret in secrets:
        # an echo of the request may hold what must not be shown
        said = said.replace(secret, "***") if secret else said
    text = f"HTTP {answer.status} {clean(answer.reason or '', 40)}".rstrip()
    if 300 <= answer.status < 400:
        return TransientError(f"{text}: redirects are not followed; name the final URL")
    text = f"{text}: {said}" if said else text
    after = answer.headers.get("Retry-After", "")
    if answer.status in (429, 503) and after.isascii() and after.isdigit():
        return RateLimitedError(text, float(after))
    return RateLimitedError(text) if answer.status == 429 else TransientError(text)


def _words(error: Exception) -> str:
    """Return what went wrong without the address it went wrong with."""
    for kind in type(error).__mro__:
        if words := _WORDS.get(kind.__name__):
            return words
    number = getattr(error, "errno", None) or 0
    return f"cannot connect: {os.strerror(number)}" if number > 0 else type(error).__name__


def _resolver() -> Any:
    """Return a resolver whose threads no one waits for: the loop's own are joined at exit."""
    from aiohttp.abc import AbstractResolver, ResolveResult

    class Resolver(AbstractResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            found = await _resolving.run(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM)
            return [
                ResolveResult(
                    hostname=host,
                    host=str(address[0]),
                    port=int(address[1]),
                    family=kind,
                    proto=proto,
                    flags=socket.AI_NUMERICHOST,
                )
                for kind, _, proto, _, address in found
            ]

        async def close(self) -> None:
            """Nothing is held."""

    return Resolver()
