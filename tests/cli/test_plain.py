"""`divmon --plain`: words instead of a screen, each said once."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from divmon.cli.plain import Plain, direction
from divmon.link.codec import Happened, Health
from divmon.market.events import SourceHealth
from tests.ui import fixtures


class Listener:
    """A board in words, and what it has said since it was last asked."""

    def __init__(self, **hello: Any) -> None:
        self.said: list[str] = []
        self.plain = Plain(fixtures.settings(), self.said.append)
        self.hear(fixtures.hello(**hello))

    def hear(self, *frames: Any) -> list[str]:
        self.said.clear()
        for frame in frames:
            self.plain.take(frame)
        return [line[30:] for line in self.said]


def test_every_price_is_said_once_in_words() -> None:
    listener = Listener()
    said = listener.hear(fixtures.reading())
    assert "BTC 89,734.12, down 3.11 % in 24 hours, live" in said
    assert "RUT 2,645.36, down 1.21 % on the day, closed, 4 m old" in said
    assert "US10Y 4.295, up 7 bp on the day, closed, 4 m old" in said
    assert "GOLD 4,759.60, up 3.73 % on the day, record close, delayed, 10 s old" in said
    assert len([line for line in listener.said if " price " in line]) == 18
    assert listener.hear(fixtures.reading()) == []


def test_a_price_is_said_again_when_it_moved_enough() -> None:
    listener = Listener()
    listener.hear(fixtures.reading())
    assert listener.hear(fixtures.tick(89_740.0, 1.0)) == []
    assert listener.hear(fixtures.tick(89_800.0, 2.0)) == []
    (said,) = listener.hear(fixtures.tick(89_900.0, 3.0))
    assert said == "BTC 89,900.00, down 2.93 % in 24 hours, live"


def test_a_state_that_changes_is_said_and_so_is_a_price_that_goes() -> None:
    listener = Listener()
    first = fixtures.reading()
    listener.hear(first)
    rut = msgspec.structs.replace(first.instruments["RUT"], state="stale")
    changed = msgspec.structs.replace(first, instruments={**first.instruments, "RUT": rut})
    assert listener.hear(changed) == ["RUT 2,645.36, down 1.21 % on the day, stale, 4 m old"]
    gone = msgspec.structs.replace(rut, last=None)
    none = msgspec.structs.replace(first, instruments={**first.instruments, "RUT": gone})
    assert listener.hear(none) == ["RUT has no price"]
    assert listener.hear(none) == []


def test_every_line_of_a_simulation_says_so() -> None:
    listener = Listener(simulated=True, source="demo")
    listener.hear(
        fixtures.reading(simulated=True, source="demo", banner="SIMULATED · next try in 4 s"),
        Happened(fixtures.event("GOLD record close")),
    )
    assert len(listener.said) > 18
    assert [line for line in listener.said if "SIMULATED" not in line] == []


def test_a_countdown_in_the_banner_is_no_news() -> None:
    listener = Listener()
    told = [
        fixtures.reading(banner=f"SIMULATED · no market data · next try in {n} s") for n in (4, 3)
    ]
    listener.hear(told[0])
    assert listener.hear(told[1]) == []


def test_a_lost_engine_is_said_and_its_successor_says_what_is_new_alone() -> None:
    listener = Listener()
    listener.hear(fixtures.reading())
    gone = Health(SourceHealth("engine", "link", "retrying", 0.0, "closed"))
    assert listener.hear(gone) == ["engine is retrying: closed"]
    late = fixtures.NOW + timedelta(minutes=1)
    back = fixtures.hello(pid=2, now=late)
    said = listener.hear(back, fixtures.reading(as_of=late), fixtures.tick(95_000.0, 61.0))
    assert [line for line in said if line.startswith("USDJPY")] == []  # the same, and live
    assert "BTC 95,000.00, up 2.58 % in 24 hours, live" in said


def test_hostile_texts_are_words_too() -> None:
    said = Listener().hear(Happened(fixtures.event("evil \x1b[2J")))
    assert "\x1b" not in said[0]


@pytest.mark.parametrize(
    ("change", "words"), [(1.2, "up 1.20 %"), (-0.004, "unchanged"), (-3.0, "down 3.00 %")]
)
def test_directions(change: float, words: str) -> None:
    assert direction(change, 2, "%") == words


@pytest.mark.usefixtures("home")
def test_it_runs_in_a_pipe_on_a_dumb_terminal_and_ends_when_asked() -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "divmon", "--plain", "--source", "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TERM": "dumb"},
    )
    with running:
        assert running.stdout is not None
        lines = iter(running.stdout.readline, "")
        line = next(line for line in lines if " price    " in line)
        assert "SIMULATED BTC " in line
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0
        assert running.stderr is not None
        assert running.stderr.read() == ""
