"""Random markets for Hypothesis."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from divmon.indicators.series import Days, Floats


@dataclass(frozen=True, eq=False)
class Candles:
    """Bars of shape (n,) on consecutive days, their ranges consistent."""

    day: Days
    open: Floats
    high: Floats
    low: Floats
    close: Floats

    def __len__(self) -> int:
        return len(self.day)

    def __repr__(self) -> str:
        bars = zip(self.open, self.high, self.low, self.close, strict=True)
        return f"Candles({[tuple(map(float, bar)) for bar in bars]})"

    def head(self, n: int) -> "Candles":
        return Candles(self.day[:n], self.open[:n], self.high[:n], self.low[:n], self.close[:n])

    def times(self, factor: float) -> "Candles":
        prices = (factor * column for column in (self.open, self.high, self.low, self.close))
        return Candles(self.day, *prices)


FIRST = 19_000  # 8 January 2022


@st.composite
def candles(draw: st.DrawFn, least: int = 1, most: int = 80) -> Candles:
    """Draw bars whose moves are even basis points: ties and equal highs are common.

    From bytes, since a list of as many integers takes ten times as long to draw.
    """
    n = draw(st.integers(least, most))
    drawn = np.frombuffer(draw(st.binary(min_size=4 * n, max_size=4 * n)), dtype=np.int8)
    move = np.where(np.abs(drawn.astype(np.int64)) < 20, 0, drawn).reshape(4, n) / 5_000
    close = np.asarray(100 * np.cumprod(1 + move[0]), dtype=np.float64)
    open_ = np.append(100.0, close[:-1]) * (1 + move[1] / 10)
    high = np.maximum(open_, close) * (1 + np.abs(move[2]))
    low = np.minimum(open_, close) * (1 - np.abs(move[3]))
    return Candles(np.arange(FIRST, FIRST + n), open_, high, low, close)


signs = st.lists(st.sampled_from([-1, 0, 1]), max_size=60)
# a power of two moves no bit of a mantissa, so laws hold exactly
exact_factors = st.integers(-8, 8).map(lambda power: 2.0**power)
factors = st.floats(0.001, 1000)
