"""The delivery of alerts while the engine runs, and its change for another."""

import asyncio
import contextlib
from collections.abc import Callable

from divmon.alerts.delivery import Delivery
from divmon.alerts.model import Alert
from divmon.engine.plan import MakeDelivery
from divmon.market.events import Event
from divmon.sources.threads import DaemonPool

LONGEST_ATTEMPT_S = 150.0  # of a channel to take an alert; its time-out is 120 s at most


class Delivering:
    """Hands every alert to the delivery of now, which is made when the engine runs.

    `tell` gets what a delivery has to say, on the loop's thread.
    """

    def __init__(self, make: MakeDelivery | None, tell: Callable[[Event], None]) -> None:
        self._make = make
        self._tell = tell
        self._delivery: Delivery | None = None
        self._handing_over: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to deliver, if there is anything to do it with."""
        if self._make is None:
            return
        self._delivery = self._make(self._from_delivery())
        self._delivery.start()

    def deliver(self, alert: Alert) -> None:
        if self._delivery is not None:
            self._delivery.deliver(alert)

    def change(self, make: MakeDelivery) -> None:
        """Let a new delivery take over: it takes alerts at once, and sends when the old has ended.

        Both would send the same otherwise. An attempt that is under way is waited for.
        """
        self._make = make
        old = self._delivery
        if old is None:
            return
        new = self._delivery = make(self._from_delivery())

        async def hand_over(after: asyncio.Task[None] | None) -> None:
            if after is not None:
                await after
            await DaemonPool(1, "delivery-change").run(old.retire, LONGEST_ATTEMPT_S)
            new.outbox.inherit(old.outbox)
            new.start()

        self._handing_over = asyncio.ensure_future(hand_over(self._handing_over))

    def close(self) -> None:
        """Stop; what waits stays in the archive."""
        if self._handing_over is not None:
            self._handing_over.cancel()
        if self._delivery is not None:
            self._delivery.close()

    def _from_delivery(self) -> Callable[[Event], None]:
        loop = asyncio.get_running_loop()

        def tell(event: Event) -> None:
            # from the delivery's thread, which may outlive the loop by an attempt
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._tell, event)

        return tell
