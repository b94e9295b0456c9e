"""The terminal's driver, as far as it listens to the terminal and can be lent to an editor."""

import queue
import select
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.driver import Driver

if TYPE_CHECKING:
    from divmon.ui.app import DivmonApp


PATIENCE_S = 0.01  # between two looks at a full queue


def lendable(base: type[Driver], app: "DivmonApp") -> type[Driver]:
    """Return a driver that writes nothing while the terminal is an editor's, and that tells
    the app whether the terminal is light when it says so."""
    driver: Any = base

    class Lendable(driver):  # type: ignore[misc]  # the base is only known at run time
        def write(self, data: str) -> None:
            # nobody empties the writer's queue then, and 30 writes later it would block the loop
            if not app.lent and self._has_reader():
                super().write(data)

        def _has_reader(self) -> bool:
            """Wait while the writer's queue is full, as Textual would, but not for a dead one."""
            writer = self._writer_thread
            while not app.hung_up and writer is not None and writer._queue.full():
                if writer.is_alive() and not has_hung_up(self):
                    time.sleep(PATIENCE_S)
                    continue
                app.hung_up = True
            return not app.hung_up

        def start_application_mode(self) -> None:
            if self._key_thread is not None and self._key_thread.is_alive():
                # two threads that wake for one key: one of them then reads for ever
                self.disable_input()
            super().start_application_mode()

        def close(self) -> None:
            if app.hung_up and self._writer_thread is not None:
                with suppress(queue.Empty):
                    while True:  # to stop the writer takes a place in its queue
                        self._writer_thread._queue.get_nowait()
            super().close()

        def run_input_thread(self) -> None:
            from textual.drivers import linux_driver

            from divmon.ui.ground import Listening

            # Textual makes its parser itself, by this name, first thing in there
            vars(linux_driver)["XTermParser"] = partial(Listening, app.looks.heard)
            super().run_input_thread()

    return Lendable


def has_hung_up(driver: Driver | None) -> bool:
    """Tell whether the driver's terminal has hung up; a headless one has none.

    The kernel tells only the leader of its session (SIGHUP). Anybody else, as a program
    that a wrapper started, would go on for ever: Textual reads the end of the file in a
    loop, and waits for a writer that has died.
    """
    descriptor: int | None = getattr(driver, "fileno", None)
    if descriptor is None:
        return False
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return any(event & select.POLLHUP for _descriptor, event in poll.poll(0))
