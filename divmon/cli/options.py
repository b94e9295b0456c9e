"""Options that several commands share, and the settings they lead to."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from divmon import paths, settings
from divmon.cli import exits
from divmon.cli.exits import Failure
from divmon.settings import Settings

if TYPE_CHECKING:
    from divmon.settings_watch import SettingsWatch

F = TypeVar("F", bound=Callable[..., Any])


class Given(msgspec.Struct, frozen=True):
    """What stood before the command's name: `divmon --config FILE doctor`."""

    config: Path | None = None
    source: str | None = None


def _check_source(
    _context: click.Context, _param: click.Parameter, value: str | None
) -> str | None:
    """Refuse what is none of auto, live, demo and csv:DIR."""
    if value in (None, "auto", "live", "demo"):
        return value
    from divmon.settings_sense import source_fault

    if fault := source_fault(value):
        raise click.BadParameter(f"{value!r} {fault}")
    kind, _, folder = value.partition(":")
    if kind == "csv":
        path = Path(folder).expanduser()
        if path.is_file():
            raise click.BadParameter(f"{value!r}: {folder} is a file; name the folder it lies in")
        if not path.is_dir():
            raise click.BadParameter(
                f"{value!r}: there is no folder {folder}; name one with files such as rut.csv"
            )
    return value


def _complete_source(_context: click.Context, _param: click.Parameter, typed: str) -> list[str]:
    return [name for name in ("auto", "live", "demo", "csv:") if name.startswith(typed)]


def config_option(command: F) -> F:
    """Add --config."""
    return click.option(
        "--config",
        type=click.Path(path_type=Path),
        help="Settings to use instead of the file in the config folder.",
    )(command)


def source_option(command: F) -> F:
    """Add --source."""
    return click.option(
        "--source",
        callback=_check_source,
        metavar="live|demo|csv:DIR",
        shell_complete=_complete_source,
        help="Where prices come from (default: [general] source of the settings).",
    )(command)


def _check_budget(
    _context: click.Context, _param: click.Parameter, value: str | None
) -> str | None:
    """Refuse what says no bytes a second."""
    if value is None:
        return None
    from divmon.settings_budget import budget

    try:
        budget(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} {error}") from error
    return value


def budget_option(command: F) -> F:
    """Add --budget."""
    return click.option(
        "--budget",
        callback=_check_budget,
        metavar="RATE",
        help='What may go to the terminal: "4KiB/s", "2000B/s"; prices wait for it, keys do not.',
    )(command)


def config_file(context: click.Context, config: Path | None) -> Path | None:
    """Return the file to read: as given, else the user's own if there is one."""
    given: Given = context.find_object(Given) or Given()
    chosen = config or given.config
    if chosen is not None:
        return chosen
    own = paths.config_path()
    # a dangling link is there, and is told as unreadable rather than passed over
    return own if own.exists() or own.is_symlink() else None


def settings_watch(
    context: click.Context, config: Path | None, loaded: Settings
) -> "SettingsWatch":
    """Return what follows the file that `loaded` was read from, or would have been."""
    from divmon.settings_watch import SettingsWatch  # and asyncio, for the commands that run on

    given: Given = context.find_object(Given) or Given()
    chosen = config or given.config
    return SettingsWatch(chosen or paths.config_path(), loaded, required=chosen is not None)


def load(context: click.Context, config: Path | None) -> Settings:
    """Return the settings in force for this call; tell what of them was left out."""
    loaded = settings.load(config_file(context, config))
    for line in loaded.refused:
        exits.tell(f"left out: {line}")
    return loaded


def source_name(context: click.Context, source: str | None, loaded: Settings) -> str:
    """Return the source asked for: by the command, before it, or in the settings."""
    given: Given = context.find_object(Given) or Given()
    if source or given.source:
        return source or given.source or ""
    kind, _, folder = loaded.general.source.partition(":")
    if kind == "csv" and not Path(folder).expanduser().is_dir():
        raise Failure(f'[general] source = "{loaded.general.source}": there is no such folder')
    return loaded.general.source
