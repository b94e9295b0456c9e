"""The runs and records that a Track tells, on the reference market and on real history."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from divmon.indicators.series import History
from divmon.link.codec import decode_frame, encode
from divmon.reading.prepare import Batch, prepare
from divmon.reading.track import Run, Runs, Track
from divmon.reading.track_told import LONGEST, track_of
from tests.history import daily, day, folder, moment, reference
from tests.reading.market import OPEN, only, plus, small, without


@pytest.fixture(scope="module")
def market() -> Batch:
    names = ("BTC", "RUT", "GOLD")
    return prepare(only(*names), small(names), OPEN)


@pytest.mark.parametrize("name", ["BTC", "RUT", "GOLD"])
def test_the_track_agrees_with_the_row(market: Batch, name: str) -> None:
    row, track = market.confirmed[name].row, track_of(market.confirmed[name])
    told: dict[str, Runs] = {each.kind: each for each in track.runs}
    assert (told["close"].current, told["candle"].current) == (row.streak.close, row.streak.candle)
    assert track.boundary == row.streak.boundary
    assert (track.first, track.last) == (row.high.history_start, row.confirmed)
    for kind, current, rate in (
        ("close", row.streak.close, row.streak.close_per_year),
        ("candle", row.streak.candle, row.streak.per_year),
    ):
        if current and track.years:
            counts = told[kind].reached[abs(current) - 1]
            assert rate == pytest.approx(counts[current < 0] / track.years)
            mine = told[kind].rises if current > 0 else told[kind].falls
            (running,) = [each for each in mine if each.running]
            assert (running.length, running.end) == (current, row.confirmed)
    assert track.records is not None
    assert (track.records.days_since == 0) == row.high.record_close


def test_the_longest_come_first_and_the_running_one_is_never_left_out(market: Batch) -> None:
    for name in ("BTC", "RUT", "GOLD"):
        for kind in track_of(market.confirmed[name]).runs:
            for side in (kind.rises, kind.falls):
                top = side[:LONGEST]
                assert [abs(each.length) for each in top] == sorted(
                    (abs(each.length) for each in top), reverse=True
                )
                assert top[0].rank == 1
                assert all(each.running for each in side[LONGEST:])
            assert kind.reached[0][0] >= len(kind.rises)


def test_a_lost_session_ends_a_run_and_makes_it_at_least() -> None:
    days = range(day("2025-06-02"), day("2025-06-07"))  # a week, Monday to Friday
    bars = daily("RUT", days, [10.0, 11, 12, 13, 14])
    whole = prepare(History({"RUT": bars}), small(("RUT",)), moment("2025-06-07"))
    holed = prepare(
        History({"RUT": without(bars, day("2025-06-04"))}), small(("RUT",)), moment("2025-06-07")
    )
    (one,) = track_of(whole.confirmed["RUT"]).runs[0].rises
    assert (one.length, one.cut, one.before, one.after) == (4, True, 10.0, 14.0)
    track = track_of(holed.confirmed["RUT"])
    assert track.holes == 1
    assert [(each.length, each.cut) for each in track.runs[0].rises] == [(1, True), (1, True)]
    assert track.records is None  # five days have no records worth the name
    assert track.years is None


def test_a_running_bar_changes_nothing(market: Batch) -> None:
    history = only("RUT")
    begun = History({"RUT": plus(history.daily["RUT"], day("2025-07-01"), 1.0, 99_999.0)})
    again = prepare(begun, small(("RUT",)), OPEN)
    assert encode(track_of(again.confirmed["RUT"])) == encode(track_of(market.confirmed["RUT"]))


def test_an_instrument_without_bars_has_no_track() -> None:
    batch = prepare(only("RUT"), small(("RUT", "SPX")), OPEN)
    assert track_of(batch.confirmed["SPX"]).runs == ()


def test_closes_alone_have_no_candles_and_a_track_survives_the_wire() -> None:
    history = History({"STAR50": daily("STAR50", *_closes("STAR50"))})
    batch = prepare(history, small(("STAR50",)), OPEN)
    track = track_of(batch.confirmed["STAR50"])
    assert [each.kind for each in track.runs] == ["close"]
    again = decode_frame(encode(track)[4:])
    assert isinstance(again, Track)
    assert again.runs == track.runs
    assert again.records == track.records


def _closes(name: str) -> tuple[list[int], list[float]]:
    bars = reference().daily[name]
    return bars.day.tolist(), bars.close.tolist()


# -- real history ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(shared: Callable[[str], Path]) -> Batch:
    names = ("BTC", "RUT", "GOLD")
    history = folder(shared("data"))
    own = History({name: history.daily[name] for name in names})
    return prepare(own, small(names), moment("2026-01-20T23:00"))


def test_the_longest_run_of_small_caps_is_of_1988(real: Batch) -> None:
    track = track_of(real.confirmed["RUT"])
    assert track.runs[0].rises[0] == Run(
        start=date(1988, 2, 9), end=date(1988, 3, 9), length=21, before=125.26, after=141.64, rank=1
    )
    assert track.records is not None
    assert track.records.last == date(2026, 1, 16)
    worst = next(each for each in track.records.falls if each.rank == 1)
    assert (worst.peak, worst.trough) == (date(2007, 7, 13), date(2009, 3, 9))
    assert worst.recovered == date(2011, 4, 27)
    assert track.records.twin is None


def test_bitcoin_is_under_water_since_october(real: Batch) -> None:
    records = track_of(real.confirmed["BTC"]).records
    assert records is not None
    fall = records.falls[0]
    assert (fall.peak, fall.recovered, fall.days) == (date(2025, 10, 6), None, 105)
    twin = records.twin
    assert twin is not None
    assert twin.bar[-1] == 105
    assert twin.path[-1] == pytest.approx(real.confirmed["BTC"].row.high.drawdown)
    assert twin.n[-1] == 8
    assert min(twin.path) == pytest.approx(fall.depth)
    low, middle, high = twin.low[-1], twin.middle[-1], twin.high[-1]
    assert low is not None
    assert middle is not None
    assert high is not None
    assert low < middle < high
