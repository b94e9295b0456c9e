"""What each kind of rule fires on, and what it never fires on."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from divmon.alerts.engine import Key, State, step
from divmon.reading.model import (
    Break,
    Correlation,
    Instrument,
    Liquidity,
    Reading,
    RelativeStreak,
    Rotation,
    Streak,
)
from tests.alerts.readings import (
    abc,
    btc,
    calm,
    day,
    health,
    reading,
    rules,
    run,
    streak,
    titles,
    wall,
)

STREAK = rules('[alerts.s]\nkind = "streak"\non = ["BTC"]\nlength = 3\ndirection = "either"')
ABC = rules('[alerts.a]\nkind = "abc_state"')
PRICE = """
[alerts.p]
kind = "level"
value = "price"
on = ["BTC"]
enter = 100.0
exit = 90.0
"""


def test_a_run_fires_when_it_gets_long_enough_and_once() -> None:
    runs = [1, 2, 3, 4, 5, -1, -2, -3, -4]
    assert titles(STREAK, [reading(at, streak(at, n)) for at, n in enumerate(runs)]) == [
        "BTC: 3 green candles in a row (UTC)",
        "BTC: 3 red candles in a row (UTC)",
    ]


def test_what_is_true_at_the_first_look_does_not_fire() -> None:
    assert titles(STREAK, [reading(at, streak(at, 5 + at)) for at in range(3)]) == []


def test_a_first_history_that_arrives_in_pieces_does_not_fire() -> None:
    pieces = [reading(0.1 * at, streak(0, n)) for at, n in enumerate((1, 4, 2, 7))]
    assert titles(STREAK, pieces) == []
    assert titles(STREAK, [*pieces, reading(1, streak(1, 8))]) == []


def test_a_close_corrected_on_its_own_day_still_fires_and_once() -> None:
    days = [reading(0, streak(0, 2)), reading(1, streak(1, -1)), reading(1.2, streak(1, 3))]
    assert len(titles(STREAK, days)) == 1
    again = [*days, reading(1.3, streak(1, -1)), reading(1.4, streak(1, 3))]
    assert len({alert.id for alert in run(STREAK, again)}) == 1


@pytest.mark.parametrize(
    "changes",
    [{"state": "stale"}, {"state": "missing"}, {"state": "simulated"}, {"confirmed": None}],
)
def test_a_row_that_cannot_be_trusted_holds(changes: dict[str, Any]) -> None:
    bad = reading(1, streak(1, 3, **changes))
    assert titles(STREAK, [reading(0, streak(0, 2)), bad]) == []
    # and what it would have said is said by the next that can be trusted
    assert len(titles(STREAK, [reading(0, streak(0, 2)), bad, reading(1.1, streak(1, 3))])) == 1


@pytest.mark.parametrize("changes", [{"simulated": True}, {"warm": True}])
def test_a_reading_that_is_not_the_market_changes_nothing(changes: dict[str, Any]) -> None:
    first = step(STREAK, {}, reading(0, streak(0, 2)))
    after = step(STREAK, first.states, reading(1, streak(1, 3), **changes))
    assert after.states == first.states
    assert not after.changed
    assert not after.fired


def test_the_state_of_the_score_fires_by_session() -> None:
    days = [
        reading(0, abc=abc(0, "watch", "watch")),
        reading(1, abc=abc(1, "watch", "watch", "alert")),
        reading(1.5, abc=abc(1, "watch", "watch", "alert")),
        reading(2, abc=abc(2, "watch", "alert", "alert")),
        reading(3, abc=abc(3, "alert", "alert", "calm")),
    ]
    alerts = run(ABC, days)
    assert [(alert.since, alert.was, alert.value) for alert in alerts] == [
        (day(1), "watch", "alert"),
        (day(3), "alert", "calm"),
    ]


def test_a_score_of_too_little_confidence_holds() -> None:
    low = reading(1, abc=abc(1, "watch", "alert", score=None))
    unknown = reading(1, abc=abc(1, "watch", "unknown"))
    for held in (low, unknown):
        assert run(ABC, [reading(0, abc=abc(0, "watch")), held]) == []
    after = reading(2, abc=abc(2, "watch", "alert", "alert"))
    (alert,) = run(ABC, [reading(0, abc=abc(0, "watch")), low, after])
    assert alert.since == day(1)


def test_a_level_has_an_exit_of_its_own() -> None:
    closes = [80, 99, 100, 95, 101, 90, 100, 89, 100]
    days = [reading(at, btc(at, close=float(price))) for at, price in enumerate(closes)]
    assert [alert.since for alert in run(rules(PRICE), days)] == [day(2), day(8)]


def test_a_level_from_above() -> None:
    followed = rules(
        '[alerts.v]\nkind = "volatility"\non = ["BTC"]\nenter = 0.05\nexit = 0.15\n'
        'direction = "down"'
    )
    values = [0.2, 0.05, 0.15, 0.04, 0.16, 0.01]
    days = [reading(at, calm(at, value)) for at, value in enumerate(values)]
    assert [alert.since for alert in run(followed, days)] == [day(1), day(5)]


def test_a_wall_is_touched_pierced_and_broken() -> None:
    followed = rules('[alerts.w]\nkind = "wall"')
    days = [
        wall(0, 100_000.0, 60, 91_000.0),
        wall(1, 100_000.0, 61, 91_000.0, touches=1),
        wall(2, 100_000.0, 62, 91_000.0, touches=1, pierced=True),
        wall(3, 110_000.0, 1, 100_500.0),
        wall(4, 100_000.0, 1, 99_000.0),  # the coarse level comes back, one close under it
        wall(5, 110_000.0, 1, 100_100.0),
        wall(6, 90_000.0, 1, 85_000.0),  # out of reach, not broken
    ]
    assert titles(followed, [reading(at, row) for at, row in enumerate(days)]) == [
        "BTC came near 100,000 and closed below it",
        "BTC traded above 100,000 and closed below it",
        "BTC closed above 100,000 after 62 closes below it",
    ]


def test_a_relative_run_that_ends() -> None:
    followed = rules('[alerts.r]\nkind = "relative_streak"\non = ["RUT/SPX"]\nlength = 5')
    runs = [12, 13, 14, -1, -2, 1, 2]

    def one(index: int, run: int) -> Reading:
        row = btc(index)
        return reading(
            index,
            instruments={"RUT": row, "SPX": row},
            relative_streaks={"RUT/SPX": RelativeStreak(streak=run)},
        )

    days = [one(at, n) for at, n in enumerate(runs)]
    assert titles(followed, days) == ["RUT: 14 sessions of beating SPX have ended"]
    # nobody watched for a week, in which it ended and began anew
    assert len(titles(followed, [one(0, 12), one(7, 2)])) == 1


def test_labels_states_and_flags() -> None:
    followed = rules(
        '[alerts.rot]\nkind = "rotation"\n[alerts.qt]\nkind = "qt_state"\nto = ["QT"]\n'
        '[alerts.corr]\nkind = "correlation_break"'
    )

    def one(index: int, label: str, qt: str, flag: bool | None) -> Reading:
        return reading(
            index,
            abc=abc(index, "calm"),
            rotation=Rotation(label=label),
            liquidity=Liquidity(qt_state=qt, as_of=day(index)),
            correlation={"BTC/SPX": Correlation(break_=Break(z=3.1, flag=flag))},
        )

    days = [
        one(0, "mixed", "flat", False),
        one(1, "mixed", "QT", None),
        one(2, "rotation", "flat", True),
    ]
    assert titles(followed, days) == [
        "Federal Reserve balance sheet: flat → QT",
        "Rotation: mixed → rotation",
        "BTC/SPX: the correlation has broken",
    ]


def test_a_source_is_lost_only_when_it_stays_so() -> None:
    followed = rules('[alerts.s]\nkind = "source"\nfor = "60s"')
    minute = 1 / 1440
    states = [(0.0, "ok"), (1.0, "retrying"), (1.5, "ok"), (2.0, "retrying"), (2.5, "starting"),
              (3.0, "rate_limited"), (3.5, "off"), (4.0, "ok"), (5.1, "ok")]  # fmt: skip
    days = [reading(at * minute, sources=health("kraken", state)) for at, state in states]
    alerts = run(followed, days)
    assert [alert.title for alert in alerts] == ["Source kraken is lost", "Source kraken is back"]
    assert alerts[0].as_of == days[5].as_of


def test_a_move_by_running_prices_fires_once_and_is_marked() -> None:
    followed = rules(
        '[alerts.m]\nkind = "move"\non = ["BTC"]\nwindow = "24h"\nenter = 0.05\nexit = 0.03\n'
        'direction = "either"\nconfirmed_only = false'
    )
    changes = [0.01, 0.051, 0.04, 0.06, 0.02, -0.05, None, 0.05]
    days = [reading(at / 1440, btc(0, change_24h=change)) for at, change in enumerate(changes)]
    alerts = run(followed, days)
    assert [alert.value for alert in alerts] == [0.051, -0.05, 0.05]
    assert all(alert.provisional and "provisional" in alert.title for alert in alerts)
    assert len({alert.id for alert in alerts}) == 3


def test_confirmed_only_sees_no_running_price() -> None:
    followed = rules('[alerts.m]\nkind = "move"\non = ["BTC"]\nenter = 0.05')
    quiet = btc(0, returns={"1": 0.09}, confirmed_returns={"1": 0.0})
    loud = btc(1, returns={"1": 0.0}, confirmed_returns={"1": 0.09})
    assert titles(followed, [reading(0, quiet), reading(0.5, quiet)]) == []
    assert len(titles(followed, [reading(0, quiet), reading(1, loud)])) == 1


def test_cooldown_and_once() -> None:
    closes = [80, 100, 80, 100, 80, 100]
    days = [reading(at, btc(at, close=float(price))) for at, price in enumerate(closes)]
    assert len(run(rules(PRICE), days)) == 3
    assert [a.since for a in run(rules(PRICE + 'cooldown = "3d"'), days)] == [day(1), day(5)]
    assert [a.since for a in run(rules(PRICE + "once = true"), days)] == [day(1)]


def test_a_changed_rule_begins_anew() -> None:
    first = step(rules(PRICE), {}, reading(0, btc(0, close=80.0)))
    louder = rules(PRICE + 'severity = "alert"')
    other = rules(PRICE.replace("100.0", "99.0"))
    after = reading(1, btc(1, close=100.0))
    assert len(step(louder, first.states, after).fired) == 1
    assert len(step(other, first.states, after).fired) == 0


# laws

PRICES = st.lists(st.floats(50, 150), min_size=2, max_size=30)
LEVEL = rules(PRICE)


def saved(states: dict[Key, State]) -> dict[Key, State]:
    """Return the states as another process reads them."""
    return {
        key: msgspec.json.decode(msgspec.json.encode(s), type=State) for key, s in states.items()
    }


@given(PRICES, st.data())
def test_restarts_change_nothing(prices: list[float], data: st.DataObject) -> None:
    days = [
        reading(at, wall(at, 100.0 if price < 100 else 150.0, 1 + at, price, touches=at // 3))
        for at, price in enumerate(prices)
    ]
    followed = (*LEVEL, *rules('[alerts.w]\nkind = "wall"\nlength = 2'))
    states: dict[Key, State] = {}
    fired = []
    for each in days:
        for _ in range(data.draw(st.integers(1, 2))):  # seen again after the restart
            after = step(followed, states, each)
            states = saved(after.states) if data.draw(st.booleans()) else after.states
            fired += [(one.rule.name, one.seen.day, one.edge.to) for one in after.fired]
    assert fired == [
        (alert.rule, alert.since, _to(alert.rule, alert.title)) for alert in run(followed, days)
    ]


def _to(rule: str, title: str) -> str:
    if rule == "p":
        return "up"
    return "broken" if "closed above" in title else "touched"


@given(PRICES, st.lists(st.integers(0, 29), max_size=8))
def test_what_cannot_be_trusted_changes_no_alert(prices: list[float], holes: list[int]) -> None:
    days = [reading(at, btc(at, close=price)) for at, price in enumerate(prices)]
    worse: list[Reading] = []
    for at, each in enumerate(days):
        if at in holes:
            stale: Instrument = btc(at, close=500.0, state="stale")
            worse += [reading(at, stale), reading(at, btc(at, close=1.0), simulated=True)]
        worse.append(each)
    assert [a.id for a in run(LEVEL, worse)] == [a.id for a in run(LEVEL, days)]


@given(PRICES)
def test_between_two_alerts_lies_an_exit(prices: list[float]) -> None:
    days = [reading(at, btc(at, close=price)) for at, price in enumerate(prices)]
    fired = [alert.since for alert in run(LEVEL, days)]
    active, expected = prices[0] >= 100, []
    for at, price in enumerate(prices[1:], start=1):
        if not active and price >= 100:
            active = True
            expected.append(day(at))
        elif active and price < 90:
            active = False
    assert fired == expected


# -- what jumps by other settings ---------------------------------------------------------


def by_new_york(at: int, n: int) -> Instrument:
    return btc(at, streak=Streak(candle=n, boundary="New York close"))


def test_a_run_counted_by_another_day_is_no_event_and_its_next_bar_is() -> None:
    days = [reading(0, streak(0, 1)), reading(1, streak(1, 1)), reading(1.5, by_new_york(1, 4))]
    assert titles(STREAK, days) == []
    # what it was begun on ends and comes again
    more = [reading(2 + at, by_new_york(2 + at, n)) for at, n in enumerate((-1, 2, 3))]
    assert titles(STREAK, [*days, *more]) == ["BTC: 3 green candles in a row (New York close)"]
    # the close of New York comes within the UTC day of the last candle
    short = [*days[:2], reading(1.5, by_new_york(1, 2)), reading(1.9, by_new_york(1, 3))]
    assert titles(STREAK, short) == ["BTC: 3 green candles in a row (New York close)"]


def test_a_running_candle_counted_by_another_day_is_no_event() -> None:
    running = rules('[alerts.s]\nkind = "streak"\non = ["BTC"]\nlength = 3\nconfirmed_only = false')

    def of(n: int, boundary: str) -> Instrument:
        return btc(1, streak=Streak(candle=n - 1, provisional=n, boundary=boundary))

    readings = [
        reading(1 + at / 10, row)
        for at, row in enumerate(
            (of(1, "UTC"), of(5, "New York close"), of(2, "UTC"), of(3, "UTC"))
        )
    ]
    assert titles(running, readings) == [
        "BTC: 3 green candles in a row (UTC) (provisional: the bar is not closed)"
    ]


def test_another_symbol_or_another_set_of_venues_begins_anew_and_the_count_stays() -> None:
    price = PRICE + "once = true\n"
    other = '[instruments.BTC]\nyahoo = "BTC-EUR"\n'
    before, after = rules(price), rules(price + other)
    below, above = (reading(at, btc(at, close=close)) for at, close in ((0, 80.0), (1, 110.0)))
    states = step(before, {}, below).states
    assert len(step(before, states, above).fired) == 1
    begun = step(after, states, above)  # as after a restart: the states are what is kept
    assert begun.fired == ()
    assert begun.states["p", "BTC"].armed == day(1)
    fired = step(before, states, above).states
    assert step(after, fired, above).states["p", "BTC"].count == 1
    # another instrument's is nothing to it
    elsewhere = rules(price + '[instruments.RUT]\nyahoo = "IWM"\n')
    assert len(step(elsewhere, states, above).fired) == 1

    spread = '[alerts.v]\nkind = "level"\nvalue = "btc.spread_bp"\nenter = 20.0\n'
    spread += "confirmed_only = false\n"
    fewer = '[exchanges]\nvenues = ["kraken BTC/USD", "coinbase BTC/USD"]\n'
    near, far = (reading(at, btc(0, spread_bp=bp)) for at, bp in ((0, 5.0), (0.1, 30.0)))
    states = step(rules(spread), {}, near).states
    assert len(step(rules(spread), states, far).fired) == 1
    assert step(rules(spread + fewer), states, far).fired == ()


@pytest.mark.parametrize("kind", ["abc_state", "rotation", "relative_streak"])
def test_what_rests_on_several_instruments_begins_anew_with_one_of_them(kind: str) -> None:
    text = f'[alerts.k]\nkind = "{kind}"\n' + 'on = ["RUT/SPX"]\n' * (kind == "relative_streak")
    subject = {"abc_state": "ABC", "rotation": "rotation", "relative_streak": "RUT/SPX"}[kind]
    (before,) = rules(text)
    (after,) = rules(text + '[instruments.RUT]\nyahoo = "IWM"\n')
    (aside,) = rules(text + '[instruments.NVDA]\nyahoo = "NVDA"\n')
    assert before.basis_of(subject) == aside.basis_of(subject) != after.basis_of(subject)


def test_what_an_earlier_version_kept_goes_on() -> None:
    states = step(STREAK, {}, reading(0, streak(0, 2))).states
    old = {key: msgspec.structs.replace(each, basis="", by="") for key, each in states.items()}
    after = step(STREAK, old, reading(1, streak(1, 3)))
    assert len(after.fired) == 1
    assert after.states["s", "BTC"].by == "UTC"


@given(st.lists(st.sampled_from([80.0, 95.0, 105.0]), min_size=1), st.floats(70.0, 130.0))
def test_another_level_of_the_wall_fires_nothing(closes: list[float], level: float) -> None:
    followed = rules('[alerts.w]\nkind = "wall"\nlength = 2')
    states: dict[Key, State] = {}
    for at, close in enumerate(closes):
        below = 0 if close >= 100.0 else 5
        states = step(followed, states, reading(at, wall(at, 100.0, below, close))).states
    at, close = len(closes) - 1, closes[-1]
    other = wall(at, level, 0 if close >= level else 9, close, touches=9, pierced=True)
    assert level == 100.0 or step(followed, states, reading(at + 0.5, other)).fired == ()
