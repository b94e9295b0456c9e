"""What the palette offers: every action that means something now, layouts and themes."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import SystemCommand

from divmon.ui.actions import ACTIONS
from divmon.ui.i18n import N_, _, in_both
from divmon.ui.keys import all_shown

if TYPE_CHECKING:
    from divmon.ui.app import DivmonApp


def commands(app: "DivmonApp") -> Iterator[SystemCommand]:
    """Yield our commands, and none of Textual's that we have not tried."""
    top = app.top
    for action in ACTIONS:
        if action.in_palette and top.can(action.name):
            yield SystemCommand(
                in_both(action.label, _(action.label)),
                _with_key(app, action.help, action.name),
                _runner(app, action.name),
            )
    for number in range(1, 10):
        if top is app.main and app.main.is_defined(number):
            yield SystemCommand(
                in_both(f"layout {number}", _("layout {n}").format(n=number)),
                app.main.layout_name(number),
                partial(app.main.action_layout, number),
            )
    for name, binding in top.own_bindings():
        if "." in name:
            yield SystemCommand(
                in_both(binding.description, _(binding.description)),
                _with_key(app, N_("on this page"), name),
                partial(top.run_action, binding.action),
            )
    for name in sorted(app.looks.themes):
        yield SystemCommand(
            in_both(f"theme {name}", _("theme {name}").format(name=name)),
            _("draw in this theme"),
            partial(app.looks.use, name),
        )


def _with_key(app: "DivmonApp", text: str, name: str) -> str:
    keys = all_shown(app.settings.keys[name]) if app.top.has_key(name) else ""
    return " · ".join(part for part in (_(text), keys) if part)


def _runner(app: "DivmonApp", name: str) -> Callable[[], Any]:
    async def run() -> None:
        await app.action_do(name)

    return run
