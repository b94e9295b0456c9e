"""What differs between two settings, what a running program takes of it, and how it is said."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from divmon.errors import SettingsError
from divmon.settings import Settings, from_text, load
from divmon.settings_change import AT_START, difference, in_force
from divmon.ui.changed import refusal, words

NVDA = '[instruments.NVDA]\nyahoo = "NVDA"\n'
AMD = '[instruments.AMD]\nyahoo = "AMD"\n'
LIST = '[watchlist]\n"US" = ["RUT", "SPX", "QQQ"]\n'
MOVED = "settings: watchlist in another order"


def read(text: str) -> Settings:
    return from_text(text, "config.toml")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("", "", []),
        ("", "# a remark", []),
        (
            LIST + '[general]\ntheme = "night"\n',
            LIST.replace('"QQQ"', '"NVDA", "AMD"') + NVDA + AMD + '[general]\ntheme = "day"\n',
            ["settings: 2 added (NVDA, AMD), 1 removed (QQQ), theme day"],
        ),
        (LIST, LIST.replace('"RUT", "SPX"', '"SPX", "RUT"'), [MOVED]),
        (LIST, LIST.replace('"US"', '"Here"'), [MOVED]),
        ("", NVDA, ["settings: instruments: 1 added (NVDA)"]),
        (NVDA, NVDA.replace('"NVDA"\n', '"NVDA.X"\n'), ["settings: instruments: 1 changed (NVDA)"]),
        (
            "",
            "[alerts.wall]\nenabled = false\n[alerts.gold]\n"
            'kind = "level"\nvalue = "price"\non = ["GOLD"]\nenter = 5000\n',
            ["settings: alert rules: 1 added (gold), 1 changed (wall)"],
        ),
        (
            "",
            '[claims.c]\nkind = "streak"\non = "GOLD"\nlength = 5\n',
            ["settings: claims: 1 added (c)"],
        ),
        (
            "",
            '[display]\nupdown = "red-blue"\nfps = 4\n',
            ["settings: [display] fps = 4.0, up/down red-blue"],
        ),
        ("", "[yahoo]\npoll_open_s = 30.0\n", ["settings: [yahoo] poll_open_s = 30.0"]),
        (
            "",
            '[network]\nproxy = "http://me:secret@proxy:8080"\n',
            ["settings: takes a restart: [network] proxy"],
        ),
        (
            "",
            "[archive]\nenabled = false\n[levels]\nwall = 90000\n",
            ["settings: [levels] wall = 90000.0", "settings: takes a restart: [archive] enabled"],
        ),
    ],
)  # fmt: skip
def test_a_change_is_said_by_name(before: str, after: str, told: list[str]) -> None:
    assert list(words(difference(read(before), read(after)))) == told


def test_of_many_names_the_first_are_said_and_all_are_counted() -> None:
    (text,) = words(difference(load(), read('[watchlist]\n"US" = ["RUT"]\n')))
    assert text == "settings: 16 removed (SPX, IXIC, GOLD, SILVER, …)"


def test_a_demo_cannot_change_its_venues_under_way() -> None:
    after = read('[exchanges]\nvenues = ["kraken BTC/USD"]\n')
    (text,) = words(difference(load(), after, simulated=True))
    assert text == "settings: takes a restart: [exchanges] venues"
    assert in_force(load(), after, simulated=True) == load()
    assert in_force(load(), after).exchanges.venues == ("kraken BTC/USD",)


def test_engine_and_screen_have_each_a_part() -> None:
    after = read(LIST + '[general]\ntheme = "day"\n[network]\nproxy = "http://a:1"\n')
    found = difference(load(), after)
    (screen,) = words(found.part(engine=False))
    assert screen == "settings: theme day"
    engine = list(words(found.part(engine=True)))
    assert "theme" not in " ".join(engine)
    assert engine[1] == "settings: takes a restart: [network] proxy"


def test_what_takes_a_restart_stays_as_it_was() -> None:
    after = read(
        '[network]\nproxy = "http://a:1"\n[archive]\nenabled = false\nlast_reading_every_s = 5\n'
        '[general]\nsource = "demo"\ntheme = "day"\n'
    )
    taken = in_force(load(), after)
    assert taken.network == load().network
    assert taken.archive.enabled
    assert taken.archive.last_reading_every_s == 5
    assert (taken.general.source, taken.general.theme) == ("auto", "day")


def test_what_takes_a_restart_are_options_that_there_are() -> None:
    for section, names in AT_START.items():
        assert set(names) <= set(getattr(load(), section).__struct_fields__)


CHOICES = st.sampled_from(
    [
        LIST, LIST.replace('"QQQ"', '"GOLD"'), NVDA, '[display]\nfps = 3\n', "[levels]\nwall = 1\n",
        '[network]\nproxy = "http://a:1"\n', "[alerts.wall]\nenabled = false\n",
        '[exchanges]\nusdt_rate = "kraken USDT/USD"\nfresh_s = 9\n', "[demo]\nseed = 1\n",
    ]
)  # fmt: skip


@given(CHOICES, CHOICES)
def test_there_is_something_to_say_exactly_if_something_differs(one: str, other: str) -> None:
    before, after = read(one), read(other)
    assert bool(list(words(difference(before, after)))) == (before != after)


@given(CHOICES, CHOICES)
def test_what_is_in_force_differs_from_before_in_nothing_that_takes_a_restart(
    one: str, other: str
) -> None:
    before, after = read(one), read(other)
    taken = in_force(before, after)
    assert not difference(before, taken).restart
    assert in_force(before, taken) == taken


def test_a_refusal_is_one_line_and_says_what_stays() -> None:
    text = refusal(SettingsError("config.toml, line 3: a\nconfig.toml, line 5: b"))
    assert text == (
        "config.toml, line 3: a (and 1 more: `divmon config check`); "
        "the settings before stay in force"
    )


def test_the_order_of_groups_alone_is_a_change() -> None:
    two = '[watchlist]\n"A" = ["RUT"]\n"B" = ["SPX"]\n'
    turned = '[watchlist]\n"B" = ["SPX"]\n"A" = ["RUT"]\n'
    assert msgspec.structs.asdict(read(two))["watchlist"] == read(turned).watchlist  # a dict's way
    assert difference(read(two), read(turned)).moved
