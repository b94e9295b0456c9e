"""What this version sends, in words: python -m tests.link.wire writes wire.txt anew.

Raise VERSION in divmon/reading/frames.py first: the text says which version it is of.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from msgspec.inspect import (
    CollectionType,
    CustomType,
    DictType,
    LiteralType,
    StructType,
    TupleType,
    Type,
    UnionType,
    type_info,
)

from divmon.link.codec import VERSION, Command, Frame

FILE = Path(__file__).with_name("wire.txt")


def wire() -> str:
    """Return every frame and command, and what they are made of, a line each."""
    found: dict[str, str] = {}
    for kind in (*get_args(Frame), *get_args(Command)):
        _name(type_info(kind), found)
    lines = (f"{name}: {fields}" for name, fields in sorted(found.items()))
    return "\n".join([f"version {VERSION}", *lines, ""])


def _name(kind: Type, found: dict[str, str]) -> str:
    match kind:
        case StructType():
            tag = "" if kind.tag is None else f"[{kind.tag_field}={kind.tag}]"
            name = f"{kind.cls.__name__}{tag}"
            if name not in found:
                found[name] = ""
                found[name] = ", ".join(_fields(kind, found))
            return kind.cls.__name__
        case UnionType():
            return " | ".join(sorted(_name(each, found) for each in kind.types))
        case LiteralType():
            return " ".join(sorted(repr(value) for value in kind.values))
        case DictType():
            return f"{{{_name(kind.key_type, found)}: {_name(kind.value_type, found)}}}"
        case TupleType():
            return f"({', '.join(_name(each, found) for each in kind.item_types)})"
        case CollectionType():
            return f"[{_name(kind.item_type, found)}]"
        case CustomType():
            raise TypeError(f"{kind.cls} has no form of its own on the wire")
    return type(kind).__name__.removesuffix("Type").lower()


def _fields(kind: StructType, found: dict[str, str]) -> Iterator[str]:
    for field in kind.fields:
        yield f"{field.encode_name}{'' if field.required else '?'} {_name(field.type, found)}"


if __name__ == "__main__":
    FILE.write_text(wire(), encoding="utf-8")
