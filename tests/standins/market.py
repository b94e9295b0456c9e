"""The whole market on loopback: five exchanges, Yahoo and FRED."""

from datetime import UTC, datetime
from typing import Self

from divmon import settings
from tests.standins import fred, yahoo
from tests.standins.internet import Internet
from tests.standins.venues import Venues

PRICE = 91_042.0


class Market:
    """Everything that divmon asks with its default settings. Random walks, no real price."""

    def __init__(self, years: int = 10, per_second: float = 2.0) -> None:
        self.per_second = per_second  # trades at each venue; 0: none but what is made by hand
        self.internet = Internet()
        self.venues = Venues(self.internet)
        self.yahoo = yahoo.Yahoo()
        self.fred = fred.Fred()
        self.yahoo.join(self.internet)
        self.fred.join(self.internet)
        yahoo.universe(self.yahoo, settings.load(), years)
        fred.universe(self.fred, datetime.now(UTC).date(), years)

    @property
    def env(self) -> dict[str, str]:
        """The variables that lead divmon here."""
        return self.internet.env

    def __enter__(self) -> Self:
        self.internet.start()
        if self.per_second:
            self.venues.walk(PRICE, self.per_second)
        return self

    def __exit__(self, *_: object) -> None:
        self.internet.stop()
