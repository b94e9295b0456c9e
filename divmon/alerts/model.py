"""An alert: what a rule found, with all that a person needs to judge it.

Light (msgspec and the standard library), since the delivery and `divmon alerts` need
nothing else. Units as in the Reading: fractions, points of the score, UTC.
"""

import hashlib
from datetime import date, datetime
from typing import Literal

from msgspec import Struct, field

from divmon.market.events import Severity

SCHEMA = "divmon.alert/1"

Kind = Literal[
    "abc_state",
    "level",
    "streak",
    "record",
    "wall",
    "relative_streak",
    "volatility",
    "correlation_break",
    "rotation",
    "qt_state",
    "source",
    "move",
]


class Alert(Struct, frozen=True, kw_only=True):
    """One edge that a rule was waiting for. All text is plain and for a person.

    `id` is made of the rule and of the fact itself, never of when we looked, so that
    the same fact seen again, after a restart or in a replay, has the same id. A
    receiver that knows an id already may drop the alert.
    """

    schema: str = SCHEMA
    id: str  # 32 hexadecimal digits
    rule: str  # its name in the settings
    kind: Kind
    subject: str  # "ABC", "BTC", "RUT/SPX", a source's name
    severity: Severity
    time: float  # Unix seconds: when the fact became known to the market
    as_of: datetime  # of the Reading that showed it
    source: str  # of that Reading: "live", "csv", ...
    title: str  # one line of at most 100 characters
    text: str  # a few sentences; no line breaks
    session: date | None = None  # the master session that its outcome is counted from
    since: date | None = None  # how long the new state has stood by then
    value: float | str | None = None  # what the rule looked at: 71.2, "alert"
    was: float | str | None = None  # the same, before
    evidence: str = ""  # the numbers behind it, as a person would quote them
    contributions: dict[str, float] = field(default_factory=dict)  # points of the score
    base_rate: str = ""  # what followed earlier ones, with n; "" where nothing is known
    n: int | None = None  # earlier ones that the base rate rests on
    provisional: bool = False  # from a running bar: it may not be confirmed
    simulated: bool = False  # never delivered, except marked as such by `notify-test`
    merged: tuple[str, ...] = ()  # titles of the others that this one stands for
    test: bool = False  # made by `notify-test`


def identity(rule: str, subject: str, *fact: object) -> str:
    """Return the id of the alert that `rule` raises for `fact`.

    The parts are length-prefixed, so that no two lists of parts give one text.
    """
    parts = [str(part) for part in (SCHEMA, rule, subject, *fact)]
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
