"""Files lie where XDG says, for this user alone, or a sentence says why not."""

import os
import stat
from pathlib import Path

import pytest

from divmon import paths
from divmon.errors import SettingsError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith("XDG_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_without_xdg_variables_everything_lies_in_the_home_folder(home: Path) -> None:
    assert paths.config_path() == home / ".config/divmon/config.toml"
    assert paths.user_themes() == home / ".config/divmon/themes"
    assert paths.archive_path() == home / ".local/state/divmon/archive.db"
    assert paths.log_path() == home / ".local/state/divmon/log/divmon.log"
    assert paths.snapshots_dir() == home / ".local/share/divmon/snapshots"
    assert paths.cache_dir() == home / ".cache/divmon"
    assert paths.socket_path() == home / ".local/state/divmon/run/watch.sock"
    assert list(home.iterdir()) == []  # asking makes nothing


def test_xdg_variables_are_honoured(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONFIG_HOME", "STATE_HOME", "DATA_HOME", "CACHE_HOME", "RUNTIME_DIR"):
        monkeypatch.setenv(f"XDG_{name}", str(home / name))
    (home / "RUNTIME_DIR").mkdir()
    assert paths.config_path() == home / "CONFIG_HOME/divmon/config.toml"
    assert paths.archive_path() == home / "STATE_HOME/divmon/archive.db"
    assert paths.snapshots_dir() == home / "DATA_HOME/divmon/snapshots"
    assert paths.cache_dir() == home / "CACHE_HOME/divmon"
    assert paths.socket_path() == home / "RUNTIME_DIR/divmon/watch.sock"
    # one that cron started, without the variable, is found as well
    assert paths.socket_paths() == (
        home / "RUNTIME_DIR/divmon/watch.sock",
        home / "STATE_HOME/divmon/run/watch.sock",
    )


@pytest.mark.parametrize("given", ["", "relative/folder", "/nowhere/at/all", "/dev/null"])
def test_a_runtime_folder_that_is_none_does_not_count(
    home: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", given)
    assert paths.socket_paths() == (home / ".local/state/divmon/run/watch.sock",)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of somebody else")
def test_the_runtime_folder_of_somebody_else_does_not_count(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "theirs").mkdir()
    os.chown(home / "theirs", 65534, 65534)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home / "theirs"))
    assert paths.runtime_dir() == home / ".local/state/divmon/run"
    with pytest.raises(SettingsError, match=r"theirs belongs to user 65534, not to you \(0\)"):
        paths.private_folder(home / "theirs")


def test_folders_and_files_are_made_for_this_user_alone(home: Path) -> None:
    before = os.umask(0)
    try:
        file = paths.private_file(home / "a" / "b" / "file")
    finally:
        os.umask(before)
    assert [mode(at) for at in (file, file.parent, file.parent.parent)] == [0o600, 0o700, 0o700]


def test_a_folder_of_ours_is_closed_to_others(home: Path) -> None:
    (home / "open").mkdir(mode=0o755)
    paths.private_folder(home / "open")
    assert mode(home / "open") == 0o700


def test_a_file_that_is_there_is_left_as_it_is(home: Path) -> None:
    file = home / "folder" / "file"
    file.parent.mkdir()
    file.write_text("kept")
    assert paths.private_file(file).read_text() == "kept"


def test_a_file_in_the_way_is_told(home: Path) -> None:
    (home / "file").write_text("")
    with pytest.raises(SettingsError, match="file is not a folder; move that file away"):
        paths.private_folder(home / "file")
    with pytest.raises(SettingsError, match="cannot be made: Not a directory"):
        paths.private_folder(home / "file" / "below")
