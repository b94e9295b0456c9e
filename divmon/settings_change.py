"""What differs between two settings, and what of it a running program can take."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from divmon.settings import InstrumentSettings, Settings

# What is decided once, when the program starts: connections are made and the archive is
# open, a demo is under way. An empty tuple: all of a section.
AT_START: dict[str, tuple[str, ...]] = {
    "general": ("source", "attach", "offline_demo", "offline_after_s"),
    "network": (),
    "yahoo": ("pause_first_s", "pause_longest_s"),
    "demo": (),
    "display": ("mouse_ssh",),
    "archive": ("enabled",),
}

# What a demo plays by, and cannot change under way.
OF_THE_DEMO = ("exchanges", "fred")

# What an engine goes by, and a `divmon watch` tells; the rest is each screen's own.
ENGINE = (
    "network", "exchanges", "yahoo", "fred", "csv", "demo", "levels", "archive", "notify",
    "channels", "alerts", "claims", "watchlist", "instruments",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entries:
    """What became of the entries of a table of things with names."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs. `values` are (section, key, the value now)."""

    tables: dict[str, Entries] = field(default_factory=dict)
    values: tuple[tuple[str, str, Any], ...] = ()
    restart: tuple[tuple[str, str], ...] = ()
    moved: bool = False  # the watchlist has the same names in another order or grouping

    def part(self, *, engine: bool) -> "Difference":
        """Return what concerns the engine, or what concerns the screen."""
        return Difference(
            {name: each for name, each in self.tables.items() if (name in ENGINE) is engine},
            tuple(each for each in self.values if (each[0] in ENGINE) is engine),
            tuple(each for each in self.restart if (each[0] in ENGINE) is engine),
            self.moved and engine,
        )


def difference(before: Settings, after: Settings, *, simulated: bool = False) -> Difference:
    """Compare two settings, section by section; `simulated` by an engine that plays a demo."""
    tables: dict[str, Entries] = {}
    values: list[tuple[str, str, Any]] = []
    restart: list[tuple[str, str]] = []
    for section, old, new in _differing(before, after):
        if section == "watchlist":
            was, now = _names(old), _names(new)
            tables[section] = _entries(dict.fromkeys(was), dict.fromkeys(now))
        elif isinstance(new, dict):
            tables[section] = _entries(old, new)
        else:
            for name, was, value in _differing(old, new):
                if _at_start(section, name) or (simulated and section in OF_THE_DEMO):
                    restart.append((section, name))
                elif was != value:
                    values.append((section, name, value))
    listed = tables.get("watchlist")
    moved = listed is not None and not (listed.added or listed.removed)
    return Difference(tables, tuple(values), tuple(restart), moved)


def in_force(before: Settings, after: Settings, *, simulated: bool = False) -> Settings:
    """Return `after`, with what takes a restart as it was `before`."""
    kept: dict[str, Any] = {}
    if simulated:
        after = msgspec.structs.replace(
            after, **{section: getattr(before, section) for section in OF_THE_DEMO}
        )
    for section, names in AT_START.items():
        old, new = getattr(before, section), getattr(after, section)
        names = names or tuple(each.name for each in msgspec.structs.fields(old))
        kept[section] = msgspec.structs.replace(new, **{name: getattr(old, name) for name in names})
    return msgspec.structs.replace(after, **kept)


def definition(instrument: InstrumentSettings) -> str:
    """Return what decides the numbers of an instrument, as far as the settings do."""
    symbols = instrument.yahoo, instrument.fallback
    return " ".join((*symbols, instrument.calendar, instrument.kind))


def redefined(before: Settings, after: Settings) -> frozenset[str]:
    """Return the instruments whose numbers jump with the settings: new ones, and other symbols."""
    was = before.instruments
    return frozenset(
        name
        for name, now in after.instruments.items()
        if name not in was or definition(was[name]) != definition(now)
    )


def _at_start(section: str, name: str) -> bool:
    names = AT_START.get(section)
    return names is not None and (not names or name in names)


def _differing(before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    for each in msgspec.structs.fields(after):
        old, new = getattr(before, each.name), getattr(after, each.name)
        if each.name != "refused" and (old != new or _order(old) != _order(new)):
            yield each.name, old, new


def _order(value: object) -> list[str]:
    """Return the order of a table's keys, which the comparison of two dicts leaves out."""
    return list(value) if isinstance(value, dict) else []


def _names(watchlist: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [name for names in watchlist.values() for name in names]


def _entries(old: Mapping[str, Any], new: Mapping[str, Any]) -> Entries:
    return Entries(
        added=tuple(name for name in new if name not in old),
        changed=tuple(name for name in new if name in old and old[name] != new[name]),
        removed=tuple(name for name in old if name not in new),
    )
