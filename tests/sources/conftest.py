"""The venues on loopback, one internet for the tests of a module."""

from collections.abc import Iterator

import pytest

from tests.standins.internet import Internet
from tests.standins.venues import Venues


@pytest.fixture(scope="module")
def market() -> Iterator[tuple[Internet, Venues]]:
    internet = Internet()
    venues = Venues(internet)
    with internet:
        yield internet, venues


@pytest.fixture
def internet(market: tuple[Internet, Venues]) -> Iterator[Internet]:
    internet = market[0]
    yield internet
    internet.unreachable.clear()
    internet.blackholes.clear()
    internet.frozen.clear()


@pytest.fixture
def venues(market: tuple[Internet, Venues]) -> Venues:
    market[1].reset()
    return market[1]
