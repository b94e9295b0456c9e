"""`divmon watch`: the engine alone, for a service, a tmux window, or many screens."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from divmon.cli import exits, options

if TYPE_CHECKING:
    from divmon.cli.sdnotify import Supervisor
    from divmon.reading.frames import Frame
    from divmon.settings import Settings
    from divmon.settings_watch import SettingsWatch
    from divmon.store.archive import Archive


@click.command(epilog=exits.HELP)
@options.source_option
@options.config_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Of the lines.",
)
@click.pass_context
def watch(context: click.Context, source: str | None, config: Path | None, form: str) -> None:
    """Run the engine without a screen, until it is stopped.

    Prints a line for each event and change of state, and serves every `divmon` of this
    user on a Unix socket. SIGTERM and Ctrl-C end it cleanly.
    """
    from divmon.cli import log, loop
    from divmon.cli.screen import open_archive
    from divmon.cli.sdnotify import Supervisor

    loaded = options.load(context, config)
    name = options.source_name(context, source, loaded)
    log.start()
    _refuse_a_second()
    supervisor = Supervisor.from_environment()
    archive = open_archive(loaded, name)
    try:
        followed = options.settings_watch(context, config, loaded)
        context.exit(loop.run(_serve(loaded, name, archive, form, supervisor, followed)))
    finally:
        supervisor.close()
        if archive is not None:
            archive.close()


def _refuse_a_second() -> None:
    """Look wherever a watch may serve: one from cron has another runtime folder."""
    from divmon import paths
    from divmon.link.client import find_watch

    for path in paths.socket_paths():
        if find_watch(path, timeout=1):
            raise exits.Failure(f"a watch serves at {path} already; attach to it with `divmon`")


async def _serve(
    settings: "Settings",
    source: str,
    archive: "Archive | None",
    form: str,
    supervisor: "Supervisor",
    followed: "SettingsWatch",
) -> int:
    """Run the engine, the server and the lines until a signal or the reader of the lines ends."""
    import asyncio
    import signal

    from divmon import paths
    from divmon.cli import lines_json, reload
    from divmon.cli.lines import Lines, Writer
    from divmon.engine.build import make_engine
    from divmon.errors import LinkError
    from divmon.link.hub import Hub
    from divmon.link.server import LinkServer

    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()

    def end(code: int) -> None:
        if not ended.done():
            ended.set_result(code)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, end, exits.OK)
    sys.stdout.flush()

    def reader_left() -> None:
        loop.call_soon_threadsafe(end, exits.PIPE_CLOSED)

    lines: Lines | lines_json.JsonLines
    if form == "json":
        writer = Writer(sys.stdout.fileno(), reader_left, tell_dropped=lines_json.dropped)
        lines = lines_json.JsonLines(writer.write)
    else:
        writer = Writer(sys.stdout.fileno(), reader_left)
        lines = Lines(writer.write)

    hub = Hub()

    def publish(frame: "Frame") -> None:
        hub.publish(frame)
        lines.take(frame)
        _tell_supervisor(supervisor, frame)

    engine = make_engine(
        settings,
        source,
        publish=publish,
        archive=archive,
        alerts=True,
        # in order with the lines: a sequence in the middle of one would tear both.
        # Who asks for JSON reads it with a program, which a bell would confuse.
        terminal=writer.raw if form == "text" and sys.stdout.isatty() else None,
    )
    hub.on_command = engine.command
    server = LinkServer(paths.socket_path(), hub)
    try:
        await server.start()
    except LinkError as error:
        raise exits.Failure(str(error)) from error
    lines.watch("serves", time.time(), str(server.path))
    alive = asyncio.create_task(supervisor.keep_alive())
    running = asyncio.create_task(engine.run())
    following = asyncio.create_task(
        reload.follow(
            followed, engine.reconfigure, engine.tell_settings, simulated=lambda: engine.simulated
        )
    )
    waiting: list[asyncio.Future[Any]] = [running, following, ended]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in (running, following):
            if task.done():
                # they never return by themselves: this raises what ended it
                task.result()
        return ended.result() if ended.done() else exits.OK
    finally:
        supervisor.stopping()
        following.cancel()
        running.cancel()
        await asyncio.wait([running], timeout=2)
        await server.stop()
        alive.cancel()
        lines.watch("ends", time.time())
        await loop.run_in_executor(None, writer.close)


def _tell_supervisor(supervisor: "Supervisor", frame: "Frame") -> None:
    """Say that we have started, with the first thing a source or the board tells, and how it is."""
    from divmon.reading.frames import Health
    from divmon.reading.model import Reading

    if isinstance(frame, Reading):
        score = "" if frame.abc.score is None else f" {frame.abc.score:.0f}"
        simulated = ", SIMULATED" if frame.simulated else ""
        supervisor.status(f"{frame.source}{simulated}: ABC{score} {frame.abc.state}")
        supervisor.ready()
    elif isinstance(frame, Health):
        supervisor.ready()  # without a network there is no Reading, and that is no failed start
