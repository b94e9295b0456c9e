"""The Reading, schema divmon.reading/1: everything divmon knows at one moment.

Frozen and complete: the screen, `snapshot --format json`, the alerts and the link
carry this object and nothing else. Light on purpose (msgspec and the standard
library only), since an attached screen imports it and nothing heavier.

Units: fractions, not percents; prices in the instrument's own currency; ages in
seconds; times in UTC. None where a value is missing, never 0. Correlations, z-scores
and scores are plain. Values of running bars stand in fields named `provisional`.
"""

from datetime import date as Date  # noqa: N812 (a field of Session is named date)
from datetime import datetime
from typing import Literal

from msgspec import Struct, field

from divmon.market.events import SourceHealth

SCHEMA = "divmon.reading/1"

ValueState = Literal["live", "delayed", "closed", "stale", "missing", "simulated"]
SessionState = Literal["open", "closed", "24/7"]
AbcState = Literal["calm", "watch", "alert", "unknown"]
Verdict = Literal["true", "false", "only-under", "cannot-tell"]
Values = dict[str, float | None]


class Session(Struct, frozen=True, kw_only=True):
    """The XNYS session that the master grid ends on."""

    date: Date | None = None  # last completed session
    state: SessionState = "closed"
    next_open: datetime | None = None
    next_close: datetime | None = None


class Streak(Struct, frozen=True, kw_only=True):
    """Signed lengths of runs: +3 three up, -2 two down, 0 none or a tie."""

    candle: int | None = None
    close: int | None = None
    boundary: str = ""  # whose day: "UTC", "session", "New York close"
    tie: Literal["break", "skip"] = "break"
    provisional: int | None = None  # the candle streak if the running bar closed now
    running: int | None = None  # sign of the running bar: +1, 0, -1; None: none runs
    per_year: float | None = None  # candle runs this long or longer, a year, in all history
    close_per_year: float | None = None  # the same of the close-to-close runs
    broken_by: Date | None = None  # a session missing inside the run: it is "at least"


class High(Struct, frozen=True, kw_only=True):
    """Records and drawdown, over the history that begins at `history_start`."""

    record_close: bool | None = None
    record_intraday: bool | None = None
    provisional_record: bool | None = None  # the running price is above every earlier close
    from_high: float | None = None
    bars_since_high: int | None = None
    from_52w: float | None = None
    history_start: Date | None = None
    drawdown: float | None = None
    underwater_bars: int | None = None


class Volatility(Struct, frozen=True, kw_only=True):
    """Annualised 30-bar volatility; `annualised` is the factor A, 365 or 252."""

    cc30: float | None = None
    parkinson30: float | None = None
    gk30: float | None = None
    rs30: float | None = None
    yz30: float | None = None
    annualised: int = 252
    percentile_1y: float | None = None
    percentile_all: float | None = None
    record_low: bool | None = None


class Venue(Struct, frozen=True, kw_only=True):
    """One exchange's part in the composite. `price` is as traded, `usd` converted."""

    currency: str
    price: float | None = None
    usd: float | None = None
    age_s: float | None = None
    time: datetime | None = None
    deviation_bp: float | None = None
    used: bool = False
    reason: str = ""  # why it is not used: "stale 12 s", "62 bp off", "blocked here"


class Wall(Struct, frozen=True, kw_only=True):
    """A price level from below."""

    level: float
    closes_below: int | None = None
    last_close_above: Date | None = None
    touches: int | None = None
    touch_dates: tuple[Date, ...] = ()
    pierced: bool | None = None
    distance: float | None = None  # level / close - 1
    sigmas: float | None = None
    closest: float | None = None  # highest high since / level - 1


class Instrument(Struct, frozen=True, kw_only=True):
    """One row. BTC alone fills the last block."""

    label: str = ""
    group: str = ""
    kind: str = ""  # crypto, index, etf, future, rate, fx, volatility
    decimals: int = 2
    series: str = ""  # what is really shown, "yahoo:588000.SS" when a fallback serves
    note: str = ""  # "COMEX front month", "fallback ETF for 000688.SS"
    last: float | None = None
    previous_close: float | None = None
    time: datetime | None = None  # the venue's stamp of `last`
    received: datetime | None = None
    age_s: float | None = None
    state: ValueState = "missing"
    session: SessionState | None = None
    confirmed: Date | None = None  # the bar that the confirmed values end on ...
    close: float | None = None  # ... and its close
    missing_sessions: tuple[Date, ...] = ()
    returns: Values = field(default_factory=dict)  # 1 5 20 60 120 mtd ytd year; the last price's
    confirmed_returns: Values = field(default_factory=dict)
    vs_btc20: float | None = None  # 20-session return minus BTC's on the master grid
    streak: Streak = field(default_factory=Streak)
    high: High = field(default_factory=High)
    volatility: Volatility = field(default_factory=Volatility)
    sparkline: tuple[float, ...] = ()  # up to 90 closes, oldest first, the running price last
    composite: float | None = None
    venues: dict[str, Venue] = field(default_factory=dict)
    usdt_premium_bp: float | None = None
    spread_bp: float | None = None  # highest less lowest used venue
    change_24h: float | None = None
    change_ny: float | None = None  # since the last New York close
    boundaries: dict[str, int | None] = field(default_factory=dict)
    wall: Wall | None = None


class RelativeStreak(Struct, frozen=True, kw_only=True):
    """Consecutive common sessions in which the first beat the second."""

    streak: int | None = None
    lead_pp: float | None = None  # over the run, in percentage points
    since: Date | None = None
    breaker: float | None = None  # the first one's price at which the run ends now
    provisional: int | None = None
    rank: int | None = None  # 1 = longest of this sign in all history
    broken_by: Date | None = None  # a session missing before the run: it is "at least"
    history_start: Date | None = None


class CorrelationWindow(Struct, frozen=True, kw_only=True):
    r: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0


class Break(Struct, frozen=True, kw_only=True):
    z: float | None = None
    flag: bool | None = None


class Correlation(Struct, frozen=True, kw_only=True):
    d20: CorrelationWindow = field(default_factory=CorrelationWindow, name="20")
    d60: CorrelationWindow = field(default_factory=CorrelationWindow, name="60")
    d90: CorrelationWindow = field(default_factory=CorrelationWindow, name="90")
    ewma94: float | None = None
    break_: Break = field(default_factory=Break, name="break")


class BetaGap(Struct, frozen=True, kw_only=True):
    betas: Values = field(default_factory=dict)
    r2: float | None = None
    expected: float | None = None
    actual: float | None = None
    gap: float | None = None
    z: float | None = None
    shown: bool = False


class Dispersion(Struct, frozen=True, kw_only=True):
    value: float | None = None
    percentile: float | None = None
    btc_rank: int | None = None


class Rotation(Struct, frozen=True, kw_only=True):
    label: str | None = None
    since: Date | None = None
    inputs: Values = field(default_factory=dict)


class RotationPoint(Struct, frozen=True, kw_only=True):
    ratio: float | None = None
    momentum: float | None = None
    quadrant: str | None = None
    tail: tuple[tuple[float, float], ...] = ()


class LeadLag(Struct, frozen=True, kw_only=True):
    lags: Values = field(default_factory=dict)
    band: float | None = None
    peak: int | None = None
    verdict: str = ""


class Rate(Struct, frozen=True, kw_only=True):
    """A policy rate and its last change, both as fractions: 3.64 % is 0.0364."""

    level: float | None = None
    as_of: Date | None = None
    last_change: Date | None = None
    change: float | None = None
    series: str = ""


class Liquidity(Struct, frozen=True, kw_only=True):
    """USD billions; the pace is per month."""

    net: float | None = None
    as_of: Date | None = None
    change_4w: float | None = None
    change_13w: float | None = None
    qt_pace: float | None = None
    qt_state: str | None = None
    walcl: float | None = None
    tga: float | None = None
    rrp: float | None = None
    fed_rate: Rate = field(default_factory=Rate)
    boj_rate: Rate = field(default_factory=Rate)
    history: tuple[tuple[Date, float], ...] = ()


class Component(Struct, frozen=True, kw_only=True):
    value: float | None = None  # 0-1, clipped
    weight: float
    contribution: float | None = None  # points of the score


class Flip(Struct, frozen=True, kw_only=True):
    """One variable, the others held, at which the state would begin to change."""

    state: AbcState
    instrument: str
    price: float
    above: bool


class Abc(Struct, frozen=True, kw_only=True):
    as_of: Date | None = None  # the session that all but `provisional` is of
    score: float | None = None
    plus_minus: float | None = None
    provisional: float | None = None
    state: AbcState = "unknown"
    since: Date | None = None
    sessions: int | None = None  # in this state
    coverage: float | None = None
    confidence: float | None = None
    components: dict[str, Component] = field(default_factory=dict)
    quadrant: str | None = None
    gap20: float | None = None
    gap60: float | None = None
    z_trad: Values = field(default_factory=dict)  # "20", "60"
    z_btc: Values = field(default_factory=dict)
    flips: tuple[Flip, ...] = ()
    history: tuple[tuple[Date, float | None, AbcState], ...] = ()  # last 90 sessions
    uses: dict[str, str] = field(default_factory=dict)  # GOLD -> "GLD"
    missing: tuple[str, ...] = ()


class JanuaryRule(Struct, frozen=True, kw_only=True):
    years: tuple[int, ...] = ()
    near: tuple[int, ...] = ()
    kept: tuple[int, ...] = ()
    current_lead_pp: float | None = None
    qualifies: bool | None = None
    history_start: Date | None = None


class Precedents(Struct, frozen=True, kw_only=True):
    january: JanuaryRule = field(default_factory=JanuaryRule)


class Claim(Struct, frozen=True, kw_only=True):
    id: str
    text: str
    verdict: Verdict
    evidence: str = ""
    window: str = ""
    as_of: Date | None = None


class Record(Struct, frozen=True, kw_only=True):
    """One line of the ledger."""

    metric: str
    value: float
    rank: int
    n: int
    last_equal: Date | None = None
    text: str = ""


class Catchup(Struct, frozen=True, kw_only=True):
    """What BTC must trade at to match `target` since `anchor`."""

    target: str
    anchor: str
    since: Date | None = None
    price: float | None = None


class Sentence(Struct, frozen=True, kw_only=True):
    en: str = ""
    ja: str = ""


class Reading(Struct, frozen=True, eq=False, kw_only=True, tag="reading", tag_field="frame"):
    """Everything, at `as_of`."""

    schema: str = SCHEMA
    as_of: datetime
    source: str
    simulated: bool = False
    warm: bool = False  # the last known board, painted before any source has answered
    banner: str = ""  # shown full width: SIMULATED and why
    session: Session = field(default_factory=Session)
    instruments: dict[str, Instrument] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)  # the table's own order
    relative_streaks: dict[str, RelativeStreak] = field(default_factory=dict)
    correlation: dict[str, Correlation] = field(default_factory=dict)
    beta_gap: BetaGap = field(default_factory=BetaGap)
    dispersion: Dispersion = field(default_factory=Dispersion)
    breadth20: float | None = None
    rotation: Rotation = field(default_factory=Rotation)
    rotation_map: dict[str, RotationPoint] = field(default_factory=dict)
    leadlag: dict[str, LeadLag] = field(default_factory=dict)
    liquidity: Liquidity = field(default_factory=Liquidity)
    abc: Abc = field(default_factory=Abc)
    precedents: Precedents = field(default_factory=Precedents)
    catchup: tuple[Catchup, ...] = ()
    claims: tuple[Claim, ...] = ()
    ledger: tuple[Record, ...] = ()
    sentence: Sentence = field(default_factory=Sentence)
    sources: dict[str, SourceHealth] = field(default_factory=dict)
    missing: tuple[str, ...] = ()  # what this Reading lacks, in words
