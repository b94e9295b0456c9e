"""A changed settings file, taken in by a `divmon watch` or `divmon --plain` while it runs."""

from collections.abc import Awaitable, Callable
from typing import Any

from divmon.errors import SettingsError
from divmon.market.events import Severity
from divmon.settings import Settings
from divmon.settings_change import difference
from divmon.settings_watch import SettingsWatch
from divmon.ui import changed

Say = Callable[[str, Severity, dict[str, Any]], None]
"""Takes a text, how grave it is, and the same facts for a program."""


async def follow(
    watch: SettingsWatch,
    reconfigure: Callable[[Settings], Awaitable[None]],
    say: Say,
    *,
    simulated: Callable[[], bool],
) -> None:
    """Take in every change of the file that concerns an engine, for ever; `say` each once.

    What concerns a screen alone (colours, columns) each screen takes in and tells.
    """
    async for outcome in watch.changes():
        if isinstance(outcome, SettingsError):
            _refuse(say, outcome)
            continue
        before, after = outcome
        try:
            await reconfigure(after)
        except SettingsError as error:
            _refuse(say, error)
            continue
        found = difference(before, after, simulated=simulated()).part(engine=True)
        for text in changed.words(found):
            say(text, "notice", {})
        if before == after:
            say(changed.IN_ORDER, "notice", {})


def _refuse(say: Say, error: SettingsError) -> None:
    # the fault itself goes along, for a screen that says it in another language
    fault = str(error)
    say(changed.refusal(fault), "warning", {changed.FAULT: fault})
