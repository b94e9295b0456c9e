"""Prices and histories for the tests of rows: the reference market, and what is done to it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np

from divmon.indicators.series import Daily, Days, Floats, History
from divmon.market.events import Quote
from divmon.reading.live import Live
from divmon.settings import Settings, load
from tests.history import hourly, moment, reference

SETTINGS = load()
OPEN = moment("2025-07-01T15:00")  # a Tuesday noon in New York, after the reference's last day


def quote(name: str, price: float, at: float = OPEN, **more: Any) -> Quote:
    source = "composite" if name == "BTC" else "yahoo"
    return Quote(name, source, price, at, at, **more)


def live(*quotes: Quote, **more: Any) -> Live:
    made = Live("live", quotes={each.instrument: each for each in quotes})
    return replace(made, **more)


def without(bars: Daily, *days: int) -> Daily:
    keep = ~np.isin(bars.day, days)
    columns = {key: getattr(bars, key)[keep] for key in ("day", "open", "high", "low", "close")}
    return replace(bars, **columns)


def plus(bars: Daily, at: int, opened: float, price: float) -> Daily:
    """Return the bars with one more, whose range is that of its ends."""

    def one(column: Floats, value: float) -> Floats:
        return np.append(column, value)

    days: Days = np.append(bars.day, at)
    return replace(
        bars,
        day=days,
        open=one(bars.open, opened),
        high=one(bars.high, max(opened, price)),
        low=one(bars.low, min(opened, price)),
        close=one(bars.close, price),
    )


def only(*names: str) -> History:
    return History({name: reference().daily[name] for name in names})


def small(names: tuple[str, ...]) -> Settings:
    """Return the settings with these instruments alone: quicker to prepare."""
    return msgspec.structs.replace(
        SETTINGS, instruments={name: SETTINGS.instruments[name] for name in names}
    )


def replace_hours(history: History, prices: Mapping[int, float]) -> History:
    return History(history.daily, {"BTC": hourly("BTC", prices, list(prices.values()))})
