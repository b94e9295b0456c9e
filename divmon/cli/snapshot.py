"""`divmon snapshot`: one Reading, on stdout."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from divmon.cli import exits, options

if TYPE_CHECKING:
    from divmon.reading.model import Reading
    from divmon.settings import Settings

WATCH_ANSWERS = 2.0  # seconds for a running watch to send its board, which it does at once


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


@click.command(epilog=exits.HELP)
@options.source_option
@options.config_option
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.option(
    "--wait",
    type=click.FloatRange(0, 3600),
    default=20.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for sources that have not answered.",
)
@click.option(
    "--as-of",
    callback=_moment,
    metavar="TIME",
    help="Read a past moment, of --source csv:DIR or demo. A date: after its last close.",
)
@click.pass_context
def snapshot(
    context: click.Context,
    source: str | None,
    config: Path | None,
    form: str,
    wait: float,
    as_of: datetime | None,
) -> None:
    """Gather, print one Reading, and leave.

    Takes the reading of a running `divmon watch` if there is one and no --source is given.

    The JSON has the schema divmon.reading/1: fractions and not percents, times in UTC,
    null where a value is missing.
    """
    loaded = options.load(context, config)
    name = options.source_name(context, source, loaded)
    reading = None
    if name == "auto" and as_of is None and loaded.general.attach:
        reading = _from_watch()
    if reading is None:
        reading = _gather(loaded, name, wait, as_of)
    failed = _failed(reading, loaded)
    if reading is not None:
        click.echo(_text(reading, form), nl=False)
    for what in failed:
        exits.tell(_failure(what, reading, wait))
    if reading is None and not failed:
        exits.tell(f"{name}: nothing to show came within {wait:g} s; allow more with --wait")
    context.exit(exits.SOURCE_FAILED if failed or reading is None else exits.OK)


def _from_watch() -> "Reading | None":
    """Return what this user's running watch shows, so that the sources are not asked again.

    None if none runs, if it has no board yet, or if it plays a simulation: a snapshot of
    the market never becomes one of the demo because some watch shows that.
    """
    from divmon.cli.screen import attached_feed

    feed = attached_feed()
    if feed is None:
        return None
    import asyncio

    from divmon.cli import loop
    from divmon.reading.model import Reading

    async def work() -> Reading | None:
        try:
            async with asyncio.timeout(WATCH_ANSWERS):
                async for frame in feed.frames():
                    if isinstance(frame, Reading):
                        return frame
        except TimeoutError:
            pass
        finally:
            await feed.aclose()
        return None

    reading = loop.run(work())
    if reading is None or reading.simulated or reading.source != "live":
        return None
    return reading


def _gather(
    settings: "Settings", source: str, wait: float, as_of: datetime | None
) -> "Reading | None":
    from divmon.cli import log, loop
    from divmon.cli.screen import open_archive
    from divmon.engine.build import make_engine
    from divmon.engine.gather import gather

    log.start()
    archive = open_archive(settings, source)
    try:

        async def work() -> "Reading | None":
            engine = make_engine(
                settings, source, publish=lambda _: None, archive=archive, as_of=as_of
            )
            return await gather(engine, wait)

        return loop.run(work())
    finally:
        if archive is not None:
            archive.close()


def _failed(reading: "Reading | None", settings: "Settings") -> list[str]:
    from divmon.engine.gather import failed_required

    return failed_required(reading, settings)


def _text(reading: "Reading", form: str) -> str:
    if form == "json":
        import msgspec

        return msgspec.json.format(msgspec.json.encode(reading), indent=2).decode() + "\n"
    import sys

    from divmon.cli.board import board
    from divmon.ui.glyphs import ASCII

    text = board(reading)
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text if "utf" in encoding.lower() else text.translate(ASCII)


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
