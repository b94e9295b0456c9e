"""The whole program on the whole market: real clients, real terminal, only the far end ours."""

import os
import signal
from collections.abc import Iterator

import pytest

from divmon.settings import load
from tests.cli.emulator import Emulator
from tests.cli.test_watch import watching
from tests.standins.market import Market

VENUES = ("coinbase", "kraken", "bitstamp", "binance", "okx")


@pytest.fixture(scope="module")
def market() -> Iterator[Market]:
    with Market(years=3) as market:
        yield market


@pytest.mark.usefixtures("home")
def test_every_row_comes_and_a_venue_that_dies_leaves_and_returns(market: Market) -> None:
    rows = [name for names in load().watchlist.values() for name in names]
    with Emulator("--source", "live", env=market.env) as terminal:
        # the promise is 10 s; a busy machine gets more before this test gives up
        terminal.wait_for("composite of 5 venues")
        terminal.wait_until(
            lambda: all(any(c.isdigit() for c in terminal.line(f" {name} ")) for name in rows)
        )
        assert "SIMULATED" not in terminal.text
        before = terminal.line("since NY close")
        terminal.wait_until(lambda: terminal.line("since NY close") != before)

        market.internet.unreachable = {"ws.kraken.com"}
        market.internet.cut("ws.kraken.com")
        terminal.wait_for("composite of 4 venues")
        assert "kraken ●" not in terminal.line("bitstamp")
        market.internet.unreachable = set()
        terminal.wait_for("composite of 5 venues")


@pytest.mark.usefixtures("home")
def test_two_screens_share_a_watch_survive_its_kill_and_find_the_next(market: Market) -> None:
    with watching(**market.env) as first, Emulator() as one, Emulator() as two:
        for terminal in (one, two):
            terminal.wait_for("composite of 5 venues")

        def agree() -> bool:
            two.read()
            row = one.line(" IWM ")[:90]
            return "—" not in row and row == two.line(" IWM ")[:90]

        one.wait_until(agree)
        os.kill(first.pid, signal.SIGKILL)
        for terminal in (one, two):
            assert terminal.wait_for("engine gone") < 10  # 2 s are promised
            assert " IWM " in terminal.text
        with watching(**market.env):
            for terminal in (one, two):
                terminal.wait_until(terminal.attached)
                terminal.wait_for("composite of 5 venues")
