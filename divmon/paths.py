"""Where divmon keeps its files: the XDG folders, the same on Linux and macOS.

Asking for a path makes nothing. `private_folder` and `private_file` make what is
missing, for this user alone (0700, 0600).
"""

import os
import stat
from pathlib import Path

from platformdirs.unix import Unix

from divmon.errors import SettingsError

_dirs = Unix("divmon")


def config_dir() -> Path:
    """Return the folder of config.toml and themes/; divmon itself never writes there."""
    return Path(_dirs.user_config_dir)


def state_dir() -> Path:
    """Return the folder of the archive."""
    return Path(_dirs.user_state_dir)


def snapshots_dir() -> Path:
    """Return the folder of what a person has saved from the screen."""
    return Path(_dirs.user_data_dir) / "snapshots"


def cache_dir() -> Path:
    """Return the folder of what can be fetched again."""
    return Path(_dirs.user_cache_dir)


def log_dir() -> Path:
    """Return the folder of the log."""
    return Path(_dirs.user_log_dir)


def runtime_dir() -> Path:
    """Return the folder of the socket: in XDG_RUNTIME_DIR, else in the state folder.

    XDG_RUNTIME_DIR counts only if it is this user's folder: sudo and su often leave
    the other user's in the environment.
    """
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    if given.startswith("/"):
        try:
            found = os.stat(given)  # noqa: PTH116 (the string as given: no ~ and no relative path)
        except OSError:
            pass
        else:
            if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid():
                return Path(given) / "divmon"
    return state_dir() / "run"


def config_path() -> Path:
    """Return where the user's settings are looked for."""
    return config_dir() / "config.toml"


def user_themes() -> Path:
    """Return the folder of the user's own themes."""
    return config_dir() / "themes"


def archive_path() -> Path:
    """Return the path of the archive's database."""
    return state_dir() / "archive.db"


def log_path() -> Path:
    """Return the path of the log."""
    return log_dir() / "divmon.log"


def socket_path() -> Path:
    """Return where a `divmon watch` started here and now serves."""
    return runtime_dir() / "watch.sock"


def socket_paths() -> tuple[Path, ...]:
    """Return every place where a `divmon watch` of this user may serve, the likeliest first.

    One started by cron has no XDG_RUNTIME_DIR and serves in the state folder; the
    screen that looks for it over SSH has one.
    """
    return tuple(dict.fromkeys((socket_path(), state_dir() / "run" / "watch.sock")))


def private_folder(folder: Path) -> Path:
    """Make `folder` if it is missing, for this user alone, and return it.

    A folder of ours that others may enter is closed to them.

    Raises:
        SettingsError: It is no folder, belongs to somebody else, or cannot be written.
    """
    try:
        for missing in reversed([at for at in (folder, *folder.parents) if not at.exists()]):
            missing.mkdir(mode=0o700, exist_ok=True)
        found = folder.stat()
        if not stat.S_ISDIR(found.st_mode):
            raise SettingsError(f"{folder} is not a folder; move that file away")
        if found.st_uid != os.geteuid():
            raise SettingsError(
                f"{folder} belongs to user {found.st_uid}, not to you ({os.geteuid()}); "
                f"give it back (chown), or name another place by its XDG variable"
            )
        if found.st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise SettingsError(
            f"{folder} cannot be made: {error.strerror}; "
            "make it writable, or name another place by its XDG variable"
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingsError(
            f"{folder} cannot be written; make it writable (chmod u+rwx), "
            "or name another place by its XDG variable"
        )
    return folder


def private_file(path: Path) -> Path:
    """Make `path` if it is missing, empty and for this user alone, and return it.

    An existing file is not opened: closing a second descriptor of a database would
    drop the locks that SQLite holds on it in this process.

    Raises:
        SettingsError: It, or its folder, cannot be made.
    """
    private_folder(path.parent)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        raise SettingsError(f"{path} cannot be made: {error.strerror}") from error
    return path
