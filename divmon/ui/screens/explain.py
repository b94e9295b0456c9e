"""Why a number is what it is: values at the left, the chosen one's story at the right."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from divmon.ui.i18n import N_
from divmon.ui.keys import named
from divmon.ui.screens.page import Page
from divmon.ui.widgets.explain import StoryPanel, ValuesPanel
from divmon.ui.widgets.listed import Scrolled

if TYPE_CHECKING:
    from divmon.ui.screens.main import MainScreen

BESIDE = 100  # cells, from which the story stands beside the list


class ExplainScreen(Page):
    """`key` may be a block ("instruments.RUT") or a value ("abc.score")."""

    PAGE = "explain"
    KEYS = (
        ("down up", N_("value"), "scroll(1)"),
        ("explain.inputs", N_("go to its input"), "follow(1)"),
        ("explain.return", N_("back there"), "return"),
        ("page.next page.previous", N_("next row"), "next(1)"),
        ("page.story_down page.story_up", N_("scroll"), "story(1)"),
    )
    CSS = """
    ExplainScreen #both { layout: vertical; height: 1fr; }
    ExplainScreen #both > Panel { width: 100%; height: 1fr; }
    ExplainScreen #both.beside { layout: horizontal; }
    ExplainScreen #both.beside > Panel { height: 100%; width: 3fr; }
    ExplainScreen #both.beside > #values { width: 2fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        named("explain.inputs", "follow({n})", N_("go to its first input, second, ...")),
        named("explain.return", "return", N_("back to where this was an input")),
        named("page.next", "next(1)", N_("next row")),
        named("page.previous", "next(-1)", N_("previous row")),
        named("page.story_down", "story(1)", N_("scroll the story down")),
        named("page.story_up", "story(-1)", N_("scroll the story up")),
    ]

    def __init__(self, board: "MainScreen", key: str) -> None:
        super().__init__(board)
        self.key = key
        self._trail: list[str] = []

    def body(self) -> Iterator[Widget]:
        self.values = ValuesPanel(self.desk, self.key)
        self.story = StoryPanel(self.desk)
        self.both = Container(self.values, self.story, id="both")
        yield self.both

    @property
    def main_panel(self) -> Scrolled:
        return self.values

    @property
    def subject(self) -> str:
        return self.values.wanted

    def draw(self) -> None:
        self.both.set_class(self.size.width >= BESIDE, "beside")
        # below one another, the story is what one came for
        low = self.size.width < BESIDE and self.size.height < 30
        self.values.styles.height = (3 if self.size.height < 13 else 7) if low else None
        self.values.settle()
        self.story.tell(self.values.wanted)
        super().draw()

    def on_listed_moved(self) -> None:
        self.story.tell(self.values.wanted)
        self.story.show()

    def go(self, key: str) -> None:
        """Show another value."""
        self.values.choose(key)
        self.draw()

    def action_follow(self, number: int) -> None:
        """Go to what the value is made of."""
        if (key := self.story.follow(number)) is not None:
            self._trail.append(self.values.wanted)
            self.go(key)

    def action_return(self) -> None:
        """Go back along the inputs; from the first one, leave the page."""
        if self._trail:
            self.go(self._trail.pop())
        else:
            self.action_close()

    def action_story(self, step: int) -> None:
        self.story.move(step)

    def action_next(self, step: int) -> None:
        """Show the same value of the next row; the ABC score stands among the rows."""
        view = self.desk.view
        rows = ["abc", "instruments.BTC", *(f"instruments.{name}" for _, name in view.order())]
        at = self.values.subject
        tail = self.values.wanted.removeprefix(at) if at.startswith("instruments.") else ""
        place = rows.index(at) if at in rows else 0
        self._trail.clear()
        new = rows[(place + step) % len(rows)]
        self.go(new + tail if new != "abc" else "abc.score")
