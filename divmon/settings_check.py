"""What is wrong with a settings file: every fault, with its line, its value and the way out.

Here is the shape (known keys, right types, limits), against the Structs of `settings`.
A file whose shape is right is then asked for its sense, by `settings_sense`.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

from divmon.errors import SettingsError
from divmon.settings_refs import hidden
from divmon.toml_lines import Path, places

APART = (
    "channels",
    "alerts",
)  # tables of things that stand alone: a wrong one is left out, the rest run


class Report:
    """The faults of one file, gathered and told together."""

    def __init__(self, text: str, name: str) -> None:
        self._places = places(text)
        self._name = name
        self._faults: list[tuple[int, str]] = []
        self._apart: dict[Path, list[tuple[int, str]]] = {}

    def given(self, path: Path) -> bool:
        """Say whether the file itself holds `path`; what comes from the defaults is right."""
        return path in self._places

    def rename(self, path: Path, name: Path) -> None:
        """Let what stands at `path` be known as `name`, and forget `path`."""
        if path in self._places:
            self._places[name] = self._places.pop(path)

    def add(self, path: Path, text: str) -> None:
        """Note a fault of what stands at `path`, or at the nearest place above it."""
        found = path
        while found and found not in self._places:
            found = found[:-1]
        line = self._places[found].line if found else 0
        where = f"{self._name}, line {line}" if line else self._name
        apart = len(path) > 1 and path[0] in APART
        faults = self._apart.setdefault(path[:2], []) if apart else self._faults
        faults.append((line, f"{where}: {text}"))

    @property
    def refused(self) -> tuple[str, ...]:
        """What is wrong with the things that stand alone, in the order of the file."""
        faults = sorted(fault for faults in self._apart.values() for fault in faults)
        return tuple(text for _, text in faults)

    def leave_out(self, data: dict[str, Any]) -> None:
        """Take out of `data`, in place, the things that stand alone and have a fault."""
        for table, key in sorted(self._apart, key=str, reverse=True):
            entries = data.get(str(table))
            if isinstance(entries, dict):
                entries.pop(str(key), None)

    def close(self) -> None:
        """Raise what was gathered, in the order of the file."""
        if self._faults:
            self._faults.sort(key=lambda fault: fault[0])
            raise SettingsError("\n".join(text for _, text in self._faults))


def parse(text: str, name: str) -> tuple[dict[str, Any], Report]:
    """Read TOML; return it with the report that its faults go to.

    Raises:
        SettingsError: It is no TOML; the message has line and column.
    """
    try:
        return tomllib.loads(text), Report(text, name)
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).rstrip(")").rpartition(" (at ")
        where = where.replace("end of document", f"line {text.count(chr(10)) + 1}")
        raise SettingsError(f"{name}, {where}: this is not TOML: {what}") from error
    except RecursionError as error:
        raise SettingsError(f"{name}: arrays or tables are nested too deep") from error


def check_shape(data: Mapping[str, Any], model: type[Struct], report: Report) -> None:
    """Compare a parsed file with the Structs.

    Raises:
        SettingsError: Keys are unknown, or values have the wrong type or break a limit.
    """
    _table(data, model, (), report, model)
    report.close()


def _table(
    data: Mapping[str, Any], model: type[Struct], path: Path, report: Report, top: type[Struct]
) -> None:
    fields = {
        field.encode_name: field.type
        for field in msgspec.structs.fields(model)
        if (model, field.name) != (top, "refused")  # which is ours to say, and no option
    }
    for key, value in data.items():
        here = (*path, key)
        if key in fields:
            _value(value, fields[key], here, report, top)
        else:
            report.add(here, _unknown(key, value, path, fields, top))


def _unknown(key: str, value: object, path: Path, fields: Iterable[str], top: type[Struct]) -> str:
    """Say what an unknown key was probably meant to be."""
    if path:
        return f"unknown key {key!r} in {header(path)}{near_or_all(key, fields)}"
    if isinstance(value, dict):
        return f"unknown table [{key}]{near_or_all(key, fields)}"
    homes = [
        f"[{field.name}]"
        for field in msgspec.structs.fields(top)
        if isinstance(field.type, type)
        and issubclass(field.type, Struct)
        and key in field.type.__struct_fields__
    ]
    if homes:
        return f"key {key!r} stands in no table; put it under {' or '.join(homes)}"
    return f"unknown key {key!r}, and it stands in no table; `divmon config init` lists them all"


def _value(value: Any, kind: Any, path: Path, report: Report, top: type[Struct]) -> None:
    origin = get_origin(kind)
    if isinstance(kind, type) and issubclass(kind, Struct):
        if isinstance(value, dict):
            _table(value, kind, path, report, top)
        else:
            report.add(path, f"{header(path)} is a table, was {_shown(value)}")
    elif origin is dict:
        if not isinstance(value, dict):
            report.add(path, f"{header(path)} is a table, was {_shown(value)}")
            return
        for key, inner in value.items():
            _value(inner, get_args(kind)[1], (*path, key), report, top)
    elif fault := _leaf_fault(value, kind):
        report.add(path, f"{_assignment(path, value)} {fault}")


def _leaf_fault(value: Any, kind: Any) -> str:
    """Say what a value must be and is not; "" if it is."""
    base, limits = _split(kind)
    origin = get_origin(base)
    if origin is Literal:
        choices = get_args(base)
        if value in choices:
            return ""
        choices = tuple(filter(None, choices))
        hint = near(value, choices) if isinstance(value, str) else ""
        return f"must be one of {', '.join(map(_shown, choices))}{hint}"
    if origin is tuple:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            return 'must be a list of strings, such as ["one", "two"]'
        if fault := _length_fault(len(value), limits):
            return fault
        return next(filter(None, map(_text_fault, value)), "")
    if base is bool:
        return "" if isinstance(value, bool) else "must be true or false"
    if base is str:
        return _text_fault(value) if isinstance(value, str) else 'must be a string, in "quotes"'
    if isinstance(value, bool) or not isinstance(value, int if base is int else (int, float)):
        return "must be a whole number" if base is int else "must be a number"
    return _limit_fault(value, limits)


def _split(kind: Any) -> tuple[Any, tuple[Meta, ...]]:
    if get_origin(kind) is UnionType:  # "or None": TOML has no None to give
        (kind,) = (each for each in get_args(kind) if each is not NoneType)
    if get_origin(kind) is Annotated:
        base, *limits = get_args(kind)
        return base, tuple(limit for limit in limits if isinstance(limit, Meta))
    return kind, ()


def _length_fault(length: int, limits: Iterable[Meta]) -> str:
    for limit in limits:
        least, most = limit.min_length or 0, limit.max_length
        if length < least or (most is not None and length > most):
            wanted = f"{least}" if most in (None, least) else f"{least} to {most}"
            return f"must be a list of {wanted}, was {length}"
    return ""


def _text_fault(value: str) -> str:
    if value.isprintable():
        return ""
    return "must not hold line breaks or control characters"


def _limit_fault(value: float, limits: Iterable[Meta]) -> str:
    if not float("-inf") < value < float("inf"):  # false for nan too
        return "must be a finite number"
    for limit in limits:
        rules = [
            (f"more than {limit.gt}", limit.gt is None or value > limit.gt),
            (f"at least {limit.ge}", limit.ge is None or value >= limit.ge),
            (f"less than {limit.lt}", limit.lt is None or value < limit.lt),
            (f"at most {limit.le}", limit.le is None or value <= limit.le),
        ]
        broken = [text for text, kept in rules if not kept]
        if broken:
            return f"must be {broken[0]}"
    return ""


def near(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean 'X'?" for the nearest of `known`, "" if none is near."""
    from difflib import get_close_matches

    lower = {each.lower(): each for each in known}
    nearest = get_close_matches(name.lower(), sorted(lower), n=1, cutoff=0.5)
    return f"; did you mean {lower[nearest[0]]!r}?" if nearest else ""


def near_or_all(name: str, known: Iterable[str]) -> str:
    """As `near`, but name all of a short list when nothing is near."""
    names = list(known)
    return near(name, names) or f"; there are {', '.join(names)}"


def mask(url: str) -> str:
    """Return a URL with what may be a password replaced by ***."""
    before, at, host = url.rpartition("@")
    if not at:
        return url
    scheme, slashes, login = before.rpartition("//")
    user, colon, _ = login.partition(":")
    # a login that is not USER:PASSWORD may be anything, so none of it is shown
    shown = f"{user}:***" if slashes and colon else "***"
    return f"{scheme}{slashes}{shown}@{host}"


def header(path: Path) -> str:
    """Return the table header of `path`, as it stands in the file."""
    return f"[{'.'.join(map(_key, path))}]"


def quoted(text: str) -> str:
    """Return a TOML string; what a terminal might act on is escaped."""
    string = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in string)


def _key(key: str | int) -> str:
    text = str(key)
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else quoted(text)


def _assignment(path: Path, value: object) -> str:
    shown = value
    if path == ("network", "proxy") and isinstance(value, str):
        shown = mask(value)
    elif path[0] == "channels" and isinstance(value, str):
        shown = hidden(value)  # whatever it is: it may be a token under a wrong name
    table = f"{header(path[:-1])} " if len(path) > 1 else ""
    return f"{table}{_key(path[-1])} = {_shown(shown)}"


def _shown(value: object) -> str:
    """Return a value as TOML writes it, cut to what fits in a message."""
    match value:
        case bool():
            text = "true" if value else "false"
        case str():
            text = quoted(value)
        case list():
            text = f"[{', '.join(map(_shown, value))}]"
        case dict():
            text = "{…}"
        case _:
            text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
