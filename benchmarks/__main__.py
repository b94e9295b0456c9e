"""Measure divmon as a whole against its budgets: `python -m benchmarks`.

Prints ratios and shares, and times only where a promise is one: machines differ, and so
does one machine from one minute to the next. Each start is measured in turn with a bare
Textual application, and the median counts. `--markdown` writes the table into README.md.
"""

import argparse
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.market import market
from benchmarks.table import Row, as_markdown, as_text, machine, put
from benchmarks.terminal import Load, Terminal

README = Path(__file__).resolve().parents[1] / "README.md"
RUNS = 9
STEADY_S = 20.0
KEYS = 120
TICKS = 30  # that are waited for one by one
BUDGET = 200  # bytes a second, less than the storm would take
DIVMON = [sys.executable, "-m", "divmon"]
LIVE = ["--no-attach", "--source", "live"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--markdown", action="store_true", help="write the table into README.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="divmon-bench-") as name:
        folder = Path(name)
        quiet_surroundings(folder)
        where = machine()  # before we are a load ourselves
        rows = [*starts(folder), *demo(folder), *stand_ins(), *one_by_one(folder)]
    print(as_text(rows))
    if options.markdown:
        text = README.read_text(encoding="utf-8")
        README.write_text(put(text, as_markdown(rows, where)), encoding="utf-8")


def quiet_surroundings(folder: Path) -> None:
    """Run as an installed program on a desk: compiled, and with nothing of this shell's own."""
    for variable in ("PYTHONDONTWRITEBYTECODE", "NO_COLOR", "SSH_CONNECTION"):
        os.environ.pop(variable, None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
    kinds = ("CONFIG", "STATE", "CACHE", "DATA")
    os.environ |= {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in kinds}
    os.environ["XDG_RUNTIME_DIR"] = str(folder)


def starts(folder: Path) -> Iterator[Row]:
    """Time the first frame, with the last board from the archive, against a bare app's."""
    fill_archive(folder)
    wall, cpu = [], []
    for _ in range(RUNS + 1):
        with Terminal([sys.executable, "-m", "benchmarks.bare"]) as terminal:
            bare = terminal.wait_for("BTC"), terminal.cpu()
        with Terminal([*DIVMON, *LIVE]) as terminal:
            ours = terminal.wait_for("BTC"), terminal.cpu()
        wall.append(ours[0] / bare[0])
        cpu.append(ours[1] / bare[1])
    # the first compiles
    yield Row.of(
        "first frame, against a bare Textual app", statistics.median(wall[1:]), "{:.2f}×", 1.5
    )
    yield Row.of("its CPU time, against the same", statistics.median(cpu[1:]), "{:.2f}×")


def fill_archive(folder: Path) -> None:
    """Leave a board in the archive, as an earlier run would have: the demo's own numbers."""
    import asyncio

    from divmon.engine.build import make_engine
    from divmon.engine.gather import gather
    from divmon.settings import load
    from divmon.store.archive import Archive

    engine = make_engine(load(), "demo", publish=lambda _: None)
    reading = asyncio.run(gather(engine, 30))
    assert reading is not None
    path = folder / "state" / "divmon" / "archive.db"
    path.parent.mkdir(parents=True, mode=0o700)
    archive = Archive.open(path)
    archive.save_reading(reading)
    archive.close()


def demo(folder: Path) -> Iterator[Row]:
    """Watch the demo at 10 and at 1,000 ticks a second, 120×36."""
    with playing(folder, 10) as terminal:
        calm = terminal.load(STEADY_S)
    with playing(folder, 1_000) as terminal:
        storm = terminal.load(STEADY_S)
    with playing(folder, 1_000, "--budget", f"{BUDGET}B/s") as terminal:
        held = terminal.load(STEADY_S)
    with playing(folder, 1_000) as terminal:
        keys = sorted(terminal.answer("?") for _ in range(KEYS))
    yield from both("the demo", calm, storm)
    yield Row.of(
        f"with --budget {BUDGET}B/s in that storm, of the budget",
        held.bytes_per_s / BUDGET,
        "{:.2f}×",
        1.1,
    )
    yield Row.of(
        f"a key in that storm, p99 of {KEYS}", 1000 * keys[int(0.99 * KEYS)], "{:.0f} ms", 50
    )
    yield Row.of("memory with the demo's engine inside", calm.rss_mb, "{:.0f} MB", 200)


def stand_ins() -> Iterator[Row]:
    """Watch five exchanges, Yahoo and FRED on loopback, over TLS and ccxt."""
    calm, storm = (watched(ticks) for ticks in (10, 1_000))
    yield from both("a stand-in market", calm, storm)
    yield Row.of("memory with the live engine inside", calm.rss_mb, "{:.0f} MB", 200)


def both(where: str, calm: Load, storm: Load) -> Iterator[Row]:
    yield Row.of(f"{where}, 10 ticks/s: CPU, of one core", 100 * calm.cpu, "{:.1f} %", 3)
    yield Row.of(
        f"{where}, 10 ticks/s: to the terminal", calm.bytes_per_s / 1024, "{:.2f} KiB/s", 2
    )
    yield Row.of(
        f"{where}, 1,000 ticks/s: bytes, against 10",
        storm.bytes_per_s / calm.bytes_per_s,
        "{:.2f}×",
        1.5,
    )
    yield Row.of(f"{where}, 1,000 ticks/s: CPU, of one core", 100 * storm.cpu, "{:.1f} %")


def watched(ticks: float) -> Load:
    with market(ticks) as env, Terminal([*DIVMON, *LIVE], env=env) as terminal:
        terminal.wait_for("5 venues")
        terminal.load(15)  # until Yahoo's first round is over
        return terminal.load(STEADY_S)


def one_by_one(folder: Path) -> Iterator[Row]:
    """Time single trades, from the venue's sending to the terminal's reading."""
    from tests.standins.market import Market

    # of five venues that trade within 10 ms, the third moves the median, and the first is drawn
    config = folder / "one.toml"
    config.write_text('[exchanges]\nvenues = ["kraken BTC/USD"]\n')
    command = [*DIVMON, *LIVE, "--config", str(config)]
    # on 80×24 the price is text; where there is room it is drawn in blocks
    with (
        Market(per_second=0) as stand_in,
        Terminal(command, size=(80, 24), env=stand_in.env) as terminal,
    ):
        venue = stand_in.venues["kraken"]
        while not venue.watched():
            terminal.read(0.1)
        took = []
        for n in range(TICKS + 10):
            terminal.load(0.45)
            price, shown = ((91_000.0, rb"0\.00"), (91_007.77, rb"7\.77"))[n % 2]
            began = time.monotonic()
            venue.tick(price)
            while not re.search(shown, terminal.read(2.0)) and time.monotonic() < began + 2:
                pass
            took.append(time.monotonic() - began)
    # the first ones fill the board
    yield Row.of(
        f"a trade to the screen when idle, p50 of {TICKS}",
        1000 * statistics.median(took[10:]),
        "{:.0f} ms",
        20,
    )


@contextmanager
def playing(folder: Path, ticks: int, *more: str) -> Iterator[Terminal]:
    """Play the demo at `ticks` a second, on 120×36."""
    config = folder / f"{ticks}.toml"
    config.write_text(f"[demo]\nticks_per_s = {ticks}\n")
    command = [*DIVMON, "--source", "demo", "--config", str(config), *more]
    with Terminal(command) as terminal:
        terminal.wait_for("5 venues")
        terminal.load(8)  # until the engine is imported and the board is full
        yield terminal


if __name__ == "__main__":
    main()
