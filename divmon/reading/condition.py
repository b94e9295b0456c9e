"""One condition of which a screen asks what followed it; `conditions` says what may be chosen.

Apart from that, since every screen imports the frames that carry it.
"""

from typing import Literal

from msgspec import Struct

Kind = Literal[
    "abc-alert",
    "abc-watch",
    "rose",
    "fell",
    "green",
    "red",
    "beat",
    "lost-to",
    "record",
    "record-high",
    "below",
    "quiet",
    "gained",
    "dropped",
    "break",
    "breadth",
    "dispersion",
    "risk-off",
    "broad-risk-on",
    "rotation",
    "large-cap-led",
    "mixed",
    "qt",
    "draining",
    "hiking",
    "leads",
]


class Condition(Struct, frozen=True, kw_only=True):
    """One condition; what its kind does not use keeps its default (`conditions.SHAPES`).

    `share` is a fraction: a percentile, a return, a part of the basket. `level` 0 is the
    wall above the last close.
    """

    kind: Kind
    on: str = ""
    other: str = ""
    length: int = 0
    share: float = 0.0
    level: float = 0.0
    window: str = ""
