from datetime import UTC, date, datetime

import pytest

from divmon.market.events import Event
from divmon.reading.edges import edges
from divmon.reading.model import (
    Abc,
    AbcState,
    High,
    Instrument,
    Reading,
    RelativeStreak,
    Session,
    Streak,
    Wall,
)

MONDAY, TUESDAY = date(2026, 1, 19), date(2026, 1, 20)


def closed_at(instrument: str, day: date) -> float:
    return datetime(day.year, day.month, day.day, 21, tzinfo=UTC).timestamp()


def reading(**changes: object) -> Reading:
    return Reading(as_of=datetime(2026, 1, 21, tzinfo=UTC), source="live", **changes)  # type: ignore[arg-type]


def gold(day: date, *, record: bool, since: date = date(2000, 8, 30)) -> Instrument:
    return Instrument(
        kind="future",
        confirmed=day,
        close=4_759.6,
        high=High(record_close=record, history_start=since),
    )


def btc(day: date, streak: int, wall: Wall | None = None, *, close: float = 91_000.0) -> Instrument:
    return Instrument(
        kind="crypto",
        confirmed=day,
        close=close,
        high=High(history_start=date(2014, 9, 17)),
        streak=Streak(candle=streak, boundary="UTC"),
        wall=wall,
    )


def texts(events: list[Event]) -> list[str]:
    return [event.text for event in events]


def test_a_record_is_told_with_the_start_of_the_data_and_at_its_close() -> None:
    before = reading(instruments={"GOLD": gold(MONDAY, record=False)})
    after = reading(instruments={"GOLD": gold(TUESDAY, record=True)})
    [event] = edges(before, after, closed_at)
    assert event.text == "GOLD record close 4,759.60 (data since 2000)"
    assert event.time == closed_at("GOLD", TUESDAY)


def test_the_same_close_is_told_once() -> None:
    same = reading(instruments={"GOLD": gold(TUESDAY, record=True)})
    assert edges(same, same, closed_at) == []


def test_a_screen_just_opened_is_told_of_the_newest_closes() -> None:
    after = reading(instruments={"GOLD": gold(TUESDAY, record=True), "BTC": btc(TUESDAY, -6)})
    assert texts(edges(None, after, closed_at)) == [
        "GOLD record close 4,759.60 (data since 2000)",
        "BTC candle of 20 Jan closed red: 6 in a row (UTC)",
    ]


def test_no_record_is_told_of_a_history_that_is_still_arriving() -> None:
    short = reading(instruments={"GOLD": gold(TUESDAY, record=True, since=date(2026, 1, 12))})
    whole = reading(instruments={"GOLD": gold(TUESDAY, record=True)})
    assert edges(None, short, closed_at) == []
    assert len(edges(short, whole, closed_at)) == 1


def test_a_broken_wall_is_told_with_the_time_it_held() -> None:
    under = btc(MONDAY, -1, Wall(level=100_000.0, closes_below=69))
    over = btc(TUESDAY, 1, Wall(level=110_000.0, closes_below=1), close=100_000.0)
    events = edges(
        reading(instruments={"BTC": under}), reading(instruments={"BTC": over}), closed_at
    )
    assert texts(events) == ["BTC closed above 100,000 after 69 closes below it"]


def test_a_wall_out_of_reach_is_not_broken() -> None:
    near = btc(MONDAY, -1, Wall(level=100_000.0, closes_below=69), close=80_500.0)
    far = btc(TUESDAY, -2, Wall(level=80_000.0, closes_below=1), close=79_000.0)
    assert (
        edges(reading(instruments={"BTC": near}), reading(instruments={"BTC": far}), closed_at)
        == []
    )


@pytest.mark.parametrize(
    ("was", "now", "text"),
    [
        (11, 12, "RUT beat SPX: 12 sessions running, +8.10 pp over the run"),
        (14, -1, "RUT over SPX: the run of 14 sessions has ended"),
        (-3, -4, "RUT trailed SPX: 4 sessions running, +8.10 pp over the run"),
    ],
)
def test_a_relative_run_is_told_as_it_grows_and_as_it_ends(was: int, now: int, text: str) -> None:
    def of(day: date, streak: int) -> Reading:
        return reading(
            instruments={
                "RUT": Instrument(confirmed=day, high=High(history_start=date(1987, 9, 10)))
            },
            relative_streaks={"RUT/SPX": RelativeStreak(streak=streak, lead_pp=8.1)},
        )

    assert texts(edges(of(MONDAY, was), of(TUESDAY, now), closed_at)) == [text]


def test_short_runs_are_not_told() -> None:
    after = reading(
        instruments={"BTC": btc(TUESDAY, 2)},
        relative_streaks={"RUT/SPX": RelativeStreak(streak=2)},
    )
    assert edges(None, after, closed_at) == []


def test_the_score_is_told_when_its_state_changes() -> None:
    def of(state: AbcState) -> Reading:
        return reading(session=Session(date=TUESDAY), abc=Abc(score=71.2, state=state))

    [event] = edges(of("watch"), of("alert"), closed_at)
    assert event.text == "ABC watch → alert, score 71 on the session close"
    assert event.severity == "alert"
    assert edges(of("alert"), of("alert"), closed_at) == []
    assert texts(edges(of("unknown"), of("calm"), closed_at)) == [
        "ABC calm, score 71 on the session close"
    ]
