"""The settings file is edited while `divmon watch`, `--plain` and screens run."""

import subprocess
import sys
from pathlib import Path

from tests.cli.emulator import Emulator
from tests.cli.test_watch import line_with, watching

LIST = '[watchlist]\n"US" = ["RUT", "SPX"]\n'


def test_a_watch_follows_its_file_and_goes_on_whatever_is_in_it(config_file: Path) -> None:
    with watching("--source", "demo") as child:
        line_with(child, "ABC is")
        config_file.write_text(LIST)
        assert "settings: 15 removed (IXIC, GOLD" in line_with(child, "notice")
        config_file.write_text(LIST + "[display]\nfps = 0\n")
        told = line_with(child, "fps")
        assert "config.toml, line 4: [display] fps = 0 must be more than 0; the settings" in told
        config_file.write_text(LIST + '[general]\ntheme = "day"\n[network]\nproxy = "http://a:1"\n')
        # colours are the screens' own business
        assert line_with(child, "settings: ").endswith("takes a restart: [network] proxy\n")
        child.terminate()
        assert child.wait(10) == 0


def test_a_named_file_is_the_one_that_is_followed(config_file: Path, home: Path) -> None:
    named = home / "mine.toml"
    named.write_text("")
    with watching("--source", "demo", "--config", str(named)) as child:
        line_with(child, "ABC is")
        config_file.write_text(LIST)
        named.write_text("[levels]\nwall = 90000\n")
        assert "[levels] wall = 90000.0" in line_with(child, "settings: ")


def test_a_watch_and_its_screen_take_each_its_part(config_file: Path) -> None:
    config_file.write_text("")
    with watching("--source", "demo"), Emulator(size=(120, 36)) as screen:
        screen.wait_for("composite of 5 venues")
        screen.wait_for(" GOLD ")
        config_file.write_text(LIST + '[display]\nupdown = "mono"\n')
        screen.wait_until(lambda: " GOLD " not in screen.line(" GOLD  ")[:30])
        screen.press("l")
        screen.wait_for("settings: up/down mono")
        screen.wait_for("settings: 15 removed (IXIC, GOLD, SILVER, STAR50, …)")
        config_file.write_text("[display]\nfps = 0\n")
        screen.wait_for("fps = 0 must be more than 0")
        # told by both, shown once; a second change comes after all that is said of the first
        config_file.write_text('[display]\nupdown = "red-blue"\n')
        screen.wait_for("settings: up/down red-blue")
        assert screen.text.count("fps = 0 must be") == 1


def test_a_budget_of_the_command_line_is_no_change_of_the_file(config_file: Path) -> None:
    config_file.write_text("")
    with Emulator("--source", "demo", "--budget", "4KiB/s", size=(120, 36)) as screen:
        screen.wait_for("composite of 5 venues")
        config_file.write_text("[display]\nfps = 5\n")
        screen.press("l")
        screen.wait_for("settings: [display] fps = 5.0")
        assert "budget" not in screen.text


def test_lines_of_words_follow_it_too(config_file: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "divmon", "--plain", "--source", "demo"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        line_with(child, "ABC is")
        config_file.write_text("[levels]\nwall = 90000\n")
        assert "SIMULATED settings: [levels] wall = 90000.0" in line_with(child, "settings: ")
    finally:
        child.terminate()
        child.communicate(timeout=10)
    assert child.returncode == 0
