"""sd_notify on a real datagram socket, by path and by abstract name."""

import asyncio
import os
import secrets
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from divmon.cli.sdnotify import Supervisor
from tests.cli.test_watch import line_with, watching


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """Give what systemd listens on, and its name as NOTIFY_SOCKET says it."""
    name = str(tmp_path / "n") if request.param == "path" else f"@divmon-{secrets.token_hex(8)}"
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listening:
        listening.bind(name.replace("@", "\0", 1) if name.startswith("@") else name)
        listening.settimeout(20)
        yield listening, name


def receive(listening: socket.socket, until: Callable[[list[str]], bool]) -> list[str]:
    got: list[str] = []
    while not until(got):
        got.append(listening.recv(4096).decode())
    return got


def test_what_is_said_arrives_once(manager: tuple[socket.socket, str]) -> None:
    listening, name = manager
    environment = {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "30000000", "OTHER": "1"}
    with closing(Supervisor.from_environment(environment)) as supervisor:
        assert supervisor.watchdog_s == 30.0
        supervisor.ready()
        supervisor.ready()
        supervisor.status("live: ABC 71 alert")
        supervisor.status("live: ABC 71 alert")
        supervisor.status("forged\nREADY=0")
        supervisor.stopping()
    assert receive(listening, lambda got: "STOPPING=1" in got) == [
        "READY=1",
        "STATUS=live: ABC 71 alert",
        "STATUS=forged\N{REPLACEMENT CHARACTER}READY=0",
        "STOPPING=1",
    ]
    # a program that an alert starts must not speak for us
    assert environment == {"OTHER": "1"}


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"NOTIFY_SOCKET": ""},
        {"NOTIFY_SOCKET": "relative"},
        {"NOTIFY_SOCKET": "vsock:2:1234"},
        {"NOTIFY_SOCKET": "/nowhere/there/is/none"},
        {"NOTIFY_SOCKET": "/" + "x" * 300},
    ],
)
async def test_nobody_who_listens_is_no_fault(environment: dict[str, str]) -> None:
    with closing(Supervisor.from_environment(environment)) as supervisor:
        supervisor.ready()
        supervisor.status("x")
        await asyncio.wait_for(supervisor.keep_alive(), 5)  # nobody wants a sign of life
        supervisor.stopping()


@pytest.mark.parametrize(
    ("extra", "wanted"),
    [
        ({"WATCHDOG_USEC": "500000"}, 0.5),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": str(os.getpid())}, 0.5),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_ours_or_nobodys(extra: dict[str, str], wanted: float | None) -> None:
    with closing(Supervisor.from_environment({"NOTIFY_SOCKET": "@x", **extra})) as supervisor:
        assert supervisor.watchdog_s == wanted


async def test_signs_of_life_come_twice_in_the_time(manager: tuple[socket.socket, str]) -> None:
    listening, name = manager
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise asyncio.CancelledError

    with closing(Supervisor(name, 30.0)) as supervisor, pytest.raises(asyncio.CancelledError):
        await supervisor.keep_alive(sleep)
    assert slept == [15.0, 15.0, 15.0]
    assert receive(listening, lambda got: len(got) == 3) == ["WATCHDOG=1"] * 3


def test_a_manager_that_does_not_read_holds_up_nobody(manager: tuple[socket.socket, str]) -> None:
    _, name = manager
    begun = time.monotonic()
    with closing(Supervisor(name)) as supervisor:
        for number in range(5_000):  # more than any socket queues
            supervisor.status(f"{number}")
    assert time.monotonic() - begun < 5


@pytest.mark.usefixtures("home")
def test_a_watch_is_ready_alive_and_stops(manager: tuple[socket.socket, str]) -> None:
    listening, name = manager
    with watching("--source", "demo", NOTIFY_SOCKET=name, WATCHDOG_USEC="400000") as child:
        got = receive(
            listening,
            lambda got: (
                "READY=1" in got
                and got.count("WATCHDOG=1") >= 3
                and any(each.startswith("STATUS=") for each in got)
            ),
        )
        assert got.count("READY=1") == 1
        status = next(each for each in got if each.startswith("STATUS="))
        assert status.startswith("STATUS=demo, SIMULATED: ABC 75 alert")
        # a loop that stands still gives no sign of life
        line_with(child, "ABC is")
        child.send_signal(signal.SIGSTOP)
        time.sleep(0.05)
        listening.setblocking(False)
        while True:
            try:
                listening.recv(4096)
            except BlockingIOError:
                break
        listening.settimeout(0.6)
        with pytest.raises(TimeoutError):
            listening.recv(4096)
        child.send_signal(signal.SIGCONT)
        listening.settimeout(20)
        child.terminate()
        receive(listening, lambda got: "STOPPING=1" in got)
        child.communicate(timeout=10)
    assert child.returncode == 0
