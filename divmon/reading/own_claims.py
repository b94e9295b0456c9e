"""The user's own claims: a closed list of kinds, checked on completed bars like all others."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from divmon.reading.bars import Confirmed
from divmon.reading.claims import long_enough, reaches
from divmon.reading.model import Claim, Instrument, RelativeStreak, Verdict
from divmon.settings import ClaimSettings

Relate = Callable[[str, str], RelativeStreak | None]
PREFIX = "own-"


class Found(NamedTuple):
    """What the data say: None if they cannot decide."""

    holds: bool | None
    evidence: str
    window: str = ""


def own_claims(
    given: Mapping[str, ClaimSettings], confirmed: Mapping[str, Confirmed], relate: Relate
) -> tuple[Claim, ...]:
    """Return a verdict on each of the user's claims.

    Args:
        given: By name; checked by `settings_claims`.
        confirmed: The completed bars of every instrument.
        relate: Returns the relative streak of two instruments, None without common bars.
    """
    return tuple(_claim(name, claim, confirmed, relate) for name, claim in given.items())


def _claim(
    name: str, claim: ClaimSettings, confirmed: Mapping[str, Confirmed], relate: Relate
) -> Claim:
    known = confirmed.get(claim.on)
    if known is None or known.last is None:
        found = Found(None, "no history")
    elif claim.kind == "beats":
        found = _beats(claim, relate(claim.on, claim.other))
    elif claim.kind == "below":
        found = _below(claim, known)
    elif claim.kind == "return":
        found = _return(claim, known)
    else:
        check = {"streak": _streak, "record": _record, "percentile": _percentile}[claim.kind]
        found = check(claim, known.row)
    verdict: Verdict = "cannot-tell"
    if found.holds is not None:
        verdict = "true" if found.holds else "false"
    return Claim(
        id=f"{PREFIX}{name}",
        text=claim.text or describe(claim),
        verdict=verdict,
        evidence=found.evidence,
        window=found.window,
        as_of=known.row.confirmed if known is not None else None,
    )


def describe(claim: ClaimSettings) -> str:
    """Return the text of a claim that was given none."""
    on, n = claim.on, claim.length
    match claim.kind:
        case "streak" if claim.basis == "candle":
            return f"{on}: {n} {'green' if claim.direction == 'up' else 'red'} candles in a row"
        case "streak":
            return f"{on} {'rose' if claim.direction == 'up' else 'fell'} {n} times in a row"
        case "record":
            return f"{on} is at a record {'close' if claim.basis == 'close' else 'high of the day'}"
        case "return":
            return f"{on} gained {100 * (claim.at_least or 0):g} % {_span(claim.window)}"
        case "percentile":
            return f"{on} volatility in its lowest {100 * (claim.at_most or 0):g} %"
        case "below":
            return f"{on} closed under {claim.level or 0:,g} {n} times"
    return f"{on} beat {claim.other} {n} sessions in a row"


def _span(window: str) -> str:
    named = {"mtd": "this month", "ytd": "this year", "year": "last calendar year"}
    return named.get(window, f"in {window} bars")


def _since(row: Instrument) -> str:
    return f"data from {row.high.history_start}" if row.high.history_start else ""


def _streak(claim: ClaimSettings, row: Instrument) -> Found:
    candles = claim.basis == "candle"
    run = row.streak.candle if candles else row.streak.close
    where = f"candles by {row.streak.boundary}" if candles else "close to close"
    if run is None:
        return Found(None, "no candles" if candles else "no history", where)
    sign = 1 if claim.direction == "up" else -1
    at_least = "at least " if row.streak.broken_by and abs(run) else ""
    return Found(run * sign >= claim.length, f"{at_least}{run:+d}", where)


def _record(claim: ClaimSettings, row: Instrument) -> Found:
    holds = row.high.record_close if claim.basis == "close" else row.high.record_intraday
    away = row.high.from_high
    evidence = "no history" if away is None else f"{100 * away:+.1f} % from the highest close"
    return Found(holds if long_enough(row) else None, evidence, _since(row))


def _return(claim: ClaimSettings, known: Confirmed) -> Found:
    found = known.row.confirmed_returns.get(claim.window)
    if claim.window not in known.row.confirmed_returns and claim.window.isdigit():
        bars = int(claim.window)
        if len(known.close) > bars:
            found = float(known.close[-1] / known.close[-1 - bars] - 1)
    window = _span(claim.window)
    if found is None or claim.at_least is None:
        return Found(None, "not enough bars", window)
    return Found(reaches(found, claim.at_least), f"{100 * found:+.1f} %", window)


def _percentile(claim: ClaimSettings, row: Instrument) -> Found:
    year = claim.window == "1y"
    share = row.volatility.percentile_1y if year else row.volatility.percentile_all
    window = "30 bars, within one year" if year else f"30 bars, {_since(row)}".rstrip(", ")
    if share is None or claim.at_most is None:
        return Found(None, "not enough bars", window)
    return Found(share <= claim.at_most, f"percentile {100 * share:.0f}", window)


def _below(claim: ClaimSettings, known: Confirmed) -> Found:
    if claim.level is None:
        return Found(None, "no level")
    above = np.flatnonzero(known.close >= claim.level)
    days = len(known.close) - 1 - int(above[-1]) if len(above) else len(known.close)
    # a series that never was above may have been below for longer than it reaches back
    least = "" if len(above) else "at least "
    holds = days >= claim.length if len(above) or days >= claim.length else None
    return Found(holds, f"{least}{days} closes under {claim.level:,g}", _since(known.row))


def _beats(claim: ClaimSettings, pair: RelativeStreak | None) -> Found:
    if pair is None or pair.streak is None:
        return Found(None, "no common sessions")
    evidence = f"{'at least ' if pair.broken_by else ''}{pair.streak:+d}"
    if pair.since is not None and pair.lead_pp is not None:
        evidence += f" since {pair.since}, {pair.lead_pp:+.1f} pp"
    start = f"data from {pair.history_start}" if pair.history_start else ""
    return Found(pair.streak >= claim.length, evidence, start)
