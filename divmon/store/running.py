"""The bar that is not over yet, kept by the tick."""

from divmon.indicators.series import Daily
from divmon.market.events import Quote
from divmon.market.sessions import Sessions
from divmon.reading.live import RunningBar


def session_of(calendar: Sessions, event_time: float) -> int | None:
    """Return the day of the newest session that had begun at `event_time`.

    A price stamped after the close belongs to the session that has just ended.
    """
    return calendar.last_opened(event_time)


def advance(
    bar: RunningBar | None, quote: Quote, day: int, history: Daily | None
) -> RunningBar | None:
    """Return the running bar after `quote`, whose session or UTC day is `day`.

    The open comes from the quote where the source tells it, else from the bar that
    runs already, else from the history when its last bar is of this day. Without
    any of them there is no running bar: an open that is guessed would colour the
    candle. High and low never shrink within a day.
    """
    price = quote.price
    if bar is not None and day < bar.day:
        return bar
    known = bar if bar is not None and bar.day == day else None
    if known is None and history is not None and len(history.day) and history.day[-1] == day:
        known = RunningBar(
            day,
            float(history.open[-1]),
            float(history.high[-1]),
            float(history.low[-1]),
            float(history.close[-1]),
        )
    first = quote.open or (known.open if known else None)
    if first is None:
        return None
    highs = [price, first, quote.high or price, known.high if known else price]
    lows = [price, first, quote.low or price, known.low if known else price]
    return RunningBar(day, first, max(highs), min(lows), price)
