"""A home of its own for every test of a command."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point every XDG folder into tmp_path, for this process and its children."""
    for variable in ("CONFIG", "STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{variable}_HOME", str(tmp_path / variable.lower()))
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    for variable in ("PROXY", "ALL_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.lower(), raising=False)
    return tmp_path


@pytest.fixture
def config_file(home: Path) -> Path:
    """Return where the settings of `home` are; the folder is there, the file is not."""
    folder = home / "config" / "divmon"
    folder.mkdir(parents=True)
    return folder / "config.toml"


@pytest.fixture
def run(home: Path) -> Run:
    """Return a function that runs `divmon ARGUMENTS` as a process, without a terminal."""

    def call(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "divmon", *arguments],
            capture_output=True,
            text=True,
            timeout=50,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **environment},
            check=False,
        )

    return call
