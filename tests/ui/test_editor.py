"""`w`: the settings file in a person's own editor, a real script in a real terminal."""

import os
import signal
import stat
import sys
import time
from pathlib import Path

import pytest

from divmon import paths
from divmon.errors import SettingsError
from divmon.ui.editor import command
from tests.cli.emulator import Emulator
from tests.ui.test_reload import running

FILE = Path("/home/me/my config.toml")


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"EDITOR": "vi"}, ["vi"]),
        ({"EDITOR": "vi", "VISUAL": "emacs -nw"}, ["emacs", "-nw"]),
        ({"EDITOR": "'/opt/my ed/ed' --wait", "VISUAL": " "}, ["/opt/my ed/ed", "--wait"]),
        ({"EDITOR": "vi; rm -rf $HOME"}, ["vi;", "rm", "-rf", "$HOME"]),  # words, to no shell
    ],
)
def test_the_editor_gets_the_path_as_one_word(env: dict[str, str], words: list[str]) -> None:
    assert command(FILE, env) == [*words, str(FILE)]


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({}, "no editor is known: export EDITOR=vi, or another; the file is /home/me/my config"),
        ({"EDITOR": "  "}, "no editor is known"),
        ({"VISUAL": "vi 'x"}, 'VISUAL = "vi \'x" is no command: No closing quotation'),
    ],
)
def test_an_editor_that_cannot_be_is_told_with_the_way_out(env: dict[str, str], told: str) -> None:
    with pytest.raises(SettingsError) as raised:
        command(FILE, env)
    assert told in str(raised.value)
    assert str(FILE) in str(raised.value)


async def test_where_the_screen_cannot_be_suspended_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "false")
    async with running(tmp_path) as up:
        await up.press("w")
        assert up.told == [
            f"this terminal cannot be lent to an editor; edit {tmp_path}/config.toml in another"
        ]


async def test_without_an_editor_it_says_how_to_name_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EDITOR", raising=False)
    monkeypatch.delenv("VISUAL", raising=False)
    async with running(tmp_path) as up:
        await up.press("w")
        assert "export EDITOR=vi" in up.told[0]


# -- in a terminal ---------------------------------------------------------------------

DAY = '[general]\\ntheme = "day"\\n'


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in ("CONFIG", "STATE", "CACHE", "DATA", "RUNTIME"):
        name = "XDG_RUNTIME_DIR" if variable == "RUNTIME" else f"XDG_{variable}_HOME"
        monkeypatch.setenv(name, str(tmp_path / variable.lower()))
    (tmp_path / "runtime").mkdir(mode=0o700)
    monkeypatch.delenv("VISUAL", raising=False)
    return tmp_path


def script(folder: Path, text: str) -> dict[str, str]:
    """Return an environment whose editor is a script, in a folder with a blank in its name."""
    file = folder / "my editors" / "ed"
    file.parent.mkdir()
    file.write_text(f"#!{sys.executable}\nimport os, sys, time, pathlib\n{text}\n")
    file.chmod(0o700)
    return {"EDITOR": f"'{file}' --wait"}


ONE_LINE = f"""
print("EDITING", sys.argv[1:], flush=True)
said = input()
file = pathlib.Path(sys.argv[2])
print("BEGUN", len(file.read_text()) > 5000)
file.write_text('{DAY}# ' + said)
"""


def test_what_is_saved_is_in_force_and_prices_went_on(home: Path) -> None:
    file = paths.config_path()
    with Emulator("--source", "demo", size=(120, 36), env=script(home, ONE_LINE)) as terminal:
        terminal.wait_for("composite of 5 venues")
        before = terminal.line("since NY close")
        terminal.press("w")
        terminal.wait_for("EDITING")
        # a long path goes on in the next line
        terminal.wait_until(lambda: "config.toml']" in terminal.text.replace("\n", ""))
        assert f"['--wait', '{file}']" in terminal.text.replace("\n", "")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        terminal.press("hjq typed for the editor\r")
        terminal.wait_for("settings: theme day")
        # whole again, and of now
        terminal.wait_until(lambda: terminal.line("since NY close") not in ("", before))
        for part in ("╭─ Markets", "coinbase ●", "? help", "SIMULATED"):
            assert part in terminal.text
        assert file.read_text().endswith("hjq typed for the editor")
        terminal.press("l")
        terminal.wait_for(f"wrote {str(file)[:20]}")


def test_ctrl_c_is_the_editors(home: Path) -> None:
    text = """
import signal
signal.signal(signal.SIGINT, lambda *_: print("INTERRUPTED", flush=True))
print("EDITING", flush=True)
input()
"""
    with Emulator("--source", "demo", size=(120, 36), env=script(home, text)) as terminal:
        terminal.wait_for("composite of 5 venues")
        terminal.press("w")
        terminal.wait_for("EDITING")
        terminal.press("\x03")
        terminal.wait_for("INTERRUPTED")
        terminal.press("\r")
        terminal.wait_for("╭─ Markets")
        terminal.press("u")
        terminal.wait_for("up/down red-green")


@pytest.mark.parametrize(
    ("editor", "told"),
    [
        ("/no/such/editor", "/no/such/editor cannot be run: No such file or directory"),
        ("false", "false ended with 1"),
    ],
)
def test_an_editor_that_fails_gives_the_screen_back(home: Path, editor: str, told: str) -> None:
    paths.config_path().parent.mkdir(parents=True)
    paths.config_path().write_text("# mine\n")
    with Emulator("--source", "demo", size=(120, 36), env={"EDITOR": editor}) as terminal:
        terminal.wait_for("composite of 5 venues")
        terminal.press("w")
        terminal.wait_for(told)
        assert "╭─ Markets" in terminal.text
        terminal.press("u")
        terminal.wait_for("up/down red-green")
    assert paths.config_path().read_text() == "# mine\n"


def test_a_signal_while_the_editor_is_up_ends_both(home: Path) -> None:
    text = """
pathlib.Path(sys.argv[2]).with_name("pid").write_text(str(os.getpid()))
print("EDITING", os.getpid(), flush=True)
time.sleep(60)
"""
    with Emulator("--source", "demo", size=(120, 36), env=script(home, text)) as terminal:
        terminal.wait_for("composite of 5 venues")
        terminal.press("w")
        terminal.wait_for("EDITING")
        terminal._child.kill(signal.SIGTERM)
        terminal._child.expect(terminal_end())
        terminal._child.wait()
        assert terminal._child.exitstatus == 128 + signal.SIGTERM
        pid = int(paths.config_path().with_name("pid").read_text())
        deadline = time.monotonic() + 10
        while alive(pid):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def terminal_end() -> object:
    import pexpect

    return pexpect.EOF


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
