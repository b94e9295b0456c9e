"""The terminal's driver, counting and sparing what it writes."""

from typing import Any

from textual._ansi_sequences import SYNC_END, SYNC_START
from textual.driver import Driver

from divmon.ui.budget import Pace
from divmon.ui.lean import Pen

HOME = "\x1b[1;1H"  # where Textual puts the hidden cursor after each frame
WHOLE = 256  # characters that any terminal takes in one go: no half of them is ever seen


def counting(base: type[Driver], pace: Pace, pen: Pen) -> type[Driver]:
    """Return the driver of this terminal, telling `pace` what it writes and obeying `pen`.

    A small frame is written bare: the marks of a synchronised update and the way home of
    a cursor that nobody sees are half of what a price costs.
    """
    driver: Any = base

    class Counting(driver):  # type: ignore[misc]  # the base is only known at run time
        held = ""

        def write(self, data: str) -> None:
            # each write wakes the writer's thread: hold a synchronised update together
            if data == SYNC_START or (self.held and data != SYNC_END):
                self.held += data
                return
            data, self.held = self.held + data, ""
            if data.startswith(SYNC_START) and len(data) < WHOLE:
                data = data[len(SYNC_START) : -len(SYNC_END)]
            data = data.removesuffix(HOME)
            if data:
                data = pen.lift() + data
                pace.wrote(len(data.encode()))
                super().write(data)

    return Counting
