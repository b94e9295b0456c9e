"""A changed settings file, taken in by a `divmon watch` or `divmon --plain` while it runs."""

from collections.abc import Awaitable, Callable

from divmon.errors import SettingsError
from divmon.market.events import Severity
from divmon.settings import Settings
from divmon.settings_change import difference
from divmon.settings_watch import SettingsWatch
from divmon.ui import changed

Say = Callable[[str, Severity], None]


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
            say(changed.refusal(outcome), "warning")
            continue
        before, after = outcome
        try:
            await reconfigure(after)
        except SettingsError as error:
            say(changed.refusal(error), "warning")
            continue
        found = difference(before, after, simulated=simulated()).part(engine=True)
        for text in changed.words(found):
            say(text, "notice")
        if before == after:
            say(changed.IN_ORDER, "notice")
