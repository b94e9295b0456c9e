"""What other settings make of a running engine's parts."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from divmon.alerts.delivery import Delivery
from divmon.errors import SettingsError
from divmon.market.events import Event
from divmon.market.sessions import sessions
from divmon.settings import Settings
from divmon.sources.base import Source

MakeDelivery = Callable[[Callable[[Event], None]], Delivery]


@dataclass(frozen=True)
class Plan:
    """What to go on with. To make a plan changes nothing.

    `sources` are in part those there are; `follow` tells those that can follow other
    settings while they run. `delivery` is None where the one there is serves on.
    """

    sources: Sequence[Source]
    delivery: MakeDelivery | None = None
    follow: Callable[[], None] = lambda: None


def load_calendars(settings: Settings) -> None:
    """Load every calendar of the settings. Takes up to 0.5 s each: call it in a thread."""
    for instrument in settings.instruments.values():
        with contextlib.suppress(SettingsError):  # told when it is asked for
            sessions(instrument.calendar)
