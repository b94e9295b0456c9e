"""What a race amounts to at the newest prices: returns, order, catch-up prices. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from divmon.reading.model import Instrument, ValueState
from divmon.reading.race import Lane, Race

BTC = "BTC"
LEVELS = ("rate", "volatility")  # kinds that nobody can hold: told, but not ranked
EIGHTHS = " ▏▎▍▌▋▊▉"


@dataclass(frozen=True)
class Runner:
    """One line of a race. `gone` is the return from the lane's base to `last`."""

    lane: Lane
    kind: str = ""
    decimals: int = 2
    last: float | None = None
    state: ValueState = "missing"

    @property
    def name(self) -> str:
        return self.lane.instrument

    @property
    def gone(self) -> float | None:
        base, last = self.lane.base, self.last
        return None if base is None or last is None else last / base - 1

    @property
    def ranked(self) -> bool:
        return self.kind not in LEVELS and self.gone is not None


def runners(
    race: Race, rows: Mapping[str, Instrument], states: Mapping[str, ValueState]
) -> dict[str, Runner]:
    """Return the lines of a race in the watchlist's order, at the newest prices."""
    found = {}
    for lane in race.lanes:
        row = rows.get(lane.instrument) or Instrument()
        state = states.get(lane.instrument, "missing")
        found[lane.instrument] = Runner(lane, row.kind, row.decimals, row.last, state)
    return found


def standing(found: Mapping[str, Runner]) -> tuple[str, ...]:
    """Return the names by return, highest first, equal ones in the watchlist's order.

    Rates and volatilities come after, then what has no return.
    """

    def key(name: str) -> tuple[int, float]:
        runner = found[name]
        gone = runner.gone
        return (2, 0.0) if gone is None else (0 if runner.ranked else 1, -gone)

    return tuple(sorted(found, key=key))


def catchup(found: Mapping[str, Runner], name: str) -> float | None:
    """Return what BTC would have to trade at to have gone as far as `name`.

    From BTC's own base: the price at which the two returns are equal. None for BTC
    itself, for what is not ranked, and where a base or a price lacks.
    """
    btc, runner = found.get(BTC), found[name]
    if btc is None or btc.lane.base is None or name == BTC or not runner.ranked:
        return None
    assert runner.gone is not None
    return btc.lane.base * (1 + runner.gone)


@dataclass(frozen=True)
class Bar:
    """A bar from zero, in a row of cells: what stands left of the axis and right of it.

    `full` cells, and `edge`, the one that is partly full, "" for none. Of a bar to the
    left the edge stands before the full cells and is to be drawn in reverse, as no block
    grows from the right.
    """

    axis: int  # cells left of the axis; 0: there is none, zero is the left edge
    full: int
    edge: str
    left: bool


def bar(value: float, low: float, high: float, width: int, *, eighths: bool = True) -> Bar:
    """Return the bar of `value` on a scale from `low` to `high`, or to zero, in `width` cells.

    Where something is below zero the axis takes a cell of its own. A bar is at least an
    eighth of a cell long unless the value is 0.
    """
    low, high = min(low, 0.0), max(high, 0.0)
    room = width - (low < 0)
    axis = round(-low / (high - low) * room) if low < 0 else 0
    if low < 0 and room > 1:
        # a cell at least on each side that has a bar
        axis = min(max(axis, 1), room - (high > 0))
    reach, room = (-low, axis) if value < 0 else (high, room - axis)
    steps = 8 if eighths else 1
    if not value or room < 1:
        return Bar(axis, 0, "", value < 0)
    long = max(1, min(room * steps, round(abs(value) / reach * room * steps)))
    full, part = divmod(long, steps)
    edge = EIGHTHS[8 - part if value < 0 else part] if part else ""
    return Bar(axis, full, edge, value < 0)
