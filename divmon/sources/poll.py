"""The supervisor of a source that is asked now and then."""

from msgspec.structs import replace

from divmon.market.events import SourceHealth
from divmon.sources.supervise import Supervisor


class PollSupervisor(Supervisor):
    """Tells, while all is well, when the source will be asked next."""

    next_poll: float | None = None

    def health(self) -> SourceHealth:
        health = super().health()
        return replace(health, next_try=self.next_poll) if health.state == "ok" else health
