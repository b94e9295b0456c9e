"""What is let through of Yahoo's rows, and what is not."""

import math
import struct
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from divmon.errors import DataError
from divmon.sources.yahoo_answer import (
    Answer,
    Meta,
    Row,
    bars,
    denoise,
    plain,
    quote,
    read_meta,
    sift,
)

ANY = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True), st.sampled_from([0.0, -1.0, nan, inf, 1e300])
)
ROWS = st.lists(st.builds(Row, st.integers(0, 30), ANY, ANY, ANY, ANY, ANY), max_size=20)


def row(time: int, close: float) -> Row:
    return Row(time, close, close, close, close, 1.0)


def answer(*rows: Row, meta: Meta | None = None) -> Answer:
    return Answer("^RUT", "1d", rows, meta or Meta(), 1000.0, 1.0)


@given(ROWS, st.sampled_from(["index", "crypto", "future"]))
def test_whatever_comes_only_bars_that_can_be_leave(rows: list[Row], kind: str) -> None:
    kept = sift(rows, kind, 2)
    made = bars("RUT", "yahoo:^RUT", answer(), kept.rows)  # the event checks what it is given
    for low, high, opened, close in zip(made.low, made.high, made.open, made.close, strict=True):
        assert low <= min(opened, close) <= max(opened, close) <= high
    times = {one.time for one in rows}
    assert {one.time for one in kept.rows} <= times
    assert len(kept.rows) + len(kept.bad) + (kept.doubtful is not None) <= len(rows)


@given(st.floats(0.01, 300_000).map(lambda x: round(x, 2 if x > 1 else 4)))
def test_denoise_gives_back_what_was_published(price: float) -> None:
    sent = struct.unpack("f", struct.pack("f", price))[0]
    digits = len(f"{price:.4f}".rstrip("0").replace(".", "").lstrip("0"))
    if digits <= 7 and price < 100_000:  # beyond, a cent is finer than the float
        assert denoise(sent, 2) == price
    assert denoise(sent, 2) == pytest.approx(price, rel=1e-7)


def test_denoise_keeps_the_fractions_of_old_prices() -> None:
    assert denoise(45.53125, 2) == 45.53125
    assert denoise(75.0875015258789, 2) == 75.0875
    assert denoise(123456.78125, 2) == 123456.78


def test_an_open_of_zero_becomes_the_close() -> None:
    # ^GSPC before 1982 comes with open 0
    (kept,) = sift([Row(1, 0.0, 121.0, 0.0, 120.0, 0.0)], "index", 2).rows
    assert kept[:5] == (1, 120.0, 121.0, 120.0, 120.0)
    assert math.isnan(kept.volume)


def test_unordered_and_doubled_rows() -> None:
    kept = sift([row(3, 3.1), row(1, 3.0), row(3, 3.2), row(2, 3.1)], "index", 2).rows
    assert [(one.time, one.close) for one in kept] == [(1, 3.0), (2, 3.1), (3, 3.2)]


def test_a_slip_between_two_that_agree_is_dropped_and_named() -> None:
    found = sift([row(1, 100.0), row(2, 10_000.0), row(3, 101.0)], "etf", 2)
    assert [one.time for one in found.rows] == [1, 3]
    assert found.bad == [(2, "close 10000.0 between 100.0 and the next")]


def test_an_index_that_leaps_needs_a_second_reading_and_a_coin_does_not() -> None:
    rows = [row(1, 100.0), row(2, 140.0)]
    doubted = sift(rows, "index", 2)
    assert [one.time for one in doubted.rows] == [1]
    assert doubted.doubtful == rows[1]
    assert [one.time for one in sift(rows, "index", 2, confirmed=140.2).rows] == [1, 2]
    assert sift(rows, "index", 2, confirmed=170.0).doubtful == rows[1]
    assert [one.time for one in sift(rows, "crypto", 2).rows] == [1, 2]


def test_a_leap_that_the_next_session_keeps_is_real() -> None:
    assert len(sift([row(1, 100.0), row(2, 60.0), row(3, 61.0)], "index", 2).rows) == 3


def test_meta_trusts_nothing() -> None:
    assert read_meta({}) == Meta()
    odd = {"currency": 3, "priceHint": "x", "currentTradingPeriod": [], "regularMarketTime": "y"}
    assert read_meta(odd) == Meta()
    assert read_meta({"exchangeName": "CMX\x1b[2J"}).exchange == "CMX [2J"
    with pytest.raises(DataError, match="must be a number"):
        read_meta({"regularMarketPrice": "12"})


def test_the_quote_carries_the_declared_delay_and_its_own_time() -> None:
    meta = Meta(2952.5, 900.0, 2973.4, 2949.1, "USD", "CMX")
    found = quote("GOLD", "yahoo:GC=F", answer(meta=meta), 2950.0)
    assert found is not None
    assert (found.price, found.event_time, found.delay_s) == (2952.5, 900.0, 600.0)
    assert (found.open, found.high, found.low) == (2950.0, 2973.4, 2949.1)
    assert quote("GOLD", "yahoo:GC=F", answer(), None) is None


def test_outside_text_becomes_one_plain_line() -> None:
    assert plain("a\x1b[31m\nb\x00") == "a [31m b"
    assert len(plain("x" * 1000)) == 160
