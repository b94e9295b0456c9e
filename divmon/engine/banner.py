"""What stands across the screen while no price on it is real."""

from collections.abc import Iterable

from divmon.market.events import SourceHealth

# as long as a screen of 80 columns is wide
DEMO = "SIMULATED · no price here is real · January 2026 replayed from round numbers"


def offline(sources: Iterable[SourceHealth], now: float) -> str:
    """Say which sources failed, why, and when the first of them is tried again.

    Sources that fail alike are named together: without a network they all do, and
    the line has to fit a screen of 80 columns.
    """
    failing = [source for source in sources if source.state != "ok" and source.reason]
    causes: dict[str, list[str]] = {}
    for source in failing:
        causes.setdefault(source.reason, []).append(source.name)
    tries = [source.next_try for source in failing if source.next_try is not None]
    parts = ["SIMULATED", "no market data"]
    if tries:
        parts.append(f"next try in {max(0.0, min(tries) - now):.0f} s")
    parts += [f"{reason}: {', '.join(names)}" for reason, names in causes.items()]
    return " · ".join(parts)
