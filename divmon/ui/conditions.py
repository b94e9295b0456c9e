"""Conditions and what followed them, in words. No Textual: the command line speaks them too."""

from math import floor, log10

from msgspec.structs import replace

from divmon.reading.condition import Condition, Kind
from divmon.reading.conditions import RECORD_LOW, SHAPES
from divmon.reading.frames import Rates, Untold
from divmon.reading.model import Instrument
from divmon.ui.heard import heard
from divmon.ui.i18n import N_, _
from divmon.ui.words import NONE, signed

PLAIN: dict[Kind, str] = {
    "abc-alert": N_("ABC state is alert"),
    "abc-watch": N_("ABC state is watch"),
    "rose": N_("{on} closed higher ≥ {n} times in a row"),
    "fell": N_("{on} closed lower ≥ {n} times in a row"),
    "green": N_("{on} has ≥ {n} green candles in a row"),
    "red": N_("{on} has ≥ {n} red candles in a row"),
    "beat": N_("{on} beat {other} ≥ {n} sessions in a row"),
    "lost-to": N_("{on} lost to {other} ≥ {n} sessions in a row"),
    "record": N_("{on} is at a record close"),
    "record-high": N_("{on} is at a record high of the day"),
    "below": N_("{on} closed under {level} ≥ {n} times in a row"),
    "quiet": N_("{on} volatility in the lowest {share} % {span}"),
    "gained": N_("{on} gained ≥ {share} % {window}"),
    "dropped": N_("{on} lost ≥ {share} % {window}"),
    "break": N_("BTC/{on} correlation breaks"),
    "breadth": N_("breadth is ≥ {share} %"),
    "dispersion": N_("dispersion at percentile ≥ {share}"),
    "risk-off": N_("rotation label is risk-off"),
    "broad-risk-on": N_("rotation label is broad risk-on"),
    "rotation": N_("rotation label is rotation"),
    "large-cap-led": N_("rotation label is large-cap led"),
    "mixed": N_("rotation label is mixed"),
    "qt": N_("QT runs: the Fed sheds > 10 bn USD a month"),
    "draining": N_("net liquidity fell over 13 weeks"),
    "hiking": N_("the BoJ's last move in 400 days: a rise"),
    "leads": N_("BTC leads stocks"),
}
RECORD_QUIET = N_("{on} volatility is at a record low")
SPANS = {"all": N_("ever"), "1y": N_("in a year")}
TO_DATE = {
    "mtd": N_("this month"),
    "ytd": N_("this year"),
    "year": N_("in the last calendar year"),
}
WHY: dict[Untold, str] = {
    "no history": N_("{on} has too little history for it"),
    "no candles": N_("the source of {on} has closes only, no candles"),
    "no common sessions": N_("{on} and {other} have no common session; choose another pair"),
    "no inputs": N_("a market that it is made of has too little history"),
    "no figures": N_("the source has none of FRED's figures that it is told by"),
    "no pair": N_("it compares BTC with another market that has history; choose one"),
    "no wall": N_("no round level within 25 % above the close; choose a level"),
    "never above": N_("{on} was never at or above {level}: how long it has been under is unknown"),
    "no such window": N_("there is no window {window}"),
    "no target": N_("{target} has no history: nothing can be told of what it did"),
    "rate target": N_("{target} is a rate: it has no return; choose another target"),
}
NOT_ASKED = N_("not asked: nothing on hand tells of it day by day")
RELEASES: dict[Kind, str] = {
    "qt": N_(
        "A week's figures come out on Thursday at 16:30 New York, after a holiday on Friday, and "
        "count from the close after that."
    ),
    "hiking": N_(
        "A month's mean is taken to be out 46 days after the month began, and counts from the "
        "close after that."
    ),
}
RELEASES["draining"] = RELEASES["qt"]
REVISED = N_("FRED's figures are those of today: what was revised since is in them.")
OFTEN = 0.25  # of all bars: what is so common runs together into few episodes
HORIZON = "20"  # sessions, of the sentence


def number(value: float) -> str:
    """Write a share of 1 in percent without needless zeros."""
    return f"{100 * value:.2f}".rstrip("0").rstrip(".")


def price(level: float) -> str:
    return f"{level:,.0f}" if level >= 1000 else f"{level:,.4g}"


def text(condition: Condition, level: float | None = None) -> str:
    """Write a condition; `level` is that of the wall where none was named."""
    low = condition.kind == "quiet" and condition.share <= RECORD_LOW
    plain = RECORD_QUIET if low else PLAIN[condition.kind]
    wall = condition.level or level or 0.0
    return _(plain).format(
        on=condition.on,
        other=condition.other,
        n=condition.length,
        share=number(condition.share),
        level=price(wall) if wall else _("its wall"),
        span=_(SPANS.get(condition.window, condition.window)),
        window=window(condition.window),
    )


def window(name: str) -> str:
    if name in TO_DATE:
        return _(TO_DATE[name])
    return _("in {n} sessions").format(n=name)


def why(rates: Rates) -> str:
    """Say why there is no answer."""
    condition, reason = rates.condition, rates.why
    if reason == "no history" and not condition.on:
        reason = "no inputs"
    return _(WHY.get(reason, NOT_ASKED)).format(
        on=condition.on,
        other=condition.other,
        level=price(condition.level),
        window=condition.window,
        target=rates.target,
    )


def state(rates: Rates) -> str:
    """Say whether it holds now, and how often it has."""
    since = rates.cases[-1].start if rates.now and rates.cases else None
    if since is not None:
        now = _("holds on {day}, an episode since {since}").format(day=rates.last, since=since)
    else:
        now = _("does not hold on {day}").format(day=rates.last)
    often = _("held on {share} % of {bars} bars from {first}").format(
        share=how_often(rates), bars=f"{rates.bars:,}", first=rates.first
    )
    return f"{now} · {often}"


def how_often(rates: Rates) -> str:
    """Write the share of bars on which it held, in percent."""
    share = 100 * rates.held / rates.bars if rates.bars else 0.0
    return f"{share:.1f}" if share >= 0.05 or not rates.held else f"{share:.2g}"


def sentence(rates: Rates, horizon: str = HORIZON) -> str:
    """Say what that amounts to, and no more: few cases are a story."""
    if not rates.cases:
        return _("It has never been so: nothing followed.")
    after = rates.after.get(horizon)
    if after is None or not after.n or after.mean is None:
        return _(
            "Episodes: {n}; none has {target} for {h} sessions after: nothing to tell."
        ).format(n=len(rates.cases), target=rates.target, h=horizon)
    up = round((after.positive or 0.0) * after.n)
    if not after.enough:
        plain = (
            N_("{n} cases: a story, not a statistic. {target} was up in {up} after {h} sessions.")
            if after.n > 1
            else N_("One case: a story, not a statistic. {target} was up after {h} sessions.")
            if up
            else N_("One case: a story, not a statistic. {target} was not up after {h} sessions.")
        )
        return _(plain).format(n=after.n, target=rates.target, up=up, h=horizon)
    base, ends = after.base.mean, after.interval
    plain = N_(
        "{n} cases: {target} {mean} % after {h} sessions, up in {up}; after any session {base} %."
    )
    told = _(plain).format(
        n=after.n,
        target=rates.target,
        mean=_percent(after.mean),
        h=horizon,
        up=up,
        base=_percent(base),
    )
    if base is None or ends is None:
        return told
    if ends[0] <= base <= ends[1]:
        return told + " " + _("The interval holds that: no difference that the data support.")
    return told + " " + _("That is outside the interval, as one in twenty is by chance alone.")


def cautions(rates: Rates) -> list[str]:
    """Return what a reader of the table must know beside it."""
    said = []
    if rates.held > OFTEN * rates.bars:
        said.append(_("It is so on many sessions, and those less than 20 apart are one episode."))
    shared = [
        _("{m} of {n} at +{h}").format(m=count, n=rates.after[horizon].n, h=horizon)
        for horizon, count in rates.overlapping.items()
        if count and horizon in rates.after
    ]
    if shared:
        said.append(
            _(
                "Returns share sessions with the case before: {which}; the interval is too narrow."
            ).format(which=", ".join(shared))
        )
    counted = max((after.n for after in rates.after.values()), default=0)
    if len(rates.cases) - counted > 1:
        said.append(
            _("Episodes before {target}'s prices begin, or not over yet: {n}.").format(
                n=len(rates.cases) - counted, target=rates.target
            )
        )
    if rates.target_series and rates.target_series != rates.target:
        said.append(
            _("{target} here: {series}.").format(
                target=rates.target, series=heard(rates.target_series)
            )
        )
    if rates.condition.kind in RELEASES:
        said += [_(RELEASES[rates.condition.kind]), _(REVISED)]
    if rates.condition.kind == "leads":
        said.append(_("Each day is told by the days up to it, at lags of up to 5 sessions."))
    if rates.condition.kind == "below":
        said.append(_("The level is today's, laid over all history."))
    said.append(_("Of many conditions looked through, some look telling by chance."))
    return said


def not_asked() -> str:
    """Say why a claim has no base rate."""
    return _(NOT_ASKED)


def round_level(row: Instrument | None) -> float:
    """Return a level to begin with: the wall, else a round number above the last price."""
    if row is None:
        return 0.0
    if row.wall is not None:
        return row.wall.level
    if row.last is None or row.last <= 0:
        return 0.0
    step = level_step(row.last)
    return round(step * (floor(row.last / step) + 1), 10)


def level_step(around: float) -> float:
    """Return how far one key moves a level: 1-10 % of it, a round number."""
    return float(10.0 ** (floor(log10(around)) - 1)) if around > 0 else 1.0


def turned(condition: Condition, step: int) -> Condition:
    """Return the condition with its number one step up or down, within its limits."""
    shape = SHAPES[condition.kind]
    if "length" in shape.uses:
        _first, by, least, most = shape.length
        length = condition.length + step * by
        if by > 1:
            length = max(by, length) // by * by  # 30, 35, 40 and not 32, 37
        return replace(condition, length=max(least, min(most, length)))
    if "share" in shape.uses:
        _start, by_share, low, high = shape.share
        if condition.kind in ("gained", "dropped") and condition.share + step * by_share > 0.2:
            by_share = 0.05
        share = round(condition.share + step * by_share, 4)
        return replace(condition, share=max(low, min(high, share)))
    return condition


def shifted(condition: Condition, step: int, names: tuple[str, ...]) -> Condition:
    """Return the condition with its second parameter moved: window, level or other instrument."""
    shape = SHAPES[condition.kind]
    if "level" in shape.uses:
        by = level_step(condition.level)
        return replace(condition, level=max(by / 10, round(condition.level + step * by, 10)))
    if shape.windows:
        at = shape.windows.index(condition.window) if condition.window in shape.windows else 0
        return replace(condition, window=shape.windows[(at + step) % len(shape.windows)])
    if "other" in shape.uses:
        others = [name for name in names if name != condition.on]
        if others:
            at = others.index(condition.other) if condition.other in others else -step
            return replace(condition, other=others[(at + step) % len(others)])
    return condition


def _percent(value: float | None) -> str:
    return NONE if value is None else signed(100 * value, 1)
