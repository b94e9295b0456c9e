"""The demo's January 2026, checked by loops of the tests' own."""

from itertools import pairwise
from math import log, sqrt
from statistics import stdev

import pytest

from divmon.market.sessions import sessions
from tests.sources.demo_facts import (
    AFTER_20_JANUARY,
    AFTER_23_JANUARY,
    Board,
    boundary_streak,
    iso,
    number,
    settings,
    streak,
    told,
)

SEEDS = (settings().demo.seed, 0, 7, 2**40)


@pytest.fixture(scope="module", params=SEEDS, ids=str)
def board(request: pytest.FixtureRequest) -> Board:
    """The demo as of the close of 20 January 2026, whatever the seed."""
    return Board(told(AFTER_20_JANUARY, seed=request.param))


@pytest.fixture(scope="module", params=SEEDS, ids=str)
def later(request: pytest.FixtureRequest) -> Board:
    """The demo as of the close of 23 January 2026."""
    return Board(told(AFTER_23_JANUARY, seed=request.param))


def run_of_leads(board: Board, until: str) -> int:
    small, large = board.closes("RUT"), board.closes("SPX")
    days = [day for day in small if day <= until]
    run = 0
    for before, day in zip(reversed(days[:-1]), reversed(days[1:]), strict=True):
        if small[day] / small[before] - large[day] / large[before] <= 1e-12:
            break
        run += 1
    return run


def test_every_series_ends_on_the_20th(board: Board) -> None:
    assert {iso(bars.time[-1]) for bars in board.daily.values()} == {"2026-01-20"}


def test_bitcoin_has_six_red_candles_in_utc_four_in_new_york_three_in_tokyo(board: Board) -> None:
    bars = board.daily["BTC"]
    assert streak(list(bars.open), list(bars.close)) == -6
    closes = set(sessions("XNYS").closes.tolist())
    # on days without a session New York's 16:00 is 21:00 UTC in winter
    assert boundary_streak(board.hourly, lambda end: end % 86_400 == 21 * 3600) == -4
    assert boundary_streak(board.hourly, lambda end: end % 86_400 == 15 * 3600) == -3
    assert closes >= {number("2026-01-20") * 86_400 + 21 * 3600}


def test_bitcoin_was_69_days_under_100k_and_touched_it_once(board: Board) -> None:
    bars = board.daily["BTC"]
    under = 0
    while bars.close[-1 - under] < 100_000:
        under += 1
    assert under == 69
    assert iso(bars.time[-1 - under]) == "2025-11-12"
    armed, touches = False, []
    for at in range(len(bars) - under, len(bars)):
        if armed and bars.high[at] >= 97_000:
            touches.append(iso(bars.time[at]))
            armed = False
        if bars.close[at] <= 95_000:
            armed = True
    assert touches == ["2026-01-14"]


def test_bitcoin_stood_where_it_was_reported(board: Board) -> None:
    bars = board.daily["BTC"]
    closes = board.closes("BTC")
    record = max(closes, key=lambda day: closes[day])
    assert (record, closes[record]) == ("2025-10-06", 124_700)
    january = [at for at in range(len(bars)) if iso(bars.time[at]) >= "2026-01-01"]
    high = max(january, key=lambda at: bars.high[at])
    assert iso(bars.time[high]) == "2026-01-14"
    assert 97_500 <= bars.high[high] <= 97_950
    assert 89_000 <= closes["2026-01-20"] <= 91_000


def test_bitcoins_volatility_is_low_and_no_record(board: Board) -> None:
    closes = list(board.daily["BTC"].close)
    moves = [log(b / a) for a, b in pairwise(closes)]
    values = [stdev(moves[at - 30 : at]) * sqrt(365) for at in range(30, len(moves) + 1)]
    last = values[-1]
    less, equal = sum(v < last for v in values), sum(v == last for v in values)
    assert 0.05 <= (less + equal / 2) / len(values) <= 0.20
    assert last > min(values) * 1.1


def test_bitcoins_volatility_is_at_the_percentile_that_was_reported() -> None:
    """For the seed that ships, the eleventh."""
    closes = list(Board(told(AFTER_20_JANUARY)).daily["BTC"].close)
    moves = [log(b / a) for a, b in pairwise(closes)]
    values = [stdev(moves[at - 30 : at]) for at in range(30, len(moves) + 1)]
    assert sum(v < values[-1] for v in values) / len(values) == pytest.approx(0.11, abs=0.015)


def test_small_caps_led_every_session_from_the_2nd_to_the_22nd(later: Board) -> None:
    assert run_of_leads(later, "2025-12-31") == 0
    assert run_of_leads(later, "2026-01-02") == 1
    assert run_of_leads(later, "2026-01-16") == 11
    assert run_of_leads(later, "2026-01-20") == 12
    assert run_of_leads(later, "2026-01-22") == 14
    assert run_of_leads(later, "2026-01-23") == 0
    longest = max(run_of_leads(later, day) for day in later.closes("RUT") if day < "2026-01-02")
    assert longest < 11


def test_the_thinnest_lead_was_five_basis_points_and_rut_fell_on_the_7th_and_the_13th(
    later: Board,
) -> None:
    small, large = later.closes("RUT"), later.closes("SPX")
    days = [day for day in small if "2025-12-31" <= day <= "2026-01-16"]
    pairs = list(pairwise(days))
    leads = {day: small[day] / small[a] - large[day] / large[a] for a, day in pairs}
    assert min(leads, key=lambda day: leads[day]) == "2026-01-07"
    assert leads["2026-01-07"] == pytest.approx(0.0005, abs=0.00001)
    assert [day for a, day in pairs if small[day] < small[a]] == ["2026-01-07", "2026-01-13"]


def test_small_caps_and_metals_stood_at_records(board: Board) -> None:
    small = board.closes("RUT")
    for day in ("2026-01-14", "2026-01-15", "2026-01-16"):
        assert small[day] == max(close for other, close in small.items() if other <= day)
    for name, level in (("GOLD", 4760), ("SILVER", 94.2)):
        closes = board.closes(name)
        assert closes["2026-01-20"] == pytest.approx(level, rel=0.001)
        assert closes["2026-01-20"] > max(c for day, c in closes.items() if day < "2026-01-20")


def test_the_years_and_months_of_others(board: Board) -> None:
    gold, silver, star = (board.closes(name) for name in ("GOLD", "SILVER", "STAR50"))
    assert gold["2025-12-31"] / gold["2024-12-31"] - 1 == pytest.approx(0.645, abs=0.001)
    assert silver["2025-12-31"] / silver["2024-12-31"] - 1 == pytest.approx(1.42, abs=0.01)
    assert star["2026-01-20"] / star["2025-12-19"] - 1 == pytest.approx(0.15, abs=0.001)
    twenty_ago = list(star.values())[-21]
    assert star["2026-01-20"] / twenty_ago - 1 == pytest.approx(0.15, abs=0.001)


def test_every_session_has_its_bar_and_no_other_day(board: Board) -> None:
    for name, bars in board.daily.items():
        calendar = sessions(settings().instruments[name].calendar)
        expected = calendar.between(bars.time[0], number("2026-01-20")).tolist()
        assert list(bars.time) == expected, name
    hours = board.hourly.time
    assert [b - a for a, b in pairwise(hours)] == [3600] * (len(hours) - 1)
    assert len(hours) >= 730 * 24


def test_bitcoins_days_are_made_of_its_hours(board: Board) -> None:
    hourly, daily = board.hourly, board.daily["BTC"]
    for at in range(len(daily) - 40, len(daily)):
        first = hourly.time.index(daily.time[at] * 86_400)
        assert hourly.time[first + 23] == daily.time[at] * 86_400 + 23 * 3600
        assert daily.open[at] == hourly.open[first]
        assert daily.high[at] == max(hourly.high[first : first + 24])
        assert daily.low[at] == min(hourly.low[first : first + 24])
        assert daily.close[at] == hourly.close[first + 23]


@pytest.mark.parametrize(
    ("fund", "base", "share"),
    [
        ("IWM", "RUT", 0.0993),
        ("SPY", "SPX", 0.0997),
        ("GLD", "GOLD", 0.0919),
        ("SLV", "SILVER", 0.906),
    ],
)
def test_funds_follow_what_they_hold(board: Board, fund: str, base: str, share: float) -> None:
    funds, bases = board.closes(fund), board.closes(base)
    for day in list(funds)[-250:]:
        assert funds[day] / bases[day] == pytest.approx(share, rel=0.01)


def test_the_bitcoin_fund_closes_with_new_york(board: Board) -> None:
    prices = dict(zip(board.hourly.time, board.hourly.close, strict=True))
    for day, price in list(board.closes("IBIT").items())[-250:]:
        close = sessions("XNYS").close_of(number(day))
        assert close is not None
        assert price / prices[close - 3600] == pytest.approx(0.000567, rel=0.01)


def test_the_central_banks_did_what_they_announced(board: Board) -> None:
    walcl = board.macro["WALCL"]
    weeks = sorted(walcl)
    assert iso(weeks[-1]) == "2026-01-14"  # that of the 21st is not out yet
    assert 6.5e6 < walcl[weeks[-1]] < 6.65e6
    falling = [walcl[b] < walcl[a] for a, b in pairwise(weeks)]
    assert falling == [iso(day) <= "2025-12-03" for day in weeks[1:]]
    assert board.macro["DFF"][max(board.macro["DFF"])] == 3.64
    boj = board.macro["IRSTCI01JPM156N"]
    assert boj[max(boj)] == 0.75
    assert min(iso(day) for day, rate in boj.items() if rate == 0.75) == "2025-12-19"
    assert all(0 <= rate < 2400 for rate in board.macro["RRPONTSYD"].values())
