"""Threads for libraries that block, and that no one waits for at the end.

`asyncio.to_thread` and Textual's thread workers use pools that are joined at exit: a
request that hangs for a minute makes quitting take a minute. These threads are
daemons; the process leaves them behind. They are persistent, since curl handles and
their TLS connections belong to threads: four new threads are four new handshakes.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_Job = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[[], Any]]


class DaemonPool:
    """At most `size` daemon threads, started as they are needed and then kept."""

    def __init__(self, size: int, name: str) -> None:
        self.size = size
        self.name = name
        self.busy = 0  # calls that run now, also those whose awaiter has gone
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._waiting = 0  # calls that have no thread yet
        self._awaited = 0

    @property
    def idle(self) -> bool:
        """Whether no one waits for a call. Asked from the loop's thread."""
        return self._awaited == 0

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `function` returns, or raise what it raises.

        The result comes back on the caller's loop. A cancelled awaiter leaves at
        once; its call runs to its end unseen, or is dropped if it has not begun.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        with self._lock:
            self._waiting += 1
            start = self._threads < self.size and self._threads < self.busy + self._waiting
            self._threads += start
        self._jobs.put((loop, future, lambda: function(*args, **kwargs)))
        if start:
            threading.Thread(target=self._work, name=f"{self.name}-thread", daemon=True).start()
        self._awaited += 1
        try:
            return await future
        finally:
            self._awaited -= 1

    def close(self) -> None:
        """Let idle threads end, and busy ones after their call; waits for none."""
        with self._lock:
            threads, self._threads = self._threads, 0
        for _ in range(threads):
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            loop, future, call = job
            with self._lock:
                self._waiting -= 1
                self.busy += 1
            result, error = None, None
            try:
                if not future.cancelled():
                    result = call()
            except BaseException as raised:  # noqa: BLE001 (whatever it is, it is the awaiter's)
                error = raised
            with self._lock:
                self.busy -= 1
            with contextlib.suppress(RuntimeError):  # the loop has closed: no one waits any more
                loop.call_soon_threadsafe(_settle, future, result, error)


def _settle(future: "asyncio.Future[Any]", result: object, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
