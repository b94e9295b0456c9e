"""What `snapshot` and its relatives share: their options, and gathering one Reading."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from divmon.cli import exits, options

if TYPE_CHECKING:
    from divmon.engine.core import Engine
    from divmon.reading.frames import Frame
    from divmon.reading.model import Reading
    from divmon.settings import Settings

TOLD = ("bad_file", "bad_rows", "no_rows")  # events of a folder that are told on stderr
WATCH_ANSWERS = 2.0  # seconds for a running watch to send its board, which it does at once

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


@dataclass(frozen=True)
class Asked:
    """The options of one call."""

    source: str | None
    config: Path | None
    form: str
    wait: float
    as_of: datetime | None


def _moment(_context: click.Context, _param: click.Parameter, value: str | None) -> datetime | None:
    """Read a time in ISO 8601; a date alone means after that day's last close."""
    if value is None:
        return None
    try:
        # the last market to close is BTC's UTC day, at 24:00
        day = datetime.combine(date.fromisoformat(value), datetime.min.time(), UTC)
        return day + timedelta(days=1)
    except ValueError:
        pass
    except OverflowError:
        raise click.BadParameter(f"{value!r} is too late") from None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(
            f"{value!r} is no time; write 2026-01-20 or 2026-01-20T21:00:00Z"
        ) from None
    if moment.tzinfo is None:
        raise click.BadParameter(f"{value!r} lacks its time zone; write {value}Z for UTC")
    return moment.astimezone(UTC)


def asks(command: F) -> F:
    """Add --source, --config, --format, --wait and --as-of."""
    added = [
        options.source_option,
        options.config_option,
        click.option(
            "--format",
            "form",
            type=click.Choice(["text", "json"]),
            default="text",
            show_default=True,
        ),
        click.option(
            "--wait",
            type=click.FloatRange(0, 3600),
            default=20.0,
            show_default=True,
            metavar="SECONDS",
            help="How long to wait for sources that have not answered.",
        ),
        click.option(
            "--as-of",
            callback=_moment,
            metavar="TIME",
            help="Read a past moment, of --source csv:DIR or demo. A date: after its last close.",
        ),
    ]
    for option in reversed(added):
        command = option(command)
    return command


def print_reading(
    context: click.Context, asked: Asked, write: "Callable[[Reading, str], str]"
) -> None:
    """Gather a Reading, print what `write` makes of it, tell what failed, and exit."""
    loaded = options.load(context, asked.config)
    name = options.source_name(context, asked.source, loaded)
    reading = None
    if name == "auto" and asked.as_of is None and loaded.general.attach:
        reading = _from_watch()
    if reading is None:
        reading = run_engine(loaded, name, asked, lambda engine: engine.reading)
    finish(context, loaded, name, asked, reading, write)


def finish(
    context: click.Context,
    loaded: "Settings",
    source: str,
    asked: Asked,
    reading: "Reading | None",
    write: "Callable[[Reading, str], str]",
) -> None:
    """Print what there is, tell what failed, and exit."""
    from divmon.engine.gather import failed_required

    # what is required is asked of the market; a folder or the demo owes nothing
    failed = failed_required(reading, loaded) if source in ("auto", "live") else []
    if reading is not None:
        click.echo(for_terminal(write(reading, asked.form)), nl=False)
    for what in failed:
        exits.tell(_failure(what, reading, asked.wait))
    if reading is None and not failed:
        more = "; allow more with --wait" if source in ("auto", "live") else ""
        exits.tell(f"{source}: nothing to show came of it{more}")
    context.exit(exits.SOURCE_FAILED if failed or reading is None else exits.OK)


def run_engine(settings: "Settings", source: str, asked: Asked, take: "Callable[[Engine], T]") -> T:
    """Run an engine until it knows what it can know now; return what `take` takes from it."""
    import msgspec

    from divmon.cli import log, loop
    from divmon.cli.screen import open_archive
    from divmon.engine.build import make_engine
    from divmon.engine.gather import gather

    log.start()
    # the demo may stand in on a screen, under its banner; a program that reads our
    # output would take it for the market
    general = msgspec.structs.replace(settings.general, offline_demo=False)
    settings = msgspec.structs.replace(settings, general=general)
    archive = open_archive(settings, source)
    try:

        async def work() -> T:
            publish = _tell_rows if source.startswith("csv:") else _ignore
            engine = make_engine(
                settings, source, publish=publish, archive=archive, as_of=asked.as_of
            )
            await gather(engine, asked.wait)
            return take(engine)

        return loop.run(work())
    finally:
        if archive is not None:
            archive.close()


def _ignore(_frame: "Frame") -> None:
    """A live source's troubles are told once, in the end, and only if they matter."""


def _tell_rows(frame: "Frame") -> None:
    """Tell what is wrong in a file: its numbers would otherwise look better than they are."""
    from divmon.reading.frames import Happened

    if isinstance(frame, Happened) and frame.event.kind in TOLD:
        exits.tell(frame.event.text)


def for_terminal(text: str) -> str:
    """Return `text` in signs that stdout can show."""
    import sys

    from divmon.ui.glyphs import ASCII

    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text if "utf" in encoding.lower() else text.translate(ASCII)


def to_json(value: object) -> str:
    """Return JSON, indented, with a last line end."""
    import msgspec

    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


def _from_watch() -> "Reading | None":
    """Return what this user's running watch shows, so that the sources are not asked again.

    None if none runs, if it has no board yet, if it is of another version, which is told,
    or if it plays a simulation: a snapshot of the market never becomes one of the demo
    because some watch shows that.
    """
    from divmon.cli.screen import attached_feed

    feed = attached_feed()
    if feed is None:
        return None
    import asyncio

    from divmon.cli import loop
    from divmon.reading.frames import Health
    from divmon.reading.model import Reading

    async def work() -> Reading | None:
        try:
            async with asyncio.timeout(WATCH_ANSWERS):
                async for frame in feed.frames():
                    match frame:
                        case Reading():
                            return frame
                        case Health(source) if (source.kind, source.state) == ("link", "off"):
                            exits.tell(f"{source.reason}; asking the sources")
                            return None
        except TimeoutError:
            pass
        finally:
            await feed.aclose()
        return None

    reading = loop.run(work())
    if reading is None or reading.simulated or reading.source != "live":
        return None
    return reading


def _failure(name: str, reading: "Reading | None", wait: float) -> str:
    """Say why the required source `name` failed, as far as it has told."""
    sources = reading.sources if reading else {}
    venues = reading.instruments["BTC"].venues if reading and "BTC" in reading.instruments else {}
    wanted = [name] if name != "btc" else list(venues) or list(sources)
    reasons = [
        f"{each}: {sources[each].reason}"
        for each in wanted
        if each in sources and sources[each].reason
    ]
    why = "; ".join(reasons) or f"no answer within {wait:g} s"
    what = "btc (no venue gives a price)" if name == "btc" else name
    return f"required source {what} failed: {why}; `divmon doctor` looks closer"
