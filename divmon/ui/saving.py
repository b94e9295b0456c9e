"""Keeping what is on the screen: a picture (SVG), its text, and the Reading (JSON).

`take` looks, on the loop; `write` draws the picture and writes, in a thread.
"""

import io
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.segment import Segment, Segments
from textual.strip import Strip

from divmon import paths
from divmon.errors import SettingsError
from divmon.reading.model import Reading
from divmon.ui.i18n import _
from divmon.ui.screens.pages import Pages

TRIES = 1000  # saved in one second: somebody sits on the key


@dataclass(frozen=True)
class Picture:
    """What one screen shows at one moment."""

    name: str  # of the files: when, and what
    width: int
    strips: tuple[Strip, ...]
    reading: Reading | None


def take(screen: Pages, now: float) -> Picture:
    """Return what `screen` shows; `now` is the wall clock's, in Unix seconds."""
    screen.draw()
    moment = datetime.fromtimestamp(now, UTC).astimezone(screen.desk.zone)
    # an instrument's name comes from whoever serves the board
    what = re.sub(r"[^A-Za-z0-9._-]", "_", screen.saved_as)
    return Picture(
        name=f"{moment:%Y-%m-%dT%H%M%S}-{what}",
        width=screen.size.width,
        # as the compositor has it: a palette that is closing lies on the screen, not in it
        strips=tuple(screen._compositor.render_strips()),
        reading=screen.desk.view.reading,
    )


def write(picture: Picture) -> tuple[str, str, Any]:
    """Write a picture; return subject, text and severity of what is to be told of it."""
    try:
        folder = paths.private_folder(paths.snapshots_dir())
        first, *rest = _write(folder, picture)
    except SettingsError as error:
        return "save", _("not saved: {why}").format(why=error), "warning"
    except OSError as error:
        why = _("not saved: {path}: {why}; make room, or name another place by XDG_DATA_HOME")
        return "save", why.format(path=error.filename or folder, why=error.strerror), "warning"
    names = " ".join([first.name, *(path.suffix for path in rest)])
    # the name first: where room is short, `divmon paths` still tells the folder
    return "save", _("saved {names} in {folder}").format(names=names, folder=_short(folder)), "info"


def _write(folder: Path, picture: Picture) -> list[Path]:
    """Write every form under one name that none of them has yet; all of them or none."""
    forms = contents(picture)
    for n in range(1, TRIES):
        stem = picture.name if n == 1 else f"{picture.name}-{n}"
        made: list[Path] = []
        try:
            for suffix, content in forms.items():
                _create(folder / f"{stem}{suffix}", content, made)
        except FileExistsError:
            _remove(made)
            continue
        except OSError:
            _remove(made)
            raise
        return made
    raise FileExistsError(17, f"{TRIES} files of this second", str(folder))


def _create(path: Path, content: bytes, made: list[Path]) -> None:
    """Write a new file, for this user alone; it is in `made` as soon as it is there."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    made.append(path)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError as error:
        error.filename = str(path)
        raise


def _remove(made: list[Path]) -> None:
    for path in made:
        with suppress(OSError):
            path.unlink()


def contents(picture: Picture) -> dict[str, bytes]:
    """Return the files by suffix; without a Reading there is no JSON."""
    text = "\n".join(strip.text.rstrip() for strip in picture.strips) + "\n"
    forms = {".svg": _svg(picture).encode(), ".txt": text.encode()}
    if picture.reading is not None:
        told = msgspec.json.format(msgspec.json.encode(picture.reading), indent=2)
        forms[".json"] = told + b"\n"
    return forms


def _svg(picture: Picture) -> str:
    console = Console(
        width=picture.width,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        record=True,
        legacy_windows=False,
    )
    parts = [part for strip in picture.strips for part in (*strip, Segment.line())]
    console.print(Segments(parts), end="")
    return console.export_svg(title=f"divmon {picture.name}")


def _short(path: Path) -> str:
    """Return a path as a person would type it."""
    with suppress(ValueError, RuntimeError):  # RuntimeError: there is no home
        return f"~/{path.relative_to(Path.home())}"
    return str(path)
