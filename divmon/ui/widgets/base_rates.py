"""A condition chosen from a list, what followed it, and its dated cases."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style

from divmon.reading.condition import Condition
from divmon.reading.conditions import KINDS, SHAPES, default, of_claim
from divmon.reading.frames import Rates
from divmon.reading.told import Case
from divmon.ui import conditions
from divmon.ui.heard import heard
from divmon.ui.i18n import _
from divmon.ui.widgets.listed import Listed, Scrolled
from divmon.ui.widgets.panel import Desk, Framed, Line
from divmon.ui.widgets.past import HORIZONS, followed_head, followed_line
from divmon.ui.words import NONE, fit, signed, wrap

DATED = 74  # cells, from which a case has the date of its entry


@dataclass
class Choice:
    """One line of the list. That of a claim is what the claim says, and is not turned."""

    condition: Condition
    claim: str = ""  # its id
    said: str = ""  # its text


class ConditionsPanel(Listed):
    """The closed list of conditions with their numbers, then the claims that state one."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, id="conditions")
        self.on = "BTC"
        self.choices: list[Choice] = []

    @property
    def chosen(self) -> Choice | None:
        return self.choices[self.cursor] if self.cursor < len(self.choices) else None

    def heading(self) -> Line:
        return [Segment(_("Condition"), self.desk.ink.title)]

    def aside(self) -> str:
        return " · ".join(part for part in (self.on, self.position()) if part)

    def fill(self) -> None:
        """Make the list anew from the instrument chosen and the claims of the board."""
        view = self.desk.view
        level = conditions.round_level(view.rows.get(self.on))
        made = [Choice(default(kind, self.on, level)) for kind in KINDS]
        reading = view.reading
        for claim in reading.claims if reading else ():
            condition = of_claim(claim.id, reading, self.desk.settings.claims) if reading else None
            if condition is not None:
                made.append(Choice(condition, claim.id, claim.text))
        self.choices = made
        self.count = len(made)

    def choose(self, condition: Condition, claim: str = "") -> None:
        """Put the cursor on a condition; one of the list takes its numbers."""
        for at, choice in enumerate(self.choices):
            if choice.claim == claim and (claim or choice.condition.kind == condition.kind):
                choice.condition = condition
                self.cursor = at
                return

    def move_to(self, on: str) -> None:
        """Ask the same of another instrument; numbers that were turned stay."""
        self.on = on
        level = conditions.round_level(self.desk.view.rows.get(on))
        for choice in self.choices:
            uses = SHAPES[choice.condition.kind].uses
            if not choice.claim and "on" in uses:
                fresh = default(choice.condition.kind, on, level)
                known = choice.condition
                choice.condition = Condition(
                    kind=known.kind,
                    on=on,
                    other=fresh.other,
                    length=known.length,
                    share=known.share,
                    level=fresh.level,
                    window=known.window,
                )

    def lines(self, width: int) -> list[Line]:
        ink = self.desk.ink
        lines: list[Line] = []
        for choice in self.choices:
            if choice.claim:
                line = [Segment(" “", ink.muted), Segment(heard(choice.said), ink.text)]
                line.append(Segment("”", ink.muted))
            else:
                line = [Segment(f" {conditions.text(choice.condition)}", ink.text)]
            lines.append(line)
        return lines


class AnswerPanel(Framed):
    """The table of what followed, and what it amounts to in a sentence."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, id="answer")
        self.condition: Condition | None = None
        self.target = ""
        self.rates: Rates | None = None

    def heading(self) -> Line:
        told = _("What followed: {target}").format(target=self.target)
        return [Segment(told, self.desk.ink.title)]

    def aside(self) -> str:
        other = _("{key} other target").format(key=self.desk.key("tab"))
        return f"{other} · {_('describes, does not forecast')}"

    def needs(self, width: int) -> int:
        """Return the lines that all of it takes, frame included."""
        return len(list(self.told(max(20, width - 4)))) + 2

    def inside(self, width: int, height: int) -> list[Line]:
        return list(self.told(width))[:height]

    def told(self, width: int) -> Iterator[Line]:
        """Yield all that there is to say, however high the panel."""
        ink, rates = self.desk.ink, self.rates
        if self.condition is None:
            yield [Segment(" " + _("no condition to ask of"), ink.muted)]
            return
        level = rates.level if rates else None
        yield from _wrapped(conditions.text(self.condition, level), width, ink.bold)
        if rates is None:
            yield [Segment(" " + _("asking the engine …"), ink.muted)]
            return
        if rates.why:
            yield from _wrapped(conditions.why(rates), width, ink.warn)
            return
        yield from _wrapped(conditions.state(rates), width, ink.warn if rates.now else ink.muted)
        yield followed_head(ink, width)
        for horizon in HORIZONS:
            if horizon in rates.after:
                yield followed_line(ink, horizon, rates.after[horizon], width)
        yield from _wrapped(conditions.sentence(rates), width, ink.text)
        for caution in conditions.cautions(rates):
            yield from _wrapped(caution, width, ink.muted)


class CasesPanel(Scrolled):
    """Every case with its dates, newest first: for who wants to check them."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, id="cases")
        self.rates: Rates | None = None

    def heading(self) -> Line:
        return [Segment(_("Cases"), self.desk.ink.title)]

    def aside(self) -> str:
        rates = self.rates
        if rates is None or not rates.cases:
            return ""
        whose = _("dates by {boundary} · J K scroll").format(boundary=_(rates.boundary))
        return " · ".join(part for part in (whose, self.position()) if part)

    def head(self, width: int) -> list[Line]:
        text = f" {fit(_('from'), 11)}{fit(_('to'), 11)}{fit(_('bars'), 5, right=True)}"
        if width >= DATED:
            text += f"  {fit(_('entry'), 11)}"
        text += "".join(f"{'+' + horizon:>8}" for horizon in HORIZONS)
        return [[Segment(text, self.desk.ink.muted)]]

    def lines(self, width: int) -> list[Line]:
        rates, ink = self.rates, self.desk.ink
        if rates is None or rates.why:
            return []
        if not rates.cases:
            return [[Segment(" " + _("none in all the data"), ink.muted)]]
        running = rates.cases[-1] if rates.now else None
        return [self._case(case, width, running=case is running) for case in rates.cases[::-1]]

    def _case(self, case: Case, width: int, *, running: bool) -> Line:
        ink = self.desk.ink
        end = _("running") if running else str(case.end)
        line = [
            Segment(f" {case.start!s:<11}", ink.text),
            Segment(f"{fit(end, 10)} ", ink.alert if running else ink.text),
            Segment(f"{case.bars:>5}", ink.text),
        ]
        if width >= DATED:
            line.append(Segment(f"  {case.entry or NONE!s:<11}", ink.muted))
        for horizon in HORIZONS:
            value = case.after.get(horizon)
            shown = NONE if value is None else signed(100 * value, 1)
            line.append(Segment(f"{shown:>8}", ink.by_sign(value)))
        return line


def _wrapped(text: str, width: int, style: Style) -> Iterator[Line]:
    for part in wrap(text, max(8, width - 1), 6):
        yield [Segment(f" {part}", style)]
