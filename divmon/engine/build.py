"""An engine for a `--source`, with the sources that it names."""

from collections.abc import Callable, Sequence
from datetime import datetime

from divmon import paths
from divmon.alerts.delivery import Delivery
from divmon.engine.core import Engine
from divmon.engine.plan import MakeDelivery, Plan
from divmon.errors import SettingsError
from divmon.market.clock import SystemClock
from divmon.market.events import Interval
from divmon.memory import few_arenas
from divmon.reading.frames import Frame
from divmon.settings import Settings
from divmon.sources import network
from divmon.sources.base import Source
from divmon.sources.demo import DemoSource
from divmon.sources.exchanges import ExchangeSource
from divmon.sources.files import FilesSource
from divmon.sources.fred import FredSource
from divmon.sources.yahoo import YahooSource
from divmon.store.archive import Archive


def make_engine(
    settings: Settings,
    source: str,
    *,
    publish: Callable[[Frame], None],
    archive: Archive | None = None,
    as_of: datetime | None = None,
    alerts: bool = False,
    terminal: Callable[[str], object] | None = None,
) -> Engine:
    """Return an engine for `source`: "live" (or "auto"), "demo", or "csv:DIR".

    `alerts` is for what runs on: a screen or a watch. Those of a live source alone are
    delivered; `terminal` writes on this process's own, without blocking.

    `archive` is used for live sources only: nothing simulated or read from a file
    is ever kept.

    Raises:
        SettingsError: No such source, or `as_of` with a source that has no past.
    """
    few_arenas()
    kind, _, place = source.partition(":")
    if kind == "demo":
        return Engine(settings, [DemoSource(settings, as_of=as_of)], publish=publish)
    if kind == "csv" and place:

        def read_again(before: Settings, after: Settings, sources: Sequence[Source]) -> Plan:
            same = all(
                getattr(before, section) == getattr(after, section)
                for section in ("instruments", "csv", "fred")
            )
            return Plan(sources if same else [FilesSource(place, after, as_of=as_of)])

        return Engine(
            settings,
            [FilesSource(place, settings, as_of=as_of)],
            publish=publish,
            alerts=alerts,
            replan=read_again,
        )
    if kind not in ("live", "auto") or place:
        raise SettingsError(f"--source {source!r} is not known; use live, demo or csv:DIR")
    if as_of is not None:
        raise SettingsError("--as-of needs a source with a past: add --source demo or csv:DIR")

    def delivery(settings: Settings) -> MakeDelivery:
        return lambda tell: Delivery(settings, archive, terminal=terminal, on_event=tell)

    def replan(before: Settings, after: Settings, sources: Sequence[Source]) -> Plan:
        told = (after.channels, after.notify) != (before.channels, before.notify)

        def follow() -> None:
            for source in sources:
                if isinstance(source, YahooSource):
                    source.reconfigure(after)

        return Plan(
            [_kept_or_new(source, before, after) for source in sources],
            delivery(after) if told and alerts else None,
            follow,
        )

    return Engine(
        settings,
        live_sources(settings, archive),
        publish=publish,
        archive=archive,
        standby=(lambda: DemoSource(settings)) if settings.general.offline_demo else None,
        alerts=alerts,
        delivery=delivery(settings) if alerts else None,
        replan=replan,
    )


def _kept_or_new(source: Source, before: Settings, after: Settings) -> Source:
    """Return a live source as it is where its settings are the same, or where it can follow.

    Yahoo's can: to begin anew would ask once for every symbol, and twenty saves of the
    file in a row would look like a flood. Exchanges and FRED are few.
    """
    if isinstance(source, ExchangeSource) and after.exchanges != before.exchanges:
        return ExchangeSource(after, network.load(after.network), source.clock)
    if isinstance(source, FredSource) and after.fred != before.fred:
        return FredSource(after, network.load(after.network), source.clock)
    return source


def live_sources(settings: Settings, archive: Archive | None) -> list[Source]:
    """Return the sources of the real market."""
    connection = network.load(settings.network)
    clock = SystemClock()

    def last_bar(series: str, interval: Interval) -> int | None:
        return None if archive is None else archive.last_bar(series, interval)

    return [
        ExchangeSource(settings, connection, clock, paths.cache_dir() / "markets.json"),
        YahooSource(settings, connection, clock, last_bar),
        FredSource(settings, connection, clock),
    ]
