"""Which panels and columns a settings file may name, and what is wrong with those it does.

The screen has tables of its own; a test compares them with these, which every start with
a settings file imports.
"""

from collections.abc import Iterator

from divmon.settings import Settings
from divmon.settings_check import near_or_all
from divmon.toml_lines import Path

KEYS = tuple("123456789")
PANELS = (
    "btc", "abc", "markets", "streaks", "rotation", "liquidity", "claims", "events", "glance",
)  # fmt: skip
ALWAYS = ("state", "sources", "keys")  # may be named, and are there in any case
AUTO = "auto"
COLUMNS = (
    "last", "prev close", "1d", "5d", "20d", "60d", "120d", "MTD", "YTD", "year", "from high",
    "from 52w", "drawdown", "since high", "streak", "candles", "vs BTC 20d", "vol", "vol pct",
    "vol pct 1y", "r 20d", "r 60d", "r 90d", "closes", "name", "session", "age",
)  # fmt: skip


def faults(settings: Settings) -> Iterator[tuple[Path, str]]:
    """Yield where something is wrong with the layouts and columns, and what."""
    for index, name in enumerate(settings.display.columns):
        path: Path = ("display", "columns", index)
        if name not in COLUMNS:
            yield (
                path,
                f'[display] columns: there is no column "{name}"{near_or_all(name, COLUMNS)}',
            )
        elif name in settings.display.columns[:index]:
            yield path, f'[display] columns: "{name}" stands there twice'
    for key, panels in settings.layouts.items():
        if key not in KEYS:
            yield ("layouts", key), f'[layouts] "{key}" is no key of a layout; use 1 to 9'
        for index, name in enumerate(panels):
            path = ("layouts", key, index)
            if name == AUTO:
                if len(panels) > 1:
                    yield path, f'[layouts] {key}: "{AUTO}" is all panels, and stands alone'
            elif name not in PANELS + ALWAYS:
                known = (*PANELS, AUTO)
                yield path, f'[layouts] {key}: there is no panel "{name}"{near_or_all(name, known)}'
            elif name in panels[:index]:
                yield path, f'[layouts] {key}: "{name}" stands there twice'
