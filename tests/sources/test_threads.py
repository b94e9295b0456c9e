"""Threads that hold up nothing: results come home, hanging calls are left behind."""

import asyncio
import subprocess
import sys
import threading
import time

import pytest

from divmon.sources.threads import DaemonPool


async def test_results_and_errors_come_back_to_the_loop() -> None:
    pool = DaemonPool(2, "test")
    here = threading.get_ident()
    there = await pool.run(threading.get_ident)
    assert there != here
    with pytest.raises(ZeroDivisionError):
        await pool.run(divmod, 1, 0)
    assert pool.idle


async def test_no_more_threads_than_asked_for_and_always_the_same() -> None:
    pool = DaemonPool(3, "test")
    seen: set[int] = set()

    def work() -> None:
        seen.add(threading.get_ident())
        time.sleep(0.005)

    for _ in range(4):
        await asyncio.gather(*(pool.run(work) for _ in range(6)))
    assert len(seen) == 3


async def test_one_call_after_the_other_needs_one_thread() -> None:
    pool = DaemonPool(4, "test")
    assert len({await pool.run(threading.get_ident) for _ in range(5)}) == 1


async def test_a_cancelled_call_that_has_not_begun_is_dropped() -> None:
    pool = DaemonPool(1, "test")
    gate = threading.Event()
    ran: list[int] = []
    first = asyncio.create_task(pool.run(gate.wait))
    second = asyncio.create_task(pool.run(ran.append, 1))
    await asyncio.sleep(0.02)
    second.cancel()
    await asyncio.sleep(0)
    gate.set()
    assert await first
    assert await pool.run(lambda: 7) == 7
    assert ran == []


async def test_closing_ends_the_threads() -> None:
    pool = DaemonPool(2, "closing")
    await asyncio.gather(*(pool.run(time.sleep, 0.01) for _ in range(2)))
    pool.close()
    for _ in range(200):
        if not any("closing" in thread.name for thread in threading.enumerate()):
            return
        await asyncio.sleep(0.005)
    raise AssertionError("threads of a closed pool live on")


def test_the_process_ends_while_calls_hang() -> None:
    program = (
        "import asyncio, time\n"
        "from divmon.sources.threads import DaemonPool\n"
        "async def main():\n"
        "    pool = DaemonPool(2, 'test')\n"
        "    tasks = [asyncio.create_task(pool.run(time.sleep, 60)) for _ in range(3)]\n"
        "    await asyncio.sleep(0.05)\n"
        "    print('bye', flush=True)\n"
        "asyncio.run(main())\n"
    )
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "bye\n", "")
    assert time.monotonic() - begun < 20  # not the 60 s that the calls take
