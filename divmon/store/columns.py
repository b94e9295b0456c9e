"""The bars of one series, as arrays that are replaced and never changed in place."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from divmon.indicators.series import Daily, Hourly
from divmon.market.events import Bars


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Ascending bars; the rows of `prices`, shape (4, n), are open, high, low, close.

    `received` is when the last bar was: one that came before its session ended is not
    its close. Every History shares these arrays, so nobody may write to them.
    """

    instrument: str
    series: str
    time: NDArray[np.int64]
    prices: NDArray[np.float64]
    value_only: bool
    received: float

    @classmethod
    def of(cls, bars: Bars) -> Self:
        """Copy the columns of `bars`; volume stays in the archive, no indicator reads it."""
        return cls(
            bars.instrument,
            bars.series,
            np.array(bars.time, dtype=np.int64),
            np.array([bars.open, bars.high, bars.low, bars.close], dtype=np.float64),
            bars.value_only,
            bars.received_time,
        )

    def merged(self, bars: Bars) -> Self:
        """Return these bars with `bars` over them; `self` where that changes nothing.

        A bar of a time already known replaces it: sources correct their last bars
        for days after the close.
        """
        new = type(self).of(bars)
        if not len(new.time):
            return self
        reaches_the_end = not len(self.time) or new.time[-1] >= self.time[-1]
        received = max(self.received, new.received) if reaches_the_end else self.received
        outside = ~np.isin(self.time, new.time)
        time = np.concatenate([self.time[outside], new.time])
        order = np.argsort(time, kind="stable")
        time = time[order]
        prices = np.concatenate([self.prices[:, outside], new.prices], axis=1)[:, order]
        same = np.array_equal(time, self.time) and np.array_equal(prices, self.prices)
        if same and received == self.received:
            return self
        return type(self)(self.instrument, self.series, time, prices, new.value_only, received)

    def daily(self) -> Daily:
        """Return the bars as the indicators read them, without a copy."""
        first, highest, lowest, last = self.prices
        return Daily(
            self.instrument,
            self.series,
            self.time,
            first,
            highest,
            lowest,
            last,
            self.value_only,
            self.received,
        )

    def hourly(self) -> Hourly:
        """Return the bars as hourly closes, without a copy."""
        return Hourly(self.instrument, self.series, self.time, self.prices[3], self.received)
