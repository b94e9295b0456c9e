"""What a changed settings file amounts to, in words."""

from collections.abc import Iterable, Iterator
from typing import Any

from divmon.errors import SettingsError
from divmon.settings_change import Difference, Entries
from divmon.ui.heard import heard
from divmon.ui.i18n import N_, _

IN_ORDER = N_("settings: in order again")
NAMED = 4  # names of one kind in the line before the rest is counted

# The values that a person knows by a word of its own.
_KNOWN = {
    ("general", "theme"): N_("theme {value}"),
    ("general", "lang"): N_("language {value}"),
    ("general", "time_zone"): N_("time zone {value}"),
    ("display", "updown"): N_("up/down {value}"),
}
_TABLES = {
    "alerts": N_("alert rules: {what}"),
    "channels": N_("channels: {what}"),
    "claims": N_("claims: {what}"),
    "instruments": N_("instruments: {what}"),
}


def words(found: Difference) -> Iterator[str]:
    """Say what has changed in a line, and in another what waits for a restart."""
    if parts := list(_parts(found)):
        yield _("settings: {changes}").format(changes=", ".join(parts))
    if found.restart:
        # by name alone: a value may be a proxy's password
        names = ", ".join(f"[{section}] {name}" for section, name in found.restart)
        yield _("settings: takes a restart: {names}").format(names=names)


def refusal(error: SettingsError) -> str:
    """Say what is wrong with the file, on one line, and that nothing of it is in force."""
    first, *others = str(error).splitlines() or [""]
    if others:
        first = f"{first} (and {len(others)} more: `divmon config check`)"
    return heard(f"{first}; the settings before stay in force")


def _parts(found: Difference) -> Iterator[str]:
    if (listed := found.tables.get("watchlist")) is not None:
        yield from _entries(listed)
        if found.moved:
            yield _("watchlist in another order")
    for table, entries in found.tables.items():
        if table == "watchlist":
            continue
        if table == "instruments" and listed is not None:
            # a row that came has been named
            told = {*listed.added, *listed.removed}
            entries = Entries(*(_without(names, told) for names in _each(entries)))
        if what := ", ".join(_entries(entries)):
            known = _TABLES.get(table)
            yield _(known).format(what=what) if known else f"[{table}] {what}"
    for section, name, value in found.values:
        known = _KNOWN.get((section, name))
        if known:
            yield _(known).format(value=value)
        else:
            yield f"[{section}] {name} = {_shown(value)}"


def _each(entries: Entries) -> tuple[tuple[str, ...], ...]:
    return entries.added, entries.changed, entries.removed


def _without(names: Iterable[str], told: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in told)


def _entries(entries: Entries) -> Iterator[str]:
    for text, names in (
        (_("{n} added ({names})"), entries.added),
        (_("{n} changed ({names})"), entries.changed),
        (_("{n} removed ({names})"), entries.removed),
    ):
        if names:
            more = ["…"] if len(names) > NAMED else []
            yield text.format(n=len(names), names=", ".join([*names[:NAMED], *more]))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "[]"
    return str(value) if value != "" else '""'
