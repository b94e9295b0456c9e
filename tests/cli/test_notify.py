"""`divmon notify-test` against real receivers."""

import os
import re
import sys
import time
from pathlib import Path

import pexpect
import pytest

from divmon.cli.lines import Writer
from tests.cli.conftest import Run
from tests.standins.ntfy import Ntfy
from tests.standins.webhook import Receiver


@pytest.fixture(autouse=True)
def away_from_the_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show nothing on the desktop of whoever runs the tests."""
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")


def test_every_channel_gets_a_marked_test_and_is_told_of(run: Run, config_file: Path) -> None:
    with Receiver() as hook, Ntfy() as ntfy:
        config_file.write_text(
            f'[channels.hook]\nwebhook = "{hook.url}"\nsecret = "${{HOOK_SECRET}}"\n'
            f'[channels.phone]\napprise = "{ntfy.apprise_url("${TOPIC}")}"\n'
            '[channels.script]\ncommand = ["true"]\n'
        )
        result = run("notify-test", HOOK_SECRET="hunter2hunter2", TOPIC="swordfish")
        assert result.returncode == 0, result.stdout
        (request,) = hook.taken
        assert b'"test":true' in request.body
        assert "webhook-signature" in request.headers
        (message,) = ntfy.messages
        assert message["topic"] == "swordfish"
        assert message["title"] == "TEST divmon notify-test"
    lines = result.stdout.splitlines()
    assert sorted(line.split()[1] for line in lines if line.startswith("OK")) == [
        "hook",
        "phone",
        "script",
    ]
    assert "skipped  desktop       this session came over SSH: the desktop is elsewhere" in lines
    assert "skipped  bell          stdout is no terminal" in lines
    assert not re.search("hunter2|swordfish", result.stdout + result.stderr)


def test_what_fails_says_why_exits_with_1_and_stops_no_other(run: Run, config_file: Path) -> None:
    with Receiver() as hook, Receiver() as hanging:
        hook.always = "500"
        hanging.always = "hang"
        config_file.write_text(
            f'[channels.hook]\nwebhook = "{hook.url}"\n'
            f'[channels.slow]\nwebhook = "{hanging.url}"\ntimeout_s = 0.5\n'
            '[channels.script]\ncommand = ["sh", "-c", "echo hello; echo no >&2; exit 3"]\n'
            '[channels.wrong]\nwebhook = "htp://x"\n'
            '[channels.well]\ncommand = ["true"]\n'
        )
        began = time.monotonic()
        result = run("notify-test")
        assert time.monotonic() - began < 15
    assert result.returncode == 1
    out = result.stdout
    assert re.search(r"^FAIL     hook          HTTP 500 Internal Server Error", out, re.M)
    assert re.search(r"^FAIL     slow          no answer within 0\.5 s$", out, re.M)
    assert re.search(r"^FAIL     script        exit code 3: no$", out, re.M)
    assert re.search(
        r"^FAIL     settings      left out: config\.toml, line 9: \[channels\.wr", out, re.M
    )
    assert re.search(r"^OK       well          took it in", out, re.M)
    assert "hello" not in out
    assert "\x1b" not in out
    assert result.stderr == ""


def test_a_channel_for_graver_things_is_skipped(run: Run, config_file: Path) -> None:
    config_file.write_text('[channels.script]\ncommand = ["false"]\nseverity = "alert"\n')
    result = run("notify-test", "--severity", "warning")
    assert result.returncode == 0
    assert "skipped  script        takes alert and above" in result.stdout


def test_without_channels_it_says_so(run: Run, home: Path) -> None:
    result = run("notify-test")
    assert result.returncode == 0
    assert "there is no [channels.NAME] in the settings" in result.stdout


def test_a_sequence_never_tears_a_line() -> None:
    reading, writing = os.pipe()
    writer = Writer(writing, lambda: None)
    for number in range(50):
        writer.write(f"line {number}")
        writer.raw("\x1b]9;x\a")
    writer.close(5)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read().decode()
    assert text == "".join(f"line {number}\n\x1b]9;x\a" for number in range(50))


def test_a_terminal_is_rung_and_notified(home: Path) -> None:
    environment = {**os.environ, "TERM": "xterm-256color"}
    for name in ("TMUX", "STY", "TERM_PROGRAM", "LC_TERMINAL", "KITTY_WINDOW_ID", "WEZTERM_PANE"):
        environment.pop(name, None)
    child = pexpect.spawn(
        sys.executable, ["-m", "divmon", "notify-test"], env=environment, timeout=20
    )
    child.expect(pexpect.EOF)
    seen = child.before.decode()
    child.close()
    assert child.exitstatus == 0
    assert "\x1b]9;divmon: TEST divmon notify-test · This is a test." in seen
    assert "OK       terminal      written as OSC 9; see whether it came" in seen


def test_config_check_refuses_a_wrong_channel_and_config_show_goes_on(
    run: Run, config_file: Path
) -> None:
    config_file.write_text('[channels.wrong]\nwebhook = "htp://x"\n')
    checked = run("config", "check")
    assert checked.returncode == 2
    assert "config.toml, line 2: [channels.wrong] webhook" in checked.stderr
    shown = run("config", "show")
    assert shown.returncode == 0
