"""Claims with all of their texts, for a panel that has the room."""

from collections.abc import Mapping, Sequence

from rich.segment import Segment

from divmon.reading.model import Claim
from divmon.ui.theme import Ink
from divmon.ui.widgets.panel import Line, between, width_of
from divmon.ui.words import clean, wrap

MOST = 20  # lines of one text; none is so long


def in_full(claims: Sequence[Claim], marks: Mapping[str, str], width: int, ink: Ink) -> list[Line]:
    """Return each claim with its evidence at the right, or below it where both do not fit."""
    tones = {"true": ink.ok, "false": ink.alert, "only-under": ink.warn}
    lines: list[Line] = []
    for claim in claims:
        mark = Segment(f" {marks[claim.verdict]} ", tones.get(claim.verdict, ink.muted))
        proof = [Segment(clean(claim.evidence), ink.muted)]
        said, *more = wrap(claim.text, width - 4, MOST) or [""]
        first: Line = [mark, Segment(said, ink.text)]
        if not more and width_of(first) + width_of(proof) + 2 <= width:
            lines.append(between(first, proof, width, ink))
            continue
        lines.append(first)
        lines += [[Segment(f"   {text}", ink.text)] for text in more]
        lines += [
            [Segment(f"     {text}", ink.muted)] for text in wrap(claim.evidence, width - 6, MOST)
        ]
    return lines
