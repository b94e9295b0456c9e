"""The wheel: built as anyone builds it, installed where no checkout is."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def call(*command: str | Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": "", **environment},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel; hatchling is installed, so nothing is downloaded."""
    folder = tmp_path_factory.mktemp("dist")
    call(
        *(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT),
        cwd=folder,
    )
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install it alone into a fresh environment that borrows this one's dependencies."""
    folder = tmp_path_factory.mktemp("env")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    site = Path(
        call(python, "-c", "import site; print(site.getsitepackages()[0])", cwd=folder).strip()
    )
    call(
        *(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index"),
        *("--disable-pip-version-check", wheel),
        cwd=folder,
    )
    # after the installed divmon on sys.path, so that a checkout in there cannot win
    (site / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return python


def test_the_wheel_holds_what_the_program_reads(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "divmon/defaults.toml",
        "divmon/ui/divmon.tcss",
        "divmon/locale/ja/LC_MESSAGES/divmon.mo",
        "divmon/themes/night.toml",
        "divmon/themes/day.toml",
        "divmon/themes/contrast.toml",
    } <= names
    assert not [name for name in names if name.startswith(("tests/", "docs/", "themes/"))]


def test_installed_commands_work(python: Path, tmp_path: Path) -> None:
    divmon = python.parent / "divmon"
    home = {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("CONFIG", "STATE", "CACHE")}
    where = call(python, "-c", "import divmon; print(divmon.__file__)", cwd=tmp_path)
    assert str(python.parent.parent) in where
    assert call(divmon, "--version", cwd=tmp_path) == "divmon 0.1.0\n"
    assert call(divmon, "config", "init", cwd=tmp_path, **home).startswith("wrote ")
    assert "fine" in call(divmon, "config", "check", cwd=tmp_path, **home)
    shown = call(divmon, "snapshot", "--source", "demo", cwd=tmp_path, **home)
    assert "SIMULATED" in shown
    code = "from divmon.cli.screen import theme_names; print(*theme_names())"
    themes = call(python, "-c", code, cwd=tmp_path, **home).split()
    assert {"night", "day", "contrast"} <= set(themes)
