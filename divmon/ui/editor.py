"""The settings file in the person's own editor, with the screen out of its way."""

import asyncio
import contextlib
import os
import shlex
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from divmon.errors import SettingsError
from divmon.settings_text import begin_file
from divmon.ui.i18n import _

if TYPE_CHECKING:
    from divmon.ui.app import DivmonApp

# What a terminal sends to all of its foreground while the editor has it: Ctrl-C in vi
# must not end the screen behind it.
_KEYS = (signal.SIGINT, signal.SIGQUIT)


def command(path: Path, env: Mapping[str, str]) -> list[str]:
    """Return what to run: the editor's words, and the path as one more.

    Raises:
        SettingsError: No editor is named, or not by words that can be told apart.
    """
    name = next((name for name in ("VISUAL", "EDITOR") if env.get(name, "").strip()), None)
    if name is None:
        raise SettingsError(
            _("no editor is known: export EDITOR=vi, or another; the file is {path}").format(
                path=path
            )
        )
    try:
        words = shlex.split(env[name])
    except ValueError as error:
        raise SettingsError(
            _("{name} = {value!r} is no command: {why}; the file is {path}").format(
                name=name, value=env[name], why=error, path=path
            )
        ) from error
    return [*words, str(path)]


async def edit_settings(app: "DivmonApp") -> None:
    """Open the settings file that the app follows, and say what a person has to know."""
    watch = app.settings_watch
    if watch is None:
        app.tell("settings", _("this screen has no settings file"), "warning")
        return
    try:
        if await edit(app, watch.path):
            text = _("wrote {path}, with every option commented out").format(path=watch.path)
            app.tell("settings", text)
    except SettingsError as error:
        app.tell("settings", str(error), "warning")
    watch.poke()


async def edit(app: "DivmonApp", path: Path) -> bool:
    """Run the editor on `path`, made if it is missing; tell whether the file was begun.

    Frames are taken in meanwhile and drawn afterwards.

    Raises:
        SettingsError: There is no editor, it failed, the file cannot be made, or the
            terminal cannot be left for a while.
    """
    words = command(path, os.environ)
    driver = app._driver  # Textual has no public place for it
    if driver is None or not driver.can_suspend:
        raise SettingsError(
            _("this terminal cannot be lent to an editor; edit {path} in another").format(path=path)
        )
    begun = not (path.exists() or path.is_symlink())
    if begun:
        begin_file(path)
    failed: OSError | None = None
    code = 0
    with app.lending():
        try:
            code = await _run(words)
        except OSError as error:  # in here: the terminal has to be taken back
            failed = error
    if failed is not None:
        raise SettingsError(
            _(
                "{editor} cannot be run: {why}; set EDITOR, or edit {path} in another terminal"
            ).format(editor=words[0], why=failed.strerror or failed, path=path)
        )
    if code:
        raise SettingsError(
            _("{editor} ended with {code}; what it saved of {path} is taken").format(
                editor=words[0], code=code, path=path
            )
        )
    return begun


async def _run(words: list[str]) -> int:
    with _keys_ignored():
        child = await asyncio.create_subprocess_exec(*words)
        try:
            return await child.wait()
        finally:
            if child.returncode is None:
                # we are ended: the editor keeps what it holds (vi: its swap file)
                with contextlib.suppress(ProcessLookupError):
                    child.terminate()


@contextlib.contextmanager
def _keys_ignored() -> Iterator[None]:
    # a handler and not SIG_IGN, which the editor would inherit
    before = {number: signal.signal(number, lambda *_: None) for number in _KEYS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
