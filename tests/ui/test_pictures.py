"""Whole screens that the others do not draw: without colour, with an alert, cut off."""

import msgspec
from syrupy.assertion import SnapshotAssertion

from divmon.alerts.desk import as_event
from divmon.link.codec import Happened, Health
from divmon.market.events import SourceHealth
from tests.ui import fixtures
from tests.ui.conftest import screen_text
from tests.ui.test_screen import FULL, running


async def test_without_colour(drawing: SnapshotAssertion) -> None:
    base = fixtures.settings(updown="mono")
    mono = msgspec.structs.replace(base.general, theme="mono")
    async with running(settings=msgspec.structs.replace(base, general=mono)) as (app, _, _):
        assert app.theme == "mono"
        assert app.export_screenshot() == drawing


async def test_an_alert_that_nobody_has_seen(drawing: SnapshotAssertion) -> None:
    raised = [Happened(as_event(alert)) for alert in fixtures.ALERTS]
    async with running(*FULL, *raised, size=(160, 50)) as (app, _, _):
        assert "alert" in screen_text(app).splitlines()[-1]
        assert app.export_screenshot() == drawing


async def test_an_engine_that_is_gone(drawing: SnapshotAssertion) -> None:
    lost = Health(
        SourceHealth("engine", "link", "retrying", fixtures.NOW.timestamp(), "socket closed")
    )
    async with running(*FULL, lost, size=(80, 24)) as (app, _, _):
        assert "engine gone" in screen_text(app)
        assert app.export_screenshot() == drawing
