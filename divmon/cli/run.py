"""`divmon` itself: the commands under it, and how a call ends."""

import errno
import importlib
import io
import os
import sys
from pathlib import Path
from typing import Any

import click

from divmon import __version__
from divmon.cli import exits, options
from divmon.errors import DivmonError, SettingsError
from divmon.memory import leave_garbage

COMMANDS = {
    "watch": "divmon.cli.watch:watch",
    "snapshot": "divmon.cli.snapshot:snapshot",
    "status": "divmon.cli.status:status",
    "history": "divmon.cli.history:history",
    "base-rates": "divmon.cli.base_rates:base_rates",
    "alerts": "divmon.cli.alerts:alerts",
    "claims": "divmon.cli.claims:claims",
    "headlines": "divmon.cli.headlines:headlines",
    "explain": "divmon.cli.explain:explain",
    "doctor": "divmon.cli.doctor:doctor",
    "notify-test": "divmon.cli.notify:notify_test",
    "paths": "divmon.cli.config:paths_command",
    "config": "divmon.cli.config:config",
    "completion": "divmon.cli.completion:completion",
}
"""Where each command is; imported when it is asked for, since the screen needs none of
them and its first frame would wait 20 ms for all."""


class Commands(click.Group):
    """A group of `COMMANDS` that tells our own errors as messages."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's way)
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (DivmonError, ExceptionGroup) as error:
            cause = exits.cause(error)
            if isinstance(cause, SettingsError):
                raise exits.Failure(str(cause)) from error
            if isinstance(cause, DivmonError):
                raise exits.SourceFailure(str(cause)) from error
            raise
        except BrokenPipeError as error:
            # click itself would exit with 1, which here means that a source failed
            raise exits.ReaderLeft from error


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=exits.HELP,
)
@options.source_option
@options.config_option
@click.option("--theme", metavar="NAME", help="Colours of the screen, for this run.")
@options.budget_option
@click.option(
    "--no-attach",
    is_flag=True,
    help="Run an engine of this screen's own, even if a `divmon watch` serves.",
)
@click.option(
    "--plain",
    is_flag=True,
    help="Lines of words instead of a screen, for screen readers and dumb terminals.",
)
@click.version_option(__version__, prog_name="divmon", message="%(prog)s %(version)s")
@click.pass_context
def divmon(
    context: click.Context,
    source: str | None,
    config: Path | None,
    theme: str | None,
    budget: str | None,
    no_attach: bool,
    plain: bool,
) -> None:
    """Is everything rallying but crypto, since when, and how unusual is it?

    Without a command: the live screen, in this terminal.
    """
    context.obj = options.Given(config, source)
    if context.invoked_subcommand is None:
        from divmon.cli.screen import show_screen

        loaded = options.load(context, config)
        name = options.source_name(context, source, loaded)
        show_screen(
            context,
            loaded,
            name,
            theme=theme,
            budget=budget,
            attach=not no_attach,
            plain=plain,
        )
    elif theme or no_attach or plain or budget is not None:
        raise click.UsageError(
            "--theme, --budget, --no-attach and --plain are for the screen, "
            f"not for {context.invoked_subcommand}"
        )


def main() -> None:
    """Run the command line and leave the process with its exit code."""
    _fill_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a terminal that is not UTF-8 gets "?" for a sign it lacks, and no traceback
            stream.reconfigure(errors="replace")
    code = _run()
    leave_garbage()
    sys.exit(code)


def _fill_closed_streams() -> None:
    """Put /dev/null where a stream was closed (`divmon >&-`), as cron jobs and hooks do.

    Else the next file that anything opens takes the free descriptor, and what is
    printed ends up in the archive.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            stream = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 (kept open)
            setattr(sys, name, stream)


def _run() -> int:
    try:
        code = divmon.main(prog_name="divmon", standalone_mode=False)
        sys.stdout.flush()
    except click.UsageError as error:
        error.show()
        return exits.WRONG_USAGE
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return exits.INTERRUPTED
    except BrokenPipeError:
        exits.ReaderLeft().show()
        return exits.PIPE_CLOSED
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            return exits.tell_fault(error)
        exits.tell(f"the output cannot be written: {error.strerror}")
        return exits.CANNOT_WRITE
    except Exception as error:  # noqa: BLE001 (a fault of ours: the log gets it, the user a line)
        return exits.tell_fault(exits.cause(error))
    return code if isinstance(code, int) else exits.OK
