"""The settings: defaults.toml, and over it the user's own file, checked strictly."""

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from divmon.errors import SettingsError

UpDown = Literal["green-red", "red-green", "blue-orange", "mono"]


class _Section(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file: every key is known, every value typed."""


class General(_Section, frozen=True):
    source: str
    theme: str
    time_zone: str
    required: tuple[str, ...]
    offline_demo: bool
    offline_after_s: float
    attach: bool


class NetworkSettings(_Section, frozen=True):
    proxy: str
    ca_bundle: str
    connect_timeout_s: float
    read_timeout_s: float


class ExchangeSettings(_Section, frozen=True):
    venues: tuple[str, ...]
    usdt_rate: str
    fresh_s: float
    silent_s: float
    exclude_bp: float
    readmit_bp: float
    bad_tick: float
    retry_first_s: float
    retry_longest_s: float


class YahooSettings(_Section, frozen=True):
    poll_open_s: float
    poll_closed_s: float
    requests_per_s: float
    threads: int
    pause_first_s: float
    pause_longest_s: float
    stale_s: float


class FredSettings(_Section, frozen=True):
    poll_s: float
    series: tuple[str, ...]
    requests_per_s: float


class DemoSettings(_Section, frozen=True):
    start: str
    speed: float
    ticks_per_s: float
    seed: int


class DisplaySettings(_Section, frozen=True):
    fps: float
    fps_ssh: float
    mouse_ssh: bool
    updown: UpDown
    glyphs: Literal["auto", "unicode", "ascii"]


class LevelSettings(_Section, frozen=True):
    wall: float
    day_boundary: Literal["UTC", "New York"]


class ArchiveSettings(_Section, frozen=True):
    enabled: bool
    last_reading_every_s: float


class InstrumentSettings(_Section, frozen=True):
    """One instrument, as the sources ask for it and the screen names it."""

    yahoo: str = ""
    label: str = ""
    fallback: str = ""
    calendar: str = "XNYS"
    kind: Literal["crypto", "index", "equity", "etf", "future", "rate", "fx", "volatility"] = (
        "equity"
    )
    decimals: int = 2
    note: str = ""
    hourly: bool = False


class Settings(_Section, frozen=True):
    """Everything a user can choose."""

    general: General
    network: NetworkSettings
    exchanges: ExchangeSettings
    yahoo: YahooSettings
    fred: FredSettings
    demo: DemoSettings
    display: DisplaySettings
    levels: LevelSettings
    archive: ArchiveSettings
    watchlist: dict[str, tuple[str, ...]]
    instruments: dict[str, InstrumentSettings]


def defaults_text() -> str:
    """Return defaults.toml as it ships."""
    return resources.files("divmon").joinpath("defaults.toml").read_text(encoding="utf-8")


def load(path: Path | None = None) -> Settings:
    """Read the settings: the defaults, and `path` over them if given.

    Raises:
        SettingsError: The file cannot be read, is no TOML, or has a wrong key or value.
    """
    data = tomllib.loads(defaults_text())
    if path is not None:
        _merge(data, tomllib.loads(path.read_text(encoding="utf-8")))
    try:
        return msgspec.convert(data, Settings)
    except msgspec.ValidationError as error:
        raise SettingsError(str(error)) from error


def _merge(base: dict[str, Any], over: dict[str, Any]) -> None:
    for key, value in over.items():
        if key != "watchlist" and isinstance(value, dict) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value
