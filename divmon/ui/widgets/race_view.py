"""What every picture of a race draws from: its anchor, its order, its words."""

from rich.segment import Segment
from rich.style import Style

from divmon.reading.race import ANCHORS, Race
from divmon.ui.i18n import N_, _
from divmon.ui.lanes import BTC, Runner, runners, standing
from divmon.ui.widgets.panel import Desk, Line, width_of
from divmon.ui.words import price

NAMES = {"BTC high": N_("BTC high"), "wall": N_("wall"), "ABC": "ABC"}
SINCE = {
    "YTD": N_("since the year began"),
    "1M": N_("since a month ago"),
    "3M": N_("since three months ago"),
    "1Y": N_("since a year ago"),
    "BTC high": N_("since BTC's highest close of a year"),
    "wall": N_("since BTC last closed at or above the wall"),
    "ABC": N_("since the ABC state began"),
}
LACKS = {
    "nothing": N_("no completed bars yet"),
    "high": N_("no bars of BTC: its high is not known"),
    "wall": N_("BTC has no wall now, or no close at or above it is known"),
    "abc": N_("the ABC score has no state yet"),
    "date": N_("{anchor} is no date; type one as 2025-10-06"),
    "future": N_("{anchor} lies ahead; a race begins on a day that is over"),
}
BASKETS = {"YTD": "YTD", "wall": "since the wall"}  # a race's anchor: that of Reading.catchup
LETTERS = "ABCDEFGH"
LINES = len(LETTERS)
FIRST = 5  # lines beside BTC's until somebody marks others


class RaceView:
    """What both pictures of a race draw from: one anchor, its race, an order that stands still."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.anchor = ANCHORS[0]
        self.typed: str | None = None  # a date while it is being typed
        self.race: Race | None = None
        self.order: tuple[str, ...] = ()
        self.marked: frozenset[str] | None = None  # drawn as lines; None: one of each group

    def take(self, race: Race | None) -> None:
        """Show a race; one that is new is put in order, others keep theirs."""
        before, self.race = self.race, race
        if before is race:
            return
        # another screen may have asked for the same: no reason to move a line
        same = before and race and (before.anchor, before.lanes) == (race.anchor, race.lanes)
        if not same:
            self.sort()

    def sort(self) -> None:
        """Put the lines in the order of now. Not done by a tick: nobody reads lines that jump."""
        self.order = standing(self.runners())

    def runners(self) -> dict[str, Runner]:
        if self.race is None:
            return {}
        view = self.desk.view
        names = [lane.instrument for lane in self.race.lanes]
        return runners(self.race, view.rows, {name: view.state(name) for name in names})

    def lack(self) -> str:
        """Return why there is nothing to see, "" where there is."""
        if self.race is None:
            return _("asking the engine for the closes since {anchor} …").format(anchor=self.anchor)
        if self.race.lack:
            return _(LACKS[self.race.lack]).format(anchor=self.anchor)
        return ""

    def heading(self, width: int) -> Line:
        """Return the anchors as tabs, the chosen one marked; fewer words where there is no room."""
        ink = self.desk.ink
        if self.typed is not None:
            return [
                Segment(_("since "), ink.title),
                Segment(f"{self.typed}▏", ink.bold),
                Segment(_("  a date as 2025-10-06 · Enter · Esc"), ink.muted),
            ]
        own = self.anchor if self.anchor not in ANCHORS else _("date")
        tabs: list[Line] = []
        for number, anchor in enumerate((*ANCHORS, own), start=1):
            here = anchor == self.anchor
            click = Style(meta={"@click": f"screen.anchor({number})"})
            style = ink.title + Style(reverse=True) if here else ink.muted
            tabs.append(
                [
                    Segment(f"{number}", ink.key + click),
                    Segment(f" {_(NAMES.get(anchor, anchor))} ", style + click),
                ]
            )
        for gap in ([Segment(" ", ink.text)], []):
            line = [part for tab in tabs for part in (*tab, *gap)]
            if width_of(line) <= width:
                return line
        shown = _(NAMES.get(self.anchor, self.anchor))
        return [Segment(_("since "), ink.muted), Segment(shown, ink.title),
                Segment(f"  {self.desk.key('race.anchors', 'tab')}", ink.key)]  # fmt: skip

    def words(self) -> str:
        """Say since when: "since the year began, closes of 2025-12-31"."""
        if self.race is None or self.race.since is None or self.race.lack:
            return ""
        told = SINCE.get(self.anchor)
        closes = _("closes of {date}").format(date=self.race.since)
        return f"{_(told)}, {closes}" if told else closes

    def day(self) -> str:
        """Return the race's day, in as few cells as that takes."""
        since = self.race.since if self.race else None
        return str(since) if since else ""

    def basket(self) -> str:
        """Return the Reading's own catch-up price of the basket, where it has the anchor."""
        reading = self.desk.view.reading
        for each in reading.catchup if reading else ():
            if each.target == "basket" and each.anchor == BASKETS.get(self.anchor):
                if each.price is None:
                    return ""
                return _("the score's basket, at the last New York close: BTC {price}").format(
                    price=price(each.price, 0)
                )
        return ""

    # -- lines -----------------------------------------------------------------------

    def drawn(self) -> list[str]:
        """Return what is drawn as a line: BTC, and what is marked or the first of each group."""
        found = self.runners()
        marked = self._firsts(found) if self.marked is None else self.marked
        names = [name for name in found if name == BTC or name in marked]
        return [name for name in names if found[name].gone is not None][:LINES]

    def _firsts(self, found: dict[str, Runner]) -> frozenset[str]:
        """Return the first of each group that is ranked: RUT, SPX, GOLD, STAR50 …"""
        rows = self.desk.view.rows
        groups: dict[str, str] = {}
        for name, runner in found.items():
            if runner.ranked and name in rows and name != BTC:
                groups.setdefault(rows[name].group, name)
        return frozenset(list(groups.values())[:FIRST])

    def mark(self, name: str) -> None:
        """Draw a line more, or one less."""
        self.marked = frozenset(self.drawn()) ^ {name}

    def letters(self) -> dict[str, str]:
        return dict(zip(self.drawn(), LETTERS, strict=False))

    def style(self, letter: str) -> Style:
        """Return the colour of a line; the letter tells apart what a colour does not."""
        ink = self.desk.ink
        return (ink.alert, ink.chart, ink.warn, ink.text, ink.ok, ink.muted, ink.title, ink.bold)[
            LETTERS.index(letter)
        ]
