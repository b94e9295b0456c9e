"""Themes: the shipped ones can be read by everyone, and bad ones are refused by name."""

from pathlib import Path

import pytest
from rich.style import Style
from textual.color import Color

from divmon.errors import ThemeError
from divmon.ui.theme import Ink, bundled_folder, ink_of, load_theme, load_themes

SHIPPED = sorted(path.stem for path in bundled_folder().glob("*.toml"))
NO_TEXT = {"frame", "cursor", "dimmed", "candles"}  # lines, grounds, and no styles


def colour(value: object) -> Color:
    assert value is not None
    return Color.parse(str(getattr(value, "name", value)))


def contrast(style: Style) -> float:
    """Return the WCAG 2 contrast ratio of a style's colours."""

    def luminance(of: Color) -> float:
        def linear(part: int) -> float:
            share = part / 255
            return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

        return 0.2126 * linear(of.r) + 0.7152 * linear(of.g) + 0.0722 * linear(of.b)

    one, other = sorted((luminance(colour(style.color)), luminance(colour(style.bgcolor))))
    return (other + 0.05) / (one + 0.05)


def texts(ink: Ink) -> dict[str, Style]:
    return {name: getattr(ink, name) for name in Ink.__struct_fields__ if name not in NO_TEXT}


def test_eight_themes_are_shipped_two_of_them_light() -> None:
    assert SHIPPED == ["contrast", "day", "dusk", "ember", "mono", "night", "ocean", "paper"]
    themes = [load_theme(bundled_folder() / f"{name}.toml") for name in SHIPPED]
    assert [theme.name for theme in themes if not theme.dark] == ["day", "paper"]


def test_the_mono_theme_is_grey_throughout() -> None:
    ink = ink_of(load_theme(bundled_folder() / "mono.toml"))
    for style in texts(ink).values():
        for part in (colour(style.color), colour(style.bgcolor)):
            assert part.r == part.g == part.b


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("updown", ["green-red", "red-green", "red-blue", "blue-orange", "mono"])
def test_every_text_is_readable(name: str, updown: str) -> None:
    ink = ink_of(load_theme(bundled_folder() / f"{name}.toml"), updown)  # type: ignore[arg-type]  # the literals
    for board in (ink, ink.dim()):
        for part, style in texts(board).items():
            assert contrast(style) >= 4.5, part
            # the row under the cursor, and the line of the state, have grounds of their own
            for ground in (ink.cursor, ink.alert_bar, ink.watch_bar, ink.calm_bar):
                if part not in ("badge",) and not part.endswith("_bar"):
                    assert contrast(style + Style(bgcolor=ground.bgcolor)) >= 4.5, (part, ground)


def test_the_contrast_theme_keeps_seven_to_one() -> None:
    ink = ink_of(load_theme(bundled_folder() / "contrast.toml"))
    assert min(contrast(style) for style in texts(ink).values()) >= 7


@pytest.mark.parametrize("name", SHIPPED)
def test_stale_is_dimmer_than_live(name: str) -> None:
    ink = ink_of(load_theme(bundled_folder() / f"{name}.toml"))
    assert contrast(ink.stale) < 0.7 * contrast(ink.text)
    dim = ink.dim()
    assert dim.dimmed
    assert dim.up.color == dim.down.color == dim.text.color == ink.stale.color


def test_updown_changes_direction_and_nothing_else() -> None:
    theme = load_theme(bundled_folder() / "night.toml")
    west, east, mono = ink_of(theme), ink_of(theme, "red-green"), ink_of(theme, "mono")
    seoul, blind = ink_of(theme, "red-blue"), ink_of(theme, "blue-orange")
    assert seoul.up == west.down
    assert seoul.down == blind.up
    assert (west.up, west.down) == (east.down, east.up)
    assert west.ok == east.ok == mono.ok
    assert mono.up == mono.down == mono.text
    assert west.by_sign(1) == west.up
    assert west.by_sign(-1) == west.down
    assert west.by_sign(0) == west.by_sign(None) == west.muted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colour = '#fff'", "bad.toml: unknown key 'colour'; known keys: primary, "),
        ("primary = '#zzz'", "bad.toml: primary = '#zzz' is not a colour"),
        ("dark = true", "bad.toml: 'primary' is missing; add for example primary = "),
        ("primary = ", "bad.toml: Invalid value"),
        ("[variables]\nup = '#fff'", "bad.toml: 'primary' is missing"),
        ("BASE\n[variables]\nhigh = '#fff'", "bad.toml: unknown variable 'high'; known: green"),
        ("BASE\n[variables]\ngreen = 'grene'", "bad.toml: green = 'grene' is not a colour"),
        ("BASE\ndark = 1", "bad.toml: dark must be true or false, was 1"),
        ("BASE\ntext_alpha = 7", "bad.toml: text_alpha must be a number from 0 to 1, was 7"),
        ("BASE\nvariables = 7", "bad.toml: variables must be a table, was 7"),
        ("primary = 7", "bad.toml: primary = 7 is not a colour"),
    ],
)
def test_a_bad_theme_is_refused_by_name(tmp_path: Path, text: str, message: str) -> None:
    base = 'primary = "#5cc8f0"\nforeground = "#ffffff"\nbackground = "#000000"'
    (tmp_path / "bad.toml").write_text(text.replace("BASE", base), encoding="utf-8")
    with pytest.raises(ThemeError) as caught:
        load_theme(tmp_path / "bad.toml")
    assert str(caught.value).startswith(message)


def test_a_folder_gives_the_good_and_the_complaints(tmp_path: Path) -> None:
    good = 'primary = "#ffb000"\nforeground = "#ffcf70"\nbackground = "#100a00"'
    (tmp_path / "amber.toml").write_text(good, encoding="utf-8")
    (tmp_path / "latin.toml").write_bytes(b"primary = '\xff'")
    loaded = load_themes([bundled_folder(), tmp_path])
    assert sorted(loaded.themes) == sorted([*SHIPPED, "amber"])
    assert len(loaded.failures) == 1
    assert loaded.failures[0].startswith("latin.toml: ")
    # a theme that says only what it must still has an ink
    assert contrast(ink_of(loaded.themes["amber"]).text) > 7
