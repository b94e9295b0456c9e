"""The JSON Schema of a Reading, as shipped in reading-1.schema.json.

Write it anew after a change of the model:

    python -m divmon.reading.schema > divmon/reading/reading-1.schema.json
"""

import json
import sys
from importlib import resources

import msgspec

from divmon.reading.model import SCHEMA, Reading

FILE = "reading-1.schema.json"


def generated() -> str:
    """Return the schema of the model as it is."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SCHEMA,
        **msgspec.json.schema(Reading),
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def shipped() -> str:
    """Return the schema file that comes with the program."""
    return resources.files("divmon.reading").joinpath(FILE).read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.stdout.write(generated())
