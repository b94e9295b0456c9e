"""`divmon config`, `divmon paths`, `divmon completion`, and how a call ends."""

import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from divmon import settings
from divmon.cli.run import divmon
from divmon.settings_text import commented
from tests.cli.conftest import Run


@pytest.mark.usefixtures("home")
def test_init_writes_a_file_that_changes_nothing(home: Path) -> None:
    result = CliRunner().invoke(divmon, ["config", "init"])
    file = home / "config" / "divmon" / "config.toml"
    assert (result.exit_code, result.output) == (0, f"wrote {file}\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert settings.load(file) == settings.load()


def test_every_option_of_the_file_can_be_uncommented() -> None:
    """Taking the "#" from each line gives back the defaults, option by option."""
    text = commented(settings.defaults_text())
    lines = text.splitlines()
    options = [at for at, line in enumerate(lines) if line[:1] == "#" and line[1:2] not in " #"]
    assert len(options) > 100
    whole = [line[1:] if at in options else line for at, line in enumerate(lines)]
    assert settings.from_text("\n".join(whole), "config.toml") == settings.load()
    # a plain table's header stays, so that one line is all there is to change
    fps = next(at for at in options if lines[at].startswith("#fps ="))
    lines[fps] = "fps = 7.0"
    assert settings.from_text("\n".join(lines), "config.toml").display.fps == 7.0


def test_init_leaves_an_existing_file_alone(config_file: Path) -> None:
    config_file.write_text("# mine")
    result = CliRunner().invoke(divmon, ["config", "init"])
    assert result.exit_code == 2
    assert f"{config_file} is there already" in result.stderr
    assert config_file.read_text() == "# mine"


def test_init_follows_no_dangling_link(config_file: Path) -> None:
    config_file.symlink_to("elsewhere.toml")
    assert CliRunner().invoke(divmon, ["config", "init"]).exit_code == 2
    assert not (config_file.parent / "elsewhere.toml").exists()


def test_show_is_toml_of_what_is_in_force(config_file: Path) -> None:
    config_file.write_text('[display]\nfps = 3\n[watchlist]\n"A b" = ["RUT"]\n')
    result = CliRunner().invoke(divmon, ["config", "show"])
    assert result.exit_code == 0
    shown = settings.from_text(result.output, "shown.toml")
    assert shown == settings.load(config_file)
    assert "fps = 3.0  # config.toml, line 2" in result.output
    assert '"A b" = ["RUT"]  # config.toml, line 4' in result.output
    assert tomllib.loads(result.output)["instruments"]["STAR50"]["fallback"] == "588000.SS"


def test_show_masks_the_password(config_file: Path) -> None:
    config_file.write_text('[network]\nproxy = "http://me:hunter2@proxy:3128"\n')
    result = CliRunner().invoke(divmon, ["config", "show"])
    assert 'proxy = "http://me:***@proxy:3128"' in result.output
    assert "hunter2" not in result.output


def test_check_tells_every_fault(config_file: Path) -> None:
    config_file.write_text("[display]\nfps = 0\n[yahoo]\nthread = 1\n")
    result = CliRunner().invoke(divmon, ["config", "check"])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == (
        "divmon: config.toml, line 2: [display] fps = 0 must be more than 0\n"
        "divmon: config.toml, line 4: unknown key 'thread' in [yahoo]; did you mean 'threads'?\n"
    )
    config_file.write_text("")
    assert CliRunner().invoke(divmon, ["config", "check"]).output == f"{config_file}: fine\n"


@pytest.mark.usefixtures("home")
def test_config_may_stand_before_and_after_the_command(tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text("[display]\nfps = 3")
    for arguments in (
        ["--config", str(file), "config", "show"],
        ["config", "show", "--config", str(file)],
    ):
        assert "fps = 3.0" in CliRunner().invoke(divmon, arguments).output


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("command", [["config", "show"], ["snapshot"], []])
def test_a_config_that_is_not_there_is_wrong_usage(command: list[str]) -> None:
    result = CliRunner().invoke(divmon, ["--config", "/no/such.toml", *command])
    assert result.exit_code == 2
    assert result.stderr == "divmon: /no/such.toml: cannot be read: No such file or directory\n"


def test_a_dangling_link_is_told_and_not_passed_over(config_file: Path) -> None:
    config_file.symlink_to("/no/such.toml")
    result = CliRunner().invoke(divmon, ["config", "show"])
    assert (result.exit_code, "cannot be read" in result.stderr) == (2, True)


def test_paths_are_those_of_xdg(home: Path) -> None:
    result = CliRunner().invoke(divmon, ["paths"])
    lines = dict(line.split(None, 1) for line in result.output.splitlines())
    assert lines["config"] == str(home / "config/divmon/config.toml")
    assert lines["socket"] == str(home / "run/divmon/watch.sock")
    assert list(home.glob("*/divmon")) == []  # asking makes nothing


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(shell: str) -> None:
    result = CliRunner().invoke(divmon, ["completion", shell])
    assert result.exit_code == 0
    assert f"_DIVMON_COMPLETE={shell}_complete" in result.output


def test_completion_completes(run: Run) -> None:
    done = run(_DIVMON_COMPLETE="bash_complete", COMP_WORDS="divmon sn", COMP_CWORD="1")
    assert done.stdout.strip() == "plain,snapshot"
    done = run(
        _DIVMON_COMPLETE="bash_complete", COMP_WORDS="divmon snapshot --source d", COMP_CWORD="3"
    )
    assert done.stdout.strip() == "plain,demo"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--source", "demos"], "did you mean 'demo'?"),
        (["--source", "csv:/no/such"], "there is no folder /no/such; name one with files such as"),
        (["--source", "csv:/etc/passwd"], "/etc/passwd is a file; name the folder it lies in"),
        (
            ["snapshot", "--source", "demo", "--as-of", "1990-01-01"],
            "for the demo, was 1990-01-01\n",
        ),
        (["snapshot", "--as-of", "tomorrow"], "write 2026-01-20 or 2026-01-20T21:00:00Z"),
        (["snapshot", "--as-of", "2026-01-20T21:00"], "lacks its time zone"),
        (["snapshot", "--wait", "-1"], "--wait"),
        (["snapshot", "--format", "xml"], "'xml' is not one of"),
        (["--budget", "", "doctor"], "--theme, --budget, --no-attach and --plain are for"),
        (["--theme", "night", "doctor"], "--no-attach and --plain are for the screen"),
        (["snapshots"], "No such command 'snapshots'"),
    ],
)
def test_wrong_usage_exits_with_2(run: Run, arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""


def test_without_a_terminal_there_is_one_clear_message(run: Run) -> None:
    done = run()
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "divmon: the screen needs a terminal, and this is a pipe, a file or a job; "
        "use `divmon snapshot` for one reading or `divmon --plain` for lines\n"
    )


def test_help_names_the_exit_codes(run: Run) -> None:
    for arguments in ([], ["snapshot"], ["watch"]):
        text = " ".join(run(*arguments, "--help").stdout.split())
        assert "0 fine; 1 a required source failed; 2 wrong usage or configuration" in text


def test_a_reader_that_leaves_is_no_fault(home: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m divmon config show | head -1; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] in ("0", "141")  # all of it may fit into the pipe


HEAVY = ("textual", "rich", "pandas", "numpy", "ccxt", "yfinance", "exchange_calendars", "aiohttp")


@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], ["paths"], ["config", "show"], ["config", "check"]]
)
def test_light_commands_import_nothing_heavy(run: Run, arguments: list[str]) -> None:
    code = (
        "import sys; sys.argv = ['divmon', *sys.argv[1:]]\n"
        "from divmon.__main__ import main\n"
        "try: main()\n"
        f"finally: print([m for m in {HEAVY} if m in sys.modules], 'asyncio' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[] False"


def test_a_fault_of_ours_goes_to_the_log(home: Path) -> None:
    code = (
        "import sys; sys.argv = ['divmon', 'paths']\n"
        "from divmon import paths\n"
        "paths.config_path = lambda: 1 / 0\n"
        "from divmon.__main__ import main\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    log = home / "state" / "divmon" / "log" / "divmon.log"
    assert done.returncode == 70
    assert "fault of divmon: ZeroDivisionError: division by zero" in done.stderr
    assert "Traceback" not in done.stderr
    assert str(log) in done.stderr
    assert "Traceback" in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def shell(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command.replace("divmon", f"{sys.executable} -m divmon"),
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


@pytest.mark.usefixtures("home")
def test_closed_streams_are_no_fault() -> None:
    assert shell("divmon paths >&-").returncode == 0
    assert shell("divmon paths <&-").returncode == 0
    assert shell("divmon paths 2>&-").returncode == 0
    done = shell("divmon <&-")
    assert (done.returncode, "the screen needs a terminal" in done.stderr) == (2, True)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has /dev/full")
@pytest.mark.usefixtures("home")
def test_a_full_disk_is_a_message() -> None:
    done = shell("divmon paths >/dev/full")
    assert done.returncode == 74
    assert done.stderr == "divmon: the output cannot be written: No space left on device\n"
