"""Simple returns over bars and over calendar months and years."""

from dataclasses import dataclass

import numpy as np

from divmon.indicators.series import Days, Floats
from divmon.market.sessions import day_number, day_of

BARS = (1, 5, 20, 60, 120)
KEYS = (*map(str, BARS), "mtd", "ytd", "year")


@dataclass(frozen=True, slots=True, eq=False)
class Bases:
    """What a price of `day` is compared with, so that a tick costs a few divisions."""

    day: int
    close: dict[str, float | None]  # 1 5 20 60 120 mtd ytd
    year: float | None  # return of the last complete calendar year, whatever the price

    def to(self, price: float) -> dict[str, float | None]:
        """Return the simple returns from every base to `price`."""
        found = {
            key: None if base is None else price / base - 1 for key, base in self.close.items()
        }
        found["year"] = self.year
        return found


def bases(day: Days, close: Floats, at: int) -> Bases:
    """Find the bases for a price of the session or day `at`.

    Args:
        day: Dates of completed bars, days since 1970-01-01, ascending, shape (n,).
        close: Their closes, shape (n,).
        at: The price's own date: that of the last bar (its own close), or of a later,
            running one. Bars from `at` on are not used.

    Returns:
        None for each base that the series does not reach back to.
    """
    n = int(np.searchsorted(day, at))  # bars before the price's own
    found: dict[str, float | None] = {
        str(back): float(close[n - back]) if n >= back else None for back in BARS
    }
    date = day_of(at)
    month, year = date.replace(day=1), date.replace(month=1, day=1)
    found["mtd"] = _last_before(day, close, n, day_number(month))
    found["ytd"] = _last_before(day, close, n, day_number(year))
    start = _last_before(day, close, n, day_number(year.replace(year=year.year - 1)))
    end = found["ytd"]
    complete = None if start is None or end is None else end / start - 1
    return Bases(at, found, complete)


def _last_before(day: Days, close: Floats, n: int, first: int) -> float | None:
    """Return the last close before the day `first`, among the first `n` bars."""
    at = int(np.searchsorted(day[:n], first)) - 1
    return float(close[at]) if at >= 0 else None
