"""[alerts]: a wrong rule is told by line and way out, and the others run."""

import pytest

from divmon.alerts.looks import _GRID, _LOOKS, _ROW
from divmon.alerts.model import Alert, Kind
from divmon.alerts.rules import make_rules
from divmon.reading.model import Abc, Liquidity
from divmon.settings import from_text, load
from divmon.settings_alerts import ROW_VALUES, RUNNING_ONLY, TO, USES, VALUES

GOOD = '\n[alerts.good]\nkind = "level"\nvalue = "abc.score"\nenter = 70\nexit = 60\n'


@pytest.mark.parametrize(
    ("lines", "line", "words"),
    [
        (['kind = "levle"'], 2, "did you mean 'level'?"),
        (["enter = 5"], 1, "kind is missing; it is one of abc_state, level"),
        (['kind = "rotation"', "colour = 1"], 3, "unknown key 'colour' in [alerts.bad]"),
        (['kind = "streak"', 'on = ["BTC"]', "enter = 3"], 4, "has no enter"),
        (['kind = "streak"'], 1, 'name instruments, such as on = ["BTC"]'),
        (['kind = "streak"', 'on = ["BCT"]'], 3, "did you mean 'BTC'?"),
        (['kind = "streak"', 'on = ["BTC"]', "length = 1"], 4, "must be at least 2"),
        (['kind = "level"', "enter = 5"], 1, "there are abc.score"),
        (['kind = "level"', 'value = "abc.score"'], 1, "enter is missing"),
        (['kind = "level"', 'value = "abc.score"', "enter = 170"], 4, "can never be crossed"),
        (['kind = "level"', 'value = "abc.score"', "enter = nan"], 4, "must be a finite number"),
        (
            ['kind = "level"', 'value = "abc.score"', "enter = 60", "exit = 70"],
            5,
            "exit = 70 lies above enter = 60, so the rule would end as it begins; exchange them",
        ),
        (
            [
                'kind = "volatility"',
                'on = ["BTC"]',
                "enter = 0.1",
                "exit = 0.05",
                'direction = "down"',
            ],
            5,
            "exit = 0.05 lies below enter = 0.1",
        ),
        (['kind = "move"', 'on = ["BTC"]', "enter = 5"], 4, "0.05 for 5 %"),
        (
            ['kind = "move"', 'on = ["BTC"]', "enter = 0.05", 'window = "2"'],
            5,
            "must be one of 24h, 1",
        ),
        (
            ['kind = "move"', 'on = ["BTC"]', "enter = 0.05", 'window = "24h"'],
            1,
            "add confirmed_only = false",
        ),
        (['kind = "move"', 'on = ["RUT"]', "enter = 0.05", 'window = "24h"'], 5, "for BTC alone"),
        (['kind = "rotation"', "confirmed_only = false"], 3, "has no running value"),
        (['kind = "rotation"', 'for = "soon"'], 3, 'such as "10m" or "3d"'),
        (['kind = "rotation"', 'cooldown = "900d"'], 3, "at most 400 days"),
        (['kind = "rotation"', 'quiet_hours = "22-7"'], 3, 'must be as in "22:00-07:00"'),
        (['kind = "rotation"', 'to = ["risk off"]'], 3, "did you mean 'risk-off'?"),
        (['kind = "relative_streak"', 'on = ["RUT"]'], 3, 'no pair such as "RUT/SPX"'),
        (['kind = "source"', 'on = ["kraken2"]'], 3, "did you mean 'kraken'?"),
    ],
)
def test_a_wrong_rule_is_left_out_and_told(lines: list[str], line: int, words: str) -> None:
    text = "\n".join(["[alerts.bad]", *lines]) + GOOD
    loaded = from_text(text, "config.toml")
    told = [each for each in loaded.refused if words in each]
    assert told, loaded.refused
    assert told[0].startswith(f"config.toml, line {line}: ")
    names = [rule.name for rule in make_rules(loaded)]
    assert "bad" not in names
    assert names == [*(rule.name for rule in make_rules(load())), "good"]


def test_a_wrong_change_leaves_the_rule_that_ships() -> None:
    for change in ('cooldown = "soon"', "colour = 1"):
        loaded = from_text(f"[alerts.abc]\n{change}\n", "config.toml")
        assert len(loaded.refused) == 1
        assert loaded.alerts == load().alerts
    right = from_text("[alerts.abc]\nenabled = false\n", "config.toml")
    assert right.refused == ()
    assert "abc" not in {rule.name for rule in make_rules(right)}


def test_a_hostile_name_is_no_rule() -> None:
    loaded = from_text('[alerts."x\\u001b]0;owned\\u0007"]\nkind = "rotation"\n', "config.toml")
    assert "at most 32 letters" in loaded.refused[0]
    assert loaded.alerts == load().alerts


def test_what_the_settings_know_is_what_a_reading_holds() -> None:
    assert set(USES) == set(_LOOKS) == set(Kind.__args__)  # type: ignore[attr-defined]
    assert set(ROW_VALUES) == set(_ROW)
    macro = {name for name in VALUES if name.startswith("liquidity.")}
    assert set(VALUES) == set(_GRID) | macro | RUNNING_ONLY
    assert all(hasattr(Liquidity(), name.partition(".")[2]) for name in macro)
    assert set(TO["abc_state"]) < set(Abc.__annotations__["state"].__args__)
    assert "kind" in Alert.__struct_fields__
