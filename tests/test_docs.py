"""The documents say what the program does."""

import json
import re
from pathlib import Path

import click
import msgspec
import pytest
from click.testing import CliRunner

from divmon import settings
from divmon.cli.run import divmon
from divmon.settings import (
    AlertSettings,
    ChannelSettings,
    ClaimSettings,
    InstrumentSettings,
    Settings,
)
from divmon.ui.actions import ACTIONS

ROOT = Path(__file__).resolve().parents[1]
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def table(heading: str) -> dict[str, str]:
    """Return option and default of each row under a heading of configuration.md."""
    text = (ROOT / "docs" / "configuration.md").read_text()
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `(\w+)` \| `(.*?)` \|", section, re.MULTILINE))


def shown(value: object) -> str:
    return json.dumps(value)


def test_every_option_and_default_is_documented() -> None:
    loaded = settings.load()
    for field in msgspec.structs.fields(Settings):
        if field.name in ("watchlist", "instruments", "channels", "alerts", "claims", "refused"):
            continue
        held = getattr(loaded, field.name)
        section = held if isinstance(held, dict) else msgspec.structs.asdict(held)
        expected = {name: shown(value) for name, value in section.items()}
        assert table(f"[{field.name}]") == expected
    channel = msgspec.structs.asdict(ChannelSettings())
    assert table("[channels]") == {name: shown(value) for name, value in channel.items()}
    alert = msgspec.to_builtins(AlertSettings())
    assert table("[alerts]") == {name: shown(value) for name, value in alert.items()}
    claim = msgspec.structs.asdict(ClaimSettings())
    assert table("[claims]") == {name: shown(value) for name, value in claim.items()}
    plain = msgspec.structs.asdict(InstrumentSettings())
    assert table("[watchlist] and [instruments]") == {k: shown(v) for k, v in plain.items()}


def test_the_examples_of_the_configuration_are_right() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text()
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert settings.from_text(example, "docs").watchlist["Chips"] == ("NVDA",)


def test_every_command_and_option_is_documented() -> None:
    text = (ROOT / "docs" / "commands.md").read_text() + (ROOT / "README.md").read_text()
    context = click.Context(divmon)
    for name in divmon.list_commands(context):
        command = divmon.get_command(context, name)
        assert command is not None
        assert f"divmon {name}" in text or f"`{name}`" in text
        for option in command.params:
            if option.opts[0].startswith("--"):
                assert option.opts[0] in text, f"{name} {option.opts[0]}"
    for option in divmon.params:
        assert option.opts[0] in text + CliRunner().invoke(divmon, ["--help"]).output


def test_the_keys_of_the_readme_are_those_of_the_screen() -> None:
    text = (ROOT / "README.md").read_text()
    for action in ACTIONS:
        if action.rank and action.name != "palette":
            assert f"`{action.shown}`" in text, action.name


@pytest.mark.parametrize("document", DOCS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
        if not target.startswith("http"):
            assert (document.parent / target).exists(), target
