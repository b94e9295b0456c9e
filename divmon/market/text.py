"""What JSON from outside may hold, and no encoding of ours takes."""

from typing import Any


def encodable(value: Any) -> Any:
    """Return plain data with lone surrogates as question marks and huge integers as text.

    JSON may spell half a character ("\\\\ud800"), and Python reads it; UTF-8 has no
    bytes for it, and msgpack none for an integer of more than 64 bits, so neither a
    socket nor a database would take them.
    """
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case int() if not -(1 << 63) <= value < 1 << 63:
            return str(value)
        case dict():
            return {encodable(key): encodable(item) for key, item in value.items()}
        case list() | tuple():
            return [encodable(item) for item in value]
        case _:
            return value
