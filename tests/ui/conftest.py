"""Screens to test: the real app on a scripted feed, and its texts."""

import re
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.app import App

from divmon.ui.theme import bundled_folder, ink_of, load_theme
from divmon.ui.view import View
from divmon.ui.widgets.panel import Desk, Panel
from tests.ui import fixtures


class SvgSnapshot(SingleFileSnapshotExtension):
    file_extension = "svg"
    _write_mode = WriteMode.TEXT

    def serialize(self, data: Any, **kwargs: Any) -> str:
        # Rich numbers each export at random
        return re.sub(r"terminal-\d+-", "terminal-", str(data))


@pytest.fixture
def drawing(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Compare an exported screenshot with the one kept beside the test."""
    return snapshot.use_extension(SvgSnapshot)


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the machine's own terminal out of the tests."""
    for name in ("NO_COLOR", "SSH_CONNECTION", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)


def desk(frames: tuple[Any, ...] = (), *, now: float = 0.0) -> Desk:
    """Return what panels draw from, after `frames`; its clock stands `now` seconds after them."""
    at = [0.0]
    chosen = fixtures.settings()
    view = View(chosen, monotonic=lambda: at[0], wall=fixtures.NOW.timestamp)
    for frame in frames or (fixtures.hello(), fixtures.reading()):
        view.apply(frame)
    at[0] = now
    theme = load_theme(bundled_folder() / "night.toml")
    return Desk(view, ink_of(theme), chosen)


def text_of(panel: Panel, width: int, height: int) -> list[str]:
    """Return a panel's finished lines as texts, without an app."""
    return ["".join(part.text for part in line) for line in panel.painted(width, height)]


def screen_text(app: App[Any]) -> str:
    """Return what is on the screen, line by line."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())
