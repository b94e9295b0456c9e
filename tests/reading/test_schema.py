"""The JSON is what its schema file says, and reads back as what it was."""

import json
from typing import Any

import msgspec
import pytest

from divmon.reading.assess import assess
from divmon.reading.live import Live
from divmon.reading.model import Reading
from divmon.reading.schema import generated, shipped
from divmon.settings import load
from tests.history import END, reference


@pytest.fixture(scope="module")
def reading() -> Reading:
    return assess(reference(), Live("csv:reference"), load(), END)


def test_the_shipped_schema_is_that_of_the_model() -> None:
    assert shipped() == generated(), (
        "out of date: python -m divmon.reading.schema > divmon/reading/reading-1.schema.json"
    )


def test_a_reading_survives_json_and_msgpack(reading: Reading) -> None:
    text = msgspec.json.encode(reading)
    assert msgspec.json.encode(msgspec.json.decode(text, type=Reading)) == text
    packed = msgspec.msgpack.encode(reading)
    assert msgspec.json.encode(msgspec.msgpack.decode(packed, type=Reading)) == text


def test_a_reading_keeps_to_the_schema(reading: Reading) -> None:
    schema = json.loads(shipped())
    faults = list(_faults(json.loads(msgspec.json.encode(reading)), schema, schema, "$"))
    assert faults == []


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("as_of",), 5),
        (("instruments", "BTC", "last"), "91,042"),
        (("instruments", "BTC", "state"), "fine"),
        (("relative_streaks", "RUT/SPX", "streak"), 1.5),
        (("surprise",), 1),
    ],
)
def test_the_check_finds_what_is_wrong(
    reading: Reading, path: tuple[str, ...], wrong: object
) -> None:
    schema = json.loads(shipped())
    data = json.loads(msgspec.json.encode(reading))
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = wrong
    assert len(list(_faults(data, schema, schema, "$"))) == 1


def test_no_number_is_infinite_or_nan(reading: Reading) -> None:
    # msgspec writes them as null; in the Reading itself a missing value is None
    def numbers(value: Any) -> list[float]:
        if isinstance(value, dict):
            return [number for item in value.values() for number in numbers(item)]
        if isinstance(value, list | tuple):
            return [number for item in value for number in numbers(item)]
        return [value] if isinstance(value, float) else []

    found = numbers(msgspec.to_builtins(reading))
    assert len(found) > 1000
    assert all(number == number and abs(number) != float("inf") for number in found)


def _faults(value: Any, rule: dict[str, Any], root: dict[str, Any], at: str) -> Any:
    """Yield what breaks `rule`: the part of JSON Schema that msgspec writes, and no other."""
    known = {
        *("$schema", "$ref", "$defs", "title", "description", "default", "format"),
        *("type", "enum", "const", "anyOf", "properties", "required"),
        *("items", "prefixItems", "minItems", "maxItems", "additionalProperties"),
    }
    assert set(rule) <= known, set(rule) - known
    if "$ref" in rule:
        rule = root["$defs"][rule["$ref"].rpartition("/")[2]]
    if "anyOf" in rule:
        tries = [list(_faults(value, each, root, at)) for each in rule["anyOf"]]
        if all(tries):
            yield min(tries, key=len)[0]
        return
    if "enum" in rule and value not in rule["enum"]:
        yield f"{at}: {value!r} is none of {rule['enum']}"
        return
    if "type" in rule and not _is(value, rule["type"]):
        yield f"{at}: {value!r} is no {rule['type']}"
        return
    if isinstance(value, dict):
        named = rule.get("properties", {})
        for name in rule.get("required", ()):
            if name not in value:
                yield f"{at}: lacks {name}"
        for name, item in value.items():
            other = rule.get("additionalProperties", {})
            if name in named:
                yield from _faults(item, named[name], root, f"{at}.{name}")
            elif named:
                yield f"{at}: {name} is unknown"
            elif other:
                yield from _faults(item, other, root, f"{at}.{name}")
    if isinstance(value, list):
        first = rule.get("prefixItems", [])
        for place, item in enumerate(value):
            each = first[place] if place < len(first) else rule.get("items")
            if each:
                yield from _faults(item, each, root, f"{at}[{place}]")


def _is(value: Any, kind: str) -> bool:
    types: dict[str, type | tuple[type, ...]] = {
        "null": type(None),
        "string": str,
        "boolean": bool,
        "integer": int,
        "number": (int, float),
        "array": list,
        "object": dict,
    }
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, types[kind])
