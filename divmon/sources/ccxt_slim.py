"""Loads only those exchanges of ccxt.pro that are used.

`import ccxt.pro` runs 284 exchange modules: 1.0 s and 111 MB. The five defaults alone
take 0.4 s and 58 MB. So the packages whose `__init__` imports everything get stand-ins
that import a member when it is asked for; every module that runs is ccxt's own,
unchanged file, and the classes are the genuine ones.
"""

import difflib
import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from divmon.errors import SettingsError

# the packages with an __init__ that imports all there is
_PACKAGES = ("ccxt", "ccxt.async_support", "ccxt.pro", "ccxt.static_dependencies")


def known() -> frozenset[str]:
    """Return the names of the exchanges that stream, without importing any."""
    folder = _folder() / "pro"
    return frozenset(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))


def check(name: str) -> None:
    """Raise SettingsError, naming the nearest known ones, unless `name` is an exchange."""
    if name not in known():
        near = difflib.get_close_matches(name, sorted(known()), n=3, cutoff=0.5)
        hint = f"; did you mean {', '.join(near)}?" if near else "; use a ccxt.pro exchange"
        raise SettingsError(f"exchange {name!r} is not known{hint}")


def load(names: list[str]) -> dict[str, Any]:
    """Return the ccxt.pro class of each exchange.

    Takes 0.2-0.5 s, so call it in a thread. Where ccxt is imported already, or its
    insides are not what they were, the whole of it is imported instead.

    Raises:
        SettingsError: An exchange is not known.
    """
    for name in names:
        check(name)
    if "ccxt" not in sys.modules:
        _install()
    try:
        return {name: _class(import_module(f"ccxt.pro.{name}"), name) for name in names}
    # Whatever goes wrong here comes of a ccxt that is built differently from the one
    # known to us, and can be any exception; the plain import is the way it documents.
    except Exception:
        if not isinstance(sys.modules.get("ccxt"), _Package):
            raise
        _uninstall()
        package = import_module("ccxt.pro")
        return {name: getattr(package, name) for name in names}


class _Package(ModuleType):
    """A package whose members are imported when they are asked for.

    As in ccxt, an exchange's name means its class: `class binance(ccxt.async_support.binance)`
    stands in the modules, where plain imports would have put a module.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        # the import system binds each submodule to its package through here
        if isinstance(value, ModuleType):
            value = _class(value, name)
        super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self.__name__ == "ccxt":
            for home in ("ccxt.base.errors", "ccxt.base.exchange", "ccxt.base.precise"):
                member = getattr(import_module(home), name, None)
                if isinstance(member, type):
                    return member
        try:
            module = import_module(f"{self.__name__}.{name}")
        except ModuleNotFoundError as error:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}") from error
        return _class(module, name)


def _class(module: ModuleType, name: str) -> Any:
    member = vars(module).get(name)
    return member if isinstance(member, type) else module


def _folder() -> Path:
    spec = find_spec("ccxt")
    places = spec.submodule_search_locations if spec else None
    if not places:
        raise SettingsError("ccxt is not installed; install divmon with its dependencies")
    return Path(next(iter(places)))


def _install() -> None:
    root = _folder()
    for name in _PACKAGES:
        folder = root.joinpath(*name.split(".")[1:])
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        package = _Package(name)
        package.__spec__ = spec
        package.__path__ = [str(folder)]
        sys.modules[name] = package
        parent, _, child = name.rpartition(".")
        if parent:
            vars(sys.modules[parent])[child] = package


def _uninstall() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "ccxt"]:
        del sys.modules[name]
