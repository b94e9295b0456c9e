"""Everything a person can do on the board: one list for bindings, footer, help and palette.

Which keys an action has, the settings say: [keys], under the action's name.
"""

from msgspec import Struct
from textual.binding import Binding

from divmon.ui.i18n import N_
from divmon.ui.keys import named


class Action(Struct, frozen=True):
    """One action of the main screen.

    `group` is where the help page lists it; `rank` orders the footer, 0 leaves it out.
    """

    name: str
    group: str
    label: str
    help: str
    rank: int = 0
    in_palette: bool = True
    page: bool = False  # opens a page; pages have its key as well


GROUPS = (N_("Look"), N_("Read"), N_("Alerts"), N_("Screen"), N_("Move"))
LOOK, READ, ALERTS, SCREEN, MOVE = GROUPS

ACTIONS = (
    Action("open", LOOK, "open", "all values of the row under the cursor", 3),
    Action("filter", LOOK, "filter", N_("show only rows that match"), 7),
    Action("sort", LOOK, "sort", "sort by the next column; last comes the own order", 5),
    Action("sort_back", LOOK, N_("sort back"), N_("sort by the column before")),
    Action("tab", LOOK, "panel", "choose the next panel; its title gets a ▸", 13),
    Action("tab_back", LOOK, "panel back", "choose the panel before", in_palette=False),
    Action("zoom", LOOK, "zoom", "let the chosen panel fill the board, or no more", 14),
    Action("layout", LOOK, "layout", "another choice of panels; the last key is all of them", 15,
           in_palette=False),
    Action("explain", READ, "explain", "where the row's numbers come from", 8, page=True),
    Action("explain_abc", READ, "explain ABC", "where the ABC score comes from"),
    Action("history", READ, "history", "the score's whole path, its alerts, what followed", 17,
           page=True),
    Action("correlation", READ, "correlation", "BTC and the rest; leads", 19, page=True),
    Action("base_rates", READ, "base rates", "what followed a condition, and any session", 10,
           page=True),
    Action("claims", READ, "claims", "what is said of the market, each checked in full", 11,
           page=True),
    Action("race", READ, "divergence race", "who has gone how far since a day; BTC to match", 9,
           page=True),
    Action("health", READ, "sources", "health of every source and venue", 18, page=True),
    Action("alerts", ALERTS, "alerts", "what fired: acknowledge, snooze, mute, explain", 4,
           page=True),
    Action("events", ALERTS, "log", N_("everything that happened; to search as well"), 20,
           page=True),
    Action("help", SCREEN, "help", "this page", 1),
    Action("quit", SCREEN, "quit", "quit; the shell is back at once", 2),
    Action("palette", SCREEN, "commands", "search all commands", 16, in_palette=False),
    Action("theme", SCREEN, "theme", "next theme", 6),
    Action("updown", SCREEN, "up/down colours", "next pair of colours for rises and falls", 24),
    Action("edit_settings", SCREEN, "settings",
           "open the settings file in your editor; saved is in force", 25),
    Action("pause", SCREEN, "pause", "hold the screen still; the intake goes on", 12),
    Action("save", SCREEN, N_("save"), N_("save what is on the screen: SVG, text, JSON"), 21),
    Action("refresh", SCREEN, "retry", "ask every waiting source to try again now", 22),
    Action("own_engine", SCREEN, "my engine", "run my own engine when the other is gone", 23),
    Action("down", MOVE, "down", "cursor down", in_palette=False),
    Action("up", MOVE, "up", "cursor up", in_palette=False),
    Action("page_down", MOVE, "page down", "ten rows down", in_palette=False),
    Action("page_up", MOVE, "page up", "ten rows up", in_palette=False),
    Action("first", MOVE, "first", "first row", in_palette=False),
    Action("last", MOVE, "last", "last row", in_palette=False),
    Action("clear", MOVE, "clear", "clear the filter, close a page, all panels",
           in_palette=False),
)  # fmt: skip

LAYOUT = "layout({n})"  # by the place of its key; the tenth is all
PAGES = tuple(action for action in ACTIONS if action.page)
EVERYWHERE = ("help", "theme", "updown", "edit_settings", "pause", "save", "own_engine")
"""Names of the actions that pages share with the board."""


def bindings() -> list[Binding]:
    """Return the bindings of the main screen; quitting and the palette are the app's own."""
    return [
        named(action.name, LAYOUT if action.name == "layout" else action.name, action.help)
        for action in ACTIONS
        if action.name not in ("palette", "quit")
    ]


def page_bindings() -> list[Binding]:
    """Return the bindings that pages have beside their own, from which others are opened."""
    return [
        *everywhere_bindings(),
        *(named(action.name, action.name, action.help) for action in PAGES),
    ]


def scroll_bindings() -> list[Binding]:
    """Return the bindings by which a page's text is scrolled, or its cursor moved."""
    return [
        named("down", "scroll(1)", N_("a line down")),
        named("up", "scroll(-1)", N_("a line up")),
        named("page_down", "scroll(10)", N_("ten lines down")),
        named("page_up", "scroll(-10)", N_("ten lines up")),
        named("first", "scroll(-100000)", N_("to the first line")),
        named("last", "scroll(100000)", N_("to the last line")),
    ]


def everywhere_bindings() -> list[Binding]:
    """Return the bindings that every page has beside its own."""
    return [
        named(action.name, action.name, action.help)
        for action in ACTIONS
        if action.name in EVERYWHERE
    ]
