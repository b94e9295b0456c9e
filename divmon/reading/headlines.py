"""The rarest true facts of a Reading, one a line, for a status bar or a morning mail.

A fact is as rare as its share of the sessions of its own history. What comes on more
than one session in ten is no headline, and of several facts about one thing the rarest
speaks. Confirmed values only.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from divmon.reading.claims import long_enough
from divmon.reading.model import Instrument, Reading, Record
from divmon.reading.narrative import LEAST_STREAK, RECORDS, SPOKEN, SPOKEN_JA, opening

Language = Literal["en", "ja"]

MOST = 6
RARE = 0.10
RECORD_SHARE = 0.06  # RUT closed at a record on 6 % of its sessions since 1987
UNMEASURED = 0.05  # what the Reading holds no frequency of
WALL_DAYS = 30  # closes under a wall that are worth a line
DAYS, SESSIONS = 365.0, 252.0
LEADS = ("abc", "gap20", "gap60", "breadth20")  # four measures of one thing
NAMES_JA = {
    "abc": "ABCスコア",
    "gap20": "バスケット対BTC（20営業日、σ）",
    "gap60": "バスケット対BTC（60営業日、σ）",
    "breadth20": "上昇しBTCを上回る割合",
    "dispersion": "zスコアの散らばり",
}


class Fact(NamedTuple):
    topic: str  # of two facts with one topic the rarer speaks
    share: float  # of sessions on which it is so
    en: str
    ja: str


def headlines(reading: Reading, most: int = MOST, language: Language = "en") -> tuple[str, ...]:
    """Return the state first, then the rarest facts, `most` lines at most.

    Every line of a simulated Reading says so, since each may be shown alone.
    """
    spoken: dict[str, Fact] = {}
    for fact in sorted(_facts(reading), key=lambda each: each.share):
        if fact.share <= RARE:
            spoken.setdefault(fact.topic, fact)
    lines = [_state(reading, language)]
    lines += [fact.ja if language == "ja" else fact.en for fact in spoken.values()]
    mark = "SIMULATED: " if reading.simulated else ""
    return tuple(mark + line for line in lines[:most])


def _state(reading: Reading, language: Language) -> str:
    abc, first = reading.abc, opening(reading)
    text = first.ja if language == "ja" else first.en
    if abc.score is None:
        return text
    spread = "" if abc.plus_minus is None else f" ±{abc.plus_minus:.0f}"
    score = f"ABC {abc.score:.0f}{spread}"
    if language == "ja":
        return f"{text}：{score}" + (f"、{abc.since}以降" if abc.since else "")
    return f"{text}: {score}" + (f", {abc.state} since {abc.since}" if abc.since else "")


def _facts(reading: Reading) -> Iterator[Fact]:
    for claim in reading.claims:
        if claim.id.startswith("own-") and claim.verdict == "true":
            yield Fact(claim.id, 0.0, *(f"{claim.text}: {claim.evidence}",) * 2)
    yield from _records(reading)
    yield from _runs(reading)
    yield from _relative(reading)
    yield from _bitcoin(reading)
    yield from map(_of_ledger, reading.ledger)
    for pair, each in reading.correlation.items():
        if each.break_.flag and each.break_.z is not None:
            z = each.break_.z
            yield Fact(
                "correlation",
                UNMEASURED,
                f"{pair}: correlation of 40 sessions off that of the 250 before, z {z:+.1f}",
                f"{pair}：40営業日の相関が直前250営業日から乖離、z {z:+.1f}",
            )
    january = reading.precedents.january
    if january.qualifies and january.current_lead_pp is not None and january.history_start:
        start, lead = january.history_start.year, january.current_lead_pp
        yield Fact(
            "january",
            len(january.years) / 12 / max(1, reading.as_of.year - start),
            f"RUT beat SPX by {lead:.1f} points in January: {len(january.years)} such years, "
            f"data from {start}",
            f"1月にRUTがSPXを{lead:.1f}ポイント上回る：{start}年以降{len(january.years)}回",
        )


def _fresh(reading: Reading, row: Instrument) -> bool:
    """Tell whether the row is of the last session; an older bar is no news."""
    session = reading.session.date
    return row.confirmed is not None and (session is None or row.confirmed >= session)


def _records(reading: Reading) -> Iterator[Fact]:
    for name in RECORDS:
        row = reading.instruments.get(name)
        if row is None or not row.high.record_close or not long_enough(row):
            continue
        if not _fresh(reading, row) or row.high.history_start is None or row.close is None:
            continue
        year, close = row.high.history_start.year, f"{row.close:,.{row.decimals}f}"
        what = "front-month futures, " if row.kind == "future" else ""
        spoken = SPOKEN.get(name, name)
        yield Fact(
            f"{name} record",
            RECORD_SHARE,
            f"{spoken[:1].upper()}{spoken[1:]} at a record close, {close} ({what}data from {year})",
            f"{SPOKEN_JA.get(name, name)}が終値で最高値 {close}"
            f"（{'期近先物、' if what else ''}{year}年以降）",
        )


def _runs(reading: Reading) -> Iterator[Fact]:
    for name in RECORDS:
        row = reading.instruments.get(name)
        if row is None or not long_enough(row) or not _fresh(reading, row):
            continue
        run, often = row.streak.close, row.streak.close_per_year
        if run is None or often is None or abs(run) < LEAST_STREAK:
            continue
        verb, way = ("rose", "上昇") if run > 0 else ("fell", "下落")
        spoken = SPOKEN.get(name, name)
        yield Fact(
            f"{name} run",
            often / SESSIONS,
            f"{spoken[:1].upper()}{spoken[1:]} {verb} {abs(run)} sessions in a row, "
            f"{often:.1f} such runs a year",
            f"{SPOKEN_JA.get(name, name)}が{abs(run)}営業日連続{way}（年{often:.1f}回）",
        )


def _relative(reading: Reading) -> Iterator[Fact]:
    # ETFs walk with their indices: one pair speaks for both
    pair = reading.relative_streaks.get("RUT/SPX")
    if pair is None or pair.streak is None or pair.rank is None or pair.history_start is None:
        return
    years = max(1.0, (reading.as_of.date() - pair.history_start).days / DAYS)
    n, ahead = abs(pair.streak), pair.streak > 0
    if n < LEAST_STREAK:
        return
    lead = "" if pair.lead_pp is None else f", {pair.lead_pp:+.1f} pp"
    place = "longest" if pair.rank == 1 else f"{_ordinal(pair.rank)} longest"
    least = "at least " if pair.broken_by else ""
    yield Fact(
        "RUT/SPX",
        pair.rank / (years * SESSIONS),
        f"RUT {'ahead of' if ahead else 'behind'} SPX {least}{n} sessions running{lead}: "
        f"{place} such run, data from {pair.history_start.year}",
        f"RUTがSPXを{n}営業日{'以上' if least else ''}連続で{'上' if ahead else '下'}回る"
        f"{lead.replace(', ', '、')}："
        f"{pair.history_start.year}年以降{pair.rank}番目の長さ",
    )


def _bitcoin(reading: Reading) -> Iterator[Fact]:
    row = reading.instruments.get("BTC")
    if row is None or row.high.history_start is None or not long_enough(row):
        return
    year = row.high.history_start.year
    run, often, where = row.streak.candle, row.streak.per_year, row.streak.boundary
    if run is not None and often is not None and abs(run) >= LEAST_STREAK:
        colour, colour_ja = ("red", "陰") if run < 0 else ("green", "陽")
        yield Fact(
            "BTC candles",
            often / DAYS,
            f"BTC {abs(run)} {colour} candles in a row ({where}), {often:.1f} such runs a year, "
            f"data from {year}",
            f"BTCが{abs(run)}本連続{colour_ja}線（{where}）、年{often:.1f}回（{year}年以降）",
        )
    wall = row.wall
    if wall is not None and wall.closes_below is not None and wall.closes_below >= WALL_DAYS:
        touches = wall.touches or 0
        touched = f"{touches} touch{'' if touches == 1 else 'es'}"
        yield Fact(
            "BTC wall",
            UNMEASURED,
            f"BTC {wall.closes_below} closes under {wall.level:,.0f}, {touched}",
            f"BTCが{wall.closes_below}日連続で{wall.level:,.0f}を下回る（接触{touches}回）",
        )
    vol, share = row.volatility.cc30, row.volatility.percentile_all
    if vol is not None and share is not None:
        record = row.volatility.record_low
        place = "at its record low" if record else f"percentile {100 * share:.0f} of all its values"
        place_ja = "過去最低" if record else f"全期間の{100 * share:.0f}パーセンタイル"
        yield Fact(
            "BTC volatility",
            min(share, 1 - share),
            f"BTC 30-day volatility {100 * vol:.0f} %, {place}, data from {year}",
            f"BTCの30日ボラティリティ{100 * vol:.0f}％、{place_ja}（{year}年以降）",
        )


def _of_ledger(record: Record) -> Fact:
    topic = "lead of the basket" if record.metric in LEADS else record.metric
    first, _, second = record.metric.partition("-")
    name = NAMES_JA.get(record.metric, f"{SPOKEN_JA.get(first, first)}対{second}（20営業日）")
    value = f"{100 * record.value:+.1f}％" if "%" in record.text else f"{record.value:.2f}"
    way = "高" if "highest" in record.text else "低"
    return Fact(
        topic,
        record.rank / record.n,
        record.text,
        f"{name} {value}：{record.n}営業日中{record.rank}番目の{way}さ",
    )


def _ordinal(n: int) -> str:
    suffix = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{suffix}"
