"""What is being said, checked: a line a claim, short enough for the board."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from divmon.reading.model import Claim, Verdict
from divmon.ui.heard import heard
from divmon.ui.i18n import N_, _
from divmon.ui.theme import Ink
from divmon.ui.widgets.panel import Framed, Line, between, width_of
from divmon.ui.words import clean, day, fit, wrap

MARKS: dict[Verdict, str] = {"true": "✔", "false": "✘", "only-under": "~", "cannot-tell": "?"}
WORDS: dict[Verdict, str] = {
    "true": N_("true"),
    "false": N_("false"),
    "only-under": N_("only under a condition"),
    "cannot-tell": N_("cannot tell"),
}
# What a narrow panel says of a claim of the registry; "…" at its end would change the sense.
SHORT: dict[str, str] = {
    "abc": N_("anything but crypto"),
    "btc-red": N_("BTC {red} red candles"),
    "btc-wall": N_("BTC {wall} days under wall"),
    "btc-volatility": N_("BTC vol at record low"),
    "rut-record": N_("RUT record close"),
    "rut-record-intraday": N_("RUT record day high"),
    "rut-beats-spx": N_("RUT beat SPX {beaten} sessions"),
    "rut-rose": N_("RUT rose {gains} sessions"),
    "gold-record": N_("gold record close"),
    "silver-record": N_("silver record close"),
    "gold-year": N_("gold +{gold} % last year"),
    "silver-year": N_("silver +{silver} % last year"),
    "star50-month": N_("STAR 50 +{star} % in {month}"),
    "qt": N_("QT is running"),
    "boj": N_("BoJ is raising rates"),
    "liquidity": N_("liquidity is draining"),
    "rotation": N_("small caps: rotation"),
    "dispersion": N_("dispersion is unusual"),
    "btc-leads": N_("BTC leads stocks"),
}
LARGE = 20  # lines from which every claim is told in full
MOST = 20  # lines of one text; none is so long
_DATE = re.compile(r"\b(\d{4}-\d\d-\d\d)\b")


def short(claim: Claim) -> str:
    """Return the short form of a claim; its whole text where there is none."""
    known = SHORT.get(claim.id)
    return claim.text if known is None else _(known).format(**_numbers())


@cache
def _numbers() -> dict[str, int | str]:
    """Return the registry's thresholds; imported once a claim is drawn, not with the board."""
    from divmon.reading import claims

    return {
        "red": claims.RED_CANDLES,
        "wall": claims.WALL_DAYS,
        "beaten": claims.BEATEN,
        "gains": claims.GAINS,
        "month": claims.MONTH,
        "gold": f"{100 * claims.GOLD_YEAR:.0f}",
        "silver": f"{100 * claims.SILVER_YEAR:.0f}",
        "star": f"{100 * claims.STAR_MONTH:.0f}",
    }


def proofs(evidence: str) -> Iterator[str]:
    """Yield ever shorter forms of an evidence, each true by itself.

    Days without years first, then one part less at a time.
    """
    yield evidence
    dated = _DATE.sub(lambda found: _day(found[1]), evidence)
    dated = dated.replace("from the highest close", "from high")
    yield dated
    # "UTC only: UTC -6, NY16 -4": what a verdict holds under is the first thing to keep
    head, found, _rest = dated.partition(": ")
    if found and head.endswith(" only"):
        yield head
    parts = dated.split(", ")
    for kept in range(len(parts) - 1, 0, -1):
        yield ", ".join(parts[:kept])
    lead, found, _rest = parts[0].partition(" since ")
    if found:
        yield lead


def _day(iso: str) -> str:
    try:
        return day(date.fromisoformat(iso))
    except ValueError:
        return iso


def fitted(claim: Claim, room: int) -> tuple[str, str]:
    """Return text and evidence of a claim that fit `room` cells with a space between them.

    The text is never cut while its short form fits; evidence is shortened by whole parts,
    or left out. A claim of the user's own has no short form, so its text comes first.
    """
    texts = [clean(heard(claim.text)), clean(short(claim))]
    shapes = [clean(heard(each)) for each in proofs(claim.evidence)] if claim.evidence else []
    # the whole text with a little evidence says less than the short one with more of it
    for proof in shapes:
        for text in texts:
            if cell_len(text) + 2 + cell_len(proof) <= room:
                return text, proof
    for text in texts:
        if cell_len(text) <= room:
            return text, ""
    return fit(texts[-1], room).rstrip(), ""


def tone(ink: Ink, verdict: Verdict) -> Style:
    return {"true": ink.ok, "false": ink.alert, "only-under": ink.warn}.get(verdict, ink.muted)


def in_full(claims: Sequence[Claim], width: int, ink: Ink) -> list[Line]:
    """Return each claim with its evidence at the right, or below it where both do not fit."""
    lines: list[Line] = []
    for claim in claims:
        text, evidence = heard(claim.text), heard(claim.evidence)
        proof = [Segment(clean(evidence), ink.muted)]
        said, *more = wrap(text, width - 4, MOST) or [""]
        first: Line = [Segment(f" {MARKS[claim.verdict]} ", tone(ink, claim.verdict))]
        first.append(Segment(said, ink.text))
        if not more and width_of(first) + width_of(proof) + 2 <= width:
            lines.append(between(first, proof, width, ink))
            continue
        lines.append(first)
        lines += [[Segment(f"   {part}", ink.text)] for part in more]
        lines += [[Segment(f"     {part}", ink.muted)] for part in wrap(evidence, width - 6, MOST)]
    return lines


class ClaimsPanel(Framed):
    """What is being said, checked: a line a claim."""

    title = N_("Claims")

    def aside(self) -> str:
        return _("what is said, checked")

    def inside(self, width: int, height: int) -> list[Line]:
        ink, reading = self.desk.ink, self.desk.view.reading
        claims = reading.claims if reading else ()
        if not claims:
            return [[Segment(_(" no claim can be checked yet"), ink.muted)]]
        if height >= LARGE:
            full = in_full(claims, width, ink)
            if len(full) <= height:
                return full
        lines: list[Line] = []
        for claim in claims[:height]:
            mark = Segment(f" {MARKS[claim.verdict]} ", tone(ink, claim.verdict))
            said, proof = fitted(claim, width - 3)
            left = [mark, Segment(said, ink.text)]
            lines.append(between(left, [Segment(proof, ink.muted)] if proof else [], width, ink))
        if len(claims) > height > 1:
            left_out = len(claims) - height + 1
            more = _("{n} more · {key} all in full").format(n=left_out, key=self.desk.key("claims"))
            lines[-1] = [Segment(f" {more}", ink.muted)]
        return lines
