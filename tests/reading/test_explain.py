"""Every number has an explanation, and the inputs it names give the number."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from math import log, sqrt
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from divmon.market.events import MarketEvent
from divmon.reading import explain as module
from divmon.reading.assess import assess
from divmon.reading.explain import Explanation, UnknownKeyError, explain, keys, patterns
from divmon.reading.explained import RULES
from divmon.reading.model import Instrument, Reading
from divmon.settings import load
from divmon.sources.demo import DemoSource
from divmon.store.state import Store
from tests.sources.demo_facts import AFTER_20_JANUARY
from tests.ui.fixtures import reading as drawn


@lru_cache
def demo() -> Reading:
    settings = load()
    source = DemoSource(settings, AFTER_20_JANUARY)
    store = Store(settings, source=source.name, simulated=True)

    def emit(event: MarketEvent) -> None:
        store.apply(event)

    asyncio.run(source.run(emit))
    now = source.clock.now()
    return assess(store.history(), store.live(now), settings, now)


def numbers(node: Any, path: tuple[str, ...] = ()) -> list[tuple[str, float]]:
    """Return key and value of every number that stands under a name, as the JSON has them."""
    if isinstance(node, dict):
        return [found for key, item in node.items() for found in numbers(item, (*path, key))]
    if isinstance(node, bool) or not isinstance(node, int | float):
        return []
    return [(".".join(path), node)]


def inputs(found: Explanation) -> list[float]:
    values = [each.value for each in found.inputs]
    return [float(value) for value in values if isinstance(value, int | float)]


@pytest.mark.parametrize("make", [demo, drawn])
def test_every_number_is_explained_by_a_row_of_its_own(make: Callable[[], Reading]) -> None:
    reading = make()
    tree = msgspec.to_builtins(reading)
    found = numbers(tree)
    assert len(found) > 400
    lists = {"catchup", "claims", "ledger"}  # whose items have names: below
    named = [key for key in keys(reading) if key.partition(".")[0] in lists]
    for key, value in found:
        told = explain(reading, key)
        assert told.key == key
        assert told.value == value
        assert told.words, key
        assert told.shown, key
        path = tuple(key.split("."))
        assert len(module._rule(path)[0]) == len(path), key
    for key in named:
        assert explain(reading, key).words


def test_every_input_of_a_row_exists() -> None:
    reading = demo()
    tree = module._tree(reading)
    live_only = {"venues", "composite", "usdt_premium_bp"}
    for key in keys(reading):
        path = module._find(tree, key)
        pattern, rule, names = module._rule(path)
        for each in rule.inputs if len(pattern) == len(path) else ():
            place = tuple(module._filled(each, names).split("\0"))
            if not live_only & set(place):
                assert module._expand(tree, place), (key, each)
    assert len(patterns()) == len(RULES)


def test_the_inputs_give_the_value() -> None:
    reading = demo()

    def of(key: str) -> tuple[float, list[float]]:
        found = explain(reading, key)
        assert isinstance(found.value, int | float), key
        return float(found.value), inputs(found)

    score, parts = of("abc.score")
    assert len(parts) == 5
    assert sum(parts) == pytest.approx(score, abs=1e-9)
    gap, (trad, btc) = of("abc.gap60")
    assert gap == pytest.approx(trad - btc, abs=1e-12)
    rel, (gap20,) = of("abc.components.rel20.value")
    assert rel == pytest.approx(min(max(gap20 / 2, 0), 1), abs=1e-12)
    share, (breadth,) = of("abc.components.breadth20.value")
    assert share == pytest.approx((breadth - 0.25) / 0.75, abs=1e-12)
    net, (walcl, tga, rrp) = of("liquidity.net")
    assert net == pytest.approx(walcl - tga - rrp, abs=1e-9)
    distance, (level, close) = of("instruments.BTC.wall.distance")
    assert distance == pytest.approx(level / close - 1, abs=1e-12)
    sigmas, (level, close, vol) = of("BTC.wall.sigmas")
    assert sigmas == pytest.approx(log(level / close) / (vol / sqrt(365)), abs=1e-9)
    change, (last, base) = of("instruments.RUT.returns.20")
    closes = reading.instruments["RUT"].sparkline
    assert base == pytest.approx(closes[-21], rel=1e-12)
    assert change == pytest.approx(last / base - 1, abs=1e-12)
    gap, (actual, expected) = of("beta_gap.gap")
    assert gap == pytest.approx(actual - expected, abs=1e-12)


def test_a_component_adds_its_share() -> None:
    reading = demo()
    for name in reading.abc.components:
        found = explain(reading, f"abc.components.{name}.contribution")
        value, weight = inputs(found)
        assert found.value == pytest.approx(100 * value * weight, abs=1e-9)


def test_times_sources_and_samples_are_those_of_the_value() -> None:
    reading = demo()
    rut = reading.instruments["RUT"]
    assert rut.time is not None
    last = explain(reading, "instruments.RUT.last")
    assert datetime.fromisoformat(last.at) == rut.time
    assert explain(reading, "instruments.RUT.streak.close").at == str(rut.confirmed)
    assert explain(reading, "instruments.RUT.high.from_high").window == (
        f"data from {rut.high.history_start}"
    )
    assert explain(reading, "instruments.GOLD.close").source == (
        f"{reading.instruments['GOLD'].series}, continuous front month"
    )
    net = explain(reading, "liquidity.net")
    assert net.at == str(reading.liquidity.as_of)
    window = reading.correlation["BTC/RUT"].d60
    told = explain(reading, "correlation.BTC/RUT.60.r")
    assert (told.n, told.value) == (window.n, window.r)
    assert "GOLD: GLD" in explain(reading, "abc.score").source
    assert explain(reading, "ledger.gap60.rank").n == next(
        record.n for record in reading.ledger if record.metric == "gap60"
    )


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("abc.score", "abc.score"),
        ("BTC.wall", "instruments.BTC.wall"),
        ("rut.STREAK", "instruments.RUT.streak"),
        (" relative_streaks.rut/spx ", "relative_streaks.RUT/SPX"),
        ("claims.btc-red", "claims.btc-red"),
        ("catchup.ytd.basket.price", "catchup.YTD.basket.price"),
    ],
)
def test_keys_may_be_short_and_of_any_case(typed: str, key: str) -> None:
    assert explain(demo(), typed).key == key


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("abc.scor", "abc.score"),
        ("wal", "instruments.BTC.wall"),
        ("instruments.RTU.last", "instruments.RUT.last"),
    ],
)
def test_an_unknown_key_names_the_nearest(typed: str, near: str) -> None:
    with pytest.raises(UnknownKeyError) as caught:
        explain(demo(), typed)
    assert near in caught.value.nearest


@pytest.mark.parametrize("typed", ["", ".", "*", "instruments.*.last", "\x1b[2J", "a" * 10_000])
def test_nonsense_is_unknown(typed: str) -> None:
    with pytest.raises(UnknownKeyError):
        explain(demo(), typed)


def test_a_name_may_hold_dots() -> None:
    reading = demo()
    row = reading.instruments["RUT"]
    more = replace(reading, instruments={**reading.instruments, "BRK.B": row})
    found = explain(more, "instruments.BRK.B.high.from_high")
    assert found.value == row.high.from_high
    assert [each.key for each in found.inputs] == ["instruments.BRK.B.close"]


def test_simulated_provisional_and_missing_are_said() -> None:
    assert "SIMULATED" in explain(demo(), "abc.score").notes[0]
    nothing = Reading(
        as_of=datetime(2026, 1, 20, tzinfo=UTC),
        source="live",
        instruments={"RUT": Instrument()},
        missing=("RUT: no daily bars", "SPX: no daily bars"),
    )
    found = explain(nothing, "instruments.RUT.last")
    assert (found.value, found.shown, found.at) == (None, "—", "")
    assert found.notes == ("state: missing", "missing: RUT: no daily bars")
    score = explain(drawn(), "abc.provisional")
    assert "provisional: of a running bar" in score.notes


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys, divmon.reading.explain; "
        "sys.exit(any(name in sys.modules for name in ('numpy', 'pandas', 'textual')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
