"""`divmon doctor` against a loopback internet: what it finds, names and keeps to itself."""

import asyncio
import json
import os
import re
import shlex
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
import trustme
from aiohttp import web
from cryptography import x509

from divmon import paths
from divmon.cli.doctor.certificate import issuer
from divmon.cli.doctor.sources import VENUES
from divmon.store.archive import Archive
from tests.cli.conftest import Run
from tests.standins.internet import Internet

HOSTS = {
    host
    for venue in VENUES.values()
    for host in (venue.rest.split("/")[2], venue.stream.split("/")[2].partition(":")[0])
} | {"query1.finance.yahoo.com", "fred.stlouisfed.org"}


class World:
    """Every host that the doctor asks, well unless told otherwise."""

    def __init__(self) -> None:
        self.internet = Internet()
        self.wrongs: dict[str, str] = {}
        for host in HOSTS:
            self.internet.add(host, self.handle)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        host = request.host.partition(":")[0]
        match self.wrongs.get(host):
            case "html":
                return web.Response(
                    text="<html><title>Log in to \x1b[31mWiFi</title>", content_type="text/html"
                )
            case "redirect":
                return web.Response(status=302, headers={"Location": "https://portal.example/x"})
            case "hang":
                await asyncio.sleep(60)
            case "empty":
                return web.Response(text="")
            case "late":
                return web.Response(text="{}", headers={"Date": "Mon, 05 Jan 2026 00:00:00 GMT"})
            case "chunks":
                response = web.StreamResponse()
                response.enable_chunked_encoding()
                await response.prepare(request)
                await response.write(b"observation_date,DFF\n")
                return response
            case str() as status:
                return web.Response(status=int(status), text=f"<title>{status} page</title>")
        if request.headers.get("Upgrade", "").lower() == "websocket":
            stream = web.WebSocketResponse()
            await stream.prepare(request)
            await stream.close()
            return stream
        if "fredgraph" in request.path:
            return web.Response(text="observation_date,WALCL\n2026-01-07,1\n")
        return web.json_response({"ok": True})


@pytest.fixture(scope="module")
def served() -> Iterator[World]:
    world = World()
    with world.internet:
        yield world


@pytest.fixture
def world(served: World) -> Iterator[World]:
    yield served
    served.wrongs.clear()
    served.internet.unreachable.clear()
    served.internet.blackholes.clear()


def lines(output: str) -> dict[str, tuple[str, str]]:
    """Return the status, and the text with its way out, by the name of the check."""
    found = re.findall(
        r"^(OK|WARN|FAIL) +(\S+(?: folder)?) +(.*(?:\n +→.*)?)", output, re.MULTILINE
    )
    return {name: (status, text) for status, name, text in found}


def test_all_is_well(world: World, run: Run) -> None:
    done = run("doctor", **world.internet.env)
    found = lines(done.stdout)
    assert {status for status, _ in found.values()} == {"OK"}, done.stdout
    assert done.returncode == 0
    assert list(found) == [
        "config", "state folder", "saved folder", "cache folder", "log folder", "runtime folder",
        "terminal", "archive", "watch", "network", "coinbase", "kraken", "bitstamp", "binance",
        "okx", "yahoo", "fred",
    ]  # fmt: skip
    assert "TLS by trustme" in found["kraken"][1]
    assert "websocket" in found["kraken"][1]
    assert f"through {world.internet.proxy_url}" in found["network"][1]
    assert "17 checks, 0 failed, 0 with a warning" in done.stdout
    assert done.stderr == ""


def test_each_trouble_is_named_with_its_way_out(world: World, run: Run) -> None:
    world.wrongs.update(
        {
            "api.kraken.com": "html",
            "api.coinbase.com": "451",
            "api.binance.com": "redirect",
            "www.bitstamp.net": "503",
            "www.okx.com": "late",
            "query1.finance.yahoo.com": "429",
        }
    )
    world.internet.unreachable.add("fred.stlouisfed.org")
    done = run("doctor", **world.internet.env)
    found = lines(done.stdout)
    assert done.returncode == 1
    for name, status, text in (
        ("kraken", "FAIL", "answered HTML instead of JSON: “Log in to �[31mWiFi”"),
        ("coinbase", "WARN", "refuses this place or network (HTTP 451)"),
        ("binance", "FAIL", "leads away to portal.example (HTTP 302)"),
        ("bitstamp", "FAIL", "is in trouble (HTTP 503): “503 page”"),
        ("okx", "WARN", "behind" if time.time() < 1767571200 else "ahead of"),
        ("yahoo", "WARN", "asks for quiet (HTTP 429)"),
        ("fred", "FAIL", "does not connect to fred.stlouisfed.org (HTTP 502)"),
    ):
        assert found[name][0] == status, done.stdout
        assert text in found[name][1], done.stdout
        assert "→" in found[name][1]
    assert "\x1b" not in done.stdout


def test_it_never_hangs(world: World, run: Run) -> None:
    """Tunnels that are not answered, servers that take the request and are silent."""
    world.internet.blackholes.update({"api.kraken.com", "fred.stlouisfed.org"})
    world.wrongs.update({"api.coinbase.com": "hang", "query1.finance.yahoo.com": "hang"})
    begun = time.monotonic()
    done = run("doctor", **world.internet.env)
    assert time.monotonic() - begun < 10
    assert done.returncode == 1
    found = lines(done.stdout)
    for name in ("kraken", "fred", "coinbase", "yahoo"):
        assert found[name][0] == "FAIL"
        assert "no answer within 3 s" in found[name][1]
    assert found["okx"][0] == "OK"


def test_odd_answers(world: World, run: Run) -> None:
    world.wrongs.update({"fred.stlouisfed.org": "chunks", "ws.kraken.com": "403"})
    world.wrongs.update({"api.coinbase.com": "empty", "www.okx.com": "404"})
    found = lines(run("doctor", **world.internet.env).stdout)
    assert found["fred"][0] == "OK"
    assert "websocket ws.kraken.com: refused with HTTP 403" in found["kraken"][1]
    assert "answered nothing instead of JSON" in found["coinbase"][1]
    assert "does not know the request (HTTP 404)" in found["okx"][1]


def test_a_certificate_of_a_company_proxy_is_named(world: World, run: Run, home: Path) -> None:
    """Without the test CA, every certificate is one that somebody in between has signed."""
    environment = {**world.internet.env, "SSL_CERT_FILE": ""}
    found = lines(run("doctor", **environment).stdout)
    status, text = found["kraken"]
    assert status == "FAIL"
    assert "certificate not trusted: " in text
    assert "signed by 'trustme" in text
    assert "[network] ca_bundle" in text


def test_a_ca_bundle_cures_that(world: World, run: Run, config_file: Path) -> None:
    config_file.write_text(f'[network]\nca_bundle = "{world.internet.ca_file}"')
    environment = {**world.internet.env, "SSL_CERT_FILE": ""}
    assert lines(run("doctor", **environment).stdout)["kraken"][0] == "OK"


def test_no_proxy_there(run: Run, config_file: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        port = taken.getsockname()[1]
        config_file.write_text(f'[network]\nproxy = "http://me:hunter2@127.0.0.1:{port}"\n')
        config_file.chmod(0o644)
        done = run("doctor")
    found = lines(done.stdout)
    assert done.returncode == 1
    assert f"proxy 127.0.0.1:{port}: no connection (" in found["kraken"][1]
    assert "does it run?" in found["kraken"][1]
    assert found["config"][0] == "WARN"
    assert "may be read by others" in found["config"][1]
    assert f"http://me:***@127.0.0.1:{port}" in found["network"][1]
    assert "hunter2" not in done.stdout + done.stderr


def test_a_proxy_that_wants_a_login(run: Run) -> None:
    """The login of the settings is sent; a proxy that refuses it says 407."""
    seen: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                seen.append(connection.recv(4096))
                connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        url = f"http://a%20b:c@127.0.0.1:{listener.getsockname()[1]}"
        found = lines(run("doctor", HTTPS_PROXY=url).stdout)
        listener.shutdown(socket.SHUT_RDWR)
    assert "wants a login (HTTP 407)" in found["kraken"][1]
    assert any(b"Proxy-Authorization: Basic YSBiOmM=" in request for request in seen)


def test_what_answers_is_no_http(run: Run) -> None:
    def serve(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(4096)
                connection.sendall(b"220 mail.example ESMTP\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
        found = lines(run("doctor", HTTPS_PROXY=proxy).stdout)
        listener.shutdown(socket.SHUT_RDWR)
    assert "what answered does not speak HTTP" in found["kraken"][1]


def test_wrong_settings_are_told_and_the_rest_is_checked(
    world: World, run: Run, config_file: Path
) -> None:
    config_file.write_text("[display]\nfps = 0\nfsp = 1\n")
    done = run("doctor", **world.internet.env)
    assert done.returncode == 1
    assert "FAIL  config          config.toml, line 2: [display] fps = 0 must be" in done.stdout
    assert "FAIL  config          config.toml, line 3: unknown key 'fsp'" in done.stdout
    assert lines(done.stdout)["kraken"][0] == "OK"


def test_folders_and_archive(world: World, run: Run, home: Path) -> None:
    state = home / "state" / "divmon"
    with_archive = Archive.open(paths.archive_path())
    with_archive.close()
    state.chmod(0o755)
    (home / "cache").mkdir()
    (home / "cache" / "divmon").write_text("in the way")
    found = lines(run("doctor", **world.internet.env).stdout)
    assert found["archive"][0] == "OK"
    assert "MB, sound" in found["archive"][1]
    assert found["state folder"][0] == "WARN"
    assert f"chmod 700 {state}" in found["state folder"][1]
    assert found["cache folder"][0] == "FAIL"
    assert "is not a folder" in found["cache folder"][1]


def test_a_damaged_archive(world: World, run: Run, home: Path) -> None:
    path = paths.private_file(paths.archive_path())
    path.write_bytes(b"this is no database, and long enough to be looked at" * 100)
    before = path.read_bytes()
    done = run("doctor", **world.internet.env)
    assert lines(done.stdout)["archive"][0] == "FAIL"
    assert "file is not a database" in done.stdout
    assert path.read_bytes() == before  # the doctor looks and touches nothing


def test_an_exchange_that_is_not_in_the_table(world: World, run: Run, config_file: Path) -> None:
    config_file.write_text('[exchanges]\nvenues = ["gemini BTC/USD"]\n')
    done = run("doctor", **world.internet.env)
    # its address comes from ccxt, and this internet does not have it
    assert "does not connect to" in lines(done.stdout)["gemini"][1]
    assert "gemini" in lines(done.stdout)["gemini"][1]


@pytest.mark.parametrize(
    ("environment", "size", "status", "text"),
    [
        ({"TERM": "xterm-256color"}, (36, 120), "OK", "xterm-256color, 120×36, 256 colours, utf-8"),
        ({"TERM": "xterm"}, (36, 120), "WARN", "colours will be coarse"),
        ({"TERM": "dumb"}, (36, 120), "FAIL", "set TERM to what this terminal is"),
        (
            {"TERM": "xterm-256color", "TMUX": "x"},
            (10, 50),
            "WARN",
            "50×10, 256 colours, utf-8, tmux",
        ),
        (
            {"TERM": "nosuch-256color", "COLORTERM": "truecolor"},
            (36, 120),
            "OK",
            "16777216 colours",
        ),
    ],
)
def test_the_terminal(
    home: Path, environment: dict[str, str], size: tuple[int, int], status: str, text: str
) -> None:
    code = "from divmon.cli.doctor.local import check_terminal; print(check_terminal())"
    clean = {key: value for key, value in os.environ.items() if key not in ("TMUX", "COLORTERM")}
    output = pexpect.run(
        shlex.join([sys.executable, "-X", "utf8", "-c", code]),
        env={**clean, "COLUMNS": "", "LINES": "", **environment},
        encoding="utf-8",
        dimensions=size,
        withexitstatus=False,
    )
    assert f"status='{status}'" in output
    assert text in output


def test_issuer_of_any_certificate() -> None:
    authority = trustme.CA(organization_name="Corp Inspection Ltd", organization_unit_name="IT")
    certificate = x509.load_pem_x509_certificate(
        authority.issue_cert("example.com").cert_chain_pems[0].bytes()
    )
    from cryptography.hazmat.primitives.serialization import Encoding

    der = certificate.public_bytes(Encoding.DER)
    assert issuer(der) == "Corp Inspection Ltd"
    for end in range(len(der)):
        issuer(der[:end])  # cut anywhere, it raises nothing
    assert issuer(b"") == ""
    assert issuer(json.dumps({}).encode()) == ""
    assert ssl.DER_cert_to_PEM_cert(der)
