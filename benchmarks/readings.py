"""Measure the readings against their budgets: `python -m benchmarks.readings`.

Every default instrument with one year and with forty years of seeded walks: the batch
may grow with history, a tick may not.
"""

import statistics
import time
from collections.abc import Callable
from datetime import date

import numpy as np

from divmon.indicators.series import Daily, History
from divmon.market.events import Quote
from divmon.market.sessions import DAY, day_number, sessions
from divmon.reading.assess import read, rows
from divmon.reading.cross import provisional_abc
from divmon.reading.live import Live
from divmon.reading.prepare import prepare
from divmon.settings import Settings, load

LAST = day_number(date(2026, 1, 20))
NOW = float((LAST + 1) * DAY)
YEARS = (1, 40)
BATCHES, TICKS, READS = 3, 2000, 100


def main() -> None:
    settings = load()
    found = {years: measure(walks(settings, years), settings) for years in YEARS}
    short, long = (found[years] for years in YEARS)
    print(f"{'what':<28}{'1 year':>10}{'40 years':>10}{'ratio':>8}  budget")
    for name, budget in (
        ("batch, ms", "≤ 500 at 40 years"),
        ("running score, µs", "≤ 50, ratio 1"),
        ("one row, µs", "≤ 100, ratio 1"),
        ("a whole Reading, µs", "≤ 5000, ratio 1"),
    ):
        ratio = long[name] / short[name]
        print(f"{name:<28}{short[name]:>10.0f}{long[name]:>10.0f}{ratio:>8.2f}  {budget}")


def walks(settings: Settings, years: int) -> History:
    """Return daily bars of every instrument, fat-tailed walks on its own calendar."""
    rng = np.random.default_rng(years)
    history = History()
    for name, known in settings.instruments.items():
        days = sessions(known.calendar).between(LAST - years * 365, LAST)
        close = 100 * np.exp(np.cumsum(rng.standard_t(4, len(days)) * 0.01))
        opened = close * np.exp(rng.normal(0, 0.005, len(days)))
        high, low = np.maximum(opened, close) * 1.002, np.minimum(opened, close) * 0.998
        history.daily[name] = Daily(name, f"walk:{name}", days, opened, high, low, close)
    return history


def measure(history: History, settings: Settings) -> dict[str, float]:
    """Return medians, in the unit that each name tells."""
    batch = prepare(history, settings, NOW)
    last = {name: float(column[-1]) for name, column in batch.grid.close.items()}
    quotes = {name: Quote(name, "walk", price, NOW, NOW) for name, price in last.items()}
    live = Live("walk", quotes=quotes)
    cross = batch.cross
    return {
        "batch, ms": 1e3 * median(lambda: prepare(history, settings, NOW), BATCHES),
        "running score, µs": 1e6 * median(lambda: provisional_abc(cross, last), TICKS),
        "one row, µs": 1e6 * median(lambda: rows(batch, live, NOW, ["BTC"]), TICKS),
        "a whole Reading, µs": 1e6 * median(lambda: read(batch, live, NOW), READS),
    }


def median(call: Callable[[], object], times: int) -> float:
    """Return the median time of one call, in seconds."""
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        spent.append(time.perf_counter() - start)
    return statistics.median(spent)


if __name__ == "__main__":
    main()
