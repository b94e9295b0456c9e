"""What the types of the settings cannot say: names that must exist, pairs that must fit.

Only light imports, since every start of the program comes through here when the user
has a file: the names that ccxt and exchange_calendars know are read from their folders.
"""

import re
from datetime import datetime
from pathlib import Path as File
from urllib.parse import urlsplit

from divmon.settings import Settings
from divmon.settings_check import Report, header, mask, near, near_or_all
from divmon.toml_lines import Path

SOURCES = "auto, live, demo or csv:DIR"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")  # of an alert
_VENUE = re.compile(r"(?P<exchange>[a-z][a-z0-9]*) (?P<symbol>[A-Za-z0-9]+/[A-Za-z0-9:]+)")
# What the composite can compare: dollars, and what usdt_rate turns into dollars.
_SYMBOLS = {"venues": ("BTC/USD", "BTC/USDT"), "usdt_rate": ("USDT/USD",)}


def check_sense(settings: Settings, report: Report) -> None:
    """Check what the types cannot: names that must exist and pairs that must fit.

    Raises:
        SettingsError: Some do not.
    """
    _check_general(settings, report)
    _check_network(settings, report)
    _check_exchanges(settings, report)
    _check_demo(settings, report)
    if report.given(("keys",)):
        from divmon.settings_keys import check_keys

        check_keys(settings.keys, report)
    if settings.display.budget:
        _check_budget(settings.display.budget, report)
    _check_instruments(settings, report)
    _check_board(settings, report)
    if settings.channels:
        from divmon.settings_channels import check_channels

        check_channels(settings, report)
    _check_alerts(settings, report)
    if settings.claims:
        _check_claims(settings, report)
    yahoo, exchanges = settings.yahoo, settings.exchanges
    for section, low, high, values in (
        ("yahoo", "pause_first_s", "pause_longest_s", yahoo),
        ("exchanges", "retry_first_s", "retry_longest_s", exchanges),
        ("exchanges", "readmit_bp", "exclude_bp", exchanges),
    ):
        small, large = getattr(values, low), getattr(values, high)
        if small > large:
            at = (section, low) if report.given((section, low)) else (section, high)
            report.add(at, f"[{section}] {low} = {small} must be at most {high}, which is {large}")
    report.close()


def _check_board(settings: Settings, report: Report) -> None:
    from divmon.settings_board import faults

    for path, text in faults(settings):
        report.add(path, text)


def _check_alerts(settings: Settings, report: Report) -> None:
    from divmon.settings_alerts import faults

    for name, rule in settings.alerts.items():
        path: Path = ("alerts", name)
        if not _NAME.fullmatch(name):
            report.add(
                path, f'alert "{name}" must have a name of at most 32 letters, digits or _ -'
            )
        for key, text in faults(rule, settings):
            report.add((*path, key), f"{header(path)} {text}")


def _check_claims(settings: Settings, report: Report) -> None:
    from divmon.settings_claims import faults

    for name, claim in settings.claims.items():
        path: Path = ("claims", name)
        if not _NAME.fullmatch(name):
            report.add(
                path, f'claim "{name}" must have a name of at most 32 letters, digits or _ -'
            )
        for key, text in faults(claim, settings):
            report.add((*path, key), f"{header(path)} {text}")


def source_fault(source: str) -> str:
    """Say what is wrong with a --source or [general] source; "" if nothing is."""
    kind, colon, folder = source.partition(":")
    if source in {"auto", "live", "demo"} or (kind == "csv" and colon and folder):
        return ""
    if kind == "csv":
        return "must name a folder, as in csv:prices"
    return f"must be {SOURCES}{near(source, ('auto', 'live', 'demo', 'csv:DIR'))}"


def _check_general(settings: Settings, report: Report) -> None:
    general = settings.general
    if fault := source_fault(general.source):
        report.add(("general", "source"), f'[general] source = "{general.source}" {fault}')
    if not _zone_exists(general.time_zone):
        from zoneinfo import available_timezones

        names = sorted(available_timezones())
        report.add(
            ("general", "time_zone"),
            f'[general] time_zone = "{general.time_zone}" is no IANA time zone, nor local'
            f"{near(general.time_zone, names)}",
        )
    venues = [venue.partition(" ")[0] for venue in settings.exchanges.venues]
    names = ["btc", "yahoo", "fred", *venues]
    for index, name in enumerate(general.required):
        if name not in names:
            report.add(
                ("general", "required", index),
                f'[general] required names "{name}"{near_or_all(name, names)}',
            )


def _zone_exists(name: str) -> bool:
    if name == "local":
        return True
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (OSError, ValueError):  # ZoneInfoNotFoundError is neither, but a KeyError
        return False
    except KeyError:
        return False
    return True


def _check_network(settings: Settings, report: Report) -> None:
    network = settings.network
    if network.proxy and (fault := _proxy_fault(network.proxy)):
        report.add(
            ("network", "proxy"),
            f'[network] proxy = "{mask(network.proxy)}" {fault}; '
            'use "http://host:port" or "http://user:password@host:port"',
        )
    if network.ca_bundle:
        try:
            certificates = b"-----BEGIN " in File(network.ca_bundle).expanduser().read_bytes()
            fault = "" if certificates else "holds no PEM certificate"
        except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: ~nobody
            fault = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        if fault:
            report.add(
                ("network", "ca_bundle"),
                f'[network] ca_bundle = "{network.ca_bundle}" {fault}; '
                "name a PEM file, or leave it empty",
            )


def _proxy_fault(proxy: str) -> str:
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    try:
        parts = urlsplit(proxy)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "is no URL"
    if parts.scheme not in {"http", "https"}:
        return f"is a proxy of kind {parts.scheme!r}, which is not supported"
    if not host:
        return "lacks a host"
    return "" if port is not None else "lacks a port"


def _check_exchanges(settings: Settings, report: Report) -> None:
    venues = settings.exchanges.venues
    entries: list[tuple[Path, str, str]] = [
        (("exchanges", "venues", index), "venues", venue) for index, venue in enumerate(venues)
    ]
    if settings.exchanges.usdt_rate:
        entries.append((("exchanges", "usdt_rate"), "usdt_rate", settings.exchanges.usdt_rate))
    seen: set[str] = set()
    for path, key, venue in entries:
        if not report.given(path):
            continue
        exchange = venue.partition(" ")[0]
        if not (match := _VENUE.fullmatch(venue)):
            report.add(
                path,
                f'[exchanges] {key}: "{venue}" must be "EXCHANGE SYMBOL", as in "kraken BTC/USD"',
            )
        elif match["symbol"] not in _SYMBOLS[key]:
            wanted = " or ".join(_SYMBOLS[key])
            report.add(path, f'[exchanges] {key}: "{venue}" must be a market of {wanted}')
        elif (known := _exchanges()) and exchange not in known:
            hint = near(exchange, known)
            report.add(path, f'[exchanges] {key}: ccxt.pro has no exchange "{exchange}"{hint}')
        elif key == "venues" and exchange in seen:
            report.add(path, f'[exchanges] venues: "{exchange}" stands there twice')
        seen.add(exchange)


def _check_demo(settings: Settings, report: Report) -> None:
    start = settings.demo.start
    try:
        zone = datetime.fromisoformat(start).tzinfo
    except ValueError:
        zone = None
    if zone is None:
        report.add(
            ("demo", "start"),
            f'[demo] start = "{start}" must be a time with its zone, as in "2026-01-21T00:00:30Z"',
        )


def _check_budget(text: str, report: Report) -> None:
    from divmon.settings_budget import budget

    try:
        budget(text)
    except ValueError as error:
        report.add(("display", "budget"), f'[display] budget = "{text}" {error}')


def _check_instruments(settings: Settings, report: Report) -> None:
    for name, instrument in settings.instruments.items():
        path = ("instruments", name, "calendar")
        calendar = instrument.calendar
        if report.given(path) and (known := _calendars()) and calendar not in known:
            hint = near(calendar, known) or "; use an exchange_calendars name such as XNYS or 24/7"
            report.add(path, f'{header(path[:2])} calendar = "{calendar}" is not known{hint}')
        if not re.fullmatch(r"[A-Za-z0-9._=^-]{1,16}", name):
            report.add(
                path[:2],
                f'instrument "{name}" must have a name of at most 16 letters, digits or . _ = ^ -',
            )
    rows: dict[str, str] = {}
    for group, names in settings.watchlist.items():
        if not group.isprintable():
            report.add(("watchlist", group), "[watchlist]: a group's name holds control characters")
        for index, name in enumerate(names):
            path_of_name: Path = ("watchlist", group, index)
            if name not in settings.instruments:
                report.add(
                    path_of_name,
                    f'[watchlist] "{group}": there is no instrument "{name}"'
                    f"{near(name, settings.instruments)}; add [instruments.{name}] if it is new",
                )
            elif name in rows:
                report.add(
                    path_of_name,
                    f'[watchlist] "{group}": {name} is listed already, in "{rows[name]}"',
                )
            rows.setdefault(name, group)


def _exchanges() -> frozenset[str]:
    """Return the names that ccxt.pro has, from its folder: importing it takes a second."""
    return frozenset(
        file.stem for file in _package("ccxt", "pro").glob("*.py") if file.stem != "__init__"
    )


def _calendars() -> frozenset[str]:
    """Return the calendars that exchange_calendars has, from its text, for the same reason,
    and the one that `market.sessions` adds."""
    file = _package("exchange_calendars") / "calendar_utils.py"
    try:
        text = file.read_text(encoding="utf-8")
    except OSError:
        return frozenset()
    return (
        frozenset(re.findall(r'^    "([^"]+)": \w', text, re.MULTILINE))
        | frozenset(re.findall(r'^    "([^"]+)": "\w+",$', text, re.MULTILINE))
        | {"US bonds"}
    )


def _package(name: str, *inside: str) -> File:
    from importlib.util import find_spec

    spec = find_spec(name)
    folders = spec.submodule_search_locations if spec else None
    return File(folders[0]).joinpath(*inside) if folders else File("/dev/null")
