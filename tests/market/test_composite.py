"""The composite: no single venue can bend it, and it says who is out and why."""

from itertools import permutations

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from divmon import settings
from divmon.market.composite import Composite, CompositeReading
from divmon.market.events import Quote

NOW = 1_769_000_000.0
NAMES = ["coinbase", "kraken", "bitstamp", "binance", "okx"]


def quote(
    source: str, price: float, at: float = NOW, currency: str = "USD", lag: float = 0.0
) -> Quote:
    return Quote("BTC", source, price, at - lag, at, currency)


def rate(price: float, at: float = NOW) -> Quote:
    return Quote("USDT", "kraken", price, at, at)


def composite_of(prices: dict[str, float], **rules: float) -> tuple[Composite, CompositeReading]:
    composite = Composite(**rules)  # type: ignore[arg-type]  # `expected` is not among them
    for source, price in prices.items():
        composite.update(quote(source, price))
    return composite, composite.value(NOW)


def used(reading: CompositeReading) -> set[str]:
    return {name for name, venue in reading.venues.items() if venue.used}


sane = st.floats(91_000 * 0.96, 91_000 * 1.04)
markets = st.dictionaries(st.sampled_from(NAMES), sane, min_size=1)


def test_nothing_heard_is_nothing_said() -> None:
    reading = Composite(expected={"kraken": "USD"}).value(NOW)
    assert reading.price is None
    assert (reading.degraded, reading.used, reading.spread_bp) == (True, 0, None)
    assert reading.venues["kraken"].reason == "no price yet"


def test_the_users_rules_and_venues() -> None:
    composite = Composite.of(settings.load().exchanges)
    assert not composite.has("kraken")
    reading = composite.value(NOW)
    assert {name: venue.currency for name, venue in reading.venues.items()} == {
        "coinbase": "USD",
        "kraken": "USD",
        "bitstamp": "USD",
        "binance": "USDT",
        "okx": "USDT",
    }
    composite.update(quote("kraken", 91_000.0))
    assert composite.has("kraken")


def test_the_median_of_three() -> None:
    _, reading = composite_of({"coinbase": 91_000.0, "kraken": 91_010.0, "bitstamp": 91_040.0})
    assert reading.price == 91_010.0
    assert reading.used == 3
    assert not reading.degraded
    assert reading.spread_bp == pytest.approx(40 / 91_000 * 1e4)
    assert reading.venues["kraken"].deviation_bp == pytest.approx(-10 / 91_020 * 1e4)


def test_one_venue_is_a_price_but_degraded() -> None:
    _, reading = composite_of({"kraken": 91_000.0})
    assert (reading.price, reading.degraded, reading.spread_bp) == (91_000.0, True, None)
    assert reading.venues["kraken"].deviation_bp is None


def test_a_stale_venue_leaves_and_says_since_when() -> None:
    composite = Composite(fresh_s=5.0)
    composite.update(quote("kraken", 91_000.0, NOW - 12))
    composite.update(quote("coinbase", 91_100.0))
    reading = composite.value(NOW)
    assert used(reading) == {"coinbase"}
    assert reading.venues["kraken"].reason == "stale 12 s"
    assert reading.venues["kraken"].age_s == 12
    assert reading.received_time == NOW


def test_a_fresh_receipt_does_not_make_an_old_price_fresh() -> None:
    composite = Composite()
    composite.update(quote("kraken", 91_000.0, lag=40.0))
    reading = composite.value(NOW)
    assert reading.price is None
    assert reading.venues["kraken"].reason == "stale 40 s"


def test_a_venue_whose_clock_runs_ahead_is_not_younger_than_our_receipt() -> None:
    composite = Composite()
    composite.update(quote("kraken", 91_000.0, NOW - 6, lag=-30.0))
    assert composite.value(NOW).venues["kraken"].reason == "stale 6 s"


def test_a_venue_that_is_off_leaves_and_returns_well_inside_the_band() -> None:
    composite, _ = composite_of({"coinbase": 100.0, "bitstamp": 100.0, "kraken": 100.0})
    steps = [(100.49, True), (100.62, False), (100.4, False), (100.26, False), (100.24, True)]
    for price, is_used in steps:
        composite.update(quote("kraken", price))
        venue = composite.value(NOW).venues["kraken"]
        assert venue.used is is_used, price
        assert venue.price == price
    composite.update(quote("kraken", 100.49))
    assert composite.value(NOW).venues["kraken"].used


def test_the_reason_counts_the_basis_points() -> None:
    _, reading = composite_of({"coinbase": 100.0, "bitstamp": 100.0, "kraken": 100.62})
    assert reading.venues["kraken"].reason == "62 bp off"
    assert reading.venues["kraken"].deviation_bp == pytest.approx(62)
    assert reading.price == 100.0


def test_two_that_differ_both_count() -> None:
    _, reading = composite_of({"coinbase": 100.0, "kraken": 101.0})
    assert (reading.price, reading.used) == (100.5, 2)
    assert reading.spread_bp == pytest.approx(100)


def test_an_excluded_venue_stays_out_when_the_third_goes_stale() -> None:
    composite = Composite()
    composite.update(quote("bitstamp", 100.0, NOW - 4))
    composite.update(quote("coinbase", 100.0))
    composite.update(quote("kraken", 101.0))
    assert used(composite.value(NOW)) == {"bitstamp", "coinbase"}
    later = composite.value(NOW + 2)
    assert used(later) == {"coinbase"}
    assert later.venues["kraken"].reason == "100 bp off"
    assert later.degraded


@pytest.mark.parametrize("absurd", [0.01, 80_000.0, 101_000.0, 1e9])
def test_a_bad_tick_is_counted_and_not_used(absurd: float) -> None:
    composite, _ = composite_of({"coinbase": 91_000.0, "kraken": 91_000.0, "bitstamp": 91_000.0})
    assert "kraken" in str(composite.update(quote("kraken", absurd)))
    reading = composite.value(NOW)
    assert reading.price == 91_000.0
    assert reading.venues["kraken"].price == 91_000.0  # what it said before
    assert reading.bad_ticks == {"kraken": 1}
    assert composite.update(quote("kraken", 91_010.0)) is None


def test_of_two_venues_the_one_that_jumped_is_doubted() -> None:
    composite, _ = composite_of({"coinbase": 91_000.0, "kraken": 91_000.0})
    assert composite.update(quote("kraken", 912_000.0)) == (
        "kraken: 912,000.00 is +902% off the other venues"
    )
    assert composite.update(quote("coinbase", 91_001.0)) is None
    assert composite.value(NOW).price == 91_000.5


def test_a_liar_that_came_first_does_not_keep_the_others_out() -> None:
    _, reading = composite_of({"kraken": 912_000.0, "coinbase": 91_000.0, "bitstamp": 91_002.0})
    assert used(reading) == {"coinbase", "bitstamp"}
    assert reading.price == 91_001.0
    assert reading.venues["kraken"].reason == "902% off"


def test_of_two_strangers_that_differ_wildly_none_is_believed() -> None:
    composite, reading = composite_of({"kraken": 912_000.0, "coinbase": 91_000.0})
    assert reading.price is None
    assert reading.venues["kraken"].reason == "902% off coinbase, cannot tell which is right"
    composite.update(quote("bitstamp", 91_000.0))
    assert composite.value(NOW).price == 91_000.0


def test_when_the_whole_market_jumps_the_venues_confirm_one_another() -> None:
    composite, _ = composite_of(dict.fromkeys(NAMES[:3], 100.0))
    at = NOW + 1
    assert composite.update(quote("coinbase", 88.0, at)) is not None
    assert composite.update(quote("kraken", 88.0, at)) is None
    assert composite.update(quote("bitstamp", 88.0, at)) is None
    assert composite.update(quote("coinbase", 88.0, at)) is None
    assert composite.value(at).price == 88.0


def test_usdt_is_converted_by_the_live_rate() -> None:
    composite = Composite()
    composite.usdt(rate(0.999))
    composite.update(quote("coinbase", 91_000.0))
    composite.update(quote("binance", 91_091.0, currency="USDT"))
    reading = composite.value(NOW)
    assert reading.venues["binance"].usd == pytest.approx(91_091 * 0.999)
    assert reading.used == 2
    assert reading.usdt_premium_bp == pytest.approx(10)


def test_without_a_fresh_rate_usdt_venues_are_shown_and_not_used() -> None:
    composite = Composite(usdt_fresh_s=60.0)
    composite.usdt(rate(0.999, NOW - 61))
    composite.update(quote("coinbase", 91_000.0))
    composite.update(quote("okx", 91_091.0, currency="USDT"))
    reading = composite.value(NOW)
    okx = reading.venues["okx"]
    assert (okx.price, okx.usd, okx.used, okx.reason) == (91_091.0, None, False, "no USDT rate")
    assert reading.usdt_premium_bp == pytest.approx(10)
    assert reading.degraded


def test_an_absurd_rate_is_counted_and_not_used() -> None:
    composite = Composite()
    composite.usdt(rate(1.0))
    assert "-50% off the last rate" in str(composite.update(rate(0.5)))
    composite.update(quote("okx", 91_000.0, currency="USDT"))
    assert composite.value(NOW).price == 91_000.0
    assert composite.value(NOW).bad_ticks == {"kraken": 1}
    later = NOW + 61  # the old rate is stale: nothing contradicts the new one
    assert composite.usdt(rate(0.5, later)) is None


def test_an_excluded_usdt_venue_does_not_bend_the_premium() -> None:
    composite = Composite()
    composite.usdt(rate(1.0))
    for name in NAMES[:3]:
        composite.update(quote(name, 100.0))
    composite.update(quote("binance", 100.1, currency="USDT"))
    composite.update(quote("okx", 103.0, currency="USDT"))
    reading = composite.value(NOW)
    assert used(reading) == {*NAMES[:3], "binance"}
    assert reading.usdt_premium_bp == pytest.approx(10)


def test_a_currency_without_a_rate_is_shown_only() -> None:
    composite = Composite()
    composite.update(quote("kraken", 80_000.0, currency="EUR"))
    assert composite.value(NOW).venues["kraken"].reason == "no EUR rate"
    assert composite.value(NOW).price is None


@given(markets)
def test_the_composite_lies_within_the_venues_used(prices: dict[str, float]) -> None:
    _, reading = composite_of(prices)
    among = [prices[name] for name in used(reading)]
    assert reading.price is not None
    assert min(among) <= reading.price <= max(among)
    assert reading.used == len(among)
    assert all(venue.used or venue.reason for venue in reading.venues.values())


@given(markets)
def test_the_order_of_the_venues_changes_nothing(prices: dict[str, float]) -> None:
    _, reading = composite_of(prices)
    for order in list(permutations(prices))[:12]:
        _, other = composite_of({name: prices[name] for name in order})
        assert other.price == reading.price
        assert other.venues == reading.venues


honest = st.floats(91_000, 91_200)


@given(
    st.lists(honest, min_size=2, max_size=4),
    st.floats(1e-6, 1e12),
    st.integers(0, 4),
)
def test_one_liar_never_moves_it_out_of_the_others_range(
    truths: list[float], lie: float, place: int
) -> None:
    order = [(f"honest{n}", price) for n, price in enumerate(truths)]
    order.insert(min(place, len(order)), ("liar", lie))
    _, reading = composite_of(dict(order))
    assert reading.price is not None
    assert min(truths) <= reading.price <= max(truths)


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.floats(1e-3, 1e9), st.floats(0, 9))))
def test_whatever_comes_it_answers(ticks: list[tuple[str, float, float]]) -> None:
    composite = Composite()
    at = NOW
    for source, price, pause in ticks:
        at += pause
        composite.update(quote(source, price, at))
        reading = composite.value(at)
        among = [venue.usd for venue in reading.venues.values() if venue.used and venue.usd]
        assert (reading.price is None) == (not among)
        assert reading.price is None or min(among) <= reading.price <= max(among)


@given(markets, st.floats(0.01, 100))
def test_another_unit_of_money_changes_the_price_only(
    prices: dict[str, float], factor: float
) -> None:
    _, one = composite_of(prices)
    _, other = composite_of({name: price * factor for name, price in prices.items()})
    assume(used(one) == used(other))
    assert one.price is not None
    assert other.price == pytest.approx(one.price * factor)


def test_by_other_rules_the_venues_that_stay_keep_their_price() -> None:
    default = settings.load().exchanges
    composite = Composite.of(default)
    composite.update(rate(1.0))
    for name in ("coinbase", "kraken", "bitstamp"):
        composite.update(quote(name, 91_000.0))
    composite.update(quote("okx", 91_000.0, currency="USDT"))
    fewer = msgspec.structs.replace(
        default, venues=("kraken BTC/USD", "okx BTC/USDT", "gemini BTC/USD"), fresh_s=60.0
    )
    reading = composite.by(fewer).value(NOW + 30)
    assert reading.price == 91_000.0
    assert used(reading) == {"kraken", "okx"}
    assert reading.venues["gemini"].reason == "no price yet"
    assert set(reading.venues) == {"kraken", "okx", "gemini"}
    in_dollars = msgspec.structs.replace(fewer, venues=("okx BTC/USD",))
    assert composite.by(in_dollars).value(NOW).price is None
