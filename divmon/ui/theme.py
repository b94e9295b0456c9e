"""Themes: TOML files in, Textual themes and the ink that panels draw with out."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from rich.style import Style
from textual.color import Color, ColorParseError
from textual.theme import Theme

from divmon.errors import ThemeError
from divmon.settings import UpDown

_COLOURS = (
    "primary", "secondary", "warning", "error", "success", "accent",
    "foreground", "background", "surface", "panel", "boost",
)  # fmt: skip
_REQUIRED = {"primary": "#5cc8f0", "foreground": "#d7dde4", "background": "#0f151c"}
_KEYS = (*_COLOURS, "dark", "luminosity_spread", "text_alpha", "variables")

# What panels need beyond Textual's own colours, and which of those serves in a theme
# that does not say. The shipped themes say all of them.
VARIABLES = {
    "green": "success",
    "red": "error",
    "blue": "primary",
    "orange": "warning",
    "muted": "secondary",
    "stale": "secondary",
    "frame": "panel",
    "cursor": "panel",
    "alert-bar": "surface",
    "watch-bar": "surface",
    "calm-bar": "surface",
    "key": "accent",
}


def bundled_folder() -> Path:
    """Return where the shipped themes are: in the wheel, or beside the package in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "themes"
    return inside if inside.is_dir() else package.parent / "themes"


def load_theme(path: Path) -> Theme:
    """Read one theme file; its name is the file's, without the suffix.

    Raises:
        ThemeError: The file cannot be read, is no TOML, lacks a colour every theme
            needs, or has a key or colour that is not known. Textual checks none of
            this until the theme is applied, and then stops the program.
    """
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ThemeError(f"{path.name}: {error}") from error
    for key, value in data.items():
        if key not in _KEYS:
            known = ", ".join(_KEYS)
            raise ThemeError(f"{path.name}: unknown key {key!r}; known keys: {known}")
        if key in _COLOURS:
            _check_colour(path, key, value)
    for key, example in _REQUIRED.items():
        if key not in data:
            raise ThemeError(
                f'{path.name}: {key!r} is missing; add for example {key} = "{example}"'
            )
    if not isinstance(data.get("dark", True), bool):
        raise ThemeError(f"{path.name}: dark must be true or false, was {data['dark']!r}")
    for key in ("luminosity_spread", "text_alpha"):
        value = data.get(key, 0.5)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise ThemeError(f"{path.name}: {key} must be a number from 0 to 1, was {value!r}")
    variables = data.get("variables", {})
    if not isinstance(variables, dict):
        raise ThemeError(f"{path.name}: variables must be a table, was {variables!r}")
    for key, value in variables.items():
        if key not in VARIABLES:
            known = ", ".join(VARIABLES)
            raise ThemeError(f"{path.name}: unknown variable {key!r}; known: {known}")
        _check_colour(path, key, value)
    return Theme(name=path.stem, **data)


def _check_colour(path: Path, key: str, value: object) -> None:
    try:
        Color.parse(value if isinstance(value, str) else str(value))
    except ColorParseError as error:
        raise ThemeError(
            f"{path.name}: {key} = {value!r} is not a colour; write one as #rrggbb"
        ) from error


class Loaded(Struct, frozen=True):
    """Themes by name, and the complaints about the files that are none."""

    themes: dict[str, Theme]
    failures: tuple[str, ...]


def load_themes(folders: Iterable[Path], pattern: str = "*") -> Loaded:
    """Read `pattern`.toml of `folders`; a later folder's theme replaces an earlier one's."""
    themes: dict[str, Theme] = {}
    failures: list[str] = []
    for folder in folders:
        for path in sorted(folder.glob(f"{pattern}.toml")):
            try:
                theme = load_theme(path)
            except ThemeError as error:
                failures.append(str(error))
            else:
                themes[theme.name] = theme
    return Loaded(themes, tuple(failures))


class Ink(Struct, frozen=True, eq=False):  # a dataclass of that size takes 2 ms to make
    """Every style that panels draw with: foreground and background, ready for a Segment."""

    text: Style
    bold: Style
    muted: Style
    stale: Style  # whole rows and boards that are not of now
    provisional: Style  # what a closing bar may yet change
    frame: Style
    title: Style
    up: Style
    down: Style
    ok: Style
    warn: Style
    alert: Style
    key: Style
    chart: Style
    badge: Style  # full-width banners and SIMULATED: inverse
    alert_bar: Style
    watch_bar: Style
    calm_bar: Style
    cursor: Style  # laid over the row under the cursor
    dimmed: bool = False
    candles: tuple[str, str] = ("green", "red")  # what a rising and a falling one are called

    def by_sign(self, value: float | None) -> Style:
        """Return the style of a change: up, down, or muted for none."""
        return self.muted if not value else self.up if value > 0 else self.down

    def dim(self) -> "Ink":
        """Return the ink of a board that is not live: one readable grey, no direction colours."""
        kept = {"badge", "frame", "cursor", "key"}
        bars = {"alert_bar", "watch_bar", "calm_bar"}
        bar = self.stale + Style(bgcolor=self.calm_bar.bgcolor)
        styles: dict[str, Any] = {
            name: bar if name in bars else self.stale
            for name in self.__struct_fields__
            if name not in kept and name not in ("dimmed", "candles")
        }
        return replace(self, dimmed=True, **styles)


def ink_of(theme: Theme, updown: UpDown = "green-red") -> Ink:
    """Mix the ink of a theme; `updown` chooses the colours of direction and nothing else."""
    system = theme.to_color_system().generate()

    def colour(name: str) -> str:
        chosen = theme.variables.get(name) or system[VARIABLES.get(name, name)]
        parsed = Color.parse(chosen)
        return (ground + parsed).hex6 if name != "background" else parsed.hex6

    ground = Color.parse(theme.background or system["background"])
    base = colour("background")

    def style(name: str, **more: Any) -> Style:
        return Style(color=colour(name), bgcolor=more.pop("on", base), **more)

    up_name, down_name = {
        "green-red": ("green", "red"),
        "red-green": ("red", "green"),
        "blue-orange": ("blue", "orange"),
        "red-blue": ("red", "blue"),
        "mono": ("foreground", "foreground"),
    }[updown]
    return Ink(
        text=style("foreground"),
        bold=style("foreground", bold=True),
        muted=style("muted"),
        stale=style("stale"),
        provisional=style("stale", italic=True),
        frame=style("frame"),
        title=style("primary", bold=True),
        up=style(up_name),
        down=style(down_name),
        ok=style("green"),
        warn=style("warning"),
        alert=style("orange", bold=True),
        key=style("key", bold=True),
        chart=style("primary"),
        badge=Style(color=base, bgcolor=colour("warning"), bold=True),
        alert_bar=style("foreground", on=colour("alert-bar")),
        watch_bar=style("foreground", on=colour("watch-bar")),
        calm_bar=style("foreground", on=colour("calm-bar")),
        cursor=Style(bgcolor=colour("cursor")),
        # "6 red" in green would say two things
        candles=("green", "red") if updown in ("green-red", "mono") else ("up", "down"),
    )
