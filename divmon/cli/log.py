"""The log: a small rotating file for this user alone, and nothing else ever.

Libraries log and warn as they like; on the terminal their lines would tear the
screen, so the file is the only way out that they have.
"""

import logging
import os
from logging.handlers import RotatingFileHandler
from pathlib import Path

from divmon import paths
from divmon.errors import SettingsError

LARGEST = 1_000_000  # bytes, of the log and of each of the two before it
KEPT = 2


class PrivateFileHandler(RotatingFileHandler):
    """Makes every log file, also after rotation, with mode 0600."""

    def _open(self):  # type: ignore[no-untyped-def]  # typeshed's return type is private
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8")


def start() -> Path | None:
    """Send all logging and warnings to the log file; return it, None if it cannot be.

    Without a writable log divmon runs on and logs nothing: a full disk is no reason
    to show no prices.
    """
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
    logging.lastResort = None
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a full disk must not write tracebacks on the screen
    root.setLevel(logging.INFO)
    path = paths.log_path()
    try:
        paths.private_folder(path.parent)
        handler = PrivateFileHandler(path, maxBytes=LARGEST, backupCount=KEPT)
    except (OSError, SettingsError):
        root.addHandler(logging.NullHandler())
        return None
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s")
    )
    root.addHandler(handler)
    return path
