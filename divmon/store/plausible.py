"""A price that cannot be right until it has been said twice."""

from divmon.market.events import Event, Quote

MOVE = 0.25
"""Against the last close. Yahoo has served ^RUT and ^VIX near zero, zeros at the open
and prices a hundredfold; a real index has never moved so far in a session since 1987."""

AGREE = 0.05  # the two readings may differ by so much and still be of one mind


class SecondReading:
    """Holds back quotes that are more than `MOVE` away from the last close.

    The same price with the same stamp, repeated by a cache, is not a second reading.
    """

    def __init__(self) -> None:
        self._held: dict[str, Quote] = {}

    def accepts(self, quote: Quote, close: float | None) -> bool:
        """Tell whether `quote` may be shown, `close` being the last close or None."""
        if close is None or abs(quote.price / close - 1) <= MOVE:
            self._held.pop(quote.instrument, None)
            return True
        first = self._held.get(quote.instrument)
        if first is not None and quote.event_time <= first.event_time:
            return False
        self._held[quote.instrument] = quote
        return first is not None and abs(quote.price / first.price - 1) <= AGREE

    def event(self, quote: Quote, close: float) -> Event:
        """Return what to tell about a quote that was held back."""
        return Event(
            time=quote.received_time,
            kind="bad_tick",
            subject=quote.instrument,
            text=(
                f"{quote.instrument}: {quote.source} said {quote.price:,.2f}, "
                f"{quote.price / close - 1:+.0%} from the last close; "
                "not used without a second reading"
            ),
            severity="notice",
            data={"price": quote.price, "close": close},
        )
