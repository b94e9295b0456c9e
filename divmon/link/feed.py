"""Where a screen gets its frames: an engine of its own, or one it attached to."""

from collections.abc import AsyncIterator
from typing import Protocol

from divmon.link.codec import Command, Frame
from divmon.settings import Settings


class Feed(Protocol):
    """A stream of frames and a way back. Both kinds reconnect or restart by themselves."""

    name: str

    def frames(self) -> AsyncIterator[Frame]:
        """Yield frames until closed; Hello comes first, and again after a reconnect."""

    async def send(self, command: Command) -> None:
        """Pass a command to the engine; one that cannot be delivered is dropped."""

    async def reconfigure(self, settings: Settings) -> None:
        """Go on by other settings, as far as this feed's engine is ours to change.

        Raises:
            SettingsError: They cannot be followed; nothing has changed.
        """

    async def aclose(self) -> None:
        """Stop at once, whatever hangs."""
