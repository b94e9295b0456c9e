"""The settings as TOML text: the commented file of `config init`, and what is in force."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path as File
from typing import Any

import msgspec

from divmon.errors import SettingsError
from divmon.paths import private_folder
from divmon.settings import (
    AlertSettings,
    ChannelSettings,
    ClaimSettings,
    InstrumentSettings,
    Settings,
    defaults_text,
)
from divmon.settings_check import header, mask, quoted
from divmon.settings_refs import hidden
from divmon.toml_lines import Path, Place

_HEADER = re.compile(r"\[([A-Za-z0-9_.]+)\]")

# Tables whose mere header changes something: an empty [watchlist] is an empty screen.
_COMMENTED = ("watchlist", "instruments", "alerts")

# Tables of tables, and what an entry of theirs is when it says nothing.
_NAMED: dict[str, type[InstrumentSettings | ChannelSettings | AlertSettings | ClaimSettings]] = {
    "instruments": InstrumentSettings,
    "channels": ChannelSettings,
    "alerts": AlertSettings,
    "claims": ClaimSettings,
}


def commented(defaults: str) -> str:
    """Return defaults.toml with every option commented out by a "#" without a blank.

    So a new file changes nothing, and options that a later version changes change for
    this user too. Prose keeps its "# ", and headers of plain tables stay, so that
    taking the "#" from one option is all it needs.
    """
    lines = []
    for line in defaults.splitlines():
        match = _HEADER.match(line)
        keep = match and match[1].partition(".")[0] not in _COMMENTED
        lines.append(line if keep or not line or line.startswith("#") else f"#{line}")
        if line.startswith("# divmon's configuration"):
            lines.append('# Take the "#" from the front of a line to change what it says.')
    return "\n".join(lines) + "\n"


def begin_file(file: File) -> None:
    """Write a settings file with every option in it, commented out; never over another.

    Raises:
        FileExistsError: There is one.
        SettingsError: It, or its folder, cannot be made.
    """
    private_folder(file.parent)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(commented(defaults_text()))
    except FileExistsError:
        raise
    except OSError as error:
        raise SettingsError(f"{file} cannot be made: {error.strerror}") from error


def in_force(settings: Settings, places: dict[Path, Place], name: str) -> str:
    """Return all settings as TOML; `places` are those that the file `name` holds.

    A password in the proxy's URL, and what may be a token in a channel's, is masked, so
    that the text can be shown to others.
    """
    lines: list[str] = []
    for path, value in _tables(settings):
        lines += ["", header(path)]
        for key, item in value.items():
            line = f"{_toml_key(key)} = {_toml_value(_shown((*path, key), item))}"
            place = places.get(_where(places, path, key))
            lines.append(f"{line}  # {name}, line {place.line}" if place else line)
    return "\n".join(lines[1:]) + "\n"


def _where(places: dict[Path, Place], path: Path, key: str) -> Path:
    """Return where the file may hold `key`; one of [keys] that has a dot may stand in a table."""
    full = (*path, key)
    if path != ("keys",):
        return full
    table, _dot, inner = key.partition(".")
    if inner:
        return full if full in places else (*path, table, inner)
    # what opens a page has the name that such a table has
    return () if any(at[:2] == full and len(at) > 2 for at in places) else full


def _tables(settings: Settings) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield every table with the keys that are not tables themselves."""
    for field in msgspec.structs.fields(Settings):
        value = getattr(settings, field.name)
        if field.name == "refused":
            continue
        if field.name in _NAMED:
            plain = _NAMED[field.name]()
            for name, entry in value.items():
                given = {
                    each.encode_name: item
                    for each in msgspec.structs.fields(entry)
                    if (item := getattr(entry, each.name)) != getattr(plain, each.name)
                }
                yield (field.name, name), given
        else:
            yield (field.name,), value if isinstance(value, dict) else msgspec.structs.asdict(value)


def _shown(path: Path, item: object) -> object:
    if path == ("network", "proxy") and isinstance(item, str):
        return mask(item)
    if path[0] == "channels" and path[-1] in ("apprise", "webhook") and isinstance(item, str):
        return hidden(item)
    return item


def _toml_key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else quoted(key)


def _toml_value(value: object) -> str:
    match value:
        case str():
            return quoted(value)
        case tuple():
            return f"[{', '.join(map(_toml_value, value))}]"
        case _:
            return json.dumps(value)  # numbers and booleans are written alike
