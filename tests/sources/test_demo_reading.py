"""The demo and real files, read by divmon as a screen reads them."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from divmon.market.events import MarketEvent
from divmon.reading.assess import assess
from divmon.reading.model import Reading
from divmon.settings import Settings, load
from divmon.sources.base import Source
from divmon.sources.demo import DemoSource
from divmon.sources.files import FilesSource
from divmon.store.state import Store
from tests.sources.demo_facts import AFTER_20_JANUARY


def reading(source: Source, settings: Settings) -> Reading:
    """Return what a source that ends by itself amounts to."""
    store = Store(settings, source=source.name, simulated=source.simulated)

    def emit(event: MarketEvent) -> None:
        store.apply(event)

    asyncio.run(source.run(emit))
    now = source.clock.now()
    return assess(store.history(), store.live(now), settings, now)


def january(found: Reading) -> None:
    """Check what was true after the close of 20 January 2026."""
    bitcoin = found.instruments["BTC"]
    assert bitcoin.streak.candle == -6
    assert bitcoin.boundaries["NY16"] == -4
    assert bitcoin.wall is not None
    assert (bitcoin.wall.level, bitcoin.wall.closes_below, bitcoin.wall.touches) == (100_000, 69, 1)
    assert bitcoin.volatility.percentile_all is not None
    assert 0.09 < bitcoin.volatility.percentile_all < 0.13
    assert not bitcoin.volatility.record_low
    assert found.relative_streaks["RUT/SPX"].streak == 12
    assert found.abc.state == "alert"
    assert str(found.abc.since) == "2026-01-08"
    assert found.liquidity.qt_state == "expanding"
    for name in ("GOLD", "SILVER"):
        assert found.instruments[name].high.record_close


def test_the_demo_reads_like_20_january_2026() -> None:
    settings = load()
    found = reading(DemoSource(settings, AFTER_20_JANUARY), settings)
    january(found)
    assert found.simulated
    assert {row.state for row in found.instruments.values()} == {"simulated"}
    assert found.relative_streaks["RUT/SPX"].rank == 1
    assert found.liquidity.boj_rate.level == 0.0075
    assert str(found.liquidity.boj_rate.last_change) == "2025-12-19"
    assert found.liquidity.fed_rate.level == 0.0364
    assert not found.missing


def test_the_real_series_read_the_same(shared: Callable[[str], Path]) -> None:
    moment = datetime(2026, 1, 21, tzinfo=UTC)
    base = load()
    hourly = msgspec.structs.replace(base.csv, hourly=("intraday/btc_1h.csv",))
    settings = msgspec.structs.replace(base, csv=hourly)
    found = reading(FilesSource(shared("data"), settings, moment), settings)
    january(found)
    assert not found.simulated
    assert found.as_of == moment
    assert found.instruments["RUT"].series == "csv:rut"
    assert {found.instruments[name].state for name in ("BTC", "RUT", "GOLD")} == {"closed"}
