"""What a panel of the board is the short form of: a page, or a value that `x` explains."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from divmon.ui.screens.main import MainScreen
    from divmon.ui.view import View

_SUBJECTS = {
    "btc": "instruments.BTC.last",
    "streaks": "relative_streaks",
    "rotation": "rotation_map",
    "liquidity": "liquidity",
    "claims": "claims",
}


def subject_of(panel: str) -> str:
    """Return the key of the value that `x` explains of a panel."""
    return _SUBJECTS.get(panel, "abc.score")


def open_page(board: "MainScreen", panel: str) -> None:
    """Open the page that a panel is the short form of, if there is one."""
    if panel == "btc":
        board.open_instrument("BTC")
    elif panel == "sources":
        board.action_health()
    elif panel == "events":
        board.action_events()
    elif panel in ("abc", "glance", "state"):
        board.action_explain_abc()
    elif panel == "claims":
        board.action_claims()
    elif panel in ("streaks", "rotation", "liquidity"):
        board.explain(_shown_first(panel, board.desk.view))


def _shown_first(panel: str, view: "View") -> str:
    """Return the key of what a lower panel shows first."""
    if panel == "streaks":
        return next((f"relative_streaks.{pair}" for pair in view.relative), "abc.score")
    return panel  # a block of the Reading has its name
