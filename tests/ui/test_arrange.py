"""Where panels stand: no two overlap, none is outside, and nothing of the screen is left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from divmon import settings_board
from divmon.ui.arrange import ALL, LEAST, SMALLEST, Board, Wants, arrange

EDGES = {"state", "banner", "sources", "keys"}
panels = st.lists(st.sampled_from([*ALL, "glance"]), unique=True).map(tuple)
sizes = st.tuples(st.integers(SMALLEST[0], 260), st.integers(SMALLEST[1], 90))
wants = st.builds(Wants, state=st.integers(1, 3), banner=st.booleans(), rows=st.integers(0, 40))


def board(width: int, height: int, *names: str, state: int = 2, rows: int = 17) -> Board:
    return arrange(names, width, height, Wants(state, False, rows))


@given(panels, sizes, wants)
def test_places_fill_the_screen_and_do_not_overlap(
    names: tuple[str, ...], size: tuple[int, int], wanted: Wants
) -> None:
    made = arrange(names, *size, wanted)
    shared = set(made.shared[1:])  # all of them have the place of the first
    places = [place for name, place in made.places.items() if name not in shared]
    assert sum(place.area for place in places) == size[0] * size[1]
    for place in places:
        assert place.width > 0
        assert place.height > 0
        assert 0 <= place.x <= place.right <= size[0]
        assert 0 <= place.y <= place.bottom <= size[1]
    for n, place in enumerate(places):
        assert not any(place.overlaps(other) for other in places[n + 1 :])


@given(panels.filter(bool), sizes, wants)
def test_every_chosen_panel_has_a_place_and_trust_stays(
    names: tuple[str, ...], size: tuple[int, int], wanted: Wants
) -> None:
    made = arrange(names, *size, wanted)
    assert set(names) <= made.places.keys()
    assert {"state", "sources", "keys"} <= made.places.keys()
    assert ("banner" in made.places) is wanted.banner


@given(panels.filter(bool), sizes, wants)
def test_a_panel_alone_has_all_the_room(
    names: tuple[str, ...], size: tuple[int, int], wanted: Wants
) -> None:
    alone = arrange(names[:1], *size, wanted).places[names[0]]
    assert alone.area == size[0] * (size[1] - wanted.state - wanted.banner - 2)


@pytest.mark.parametrize(
    ("size", "seen", "shared"),
    [
        ((200, 60), set(ALL), False),
        ((160, 40), set(ALL), False),
        ((120, 36), set(ALL), True),
        ((100, 30), set(ALL), True),
        ((80, 24), {"btc", "markets", "events"}, False),
        ((80, 50), set(ALL) - {"abc"}, True),
        ((60, 15), {"btc", "markets"}, False),
        ((40, 10), {"btc", "markets"}, False),
    ],
)
def test_the_board_by_size(size: tuple[int, int], seen: set[str], shared: bool) -> None:
    made = board(*size)
    assert made.places.keys() - EDGES == seen
    assert bool(made.shared) is shared


def test_the_table_gets_no_more_lines_than_it_has_rows_while_others_want_some() -> None:
    assert board(200, 60).places["markets"].height == 20  # rows, heading and frame
    assert board(200, 60).places["btc"].height == 16
    assert board(200, 60, rows=5).places["btc"].height > 16


def test_the_first_panel_of_a_layout_is_the_largest() -> None:
    for size in ((200, 60), (120, 36), (80, 24)):
        made = board(*size, "btc", "markets")
        assert made.places["btc"].height >= made.places["markets"].height
    assert board(200, 60, "btc", "markets").places["markets"].height == 20


def test_neighbours_share_a_row_where_it_is_wide_enough() -> None:
    wide = board(120, 36, "streaks", "rotation").places
    assert wide["streaks"].y == wide["rotation"].y
    narrow = board(60, 36, "streaks", "rotation").places
    assert narrow["streaks"].bottom == narrow["rotation"].y


def test_what_does_not_fit_below_each_other_shares_a_place() -> None:
    made = board(60, 10, "streaks", "rotation")
    assert made.shared == ("streaks", "rotation")
    assert made.places["streaks"] == made.places["rotation"]
    assert board(60, 10, "btc", "streaks", "rotation").shared == ("btc", "streaks", "rotation")


def test_the_settings_know_the_panels_of_the_screen() -> None:
    assert set(settings_board.PANELS) == set(LEAST) == {*ALL, "glance"}
