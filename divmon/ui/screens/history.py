"""Where the score has been since there is one, and what followed its alerts."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.timer import Timer
from textual.widget import Widget

from divmon.ui.i18n import N_
from divmon.ui.keys import named
from divmon.ui.screens.page import Page
from divmon.ui.widgets.past import TARGETS, ZOOMS, EpisodesPanel, FollowedPanel, PathPanel

if TYPE_CHECKING:
    from divmon.ui.screens.main import MainScreen

ASK_EVERY = 5  # looks, until there is an answer: the engine may have had no batch yet
LOOK_EVERY = 0.2  # seconds, while an answer is awaited


class HistoryScreen(Page):
    PAGE = "history"
    KEYS = (
        ("down up", N_("episode"), "scroll(1)"),
        ("history.zoom", N_("zoom"), "zoom"),
        ("tab", N_("target"), "target"),
    )
    CSS = """
    HistoryScreen PathPanel { height: 1fr; }
    HistoryScreen FollowedPanel { height: 7; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        named("history.zoom", "zoom", N_("show less of the past; after the least all")),
        named("history.zoom_out", "zoom(-1)", N_("show more of the past")),
        named("tab", "target", N_("next target of what followed")),
    ]

    def __init__(self, board: "MainScreen") -> None:
        super().__init__(board)
        self._looks = 0
        self._soon: Timer | None = None

    def body(self) -> Iterator[Widget]:
        self.path = PathPanel(self.desk)
        self.episodes = EpisodesPanel(self.desk)
        self.followed = FollowedPanel(self.desk)
        yield self.path
        yield self.episodes
        yield self.followed

    @property
    def main_panel(self) -> EpisodesPanel:
        return self.episodes

    def draw(self) -> None:
        past = self.board.live_view.past
        for panel in (self.path, self.episodes, self.followed):
            panel.past = past
        height = self.size.height
        self.episodes.styles.height = max(
            5, min(len(past.episodes) + 3 if past else 4, height // 3)
        )
        self.followed.display = height >= 22
        self._ask_if_old()
        super().draw()

    def _ask_if_old(self) -> None:
        """Ask the engine for the path, again when a session has closed since."""
        view = self.board.live_view
        closed = view.reading.abc.as_of if view.reading else None
        known = view.past.days[-1][0] if view.past and view.past.days else None
        if view.past is not None and closed in (None, known):
            self._looks = 0
            return
        if self._looks % ASK_EVERY == 0:
            self.run_worker(self.app.run_action("ask_past"), group="past", exclusive=True)
        self._looks += 1
        if view.past is None and self._soon is None:
            self._soon = self.set_timer(LOOK_EVERY, self._look)

    def _look(self) -> None:
        self._soon = None
        self.draw()

    def action_zoom(self, step: int = 1) -> None:
        """Show less of the past, and after the least all of it again."""
        self.path.zoom = (self.path.zoom + step) % len(ZOOMS)
        self.path.show()

    def action_target(self) -> None:
        at = TARGETS.index(self.followed.target)
        self.followed.target = TARGETS[(at + 1) % len(TARGETS)]
        self.followed.show()
