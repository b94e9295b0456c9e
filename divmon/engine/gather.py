"""Wait until an engine knows what it can know now, and say which required source failed."""

import asyncio

from divmon.engine.core import Engine
from divmon.reading.model import Reading
from divmon.settings import Settings

POLL = 0.05  # seconds between two looks


async def gather(engine: Engine, wait: float) -> Reading | None:
    """Run `engine` until every source has answered or failed, `wait` seconds at most.

    Returns:
        The Reading of that moment, or None when not even a bar has arrived.
    """
    running = asyncio.ensure_future(engine.run())
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait
    try:
        while loop.time() < deadline and not running.done() and not complete(engine):
            await asyncio.wait([running], timeout=POLL)
        if running.done():
            running.result()
        return engine.reading
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def complete(engine: Engine) -> bool:
    """Tell whether nothing more is to be expected for a first Reading.

    A finite source is complete when it has ended; a live one when each venue ticks
    or says why not, each instrument has bars and a quote, each macro series has
    points, or their source says why not.
    """
    board = engine.board
    if engine.finished.is_set() and board.store.empty:
        return True
    if not board.settled:
        return False
    if engine.finished.is_set():
        return True
    store, settings = board.store, engine.settings
    history = store.history()
    said = {name for name, health in store.health.items() if health.state != "starting"}
    failed = {name for name in said if store.health[name].state != "ok"}
    venues = store.live(board.clock.now()).venues
    venues_ready = all(venue.used or name in failed for name, venue in venues.items())
    yahoo_ready = "yahoo" in failed or all(
        name in history.daily and (name in store.quotes)
        for name, instrument in settings.instruments.items()
        if instrument.yahoo
    )
    fred_ready = "fred" in failed or all(name in history.macro for name in settings.fred.series)
    return venues_ready and yahoo_ready and fred_ready


def failed_required(reading: Reading | None, settings: Settings) -> list[str]:
    """Return the names in `[general] required` that did not deliver."""
    if reading is None:
        return list(settings.general.required)
    if reading.source not in ("live", "auto"):
        return []
    return [name for name in settings.general.required if not _delivered(name, reading)]


def _delivered(name: str, reading: Reading) -> bool:
    if name == "btc":
        btc = reading.instruments.get("BTC")
        return btc is not None and any(venue.used for venue in btc.venues.values())
    health = reading.sources.get(name)
    return health is not None and health.state == "ok"
