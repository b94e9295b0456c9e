"""Programs that are started for an alert: what they get, and that they end in time."""

import asyncio
import json
import os
import stat
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from divmon.alerts.channels.command import Command, variables
from divmon.alerts.channels.desktop import Desktop
from divmon.alerts.outbox import encode
from divmon.errors import TransientError
from divmon.settings import ChannelSettings
from tests.alerts.stage import HOSTILE, alert, until


def command(*arguments: str, timeout_s: float = 10.0) -> Command:
    return Command("script", ChannelSettings(command=arguments, timeout_s=timeout_s))


async def send(channel: Command | Desktop, **changes: Any) -> None:
    sent = alert(**changes)
    await channel.send(sent, encode(sent))


def program(path: Path, text: str) -> Path:
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o700)
    return path


RECORD = """
import json, os, sys
json.dump({
    "arguments": sys.argv[1:],
    "variables": {k: v for k, v in os.environ.items() if k.startswith("DIVMON_ALERT")},
    "stdin": json.loads(sys.stdin.read() or "null"),
    "terminal": [os.isatty(fd) for fd in (0, 1, 2)],
    "session": os.getsid(0) == os.getpid(),
}, open(os.environ["RECORD"], "w"))
"""


async def test_it_gets_the_alert_on_stdin_and_in_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECORD", str(tmp_path / "record"))
    await send(command(str(program(tmp_path / "take", RECORD)), "$HOME", "a b; c"))
    record = json.loads((tmp_path / "record").read_text())
    assert record["arguments"] == ["$HOME", "a b; c"]
    assert record["stdin"] == json.loads(encode(alert()))
    assert record["variables"] == {
        "DIVMON_ALERT_ID": alert().id,
        "DIVMON_ALERT_RULE": "abc",
        "DIVMON_ALERT_KIND": "abc_state",
        "DIVMON_ALERT_SUBJECT": "ABC",
        "DIVMON_ALERT_SEVERITY": "alert",
        "DIVMON_ALERT_TITLE": "ABC is alert, number 1",
        "DIVMON_ALERT_TEXT": alert().text,
        "DIVMON_ALERT_TIME": "1768950001.000",
        "DIVMON_ALERT_TEST": "0",
    }
    assert record["terminal"] == [False, False, False]
    assert record["session"]  # so that it has no terminal to open either


async def test_hostile_text_is_a_value_and_no_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECORD", str(tmp_path / "record"))
    taker = program(tmp_path / "take", RECORD)
    await send(command(str(taker)), title=HOSTILE, text=HOSTILE, rule=HOSTILE, subject=HOSTILE)
    record = json.loads((tmp_path / "record").read_text())
    for value in record["variables"].values():
        assert value.isprintable()
    assert record["stdin"]["title"] == HOSTILE.replace("\ud800", "?")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["record", "take"]
    assert variables(alert(simulated=True, test=True))["DIVMON_ALERT_TITLE"].startswith(
        "TEST SIMULATED ABC"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import sys; sys.exit('no \\x1b[2Jroute')", r"exit code 1: no  ?\[2Jroute"),
        ("import os; os.kill(os.getpid(), 9)", "signal 9"),
        ("import time; time.sleep(60)", r"take did not end within 0\.5 s"),
        ("import sys\nwhile True: sys.stdout.write('x' * 9999)", "did not end within"),
    ],
)
async def test_what_it_does_wrong_is_told(tmp_path: Path, text: str, message: str) -> None:
    taker = program(tmp_path / "take", text)
    began = time.monotonic()
    with pytest.raises(TransientError, match=message):
        await send(command(str(taker), timeout_s=0.5))
    assert time.monotonic() - began < 3


async def test_one_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    with pytest.raises(TransientError, match="cannot be started: No such file"):
        await send(command(str(tmp_path / "none")))
    (tmp_path / "text").write_text("no program")
    (tmp_path / "text").chmod(stat.S_IRWXU)
    with pytest.raises(TransientError, match="cannot be started: Exec format error"):
        await send(command(str(tmp_path / "text")))


async def test_what_it_starts_itself_is_ended_with_it(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    text = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        f"open({str(pid_file)!r}, 'w').write(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    with pytest.raises(TransientError, match="did not end"):
        await send(command(str(program(tmp_path / "take", text)), timeout_s=0.7))
    grandchild = int(pid_file.read_text())
    until(lambda: not _runs(grandchild))


async def test_what_it_leaves_behind_holds_up_nothing(tmp_path: Path) -> None:
    text = "import subprocess; subprocess.Popen(['sleep', '3'])"
    began = time.monotonic()
    await send(command(str(program(tmp_path / "take", text))))
    assert time.monotonic() - began < 2.5


async def test_one_that_reads_nothing_is_no_fault() -> None:
    await send(command("true"), text="x" * 200_000)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


# the desktop


def desk(folder: Path, platform: str = "linux", **env: str) -> Desktop:
    around = {"PATH": str(folder), "DISPLAY": ":0", "RECORD": str(folder / "record"), **env}
    return Desktop(around, platform=platform)


async def test_the_desktop_gets_text_and_no_markup(tmp_path: Path) -> None:
    program(tmp_path / "notify-send", RECORD)
    channel = desk(tmp_path)
    assert channel.missing() == ""
    await send(channel, title="--help", text="a <b>bold</b> & \\033[2J \x1b[2J")
    assert json.loads((tmp_path / "record").read_text())["arguments"] == [
        "--app-name=divmon",
        "--urgency=critical",
        "--",
        "divmon: --help",
        "a &lt;b&gt;bold&lt;/b&gt; &amp; \\\\033[2J [2J",
    ]


async def test_a_mac_gets_it_as_arguments_of_a_fixed_script(tmp_path: Path) -> None:
    program(tmp_path / "osascript", RECORD)
    await send(desk(tmp_path, "darwin"), title='"; do shell script "x', text="t")
    arguments = json.loads((tmp_path / "record").read_text())["arguments"]
    assert arguments[-2:] == ['divmon: "; do shell script "x', "t"]
    assert arguments[::2][:3] == ["-e", "-e", "-e"]
    assert not any("shell" in line for line in arguments[1:6:2])


def test_a_desktop_that_is_elsewhere_or_none_is_said(tmp_path: Path) -> None:
    assert desk(tmp_path).missing() == "there is no notify-send"
    program(tmp_path / "notify-send", "")
    assert desk(tmp_path, SSH_CONNECTION="1 2 3 4").missing().startswith("this session came over")
    assert desk(tmp_path, DISPLAY="").missing() == "there is no display"
    assert desk(tmp_path, DISPLAY="", WAYLAND_DISPLAY="w").missing() == ""


async def test_a_cancelled_program_is_ended(tmp_path: Path) -> None:
    task = asyncio.ensure_future(send(command("sleep", "60")))
    await asyncio.sleep(0.1)
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    before = set(children.read_text().split())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not any(_runs(int(pid)) for pid in before)
