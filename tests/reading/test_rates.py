"""What followed a condition: told on each day from what was known then, entered after that."""

from functools import lru_cache
from itertools import combinations
from typing import get_args

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divmon.indicators.correlation import window
from divmon.indicators.series import History
from divmon.market.sessions import day_of, sessions
from divmon.reading.compare import observed
from divmon.reading.condition import Condition, Kind
from divmon.reading.conditions import CLAIMS, KINDS, default, faults, of_claim
from divmon.reading.frames import AskRates, Rates, Untold
from divmon.reading.live import Live
from divmon.reading.matrix import matrix
from divmon.reading.past import state_episodes
from divmon.reading.prepare import Batch, prepare
from divmon.reading.rates import overlapping, rates
from divmon.reading.signals import signal
from divmon.settings import load
from tests.history import END, daily, day, reference
from tests.reading.test_past import cut

SETTINGS = load()
LEVELS = {"BTC": 0.8, "RUT": 0.98}  # of the highest close: reached before, and left again


@lru_cache
def whole() -> tuple[Batch, History]:
    """Return the reference market, and VIX and HYG made of it, which it lacks."""
    history = with_context(reference())
    return prepare(history, SETTINGS, END), history


def with_context(history: History) -> History:
    spx = history.daily["SPX"]
    more = {
        "VIX": daily("VIX", spx.day.tolist(), 20 * spx.close.mean() / spx.close),
        "HYG": daily("HYG", spx.day.tolist(), np.sqrt(spx.close)),
    }
    return History({**history.daily, **more}, history.hourly, history.macro)


def ask(condition: Condition, target: str = "BTC", batch: Batch | None = None) -> Rates:
    made, history = whole()
    return rates(AskRates(condition, target), batch or made, history)


def conditions() -> list[Condition]:
    """Return a condition of each kind, at numbers that the reference market has met."""
    history = whole()[1]
    found = [default(kind, "RUT") for kind in KINDS]
    found += [default(kind, "BTC") for kind in ("green", "red", "record", "gained", "dropped")]
    found += [default(kind, "STAR50") for kind in ("rose", "record")]
    for name, share in LEVELS.items():
        level = float(history.daily[name].close.max() * share)
        found.append(Condition(kind="below", on=name, length=5, level=level))
    for span in ("mtd", "ytd", "year", "1"):
        found.append(Condition(kind="gained", on="RUT", share=0.02, window=span))
    found.append(Condition(kind="quiet", on="RUT", share=0.2, window="1y"))
    found.append(Condition(kind="quiet", on="BTC", share=0.0, window="all"))
    easier = {"breadth": 0.5, "dispersion": 0.6}
    return [
        msgspec.structs.replace(each, length=3, share=easier.get(each.kind, each.share))
        if each.length == 5 or each.kind in easier
        else each
        for each in found
        if each.kind != "below" or each.level
    ]


def test_most_kinds_have_held_in_the_reference() -> None:
    """The properties below would prove nothing of conditions that are never so."""
    held = {each.kind for each in conditions() if ask(each).cases}
    assert len(held) >= len(KINDS) - 5, set(KINDS) - held


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 600))
def test_cutting_the_data_changes_nothing_before(after: int) -> None:
    """With all of history on hand, every signal and every entry is as it was told then."""
    batch, history = whole()
    last = day("2023-06-01") + after
    moment = float((last + 1) * 86_400)
    then = cut(history, last)
    earlier = prepare(then, SETTINGS, moment)
    for condition in conditions():
        known = ask(condition, "RUT")
        old = rates(AskRates(condition, "RUT"), earlier, then)
        if old.why:
            told = ("no history", "never above", "no inputs", "no figures")
            assert old.why in told, condition
            continue
        entries = [case.entry for case in old.cases if case.entry is not None]
        assert entries == [case.entry for case in known.cases][: len(entries)], condition
        starts = [case.start for case in old.cases]
        assert starts == [case.start for case in known.cases][: len(starts)], condition
        assert old.first == known.first
        before, now = signal(condition, earlier, then), signal(condition, batch, history)
        n = len(before.day)
        assert np.array_equal(before.day, now.day[:n]), condition
        assert np.array_equal(before.holds, now.holds[:n]), condition
        assert np.array_equal(before.known, now.known[:n]), condition


def test_an_entry_is_the_first_new_york_close_after_the_signal_was_known() -> None:
    batch, history = whole()
    for condition in conditions():
        found = signal(condition, batch, history) if not ask(condition).why else None
        if found is None:
            continue
        over = dict(zip(found.day.tolist(), found.over.tolist(), strict=True))
        closes = dict(zip(batch.grid.day.tolist(), batch.grid.at.tolist(), strict=True))
        for case in ask(condition).cases:
            if case.entry is None:
                continue
            known = over[day(str(case.start))]
            entered = closes[day(str(case.entry))]
            assert entered > known, condition
            between = [at for at in closes.values() if known < at < entered]
            assert not between, condition


def test_the_alert_is_that_of_the_history_page() -> None:
    batch, _ = whole()
    told = state_episodes(batch.cross, batch.grid)
    found = ask(Condition(kind="abc-alert")).cases
    assert [(each.start, each.end, each.sessions, each.entry) for each in told] == [
        (each.start, each.end, each.bars, each.entry) for each in found
    ]
    assert [each.after["BTC"]["20"] for each in told] == [each.after["20"] for each in found]


def test_a_case_and_the_means_are_those_of_plain_loops() -> None:
    batch, history = whole()
    condition = Condition(kind="fell", on="SPX", length=3)
    found = ask(condition, "RUT")
    close = history.daily["SPX"].close
    days = history.daily["SPX"].day
    held = [
        at
        for at in range(3, len(close))
        if all(close[at - back] < close[at - back - 1] for back in range(3))
    ]
    assert found.held == len(held)
    starts: list[int] = []
    before = None
    for at in held:
        if before is None or at - before >= 20:
            starts.append(at)
        before = at
    assert [each.start for each in found.cases] == [day_of(int(days[at])) for at in starts]
    rut = dict(zip(batch.grid.day.tolist(), batch.grid.close["RUT"].tolist(), strict=True))
    order = batch.grid.day.tolist()
    values = []
    for case in found.cases:
        if case.entry is None:
            continue
        at = order.index(day(str(case.entry)))
        if at + 20 < len(order):
            value = rut[order[at + 20]] / rut[order[at]] - 1
            assert case.after["20"] == pytest.approx(value)
            values.append(value)
    assert found.after["20"].n == len(values)
    assert found.after["20"].mean == pytest.approx(np.mean(values))
    assert found.after["20"].base.n > found.after["20"].n


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_that_is_true_today_holds_on_the_last_bar(claim: str) -> None:
    """The condition of a claim and the claim itself must mean one thing."""
    from divmon.reading.assess import read

    batch, history = whole()
    reading = read(batch, Live("csv", quotes={}), END)
    verdict = next(each.verdict for each in reading.claims if each.id == claim)
    condition = of_claim(claim, reading)
    if condition is None:
        return
    assert not list(faults(condition, SETTINGS.instruments))
    if verdict in ("true", "false"):
        assert rates(AskRates(condition, "BTC"), batch, history).now == (verdict == "true")


def test_what_the_data_cannot_tell_is_said_by_name() -> None:
    asked: dict[Untold, tuple[Condition, str]] = {
        "no history": (Condition(kind="rose", on="\x1b[2J[/b]", length=3), "BTC"),
        "no common sessions": (Condition(kind="beat", on="RUT", other="RUT", length=3), "BTC"),
        "no pair": (Condition(kind="break", on="BTC"), "BTC"),
        "never above": (Condition(kind="below", on="RUT", length=3, level=1e9), "BTC"),
        "no wall": (Condition(kind="below", on="RUT", length=3), "BTC"),
        "no such window": (Condition(kind="gained", on="RUT", share=0.1, window="soon"), "BTC"),
        "no figures": (Condition(kind="hiking"), "BTC"),
        "no target": (Condition(kind="rose", on="RUT", length=3), "nothing"),
    }
    for why, (condition, target) in asked.items():
        found = ask(condition, target)
        assert (found.why, found.cases, found.after) == (why, (), {}), why
    assert set(asked) | {"", "no candles", "no inputs", "rate target"} == set(get_args(Untold))


def test_numbers_from_outside_break_nothing() -> None:
    nan, inf = float("nan"), float("inf")
    for kind in KINDS:
        for number in (nan, inf, -inf, -1.0):
            condition = Condition(
                kind=kind,
                on="RUT",
                other="SPX",
                length=0,
                share=number,
                level=number,
                window="9" * 9,
            )
            assert isinstance(ask(condition), Rates)


def test_overlapping_counts_the_cases_that_share_sessions_with_the_one_before() -> None:
    close = np.arange(1.0, 101.0)
    assert overlapping(close, [0, 20, 30, 95], 10) == 0
    assert overlapping(close, [0, 20, 30, 95], 11) == 1
    assert overlapping(close, [0, 20, 30, 95], 60) == 2
    assert overlapping(close, [], 5) == 0


def test_weekend_bars_of_bitcoin_are_entered_on_monday() -> None:
    batch, history = whole()
    found = signal(Condition(kind="rose", on="BTC", length=1), batch, history)
    saturday = day("2025-03-08")
    at = int(np.searchsorted(found.day, saturday))
    grid = batch.grid
    session = int(np.searchsorted(grid.at, found.over[at], side="right") - 1)
    assert day_of(int(grid.day[session])).isoformat() == "2025-03-07"
    assert day_of(int(grid.day[session + 1])).isoformat() == "2025-03-10"


def test_a_shanghai_bar_is_entered_at_the_close_of_its_own_date() -> None:
    batch, history = whole()
    found = signal(Condition(kind="rose", on="STAR50", length=1), batch, history)
    tuesday = day("2025-03-11")
    at = int(np.searchsorted(found.day, tuesday))
    assert found.over[at] == sessions("XSHG").close_of(tuesday)
    session = int(np.searchsorted(batch.grid.at, found.over[at], side="right") - 1)
    assert int(batch.grid.day[session + 1]) == tuesday


def test_the_matrix_has_every_pair_once() -> None:
    batch, _ = whole()
    found = matrix(batch)
    assert found.names[0] == "BTC"
    assert set(found.names) == {"BTC"} | {
        name for names in SETTINGS.watchlist.values() for name in names
    }
    pairs = list(combinations(found.names, 2))
    assert {len(cells) for cells in found.windows.values()} == {len(pairs)}
    for n, cells in found.windows.items():
        for (a, b), cell in zip(pairs, cells, strict=True):
            if a in batch.grid.close and b in batch.grid.close:
                told = window(observed(batch.grid, a), observed(batch.grid, b), int(n))
                assert (cell.r, cell.low, cell.high, cell.n) == (
                    told.r, told.low, told.high, told.n
                )  # fmt: skip
            else:
                assert (cell.r, cell.n) == (None, 0)
    assert found.apart["STAR50"] == "XSHG"
    board = batch.cross.correlation["BTC/RUT"].d60
    assert found.windows["60"][pairs.index(("BTC", "RUT"))] == board


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_begins_without_a_fault(kind: Kind) -> None:
    assert not list(faults(default(kind, "RUT"), SETTINGS.instruments))
