"""When a frame may be drawn, by a clock that is moved; and what the driver makes of it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual.drivers.headless_driver import HeadlessDriver
from textual.screen import Screen

from divmon.settings_budget import budget
from divmon.ui.budget import DEBT_S, Bucket, Pace
from divmon.ui.lean import Pen
from divmon.ui.screens.health import HealthScreen
from divmon.ui.screens.help import HelpScreen
from divmon.ui.screens.instrument import InstrumentScreen
from divmon.ui.screens.main import MainScreen
from divmon.ui.screens.page import Page
from divmon.ui.terminal import HOME, counting
from divmon.ui.widgets.btc import SETTLED_S
from tests.ui import fixtures
from tests.ui.conftest import screen_text
from tests.ui.pages import opened
from tests.ui.test_screen import Hands, running


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def play(pace: Pace, clock: Clock, seconds: float, size: int = 0) -> list[float]:
    """Draw whenever the pace allows, as under constant change; return when that was."""
    drawn, began = [], clock.now
    while clock.now - began < seconds:
        if wait := pace.wait():
            clock.now += wait + 1e-9
            continue
        drawn.append(clock.now - began)
        pace.drew()
        pace.wrote(size)
    return drawn


def test_after_a_quiet_moment_a_frame_is_drawn_at_once_and_the_next_after_the_gap() -> None:
    clock = Clock()
    pace = Pace(10.0, now=clock)
    assert pace.wait() == 0
    pace.drew()
    assert pace.wait() == pytest.approx(0.1)
    clock.now += 0.04
    assert pace.wait() == pytest.approx(0.06)
    clock.now += 60
    assert pace.wait() == 0


@pytest.mark.parametrize(
    ("fps", "steady"), [(10.0, 3.0), (60.0, 18.0), (4.0, 3.0), (2.0, 2.0), (0.5, 0.5)]
)
def test_constant_change_settles_at_a_calmer_rate(fps: float, steady: float) -> None:
    clock = Clock()
    pace = Pace(fps, now=clock)
    play(pace, clock, 30.0)
    assert len(play(pace, clock, 60.0)) == pytest.approx(60 * steady, abs=2)


@pytest.mark.parametrize(("size", "steady"), [(80, 3.0), (120, 2.0), (160, 1.5), (2_000, 1.5)])
def test_frames_that_change_much_come_less_often(size: int, steady: float) -> None:
    clock = Clock()
    pace = Pace(10.0, now=clock)
    play(pace, clock, 30.0, size)
    assert len(play(pace, clock, 60.0, size)) == pytest.approx(60 * steady, abs=2)
    clock.now += 2.0
    assert pace.wait() == 0


def test_a_burst_is_drawn_at_the_full_rate() -> None:
    clock = Clock()
    drawn = play(Pace(10.0, now=clock), clock, 1.0)
    assert drawn[:4] == pytest.approx([0.0, 0.1, 0.2, 0.3], abs=0.04)


def test_three_changes_a_second_lose_no_frame() -> None:
    clock = Clock()
    pace = Pace(10.0, now=clock)
    for _ in range(200):
        clock.now += 1 / 3 + 1e-9
        assert pace.wait() == 0
        pace.drew()


def test_frames_keep_within_the_budget_and_wait_no_longer_than_needed() -> None:
    clock = Clock()
    pace = Pace(10.0, 2000.0, clock)
    play(pace, clock, 20.0, 800)  # until what was saved is used up
    written = pace.written
    play(pace, clock, 100.0, 800)
    assert 0.97 <= (pace.written - written) / 100 / 2000 <= 1.01


def test_a_page_that_was_opened_is_counted_but_holds_the_market_for_seconds_only() -> None:
    clock = Clock()
    pace = Pace(10.0, 1000.0, clock)
    pace.wrote(12_000)  # a person does not ask
    assert pace.written == 12_000
    assert pace.wait() == pytest.approx(DEBT_S)
    clock.now += DEBT_S
    assert pace.wait() == 0


@given(
    st.floats(10, 1e6),
    st.lists(st.tuples(st.floats(0, 5), st.integers(0, 20_000)), max_size=60),
)
def test_who_asks_first_never_takes_more_than_the_rate_and_one_frame(
    rate: float, steps: list[tuple[float, int]]
) -> None:
    clock = Clock()
    bucket = Bucket(rate, rate, float("-inf"), clock)
    taken, largest, began = 0, 0, clock.now
    for pause, amount in steps:
        clock.now += pause
        if bucket.wait() == 0:
            bucket.take(amount)
            taken, largest = taken + amount, max(largest, amount)
        assert taken <= rate * (clock.now - began + 1) + largest + 1e-3


def test_a_clock_that_goes_back_takes_nothing() -> None:
    clock = Clock()
    bucket = Bucket(5.0, 5.0, 0.0, clock)
    bucket.take(2.0)
    clock.now -= 100
    assert bucket.holds == 3.0


# -- the driver -----------------------------------------------------------------------


class Kept(HeadlessDriver):
    """A driver that keeps what is written."""

    kept: list[str]

    def write(self, data: str) -> None:
        self.kept.append(data)


def driver() -> tuple[Any, Pace, Pen]:
    pace, pen = Pace(10.0, now=lambda: 0.0), Pen(lambda: 0.0)
    made: Any = object.__new__(counting(Kept, pace, pen))
    made.kept = []
    return made, pace, pen


def test_a_small_frame_is_written_bare_and_a_large_one_as_a_whole() -> None:
    made, pace, _ = driver()
    for text in ("\x1b[3;9H7" + HOME, "x" * 300 + HOME):
        made.write(SYNC_START)
        made.write(text)
        assert len(made.kept) == (text[0] == "x")  # it waits for the end
        made.write(SYNC_END)
    assert made.kept == ["\x1b[3;9H7", SYNC_START + "x" * 300 + HOME + SYNC_END]
    made.write("é" + HOME)  # from a terminal that does not know synchronised updates
    assert made.kept[-1] == "é"
    assert pace.written == sum(len(text.encode()) for text in made.kept)


def test_the_cursor_of_an_input_is_put_where_it_belongs() -> None:
    made, _, _ = driver()
    made.write("x\x1b[4;12H")
    assert made.kept == ["x\x1b[4;12H"]


def test_what_is_no_frame_is_written_in_plain_style() -> None:
    made, _, pen = driver()
    pen.style = None
    made.write("\x07")
    made.write("\x07")
    assert made.kept == ["\x1b[0m\x07", "\x07"]


def test_nothing_written_is_no_write() -> None:
    made, pace, _ = driver()
    made.write(SYNC_START)
    made.write(HOME)
    made.write(SYNC_END)
    assert made.kept == []
    assert pace.written == 0


# -- the screen -----------------------------------------------------------------------


async def test_the_market_waits_for_the_budget_and_a_person_does_not() -> None:
    hands = Hands()
    chosen = fixtures.settings(budget="1000B/s")
    async with running(hands=hands, settings=chosen, size=(80, 24)) as (app, pilot, _):
        main, pace = app.main, app.pace
        hands.now += 10.0
        pace.wrote(1000 + 500)  # a second's worth was saved, and as much again is lent
        for n in range(5):
            main.mark(app.view.apply(fixtures.tick(90_000.0 + n, 1.0)))
        assert main._waiting is not None
        main.second()
        await pilot.pause()
        assert "90,00" not in screen_text(app)
        # half of the wait; meanwhile somebody opens the help and comes back: nothing waits
        hands.now += 0.25
        main._frame()
        assert main._waiting is not None
        await pilot.press("question_mark")
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape")
        await pilot.pause()
        assert "90,004.00" in screen_text(app)


async def test_the_last_value_of_a_burst_is_drawn_when_the_budget_has_something() -> None:
    hands = Hands()
    async with running(hands=hands, settings=fixtures.settings(budget="1kB/s"), size=(80, 24)) as (
        app,
        pilot,
        _,
    ):
        hands.now += 10.0
        app.pace.wrote(1500)
        for n in range(5):
            app.main.mark(app.view.apply(fixtures.tick(90_000.0 + n, 1.0)))
        hands.now += 0.5
        app.main._frame()
        await pilot.pause()
        assert "90,004.00" in screen_text(app)


async def test_a_page_waits_too_and_catches_up() -> None:
    hands = Hands()
    async with opened("i", hands=hands, settings=fixtures.settings(budget="1kB/s")) as up:
        page = up.page(HealthScreen)
        drawn: list[float] = []
        page.draw = lambda: drawn.append(hands.now)  # type: ignore[method-assign]
        hands.now += 10.0
        up.app.pace.wrote(2000)
        page.second()
        hands.now += 1.0
        page.second()
        assert drawn == [11.0]


@pytest.mark.parametrize(
    "keys", ["l", "question_mark", "ctrl+p", "l question_mark", "enter ctrl+p"]
)
async def test_what_changes_under_another_screen_paints_nothing(keys: str) -> None:
    """Textual counts a screen that is covered as visible, and paints all of the upper one."""
    hands = Hands()
    async with opened(keys, hands=hands, size=(80, 24)) as up:
        frames: list[object] = []
        display = up.app._display

        def counted(screen: Screen[Any], renderable: Any) -> None:
            frames.append(renderable)
            display(screen, renderable)

        up.app._display = counted  # type: ignore[method-assign]  # and draws all the same
        for n in range(1, 4):
            hands.now += 1.0
            up.feed.push(fixtures.tick(90_000.0 + n, float(n)))
            await up.pilot.pause()
            for screen in up.app.screen_stack[:-1]:
                if isinstance(screen, InstrumentScreen):
                    await screen.beat()
                else:
                    assert isinstance(screen, MainScreen | Page)
                    screen.second()
            await up.pilot.pause()
        assert not [each for each in frames if each is not None]
        await up.press("escape", "escape")
        assert frames
        assert "90,003.00" in up.text


async def test_the_sources_line_tells_what_of_the_budget_is_used() -> None:
    async with running(settings=fixtures.settings(budget="4KiB/s")) as (app, _, _):
        assert " of 4 KiB/s · " in app.main.own_load()
    async with running() as (app, _, _):
        assert " KiB/s · " in app.main.own_load()
        assert " of " not in app.main.own_load()


async def test_the_venues_figures_change_every_few_seconds() -> None:
    async with running() as (app, _, _):
        before = app.main.btc.aside()
        row = app.view.rows["BTC"]
        app.view.rows["BTC"] = msgspec.structs.replace(row, spread_bp=(row.spread_bp or 0) + 7)
        app.main.btc.show()
        assert app.main.btc.aside() == before
        for _ in range(SETTLED_S):
            app.main.second()
        assert app.main.btc.aside() != before


# -- what a person writes -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("", None),
        ("4KiB/s", 4096.0),
        ("2000B/s", 2000.0),
        ("1.5 kB/s", 1500.0),
        ("1MiB/s", 1048576.0),
        ("0.0001MB/s", 100.0),
    ],
)
def test_a_budget_is_a_number_a_unit_and_per_second(text: str, size: float | None) -> None:
    assert budget(text) == size


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("4kib/s", "has no unit that is known: kib; did you mean KiB?"),
        ("4Kb/s", "has no unit that is known: Kb; did you mean kB?"),
        ("4Mbi/s", "has no unit that is known: Mbi; known are B, kB, KiB, MB, MiB"),
        ("4KiB", 'must be a number, a unit and /s, such as "4KiB/s" or "2000B/s"'),
        ("KiB/s", "must be a number"),
        ("-4KiB/s", "must be a number"),
        ("1e3B/s", "must be a number"),
        ("4  KiB/s", "must be a number"),
        ("nan B/s", "must be a number"),
        ("٤KiB/s", "must be a number"),
        ("4KiB/s\n", "must be a number"),
        ("0B/s", "must be at least 100B/s"),
        ("99.9B/s", "must be at least 100B/s; with less a price would stand longer"),
    ],
)
def test_a_wrong_budget_is_told_with_a_way_out(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told.replace("?", r"\?")):
        budget(text)
