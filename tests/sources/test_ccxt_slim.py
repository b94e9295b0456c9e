"""The slim loader gives the genuine classes for a fraction of the memory.

What is imported is the process's own affair, so each case runs in a fresh one.
"""

import json
import subprocess
import sys
from typing import Any

import pytest

from divmon.errors import SettingsError
from divmon.settings import load as load_settings
from divmon.sources import ccxt_slim

DEFAULTS = ["binance", "bitstamp", "coinbase", "kraken", "okx"]


def run(code: str) -> Any:
    """Run `code` in a fresh interpreter; return the JSON that it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# Linux' VmHWM, since ru_maxrss of a child begins with what its parent had.
REPORT = """
import json, sys
from pathlib import Path
def report(**more):
    ours = [name for name in sys.modules if name.partition(".")[0] == "ccxt"]
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    peak = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
    print(json.dumps({"modules": len(ours), "peak": peak, **more}))
"""


def test_the_defaults_cost_a_fraction_of_the_whole() -> None:
    slim = run(
        REPORT + f"from divmon.sources import ccxt_slim; ccxt_slim.load({DEFAULTS}); report()"
    )
    whole = run(REPORT + "import ccxt.pro; report()")
    assert slim["modules"] < whole["modules"] / 5
    for small, large in zip(slim["peak"], whole["peak"], strict=True):
        assert small < large * 0.65


def test_the_classes_are_the_genuine_ones() -> None:
    """The same class from the same unchanged file as a plain import gives."""
    look = """
def look(classes):
    return {
        name: [[base.__module__, base.__qualname__] for base in cls.__mro__]
        + [sys.modules[cls.__module__].__file__, cls().id]
        for name, cls in classes.items()
    }
"""
    names = [*DEFAULTS, "binanceus", "okxus", "bybiteu"]
    slim = run(
        REPORT
        + look
        + f"from divmon.sources.ccxt_slim import load\nreport(look=look(load({names})))"
    )
    whole = run(
        REPORT
        + look
        + f"import ccxt.pro\nreport(look=look({{n: getattr(ccxt.pro, n) for n in {names}}}))"
    )
    assert slim["look"] == whole["look"]


def test_every_exchange_can_be_loaded_alone() -> None:
    """Also those that derive from another, whose parent nobody named."""
    code = """
from divmon.sources import ccxt_slim
names = sorted(ccxt_slim.known(), reverse=True)  # children before their parents
classes = ccxt_slim.load(names)
wrong = [name for name, cls in classes.items() if not isinstance(cls, type) or cls.__name__ != name]
report(wrong=wrong, count=len(classes))
"""
    found = run(REPORT + code)
    assert found["wrong"] == []
    assert found["count"] > 50


def test_ccxt_that_is_imported_already_is_left_alone() -> None:
    code = f"""
import ccxt.pro
before = ccxt.pro.kraken
from divmon.sources import ccxt_slim
after = ccxt_slim.load({DEFAULTS})["kraken"]
report(same=before is after, ccxt=type(ccxt).__name__)
"""
    assert run(REPORT + code)["same"] is True


def test_a_ccxt_with_other_insides_is_imported_whole() -> None:
    """Something the slim packages lack makes the loader fall back."""
    code = f"""
from importlib.abc import MetaPathFinder
from divmon.sources import ccxt_slim

class Renamed(MetaPathFinder):
    done = False
    def find_spec(self, name, path=None, target=None):
        if name == "ccxt.pro.kraken" and not self.done:
            Renamed.done = True
            raise TypeError("kraken asks its package for something new")
        return None

sys.meta_path.insert(0, Renamed())
classes = ccxt_slim.load({DEFAULTS})
import ccxt
report(kraken=classes["kraken"].__module__, package=type(ccxt).__name__, version=ccxt.__version__)
"""
    found = run(REPORT + code)
    assert found["kraken"] == "ccxt.pro.kraken"
    assert found["package"] == "module"
    assert found["modules"] > 250


def test_errors_and_classes_are_there_for_a_plain_import_afterwards() -> None:
    code = """
from divmon.sources.ccxt_slim import load
load(["kraken"])
import ccxt, ccxt.pro
from ccxt.base.errors import NetworkError
report(same=ccxt.NetworkError is NetworkError, bitstamp=ccxt.pro.bitstamp.__name__,
       none=hasattr(ccxt.pro, "nonsense"), sync=ccxt.kraken().id)
"""
    found = run(REPORT + code)
    assert (found["same"], found["bitstamp"]) == (True, "bitstamp")
    assert (found["none"], found["sync"]) == (False, "kraken")


def test_an_unknown_exchange_names_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"'krakken' is not known; did you mean kraken"):
        ccxt_slim.load(["krakken"])
    with pytest.raises(SettingsError, match=r"'@@' is not known; use a ccxt\.pro exchange"):
        ccxt_slim.check("@@")


@pytest.mark.parametrize("name", ["../kraken", "kraken.py", "__init__", "", "kraken; x"])
def test_nothing_but_a_known_name_reaches_the_import_system(name: str) -> None:
    with pytest.raises(SettingsError):
        ccxt_slim.load([name])


def test_the_default_venues_are_known() -> None:
    venues = load_settings().exchanges.venues
    assert {venue.split()[0] for venue in venues} <= ccxt_slim.known()
