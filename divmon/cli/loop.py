"""An event loop that ends when it is told to, whatever hangs."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from divmon.memory import collect_garbage

P = ParamSpec("P")
T = TypeVar("T")


class DaemonExecutor(ThreadPoolExecutor):
    """Runs each job in a daemon thread, and never waits for one.

    The loop resolves host names in its executor. The standard one is joined when the
    loop closes and again at exit, so that a name server that does not answer would
    hold up quitting by half a minute.
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        future: Future[T] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 (whatever it is, it is the caller's)
                future.set_exception(error)
            else:
                future.set_result(result)

        threading.Thread(target=work, name="divmon-resolve", daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the threads behind."""


def run(work: Coroutine[Any, Any, T], *, collect: bool = True) -> T:
    """Run `work` to its end in a new loop, as asyncio.run does, and wait for no thread.

    With `collect` False, `work` itself begins to collect garbage when it has started.
    """
    if collect:
        collect_garbage()
    with asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(DaemonExecutor())
        return runner.run(work)
