"""A rich synthetic Reading and a scripted feed. Invented numbers; no engine needed."""

import asyncio
import itertools
import math
import random
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from divmon.alerts.model import Alert
from divmon.link.codec import Command, Frame, Hello, Quotes
from divmon.market.events import Event, SourceHealth
from divmon.reading.model import (
    Abc,
    Catchup,
    Claim,
    Component,
    Correlation,
    CorrelationWindow,
    Flip,
    High,
    Instrument,
    Liquidity,
    Rate,
    Reading,
    RelativeStreak,
    Rotation,
    RotationPoint,
    Sentence,
    Session,
    Streak,
    Venue,
    Verdict,
    Volatility,
    Wall,
)
from divmon.reading.race import Lane, Race
from divmon.reading.track import Fall, RecordRun, Records, Run, RunKind, Runs, Track, Twin
from divmon.settings import Settings, load

NOW = datetime(2026, 1, 20, 21, 4, 30, tzinfo=UTC)


def settings(**display: object) -> Settings:
    """Return the defaults, in UTC and Unicode so that no test depends on the machine."""
    base = load()
    shown = msgspec.structs.replace(base.display, glyphs="unicode")
    return msgspec.structs.replace(
        base,
        general=msgspec.structs.replace(base.general, time_zone="UTC", lang="en"),
        display=msgspec.structs.replace(shown, **display),
    )


def keys_of(action: str) -> list[str]:
    """Return the keys that an action has by default."""
    return load().keys[action].split(",")


def path(start: float, end: float, n: int, seed: int, wobble: float = 0.02) -> tuple[float, ...]:
    """Return `n` prices from `start` to `end` along a random bridge, the same each time."""
    dice = random.Random(seed)
    walk = list(itertools.accumulate(dice.gauss(0, 1) for _ in range(n)))
    return tuple(
        (start + (end - start) * i / (n - 1))
        * (1 + wobble * (walk[i] - walk[0] - (walk[-1] - walk[0]) * i / (n - 1)) / math.sqrt(n) * 3)
        for i in range(n)
    )


# name, group, last, returns 1 5 20 ytd, from high, streak, vs BTC, vol pct, session, seconds old
_ROWS = (
    ("RUT", "US small", 2645.36, -1.21, 0.37, 5.48, 6.59, -1.2, -1, 4.6, 2, "closed", 240),
    ("SPX", "US large", 6796.86, -2.06, -2.59, 0.33, -0.71, -2.6, -2, -0.6, 25, "closed", 242),
    ("IXIC", "US large", 22954.32, -2.39, -3.28, -0.23, -1.24, -4.2, -2, -1.1, 23, "closed", 243),
    ("GOLD", "Metals", 4759.60, 3.73, 3.37, 9.68, 10.03, 0.0, 1, 8.8, 72, "open", 12),
    ("SILVER", "Metals", 94.21, 6.94, 11.34, 45.85, 34.32, 0.0, 3, 44.9, 100, "open", 14),
    ("STAR50", "China", 1482.99, -1.58, 0.91, 13.33, 10.33, -13.9, -2, 12.4, 44, "closed", 50_400),
    ("VIX", "Context", 20.09, 6.63, 25.72, 34.74, 34.38, -75.7, 3, 33.8, 15, "closed", 300),
    ("HYG", "Context", 78.88, -0.26, -0.20, 0.60, 0.31, -0.3, -1, -0.3, 2, "closed", 241),
    ("DXY", "Context", 98.64, -0.75, -0.22, 0.22, 0.32, -40.1, -1, -0.7, 8, "open", 31),
    ("US10Y", "Context", 4.295, 1.55, 3.1, 4.4, 2.9, -73.1, 2, 3.5, 20, "closed", 245),
    ("USDJPY", "Context", 158.14, 0.05, -0.6, 0.9, 0.8, -2.3, 1, 0.1, 30, "open", 8),
    ("IWM", "ETFs", 262.40, -1.2, 0.4, 5.5, 6.6, -1.2, -1, 4.7, 3, "closed", 244),
    ("SPY", "ETFs", 677.58, -2.0, -2.5, 0.4, -0.6, -2.5, -2, -0.5, 25, "closed", 246),
    ("QQQ", "ETFs", 608.06, -2.1, -2.9, -0.2, -1.0, -4.0, -2, -1.2, 23, "closed", 247),
    ("GLD", "ETFs", 437.23, 3.8, 3.4, 9.6, 9.9, 0.0, 1, 8.7, 71, "closed", 250),
    ("SLV", "ETFs", 85.06, 6.1, 10.8, 44.1, 32.0, 0.0, 3, 43.0, 99, "closed", 251),
    ("IBIT", "ETFs", 51.10, -4.6, -3.9, 0.9, 2.7, -29.0, -3, 0.0, 12, "closed", 252),
)


def rows() -> dict[str, Instrument]:
    """Return the table's rows and Bitcoin's."""
    config = load().instruments
    made = {"BTC": bitcoin()}
    for seed, row in enumerate(_ROWS):
        name, group, last, d1, d5, d20, ytd, high, run, versus, vol, session, old = row
        made[name] = Instrument(
            label=config[name].label,
            group=group,
            kind=config[name].kind,
            decimals=config[name].decimals,
            series=f"yahoo:{config[name].yahoo}",
            note=config[name].note,
            last=last,
            previous_close=last / (1 + d1 / 100),
            time=NOW - timedelta(seconds=old + 1),
            received=NOW - timedelta(seconds=old),
            age_s=float(old),
            state="closed"
            if session == "closed"
            else "delayed"
            if session == "open" and name in ("GOLD", "SILVER")
            else "live",
            session="open" if session == "open" else "closed",
            confirmed=date(2026, 1, 16),
            returns={"1": d1 / 100, "5": d5 / 100, "20": d20 / 100, "ytd": ytd / 100},
            vs_btc20=versus / 100,
            streak=Streak(
                close=run, candle=run, boundary="session", running=1 if session == "open" else None
            ),
            high=High(
                record_close=high == 0 and name in ("GOLD", "SILVER"),
                provisional_record=high == 0,
                from_high=high / 100,
                history_start=date(2000, 8, 30),
            ),
            volatility=Volatility(cc30=0.18, percentile_all=vol / 100),
            sparkline=path(last / (1 + d20 / 100 * 3), last, 90, seed + 1),
        )
    return made


def bitcoin(last: float = 89_734.12) -> Instrument:
    """Return Bitcoin's row with five venues, one of them silent."""

    def venue(
        off: float, old: float, used: bool = True, reason: str = "", currency: str = "USD"
    ) -> Venue:
        return Venue(
            currency=currency, price=last * (1 + off / 1e4), usd=last * (1 + off / 1e4),
            age_s=old, deviation_bp=off, used=used, reason=reason,
        )  # fmt: skip

    early = path(110_000, 94_000, 60, 7)
    late = path(93_000, last, 30, 9)
    return Instrument(
        label="Bitcoin",
        group="Crypto",
        kind="crypto",
        decimals=2,
        series="composite",
        last=last,
        previous_close=92_560.0,
        time=NOW,
        received=NOW,
        age_s=0.2,
        state="live",
        session="24/7",
        confirmed=date(2026, 1, 19),
        returns={"1": -0.0311, "5": -0.061, "20": 0.009, "ytd": 0.027},
        streak=Streak(
            candle=-6, close=-6, boundary="UTC", provisional=-7, running=-1, per_year=1.3
        ),
        high=High(from_high=-0.29, history_start=date(2014, 9, 17)),
        volatility=Volatility(cc30=0.31, annualised=365, percentile_all=0.11, percentile_1y=0.05),
        sparkline=(*early, *late),
        composite=last,
        venues={
            "coinbase": venue(1.2, 0.2),
            "kraken": venue(-0.8, 0.4),
            "bitstamp": venue(0.3, 1.1),
            "binance": venue(-1.4, 0.1, currency="USDT"),
            "okx": venue(0.0, 12.0, used=False, reason="stale 12 s", currency="USDT"),
        },
        usdt_premium_bp=2.0,
        spread_bp=2.6,
        change_24h=-0.0311,
        change_ny=-0.0209,
        boundaries={"UTC": -6, "NY16": -4, "local": -3},
        wall=Wall(
            level=100_000.0,
            closes_below=69,
            last_close_above=date(2025, 11, 12),
            touches=1,
            distance=0.114,
        ),
    )


def point(ratio: float, momentum: float, *tail: tuple[float, float]) -> RotationPoint:
    return RotationPoint(ratio=ratio, momentum=momentum, tail=tail)


def claim(text: str, verdict: Verdict, evidence: str) -> Claim:
    return Claim(id=text, text=text, verdict=verdict, evidence=evidence)


def reading(**changes: object) -> Reading:
    """Return a full Reading in alert, as of NOW."""
    made = rows()
    groups: dict[str, list[str]] = {}
    for row in _ROWS:
        groups.setdefault(row[1], []).append(row[0])
    sessions = [date(2026, 1, 16) - timedelta(days=day) for day in range(89, -1, -1)]
    weeks = [date(2026, 1, 14) - timedelta(weeks=week) for week in range(59, -1, -1)]
    full = Reading(
        as_of=NOW,
        source="live",
        session=Session(
            date=date(2026, 1, 16), state="closed", next_open=NOW + timedelta(hours=17, minutes=25)
        ),
        instruments=made,
        groups={group: tuple(names) for group, names in groups.items()},
        relative_streaks={
            "RUT/SPX": RelativeStreak(
                streak=12, lead_pp=8.1, since=date(2026, 1, 2), breaker=2598.4, rank=5,
                history_start=date(1987, 9, 10),
            )
        },
        correlation={
            f"BTC/{name}": Correlation(d60=CorrelationWindow(r=0.5 - n / 12, n=60))
            for n, name in enumerate(made)
        },
        rotation=Rotation(label="rotation", since=date(2026, 1, 6)),
        rotation_map={
            "RUT": point(101.6, 100.9, (100.4, 101.2), (101.0, 101.3)),
            "GOLD": point(101.9, 101.7, (101.2, 100.8)),
            "STAR50": point(100.8, 101.1),
            "BTC": point(98.6, 99.1, (98.9, 99.9)),
            "IXIC": point(99.5, 98.9),
        },
        liquidity=Liquidity(
            net=5801.0, as_of=date(2026, 1, 14), change_4w=177.0, change_13w=-60.0, qt_pace=26.0,
            qt_state="expanding", walcl=6582.0, tga=779.0, rrp=3.0,
            fed_rate=Rate(level=0.0364),
            boj_rate=Rate(level=0.0075, last_change=date(2025, 12, 19)),
            history=tuple(zip(weeks, path(6250, 5801, 60, 3, 0.01), strict=True)),
        ),
        abc=Abc(
            score=74.8, plus_minus=5.0, provisional=76.1, state="alert", since=date(2026, 1, 8),
            sessions=9, coverage=1.0, confidence=0.95, quadrant="BTC lags",
            components={
                "rel20": Component(value=0.468, weight=0.25, contribution=11.7),
                "rel60": Component(value=0.915, weight=0.20, contribution=18.3),
                "breadth20": Component(value=0.61, weight=0.20, contribution=12.2),
                "highs": Component(value=1.0, weight=0.15, contribution=15.0),
                "ddgap": Component(value=0.88, weight=0.20, contribution=17.6),
            },
            flips=(
                Flip(state="watch", instrument="BTC", price=97_400.0, above=True),
                Flip(state="watch", instrument="RUT", price=2566.0, above=False),
            ),
            history=tuple(
                (day, score, "alert" if score >= 70 else "watch" if score >= 50 else "calm")
                for day, score in zip(sessions, path(42, 74.8, 90, 5, 0.05), strict=True)
            ),
        ),
        catchup=(Catchup(target="the basket", anchor="YTD", price=103_900.0),),
        claims=(
            claim("BTC six red candles in a row", "only-under", "UTC only"),
            claim("RUT beats SPX 11 sessions running", "true", "12 now"),
            claim("small caps rose 11 days", "false", "fell 7, 13 Jan"),
            claim("BTC volatility at a record low", "false", "11th pct"),
            claim("BTC leads", "cannot-tell", "no lead found"),
        ),
        sentence=Sentence(
            en="Everything but crypto: gold and silver at record closes, RUT ahead of SPX "
            "12 sessions running; BTC 29 % under its 1-year high."
        ),
        sources=sources(),
    )  # fmt: skip
    return msgspec.structs.replace(full, **changes)


def sources() -> dict[str, SourceHealth]:
    """Return the health of seven sources, one of them retrying."""
    at = NOW.timestamp()
    made = [
        SourceHealth(name, "exchange", "ok", at - 900, last_data=at, latency_ms=40.0)
        for name in ("coinbase", "kraken", "bitstamp", "binance")
    ]
    made.append(
        SourceHealth(
            "okx", "exchange", "retrying", at - 12, "silent 30 s", at - 42, at + 4, reconnects=2
        )
    )
    made.append(SourceHealth("yahoo", "poll", "ok", at - 900, last_data=at - 8, next_try=at + 12))
    made.append(SourceHealth("fred", "poll", "ok", at - 900, last_data=at - 60, next_try=at + 3540))
    return {source.name: source for source in made}


def event(text: str, seconds_ago: float = 0.0, severity: str = "notice") -> Event:
    """Return an event that many seconds before NOW."""
    return Event(NOW.timestamp() - seconds_ago, "test", "BTC", text, severity)  # type: ignore[arg-type]  # tests pass the literals


def alert(number: int = 0, **changes: object) -> Alert:
    """Return an alert as the desk makes them, `number` hours before NOW."""
    at = NOW - timedelta(hours=number, seconds=270)
    made = Alert(
        id=f"{number:032x}",
        rule="abc",
        kind="abc_state",
        subject="ABC",
        severity="alert",
        time=at.timestamp(),
        as_of=at + timedelta(seconds=2),
        source="live",
        title="ABC watch → alert, score 75 ±5",
        text="On the close of 20 January 2026.",
        session=date(2026, 1, 20),
        since=date(2026, 1, 8),
        value="alert",
        was="watch",
        evidence="20-session gap 12, breadth 12; coverage 100%, confidence 95%",
        contributions={"rel20": 11.7, "rel60": 18.3, "breadth20": 12.2, "highs": 15, "ddgap": 17.6},
        base_rate="60 sessions after earlier ones: BTC was higher in 44% of n = 9, mean -2.1%"
        " (any session: 58%).",
        n=9,
    )
    return msgspec.structs.replace(made, **changes)


ALERTS = (
    alert(
        30, rule="records", kind="record", subject="GOLD", severity="info", value=1.0, was=None,
        title="GOLD: record close 4,759.60", evidence="Data since 2000", contributions={},
        base_rate="", n=None,
    ),
    alert(
        3, rule="btc-move", kind="move", subject="BTC", severity="notice", value=-0.0534, was=None,
        title="BTC -5.3% in 24 hours (provisional: the bar is not closed)", provisional=True,
        evidence="The limit is 5.0%", contributions={}, base_rate="", n=None, since=None,
    ),
    alert(),
)  # fmt: skip


def track(name: str = "RUT", **changes: object) -> Track:
    """Return runs and records of forty years, and a fall that goes on, invented."""
    bars = tuple(range(61))
    ends = date(2026, 1, 16)

    def run(length: int, rank: int, year: int, **more: Any) -> Run:
        plain = {"start": date(year, 2, 1), "end": date(year, 2, abs(length))}
        return Run(**{**plain, **more}, length=length, rank=rank, before=100.0,
                   after=100.0 + length)  # fmt: skip

    def runs(kind: RunKind) -> Runs:
        return Runs(
            kind=kind,
            current=-2,
            rises=(run(21, 1, 1988), run(15, 2, 2016), run(15, 2, 1996, cut=True)),
            falls=(run(-11, 1, 1998), run(-2, 900, 2026, start=date(2026, 1, 15), end=ends,
                                          running=True)),
            reached=((2000, 2000), (1000, 900), (500, 400), (200, 100), (9, 1)),
        )  # fmt: skip

    made = Track(
        instrument=name,
        name=f"yahoo:^{name}",
        boundary="session",
        first=date(1987, 9, 10),
        last=ends,
        years=38.35,
        runs=(runs("close"), runs("candle")),
        records=Records(
            since=date(1988, 9, 10),
            count=587,
            last=date(2025, 10, 20),
            days_since=88,
            runs=(
                RecordRun(first=date(2025, 9, 18), last=date(2025, 10, 20), count=6,
                          before=2442.0, after=2520.0),
                RecordRun(first=date(2021, 11, 2), last=date(2021, 11, 2), count=1,
                          before=2360.0, after=2442.0),
            ),
            clusters=46,
            falls=(
                Fall(peak=date(2025, 10, 20), trough=date(2026, 1, 5), recovered=None,
                     depth=-0.25, days=88, rank=3),
                Fall(peak=date(2007, 7, 13), trough=date(2009, 3, 9),
                     recovered=date(2011, 4, 27), depth=-0.599, days=1384, rank=1),
                Fall(peak=date(1990, 1, 2), trough=date(1990, 10, 31),
                     recovered=date(1991, 2, 11), depth=-0.27, days=405, rank=2),
            ),
            twin=Twin(
                bar=bars,
                path=tuple(-0.20 * bar / 60 for bar in bars),
                low=tuple(-0.3 if bar <= 40 else None for bar in bars),
                middle=tuple(-0.2 if bar <= 40 else None for bar in bars),
                high=tuple(-0.1 if bar <= 40 else None for bar in bars),
                n=tuple(2 if bar <= 40 else 1 for bar in bars),
            ),
        ),
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def race(anchor: str = "YTD", **changes: object) -> Race:
    """Return a race since the last close of 2025 in which every row has gone as its YTD says."""
    made = rows()
    since = date(2025, 12, 31)
    days = tuple((since - date(1970, 1, 1)).days + n for n in (0, 2, 5, 6, 7, 8, 9, 12, 13, 16))
    lanes = []
    for seed, (name, row) in enumerate(made.items()):
        gone, last = row.returns.get("ytd"), row.last
        assert gone is not None
        assert last is not None
        lanes.append(
            Lane(
                instrument=name,
                day=since,
                base=last / (1 + gone),
                path=(1.0, *path(1.0, 1 + gone, 9, seed, 0.01)),
            )
        )
    told = Race(anchor=anchor, since=since, days=days, lanes=tuple(lanes))
    return msgspec.structs.replace(told, **changes)


def hello(**changes: object) -> Hello:
    said = Hello(program="divmon 0", pid=1, source="live", simulated=False, now=NOW)
    return msgspec.structs.replace(said, **changes)


_CLOSED = bitcoin().sparkline[:-1]


def tick(last: float, seconds: float) -> Quotes:
    """Return the frame that moves Bitcoin to `last`, `seconds` after NOW."""
    at = NOW + timedelta(seconds=seconds)
    row = bitcoin(last)
    change = last / 92_615.0 - 1
    moved = msgspec.structs.replace(
        row, received=at, time=at, change_24h=change, change_ny=change + 0.01,
        sparkline=(*_CLOSED, last),
    )  # fmt: skip
    return Quotes(as_of=at, instruments={"BTC": moved}, abc_provisional=76.1)


@dataclass
class ScriptedFeed:
    """A feed that plays a list and takes more from `push`; an exception in it is raised."""

    script: Iterable[Frame | Exception] = ()
    name: str = "scripted"
    sent: list[Command] = field(default_factory=list)
    reconfigured: list[Settings] = field(default_factory=list)
    closed: bool = False

    def __post_init__(self) -> None:
        self._waiting: asyncio.Queue[Frame | Exception] = asyncio.Queue()
        for step in self.script:
            self._waiting.put_nowait(step)

    @property
    def waiting(self) -> bool:
        """Whether there is a frame that nobody has taken yet."""
        return not self._waiting.empty()

    def push(self, frame: Frame | Exception) -> None:
        self._waiting.put_nowait(frame)

    async def frames(self) -> AsyncIterator[Frame]:
        while True:
            step = await self._waiting.get()
            if isinstance(step, Exception):
                raise step
            yield step

    async def send(self, command: Command) -> None:
        self.sent.append(command)

    async def reconfigure(self, settings: Settings) -> None:
        self.reconfigured.append(settings)

    async def aclose(self) -> None:
        self.closed = True
