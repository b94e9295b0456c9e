"""The loop that waits for no thread."""

import subprocess
import sys
import time

import pytest

from divmon.cli import loop


def test_jobs_return_and_raise() -> None:
    async def work() -> int:
        import asyncio

        running = asyncio.get_running_loop()
        with pytest.raises(ValueError, match="abc"):
            await running.run_in_executor(None, int, "abc")
        return await running.run_in_executor(None, int, "12")

    assert loop.run(work()) == 12


def test_a_job_that_hangs_holds_up_neither_the_loop_nor_the_exit() -> None:
    code = (
        "import asyncio, time\n"
        "from divmon.cli import loop\n"
        "async def work():\n"
        "    asyncio.get_running_loop().run_in_executor(None, time.sleep, 40)\n"
        "    await asyncio.sleep(0.05)\n"
        "loop.run(work())\n"
    )
    begun = time.monotonic()
    subprocess.run([sys.executable, "-c", code], check=True, timeout=20)
    assert time.monotonic() - begun < 5
