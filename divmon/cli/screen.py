"""The live screen: which feed it gets, and how it ends."""

import os
import sys
from typing import TYPE_CHECKING, Any

import click
import msgspec

from divmon import paths
from divmon.cli import exits, options
from divmon.cli.exits import Failure
from divmon.errors import DivmonError
from divmon.memory import collect_garbage
from divmon.settings import Settings

if TYPE_CHECKING:
    from divmon.link.feed import Feed
    from divmon.reading.model import Reading
    from divmon.settings_watch import SettingsWatch
    from divmon.store.archive import Archive


def show_screen(
    context: click.Context,
    settings: Settings,
    source: str,
    *,
    theme: str | None,
    budget: str | None,
    attach: bool,
    plain: bool = False,
) -> None:
    """Run the screen, or its lines if `plain`, until it is left; end with its exit code.

    `theme` and `budget` go before what the settings say, also when their file changes.

    Raises:
        Failure: There is no terminal, or no such theme.
    """
    if not plain:
        check_terminal()
    watch = options.settings_watch(context, None, settings)
    if theme is not None:
        check_theme(theme)
        general = msgspec.structs.replace(settings.general, theme=theme)
        settings = msgspec.structs.replace(settings, general=general)
    if budget is not None:
        display = msgspec.structs.replace(settings.display, budget=budget)
        settings = msgspec.structs.replace(settings, display=display)
    archive = open_archive(settings, source)
    try:
        attach = attach and settings.general.attach
        if plain:
            _start_log()
            code = _run_plain(settings, source, archive, watch, attach=attach)
        else:
            code = _run(settings, source, archive, watch, attach=attach)
    finally:
        if archive is not None:
            archive.close()
    context.exit(code)


def check_terminal() -> None:
    """Refuse to draw where nobody would see it, or where escapes are not understood."""
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise Failure(
            "the screen needs a terminal, and this is a pipe, a file or a job; "
            "use `divmon snapshot` for one reading or `divmon --plain` for lines"
        )
    kind = os.environ.get("TERM", "")
    if kind in ("", "dumb"):
        raise Failure(
            f"TERM = {kind!r} cannot draw a screen; set it to what this terminal is, "
            "such as xterm-256color, or use `divmon snapshot` or `divmon --plain`"
        )


def check_theme(name: str) -> None:
    """Refuse a --theme that is in no folder; what is in it is the screen's to judge."""
    known = ["auto", *theme_names()]
    if name not in known:
        from divmon.settings_check import near_or_all

        raise Failure(f"--theme {name!r} is not there{near_or_all(name, known)}")


def theme_names() -> list[str]:
    """Return the themes that come along and the user's own."""
    from pathlib import Path

    package = Path(__file__).resolve().parent.parent
    # in a wheel the themes are inside the package, in a checkout beside it
    folders = (package / "themes", package.parent / "themes", paths.user_themes())
    names = {file.stem for folder in folders if folder.is_dir() for file in folder.glob("*.toml")}
    return sorted(names)


def open_archive(settings: Settings, source: str) -> "Archive | None":
    """Open the archive for live prices; nothing simulated or read from a file is kept."""
    if not settings.archive.enabled or source not in ("auto", "live"):
        return None
    from divmon.store.archive import Archive

    return Archive.open(paths.archive_path())


def _run(
    settings: Settings,
    source: str,
    archive: "Archive | None",
    watch: "SettingsWatch",
    *,
    attach: bool,
) -> int:
    from divmon.cli import loop
    from divmon.link.local import LocalFeed
    from divmon.ui.app import DivmonApp

    def own_engine() -> "Feed":
        # by the settings of now: the file may have changed since the start
        return LocalFeed(app.settings, source, archive)

    feed = attached_feed() if attach and source == "auto" else None

    def last_board() -> "Reading | None":
        return archive.last_reading() if archive is not None else None

    app = DivmonApp(
        feed or LocalFeed(settings, source, archive),
        settings,
        initial=last_board(),
        last_board=last_board,
        themes_dir=paths.user_themes(),
        on_own_engine=own_engine,
        on_first_frame=_after_first_frame,
        settings_watch=watch,
    )
    # Textual would print a traceback with the values of all local variables, a proxy's
    # password among them; `_end` writes one without them to the log
    setattr(app, "_fatal_error", app._close_messages_no_wait)  # noqa: B010 (mypy: no method may be set)
    loop.run(app.run_async(), collect=False)
    return _end(app)


def _run_plain(
    settings: Settings,
    source: str,
    archive: "Archive | None",
    watch: "SettingsWatch",
    *,
    attach: bool,
) -> int:
    from divmon.cli.plain import show_lines
    from divmon.link.local import LocalFeed

    def make_feed() -> "Feed":
        feed = attached_feed() if attach and source == "auto" else None
        return feed or LocalFeed(settings, source, archive)

    return show_lines(settings, make_feed, watch)


def _after_first_frame() -> None:
    collect_garbage()
    _start_log()


def _start_log() -> None:
    from divmon.cli import log  # 9 ms, most of it logging.handlers

    log.start()


def attached_feed() -> "Feed | None":
    """Return a feed from this user's running `divmon watch`, None if there is none."""
    from divmon.link.client import AttachedFeed, find_watch

    serving = next((path for path in paths.socket_paths() if find_watch(path)), None)
    return AttachedFeed(serving) if serving else None


def _end(app: Any) -> int:
    """Return the exit code of an app that has ended.

    Raises:
        DivmonError: What the engine could not do and a person can cure.
    """
    if app._exception is None:
        return app.return_code or exits.OK
    error = exits.cause(app._exception)
    if isinstance(error, DivmonError):
        raise error
    return exits.tell_fault(error)
