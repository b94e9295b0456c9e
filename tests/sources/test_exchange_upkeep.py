"""Connections made anew before the venue does it, and markets that change their names."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from divmon.market.events import Event, MarketEvent
from divmon.sources import ccxt_client
from divmon.sources.exchange_upkeep import (
    HOUR,
    LOOK_EVERY_S,
    POSTPONED_S,
    Renewals,
    Upkeep,
    keep,
    kept,
)
from tests.sources.exchange_stage import Said, running
from tests.sources.test_supervise import HandClock, Stage
from tests.standins.internet import Internet
from tests.standins.venues import Venues

NAMES = ("binance", "coinbase", "kraken", "okx")


# -- when ------------------------------------------------------------------------------


def test_nothing_is_renewed_before_its_time() -> None:
    renewals = Renewals(lambda: 0.5)
    since, well = dict.fromkeys(NAMES, 0.0), dict.fromkeys(NAMES, True)
    assert renewals.due(21.49 * HOUR, since, well) is None
    assert renewals.due(21.51 * HOUR, since, well) == "binance"


def test_one_waits_while_another_is_in_trouble_but_not_for_ever() -> None:
    renewals = Renewals(lambda: 0.0)
    since: dict[str, float | None] = {"kraken": 0.0, "okx": 5 * HOUR}
    well = {"kraken": True, "okx": False}
    assert renewals.due(20 * HOUR, since, well) is None
    assert renewals.due(20 * HOUR + POSTPONED_S - 1, since, well) is None
    assert renewals.due(20 * HOUR + POSTPONED_S, since, well) == "kraken"


def test_one_that_came_back_by_itself_is_planned_anew() -> None:
    renewals = Renewals(lambda: 0.0)
    assert renewals.due(19 * HOUR, {"kraken": 0.0}, {"kraken": True}) is None
    assert renewals.due(21 * HOUR, {"kraken": None}, {"kraken": False}) is None
    assert renewals.due(21 * HOUR, {"kraken": 19.5 * HOUR}, {"kraken": True}) is None


@given(st.lists(st.floats(0, 1), min_size=4, max_size=40), st.data())
def test_over_days_every_connection_is_renewed_in_time_and_never_two_together(
    dice: list[float], data: st.DataObject
) -> None:
    throws = iter(dice * 100)
    renewals = Renewals(lambda: next(throws))
    since: dict[str, float | None] = dict.fromkeys(NAMES, 0.0)
    now, last = 0.0, float("-inf")
    bad_from = data.draw(st.floats(0, 72)) * HOUR
    while now < 72 * HOUR:
        now += LOOK_EVERY_S
        well = dict.fromkeys(NAMES, True)
        if bad_from <= now < bad_from + 2 * HOUR:
            well["okx"] = False
        chosen = renewals.due(now, since, well)
        if chosen is not None:
            made = since[chosen]
            assert made is not None
            assert 20 * HOUR <= now - made <= 23.75 * HOUR
            assert now - last >= LOOK_EVERY_S
            since[chosen] = last = now
    assert all(made is not None and made > 48 * HOUR for made in since.values())


def test_the_minute_differs_from_user_to_user() -> None:
    minutes = set()
    for seed in range(50):
        renewals, now = Renewals(lambda seed=seed: seed / 50), 20 * HOUR  # type: ignore[misc]
        while renewals.due(now, {"kraken": 0.0}, {"kraken": True}) is None:
            now += 60
        minutes.add(now)
    assert len(minutes) > 40


async def test_a_renewal_is_no_failure() -> None:
    from divmon.sources.supervise import Renewal

    stage = Stage(20.0, Renewal(), 20.0)
    await stage.play()
    assert stage.clock.waits == []
    assert stage.events == []
    assert stage.supervisor.reconnects == 0
    assert set(stage.states) <= {"starting", "ok"}


# -- the streams -------------------------------------------------------------------------


def upkeep_of(said: Said) -> Upkeep:
    assert said.source.upkeep is not None
    return said.source.upkeep


async def until_all_tick(said: Said, venues: Venues, price: float) -> None:
    await said.until(lambda: all(venue.watched() for venue in venues))
    await said.until(lambda: venues["kraken"].watched("USDT/USD"))
    venues.tick(price, usdt=1.0)
    for venue in venues:
        await said.until_price(f"{venue.name}:{venue.symbol}", price)
    await said.until_price("kraken:USDT/USD", 1.0)


async def test_an_old_connection_is_made_anew_and_nobody_is_told_of_a_loss(
    internet: Internet, venues: Venues
) -> None:
    async with running(internet) as said:
        await until_all_tick(said, venues, 91_000.0)
        upkeep = upkeep_of(said)
        upkeep.renew()
        assert [venue.dials for venue in venues] == [1] * 5
        for stream in upkeep._streams:
            if stream.venue.exchange == "kraken":
                stream.since -= 23.6 * HOUR  # the same, seen from there, as waiting so long
        upkeep.renew()
        await said.until(lambda: venues["kraken"].dials == 2)
        await until_all_tick(said, venues, 91_001.0)
        assert [venue.dials for venue in venues] == [1, 2, 1, 1, 1]
        assert {health.state for health in said.health.values()} == {"ok"}
        assert {health.reconnects for health in said.health.values()} == {0}
        assert said.events == []
        await said.until(lambda: len(venues["kraken"].sockets) == 1)  # the old one is closed


async def test_venues_of_the_same_age_are_renewed_one_after_the_other(
    internet: Internet, venues: Venues
) -> None:
    async with running(internet, usdt_rate="") as said:
        await said.until(lambda: all(venue.watched() for venue in venues))
        upkeep, price = upkeep_of(said), 91_000.0
        upkeep._renewals = Renewals(lambda: 1.0)  # all due at 23 hours
        for stream in upkeep._streams:
            stream.since -= 23.2 * HOUR
        for done in range(1, 6):
            price += 1
            venues.tick(price)
            for venue in venues:
                await said.until_price(f"{venue.name}:{venue.symbol}", price)
            upkeep.renew()
            upkeep.renew()  # at once again: the one that is away holds the others
            await said.until(lambda done=done: sum(v.dials for v in venues) == 5 + done)  # type: ignore[misc]
            await said.until(lambda: all(venue.watched() for venue in venues))
        assert [venue.dials for venue in venues] == [2] * 5


# -- the lists -----------------------------------------------------------------------------


async def look(said: Said, name: str) -> None:
    upkeep = upkeep_of(said)
    upkeep._list_at = {name: 0.0}
    await upkeep.refresh()


@pytest.mark.parametrize("name", ["coinbase", "kraken", "bitstamp", "binance", "okx"])
async def test_the_venues_own_lists_say_what_ours_says(
    internet: Internet, venues: Venues, name: str
) -> None:
    async with running(internet, usdt_rate="") as said:
        await said.until(lambda: venues[name].watched())
        assert venues[name].requests == []
        await look(said, name)
        assert venues[name].requests != []
        assert said.events == []
        assert venues[name].dials == 1


async def test_a_market_with_another_id_is_taken_over_and_kept(
    internet: Internet, venues: Venues, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binance = venues["binance"]
    file = tmp_path / "cache" / "markets.json"
    async with running(internet, "binance BTC/USDT", usdt_rate="", markets=file) as said:
        await said.until(binance.watched)
        monkeypatch.setattr(binance, "markets", {"BTC/USDT": "BTCUSDT2"})
        await look(said, "binance")
        assert [event.text for event in said.events] == [
            "binance calls BTC/USDT BTCUSDT2 now, was BTCUSDT"
        ]
        await said.until(lambda: binance.dials == 2 and binance.watched())
        binance.tick(91_000.0)
        await said.until_price("binance:BTC/USDT", 91_000.0)
        await look(said, "binance")
        assert len(said.events) == 1
    assert kept(file)["binance"]["BTC/USDT"]["id"] == "BTCUSDT2"
    async with running(internet, "binance BTC/USDT", usdt_rate="", markets=file) as said:
        await said.until(binance.watched)  # the next start begins with it


async def test_a_market_that_is_gone_is_told_once(
    internet: Internet, venues: Venues, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(internet, "okx BTC/USDT", usdt_rate="") as said:
        await said.until(venues["okx"].watched)
        monkeypatch.setattr(venues["okx"], "markets", {"ETH/USDT": "ETH-USDT"})
        monkeypatch.setattr(
            venues["okx"],
            "rest",
            lambda *_: {
                "code": "0",
                "data": [
                    {
                        "instType": "SPOT",
                        "instId": "ETH-USDT",
                        "baseCcy": "ETH",
                        "quoteCcy": "USDT",
                        "state": "live",
                    }
                ],
            },
        )
        await look(said, "okx")
        await look(said, "okx")
        (event,) = said.events
        assert "okx does not list BTC/USDT as trading any more" in event.text
        assert event.severity == "warning"


@pytest.mark.parametrize(("fault", "value"), [("http", 503.0), ("http", 429.0), ("html", 0.0)])
async def test_a_list_that_cannot_be_read_changes_nothing(
    internet: Internet, venues: Venues, fault: str, value: float
) -> None:
    async with running(internet, "okx BTC/USDT", usdt_rate="") as said:
        await said.until(venues["okx"].watched)
        venues["okx"].misbehave(fault, value)  # type: ignore[arg-type]
        await look(said, "okx")
        venues["okx"].heal()
        assert said.events == []
        venues["okx"].tick(91_000.0)
        await said.until_price("okx:BTC/USDT", 91_000.0)
        assert venues["okx"].dials == 1


async def test_a_list_is_due_once_a_day_one_venue_at_a_time() -> None:
    clock = HandClock()
    asked: list[tuple[str, float]] = []

    class Listing(ccxt_client.Exchange):
        def __init__(self, name: str) -> None:
            self.name, self.slim, self.streams = name, {}, []

    said: list[MarketEvent] = []
    upkeep = Upkeep(
        {name: Listing(name) for name in NAMES}, [], said.append, clock, jitter=lambda: 0.5
    )
    for _ in range(3 * 24 * 60):
        before = dict(upkeep._list_at)
        await upkeep.refresh()
        asked += [(n, clock.time) for n in NAMES if upkeep._list_at[n] != before[n]]
        clock.time += 60
    assert all(len([n for n, _ in asked if n == name]) == 3 for name in NAMES)
    times = [at for _, at in asked]
    assert len(set(times)) == len(times)
    assert not [event for event in said if isinstance(event, Event)]


# -- what is kept --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        '{"okx": []}',
        '{"okx": {"BTC/USDT": {"id": "x"}}}',
        '{"okx": {"BTC/USDT": {"id": "\\u001b[2J", "baseId": "BTC", "quoteId": "USDT"}}}',
        '{"okx": {"BTC/USDT": {"id": 7, "baseId": "BTC", "quoteId": "USDT"}}}',
    ],
)
def test_a_file_that_is_not_ours_is_not_believed(text: str, tmp_path: Path) -> None:
    file = tmp_path / "markets.json"
    file.write_text(text)
    assert kept(file) == {}
    ids = {"id": "XBTUSD", "baseId": "XBT", "quoteId": "USD"}
    keep(file, "kraken", "BTC/USD", ids)
    assert json.loads(file.read_text()) == {"kraken": {"BTC/USD": ids}}


def test_a_disk_that_refuses_costs_only_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    keep(tmp_path / "file" / "markets.json", "kraken", "BTC/USD", {})
    assert kept(tmp_path / "file" / "markets.json") == {}
