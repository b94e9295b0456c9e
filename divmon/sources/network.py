"""How to reach the outside: proxy, certificates and time-outs, the same for every source.

Each client library has its own idea of the environment (ccxt ignores SSL_CERT_FILE,
aiohttp ignores every proxy variable unless told, curl reads them all), so we read it
once, here, and tell each library what we found.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from divmon.errors import SettingsError
from divmon.settings import NetworkSettings

if TYPE_CHECKING:
    from ssl import SSLContext


@dataclass(frozen=True)
class Network:
    """What a client library must be told.

    `proxy` is an http(s) URL or None. `ca_file` is a PEM file that holds every
    certificate to trust, or None for certifi's, which come along with ccxt. Time-outs
    are in seconds.
    """

    proxy: str | None
    ca_file: str | None
    connect_timeout_s: float
    read_timeout_s: float
    no_proxy: tuple[str, ...] = ()

    def proxy_for(self, host: str) -> str | None:
        """Return the proxy that requests to `host` go through, None for a direct way."""
        if self.proxy is None or any(_covers(entry, host.lower()) for entry in self.no_proxy):
            return None
        return self.proxy

    def ssl_context(self) -> "SSLContext":
        """Return the one client context of this network; making it costs 16 ms and 0.7 MB.

        Raises:
            SettingsError: `ca_file` cannot be read as certificates.
        """
        return self._context

    @cached_property
    def _context(self) -> "SSLContext":
        import ssl  # heavy imports wait until something is asked of the network

        import certifi

        try:
            return ssl.create_default_context(cafile=self.ca_file or certifi.where())
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(f"CA bundle {self.ca_file} cannot be used: {error}") from error


def load(settings: NetworkSettings, env: Mapping[str, str] = os.environ) -> Network:
    """Join the user's settings and the environment; what the settings say wins.

    The variables are HTTPS_PROXY, then ALL_PROXY (every source speaks TLS, so
    HTTP_PROXY concerns none), NO_PROXY, and SSL_CERT_FILE; of the two spellings the
    lower-case one wins, as with curl. An empty variable is none at all.

    Raises:
        SettingsError: The proxy is no http(s) URL, or the CA bundle cannot be read.
    """
    proxy, told_by = settings.proxy, "[network] proxy"
    for name in ("https_proxy", "all_proxy"):
        if not proxy:
            proxy, told_by = _variable(env, name), name.upper()
    ca, ca_told_by = settings.ca_bundle, "[network] ca_bundle"
    if not ca:
        ca, ca_told_by = env.get("SSL_CERT_FILE", ""), "SSL_CERT_FILE"
    entries = _variable(env, "no_proxy").lower().replace(" ", ",").split(",")
    return Network(
        proxy=_proxy(proxy, told_by) if proxy else None,
        ca_file=_ca_file(ca, ca_told_by) if ca else None,
        connect_timeout_s=settings.connect_timeout_s,
        read_timeout_s=settings.read_timeout_s,
        no_proxy=tuple(entry for entry in entries if entry),
    )


def _variable(env: Mapping[str, str], name: str) -> str:
    return env.get(name, "") or env.get(name.upper(), "")


def _proxy(value: str, told_by: str) -> str:
    url = value if "://" in value else f"http://{value}"
    # a password may stand in the URL, so the message shows what follows it only
    shown = value.rpartition("@")[2]
    way_out = 'use "http://host:port" or "http://user:password@host:port"'
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SettingsError(f"{told_by} = {shown!r} is no URL: {error}; {way_out}") from error
    if parts.scheme not in {"http", "https"}:
        raise SettingsError(
            f"{told_by}: proxies of kind {parts.scheme!r} are not supported, was {shown!r}; "
            f"{way_out}, in [network] proxy if not in the environment"
        )
    if not parts.hostname or port is None:
        raise SettingsError(f"{told_by} = {shown!r} lacks a host or a port; {way_out}")
    return url


def _ca_file(value: str, told_by: str) -> str:
    path = Path(value).expanduser()
    try:
        text = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"{told_by} = {value!r} cannot be read: {error.strerror or error}; "
            "name a PEM file, or leave it empty"
        ) from error
    if b"-----BEGIN " not in text:
        raise SettingsError(f"{told_by} = {value!r} holds no PEM certificate")
    return str(path)


def _covers(entry: str, host: str) -> bool:
    """Tell whether one entry of NO_PROXY means `host`: "*", a name, or a name's parent."""
    if entry == "*":
        return True
    name = entry.partition(":")[0].removeprefix("*").removeprefix(".")
    return host == name or host.endswith("." + name)
