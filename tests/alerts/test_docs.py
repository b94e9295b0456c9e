"""docs/alerts.md says what the delivery does."""

import re
import tomllib
from pathlib import Path

import msgspec

from divmon import settings
from divmon.alerts.channels.command import variables
from divmon.alerts.channels.webhook import headers
from divmon.alerts.model import Alert
from tests.alerts.stage import alert

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "alerts.md").read_text()


def test_every_key_of_the_json_is_documented() -> None:
    section = TEXT.partition("### The JSON")[2].partition("\n## ")[0]
    documented = set(re.findall(r"`(\w+)`", "".join(re.findall(r"(?m)^\|([^|]+)\|", section))))
    fields = {field.encode_name for field in msgspec.structs.fields(Alert)} - {"schema"}
    assert documented == fields


def test_every_header_and_variable_is_documented() -> None:
    for name in headers("id", b"", "secret", 0.0):
        assert f"`{name}`" in TEXT or name == "User-Agent"
    for name in variables(alert()):
        assert f"`{name}`" in TEXT


def test_the_examples_can_be_loaded(tmp_path: Path) -> None:
    examples = "\n".join(re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL))
    assert set(tomllib.loads(examples)["channels"]) == {"phone", "mail", "hook", "script"}
    # with what they refer to in place of the references and the program
    filled = re.sub(r"\$\{file:[^}]*\}", "${HOME}", examples)
    filled = re.sub(r"\$\{(NTFY|MAIL)_\w+\}", "x", filled).replace("~/bin/on-alert", "true")
    loaded = settings.from_text(filled, "docs")
    assert loaded.refused == ()
    assert set(loaded.channels) == {"phone", "mail", "hook", "script"}
