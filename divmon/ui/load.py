"""What a screen costs: the bytes it writes, and the CPU of its process."""

import time

from divmon.ui.budget import Pace
from divmon.ui.i18n import _


class Load:
    """Measures from one asking to the next."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._mark = self._now()

    def words(self) -> str:
        """Return what the screen has cost since last asked."""
        then, cpu_then, sent_then = self._mark
        now, cpu, sent = self._mark = self._now()
        took = max(now - then, 1e-3)
        rate, share = (sent - sent_then) / took / 1024, 100 * (cpu - cpu_then) / took
        of = ""
        if self._pace.budget is not None:
            of = " " + _("of {budget}").format(budget=f"{self._pace.budget / 1024:.3g}")
        return _("{rate} KiB/s · {share} % cpu").format(
            rate=f"{rate:.1f}{of}", share=f"{share:.0f}"
        )

    def _now(self) -> tuple[float, float, int]:
        return time.monotonic(), time.process_time(), self._pace.written
