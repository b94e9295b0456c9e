"""A settings file that is edited while somebody follows it: real files, no waiting."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from divmon.errors import SettingsError
from divmon.settings import Settings, load
from divmon.settings_watch import LOOK_S, SETTLE_S, Reloaded, SettingsWatch

DAY = '[general]\ntheme = "day"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def settled(watch: SettingsWatch) -> Reloaded | SettingsError | None:
    """Look twice, as happens within SETTLE_S."""
    return watch.look() or watch.look()


def after(outcome: object) -> Settings:
    assert isinstance(outcome, Reloaded)
    return outcome.after


def test_what_was_read_at_the_start_is_no_change(file: Path) -> None:
    file.write_text(DAY)
    watch = SettingsWatch(file, load(file))
    assert settled(watch) is None
    assert settled(SettingsWatch(file.with_name("none.toml"), load())) is None


def test_what_changed_between_reading_and_the_first_look_is_seen(file: Path) -> None:
    file.write_text(DAY)
    watch = SettingsWatch(file, load(file))
    file.write_text('[general]\ntheme = "ember"\n')
    assert after(watch.look()).general.theme == "ember"


def write(file: Path, text: str) -> None:
    file.write_text(text)


def replace(file: Path, text: str) -> None:
    """As vi and most editors save: a new file in the place of the old one."""
    new = file.with_name("4913")
    new.write_text(text)
    os.utime(new, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    new.replace(file)


@pytest.mark.parametrize("save", [write, replace])
def test_a_change_is_read_once_it_stands_still(file: Path, save: object) -> None:
    file.write_text('[general]\ntheme = "dusk"\n')
    watch = SettingsWatch(file, load(file))
    assert settled(watch) is None
    assert callable(save)
    save(file, DAY)
    assert watch.look() is None
    outcome = watch.look()
    assert isinstance(outcome, Reloaded)
    assert (outcome.before.general.theme, outcome.after.general.theme) == ("dusk", "day")
    assert settled(watch) is None


def test_half_a_file_is_never_taken(file: Path) -> None:
    file.write_text(DAY)
    watch = SettingsWatch(file, load(file))
    assert settled(watch) is None
    file.write_text("")  # an editor that truncates first
    assert watch.look() is None
    file.write_text(DAY + "[display]\nfps = 4\n")
    assert watch.look() is None
    assert after(watch.look()).display.fps == 4


def test_a_file_that_goes_and_comes_back_changes_nothing(file: Path) -> None:
    file.write_text(DAY)
    watch = SettingsWatch(file, load(file))
    assert settled(watch) is None
    file.rename(file.with_name("config.toml~"))
    assert watch.look() is None
    file.write_text(DAY)
    assert settled(watch) is None


def test_a_file_that_comes_later_and_goes_for_good(file: Path) -> None:
    watch = SettingsWatch(file, load())
    assert settled(watch) is None
    file.write_text(DAY)
    assert after(settled(watch)).general.theme == "day"
    file.unlink()
    assert after(settled(watch)) == load()


def test_a_named_file_that_goes_is_told_and_changes_nothing(file: Path) -> None:
    file.write_text(DAY)
    watch = SettingsWatch(file, load(file), required=True)
    assert settled(watch) is None
    file.unlink()
    outcome = settled(watch)
    assert isinstance(outcome, SettingsError)
    assert "cannot be read" in str(outcome)
    file.write_text(DAY)
    assert isinstance(settled(watch), SettingsError | Reloaded | None)


def test_a_link_is_followed(file: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text(DAY)
    file.symlink_to(real)
    watch = SettingsWatch(file, load(file))
    assert settled(watch) is None
    real.write_text('[general]\ntheme = "paper"\n')
    assert after(settled(watch)).general.theme == "paper"


def test_a_fault_is_told_once_with_line_and_value_and_being_right_again_too(file: Path) -> None:
    file.write_text(DAY)
    watch = SettingsWatch(file, load(file))
    assert settled(watch) is None
    file.write_text(DAY + "[display]\nfps = 0\n")
    outcome = settled(watch)
    assert isinstance(outcome, SettingsError)
    assert str(outcome) == "config.toml, line 4: [display] fps = 0 must be more than 0"
    assert settled(watch) is None
    file.write_text(DAY)
    again = settled(watch)
    assert isinstance(again, Reloaded)
    assert again.before == again.after
    assert settled(watch) is None


def test_a_comment_or_a_touch_is_no_change(file: Path) -> None:
    file.write_text(DAY)
    watch = SettingsWatch(file, load(file))
    assert settled(watch) is None
    file.write_text(DAY + "# a remark\n")
    assert settled(watch) is None
    os.utime(file)
    assert settled(watch) is None


async def test_looks_are_a_second_apart_and_soon_after_a_change(file: Path) -> None:
    file.write_text(DAY)
    steps: Iterator[str] = iter(["", "", "fps = 3", "", ""])
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if text := next(steps):
            file.write_text(f"{DAY}[display]\n{text}\n")

    watch = SettingsWatch(file, load(file))
    outcome = await anext(watch.changes(sleep=sleep))
    assert after(outcome).display.fps == 3
    assert slept == [LOOK_S, LOOK_S, LOOK_S, SETTLE_S]
