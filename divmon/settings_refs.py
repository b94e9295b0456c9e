"""Secrets that a settings file names and does not hold: ${NAME} and ${file:PATH}.

`${NAME}` is an environment variable, `${file:PATH}` the first line of a file that is
its owner's alone. They are looked up when they are used, so that the settings, which
anybody may be shown, never hold what they stand for.
"""

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from divmon.errors import SettingsError

LARGEST = 4096  # bytes of a secret

_REFERENCE = re.compile(r"\$\{([^{}]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def expand(text: str, env: Mapping[str, str] = os.environ) -> str:
    """Return `text` with every reference replaced by what it stands for.

    Raises:
        SettingsError: A variable is not set, or a file is not there or open to others.
    """
    return _REFERENCE.sub(lambda match: _secret(match[1], env), text)


def secrets(text: str, env: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return what the references in `text` stand for, as far as it can be found."""
    found = []
    for match in _REFERENCE.finditer(text):
        try:
            found.append(_secret(match[1], env))
        except SettingsError:
            continue
    return tuple(found)


def is_reference(text: str) -> bool:
    """Tell whether `text` is a reference and nothing else."""
    return _REFERENCE.fullmatch(text) is not None


def hidden(text: str) -> str:
    """Return a URL with its scheme, and its references, but nothing else that it holds.

    Tokens stand anywhere in the URLs of notification services: in the login, the path,
    the query, even in the place of the host.
    """
    scheme, found, rest = text.partition("://")
    if not found:
        scheme, rest = "", text
    kept = "".join(match[0] for match in _REFERENCE.finditer(rest))
    rest = _REFERENCE.sub("", rest)
    return f"{scheme}{found}{kept}{'***' if rest.strip('/@:?&=') else ''}"


def _secret(name: str, env: Mapping[str, str]) -> str:
    kind, colon, place = name.partition(":")
    if kind == "file" and colon:
        return _file_secret(place)
    if not _NAME.fullmatch(name):
        raise SettingsError(f"${{{name}}} is neither ${{NAME}} nor ${{file:PATH}}")
    value = env.get(name, "")
    if not value:
        raise SettingsError(f"the environment variable {name} is not set; export it first")
    return value


def _file_secret(place: str) -> str:
    try:
        path = Path(place).expanduser()
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            content = file.read(LARGEST + 1)
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: ~nobody
        reason = getattr(error, "strerror", None) or error
        raise SettingsError(f"the secret in {place} cannot be read: {reason}") from error
    if not stat.S_ISREG(found.st_mode):
        raise SettingsError(f"the secret in {place}: this is no plain file")
    if found.st_mode & 0o077 or found.st_uid not in (os.geteuid(), 0):
        raise SettingsError(f"the secret in {place} is open to others; chmod 600 {place}")
    try:
        lines = content.decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise SettingsError(f"the secret in {place} is no UTF-8 text") from error
    if len(content) > LARGEST or not lines or not lines[0].strip():
        raise SettingsError(f"the secret in {place} must be one line of at most {LARGEST} bytes")
    return lines[0].strip()
