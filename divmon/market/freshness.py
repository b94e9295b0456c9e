"""How far a price may be trusted right now.

live       of this session, and newer than its source's limit
delayed    the same, from a source that declares a delay
closed     the last price of a session that is over, and nothing newer can exist
stale      older than it should be: a newer price must exist somewhere
missing    there is none
simulated  made up, however new
"""

from dataclasses import dataclass
from typing import Literal

from divmon.market.events import Quote
from divmon.market.sessions import Sessions
from divmon.market.window import Window

ValueState = Literal["live", "delayed", "closed", "stale", "missing", "simulated"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How old prices may be, in seconds."""

    stream_s: float  # since receipt, of what is streamed
    poll_s: float  # between two polls of an open market
    stale_s: float  # beyond poll and declared delay, of what is polled


def age(quote: Quote, now: float) -> float:
    """Return the seconds since the price was made, 0 for one from the future.

    A venue's clock that runs ahead of ours makes nothing younger than its receipt.
    A 24/7 stream is measured from the receipt alone: its venues' clocks may be off
    by more than the seconds that count there.
    """
    made = quote.received_time
    if quote.source != "composite":
        made = min(made, quote.event_time)
    return max(0.0, now - made)


def of_quote(
    quote: Quote, window: Window, now: float, limits: Limits, *, simulated: bool
) -> ValueState:
    """Return the state of a quoted price."""
    if simulated:
        return "simulated"
    old = age(quote, now)
    if window.state == "24/7" and quote.source == "composite":
        return "live" if old <= limits.stream_s else "stale"
    limit = limits.poll_s + limits.stale_s + quote.delay_s
    if window.state != "closed":
        if old > limit:
            return "stale"
        return "delayed" if quote.delay_s > 0 else "live"
    if quote.event_time < window.opened:
        return "stale"  # of an earlier session
    # Seen after the close, or stamped so near to it that nothing can have followed;
    # a price of two o'clock that nobody has asked again is not the close.
    final = quote.received_time >= window.closed + quote.delay_s
    return "closed" if final or quote.event_time >= window.closed - limit else "stale"


def of_close(
    day: int,
    calendar: Sessions,
    window: Window,
    now: float,
    limits: Limits,
    *,
    simulated: bool,
    quoted: bool,
) -> ValueState:
    """Return the state of a completed bar's close that stands in for a quote.

    `quoted`: the source has quotes beside bars, so that in an open market a newer
    price exists; a folder of files has none.
    """
    if simulated:
        return "simulated"
    newest = window.last_closed is not None and day >= window.last_closed
    if newest and (window.state == "closed" or not quoted):
        return "closed"
    closed = calendar.close_of(day)
    fresh = closed is not None and now - closed <= limits.poll_s + limits.stale_s
    return "closed" if fresh else "stale"
