"""Measure divmon as a whole against its budgets: `python -m benchmarks`.

Prints a table of ratios and shares, not absolute times: machines differ, and so does
one machine from one minute to the next. Each start is measured in turn with a bare
Textual application, five times, and the median counts.
"""

import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.terminal import Load, Terminal

RUNS = 5
STEADY_S = 10.0
DIVMON = [sys.executable, "-m", "divmon"]
CONFIG = "[demo]\nticks_per_s = {ticks}\n"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="divmon-bench-") as folder:
        rows = [*starts(Path(folder)), *loads(Path(folder))]
    width = max(len(name) for name, _, _ in rows)
    print(f"{'what':<{width}}  {'measured':>12}  budget")
    for name, measured, budget in rows:
        print(f"{name:<{width}}  {measured:>12}  {budget}")


def home(folder: Path) -> dict[str, str]:
    """Return the variables of a user of our own."""
    kinds = ("CONFIG", "STATE", "CACHE", "DATA")
    return {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in kinds} | {
        "XDG_RUNTIME_DIR": str(folder)
    }


def starts(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Time the first frame, with the last board from the archive, against a bare app's."""
    env = home(folder)
    fill_archive(env)
    bare, ours = [], []
    for _ in range(RUNS):
        with Terminal([sys.executable, "-m", "benchmarks.bare"]) as terminal:
            bare.append(terminal.wait_for("BTC"))
        with Terminal([*DIVMON, "--no-attach", "--source", "live"], env=env) as terminal:
            ours.append(terminal.wait_for("BTC"))
    ratio = statistics.median(a / b for a, b in zip(ours, bare, strict=True))
    yield "first frame, against a bare Textual app", f"{ratio:.2f}×", "≤ 1.5×"


def fill_archive(env: dict[str, str]) -> None:
    """Leave a board in the archive, as an earlier run would have: the demo's own numbers."""
    import asyncio

    from divmon.engine.build import make_engine
    from divmon.engine.gather import gather
    from divmon.settings import load
    from divmon.store.archive import Archive

    settings = load()
    engine = make_engine(settings, "demo", publish=lambda _: None)
    reading = asyncio.run(gather(engine, 30))
    assert reading is not None
    path = Path(env["XDG_STATE_HOME"]) / "divmon" / "archive.db"
    path.parent.mkdir(parents=True, mode=0o700)
    archive = Archive.open(path)
    archive.save_reading(reading)
    archive.close()


def loads(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Watch the demo at 10 and at 1,000 ticks a second, 120×36."""
    calm, storm = demo(folder, 10), demo(folder, 1_000)
    yield "CPU at 10 ticks/s, of one core", f"{calm.cpu:.1%}", "≤ 3 %"
    yield "to the terminal at 10 ticks/s", f"{calm.bytes_per_s / 1024:.2f} KiB/s", "≤ 2 KiB/s"
    ratio = storm.bytes_per_s / calm.bytes_per_s
    yield "bytes at 1,000 ticks/s, against 10", f"{ratio:.2f}×", "≤ 1.5×"
    yield "CPU at 1,000 ticks/s, of one core", f"{storm.cpu:.1%}", ""
    slowest = max(keys(folder, 1_000))
    yield "slowest of 20 keys at 1,000 ticks/s", f"{1000 * slowest:.0f} ms", "< 50 ms (p99)"
    yield "memory with the engine inside", f"{calm.rss_mb:.0f} MB", "< 200 MB"


def demo(folder: Path, ticks: int) -> Load:
    with playing(folder, ticks) as terminal:
        return terminal.load(STEADY_S)


def keys(folder: Path, ticks: int) -> list[float]:
    """Return the seconds that opening and closing the help took, ten times each."""
    with playing(folder, ticks) as terminal:
        return [terminal.answer(key) for _ in range(10) for key in ("?", "?")]


@contextmanager
def playing(folder: Path, ticks: int) -> Iterator[Terminal]:
    """Play the demo at `ticks` a second, on 120×36."""
    config = folder / f"{ticks}.toml"
    config.write_text(CONFIG.format(ticks=ticks))
    command = [*DIVMON, "--source", "demo", "--config", str(config)]
    with Terminal(command, env=home(folder)) as terminal:
        terminal.wait_for("90 sessions|BTC")
        terminal.load(4)  # until the engine is imported and the board is full
        yield terminal


if __name__ == "__main__":
    main()
