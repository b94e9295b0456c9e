"""The user's own claims: each kind against a direct count, and every wrong one told."""

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as example
from hypothesis import strategies as st

from divmon.errors import SettingsError
from divmon.indicators.series import Daily, History
from divmon.market.sessions import sessions
from divmon.reading.assess import assess
from divmon.reading.claims import reaches
from divmon.reading.live import Live
from divmon.reading.model import Claim, Reading
from divmon.reading.own_claims import describe
from divmon.settings import ClaimSettings, Settings, from_text, load
from divmon.settings_claims import TEXT, USES
from tests.history import END, daily, reference
from tests.reading.market import small

NAMES = ("BTC", "RUT", "SPX", "GOLD")


def setting(*claims: ClaimSettings, base: Settings | None = None) -> Settings:
    named = {f"c{at}": claim for at, claim in enumerate(claims)}
    return msgspec.structs.replace(base or small(NAMES), claims=named)


def told(claim: ClaimSettings, history: History | None = None) -> Claim:
    """Return the verdict on one claim, as a whole Reading holds it."""
    found: Reading = assess(history or only_small(), Live("csv:x"), setting(claim), END)
    (own,) = [each for each in found.claims if each.id.startswith("own-")]
    assert own.id == "own-c0"
    return own


def only_small() -> History:
    return History({name: reference().daily[name] for name in NAMES})


def prices(*closes: float, name: str = "RUT") -> Daily:
    """Return bars that end on the last session before END, one a session."""
    days = [day for day in sessions("XNYS").days if day * 86_400 < END][-len(closes) :]
    return daily(name, days, closes)


def rut(*closes: float) -> History:
    return History({"RUT": prices(*closes)})


@pytest.mark.parametrize(
    ("closes", "claim", "verdict", "evidence"),
    [
        ((1, 2, 3, 4), {"length": 3}, "true", "+3"),
        ((1, 2, 3, 4), {"length": 4}, "false", "+3"),
        ((4, 3, 2, 1), {"length": 3, "direction": "down"}, "true", "-3"),
        ((4, 3, 2, 1), {"length": 3}, "false", "-3"),
        ((1, 2, 2), {"length": 1}, "false", "+0"),
        ((1, 2), {"length": 1, "basis": "candle"}, "cannot-tell", "no candles"),
    ],
)
def test_streak(
    closes: tuple[float, ...], claim: dict[str, Any], verdict: str, evidence: str
) -> None:
    found = told(ClaimSettings(kind="streak", on="RUT", **claim), rut(*closes))
    assert (found.verdict, found.evidence) == (verdict, evidence)


@pytest.mark.parametrize(
    ("closes", "verdict", "evidence"),
    [
        ((1, 3, 4), "true", "+0.0 % from the highest close"),
        ((1, 4, 4), "false", "+0.0 % from the highest close"),
        ((1, 4, 3), "false", "-25.0 % from the highest close"),
    ],
)
def test_record(closes: tuple[float, ...], verdict: str, evidence: str) -> None:
    claim = ClaimSettings(kind="record", on="RUT")
    found = told(claim, rut(*[1.0] * 300, *closes))
    assert (found.verdict, found.evidence) == (verdict, evidence)
    assert found.window.startswith("data from 2024-")
    # in less than a year of data everything is a record
    assert told(claim, rut(*closes)).verdict == "cannot-tell"


@pytest.mark.parametrize(
    ("window", "least", "verdict", "evidence"),
    [
        ("1", 0.09, "true", "+10.0 %"),
        ("1", 0.11, "false", "+10.0 %"),
        ("3", 0.2, "true", "+37.5 %"),  # a window that the Reading has no column for
        ("9", 0.2, "cannot-tell", "not enough bars"),
        ("mtd", -0.5, "cannot-tell", "not enough bars"),
    ],
)
def test_return(window: str, least: float, verdict: str, evidence: str) -> None:
    claim = ClaimSettings(kind="return", on="RUT", window=window, at_least=least)
    found = told(claim, rut(80, 90, 100, 110))
    assert (found.verdict, found.evidence) == (verdict, evidence)


def test_return_is_that_of_the_row() -> None:
    history = only_small()
    closes = history.daily["RUT"].close
    for window in ("20", "33", "60"):
        change = float(closes[-1] / closes[-1 - int(window)] - 1)
        for least, verdict in ((change, "true"), (change + 1e-6, "false")):
            claim = ClaimSettings(kind="return", on="RUT", window=window, at_least=least)
            assert told(claim).verdict == verdict


def test_percentile_of_volatility() -> None:
    found = assess(only_small(), Live("csv:x"), small(NAMES), END)
    share = found.instruments["BTC"].volatility.percentile_all
    year = found.instruments["BTC"].volatility.percentile_1y
    assert share is not None
    assert year is not None
    for window, value in (("all", share), ("20", share), ("1y", year)):
        for most, verdict in ((value, "true"), (value - 1e-6, "false")):
            claim = ClaimSettings(kind="percentile", on="BTC", window=window, at_most=most)
            assert told(claim).verdict == verdict
    short = ClaimSettings(kind="percentile", on="RUT", at_most=0.1)
    assert told(short, rut(1, 2, 3)).verdict == "cannot-tell"


@pytest.mark.parametrize(
    ("closes", "level", "length", "verdict", "evidence"),
    [
        ((9, 10, 9, 8), 10, 2, "true", "2 closes under 10"),
        ((9, 10, 9, 8), 10, 3, "false", "2 closes under 10"),
        ((9, 10), 10, 1, "false", "0 closes under 10"),
        ((7, 8, 9), 10, 3, "true", "at least 3 closes under 10"),
        ((7, 8, 9), 10, 5, "cannot-tell", "at least 3 closes under 10"),
    ],
)
def test_below(
    closes: tuple[float, ...], level: float, length: int, verdict: str, evidence: str
) -> None:
    claim = ClaimSettings(kind="below", on="RUT", level=level, length=length)
    found = told(claim, rut(*closes))
    assert (found.verdict, found.evidence) == (verdict, evidence)


def test_beats() -> None:
    history = History({"RUT": prices(10, 11, 13, 16), "SPX": prices(10, 10, 10, 10, name="SPX")})
    claim = ClaimSettings(kind="beats", on="RUT", other="SPX", length=3)
    found = told(claim, history)
    assert (found.verdict, found.evidence) == ("true", "+3 since 2025-06-26, +60.0 pp")
    longer = msgspec.structs.replace(claim, length=4)
    assert told(longer, history).verdict == "false"
    other = ClaimSettings(kind="beats", on="SPX", other="RUT", length=1)
    assert told(other, history).evidence == "-3 since 2025-06-26, -60.0 pp"
    assert told(claim, rut(1, 2, 3)).evidence == "no common sessions"


@example(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 20), min_size=2, max_size=40), st.integers(1, 20))
def test_below_is_a_plain_count(values: list[int], level: int) -> None:
    claim = ClaimSettings(kind="below", on="RUT", level=float(level), length=1)
    found = told(claim, rut(*map(float, values)))
    n = 0
    while n < len(values) and values[-1 - n] < level:
        n += 1
    assert found.evidence.endswith(f"{n} closes under {level}")
    assert found.verdict == ("true" if n else "false")


def test_an_instrument_without_bars_cannot_be_told() -> None:
    for claim in complete():
        found = told(msgspec.structs.replace(claim, on="BTC"), rut(1, 2, 3))
        assert (found.verdict, found.evidence, found.as_of) == ("cannot-tell", "no history", None)


def complete() -> tuple[ClaimSettings, ...]:
    """Return one claim of each kind."""
    return (
        ClaimSettings(kind="streak", on="GOLD", length=5),
        ClaimSettings(kind="record", on="GOLD"),
        ClaimSettings(kind="return", on="GOLD", at_least=0.1),
        ClaimSettings(kind="percentile", on="GOLD", at_most=0.05),
        ClaimSettings(kind="below", on="GOLD", level=100_000.0, length=60),
        ClaimSettings(kind="beats", on="GOLD", other="SPX", length=5),
    )


def test_texts_are_made_or_taken_and_fit_a_panel() -> None:
    assert {claim.kind for claim in complete()} == set(USES)
    for claim in complete():
        assert 0 < len(describe(claim)) <= TEXT
        assert told(claim).text == describe(claim)
        assert told(msgspec.structs.replace(claim, text="as they say")).text == "as they say"


def test_own_claims_stand_after_the_ones_that_ship() -> None:
    plain = assess(only_small(), Live("csv:x"), small(NAMES), END).claims
    own = assess(only_small(), Live("csv:x"), setting(*complete()), END).claims
    assert own[: len(plain)] == plain
    assert len(own) == len(plain) + len(complete())


def test_a_running_bar_decides_nothing() -> None:
    history = rut(1, 2, 3, 4)
    bars = history.daily["RUT"]
    running = np.append(bars.day, bars.day[-1] + 1)
    longer = History({"RUT": daily("RUT", running, [*bars.close, 1.0])})
    claim = ClaimSettings(kind="streak", on="RUT", length=3)
    assert told(claim, longer) == told(claim, history)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('on = "RUT"', "kind is missing; it is one of streak, record,"),
        ('kind = "strike"', "did you mean"),
        ('kind = "streak"', 'on is missing; kind = "streak" needs it'),
        ('kind = "streak"\non = "RUTT"', "did you mean 'RUT'?"),
        ('kind = "streak"\non = "RUT"\nlength = 0', "length = 0 must be at least 1"),
        ('kind = "streak"\non = "RUT"\nlevel = 5', 'kind = "streak" has no level'),
        ('kind = "streak"\non = "RUT"\nbasis = "intraday"', "must be close or candle"),
        ('kind = "record"\non = "RUT"\nbasis = "candle"', "must be close or intraday"),
        ('kind = "return"\non = "RUT"', "at_least is missing"),
        ('kind = "return"\non = "RUT"\nat_least = 15\nwindow = "0"', 'from "1" to "2520"'),
        ('kind = "return"\non = "RUT"\nat_least = -1.5', "must be a fraction: 0.15 is 15 %"),
        ('kind = "return"\non = "RUT"\nat_least = nan', "must be a finite number"),
        ('kind = "percentile"\non = "RUT"\nat_most = 5', "0.05 is the 5th percentile"),
        ('kind = "percentile"\non = "RUT"\nat_most = 0.1\nwindow = "5y"', "one of 1y, all"),
        ('kind = "below"\non = "BTC"\nlevel = 0', "must be a price above 0"),
        ('kind = "beats"\non = "RUT"', "other is missing"),
        ('kind = "beats"\non = "RUT"\nother = "RUT"', "is the same as on"),
        ('kind = "record"\non = "RUT"\ntext = "' + "x" * 41 + '"', "a panel has room for 40"),
        ('kind = "record"\non = "RUT"\ntext = "a\\u001b[2J"', "control characters"),
        ('kind = "record"\non = "RUT"\nwidth = 3', "unknown key 'width'"),
    ],
)
def test_a_wrong_claim_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        from_text(f"[claims.mine]\n{text}\n", "config.toml")
    assert said in str(caught.value)
    assert str(caught.value).startswith("config.toml, line ")


def test_a_name_that_no_key_can_hold_is_told() -> None:
    with pytest.raises(SettingsError, match="at most 32 letters"):
        from_text('[claims."a b"]\nkind = "record"\non = "RUT"\n', "config.toml")


def test_the_settings_of_each_kind_are_read_back() -> None:
    lines = []
    for at, claim in enumerate(complete()):
        lines.append(f"[claims.c{at}]")
        for key, value in msgspec.structs.asdict(claim).items():
            if value != getattr(ClaimSettings(), key):
                lines.append(f"{key} = {msgspec.json.encode(value).decode()}")
    assert from_text("\n".join(lines), "config.toml").claims == setting(*complete()).claims
    assert load().claims == {}


def test_a_gain_of_just_so_much_is_one() -> None:
    assert 1495 / 1300 - 1 < 0.15  # in binary
    assert reaches(1495 / 1300 - 1, 0.15)
    assert not reaches(0.1499, 0.15)
