"""Every claim as a block of lines: text, verdict, evidence, window, date, how often."""

from collections.abc import Iterator

from rich.segment import Segment
from rich.style import Style

from divmon.reading.conditions import of_claim
from divmon.reading.frames import Rates
from divmon.reading.model import Claim
from divmon.ui import conditions
from divmon.ui.heard import heard
from divmon.ui.i18n import _
from divmon.ui.widgets.claims import MARKS, WORDS, tone
from divmon.ui.widgets.listed import Listed
from divmon.ui.widgets.panel import Desk, Line
from divmon.ui.words import wrap

INDENT = 4  # cells, of what stands under a claim's text


class ClaimsList(Listed):
    """Every claim as a block of lines, wrapped and never cut; the cursor is on one of them."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, id="claims")
        self.at = 0  # the claim under the cursor
        self.note = ""
        self._begins: list[int] = []

    @property
    def claims(self) -> tuple[Claim, ...]:
        reading = self.desk.view.reading
        return reading.claims if reading else ()

    @property
    def chosen(self) -> Claim | None:
        claims = self.claims
        return claims[min(self.at, len(claims) - 1)] if claims else None

    def heading(self) -> Line:
        return [Segment(_("Claims, each in full"), self.desk.ink.title)]

    def aside(self) -> str:
        return " · ".join(part for part in (self.note, self.position()) if part)

    def position(self) -> str:
        return f"{self.at + 1}/{len(self.claims)}" if self.claims else ""

    def move(self, step: int) -> None:
        self.at = max(0, min(self.at + step, len(self.claims) - 1))
        self.note = ""
        self.show()
        self.post_message(self.Moved())

    def go(self, line: int) -> None:
        """Choose the claim that a line of the text belongs to."""
        at = sum(begin <= line for begin in self._begins) - 1
        self.move(max(0, at) - self.at)

    def keep_in_sight(self) -> None:
        """Show all of the chosen claim, its first line above all."""
        if not self._begins:
            super().keep_in_sight()
            return
        self.at = min(self.at, len(self._begins) - 1)
        self.cursor = self._begins[self.at]
        end = (*self._begins, self.count)[self.at + 1]
        self.top = max(self.top, end - self.room)
        self.top = max(0, min(self.top, self.cursor, self.count - self.room))

    def lines(self, width: int) -> list[Line]:
        claims, ink = self.claims, self.desk.ink
        self._begins = []
        if not claims:
            return [[Segment(" " + _("no claim can be checked yet"), ink.muted)]]
        lines: list[Line] = []
        for claim in claims:
            self._begins.append(len(lines))
            lines += self._block(claim, width)
        return lines

    def _block(self, claim: Claim, width: int) -> Iterator[Line]:
        ink = self.desk.ink
        style = tone(ink, claim.verdict)
        room = max(8, width - INDENT - 1)
        word = _(WORDS[claim.verdict])
        for n, part in enumerate(wrap(heard(claim.text), room, 12)):
            mark = f" {MARKS[claim.verdict]}  " if not n else " " * INDENT
            yield [Segment(mark, style), Segment(part, ink.bold)]
        proof = f"{word}: {heard(claim.evidence)}" if claim.evidence else word
        yield from self._under(proof, room, style)
        when = _("as of {day}").format(day=claim.as_of) if claim.as_of else ""
        facts = " · ".join(part for part in (heard(claim.window), when) if part)
        if facts:
            yield from self._under(facts, room, ink.muted)
        if often := self._often(claim):
            yield from self._under(often, room, ink.muted)
        yield []

    def _under(self, text: str, room: int, style: Style) -> Iterator[Line]:
        for part in wrap(text, room, 40):
            yield [Segment(" " * INDENT, style), Segment(part, style)]

    def _often(self, claim: Claim) -> str:
        """Say how often it has been so, where the engine has told that."""
        rates = self.rates_of(claim)
        if rates is None or rates.why:
            return ""
        return _("so on {share} % of {bars} bars from {first}, in {n} episodes").format(
            share=conditions.how_often(rates),
            bars=f"{rates.bars:,}",
            first=rates.first,
            n=len(rates.cases),
        )

    def rates_of(self, claim: Claim) -> Rates | None:
        """Return what followed the claim's condition, as far as some screen has asked."""
        view = self.desk.view
        if view.reading is None:
            return None
        condition = of_claim(claim.id, view.reading, self.desk.settings.claims)
        return next(
            (rates for (known, _target), rates in view.rates.items() if known == condition), None
        )
