"""A lock between processes that ends with its process, however that ends."""

import fcntl
import os


class FileLock:
    """Held on a file of its own until `close`, or until this process is no more."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._file: int | None = None

    def take(self) -> bool:
        """Take the lock if no other has it; tell whether it is ours. Never blocks.

        Raises:
            OSError: The file cannot be made.
        """
        if self._file is not None:
            return True
        file = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        self._file = file
        return True

    def close(self) -> None:
        """Let another have it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
