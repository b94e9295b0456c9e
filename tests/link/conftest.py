"""Short folders for sockets, and servers in processes of their own."""

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def socket_at() -> Iterator[Path]:
    """Return the path for a socket; pytest's own folders are too deep for 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="divmon-") as folder:
        yield Path(folder) / "run" / "watch.sock"


@pytest.fixture
def serve() -> Iterator[Callable[[Path], "subprocess.Popen[bytes]"]]:
    """Return a function that starts a watch in a process of its own, and end all of them."""
    with contextlib.ExitStack() as stack:

        def start(path: Path) -> "subprocess.Popen[bytes]":
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.link.serve", str(path)],
                cwd=ROOT,
                stdout=subprocess.PIPE,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            assert process.stdout is not None
            assert process.stdout.readline() == b"serving\n"
            return process

        yield start
