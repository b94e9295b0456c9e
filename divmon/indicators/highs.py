"""Records, drawdown and the distance from the high."""

from dataclasses import dataclass

import numpy as np

from divmon.indicators.series import Floats


@dataclass(frozen=True, slots=True)
class Highs:
    """Where a series stands against its own highs at one bar.

    The two records are strict: an equal high or close ties and is no record. The
    first bar of a series is none either. `top_close` and `top_high` include the bar.
    """

    close: float
    top_close: float
    top_high: float
    record_close: bool
    record_intraday: bool
    bars_since_high: int  # since the last close that equals the highest

    @property
    def drawdown(self) -> float:
        """Return the close over the highest close, less 1: 0 or negative."""
        return self.close / self.top_close - 1


def highs(high: Floats, close: Floats) -> Highs | None:
    """Return the state at the last bar, None without bars. Columns of shape (n,)."""
    n = len(close)
    if n == 0:
        return None
    top = close.max()
    return Highs(
        close=float(close[-1]),
        top_close=float(top),
        top_high=float(high.max()),
        record_close=n > 1 and bool(close[-1] > close[:-1].max()),
        record_intraday=n > 1 and bool(high[-1] > high[:-1].max()),
        bars_since_high=int(np.argmax(close[::-1] == top)),
    )


def after(state: Highs, high: float, close: float) -> Highs:
    """Return the state after one more bar: `highs` of the longer series, in O(1)."""
    at_top = close >= state.top_close
    return Highs(
        close=close,
        top_close=max(close, state.top_close),
        top_high=max(high, state.top_high),
        record_close=close > state.top_close,
        record_intraday=high > state.top_high,
        bars_since_high=0 if at_top else state.bars_since_high + 1,
    )


def from_window_high(close: Floats, window: int) -> float | None:
    """Return the last close over the highest of the last `window`, less 1.

    None when there are fewer bars: half a year's high is not a 52-week high.
    """
    if len(close) < window:
        return None
    return float(close[-1] / close[-window:].max() - 1)
