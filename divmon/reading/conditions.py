"""The conditions of which one can ask "what followed?": a closed list, and its parameters.

Light on purpose: screens choose from it, the command line reads it, the engine evaluates
it (`reading/signals.py`).
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import NamedTuple, get_args

from divmon.reading import claims
from divmon.reading.condition import Condition, Kind
from divmon.reading.model import Instrument, Reading, RelativeStreak
from divmon.settings import ClaimSettings

KINDS: tuple[Kind, ...] = get_args(Kind)
RECORD_LOW = 0.0  # as a share of `quiet`: no percentile, but no higher than any value before
SHORTEST = 3  # bars of a run that is asked of where the row has none
LONGEST = 2520  # sessions of a run or a return: ten years
SPANS = ("all", "1y")  # of a percentile
TO_DATE = ("mtd", "ytd", "year")
WINDOWS = ("1", "5", "20", "60", "120", *TO_DATE)  # of a return, as the rows have them


class Shape(NamedTuple):
    """What a kind uses, with where it begins: (first, step, least, most) of its number."""

    uses: frozenset[str] = frozenset()
    length: tuple[int, int, int, int] = (0, 1, 0, 0)
    share: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    windows: tuple[str, ...] = ()


_RUN = Shape(frozenset({"on", "length"}), (5, 1, 1, LONGEST))
_PAIR = Shape(frozenset({"on", "other", "length"}), (5, 1, 1, LONGEST))
_ON = Shape(frozenset({"on"}))
_MOVE = Shape(
    frozenset({"on", "share", "window"}), share=(0.10, 0.01, 0.01, 100.0), windows=WINDOWS
)
_ALONE = Shape()

SHAPES: dict[Kind, Shape] = dict.fromkeys(KINDS, _ALONE) | {
    "rose": _RUN,
    "fell": _RUN,
    "green": _RUN,
    "red": _RUN,
    "beat": _PAIR,
    "lost-to": _PAIR,
    "record": _ON,
    "record-high": _ON,
    "below": Shape(frozenset({"on", "length", "level"}), (30, 5, 1, LONGEST)),
    "quiet": Shape(
        frozenset({"on", "share", "window"}), share=(0.05, 0.05, RECORD_LOW, 0.5), windows=SPANS
    ),
    "gained": _MOVE,
    "dropped": _MOVE._replace(share=(0.10, 0.01, 0.01, 0.99)),
    "break": _ON,
    "breadth": Shape(frozenset({"share"}), share=(0.75, 0.05, 0.05, 1.0)),
    "dispersion": Shape(frozenset({"share"}), share=(0.90, 0.05, 0.5, 1.0)),
}  # fmt: skip


def default(kind: Kind, on: str = "BTC", level: float = 0.0) -> Condition:
    """Return the condition of a kind with the numbers that it begins with."""
    shape = SHAPES[kind]
    first = "20" if "20" in shape.windows else next(iter(shape.windows), "")
    return Condition(
        kind=kind,
        on=on if "on" in shape.uses else "",
        other=against(on) if "other" in shape.uses else "",
        length=shape.length[0],
        share=shape.share[0],
        level=level if "level" in shape.uses else 0.0,
        window=first,
    )


def against(name: str) -> str:
    """Return what an instrument is compared with: index with index, ETF with ETF."""
    return {"IWM": "SPY", "QQQ": "SPY", "SPY": "IWM", "SPX": "RUT"}.get(name, "SPX")


def faults(condition: Condition, known: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield the parameters that make no sense, each with what is wrong and the way out."""
    shape = SHAPES[condition.kind]
    for key in ("on", "other"):
        name = getattr(condition, key)
        if key in shape.uses and name not in known:
            near = get_close_matches(name.upper(), known, 1)
            way = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
            yield key, f"{name!r} is no instrument of the settings; {way}"
    if "other" in shape.uses and condition.on == condition.other:
        yield "other", f"{condition.other} is the instrument itself; name another"
    if "length" in shape.uses:
        _, _, least, most = shape.length
        if not least <= condition.length <= most:
            yield "length", f"must be from {least} to {most}, was {condition.length}"
    if "share" in shape.uses:
        _, _, low, high = shape.share
        if not low <= condition.share <= high:
            yield "share", f"must be from {low:g} to {high:g}, was {condition.share:g}"
    if "level" in shape.uses and not 0 <= condition.level < float("inf"):
        yield "level", f"must be a price above 0, was {condition.level:g}"
    if shape.windows and not _is_window(condition, shape):
        more = f", or a number of sessions up to {LONGEST}" if shape.windows == WINDOWS else ""
        yield (
            "window",
            f"must be one of {', '.join(shape.windows)}{more}, was {condition.window!r}",
        )


def _is_window(condition: Condition, shape: Shape) -> bool:
    text = condition.window
    if text in shape.windows:
        return True
    digits = shape.windows == WINDOWS and text.isascii() and text.isdigit() and len(text) <= 4
    return digits and 1 <= int(text) <= LONGEST


def of_row(
    name: str, row: Instrument, relative: Mapping[str, RelativeStreak] | None = None
) -> Condition:
    """Return the condition that a row is in: the longest of its runs, or a record close.

    Bitcoin's runs are of candles, as its row has them. A run of one is no condition: half
    of all sessions have it.
    """
    candles = name == "BTC"
    run = (row.streak.candle if candles else row.streak.close) or 0
    ahead, other = 0, ""
    for pair, streak in (relative or {}).items():
        first, _, second = pair.partition("/")
        if first == name and abs(streak.streak or 0) > abs(ahead):
            ahead, other = streak.streak or 0, second
    if max(abs(run), abs(ahead)) < 2 and row.high.record_close:
        return Condition(kind="record", on=name)
    if abs(ahead) > abs(run) and abs(ahead) > 1:
        kind: Kind = "beat" if ahead > 0 else "lost-to"
        return Condition(kind=kind, on=name, other=other, length=abs(ahead))
    up: Kind = "green" if candles else "rose"
    down: Kind = "red" if candles else "fell"
    length = abs(run) if abs(run) > 1 else SHORTEST
    return Condition(kind=down if run < 0 else up, on=name, length=length)


# The registry's ids.
CLAIMS = (
    "abc",
    "btc-red",
    "btc-wall",
    "btc-volatility",
    "rut-record",
    "rut-record-intraday",
    "rut-beats-spx",
    "rut-rose",
    "gold-record",
    "silver-record",
    "gold-year",
    "silver-year",
    "star50-month",
    "qt",
    "boj",
    "liquidity",
    "rotation",
    "dispersion",
    "btc-leads",
)


def of_claim(
    claim: str, reading: Reading, own: Mapping[str, ClaimSettings] | None = None
) -> Condition | None:
    """Return the condition that a claim states, None where there is none to evaluate."""
    if claim.startswith("own-"):
        given = (own or {}).get(claim.removeprefix("own-"))
        return None if given is None else of_own(given)
    match claim:
        case "abc":
            return Condition(kind="abc-alert")
        case "btc-red":
            return Condition(kind="red", on="BTC", length=claims.RED_CANDLES)
        case "btc-wall":
            row = reading.instruments.get("BTC")
            if row is None or row.wall is None:
                return None
            return Condition(kind="below", on="BTC", length=claims.WALL_DAYS, level=row.wall.level)
        case "btc-volatility":
            return Condition(kind="quiet", on="BTC", share=RECORD_LOW, window="all")
        case "rut-beats-spx":
            return Condition(kind="beat", on="RUT", other="SPX", length=claims.BEATEN)
        case "rut-rose":
            return Condition(kind="rose", on="RUT", length=claims.GAINS)
        case "gold-year":
            return Condition(kind="gained", on="GOLD", share=claims.GOLD_YEAR, window="year")
        case "silver-year":
            return Condition(kind="gained", on="SILVER", share=claims.SILVER_YEAR, window="year")
        case "star50-month":
            window = str(claims.MONTH)
            return Condition(kind="gained", on="STAR50", share=claims.STAR_MONTH, window=window)
        case "rotation":
            return Condition(kind="rotation")
        case "dispersion":
            return Condition(kind="dispersion", share=claims.DISPERSED)
        case "qt":
            return Condition(kind="qt")
        case "boj":
            return Condition(kind="hiking")
        case "liquidity":
            return Condition(kind="draining")
        case "btc-leads":
            return Condition(kind="leads")
        case "rut-record" | "gold-record" | "silver-record":
            return Condition(kind="record", on=claim.partition("-")[0].upper())
        case "rut-record-intraday":
            return Condition(kind="record-high", on="RUT")
    return None


def of_own(claim: ClaimSettings) -> Condition | None:
    """Return the condition of a claim of the user's own."""
    on, up = claim.on, claim.direction == "up"
    match claim.kind:
        case "streak" if claim.basis == "candle":
            return Condition(kind="green" if up else "red", on=on, length=claim.length)
        case "streak":
            return Condition(kind="rose" if up else "fell", on=on, length=claim.length)
        case "record":
            kind: Kind = "record" if claim.basis == "close" else "record-high"
            return Condition(kind=kind, on=on)
        case "return" if claim.at_least is not None:
            return Condition(kind="gained", on=on, share=claim.at_least, window=claim.window)
        case "percentile" if claim.at_most:
            window = "1y" if claim.window == "1y" else "all"
            return Condition(kind="quiet", on=on, share=claim.at_most, window=window)
        case "below" if claim.level is not None:
            return Condition(kind="below", on=on, length=claim.length, level=claim.level)
        case "beats":
            return Condition(kind="beat", on=on, other=claim.other, length=claim.length)
    return None
