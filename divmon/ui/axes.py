"""Round values for a price axis, and the days and hours that stand under a chart. Pure."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from math import ceil, floor, log10

from divmon.ui.bars import Plotted
from divmon.ui.words import day, month, month_of_year

WIDE = 4.0  # times; from here on even steps say little on a logarithmic scale
TICK = 10  # cells that a name and the space about it take


def levels(low: float, high: float, count: int, *, logarithmic: bool = False) -> list[float]:
    """Return round values from `low` to `high`: steps of 1, 2 or 5, at most about `count`.

    On a logarithmic scale over several octaves 1, 2, 5, 10, 20 ... themselves.
    """
    if high <= low:
        return [low]
    if logarithmic and low > 0 and high / low >= WIDE:
        first, last = floor(log10(low)), ceil(log10(high))
        for heads in ((1, 2, 5), (1,)):
            found = [_round(head, power) for power in range(first, last + 1) for head in heads]
            found = [value for value in found if low <= value <= high]
            if 2 <= len(found) <= count + 2:
                return found
    finer: list[float] = []
    power = floor(log10((high - low) / count))
    while True:
        for head in (1, 2, 5):
            step = _round(head, power)
            begin, end = ceil(low / step - 1e-9), floor(high / step + 1e-9)
            if end - begin < count:
                found = [_round(head * n, power) for n in range(begin, end + 1)]
                return found if len(found) > 1 or not finer else finer
            finer = [_round(head * n, power) for n in range(begin, end + 1)]
        power += 1


def _round(head: int, power: int) -> float:
    """Return head x 10^power, without the dust of a product of floats."""
    return float(head * 10**power) if power >= 0 else head / 10**-power


def decimals_of(values: Sequence[float]) -> int:
    """Return the decimals that write every value exactly, up to six."""
    return next((n for n in range(6) if all(round(each, n) == each for each in values)), 6)


def ticks(plotted: Plotted, cells: int) -> tuple[list[float], list[str]]:
    """Return where names stand under a chart of `cells` cells, and the names.

    They stand on the first bar of each hour, day, week, month or year, whichever there
    is room for; a year begins with its number.
    """
    if not plotted.time:
        return [], []
    wanted = max(2, cells // TICK)
    if plotted.counted:
        return _counts(plotted, wanted)
    times = [datetime.fromtimestamp(time, UTC) for time in plotted.time]
    lasts = plotted.time[-1] - plotted.time[0]
    for key, name, seconds in _HOURS + _DAYS if plotted.hourly else _DAYS:
        if lasts > 2 * wanted * seconds:
            continue  # far too many: not worth looking at 10,000 bars
        keys = [key(time) for time in times]
        # of the first week or month only a part is there
        found = [0] if seconds == (HOUR if plotted.hourly else DAY) else []
        found += [n for n in range(1, len(keys)) if keys[n] != keys[n - 1]]
        if len(found) <= wanted:
            return [float(n) for n in found], [name(times[n]) for n in found]
    return [], []


def _of_hour(time: datetime) -> str:
    return f"{time:%H:%M}" if time.hour else _of_day(time)


def _of_day(time: datetime) -> str:
    return day(time.date())


def _of_month(time: datetime) -> str:
    name = month(time.date())
    return month_of_year(time.date()) if time.month == 1 else name


def _of_year(time: datetime) -> str:
    return f"{time.year}"


HOUR, DAY, YEAR = 3600, 86_400, 365 * 86_400
Unit = tuple[Callable[[datetime], object], Callable[[datetime], str], int]
# What bars have in common between two names, the name, and about how many seconds it is.
_HOURS: tuple[Unit, ...] = (
    (lambda time: time, _of_hour, HOUR),
    (lambda time: (time.date(), time.hour // 3), _of_hour, 3 * HOUR),
    (lambda time: (time.date(), time.hour // 6), _of_hour, 6 * HOUR),
    (lambda time: (time.date(), time.hour // 12), _of_hour, 12 * HOUR),
)
_DAYS: tuple[Unit, ...] = (
    (lambda time: time.date(), _of_day, DAY),
    (lambda time: time.isocalendar()[:2], _of_day, 7 * DAY),
    (lambda time: (time.year, time.month), _of_month, YEAR // 12),
    (lambda time: (time.year, (time.month - 1) // 3), _of_month, YEAR // 4),
    (lambda time: time.year, _of_year, YEAR),
    (lambda time: time.year // 2, _of_year, 2 * YEAR),
    (lambda time: time.year // 5, _of_year, 5 * YEAR),
    (lambda time: time.year // 10, _of_year, 10 * YEAR),
    (lambda time: time.year // 50, _of_year, 50 * YEAR),
)


def _counts(plotted: Plotted, wanted: int) -> tuple[list[float], list[str]]:
    at = [
        min(range(len(plotted.time)), key=lambda n: abs(plotted.time[n] - level))
        for level in levels(0, plotted.time[-1], wanted)
    ]
    return [float(n) for n in at], [f"{plotted.time[n]}" for n in at]
