"""The settings: defaults.toml, and over it the user's own file, checked strictly.

Types and limits stand here, on the fields; `settings_check` compares a file with
them and says what is wrong, where, and what would be right.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from divmon.errors import SettingsError

UpDown = Literal["green-red", "red-green", "red-blue", "blue-orange", "mono"]

FromSeverity = Literal["never", "info", "notice", "warning", "alert"]

Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]
FrameRate = Annotated[float, Meta(gt=0, le=60)]
Fraction = Annotated[float, Meta(gt=0, lt=1)]

LARGEST = 1 << 20  # bytes of a settings file; the defaults are 5 kB


class _Section(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file: every key is known, every value typed."""


class General(_Section, frozen=True):
    source: str
    theme: str
    time_zone: str
    lang: Literal["auto", "en", "ja"]
    required: tuple[str, ...]
    offline_demo: bool
    offline_after_s: Positive
    attach: bool


class NetworkSettings(_Section, frozen=True):
    proxy: str
    ca_bundle: str
    connect_timeout_s: Positive
    read_timeout_s: Positive


class ExchangeSettings(_Section, frozen=True):
    venues: tuple[str, ...]
    usdt_rate: str
    fresh_s: Positive
    silent_s: Positive
    exclude_bp: Positive
    readmit_bp: Positive
    bad_tick: Fraction
    retry_first_s: Positive
    retry_longest_s: Positive


class YahooSettings(_Section, frozen=True):
    poll_open_s: Positive
    poll_closed_s: Positive
    requests_per_s: Annotated[float, Meta(gt=0, le=10)]
    threads: Annotated[int, Meta(ge=1, le=16)]
    pause_first_s: Positive
    pause_longest_s: Positive
    stale_s: Positive


class FredSettings(_Section, frozen=True):
    poll_s: Annotated[float, Meta(ge=60)]
    series: tuple[str, ...]
    requests_per_s: Annotated[float, Meta(gt=0, le=10)]


class CsvSettings(_Section, frozen=True):
    hourly: tuple[str, ...]


class DemoSettings(_Section, frozen=True):
    start: str
    speed: Annotated[float, Meta(gt=0, le=10_000)]
    ticks_per_s: Annotated[float, Meta(gt=0, le=10_000)]
    seed: int


class DisplaySettings(_Section, frozen=True):
    fps: FrameRate
    fps_ssh: FrameRate
    budget: str
    mouse_ssh: bool
    updown: UpDown
    auto_themes: Annotated[tuple[str, ...], Meta(min_length=2, max_length=2)]
    glyphs: Literal["auto", "unicode", "ascii"]
    columns: tuple[str, ...]


class LevelSettings(_Section, frozen=True):
    wall: NotNegative
    day_boundary: Literal["UTC", "New York"]


class ArchiveSettings(_Section, frozen=True):
    enabled: bool
    last_reading_every_s: Positive


class NotifySettings(_Section, frozen=True):
    """What this machine itself does about an alert, each from a severity on."""

    bell: FromSeverity
    terminal: FromSeverity
    desktop: FromSeverity
    protocol: Literal["auto", "9", "99", "777"]
    give_up_s: Annotated[float, Meta(ge=60)]


class ChannelSettings(_Section, frozen=True):
    """One way to a person elsewhere: exactly one of apprise, webhook and command."""

    severity: Literal["info", "notice", "warning", "alert"] = "warning"
    apprise: str = ""
    webhook: str = ""
    secret: str = ""
    command: tuple[str, ...] = ()
    timeout_s: Annotated[float, Meta(gt=0, le=120)] = 20.0


class AlertSettings(_Section, frozen=True, rename={"for_": "for"}):
    """One rule; which options belong to which kind, `settings_alerts` knows."""

    kind: Literal[
        "abc_state",
        "level",
        "streak",
        "record",
        "wall",
        "relative_streak",
        "volatility",
        "correlation_break",
        "rotation",
        "qt_state",
        "source",
        "move",
        "",
    ] = ""
    enabled: bool = True
    severity: Literal["info", "notice", "warning", "alert"] = "notice"
    on: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    value: str = ""
    enter: float | None = None
    exit: float | None = None
    direction: Literal["up", "down", "either"] = "up"
    length: Annotated[int, Meta(ge=2, le=1000)] = 3
    basis: Literal["close", "intraday"] = "close"
    window: str = "1"
    for_: str = ""
    cooldown: str = ""
    once: bool = False
    quiet_hours: str = ""
    confirmed_only: bool = True


class ClaimSettings(_Section, frozen=True):
    """A claim of the user's own; which options belong to which kind, `settings_claims` knows."""

    kind: Literal["streak", "record", "return", "percentile", "below", "beats", ""] = ""
    text: str = ""
    on: str = ""
    other: str = ""
    basis: Literal["close", "candle", "intraday"] = "close"
    direction: Literal["up", "down"] = "up"
    length: Annotated[int, Meta(ge=1, le=10_000)] = 3
    window: str = "20"
    at_least: float | None = None
    at_most: float | None = None
    level: float | None = None


class InstrumentSettings(_Section, frozen=True):
    """One instrument, as the sources ask for it and the screen names it."""

    yahoo: str = ""
    label: str = ""
    fallback: str = ""
    calendar: str = "XNYS"
    kind: Literal["crypto", "index", "equity", "etf", "future", "rate", "fx", "volatility"] = (
        "equity"
    )
    decimals: Annotated[int, Meta(ge=0, le=10)] = 2
    note: str = ""
    hourly: bool = False


class Settings(_Section, frozen=True):
    """Everything a user can choose."""

    general: General
    network: NetworkSettings
    exchanges: ExchangeSettings
    yahoo: YahooSettings
    fred: FredSettings
    csv: CsvSettings
    demo: DemoSettings
    display: DisplaySettings
    keys: dict[str, str]  # by action; what there is, `settings_keys` knows
    layouts: dict[str, tuple[str, ...]]
    levels: LevelSettings
    archive: ArchiveSettings
    notify: NotifySettings
    channels: dict[str, ChannelSettings]
    alerts: dict[str, AlertSettings]
    claims: dict[str, ClaimSettings]
    watchlist: dict[str, tuple[str, ...]]
    instruments: dict[str, InstrumentSettings]
    refused: tuple[str, ...] = ()  # not an option: what was left out, and why, a line each


def defaults_text() -> str:
    """Return defaults.toml as it ships."""
    # not importlib.resources: 28 ms of imports, a tenth of a bare Textual's start
    return Path(__file__).with_name("defaults.toml").read_text(encoding="utf-8")


def load(path: Path | None = None) -> Settings:
    """Read the settings: the defaults, and `path` over them if given.

    Raises:
        SettingsError: The file cannot be read, is no TOML, or has wrong keys or values.
            All that is wrong with it is in the message, a line each. What is wrong with
            one channel or alert leaves out that one alone, and is told by `refused`.
    """
    return from_text("" if path is None else read_text(path), path.name if path else "")


def from_text(text: str, name: str) -> Settings:
    """Read settings from TOML text; messages call it `name`.

    Raises:
        SettingsError: As `load`.
    """
    data = tomllib.loads(defaults_text())
    if not text:
        return msgspec.convert(data, Settings)
    # a user without a file does not pay for these imports
    from divmon import settings_check, settings_keys, settings_sense

    own, report = settings_check.parse(text, name)
    settings_keys.take(own, data["keys"], report)
    settings_check.check_shape(own, Settings, report)
    report.leave_out(own)
    merge(data, own)
    settings_sense.check_sense(msgspec.convert(data, Settings), report)
    if report.refused:
        # a default that a wrong entry would have changed stays as it is
        report.leave_out(own)
        data = tomllib.loads(defaults_text())
        merge(data, own)
    return msgspec.convert({**data, "refused": report.refused}, Settings)


def read_text(path: Path) -> str:
    """Return the text of a settings file.

    Raises:
        SettingsError: It cannot be read, is no UTF-8, or is too large to be one.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(content) > LARGEST:
        raise SettingsError(f"{path}: is larger than 1 MiB; that is no divmon configuration")
    try:
        # editors on Windows put a byte order mark first, which TOML does not know
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SettingsError(
            f"{path.name}, line {line}: byte 0x{content[error.start]:02x} is not UTF-8; "
            "save the file as UTF-8"
        ) from error


def merge(base: dict[str, Any], over: dict[str, Any]) -> None:
    """Lay a user's tables over the defaults, in place; lists and [watchlist] replace."""
    for key, value in over.items():
        if key != "watchlist" and isinstance(value, dict) and isinstance(base.get(key), dict):
            merge(base[key], value)
        else:
            base[key] = value
