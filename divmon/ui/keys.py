"""The keys in force: a class names its actions, the settings say which keys they have.

A binding of a class stands under its action's name in [keys], "keys:sort"; where a
screen is made, the name gives way to the keys. Textual's own keymap would not do: it
takes a key from every action that has it, and on a page q is back's and quit's.
"""

from collections.abc import Iterator, Mapping

from textual.binding import Binding, BindingsMap
from textual.dom import DOMNode

_MARK = "keys:"
_SHOWN = {
    "enter": "Enter", "escape": "Esc", "tab": "Tab", "backspace": "Bksp", "space": "Space",
    "delete": "Del", "insert": "Ins", "home": "Home", "end": "End", "pageup": "PgUp",
    "pagedown": "PgDn", "up": "↑", "down": "↓", "left": "←", "right": "→", "comma": ",",
}  # fmt: skip


def named(name: str, action: str, description: str, *, priority: bool = False) -> Binding:
    """Return a binding on the keys that `name` has in [keys].

    "{n}" in the action becomes the place of the pressed key among them, from 1.
    """
    return Binding(f"{_MARK}{name}", action, description, show=False, priority=priority)


def in_force(node: DOMNode, keys: Mapping[str, str]) -> BindingsMap:
    """Return the bindings of a node's class on the keys that their names have now.

    Of two on one key the one that is declared nearer to the class itself holds.
    """
    made: dict[str, list[Binding]] = {}
    for given, bindings in reversed(_declared(node).key_to_bindings.items()):
        for n, key in enumerate(_keys(given, keys), 1):
            for each in bindings:
                action = each.action.replace("{n}", str(n))
                bound = Binding(key, action, each.description, show=False, priority=each.priority)
                # Textual knows characters by long names, and this is its way from one to the other
                for binding in Binding.make_bindings([bound]):
                    made.setdefault(binding.key, []).append(binding)
    return BindingsMap.from_keys(made)


def _declared(node: DOMNode) -> BindingsMap:
    return node._merged_bindings or BindingsMap()


def _keys(given: str, keys: Mapping[str, str]) -> list[str]:
    if not given.startswith(_MARK):
        return [given]
    return [key for key in keys[given.removeprefix(_MARK)].split(",") if key]


def declared_names(node: DOMNode) -> Iterator[tuple[str, Binding]]:
    """Yield the names that a node's class declares, those nearest to the class itself last."""
    for given, binding in _declared(node):
        if given.startswith(_MARK):
            yield given.removeprefix(_MARK), binding


def shown(key: str) -> str:
    """Return a key as the screen writes it."""
    if len(key) == 1:
        return key
    *modifiers, last = key.split("+")
    name = _SHOWN.get(last, last.upper() if last[1:].isdigit() else last.replace("_", " "))
    if modifiers == ["ctrl"]:
        return f"^{name}"
    return "-".join([*(each.capitalize() for each in modifiers), name])


def all_shown(keys: str) -> str:
    """Return every key of an action; digits in a row as their ends."""
    each = [key for key in keys.split(",") if key]
    digits = "".join(each)
    if len(each) > 3 and digits in "1234567890":
        return f"{each[0]}-{each[-1]}" if each[-1] != "0" else f"{each[0]}-9 0"
    return " ".join(map(shown, each))


def first_shown(keys: str) -> str:
    """Return the key that stands for an action where room is short, "" if it has none."""
    each = keys.split(",")
    return all_shown(keys) if len(each) > 3 else shown(each[0]) if each[0] else ""
