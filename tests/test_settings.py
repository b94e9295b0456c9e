"""The settings file: what is accepted, and what every fault is told like."""

import subprocess
import sys
from pathlib import Path

import pytest

from divmon import settings
from divmon.errors import SettingsError


def faults(text: str) -> list[str]:
    """Return the lines of the message that `text` is refused with."""
    with pytest.raises(SettingsError) as caught:
        settings.from_text(text, "config.toml")
    return str(caught.value).splitlines()


def fault(text: str) -> str:
    (only,) = faults(text)
    return only


def test_defaults_are_right() -> None:
    loaded = settings.load()
    assert loaded.exchanges.venues[0] == "coinbase BTC/USD"
    # the checks of a user's file find nothing in the defaults either
    assert settings.from_text(settings.defaults_text(), "defaults.toml") == loaded


def test_a_file_lies_over_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        """
        [display]
        fps = 5  # a whole number is a number
        [watchlist]
        Mine = ["NVDA"]
        [instruments.NVDA]
        yahoo = "NVDA"
        [instruments.GOLD]
        label = "gold"
        """
    )
    loaded = settings.load(file)
    assert loaded.display.fps == 5.0
    assert loaded.display.fps_ssh == settings.load().display.fps_ssh
    assert loaded.watchlist == {"Mine": ("NVDA",)}
    assert loaded.instruments["NVDA"].calendar == "XNYS"
    assert loaded.instruments["GOLD"].label == "gold"
    assert loaded.instruments["GOLD"].yahoo == "GC=F"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[yahoo]\n\npoll_open = 3",
            "config.toml, line 3: unknown key 'poll_open' in [yahoo]; did you mean 'poll_open_s'?",
        ),
        (
            '[display]\nbudget = "4 kb"',
            'line 2: [display] budget = "4 kb" must be a number, a unit and /s, such as "4KiB/s"',
        ),
        ("[displays]\nfps = 1", "line 1: unknown table [displays]; did you mean 'display'?"),
        ("fps = 1", "line 1: key 'fps' stands in no table; put it under [display]"),
        ("shout = 1", "line 1: unknown key 'shout', and it stands in no table"),
        ('[display]\nfps = "fast"', 'line 2: [display] fps = "fast" must be a number'),
        ("[display]\nfps = true", "line 2: [display] fps = true must be a number"),
        ("[display]\nfps = 0", "line 2: [display] fps = 0 must be more than 0"),
        ("[display]\nfps = 61.0", "line 2: [display] fps = 61.0 must be at most 60"),
        ("[display]\nfps = nan", "line 2: [display] fps = nan must be a finite number"),
        ("yahoo.stale_s = inf", "line 1: [yahoo] stale_s = inf must be a finite number"),
        ("[yahoo]\nthreads = 2.5", "line 2: [yahoo] threads = 2.5 must be a whole number"),
        ("[yahoo]\nrequests_per_s = 50", "[yahoo] requests_per_s = 50 must be at most 10"),
        ("[exchanges]\nbad_tick = 1", "[exchanges] bad_tick = 1 must be less than 1"),
        ("[archive]\nenabled = 1", "line 2: [archive] enabled = 1 must be true or false"),
        ("[general]\ntheme = 3", '[general] theme = 3 must be a string, in "quotes"'),
        ('[general]\ntheme = "a\\u001b[31m"', "must not hold line breaks or control characters"),
        ('[general]\nrequired = "btc"', 'required = "btc" must be a list of strings'),
        ('[general]\nrequired = ["btc", 3]', 'required = ["btc", 3] must be a list of strings'),
        ("yahoo = 3", "line 1: [yahoo] is a table, was 3"),
        ("watchlist = 3", "line 1: [watchlist] is a table, was 3"),
        ("[instruments]\nRUT = 1", "line 2: [instruments.RUT] is a table, was 1"),
        ('[display]\nupdown = "red-gren"', "did you mean 'red-green'?"),
        ("[yahoo]\npause_first_s = 1e6", "pause_first_s = 1000000.0 must be at most pause_long"),
        ("[yahoo]\npause_longest_s = 1", "line 2: [yahoo] pause_first_s = 60.0 must be at most"),
        ("[exchanges]\nreadmit_bp = 51", "line 2: [exchanges] readmit_bp = 51.0 must be at most"),
        ('[general]\ntime_zone = "Europe/Zurch"', "did you mean 'Europe/Zurich'?"),
        ('[general]\ntime_zone = "../../etc/passwd"', "is no IANA time zone"),
        (
            '[general]\nsource = "demos"',
            "must be auto, live, demo or csv:DIR; did you mean 'demo'?",
        ),
        ('[general]\nsource = "csv:"', "must name a folder, as in csv:prices"),
        ('[general]\nrequired = [\n"btc",\n"yaho"]', 'line 4: [general] required names "yaho"'),
        ('[exchanges]\nvenues = ["kraken"]', 'must be "EXCHANGE SYMBOL", as in "kraken BTC/USD"'),
        (
            '[exchanges]\nvenues = ["krakn BTC/USD"]',
            "no exchange \"krakn\"; did you mean 'kraken'?",
        ),
        ('[exchanges]\nvenues = ["kraken BTC/USD", "kraken BTC/USDT"]', "stands there twice"),
        ('[exchanges]\nvenues = ["kraken BTC/EUR"]', "must be a market of BTC/USD or BTC/USDT"),
        ('[exchanges]\nusdt_rate = "kraken BTC/USD"', "must be a market of USDT/USD"),
        ('[exchanges]\nusdt_rate = "kraken"', 'usdt_rate: "kraken" must be "EXCHANGE SYMBOL"'),
        (
            '[demo]\nstart = "yesterday"',
            'must be a time with its zone, as in "2026-01-21T00:00:30Z"',
        ),
        ('[demo]\nstart = "2026-01-21T00:00:30"', "must be a time with its zone"),
        ('[watchlist]\nUS = ["RUTT"]', "there is no instrument \"RUTT\"; did you mean 'RUT'?"),
        ('[watchlist]\nA = ["RUT"]\nB = ["SPX", "RUT"]', 'line 3: [watchlist] "B": RUT is listed'),
        ('[watchlist]\n"a\\u001b" = ["RUT"]', "a group's name holds control characters"),
        ('[instruments.X]\ncalendar = "XNYX"', "did you mean 'XNYS'?"),
        ('[instruments."a b"]\nyahoo = "A"', 'instrument "a b" must have a name of at most 16'),
        ('[network]\nca_bundle = "/no/such.pem"', "cannot be read: No such file or directory"),
        ('[network]\nproxy = "socks5://h:1"', "is a proxy of kind 'socks5'"),
        ('[network]\nproxy = "http://h"', 'lacks a port; use "http://host:port"'),
        ('[network]\nproxy = "http://:80"', "lacks a host"),
        ('[network]\nproxy = "http://h:port"', "is no URL"),
    ],
)
def test_each_fault_names_line_value_and_way_out(text: str, message: str) -> None:
    assert message in fault(text)
    assert fault(text).startswith("config.toml, line ")


def test_all_faults_are_told_at_once_in_the_order_of_the_file() -> None:
    lines = faults('[display]\nfps = "x"\nfsp = 1\n[fred]\npoll_s = 1\n[foo]\n')
    assert [line.split(":")[0] for line in lines] == [
        f"config.toml, line {line}" for line in (2, 3, 5, 6)
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[display]\nfps = = 3", "config.toml, line 2, column 7: this is not TOML: Invalid value"),
        ('[display]\nfps = "', "config.toml, line 2: this is not TOML"),
        ("[display]\nfps = 1\nfps = 2", "config.toml, line 3: this is not TOML: Cannot"),
        ("a = " + "[" * 9999 + "]" * 9999, "config.toml: arrays or tables are nested too deep"),
    ],
)
def test_what_is_no_toml_has_line_and_column(text: str, message: str) -> None:
    assert fault(text).startswith(message)


@pytest.mark.parametrize(
    ("proxy", "shown"),
    [
        ("socks5://me:hunter2@h:1", '"socks5://me:***@h:1"'),
        ("socks5://hunter2@h:1", '"socks5://***@h:1"'),
        ("ftp://me:hun@ter2@h:1", '"ftp://me:***@h:1"'),
        ("http://me:hunter2@h", '"http://me:***@h"'),
        ("me:hunter2@h", '"***@h"'),
    ],
)
def test_a_password_is_in_no_message(proxy: str, shown: str) -> None:
    message = fault(f'[network]\nproxy = "{proxy}"')
    assert shown in message
    assert "ter2" not in message


def test_a_password_is_in_no_message_of_a_wrong_type() -> None:
    assert "hunter2" not in fault('[network]\nproxy = "http://me:hunter2\\u0007@h:1"')


def test_a_certificate_bundle_must_hold_one(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("hello")
    assert "holds no PEM certificate" in fault(f'[network]\nca_bundle = "{file}"')
    file.write_text("-----BEGIN CERTIFICATE-----")
    assert settings.from_text(f'[network]\nca_bundle = "{file}"', "").network.ca_bundle


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[display]\n# caf\xe9\n", "config.toml, line 2: byte 0xe9 is not UTF-8"),
        (b"#" * (settings.LARGEST + 1), "is larger than 1 MiB"),
    ],
)
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=message):
        settings.load(file)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml: cannot be read: No such file"):
        settings.load(tmp_path / "none.toml")
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        settings.load(tmp_path)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xef\xbb\xbf[display]\r\nfps = 7\r\n")
    assert settings.load(file).display.fps == 7


def test_no_depth_of_nesting_gives_a_traceback() -> None:
    for depth in range(100, 1500, 20):
        # either side of what tomllib and our own scanner can recurse into
        with pytest.raises(SettingsError):
            settings.from_text("display.fps = " + "[" * depth + "]" * depth, "config.toml")


def test_layouts_lie_over_the_shipped_ones_number_by_number() -> None:
    loaded = settings.from_text('[layouts]\n8 = ["state", "claims", "btc"]', "config.toml")
    assert loaded.layouts["8"] == ("state", "claims", "btc")
    assert loaded.layouts["3"] == ("btc", "markets")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[layouts]\n3 = ["btc",\n "market"]',
            "[layouts] 3: there is no panel \"market\"; did you mean 'markets'?",
        ),
        (
            '[layouts]\n3 = ["xyzzy"]',
            '[layouts] 3: there is no panel "xyzzy"; there are btc, abc, markets, streaks, '
            "rotation, liquidity, claims, events, glance, auto",
        ),
        (
            '[layouts]\n0 = ["btc"]',
            '[layouts] "0" is no key of a layout; use 1 to 9',
        ),
        (
            '[layouts]\n2 = ["auto", "btc"]',
            '[layouts] 2: "auto" is all panels, and stands alone',
        ),
        ('[layouts]\n2 = ["btc", "btc"]', '[layouts] 2: "btc" stands there twice'),
        ("[layouts]\n2 = 3", '[layouts] 2 = 3 must be a list of strings, such as ["one", "two"]'),
        (
            '[display]\ncolumns = ["last", "form high"]',
            "[display] columns: there is no column \"form high\"; did you mean 'from high'?",
        ),
        (
            '[display]\ncolumns = ["last", "last"]',
            '[display] columns: "last" stands there twice',
        ),
    ],
)
def test_a_wrong_panel_or_column_is_told_with_what_it_may_be(text: str, message: str) -> None:
    told = fault(text)
    assert told.startswith(("config.toml, line 2: ", "config.toml, line 3: "))
    assert told.endswith(message)


def test_an_unknown_exchange_is_found_while_ccxt_is_there_in_its_slim_form() -> None:
    code = """
from divmon import settings
from divmon.errors import SettingsError
from divmon.sources import ccxt_slim
ccxt_slim.load(["kraken"])
try:
    settings.from_text('[exchanges]\\nvenues = ["krakn BTC/USD"]', "config.toml")
except SettingsError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "did you mean 'kraken'?" in done.stdout
