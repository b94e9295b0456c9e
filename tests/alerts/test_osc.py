"""What is written on a terminal: by its kind, through tmux and screen, and never more."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pexpect
import pytest
from hypothesis import given
from hypothesis import strategies as st

from divmon.alerts.osc import (
    Terminal,
    multiplexer_of,
    notification,
    protocol_of,
    way,
)
from divmon.settings import NotifySettings, load
from tests.alerts.stage import HOSTILE, alert


@pytest.mark.parametrize(
    ("env", "protocol"),
    [
        ({"TERM": "xterm-256color"}, "9"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "9"),
        ({"TERM": "tmux-256color", "TERM_PROGRAM": "tmux", "LC_TERMINAL": "iTerm2"}, "9"),
        ({"TERM": "xterm-kitty"}, "99"),
        ({"TERM": "tmux-256color", "KITTY_WINDOW_ID": "1"}, "99"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "777"),
        ({"TERM": "xterm-ghostty"}, "777"),
        ({"TERM": "foot-extra"}, "777"),
        ({"TERM": "rxvt-unicode-256color"}, "777"),
        ({"TERM": "linux"}, None),
        ({"TERM": "dumb"}, None),
        ({"TERM": "vt220"}, None),
        ({}, None),
    ],
)
def test_the_protocol_is_the_terminals(env: dict[str, str], protocol: str | None) -> None:
    assert protocol_of(env) == protocol
    assert bool(notification("a", "b", env=env)) == (protocol is not None)


def test_each_protocol_as_its_terminal_documents_it() -> None:
    env = {"TERM": "xterm"}
    assert notification("T", "text", env=env) == "\x1b]9;divmon: T · text\a"
    assert notification("T;1", "a;b", protocol="777", env=env) == "\x1b]777;notify;T,1;a,b\a"
    assert notification("T", "text", key="a:b;c", severity="warning", protocol="99", env=env) == (
        "\x1b]99;i=abc:d=0:u=1:p=title;T\a\x1b]99;i=abc:d=1:p=body;text\a"
    )


def test_tmux_and_screen_pass_it_on() -> None:
    tmux = {"TERM": "tmux", "TMUX": "/tmp/s,1,0"}
    assert notification("T", "x", env=tmux) == "\x1bPtmux;\x1b\x1b]9;divmon: T · x\a\x1b\\"
    screen = {"TERM": "screen", "STY": "1.x"}
    assert notification("T", "x", env=screen) == "\x1bP\x1b]9;divmon: T · x\a\x1b\\"
    assert multiplexer_of({**tmux, "STY": "1.x"}) == "screen"
    assert multiplexer_of({**tmux, "STY": "1.x", "TERM_PROGRAM": "tmux"}) == "tmux"


BODY = r"[^\x00-\x1f\x7f-\x9f]*"
PLAIN = rf"(\x1b\](9;divmon: {BODY}|777;notify;{BODY}|99;i=[\w+.-]+:d=[01]:{BODY})\x07)+"


@given(
    title=st.text(max_size=300),
    text=st.text(max_size=600),
    key=st.text(max_size=40),
    protocol=st.sampled_from(["9", "99", "777"]),
    between=st.sampled_from([{}, {"TMUX": "x"}, {"STY": "x"}]),
)
def test_any_text_gives_a_sequence_that_is_well_formed_and_ends(
    title: str, text: str, key: str, protocol: str, between: dict[str, str]
) -> None:
    env = {"TERM": "xterm", **between}
    found = notification(title, text, key=key, protocol=protocol, env=env)
    if between.get("TMUX"):
        inner = "".join(re.findall(r"\x1bPtmux;(.*?)\x1b\\", found, re.DOTALL))
        assert found.count("\x1bPtmux;") == found.count("\x1b\\")
        found = inner.replace("\x1b\x1b", "\x1b")
    elif between.get("STY"):
        parts = re.findall(r"\x1bP.*?\x1b\\", found, re.DOTALL)
        assert "".join(parts) == found
        assert all(len(part.encode()) <= 250 for part in parts)
        found = "".join(part[2:-2] for part in parts)
    assert re.fullmatch(PLAIN, found)
    assert len(found.encode("utf-8")) < 2000
    if protocol == "777":
        assert found.count(";") == 3


def test_hostile_text_stays_text() -> None:
    for protocol in ("9", "99", "777"):
        found = notification(HOSTILE, HOSTILE, protocol=protocol, env={"TERM": "xterm"})
        assert re.fullmatch(PLAIN, found)


def chosen(**options: Any) -> NotifySettings:
    return msgspec.structs.replace(load().notify, **options)


@pytest.mark.parametrize(
    ("severity", "written"),
    [
        ("alert", "\x1b]9;divmon: T · x\a\a"),
        ("warning", "\x1b]9;divmon: T · x\a"),
        ("notice", None),
    ],
)
def test_bell_and_notification_by_severity(severity: str, written: str | None) -> None:
    out: list[str] = []
    terminal = Terminal(chosen(), out.append, {"TERM": "xterm"})
    terminal.tell(alert(severity=severity, title="T", text="x"))
    assert out == ([] if written is None else [written])


def test_a_plain_console_gets_the_bell_alone() -> None:
    out: list[str] = []
    Terminal(chosen(), out.append, {"TERM": "linux"}).tell(alert())
    Terminal(chosen(bell="never", terminal="never"), out.append, {"TERM": "xterm"}).tell(alert())
    assert out == ["\a"]


def test_what_must_be_set_is_said() -> None:
    assert way(chosen(), {"TERM": "x", "TMUX": "1"}).endswith("allow-passthrough on")
    assert way(chosen(protocol="99"), {"TERM": "x"}) == "OSC 99"
    assert way(chosen(), {"TERM": "linux"}) == "a terminal that knows none (TERM='linux')"


@pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux here")
@pytest.mark.parametrize("protocol", ["9", "99", "777"])
def test_a_real_tmux_hands_the_sequence_to_its_terminal(tmp_path: Path, protocol: str) -> None:
    """Run a program in a pane, and look at what tmux writes on the terminal around it."""
    socket = tmp_path / "s"
    config = tmp_path / "tmux.conf"
    config.write_text("set -g allow-passthrough on\nset -g exit-empty on\n")
    script = tmp_path / "ring.py"
    script.write_text(
        "import sys, time\n"
        "from divmon.alerts.osc import notification\n"
        "from tests.alerts.stage import HOSTILE\n"
        f"sys.stdout.write(notification('T', HOSTILE + ' end', key='k', protocol={protocol!r}))\n"
        "sys.stdout.flush(); time.sleep(0.3)\n"
    )
    environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(Path.cwd())}
    for name in ("TMUX", "STY"):
        environment.pop(name, None)
    terminal = pexpect.spawn(
        "tmux",
        ["-u", "-S", str(socket), "-f", str(config), "new-session", sys.executable, str(script)],
        env=environment,
        dimensions=(24, 80),
        timeout=20,
    )
    try:
        terminal.expect(pexpect.EOF)
        seen = terminal.before.decode("utf-8", "replace")
    finally:
        subprocess.run(["tmux", "-S", str(socket), "kill-server"], capture_output=True, check=False)
        terminal.close(force=True)
    assert "\x1bPtmux" not in seen
    wanted = notification("T", HOSTILE + " end", key="k", protocol=protocol, env={"TERM": "xterm"})
    for sequence in wanted.removesuffix("\a").split("\a"):
        assert f"{sequence}\a" in seen  # one by one: between two, tmux may move the cursor
    assert "\x1b]0;owned" not in seen
