"""What other settings make of the numbers, from the Reading that follows them on."""

from datetime import UTC, date, datetime

from divmon.reading.edges import edges
from divmon.reading.model import Abc, AbcState, High, Instrument, Reading, Session
from divmon.reading.redefined import Redefined
from divmon.settings import Settings, from_text, load

DAY = date(2026, 1, 20)
LONG, SHORT = date(1987, 9, 10), date(2026, 1, 2)


def given(text: str) -> Settings:
    return from_text(text, "config.toml")


IWM = '[instruments.RUT]\nyahoo = "IWM"\n'
NVDA = '[instruments.NVDA]\nyahoo = "NVDA"\n'


def reading(state: AbcState = "calm", **starts: date | None) -> Reading:
    """Return a Reading with these instruments and the start of each one's history."""
    return Reading(
        as_of=datetime(2026, 1, 21, tzinfo=UTC),
        source="live",
        session=Session(date=DAY),
        abc=Abc(score=71.0, state=state),
        instruments={
            name: Instrument()
            if start is None
            else Instrument(confirmed=DAY, high=High(history_start=start, record_close=True))
            for name, start in starts.items()
        },
    )


def test_a_new_row_is_waited_for_and_then_taken_as_it_is() -> None:
    redefined = Redefined()
    redefined.by(load(), given(NVDA))
    for rows in ({}, {"NVDA": None}, {"NVDA": SHORT}, {"NVDA": LONG}):
        assert redefined.now(reading(**rows)) == {"NVDA"}
    assert redefined.now(reading(NVDA=LONG)) == set()


def test_the_score_jumps_when_a_symbol_goes_and_when_the_other_comes() -> None:
    redefined = Redefined()
    redefined.by(load(), given(IWM))
    assert redefined.now(reading(RUT=None)) == {"RUT", "ABC"}
    # a symbol that has nothing yet, and may never have, silences no score
    assert redefined.now(reading(RUT=None)) == {"RUT"}
    assert redefined.now(reading(RUT=LONG)) == {"RUT", "ABC"}
    assert redefined.now(reading(RUT=LONG)) == set()


def test_what_decides_no_number_changes_nothing() -> None:
    redefined = Redefined()
    for text in (
        '[watchlist]\n"US" = ["RUT"]\n',
        '[instruments.RUT]\nlabel = "Small"\n',
        "[levels]\nwall = 90000\n",
    ):
        redefined.by(load(), given(text))
    assert redefined.now(reading(RUT=LONG)) == set()


def test_nothing_is_told_of_what_was_redefined() -> None:
    before = reading(RUT=None, GOLD=None)
    after = reading("alert", RUT=LONG, GOLD=LONG)
    names = {"RUT", "ABC"}
    told = edges(before, after, lambda _name, _day: 0.0, names)
    assert [event.subject for event in told] == ["GOLD"]
    assert [event.subject for event in edges(before, after, lambda _n, _d: 0.0)] == [
        "RUT",
        "GOLD",
        "ABC",
    ]
