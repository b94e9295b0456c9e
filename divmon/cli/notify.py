"""`divmon notify-test`."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from divmon.cli import exits, options

if TYPE_CHECKING:
    from divmon.alerts.trial import Tried
    from divmon.market.events import Severity
    from divmon.settings import Settings


@click.command(
    "notify-test",
    epilog="Exit codes: 0 all that were tried took it; 1 one did not, or is left out of the "
    "settings; 2 wrong usage or configuration.",
)
@click.option(
    "--severity",
    type=click.Choice(["info", "notice", "warning", "alert"]),
    default="alert",
    show_default=True,
    help="Of the test: each channel takes its own severity and above.",
)
@options.config_option
@click.pass_context
def notify_test(context: click.Context, severity: "Severity", config: Path | None) -> None:
    """Send a test alert by every channel, and say what each did with it."""
    from divmon import settings
    from divmon.cli import loop

    # not options.load: what is left out is a line of the table here
    loaded = settings.load(options.config_file(context, config))
    failed = loop.run(_try(loaded, severity))
    context.exit(exits.SOURCE_FAILED if failed else exits.OK)


async def _try(loaded: "Settings", severity: "Severity") -> bool:
    """Print a line for each way; tell whether one failed."""
    from divmon.alerts.trial import Tried, trial_alert, try_all

    failed = bool(loaded.refused)
    for line in loaded.refused:
        _print(Tried("settings", "FAIL", f"left out: {line}"))
    alert = trial_alert(severity, time.time())
    write = _write if sys.stdout.isatty() else None
    async for tried in try_all(loaded, alert, terminal=write):
        failed = failed or tried.outcome == "FAIL"
        _print(tried)
    if not loaded.channels:
        _print(Tried("channels", "skipped", "there is no [channels.NAME] in the settings"))
    return failed


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _print(tried: "Tried") -> None:
    click.echo(exits.plain(f"{tried.outcome:<7}  {tried.name:<12}  {tried.text}"))
