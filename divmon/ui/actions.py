"""Everything a person can do: one list for bindings, footer, help and palette."""

from dataclasses import dataclass

from textual.binding import Binding

from divmon.ui.i18n import N_


@dataclass(frozen=True)
class Action:
    """One action of the main screen.

    `keys` are Textual's names, comma-separated; `shown` is what the footer writes;
    `rank` orders the footer, 0 leaves it out.
    """

    name: str
    keys: str
    shown: str
    label: str
    help: str
    rank: int = 0
    in_palette: bool = True
    page: bool = False  # opens a page; pages have its key as well


ACTIONS = (
    Action("help", "question_mark,f1", "?", "help", "this page", 1),
    Action("quit", "q,ctrl+c", "q", "quit", "quit; the shell is back at once", 2),
    Action("open", "enter", "Enter", "open", "all values of the row under the cursor", 3),
    Action("sort", "s", "s", "sort", "sort by the next column; last comes the own order", 4),
    Action("filter", "slash", "/", "filter", "show only rows that match; Esc shows all again", 5),
    Action("theme", "t", "t", "theme", "next theme", 6),
    Action("updown", "u", "u", "up/down colours",
           N_("next pair of colours for rises and falls"), 18),
    Action("edit_settings", "w", "w", "settings",
           N_("open the settings file in your editor; saved is in force"), 19),
    Action("pause", "p,space", "p", "pause", "hold the screen still; the intake goes on", 7),
    Action("refresh", "r", "r", "retry", "ask every waiting source to try again now", 8),
    Action("tab", "tab", "Tab", "panel", "next lower panel, where they share a place", 9),
    Action("own_engine", "e", "e", "my engine", "run my own engine when the other is gone", 10),
    Action("palette", "ctrl+p", "^p", "commands", "search all commands", 11, in_palette=False),
    Action("health", "i", "i", "sources", "health of every source and venue", 14, page=True),
    Action("correlation", "c", "c", "correlation", "BTC and the rest; leads", 15, page=True),
    Action("history", "h", "h", "history", "the score's whole path, its alerts, what followed", 16,
           page=True),
    Action("events", "l", "l", "log", "everything that happened; / filters", 17, page=True),
    Action("alerts", "a", "a", "alerts", "what fired: acknowledge, snooze, mute, explain", 13,
           page=True),
    Action("explain", "x", "x", "explain", "where the row's numbers come from", 12, page=True),
    Action("explain_abc", "X", "X", "explain ABC", "where the ABC score comes from"),
    Action("up", "up,k", "↑ k", "up", "cursor up", in_palette=False),
    Action("down", "down,j", "↓ j", "down", "cursor down", in_palette=False),
    Action("page_up", "pageup,ctrl+u", "PgUp", "page up", "ten rows up", in_palette=False),
    Action("page_down", "pagedown,ctrl+d", "PgDn", "page down", "ten rows down", in_palette=False),
    Action("first", "home,g", "Home g", "first", "first row", in_palette=False),
    Action("last", "end,G", "End G", "last", "last row", in_palette=False),
    Action("clear", "escape", "Esc", "clear", "clear the filter, close a page", in_palette=False),
)  # fmt: skip

PAGES = tuple(action for action in ACTIONS if action.page)
EVERYWHERE = (
    "help",
    "theme",
    "updown",
    "edit_settings",
    "pause",
    "own_engine",
)  # keys that pages share with the board


def bindings() -> list[Binding]:
    """Return the bindings of the main screen; the palette's is the app's own."""
    return [
        Binding(action.keys, action.name, action.label, show=False)
        for action in ACTIONS
        if action.name not in ("palette", "quit")
    ]


def page_bindings() -> list[Binding]:
    """Return the bindings that every page has beside its own."""
    return [
        Binding(action.keys, action.name, action.label, show=False)
        for action in ACTIONS
        if action.page or action.name in EVERYWHERE
    ]
