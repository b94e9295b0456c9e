"""Where each panel of the board stands, of the size and of what is asked for. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from textual.geometry import Region

SMALLEST = (40, 10)
LOWER = ("streaks", "rotation", "liquidity", "claims")
# All panels in the order of the board by size, which is the order of Tab.
ALL = ("btc", "abc", "markets", *LOWER, "events")
WIDE = 160  # columns from which the four lower panels stand side by side


class Least(NamedTuple):
    """Cells below which a panel is not worth its place, and lines at which it is content."""

    width: int
    height: int
    good: int


LEAST = {
    "btc": Least(54, 2, 15),
    "abc": Least(46, 5, 15),
    "markets": Least(40, 3, 10),
    "streaks": Least(44, 5, 13),
    "rotation": Least(36, 7, 13),
    "liquidity": Least(44, 5, 13),
    "claims": Least(44, 4, 13),
    "events": Least(40, 1, 7),
    "glance": Least(40, 4, 12),
}
# Neighbours of one kind share a row where it is wide enough for them.
KINDS = (("btc", "abc"), LOWER)


@dataclass(frozen=True)
class Wants:
    """What decides beside the size: lines of the state, a banner or none, rows of the table."""

    state: int = 2
    banner: bool = False
    rows: int = 0


@dataclass(frozen=True)
class Board:
    """Where panels stand, by name; `shared` are those of one place, of which one is seen."""

    places: dict[str, Region] = field(default_factory=dict)
    shared: tuple[str, ...] = ()


@dataclass
class _Band:
    """Panels side by side over the full width, or all in one place."""

    names: tuple[str, ...]
    height: int
    good: int = 0
    shared: bool = False


def arrange(panels: tuple[str, ...], width: int, height: int, wants: Wants) -> Board:
    """Return where everything stands on a screen of at least SMALLEST.

    Args:
        panels: Names in their order, the first one to be the largest; none: all, by size.
        width: Of the screen.
        height: Of the screen.
        wants: What else decides.

    Returns:
        Places that do not overlap and fill the screen, the edges among them. Of panels
        that share one place, each has it.
    """
    places = {"state": Region(0, 0, width, wants.state)}
    top = wants.state
    if wants.banner:
        places["banner"] = Region(0, top, width, 1)
        top += 1
    places["sources"] = Region(0, height - 2, width, 1)
    places["keys"] = Region(0, height - 1, width, 1)
    room = height - 2 - top
    bands = _chosen(panels, width, room, wants) if panels else _by_size(width, room, wants)
    shared: tuple[str, ...] = ()
    for band in bands:
        if band.shared:
            shared = band.names
            places |= dict.fromkeys(band.names, Region(0, top, width, band.height))
        else:
            left = 0
            for name, cells in zip(band.names, _widths(band.names, width), strict=True):
                places[name] = Region(left, top, cells, band.height)
                left += cells
        top += band.height
    return Board(places, shared)


def _by_size(width: int, room: int, wants: Wants) -> list[_Band]:
    """Return the bands of the board by size: first what must be there, then what is left over."""
    if width < 100 or room < 24:
        return _narrow(width, room, wants)
    wide = width >= WIDE
    top = _Band(("btc", "abc"), 9)
    table = _Band(("markets",), 5)
    lower = _Band(LOWER, 7, shared=not wide)
    events = _Band(("events",), 1)
    content = wants.rows + 3
    return _filled(
        [top, table, lower, events],
        room,
        [
            (table, 10), (top, 11), (table, content), (lower, 10), (top, 15), (lower, 13),
            (events, 7), (top, 22), (lower, 17), (events, 12), (top, 30), (lower, 22),
        ],
        table,
    )  # fmt: skip


def _narrow(width: int, room: int, wants: Wants) -> list[_Band]:
    """Bitcoin in bare lines and the table; more only where the terminal is tall."""
    tall = room >= 14 and width >= 76
    btc = _Band(("btc",), 3 if tall else 2)
    table = _Band(("markets",), min(5, room - btc.height - tall))
    bands = [btc, table]
    content = wants.rows + (3 if width >= 100 else 1)
    lower = _Band(LOWER, 0, shared=True)
    events = _Band(("events",), 1 if tall else 0)
    steps = [(table, content)]
    spare = room - btc.height - events.height - content
    if width >= 44 and spare >= 9:
        bands.append(lower)
        steps += [(lower, 9), (btc, 10), (lower, 13), (events, 5), (btc, 15)]
    elif width >= 60 and spare >= 6:
        steps += [(btc, 15)]
    if events.height or len(bands) > 2:
        bands.append(events)
    bands = _filled(bands, room, steps, table)
    return [band for band in bands if band.height]


def _chosen(panels: tuple[str, ...], width: int, room: int, wants: Wants) -> list[_Band]:
    """Return the bands of panels in a chosen order; those that find no room share a place."""
    bands = [
        _Band(names, max(LEAST[name].height for name in names), _good(names, width, wants))
        for names in _rows(panels, width)
    ]
    while len(bands) > 1 and sum(band.height for band in bands) > room:
        last, before = bands.pop(), bands.pop()
        names = (*before.names, *last.names)
        good = max(before.good, last.good)
        bands.append(_Band(names, max(LEAST[n].height for n in names), good, shared=True))
    first, *others = bands
    if not others:
        first.height = room
        return bands
    half = min((room + 1) // 2, first.good) if first.names == ("markets",) else (room + 1) // 2
    steps = [(first, half), *((band, band.good) for band in others)]
    if first.names == ("markets",):
        return _filled(bands, room, [*steps, (first, first.good)], others[-1])
    return _filled(bands, room, steps, first)


def _rows(panels: Iterable[str], width: int) -> list[tuple[str, ...]]:
    """Put neighbours of one kind into one row while it is wide enough."""
    rows: list[tuple[str, ...]] = []
    for name in panels:
        kind = next((each for each in KINDS if name in each), ())
        longer = (*rows[-1], name) if rows else ()
        if longer and rows[-1][-1] in kind and sum(LEAST[n].width for n in longer) <= width:
            rows[-1] = longer
        else:
            rows.append((name,))
    return rows


def _good(names: tuple[str, ...], width: int, wants: Wants) -> int:
    if names == ("markets",):
        return wants.rows + (3 if width >= 100 else 1)
    return max(LEAST[name].good for name in names)


def _filled(
    bands: list[_Band], room: int, steps: Iterable[tuple[_Band, int]], rest: _Band
) -> list[_Band]:
    """Raise bands step by step, each to a height, while there is room; `rest` takes the rest."""
    left = room - sum(band.height for band in bands)
    for band, height in steps:
        more = max(0, min(left, height - band.height))
        band.height += more
        left -= more
    rest.height += left
    return bands


def _widths(names: tuple[str, ...], width: int) -> list[int]:
    """Share a row: the score stands small beside Bitcoin, else all are alike."""
    if names == ("btc", "abc"):
        score = max(46, min(80, width * 3 // 8))
        return [width - score, score]
    share, more = divmod(width, len(names))
    return [share + (n < more) for n in range(len(names))]
