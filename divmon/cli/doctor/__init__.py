"""`divmon doctor`: what works, what does not, and what to do about it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from divmon.cli import exits, options
from divmon.errors import SettingsError

if TYPE_CHECKING:
    from divmon.cli.doctor.result import Result
    from divmon.settings import Settings


@click.command(
    epilog="Exit codes: 0 nothing failed (warnings may stand); 1 a check failed; 2 wrong usage."
)
@options.config_option
@click.pass_context
def doctor(context: click.Context, config: Path | None) -> None:
    """Check settings, files, terminal, archive and every source of the live market.

    Takes 15 seconds at most, and shows no password.
    """
    from divmon.cli import log, loop
    from divmon.cli.doctor.result import table

    log.start()
    results = loop.run(_examine(context, config))
    click.echo(table(results), nl=False)
    failed = any(result.status == "FAIL" for result in results)
    context.exit(exits.SOURCE_FAILED if failed else exits.OK)


async def _examine(context: click.Context, config: Path | None) -> "list[Result]":
    """Run every check; a settings file that is wrong is told, and the defaults go on."""
    import asyncio

    from divmon import settings
    from divmon.cli.doctor import local
    from divmon.cli.doctor.result import Result

    file = options.config_file(context, config)
    results = []
    try:
        loaded = settings.load(file)
        results.append(local.check_config(file, loaded))
    except SettingsError as error:
        loaded = settings.load()
        results += [
            Result("config", "FAIL", line, "correct it; the checks below use the defaults")
            for line in str(error).splitlines()
        ]
    results += local.check_folders()
    results.append(local.check_terminal())
    loop = asyncio.get_running_loop()
    # both may wait for a lock or a peer; their threads are not waited for at the end
    archive = loop.run_in_executor(None, local.check_archive, loaded)
    watch = loop.run_in_executor(None, local.check_watch)
    sources = await _sources(loaded)
    return [*results, await archive, await watch, *sources]


async def _sources(loaded: "Settings") -> "list[Result]":
    from divmon.cli.doctor.result import Result
    from divmon.cli.doctor.sources import check_sources
    from divmon.settings_check import mask
    from divmon.sources import network

    try:
        way = network.load(loaded.network)
        way.ssl_context()
    except SettingsError as error:
        return [Result("network", "FAIL", str(error), "correct it; no source was tried")]
    proxy = f"through {mask(way.proxy)}" if way.proxy else "direct, no proxy"
    trusted = f"certificates of {way.ca_file}" if way.ca_file else "certificates that come along"
    here = Result("network", "OK", f"{proxy}; {trusted}")
    return [here, *await check_sources(loaded, way)]
