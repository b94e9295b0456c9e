"""A loopback Yahoo, a clock moved by hand, and the real source between them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from divmon import settings as settings_of
from divmon.settings import Settings
from divmon.sources import network
from divmon.sources.base import LastBar
from divmon.sources.yahoo import YahooSource
from tests.sources.by_hand import HandClock, Stage
from tests.standins.internet import Internet
from tests.standins.yahoo import Yahoo, universe


def _forget_yfinance() -> None:
    """Make the next source a process's first: yfinance keeps cookie and crumb for all."""
    if (data := sys.modules.get("yfinance.data")) is not None:
        data.SingletonMeta._instances.clear()


class Market:
    """What the tests of a module share: servers start once, data begin anew each time."""

    def __init__(self, internet: Internet, yahoo: Yahoo) -> None:
        self.internet = internet
        self.yahoo = yahoo
        self.defaults = settings_of.load()
        self.settings = self.defaults
        self.clock = HandClock(0.0)
        self.source: YahooSource

    def begin(self, now: float) -> None:
        """Forget the last test; the clock stands at `now`."""
        yahoo = self.yahoo
        yahoo.heal()
        yahoo.listed.clear()
        yahoo.requests.clear()
        yahoo.counts.clear()
        self.clock = HandClock(now)
        yahoo.now = self.clock.now
        self.settings = self.defaults
        _forget_yfinance()

    def universe(self, *names: str, years: int = 1, hourly: bool = False) -> Settings:
        """Have these instruments alone, with a wandering history."""
        wanted = {
            name: msgspec.structs.replace(one, hourly=one.hourly and hourly)
            for name, one in self.defaults.instruments.items()
            if name in names
        }
        self.settings = msgspec.structs.replace(self.defaults, instruments=wanted)
        universe(self.yahoo, self.settings, years=years)
        return self.settings

    def stage(
        self,
        settings: Settings | None = None,
        *,
        last_bar: LastBar = lambda _series, _interval: None,
        read_timeout_s: float = 20.0,
        jitter: float = 0.2,  # with 0 the supervisor would not wait at all
    ) -> Stage:
        settings = settings or self.settings
        quick = msgspec.structs.replace(
            settings.network,
            read_timeout_s=read_timeout_s,
            connect_timeout_s=read_timeout_s,
        )
        self.source = YahooSource(
            settings,
            network.load(quick, self.internet.env),
            self.clock,
            last_bar,
            jitter=lambda: jitter,
        )
        return Stage(self.source, self.clock, lambda: self.source.pool.idle)


@contextmanager
def served() -> Iterator[Market]:
    internet, yahoo = Internet(), Yahoo()
    yahoo.join(internet)
    with internet:
        yield Market(internet, yahoo)
