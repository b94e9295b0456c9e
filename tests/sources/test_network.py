"""The environment and the settings become one description of the network."""

import ssl
from pathlib import Path

import pytest
import trustme

from divmon import settings
from divmon.errors import SettingsError
from divmon.settings import NetworkSettings
from divmon.sources import network


def asked(proxy: str = "", ca_bundle: str = "") -> NetworkSettings:
    return NetworkSettings(
        proxy=proxy, ca_bundle=ca_bundle, connect_timeout_s=10.0, read_timeout_s=20.0
    )


def test_the_defaults_go_out_directly_and_trust_certifi() -> None:
    found = network.load(settings.load().network, {})
    assert found.proxy_for("api.kraken.com") is None
    assert found.ca_file is None
    assert found.ssl_context().verify_mode is ssl.CERT_REQUIRED
    assert found.ssl_context() is found.ssl_context()


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ({"https_proxy": "http://low:1", "HTTPS_PROXY": "http://up:1"}, "http://low:1"),
        ({"HTTPS_PROXY": "", "ALL_PROXY": "http://all:1"}, "http://all:1"),
        ({"HTTPS_PROXY": "http://p:1", "ALL_PROXY": "socks5://s:2"}, "http://p:1"),
        ({"HTTPS_PROXY": "company:8080"}, "http://company:8080"),
        ({"HTTP_PROXY": "http://plain:1"}, None),
        ({"HTTPS_PROXY": "http://u:secret@p:1"}, "http://u:secret@p:1"),
    ],
)
def test_proxy_variables(env: dict[str, str], expected: str | None) -> None:
    assert network.load(asked(), env).proxy_for("api.kraken.com") == expected


def test_the_settings_win_over_the_environment() -> None:
    found = network.load(asked(proxy="http://mine:1"), {"HTTPS_PROXY": "http://theirs:1"})
    assert found.proxy_for("query1.finance.yahoo.com") == "http://mine:1"


@pytest.mark.parametrize(
    ("no_proxy", "direct"),
    [
        ("kraken.com", True),
        (".kraken.com", True),
        ("*.kraken.com", True),
        ("example.org, api.KRAKEN.com:443", True),
        ("*", True),
        ("raken.com", False),
        ("ws.api.kraken.com", False),
        ("", False),
    ],
)
def test_no_proxy(no_proxy: str, direct: bool) -> None:
    env = {"HTTPS_PROXY": "http://p:1", "NO_PROXY": no_proxy}
    assert (network.load(asked(), env).proxy_for("api.kraken.com") is None) == direct


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        ("socks5://s:1080", "'socks5'"),
        ("http://nothing", "lacks a host or a port"),
        ("http://p:many", "is no URL"),
        ("http://:8080", "lacks a host"),
    ],
)
def test_a_bad_proxy_is_named_with_a_way_out(proxy: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        network.load(asked(proxy=proxy), {})
    assert "[network] proxy" in str(caught.value)
    assert "http://host:port" in str(caught.value)


def test_a_proxy_password_is_never_shown() -> None:
    with pytest.raises(SettingsError) as caught:
        network.load(asked(), {"HTTPS_PROXY": "socks5://user:secret@p:1"})
    assert "secret" not in str(caught.value)


def test_a_ca_bundle_is_trusted_and_the_settings_win(tmp_path: Path) -> None:
    mine, theirs = tmp_path / "mine.pem", tmp_path / "theirs.pem"
    for file in (mine, theirs):
        trustme.CA().cert_pem.write_to_path(str(file))
    assert network.load(asked(), {"SSL_CERT_FILE": str(theirs)}).ca_file == str(theirs)
    found = network.load(asked(ca_bundle=str(mine)), {"SSL_CERT_FILE": str(theirs)})
    assert found.ca_file == str(mine)
    assert len(found.ssl_context().get_ca_certs()) == 1


def test_an_unusable_ca_bundle_is_refused_at_load(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"SSL_CERT_FILE .* cannot be read: No such file"):
        network.load(asked(), {"SSL_CERT_FILE": str(tmp_path / "none.pem")})
    with pytest.raises(SettingsError, match=r"ca_bundle .* cannot be read"):
        network.load(asked(ca_bundle=str(tmp_path)), {})
    text = tmp_path / "notes.txt"
    text.write_text("not a certificate")
    with pytest.raises(SettingsError, match="holds no PEM certificate"):
        network.load(asked(ca_bundle=str(text)), {})


def test_a_broken_certificate_is_refused_before_anything_connects(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    found = network.load(asked(ca_bundle=str(broken)), {})
    with pytest.raises(SettingsError, match=r"broken\.pem cannot be used"):
        found.ssl_context()
