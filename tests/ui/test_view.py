"""The view: newest wins, edges are kept, stale is stale whatever the engine last said."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from divmon.link.codec import Happened, Health, Quotes
from divmon.market.events import SourceHealth
from divmon.reading.model import Sentence, Streak
from divmon.ui.view import ABC, BOARD, EVENTS, EVENTS_KEPT, SOURCES, STREAKS, View
from tests.ui import fixtures


class Hands:
    """Two clocks that move by hand."""

    def __init__(self) -> None:
        self.mono, self.day = 100.0, fixtures.NOW.timestamp()

    def view(self, **more: Any) -> View:
        return View(fixtures.settings(), monotonic=lambda: self.mono, wall=lambda: self.day, **more)


@pytest.fixture
def hands() -> Hands:
    return Hands()


def test_quotes_replace_rows_and_say_which_changed(hands: Hands) -> None:
    view = hands.view()
    assert view.apply(fixtures.reading()) == {BOARD}
    frame = fixtures.tick(90_000.0, 1.0)
    assert view.apply(frame) == {"BTC"}
    assert view.rows["BTC"].last == 90_000.0
    assert view.apply(frame) == set()
    assert view.apply(msgspec.structs.replace(frame, abc_provisional=None)) == {ABC}
    streak = msgspec.structs.replace(view.relative["RUT/SPX"], streak=13)
    moved = Quotes(as_of=fixtures.NOW, instruments={}, relative_streaks={"RUT/SPX": streak})
    assert view.apply(moved) == {STREAKS}


def test_the_clock_runs_at_the_rate_of_the_engine(hands: Hands) -> None:
    view = hands.view()
    view.apply(fixtures.hello(rate=60.0))
    hands.mono += 2
    assert view.now == fixtures.NOW.timestamp() + 120
    view.apply(Quotes(as_of=fixtures.NOW + timedelta(seconds=130), instruments={}))
    assert view.now == fixtures.NOW.timestamp() + 130


def test_ages_run_between_frames(hands: Hands) -> None:
    view = hands.view()
    view.apply(fixtures.reading())
    hands.mono += 7
    assert view.age("USDJPY") == pytest.approx(15)
    okx = view.rows["BTC"].venues["okx"]
    assert view.venue_age(okx) == pytest.approx(19)
    assert view.age("NOTHING") is None


def test_a_live_price_goes_stale_without_a_frame_that_says_so(hands: Hands) -> None:
    view = hands.view()
    view.apply(fixtures.reading())
    assert (view.state("BTC"), view.state("USDJPY"), view.state("GOLD")) == (
        "live", "live", "delayed",
    )  # fmt: skip
    hands.mono += 31
    assert (view.state("BTC"), view.state("USDJPY")) == ("stale", "live")
    hands.mono += 100
    assert view.state("USDJPY") == "stale"
    assert view.state("RUT") == "closed"  # a closed market's price does not age
    assert view.state("NOTHING") == "missing"


def test_a_board_from_the_archive_is_as_old_as_the_wall_clock_says(hands: Hands) -> None:
    old = fixtures.NOW - timedelta(hours=2)
    hands.day = (fixtures.NOW + timedelta(hours=1)).timestamp()
    view = hands.view(initial=fixtures.reading(warm=True, as_of=old))
    assert [view.live] == [False]
    assert view.age("BTC") == pytest.approx(3600)
    assert view.state("BTC") == "stale"
    view.apply(fixtures.reading())
    assert [view.live] == [True]
    assert view.state("BTC") == "live"


def test_a_lost_link_is_counted_from_its_first_sign_and_ends_with_hello(hands: Hands) -> None:
    view = hands.view()
    view.apply(fixtures.reading())
    gone = Health(SourceHealth("engine", "link", "retrying", 0.0, "socket closed"))
    assert view.apply(gone) == {BOARD}
    hands.mono += 3
    assert view.apply(gone) == {SOURCES}
    assert view.link_lost_for == pytest.approx(3)
    assert [view.live] == [False]
    assert view.state("BTC") == "stale"
    assert "engine" not in view.health
    assert view.apply(fixtures.hello()) == {BOARD}
    assert [view.live] == [True]
    view.apply(gone)
    assert view.apply(Health(SourceHealth("engine", "link", "ok", 0.0))) == {BOARD}
    assert [view.live] == [True]


def test_events_are_kept_newest_first_and_only_so_many(hands: Hands) -> None:
    view = hands.view()
    for n in range(EVENTS_KEPT + 5):
        assert view.apply(Happened(fixtures.event(str(n)))) == {EVENTS}
    assert view.events[0].text == str(EVENTS_KEPT + 4)
    assert len(view.events) == EVENTS_KEPT


def test_newer_health_is_not_undone_by_a_reading_computed_before_it(hands: Hands) -> None:
    view = hands.view()
    at = fixtures.NOW.timestamp()
    assert view.apply(Health(SourceHealth("okx", "exchange", "ok", at + 1))) == {SOURCES}
    view.apply(fixtures.reading())
    assert view.health["okx"].state == "ok"
    assert view.health["kraken"].state == "ok"


def test_a_frozen_view_stands_still(hands: Hands) -> None:
    view = hands.view()
    view.apply(fixtures.reading())
    still = view.freeze()
    hands.mono += 50
    view.apply(fixtures.tick(1.0, 50.0))
    view.apply(Happened(fixtures.event("later")))
    assert still.rows["BTC"].last == 89_734.12
    assert not still.events
    assert still.now == fixtures.NOW.timestamp()
    assert view.rows["BTC"].last == 1.0


def test_only_the_rows_of_the_watchlist_are_listed(hands: Hands) -> None:
    view = hands.view()
    made = fixtures.reading()
    extra = {**made.instruments, "NVDA": made.instruments["SPX"]}
    view.apply(msgspec.structs.replace(made, instruments=extra))
    assert {name for _, name in view.order()} == made.instruments.keys() - {"BTC"}
    view.apply(msgspec.structs.replace(made, instruments=extra, groups={}))
    assert view.order()[-1] == ("US large", "NVDA")
    assert ("Crypto", "BTC") not in view.order()


def test_a_reading_that_brings_little_new_repaints_little(hands: Hands) -> None:
    view = hands.view()
    first = fixtures.reading()
    view.apply(first)

    def rows(**changes: Any) -> dict[str, Any]:
        aged = {n: msgspec.structs.replace(r, age_s=99.0) for n, r in first.instruments.items()}
        return aged | {n: msgspec.structs.replace(aged[n], **c) for n, c in changes.items()}

    assert view.apply(fixtures.reading(instruments=rows())) == set()
    assert view.apply(fixtures.reading(instruments=rows(RUT={"last": 1.0}))) == {"RUT"}
    run = Streak(close=-2)
    moved = fixtures.reading(instruments=rows(RUT={"last": 1.0, "streak": run}))
    assert view.apply(moved) == {"RUT", STREAKS}
    abc = msgspec.structs.replace(first.abc, provisional=1.0)
    assert view.apply(msgspec.structs.replace(moved, abc=abc)) == {ABC}
    said = msgspec.structs.replace(moved, abc=abc, sentence=Sentence(en="other"))
    assert view.apply(said) == {ABC}
    broken = first.sources | {
        "okx": msgspec.structs.replace(
            first.sources["okx"], state="off", since=first.sources["okx"].since + 1
        )
    }
    assert view.apply(msgspec.structs.replace(said, sources=broken)) == {SOURCES}
    for change in ({"banner": "x"}, {"warm": True}, {"claims": ()}, {"breadth20": 0.1}):
        said = msgspec.structs.replace(said, sources=broken, **change)
        assert view.apply(said) == {BOARD}, change
    fewer = dict(list(said.instruments.items())[:-1])
    assert view.apply(msgspec.structs.replace(said, instruments=fewer)) == {BOARD}
