"""What an [alerts.NAME] may say: which options each kind of rule uses, and which values fit.

Light, as all of the settings: `divmon.alerts.rules` makes the rules themselves.
"""

import re
from collections.abc import Iterator
from math import inf
from typing import TYPE_CHECKING

from divmon.settings_check import near, near_or_all

if TYPE_CHECKING:
    from divmon.settings import AlertSettings, Settings

USES: dict[str, frozenset[str]] = {
    "abc_state": frozenset({"to"}),
    "level": frozenset({"value", "on", "enter", "exit", "direction"}),
    "streak": frozenset({"on", "length", "direction"}),
    "record": frozenset({"on", "basis"}),
    "wall": frozenset({"to", "length"}),
    "relative_streak": frozenset({"on", "length"}),
    "volatility": frozenset({"on", "enter", "exit", "direction"}),
    "correlation_break": frozenset({"on"}),
    "rotation": frozenset({"to"}),
    "qt_state": frozenset({"to"}),
    "source": frozenset({"on", "to"}),
    "move": frozenset({"on", "window", "enter", "exit", "direction"}),
}

TO: dict[str, tuple[str, ...]] = {
    "abc_state": ("calm", "watch", "alert"),
    "wall": ("touched", "pierced", "broken"),
    "rotation": ("risk-off", "broad risk-on", "rotation", "large-cap led", "mixed"),
    "qt_state": ("QT", "flat", "expanding"),
    "source": ("lost", "back"),
}

# What "level" may look at, and between which values a threshold can be crossed at all.
VALUES: dict[str, tuple[float, float]] = {
    "abc.score": (0, 100),
    "abc.gap20": (-20, 20),
    "abc.gap60": (-20, 20),
    "breadth20": (0, 1),
    "dispersion.percentile": (0, 1),
    "beta_gap.z": (-20, 20),
    "btc.spread_bp": (0, 10_000),
    "btc.usdt_premium_bp": (-10_000, 10_000),
    "liquidity.net": (0, 100_000),
    "liquidity.change_4w": (-20_000, 20_000),
    "liquidity.change_13w": (-20_000, 20_000),
    "liquidity.qt_pace": (-5_000, 5_000),
}
ROW_VALUES: dict[str, tuple[float, float]] = {
    "price": (0, inf),
    "from_high": (-1, 0),
    "from_52w": (-1, 0),
    "vs_btc20": (-1, 10),
    "volatility": (0, 10),
}
# What a running price says too; the rest is known when a bar has closed.
RUNNING = frozenset({"abc.score", "price", "btc.spread_bp", "btc.usdt_premium_bp"})
RUNNING_ONLY = frozenset({"btc.spread_bp", "btc.usdt_premium_bp"})
RUNNING_KINDS = frozenset({"level", "streak", "record", "relative_streak", "move"})
WINDOWS = ("24h", "1", "5", "20", "60", "120", "mtd", "ytd")
NEEDS_ON = frozenset({"streak", "record", "volatility", "move"})

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|d)")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
LONGEST = 400 * 86_400  # seconds; states older than that are no longer kept


def seconds(text: str) -> float | None:
    """Return "90s", "10m", "4h" or "3d" in seconds, "" as 0, anything else as None."""
    if not text:
        return 0.0
    match = _DURATION.fullmatch(text)
    return float(match[1]) * _UNITS[match[2]] if match else None


def quiet_minutes(text: str) -> tuple[int, int] | None:
    """Return "22:00-07:00" as minutes of the day, None if it is no such span."""
    match = _HOURS.fullmatch(text)
    if match is None:
        return None
    begin, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    return (begin, end) if begin != end else None


def faults(rule: "AlertSettings", settings: "Settings") -> Iterator[tuple[str, str]]:
    """Yield the options of a rule that make no sense, each with what is wrong and the way out."""
    if not rule.kind:
        yield "kind", f"kind is missing; it is one of {', '.join(USES)}"
        return
    uses = USES[rule.kind]
    plain = type(rule)()
    for key in sorted(set().union(*USES.values()) - uses):
        if getattr(rule, key) != getattr(plain, key):
            yield (
                key,
                f'kind = "{rule.kind}" has no {key}{near(key, uses)}; '
                f"it has {', '.join(sorted(uses))}",
            )
    for key, text in (("for", rule.for_), ("cooldown", rule.cooldown)):
        length = seconds(text)
        if length is None or length > LONGEST:
            yield key, f'{key} = "{text}" must be a time of at most 400 days, such as "10m" or "3d"'
    if rule.quiet_hours and quiet_minutes(rule.quiet_hours) is None:
        yield "quiet_hours", f'quiet_hours = "{rule.quiet_hours}" must be as in "22:00-07:00"'
    for name in rule.to:
        if rule.kind in TO and name not in TO[rule.kind]:
            yield "to", f'to holds "{name}"{near_or_all(name, TO[rule.kind])}'
    yield from _subjects(rule, settings)
    yield from _thresholds(rule)
    yield from _running(rule)


def _subjects(rule: "AlertSettings", settings: "Settings") -> Iterator[tuple[str, str]]:
    known: tuple[str, ...]
    if rule.kind in NEEDS_ON or (rule.kind == "level" and rule.value in ROW_VALUES):
        known = tuple(settings.instruments)
        if not rule.on:
            yield "on", 'on is missing; name instruments, such as on = ["BTC"]'
    elif rule.kind == "source":
        venues = [venue.partition(" ")[0] for venue in settings.exchanges.venues]
        known = (*venues, "yahoo", "fred")
    else:
        if rule.kind == "level" and rule.value in VALUES and rule.on:
            yield "on", f'value = "{rule.value}" is not of one instrument; leave out on'
        pairs = "correlation_break", "relative_streak"
        for name in rule.on if rule.kind in pairs else ():
            if not re.fullmatch(r"[^/]+/[^/]+", name):
                yield "on", f'on holds "{name}", which is no pair such as "RUT/SPX" or "BTC/SPX"'
        return
    for name in rule.on:
        if name not in known:
            yield "on", f'on holds "{name}"{near_or_all(name, known)}'


def _thresholds(rule: "AlertSettings") -> Iterator[tuple[str, str]]:
    enter, leave = rule.enter, rule.exit
    low, high, what = -inf, inf, ""
    if rule.kind == "level":
        known = VALUES | ROW_VALUES
        if rule.value not in known:
            yield "value", f'value = "{rule.value}"{near_or_all(rule.value, known)}'
            return
        (low, high), what = known[rule.value], rule.value
        if rule.direction == "either":
            yield "direction", 'direction = "either" is for streak and move; write "up" or "down"'
    elif rule.kind == "volatility":
        low, high, what = 0, 1, "a percentile (0.05 for the lowest 5 %)"
        if rule.direction == "either":
            yield "direction", 'direction = "either" is for streak and move; write "up" or "down"'
    elif rule.kind == "move":
        low, high, what = 0, 1, "a move (0.05 for 5 %)"
        if rule.window not in WINDOWS:
            yield "window", f'window = "{rule.window}" must be one of {", ".join(WINDOWS)}'
        elif rule.window == "24h" and set(rule.on) - {"BTC"}:
            yield "window", 'window = "24h" is for BTC alone; others have "1", one session'
    else:
        return
    if enter is None:
        yield "enter", "enter is missing: the threshold of " + what
        return
    for key, value in (("enter", enter), ("exit", leave)):
        if value is not None and not low <= value <= high:
            yield (
                key,
                f"{key} = {value:g} can never be crossed: {what} lies between {low:g} and {high:g}",
            )
    falling = rule.direction == "down" and rule.kind != "move"
    if leave is not None and (leave < enter if falling else leave > enter):
        side = "below" if falling else "above"
        yield (
            "exit",
            f"exit = {leave:g} lies {side} enter = {enter:g}, so the rule would end as it begins; "
            f"exchange them, or leave out exit",
        )


def _running(rule: "AlertSettings") -> Iterator[tuple[str, str]]:
    """Refuse what no Reading holds: running values of some, confirmed values of others."""
    if rule.confirmed_only:
        if (rule.kind == "move" and rule.window == "24h") or rule.value in RUNNING_ONLY:
            what = rule.value or 'window = "24h"'
            yield "confirmed_only", f"{what} is never confirmed; add confirmed_only = false"
    elif rule.kind not in RUNNING_KINDS:
        yield "confirmed_only", f'kind = "{rule.kind}" has no running value; leave it out'
    elif rule.kind == "level" and rule.value not in RUNNING:
        yield (
            "confirmed_only",
            f'"{rule.value}" has no running value; those that have: {", ".join(sorted(RUNNING))}',
        )
