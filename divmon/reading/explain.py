"""Why a number is what it is: one Explanation for each value of a Reading.

A pure function of the Reading and the rows of `explained`, so that the command and the
screen say the same without an engine.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher, get_close_matches
from typing import Any

import msgspec
from msgspec import Struct

from divmon.reading import provenance
from divmon.reading.explained import RULES
from divmon.reading.explained_rows import Rule
from divmon.reading.model import Reading
from divmon.reading.provenance import Path, at

Scalar = float | int | str | bool | None
NONE = "—"
NEAREST = 5
SHOWN = 8  # values of a list
ALL = "*"


WORKED_OUT = "the close it starts from, as it follows"
"""The input of a return that no key leads to."""


class UnknownKeyError(KeyError):
    """No value of the Reading has this key; `nearest` are those that look like it."""

    def __init__(self, key: str, nearest: tuple[str, ...]) -> None:
        super().__init__(key)
        self.key = key
        self.nearest = nearest


class Input(Struct, frozen=True, kw_only=True):
    """A value that goes into another; `at` is its time or date, "" where it has none."""

    key: str
    value: Scalar
    shown: str
    at: str = ""


class Explanation(Struct, frozen=True, kw_only=True):
    """What one key means, and what its value rests on.

    `value` is as in the JSON, None for a block of values, whose `parts` hold them.
    """

    key: str
    title: str
    value: Scalar = None
    shown: str = ""
    words: str = ""  # the formula, for a person
    symbols: str = ""  # the formula, in signs
    inputs: tuple[Input, ...] = ()
    parts: tuple[Input, ...] = ()
    source: str = ""
    at: str = ""  # of the value, ISO 8601
    window: str = ""
    n: int | None = None
    notes: tuple[str, ...] = ()


def explain(reading: Reading, key: str) -> Explanation:
    """Return what `key` is, as "abc.score" or "instruments.BTC.wall".

    "instruments." may be left out, and case does not matter.

    Raises:
        UnknownKeyError: The Reading has no such value.
    """
    tree = _tree(reading)
    path = _find(tree, key)
    value = at(tree, path)
    pattern, rule, names = _rule(path)
    exact = len(pattern) == len(path)
    title = rule.title if exact else f"{rule.title}: {path[-1]}"
    return Explanation(
        key=".".join(path),
        title=_title(tree, path, title),
        value=value if not isinstance(value, dict | list | tuple) else None,
        shown=_shown(value, rule if exact else Rule("", ""), tree, path),
        words=rule.words,
        symbols=rule.symbols,
        inputs=tuple(_inputs(tree, path, rule, names)),
        parts=tuple(_parts(tree, path, value)),
        source=provenance.source(tree, path),
        at=provenance.time_of(tree, path),
        window=_window(tree, path, rule, names),
        n=_count(tree, rule, names),
        notes=tuple(provenance.notes(tree, path, value)),
    )


def keys(reading: Reading) -> tuple[str, ...]:
    """Return every key that `explain` knows, blocks before their values."""
    return tuple(".".join(path) for path, _ in _walk(_tree(reading), ()) if _has_rule(path))


def names(reading: Reading) -> dict[str, str]:
    """Return what each of `keys` is called among its neighbours.

    That is the title of its row; the end of its path where it has no row, or where its row
    is that of any name.
    """
    found = {}
    for path, _ in _walk(_tree(reading), ()):
        if _has_rule(path):
            pattern, rule, _ = _rule(path)
            titled = len(pattern) == len(path) and pattern[-1] != ALL
            found[".".join(path)] = rule.title if titled else path[-1]
    return found


def patterns() -> tuple[tuple[str, str], ...]:
    """Return all that can be explained: key with "*" for names, and title."""
    return tuple((pattern, rule.title) for pattern, rule in RULES.items())


# the tree: a Reading as nested dicts, whose lists of named things are dicts by name


def _tree(reading: Reading) -> dict[str, Any]:
    tree: dict[str, Any] = msgspec.to_builtins(reading)
    catchup: dict[str, Any] = {}
    for each in tree["catchup"]:
        catchup.setdefault(each["anchor"], {})[each["target"]] = each
    tree["catchup"] = catchup
    tree["claims"] = {each["id"]: each for each in tree["claims"]}
    tree["ledger"] = {each["metric"]: each for each in tree["ledger"]}
    flips = {f"{each['state']}/{each['instrument']}": each for each in tree["abc"]["flips"]}
    tree["abc"]["flips"] = flips
    return tree


def _walk(node: dict[str, Any], path: Path) -> Iterator[tuple[Path, Any]]:
    for key, value in node.items():
        here = (*path, key)
        yield here, value
        if isinstance(value, dict):
            yield from _walk(value, here)


def _find(tree: dict[str, Any], key: str) -> Path:
    wanted = key.strip().casefold()
    for tried in (wanted, f"instruments.{wanted}"):
        path = _descend(tree, tried)
        if path is not None and _has_rule(path):
            return path
    known = {".".join(path).casefold(): path for path, _ in _walk(tree, ()) if _has_rule(path)}
    # "wal" is far from "instruments.BTC.wall" by its letters, yet near to its end
    ends: dict[str, str] = {}
    for name in known:
        ends.setdefault(name.rpartition(".")[2], name)
    near = [
        *(ends[end] for end in get_close_matches(wanted.rpartition(".")[2], ends, n=2)),
        *get_close_matches(wanted, known, n=NEAREST, cutoff=0.6),
    ]
    names = sorted(dict.fromkeys(near), key=lambda name: -_alike(name, wanted))[:NEAREST]
    raise UnknownKeyError(key, tuple(".".join(known[name]) for name in names))


def _descend(node: dict[str, Any], rest: str) -> Path | None:
    """Return the path whose folded key is `rest`; names may hold dots themselves."""
    for key, item in node.items():
        folded = key.casefold()
        if rest == folded:
            return (key,)
        if rest.startswith(f"{folded}.") and isinstance(item, dict):
            below = _descend(item, rest[len(folded) + 1 :])
            if below is not None:
                return (key, *below)
    return None


def _alike(name: str, wanted: str) -> float:
    return SequenceMatcher(None, name, wanted).ratio()


# the rules, found by path


def _match(path: Path) -> tuple[Path, Path] | None:
    """Return the pattern of a path and the names that stand for its "*"."""
    found: list[tuple[Path, Path]] = [((), ())]
    for step in path:
        found = [
            ((*pattern, part), (*names, step) if part == ALL else names)
            for pattern, names in found
            for part in (step, ALL)
            if (*pattern, part) in _PREFIXES
        ]
        if not found:
            return None
    return next(((pattern, names) for pattern, names in found if ".".join(pattern) in RULES), None)


_PREFIXES = {
    tuple(parts[:length])
    for parts in (key.split(".") for key in RULES)
    for length in range(1, len(parts) + 1)
}


def _rule(path: Path) -> tuple[Path, Rule, Path]:
    """Return the row of a path, or of the nearest block above that has one."""
    for length in range(len(path), 0, -1):
        if (found := _match(path[:length])) is not None:
            pattern, names = found
            return pattern, RULES[".".join(pattern)], names
    raise KeyError(".".join(path))


def _has_rule(path: Path) -> bool:
    return any(_match(path[:length]) is not None for length in range(1, len(path) + 1))


# what an Explanation holds


def _title(tree: dict[str, Any], path: Path, title: str) -> str:
    match path:
        case ("instruments", name, _, *_):
            return f"{name}: {title}"
        case ("relative_streaks" | "correlation" | "leadlag" | "rotation_map", name, *_):
            return f"{name}: {title}"
        case ("catchup", anchor, target, *_):
            return f"{title}: {target}, {anchor}"
        case ("claims", name, *_):
            return str(tree["claims"][name]["text"])
        case ("ledger", name, *_):
            return f"{title}: {name}"
    return title


def _inputs(tree: dict[str, Any], path: Path, rule: Rule, names: Path) -> Iterator[Input]:
    for pattern in rule.inputs:
        for place in _expand(tree, tuple(_filled(pattern, names).split("\0"))):
            yield _input(tree, place)
    match path:
        case ("instruments", name, "returns" | "confirmed_returns" as kind, window):
            row = tree["instruments"][name]
            end = row["last" if kind == "returns" and window != "year" else "close"]
            change = row[kind].get(window)
            if end is not None and change is not None and window != "year":
                base = end / (1 + change)
                shown = f"{base:,.{row['decimals']}f}"
                yield Input(key=WORKED_OUT, value=base, shown=shown)


def _filled(pattern: str, names: Path) -> str:
    """Return a pattern with its names put in, its parts parted by NUL: names may hold dots."""
    parts = pattern.split(".")
    for place, name in enumerate(names):
        parts = [name if part == f"{{{place}}}" else part for part in parts]
    return "\0".join(parts)


def _expand(tree: dict[str, Any], pattern: Path) -> list[Path]:
    paths: list[Path] = [()]
    for step in pattern:
        longer = []
        for path in paths:
            node = at(tree, path)
            if isinstance(node, dict):
                longer += [(*path, key) for key in (node if step == ALL else [step]) if key in node]
        paths = longer
    return paths


def _input(tree: dict[str, Any], path: Path) -> Input:
    value = at(tree, path)
    pattern, rule, _ = _rule(path) if _has_rule(path) else (path, Rule("", ""), ())
    exact = len(pattern) == len(path)
    return Input(
        key=".".join(path),
        value=value if not isinstance(value, dict | list | tuple) else None,
        shown=_shown(value, rule if exact else Rule("", ""), tree, path),
        at=provenance.time_of(tree, path),
    )


def _parts(tree: dict[str, Any], path: Path, value: Any) -> Iterator[Input]:
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(item, dict):
                yield _input(tree, (*path, key))


def _window(tree: dict[str, Any], path: Path, rule: Rule, names: Path) -> str:
    if path[0] == "claims":
        return str(tree["claims"][path[1]]["window"])
    text = rule.window
    for place, name in enumerate(names):
        text = text.replace(f"{{{place}}}", name)
    if "{start}" in text:
        start = provenance.start_of(tree, path)
        text = text.replace("{start}", f"data from {start}" if start else "all history")
    return text


def _count(tree: dict[str, Any], rule: Rule, names: Path) -> int | None:
    if not isinstance(rule.n, str):
        return rule.n
    found = at(tree, tuple(_filled(rule.n, names).split("\0")))
    return found if isinstance(found, int) else None


# numbers for a person


def _shown(value: Any, rule: Rule, tree: dict[str, Any], path: Path) -> str:
    if isinstance(value, dict):
        return ""
    if isinstance(value, list | tuple):
        return _list(value, _decimals(tree, path))
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if rule.unit == "price":
        return f"{value:,.{_decimals(tree, path)}f}"
    return _number(value, rule.unit)


def _number(value: float, unit: str) -> str:
    match unit:
        case "change":
            return f"{100 * value:+.2f} %"
        case "difference":
            return f"{100 * value:+.2f} pp"
        case "share":
            return f"{100 * value:.1f} %"
        case "percentile":
            return f"percentile {100 * value:.1f}"
        case "volatility":
            return f"{100 * value:.1f} % a year"
        case "rate":
            return f"{100 * value:.2f} %"
        case "pp":
            return f"{value:+.2f} pp"
        case "bp":
            return f"{value:+.1f} bp"
        case "seconds":
            return f"{value:,.1f} s"
        case "run":
            return f"{value:+d}" if isinstance(value, int) else f"{value:+g}"
        case "sigma":
            return f"{value:+.2f} σ"
        case "points":
            return f"{value:.2f}"
        case "bn":
            return f"{value:,.1f} bn USD"
        case "bn_change":
            return f"{value:+,.1f} bn USD"
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"


def _decimals(tree: dict[str, Any], path: Path) -> int:
    name = path[1] if path[0] == "instruments" else at(tree, (*path[:-1], "instrument"))
    found = at(tree, ("instruments", str(name or "BTC"), "decimals"))
    return found if isinstance(found, int) else 2


def _list(values: Sequence[Any], decimals: int) -> str:
    """Return a short list whole, of a long one its end."""
    if not values:
        return "none"
    if isinstance(values[0], float):
        end = ", ".join(f"{value:,.{decimals}f}" for value in values[-SHOWN:])
        return f"… {end}" if len(values) > SHOWN else end
    if all(isinstance(value, str | int) for value in values) and len(values) <= SHOWN:
        return ", ".join(map(str, values))
    last = values[-1]
    told = ", ".join(map(str, last)) if isinstance(last, list | tuple) else last
    return f"{len(values)} values, the last {told}"
