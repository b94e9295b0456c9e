"""The page of the score's past: asked of the engine, drawn whole, read honestly."""

from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from divmon.link.codec import AskPast, Past
from divmon.reading.model import AbcState
from divmon.reading.told import After, Base, Told
from divmon.ui.screens.history import HistoryScreen
from divmon.ui.widgets.past import (
    EpisodesPanel,
    FollowedPanel,
    PathPanel,
    envelope,
    state_of,
)
from tests.ui import fixtures
from tests.ui.conftest import desk, text_of
from tests.ui.pages import SIZES, opened
from tests.ui.test_screen import FULL

END = date(2026, 1, 16)


def after(value: float | None, n: int) -> After:
    return After(
        value=value, n=n, mean=0.031, interval=(-0.08, 0.142), positive=0.57,
        base=Base(n=1500, mean=0.019, positive=0.55), enough=n >= 10,
    )  # fmt: skip


def told(start: date, sessions: int, value: float | None, *, n: int = 7, end: date = END) -> Told:
    return Told(
        start=start, end=end, sessions=sessions, max_score=85.4, entry=start,
        after={
            horizon: {target: after(value, n) for target in ("BTC", "RUT", "SPX")}
            for horizon in ("5", "20", "60", "120")
        },
    )  # fmt: skip


def past(n: int = 1500, *, episodes: tuple[Told, ...] | None = None) -> Past:
    """Return `n` sessions, calm but for one alert of a single day and one that runs."""

    def day(back: int) -> tuple[date, float | None, AbcState]:
        score, state = 30.0, "calm"
        if back < 9:
            score, state = 74.0, "alert"
        elif back == n // 2:
            score, state = 99.0, "alert"
        elif back == n - 1:
            return END - timedelta(days=back), None, "unknown"
        return END - timedelta(days=back), score, state  # type: ignore[return-value]  # literals

    if episodes is None:
        episodes = (
            told(date(2024, 6, 28), 11, -0.047, end=date(2024, 7, 15)),
            told(date(2026, 1, 8), 9, None),
        )
    return Past(days=tuple(day(back) for back in range(n - 1, -1, -1)), episodes=episodes)


@pytest.mark.parametrize("size", SIZES)
async def test_the_page_asks_and_shows_the_path_the_episodes_and_what_followed(
    size: tuple[int, int],
) -> None:
    async with opened("h", size=size) as up:
        up.page(HistoryScreen)
        assert up.feed.sent == [AskPast()]
        assert "asking the engine" in up.text
        await up.push(past())
        assert "1,500 sessions" in up.text
        assert "alert 70" in up.text
        assert "watch 50" in up.text
        state = next(line for line in up.lines if " state " in line)
        assert "A" in state.partition("·")[2]  # the single day too
        running = next(line for line in up.lines if "2026-01-08" in line)
        assert "running" in running
        assert "—" in running
        over = next(line for line in up.lines if "2024-06-28" in line)
        assert "2024-07-15" in over
        assert "−4.7" in over
        assert "85" in over
        assert "too few to tell" in up.text
        assert up.feed.sent == [AskPast()]  # once


async def test_it_asks_again_when_a_session_has_closed_since() -> None:
    board = fixtures.reading()
    closed = msgspec.structs.replace(board.abc, as_of=END)
    async with opened("h", fixtures.hello(), msgspec.structs.replace(board, abc=closed)) as up:
        await up.push(past())
        assert up.feed.sent == [AskPast()]
        later = msgspec.structs.replace(closed, as_of=END + timedelta(days=3))
        await up.push(msgspec.structs.replace(board, abc=later))
        assert up.feed.sent == [AskPast(), AskPast()]


async def test_another_engine_is_asked_anew() -> None:
    async with opened("h") as up:
        await up.push(past())
        await up.push(fixtures.hello(source="demo", simulated=True))
        assert "1,500 sessions" not in up.text
        assert up.feed.sent == [AskPast(), AskPast()]


async def test_zoom_and_target() -> None:
    async with opened("h") as up:
        await up.push(past())
        await up.press("z")
        assert "756 sessions" in up.text
        await up.press("z", "z")
        assert "90 sessions" in up.text
        await up.press("z")
        assert "1,500 sessions" in up.text
        assert "What followed: BTC" in up.text
        await up.press("tab")
        assert "What followed: RUT" in up.text


def test_an_alert_of_one_day_among_thousands_is_a_letter_and_a_peak() -> None:
    panel = PathPanel(desk())
    panel.past = past(4000)
    lines = text_of(panel, 120, 20)
    state = next(line for line in lines if " state " in line)
    assert state.count("A") == 2  # the day, and the nine that run in one cell
    top = lines[1]  # 99 is the highest
    assert any(0x2800 < ord(sign) <= 0x28FF for sign in top)


def test_enough_episodes_are_told_with_the_base_rate_beside_them() -> None:
    panel = FollowedPanel(desk())
    panel.past = past(episodes=(told(date(2026, 1, 8), 9, None, n=12),))
    text = "\n".join(text_of(panel, 116, 7))
    assert "too few" not in text
    assert "+3.1" in text
    assert "[−8.0, +14.2]" in text
    assert "+1.9" in text
    assert "of 1,500 sessions" in text


def test_no_episode_and_no_score_are_said() -> None:
    panel, list_, path_ = FollowedPanel(desk()), EpisodesPanel(desk()), PathPanel(desk())
    empty = Past(days=(), episodes=())
    panel.past = list_.past = path_.past = empty
    assert "no episode" in "\n".join(text_of(panel, 80, 7))
    assert "none in all the data" in "\n".join(text_of(list_, 80, 7))
    assert "no session with a score" in "\n".join(text_of(path_, 80, 12))


@given(st.lists(st.none() | st.floats(0, 100), min_size=1, max_size=500), st.integers(1, 60))
def test_an_envelope_loses_no_extreme_and_invents_nothing(
    scores: list[float | None], cells: int
) -> None:
    made = envelope(scores, cells)
    known = {score for score in scores if score is not None}
    shown = {score for score in made if score is not None}
    assert shown <= known
    if known:
        assert (min(shown), max(shown)) == (min(known), max(known))
    assert len(made) in (len(scores), 2 * cells)


def test_the_gravest_state_of_a_cell_is_shown() -> None:
    at = END
    assert state_of([(at, None, "unknown"), (at, 1.0, "calm")]) == "calm"
    assert state_of([(at, 51.0, "watch"), (at, 71.0, "alert"), (at, 1.0, "calm")]) == "alert"
    assert state_of([]) == "unknown"


async def test_without_an_answer_it_asks_again_and_again_but_not_at_every_look() -> None:
    async with opened("h", *FULL) as up:
        for _ in range(11):
            up.draw()
            await up.pilot.pause()
        assert 2 <= len(up.feed.sent) <= 4
