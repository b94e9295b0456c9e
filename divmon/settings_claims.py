"""What a [claims.NAME] may say: which options each kind uses, and which values fit."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from divmon.settings_check import near, near_or_all

if TYPE_CHECKING:
    from divmon.settings import ClaimSettings, Settings

# Beside kind and text. What stands in NEEDS has no default that could be meant.
USES: dict[str, frozenset[str]] = {
    "streak": frozenset({"on", "length", "direction", "basis"}),
    "record": frozenset({"on", "basis"}),
    "return": frozenset({"on", "window", "at_least"}),
    "percentile": frozenset({"on", "window", "at_most"}),
    "below": frozenset({"on", "level", "length"}),
    "beats": frozenset({"on", "other", "length"}),
}
NEEDS = frozenset({"on", "other", "at_least", "at_most", "level"})
BASES = {"streak": ("close", "candle"), "record": ("close", "intraday")}
TO_DATE = ("mtd", "ytd", "year")
SPANS = ("1y", "all")  # of a percentile
LONGEST = 2520  # bars of a return: ten years
TEXT = 40  # columns of a text in the panel


def faults(claim: "ClaimSettings", settings: "Settings") -> Iterator[tuple[str, str]]:
    """Yield the options of a claim that make no sense, each with what is wrong and the way out."""
    if not claim.kind:
        yield "kind", f"kind is missing; it is one of {', '.join(USES)}"
        return
    uses = USES[claim.kind]
    plain = type(claim)()
    for key in sorted(set().union(*USES.values()) - uses):
        if getattr(claim, key) != getattr(plain, key):
            yield (
                key,
                f'kind = "{claim.kind}" has no {key}{near(key, uses)}; '
                f"it has {', '.join(sorted(uses))}",
            )
    for key in sorted(uses & NEEDS):
        if getattr(claim, key) == getattr(plain, key):
            yield key, f'{key} is missing; kind = "{claim.kind}" needs it'
    for key in ("on", "other"):
        name = getattr(claim, key)
        if name and key in uses and name not in settings.instruments:
            yield key, f'{key} = "{name}"{near_or_all(name, settings.instruments)}'
    if claim.on and claim.on == claim.other:
        yield "other", f'other = "{claim.other}" is the same as on; name another instrument'
    if claim.kind in BASES and claim.basis not in BASES[claim.kind]:
        yield "basis", f'basis = "{claim.basis}" must be {" or ".join(BASES[claim.kind])}'
    if claim.level is not None and not 0 < claim.level < float("inf"):
        yield "level", f"level = {claim.level} must be a price above 0"
    if claim.at_most is not None and not 0 <= claim.at_most <= 1:
        yield "at_most", f"at_most = {claim.at_most} must be a fraction: 0.05 is the 5th percentile"
    if claim.at_least is not None and not -1 < claim.at_least <= 100:
        yield "at_least", f"at_least = {claim.at_least} must be a fraction: 0.15 is 15 %"
    if len(claim.text) > TEXT:
        yield "text", f"text has {len(claim.text)} characters; a panel has room for {TEXT}"
    if claim.kind == "return" and not _is_window(claim.window):
        yield (
            "window",
            f'window = "{claim.window}" must be a number of bars from "1" to "{LONGEST}", '
            f"or one of {', '.join(TO_DATE)}",
        )
    if claim.kind == "percentile" and claim.window not in (*SPANS, plain.window):
        yield "window", f'window = "{claim.window}" must be one of {", ".join(SPANS)}'


def _is_window(text: str) -> bool:
    bars = text.isascii() and text.isdigit()
    return text in TO_DATE or (bars and 1 <= int(text[:6]) <= LONGEST and len(text) <= 6)
