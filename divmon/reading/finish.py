"""The last step of a Reading: what is said about it."""

from msgspec.structs import replace

from divmon.indicators.align import Grid
from divmon.market.sessions import day_number
from divmon.reading.catchup import anchors, catchup
from divmon.reading.claims import claims
from divmon.reading.cross import Cross
from divmon.reading.model import Claim, Reading
from divmon.reading.narrative import sentence


def finish(reading: Reading, cross: Cross, grid: Grid, own: tuple[Claim, ...] = ()) -> Reading:
    """Return `reading` with its catch-up prices, ledger, claims and sentence.

    Everything here follows from the confirmed values of the Reading itself, so that
    whoever holds one can check what it says. O(1) in the length of history.
    """
    btc = reading.instruments.get("BTC")
    wall = btc.wall if btc is not None else None
    above = wall.last_close_above if wall is not None else None
    return replace(
        reading,
        catchup=catchup(
            grid, anchors(grid, cross.last_alert, None if above is None else day_number(above))
        ),
        ledger=cross.ledger,
        claims=(*claims(reading), *own),
        sentence=sentence(reading),
    )
