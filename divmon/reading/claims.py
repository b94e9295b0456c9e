"""Claims: what the market commentary says, checked against the data on hand.

Each row of the registry is a small function of the Reading. A claim that the data
cannot decide says so; one that depends on where a day ends says under which. Texts
have at most 40 characters and evidence some 30, since a panel is 50 columns wide.
"""

from collections.abc import Callable

from divmon.reading.model import Claim, Instrument, Reading, Verdict

Check = Callable[[Reading], Claim]

RED_CANDLES = 6
WALL_DAYS = 60
BEATEN = 11
GAINS = 11
GOLD_YEAR, SILVER_YEAR = 0.60, 2.10
STAR_MONTH = 0.15
DISPERSED = 0.90  # percentile from which a dispersion is unusual
HIKED_WITHIN = 400  # days: two moves a year make a hiking cycle
MONTH = 20  # sessions
YEAR = 365  # days of data
HAIR = 1e-9  # by which a return may miss a share: 1495/1300 is 15 % more, though not in binary
BOUNDARIES = ("UTC", "NY16", "local")  # day ends: UTC, New York's close, the viewer's midnight


def claims(reading: Reading) -> tuple[Claim, ...]:
    """Return a verdict on every claim of the registry."""
    return tuple(check(reading) for check in REGISTRY)


def _verdict(holds: bool | None) -> Verdict:
    return "cannot-tell" if holds is None else "true" if holds else "false"


def _row(reading: Reading, name: str) -> Instrument:
    return reading.instruments.get(name) or Instrument()


def long_enough(row: Instrument) -> bool:
    """Tell whether the series has the year without which nothing is called a record."""
    start, end = row.high.history_start, row.confirmed
    return start is not None and end is not None and (end - start).days >= YEAR


def reaches(value: float, least: float) -> bool:
    """Tell whether a return is at least so much."""
    return value >= least - HAIR


def _percent(value: float) -> str:
    return f"{100 * value:+.1f} %"


def _count(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"


def red_candles(reading: Reading) -> Claim:
    row = _row(reading, "BTC")
    runs = {key: row.boundaries[key] for key in BOUNDARIES if key in row.boundaries}
    runs.setdefault("UTC", row.streak.candle if row.streak.boundary == "UTC" else None)
    known = {where: run for where, run in runs.items() if run is not None}
    # the viewer's own midnight is told, but decides nothing: a verdict is the same for all
    judged = {where: run for where, run in known.items() if where != "local"}
    under = [where for where, run in judged.items() if run <= -RED_CANDLES]
    verdict: Verdict = "cannot-tell"
    if judged:
        verdict = "true" if len(under) == len(judged) else "only-under" if under else "false"
    only = f"{', '.join(under)} only: " if verdict == "only-under" else ""
    return Claim(
        id="btc-red",
        text=f"BTC has {RED_CANDLES} red daily candles in a row",
        verdict=verdict,
        evidence=only + ", ".join(f"{where} {run:+d}" for where, run in known.items())
        or "no candles",
        window="daily candles by where the day ends",
        as_of=row.confirmed,
    )


def under_the_wall(reading: Reading) -> Claim:
    row = _row(reading, "BTC")
    wall = row.wall
    days = None if wall is None else wall.closes_below
    evidence = "no wall above the last close"
    if wall is not None and days is not None:
        evidence = (
            f"{days} under {wall.level:,.0f}, {_count(wall.touches or 0, 'touch', 'touches')}"
        )
    return Claim(
        id="btc-wall",
        text=f"BTC closed under its wall for {WALL_DAYS} days",
        verdict=_verdict(None if days is None else days >= WALL_DAYS),
        evidence=evidence,
        window="UTC closes",
        as_of=row.confirmed,
    )


def quietest(reading: Reading) -> Claim:
    row = _row(reading, "BTC")
    vol = row.volatility
    evidence = "not enough bars"
    if vol.cc30 is not None and vol.percentile_all is not None:
        evidence = f"{100 * vol.cc30:.0f} %, pct {100 * vol.percentile_all:.0f} (all)"
        if vol.percentile_1y is not None:
            evidence += f", {100 * vol.percentile_1y:.0f} (1 y)"
    start = row.high.history_start
    return Claim(
        id="btc-volatility",
        text="BTC's volatility is at a record low",
        verdict=_verdict(vol.record_low),
        evidence=evidence,
        window="30 days, close to close" + (f", data from {start}" if start else ""),
        as_of=row.confirmed,
    )


def record(name: str, spoken: str, *, intraday: bool = False) -> Check:
    """Return the check of "NAME is at a record"."""

    def check(reading: Reading) -> Claim:
        row = _row(reading, name)
        high = row.high
        holds = high.record_intraday if intraday else high.record_close
        evidence = "no history"
        if high.from_high is not None:
            evidence = f"{_percent(high.from_high)} from the highest close"
            if high.from_high == 0 and row.close is not None:
                evidence = f"closed at {row.close:,.{row.decimals}f}"
        window = f"data from {high.history_start}" if high.history_start else ""
        return Claim(
            id=f"{name.lower()}-record{'-intraday' * intraday}",
            text=f"{spoken} is at a record {'high of the day' if intraday else 'close'}",
            verdict=_verdict(holds if long_enough(row) else None),
            evidence=evidence,
            window=f"{window}, {row.note}".removeprefix(", ") if row.note else window,
            as_of=row.confirmed,
        )

    return check


def beats(reading: Reading) -> Claim:
    pair = reading.relative_streaks.get("RUT/SPX")
    run = None if pair is None else pair.streak
    evidence = "no common sessions"
    if pair is not None and run is not None:
        evidence = f"{run:+d}"
        if pair.lead_pp is not None and pair.since is not None:
            evidence += f" since {pair.since}, {pair.lead_pp:+.1f} pp"
        if pair.broken_by is not None:
            evidence = f"at least {evidence}"
    return Claim(
        id="rut-beats-spx",
        text=f"RUT has beaten SPX {BEATEN} sessions in a row",
        verdict=_verdict(None if run is None else run >= BEATEN),
        evidence=evidence,
        window=f"data from {pair.history_start}" if pair and pair.history_start else "",
        as_of=_row(reading, "RUT").confirmed,
    )


def rose(reading: Reading) -> Claim:
    row = _row(reading, "RUT")
    run = row.streak.close
    return Claim(
        id="rut-rose",
        text=f"Small caps rose {GAINS} sessions in a row",
        verdict=_verdict(None if run is None else run >= GAINS),
        evidence="no history" if run is None else f"{run:+d}, close to close",
        window="RUT closes",
        as_of=row.confirmed,
    )


def gained_last_year(name: str, spoken: str, least: float) -> Check:
    """Return the check of "NAME gained at least so much in the last calendar year"."""

    def check(reading: Reading) -> Claim:
        row = _row(reading, name)
        found = row.confirmed_returns.get("year")
        span = f"in {row.confirmed.year - 1}" if row.confirmed else "last calendar year"
        return Claim(
            id=f"{name.lower()}-year",
            text=f"{spoken} gained {100 * least:.0f} % {span}",
            verdict=_verdict(None if found is None else reaches(found, least)),
            evidence="not enough bars" if found is None else _percent(found),
            window="last close of a year to that of the next",
            as_of=row.confirmed,
        )

    return check


def gained(name: str, spoken: str, least: float, sessions: int) -> Check:
    """Return the check of "NAME gained at least so much in so many sessions"."""

    def check(reading: Reading) -> Claim:
        row = _row(reading, name)
        found = row.confirmed_returns.get(str(sessions))
        return Claim(
            id=f"{name.lower()}-month",
            text=f"{spoken} gained {100 * least:.0f} % in {sessions} sessions",
            verdict=_verdict(None if found is None else reaches(found, least)),
            evidence="not enough bars" if found is None else _percent(found),
            window=f"{sessions} sessions",
            as_of=row.confirmed,
        )

    return check


def tightening(reading: Reading) -> Claim:
    found = reading.liquidity
    pace = found.qt_pace
    return Claim(
        id="qt",
        text="QT is running",
        verdict=_verdict(None if pace is None else found.qt_state == "QT"),
        evidence="no balance sheet"
        if pace is None
        else f"{found.qt_state}, {pace:+.0f} bn USD a month",
        window="WALCL, Theil-Sen over 9 weekly levels",
        as_of=found.as_of,
    )


def hiking(reading: Reading) -> Claim:
    rate = reading.liquidity.boj_rate
    if rate.as_of is None or rate.level is None:
        holds, evidence = None, "no rate"
    elif rate.last_change is None or rate.change is None:
        holds, evidence = False, f"{100 * rate.level:.2f} %, no change in the data"
    else:
        recent = (rate.as_of - rate.last_change).days <= HIKED_WITHIN
        holds = recent and rate.change > 0
        evidence = f"{100 * rate.level:.2f} %, {100 * rate.change:+.2f} on {rate.last_change}"
    return Claim(
        id="boj",
        text="The Bank of Japan is raising rates",
        verdict=_verdict(holds),
        evidence=evidence,
        window=f"a rise within {HIKED_WITHIN} days; {rate.series}".rstrip("; "),
        as_of=rate.as_of,
    )


def draining(reading: Reading) -> Claim:
    found = reading.liquidity
    change = found.change_13w
    return Claim(
        id="liquidity",
        text="Liquidity is draining",
        verdict=_verdict(None if change is None else change < 0),
        evidence="not enough weeks" if change is None else f"{change:+.0f} bn USD",
        window="net liquidity over 13 weeks",
        as_of=found.as_of,
    )


def rotating(reading: Reading) -> Claim:
    label = reading.rotation.label
    since = f" since {reading.rotation.since}" if reading.rotation.since else ""
    return Claim(
        id="rotation",
        text="The strength of small caps is rotation",
        verdict=_verdict(None if label is None else label == "rotation"),
        evidence="an input is missing" if label is None else f"{label}{since}",
        window=f"{MONTH} sessions",
        as_of=reading.session.date,
    )


def dispersed(reading: Reading) -> Claim:
    found = reading.dispersion
    share = found.percentile
    return Claim(
        id="dispersion",
        text="Dispersion is unusual",
        verdict=_verdict(None if share is None else share >= DISPERSED),
        evidence="an input is missing" if share is None else f"percentile {100 * share:.0f}",
        window=f"{MONTH}-session z-scores, all history; unusual from {100 * DISPERSED:.0f}",
        as_of=reading.session.date,
    )


def leads(reading: Reading) -> Claim:
    found = {key: each.verdict for key, each in reading.leadlag.items() if each.peak is not None}
    leading = [text for text in found.values() if text.startswith("BTC leads")]
    return Claim(
        id="btc-leads",
        text="BTC leads stocks",
        verdict=_verdict(bool(leading) if found else None),
        evidence=", ".join(leading) or ("no lead found" if found else "too few sessions"),
        window=f"lags of up to 5 sessions, {', '.join(found)}".rstrip(", "),
        as_of=reading.session.date,
    )


def anything_but(reading: Reading) -> Claim:
    abc = reading.abc
    plus_minus = "" if abc.plus_minus is None else f" ±{abc.plus_minus:.0f}"
    known = abc.state != "unknown"
    since = f" since {abc.since}" if abc.since else ""
    score = "no score" if abc.score is None else f"{abc.score:.0f}{plus_minus}"
    return Claim(
        id="abc",
        text="Anything but crypto",
        verdict=_verdict(abc.state == "alert" if known else None),
        evidence=f"{score}, {abc.state}{since}",
        window="20 and 60 sessions; alert from 70",
        as_of=reading.session.date,
    )


REGISTRY: tuple[Check, ...] = (
    anything_but,
    red_candles,
    under_the_wall,
    quietest,
    record("RUT", "RUT"),
    record("RUT", "RUT", intraday=True),
    beats,
    rose,
    record("GOLD", "Gold"),
    record("SILVER", "Silver"),
    gained_last_year("GOLD", "Gold", GOLD_YEAR),
    gained_last_year("SILVER", "Silver", SILVER_YEAR),
    gained("STAR50", "STAR 50", STAR_MONTH, MONTH),
    tightening,
    hiking,
    draining,
    rotating,
    dispersed,
    leads,
)
