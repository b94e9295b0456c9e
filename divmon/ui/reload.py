"""Changed files, settings and themes, taken in by the screen while it runs."""

import glob
from typing import TYPE_CHECKING

from msgspec.structs import replace

from divmon.errors import SettingsError
from divmon.settings import Settings
from divmon.settings_change import difference
from divmon.settings_watch import Reloaded, SettingsWatch
from divmon.ui import changed, i18n
from divmon.ui.heard import heard
from divmon.ui.i18n import _
from divmon.ui.theme import bundled_folder, load_themes
from divmon.ui.theme_watch import Changed, ThemeWatch
from divmon.ui.widgets.panel import Panel

if TYPE_CHECKING:
    from divmon.ui.app import DivmonApp


def begin(app: "DivmonApp") -> None:
    """Begin to take in what a person changes: settings and themes."""
    if app.settings_watch is not None:
        app.run_worker(follow(app, app.settings_watch), name="settings", group="settings")
    if app.looks.own_folder is not None:
        themes = ThemeWatch(app.looks.own_folder)
        app.run_worker(follow_themes(app, themes), name="themes", group="themes")


async def follow(app: "DivmonApp", watch: SettingsWatch) -> None:
    """Take in every change of the file, for ever; tell each, and each fault, once."""
    async for outcome in watch.changes(sleep=app.sleep):
        if isinstance(outcome, SettingsError):
            app.tell_settings(changed.refusal(outcome), "warning")
        else:
            await _take(app, outcome)


async def _take(app: "DivmonApp", told: Reloaded) -> None:
    before, after = told
    try:
        await app.feed.reconfigure(after)
    except SettingsError as error:
        app.tell_settings(changed.refusal(error), "warning")
        return
    attached = app.feed.name == "watch"
    found = difference(before, after, simulated=app.view.simulated)
    apply(app, before, after)
    # what the engine of a watch takes, the watch tells
    for text in changed.words(found.part(engine=False) if attached else found):
        app.tell_settings(text)
    if before == after:
        app.tell_settings(_(changed.IN_ORDER))


async def follow_themes(app: "DivmonApp", watch: ThemeWatch) -> None:
    """Take in every change of the folder of themes, for ever."""
    async for found in watch.changes(sleep=app.sleep):
        change_themes(app, found)


def change_themes(app: "DivmonApp", found: Changed) -> None:
    """Offer themes that came, changed or went; draw anew if the one in use is among them."""
    themes = dict(found.taken)
    for failure in found.failures:
        app.tell("theme", heard(f"{failure}; skipped"), "warning")
    for name in found.removed:
        # one that lay over a shipped theme uncovers it
        themes |= load_themes([bundled_folder()], glob.escape(name)).themes
        if name not in themes and name != app.theme:
            app.unregister_theme(name)
            app.looks.themes.pop(name, None)
        text = _("theme {name} is gone")
        if name not in themes and name == app.theme:
            text = _("theme {name} is gone; it is drawn in until another is chosen")
        app.tell("theme", text.format(name=name))
    for name in found.taken:
        known = name in app.looks.themes
        text = _("theme {name} has changed") if known else _("theme {name} is new")
        app.tell("theme", text.format(name=name))
    app.looks.themes |= themes
    for theme in themes.values():
        app.register_theme(theme)
    if app.theme in themes:
        app._watch_theme(app.theme)  # Textual: setting the same name would do nothing


def apply(app: "DivmonApp", before: Settings, after: Settings) -> None:
    """Draw by other settings from now on.

    What a key has changed since the start, or an option of the command line, stays until
    the file says something else of it than it did.
    """
    old, new = before.display, after.display
    theme = (before.general.theme, old.auto_themes) != (after.general.theme, new.auto_themes)
    general = after.general if theme else replace(after.general, theme=app.settings.general.theme)
    new = new if old.budget != new.budget else replace(new, budget=app.settings.display.budget)
    app.settings = replace(after, general=general, display=new)
    i18n.use(general.lang)
    app.ring = app.ring if before.notify == after.notify else app.ring.by(after.notify)
    desk, main = app.desk, app.main
    desk.follow(app.settings)
    for view in (main.live_view, desk.view):  # a paused screen has a view of its own
        view.settings = app.settings
    if (new.fps, new.fps_ssh, new.budget) != (old.fps, old.fps_ssh, old.budget):
        app.take_pace()
    app.bind_keys()
    if new.updown != old.updown:
        app.looks.updown = new.updown
    drawn_in = app.theme
    if theme:
        app.looks.choose()
    if app.theme != drawn_in:
        return  # everything is drawn anew when Textual has taken the theme: `retint`
    app.retint()
    for screen in app.screen_stack:
        for panel in screen.query(Panel):
            panel.repaint()
