"""The smallest Textual application that shows a word: what divmon's start is held against."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class Bare(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("BTC")


if __name__ == "__main__":
    Bare().run()
