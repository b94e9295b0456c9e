"""`divmon config` and `divmon paths`."""

from pathlib import Path

import click

from divmon import paths, settings
from divmon.cli import options
from divmon.cli.exits import Failure


@click.group()
def config() -> None:
    """Show, check or begin the settings file."""


@config.command()
@options.config_option
@click.pass_context
def show(context: click.Context, config: Path | None) -> None:
    """Print every setting in force, as TOML, and where it was set.

    A proxy's password is masked.
    """
    from divmon.settings_text import in_force
    from divmon.toml_lines import places

    file = options.config_file(context, config)
    text = settings.read_text(file) if file else ""
    name = file.name if file else ""
    loaded = settings.from_text(text, name)
    click.echo(f"# {file or 'the defaults; there is no ' + str(paths.config_path())}")
    click.echo(in_force(loaded, places(text), name), nl=False)


@config.command()
@options.config_option
@click.pass_context
def check(context: click.Context, config: Path | None) -> None:
    """Check the settings file; tell every fault with its line and the way out."""
    file = options.config_file(context, config)
    loaded = settings.load(file)
    if loaded.refused:
        raise Failure("\n".join(loaded.refused))
    if file:
        click.echo(f"{file}: fine")
    else:
        click.echo(f"there is no {paths.config_path()}; the defaults are in force")


@config.command()
def init() -> None:
    """Write a settings file with every option in it, commented out.

    An existing file is never touched.
    """
    from divmon.settings_text import begin_file

    file = paths.config_path()
    try:
        begin_file(file)
    except FileExistsError:
        raise Failure(
            f"{file} is there already and is left as it is; "
            "move it away first, or see `divmon config show`"
        ) from None
    click.echo(f"wrote {file}")


@click.command("paths")
def paths_command() -> None:
    """Print where divmon keeps its files."""
    for name, path in (
        ("config", paths.config_path()),
        ("themes", paths.user_themes()),
        ("archive", paths.archive_path()),
        ("saved", paths.snapshots_dir()),
        ("cache", paths.cache_dir()),
        ("log", paths.log_path()),
        ("socket", paths.socket_path()),
    ):
        click.echo(f"{name:<8} {path}")
