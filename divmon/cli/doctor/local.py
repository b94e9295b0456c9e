"""What can be checked without a network: settings, files, terminal, archive."""

import locale
import os
import shutil
import sqlite3
import stat
import sys
import time
from pathlib import Path

from divmon import paths
from divmon.cli.doctor.result import Result
from divmon.errors import LinkError
from divmon.link.client import find_watch, greeting
from divmon.settings import Settings

ARCHIVE = 4.0  # seconds for the integrity check; one of 100 MB takes half a second
SMALLEST = (60, 15)  # columns and rows of the smallest screen that still reads


def check_config(file: Path | None, settings: Settings) -> Result:
    """Look at who may read the settings file; that it is right is known already."""
    if file is None:
        return Result("config", "OK", f"no {paths.config_path()}; the defaults are in force")
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o022:
        return Result(
            "config", "WARN", f"{file} may be changed by others ({mode:04o})", f"chmod 600 {file}"
        )
    if mode & 0o044 and "@" in settings.network.proxy:
        return Result(
            "config",
            "WARN",
            f"{file} holds a proxy's password and may be read by others ({mode:04o})",
            f"chmod 600 {file}",
        )
    return Result("config", "OK", f"{file} is right")


def check_folders() -> list[Result]:
    """Check that divmon's own folders are there, writable and private, or can be made."""
    folders = {
        "state": paths.state_dir(),
        "saved": paths.snapshots_dir(),
        "cache": paths.cache_dir(),
        "log": paths.log_dir(),
        "runtime": paths.runtime_dir(),
    }
    return [_folder(f"{name} folder", folder) for name, folder in folders.items()]


def _folder(name: str, folder: Path) -> Result:
    if not folder.exists():
        parent = next(at for at in folder.parents if at.exists())
        if parent.is_dir() and os.access(parent, os.W_OK | os.X_OK):
            return Result(name, "OK", f"{folder} will be made when it is needed")
        return Result(
            name,
            "FAIL",
            f"{folder} cannot be made: {parent} is not writable",
            "make it writable, or name another place by its XDG variable",
        )
    found = folder.stat()
    if not folder.is_dir():
        return Result(name, "FAIL", f"{folder} is not a folder", "move that file away")
    if found.st_uid != os.geteuid():
        return Result(
            name, "FAIL", f"{folder} belongs to user {found.st_uid}, not to you", "chown it back"
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        return Result(name, "FAIL", f"{folder} is not writable", f"chmod 700 {folder}")
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o077:
        return Result(
            name, "WARN", f"{folder} is open to others ({mode:04o})", f"chmod 700 {folder}"
        )
    return Result(name, "OK", f"{folder} ({mode:04o})")


def check_terminal() -> Result:
    """Describe the terminal, and say what it lacks for the screen."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return Result("terminal", "OK", "none here (a pipe or a job); the screen needs one")
    kind = os.environ.get("TERM", "")
    columns, rows = shutil.get_terminal_size()
    encoding = (sys.stdout.encoding or locale.getpreferredencoding()).lower()
    colours = _colours(kind)
    parts = [kind or "TERM is not set", f"{columns}×{rows}", f"{colours} colours", encoding]
    parts += [
        name
        for name, variable in (("tmux", "TMUX"), ("screen", "STY"), ("SSH", "SSH_CONNECTION"))
        if os.environ.get(variable)
    ]
    text = ", ".join(parts)
    if kind in ("", "dumb"):
        return Result("terminal", "FAIL", text, "set TERM to what this terminal is")
    if columns < SMALLEST[0] or rows < SMALLEST[1]:
        return Result("terminal", "WARN", text, "make it 60×15 or larger; 120×36 is comfortable")
    if "utf" not in encoding:
        return Result("terminal", "WARN", text, "set LANG to a UTF-8 locale, or glyphs = ascii")
    if colours < 256:
        return Result("terminal", "WARN", text, "colours will be coarse; try TERM=xterm-256color")
    return Result("terminal", "OK", text)


def _colours(kind: str) -> int:
    """Return how many colours the terminal has, as it declares them."""
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return 1 << 24
    import curses

    try:
        curses.setupterm(kind or "dumb")
        return max(0, curses.tigetnum("colors"))
    except curses.error:
        # an unknown TERM; Textual then goes by its name alone
        return 256 if "256" in kind else 8


def check_archive(settings: Settings) -> Result:
    """Check the database, read-only, so that nothing is changed by looking."""
    path = paths.archive_path()
    if not settings.archive.enabled:
        return Result("archive", "OK", "switched off ([archive] enabled = false)")
    if not path.exists():
        return Result("archive", "OK", f"{path} will be made when it is needed")
    size = sum(
        each.stat().st_size for each in (path, path.with_name(f"{path.name}-wal")) if each.exists()
    )
    text = f"{path}, {size / 1e6:.1f} MB"
    deadline = time.monotonic() + ARCHIVE
    connection = None
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=1)
        # a handler that returns true stops the query: a huge archive is not read whole
        connection.set_progress_handler(lambda: time.monotonic() > deadline, 10_000)
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if "interrupted" in str(error):
            return Result("archive", "OK", f"{text}; too large to check in {ARCHIVE:g} s")
        return Result(
            "archive", "WARN", f"{text}: {error}", "is another program at it? divmon runs without"
        )
    except sqlite3.DatabaseError as error:
        return Result(
            "archive",
            "FAIL",
            f"{text}: {error}",
            "divmon sets it aside at the next start, and fetches the history anew",
        )
    finally:
        if connection is not None:
            connection.close()
    if found != "ok":
        return Result(
            "archive", "FAIL", f"{text}: {found}", "divmon sets it aside at the next start"
        )
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return Result(
            "archive", "WARN", f"{text}, open to others ({mode:04o})", f"chmod 600 {path}"
        )
    return Result("archive", "OK", f"{text}, sound")


def check_watch() -> Result:
    """Say whether a `divmon watch` of this user serves, and speaks as we do."""
    for path in paths.socket_paths():
        if not find_watch(path, timeout=1):
            continue
        try:
            hello = greeting(path, timeout=2)
        except LinkError as error:
            return Result("watch", "WARN", f"{path}: {error}", "no screen of this version joins it")
        if hello is not None:
            return Result("watch", "OK", f"a `divmon watch` serves at {path}")
        return Result("watch", "WARN", f"{path} takes calls but says nothing", "restart that watch")
    return Result("watch", "OK", "none runs; the screen runs an engine of its own")
