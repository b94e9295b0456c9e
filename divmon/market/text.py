"""Text from outside that no encoding takes."""

from typing import Any


def encodable(value: Any) -> Any:
    """Return plain data with every lone surrogate in it replaced by a question mark.

    JSON may spell half a character ("\\\\ud800"), and Python reads it; UTF-8 has no
    bytes for it, so neither a socket nor a database would take it.
    """
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case dict():
            return {encodable(key): encodable(item) for key, item in value.items()}
        case list() | tuple():
            return [encodable(item) for item in value]
        case _:
            return value
