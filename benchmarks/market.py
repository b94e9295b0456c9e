"""A market of stand-ins in a process of its own, so that its work is not counted as divmon's."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def main(per_second: float) -> None:
    """Serve until stdin ends; each of the five venues trades `per_second` times a second."""
    from tests.standins.market import Market

    with Market(per_second=per_second) as market:
        print(json.dumps(market.env), flush=True)
        sys.stdin.read()


@contextmanager
def market(ticks: float) -> Iterator[dict[str, str]]:
    """Let five venues trade `ticks` times a second together; yield what leads divmon there."""
    command = [sys.executable, "-m", "benchmarks.market", str(ticks / 5)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()


if __name__ == "__main__":
    main(float(sys.argv[1]))
