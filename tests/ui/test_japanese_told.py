"""What explains a value and what fires, in Japanese: every text that the engine can make of it."""

import re
from collections.abc import Iterator, Sequence
from datetime import date

import msgspec
import pytest

from divmon.alerts.cards import card
from divmon.alerts.engine import Edge, Fired
from divmon.alerts.looks import Seen, Value
from divmon.alerts.model import Alert
from divmon.alerts.rules import Rule
from divmon.errors import SettingsError
from divmon.reading.claims import claims
from divmon.reading.explain import explain, keys
from divmon.reading.model import Break, Correlation, CorrelationWindow, Reading, Record
from divmon.reading.past import Followed
from divmon.settings import from_text
from divmon.settings_alerts import ROW_VALUES, TO, VALUES, WINDOWS
from divmon.ui import forms, i18n
from divmon.ui.changed import refusal
from divmon.ui.heard import heard, in_parts, names_of_values, retold
from tests import catalogues
from tests.alerts.days import Closes
from tests.alerts.readings import SETTINGS
from tests.ui import fixtures

FULL = msgspec.structs.replace(
    fixtures.reading(claims=claims(fixtures.reading())),
    simulated=True,
    ledger=tuple(
        Record(metric=name, value=1.0, rank=1, n=600, text=f"{text} sessions from 2023-07-03{tail}")
        for name, text, tail in (
            ("SILVER-BTC", "SILVER less BTC over 20 sessions +40.0 %: 8th highest of 640", ""),
            ("gap60", "basket less BTC over 60 sessions, σ 1.5: highest of 600", ""),
            ("dispersion", "dispersion of z-scores 1.2: lowest of 900",
             ", last as low on 2026-01-16"),
            ("breadth20", "share of the basket up and ahead of BTC +87.5 %: 62nd lowest of 700",
             ", last as high on 2025-12-30"),
            ("abc", "ABC score 74.75: 21st highest of 536", ""),
        )
    ),
)  # fmt: skip
EMPTY = Reading(as_of=fixtures.NOW, source="live")

# names: of series, sources, groups, inputs, options; and what formulas are written in
NAMES = {
    *catalogues.SIGNS, *fixtures.sources(), "rel", "vix", "hyg", "bad_tick", "usd_v", "ratio_t",
    "live", "Unix", "Crypto", "Parkinson", "Garman", "Klass", "Rogers", "Satchell", "Yang", "Zhang",
    "Theil", "Sen",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _japanese() -> Iterator[None]:
    i18n.use("ja")
    yield
    i18n.use("en")


def english(text: str, *names: str) -> list[str]:
    """Return the English words of a text, but for names; ids and keys are names."""
    for name in names:
        text = text.replace(name, "")
    words = re.findall(r"(?<![A-Za-z_:])[A-Za-z]*[a-z]{3,}[a-z_]*", text)
    return [word for word in words if word.rstrip("_") not in NAMES]


# -- what explains a value -----------------------------------------------------------


def codes(reading: Reading) -> list[str]:
    """Return what a Reading is looked up by: ids of claims, names of metrics."""
    return sorted(
        [each.id for each in reading.claims] + [each.metric for each in reading.ledger],
        key=len,
        reverse=True,
    )


@pytest.mark.parametrize("reading", [FULL, EMPTY], ids=["full", "empty"])
def test_every_explanation_is_japanese(reading: Reading) -> None:
    known = codes(reading)
    for key in keys(reading):
        if key.startswith("sentence"):  # told in each language
            continue
        story = explain(reading, key)
        told = retold(story, reading)
        texts = [told.title, told.words, told.symbols, told.source, told.window, told.shown]
        texts += [*told.notes, *(part.shown for part in told.inputs)]
        texts += [part.key for part in told.inputs]
        for text in texts:
            assert english(text, *known) == [], (key, text)
        # what the screen goes by stays
        assert [each.value for each in told.inputs] == [each.value for each in story.inputs]
        assert told.key == story.key


@pytest.mark.parametrize("reading", [FULL, EMPTY], ids=["full", "empty"])
def test_every_value_has_a_japanese_name(reading: Reading) -> None:
    named, known = names_of_values(reading), codes(reading)
    assert set(named) == set(keys(reading))
    for key, name in named.items():
        assert english(name, *known) == [], key


def test_venues_that_make_the_composite_are_told_apart() -> None:
    inputs = retold(explain(FULL, "instruments.BTC.composite"), FULL).inputs
    assert [each.key for each in inputs][:2] == [
        "BTC: 取引所のドル価格 coinbase",
        "BTC: 取引所のドル価格 kraken",
    ]


@pytest.mark.parametrize(
    ("key", "title", "note"),
    [
        ("abc.score", "ABCスコア（0-100）", None),
        ("instruments.RUT.last", "RUT: 最新価格", "状態: 閉場"),
        ("instruments.BTC.streak.provisional", "BTC: いま足が確定した場合の連続",
         "暫定: 形成中の足による"),
        ("catchup.YTD.the basket.price", "追いつく価格: バスケット, 年初来", None),
    ],
)  # fmt: skip
def test_titles_and_notes(key: str, title: str, note: str | None) -> None:
    told = retold(explain(FULL, key), FULL)
    assert told.title == title
    assert note is None or note in told.notes


def test_the_sentence_is_shown_as_it_is_told_in_each_language() -> None:
    story = explain(FULL, "sentence.en")
    assert retold(story, FULL).shown == FULL.sentence.en == in_parts(story.shown, "sentence.en")


def test_english_explanations_stay_as_they_are() -> None:
    i18n.use("en")
    story = explain(FULL, "abc.score")
    assert retold(story, FULL) is story
    assert names_of_values(FULL) == {}


# -- what fires ----------------------------------------------------------------------


class Past(Closes):
    """A background of a few cases before, or of none."""

    def __init__(self, n: int, mean: float | None = -0.021, base: float | None = 0.58) -> None:
        super().__init__(SETTINGS)
        self.n, self.mean, self.base = n, mean, base

    def followed(self, state: str) -> Sequence[Followed]:
        return [
            Followed(
                target=target, horizon=60, n=self.n, mean=self.mean, low=None, high=None,
                positive=0.44, base_n=900, base_mean=0.02, base_positive=self.base,
                enough=self.n > 9,
            )
            for target in ("BTC", "RUT")
        ]  # fmt: skip


DAY = date(2026, 1, 16)
SHOWN = msgspec.structs.replace(
    FULL,
    abc=msgspec.structs.replace(FULL.abc, as_of=DAY),
    correlation={
        "BTC/RUT": Correlation(
            d60=CorrelationWindow(r=0.2, n=60), break_=Break(z=3.1, flag=True)
        )
    },
)  # fmt: skip


def fired(kind: str, subject: str, seen: Value, edge: Edge, **rule: object) -> Fired:
    made = Rule(name="mine", kind=kind, mark="", **rule)  # type: ignore[arg-type]  # of the settings
    provisional = kind == "move"
    day = None if provisional else DAY
    return Fired(made, Seen(subject, seen, day, "SPX", provisional=provisional), edge)


def every_kind() -> Iterator[Fired]:
    """Yield an edge of every form."""
    for state in TO["abc_state"]:
        yield fired("abc_state", "ABC", state, Edge(state, "watch"))
    for what in (*VALUES, *ROW_VALUES):
        subject = "BTC" if what in ROW_VALUES else what
        for to in ("up", "down"):
            yield fired("level", subject, 1234.5, Edge(to, 0.25), value=what, enter=1000.0)
    for name, run in (("BTC", -6), ("BTC", 7), ("RUT", 5)):
        yield fired("streak", name, float(run), Edge("long", 1.0))
    for basis in ("close", "intraday"):
        yield fired("record", "GOLD", 1.0, Edge("record", None), basis=basis)
    facts = (100_000.0, 69.0, 1.0, 0.0, 95_000.0)
    for to in TO["wall"]:
        yield fired("wall", "BTC", facts, Edge(to, facts))
    for was in (12.0, -4.0):
        yield fired("relative_streak", "RUT/SPX", -1.0, Edge("ended", was))
    for to in ("up", "down"):
        yield fired("volatility", "BTC", 0.95, Edge(to, 0.5), enter=0.9)
    yield fired("correlation_break", "BTC/RUT", 1.0, Edge("up", 0.0))
    for kind in ("rotation", "qt_state"):
        for to in TO[kind]:
            yield fired(kind, "WALCL", to, Edge(to, TO[kind][0]))
    for to in TO["source"]:
        yield fired("source", "okx", to, Edge(to, "back"))
    for window in WINDOWS:
        yield fired("move", "BTC", -0.053, Edge("down", None), window=window, enter=0.05)


def texts(alert: Alert) -> list[str]:
    told = [heard(alert.title), in_parts(alert.evidence), heard(alert.base_rate)]
    return told + [in_parts(each) for each in (alert.was, alert.value) if isinstance(each, str)]


def test_every_card_is_japanese() -> None:
    kinds = set()
    for each in every_kind():
        kinds.add(each.rule.kind)
        for past in (Past(12), Past(4), Past(0), Past(12, base=None)):
            alert = card(each, SHOWN, past)
            for text in texts(alert):
                assert english(text) == [], (alert.title, text)
    assert kinds == set(SETTINGS_KINDS)


SETTINGS_KINDS = [kind.replace(" ", "_") for kind in forms.WORDS["alert"]]


def test_levels_have_the_names_of_the_settings() -> None:
    assert set(forms.LEVELS) == set(VALUES)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "60 sessions after earlier ones: BTC was higher in 44% of n = 9, mean -2.1% "
            "(any session: 58%); RUT was higher in 50% of n = 9, mean +1.0%. Too few to tell.",
            "過去の発生から60営業日後：BTCは n = 9 のうち44%で上昇、平均-2.1%（全営業日：58%）; "
            "RUTは n = 9 のうち50%で上昇、平均+1.0%。判断には事例が不足。",
        ),
        ("abc.score 72.3, at or above 70", "ABCスコア 72.3 ≥ 70"),
        ("BTC from_high -0.31, at or below -0.3", "BTCの最高値比 −0.31 ≤ −0.3"),
        ("BTC -5.3% in 5 sessions (provisional: the bar is not closed)",
         "暫定：BTC 5営業日で-5.3%（足は未確定）"),
        ("alert btc-wall: snoozed for 3600 s", "アラート btc-wall：3600秒間スヌーズ"),
    ],
)  # fmt: skip
def test_forms_of_alerts(text: str, told: str) -> None:
    assert heard(text) == told


# -- what is wrong with a file ---------------------------------------------------------

WRONG = (
    'lang = "xx"\n[general]\n',
    '[general]\nlang = "fr"',
    '[general]\nlangg = "fr"',
    "[generall]\nx=1",
    '[general]\ntime_zone = "Europe/Zurisch"',
    '[general]\nsource = "liv"',
    '[general]\nrequired = ["bt"]',
    "[general]\nattach = 1",
    "[general]\noffline_after_s = -1",
    '[general]\noffline_after_s = "a"',
    '[network]\nproxy = "socks://x"',
    '[network]\nproxy = "http://x"',
    '[network]\nca_bundle = "/nope"',
    '[exchanges]\nvenues = ["kraken"]',
    '[exchanges]\nvenues = ["krakn BTC/USD"]',
    '[exchanges]\nvenues = ["kraken ETH/USD"]',
    '[exchanges]\nvenues = ["kraken BTC/USD","kraken BTC/USD"]',
    '[demo]\nstart = "x"',
    '[display]\nbudget = "3 q/s"',
    '[display]\nbudget = "x"',
    '[display]\nbudget = "1 B/s"',
    '[display]\ncolumns = ["foo"]',
    '[display]\ncolumns = "foo"',
    '[display]\ncolumns = ["last","last"]',
    '[layouts]\n"x" = ["btc"]',
    '[layouts]\n2 = ["btcc"]',
    '[layouts]\n2 = ["btc","btc"]',
    '[layouts]\n2 = ["auto","btc"]',
    '[watchlist]\nA = ["XXX"]',
    '[watchlist]\nA = ["SPX"]\nB = ["SPX"]',
    '[instruments.SPX]\ncalendar = "xnyz"',
    '[instruments."a b"]\nyahoo = "x"',
    '[keys]\nsortt = "x"',
    '[keys]\nsort = "foo"',
    '[keys]\nsort = "ctrl+c"',
    '[keys]\nsort = "q"',
    '[keys]\nquit = ""',
    '[keys]\nsort = "x,,y"',
    "[alerts.a]\n",
    '[alerts.a]\nkind = "streak"',
    '[alerts.a]\nkind = "streak"\non=["XX"]',
    '[alerts.a]\nkind = "move"\non=["BTC"]',
    '[alerts.a]\nkind = "move"\non=["BTC"]\nenter=5',
    '[alerts.a]\nkind = "level"\nvalue="abc.scor"\nenter=5',
    '[alerts.a]\nkind = "level"\nvalue="abc.score"\nenter=70\nexit=80',
    '[alerts.a]\nkind = "level"\nvalue="abc.score"\nenter=70\ndirection="either"',
    '[alerts.a]\nkind = "abc_state"\nto=["x"]',
    '[alerts.a]\nkind = "correlation_break"\non=["BTC"]',
    '[alerts.a]\nkind = "move"\non=["RUT"]\nenter=0.05\nwindow="24h"',
    '[alerts.a]\nkind="record"\non=["BTC"]\ncooldown="9y"',
    '[alerts.a]\nkind="record"\non=["BTC"]\nquiet_hours="9"',
    "[claims.a]\n",
    '[claims.a]\nkind="return"\non="BTC"\nwindow="7"',
    '[claims.a]\nkind="below"\non="BTC"\nlevel=-1',
    '[claims.a]\nkind="streak"\non="BTC"\ntext="xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"',
    "[channels.a]\n",
    '[channels.a]\nfoo="x"',
    "x",
    "[general]\nlang = 5",
    '[general]\nlang="a\\nb"',
    '[alerts."a b"]\nkind="record"\non=["BTC"]',
    '[channels.a]\nntfy="x"\nwebhook="y"',
    '[claims.a]\nkind="beat"\non="BTC"\nother="BTC"',
    "[display]\nvenue_spread_bp = 3",
    '[alerts.a]\nkind="level"\nvalue="price"\nenter=5',
    '[alerts.a]\nkind="level"\nvalue="liquidity.net"\nenter=5\nconfirmed_only=false',
    '[alerts.a]\nkind="wall"\nconfirmed_only=false',
    "[liquidity]\nx=1",
)


def faults(text: str) -> Sequence[str]:
    try:
        return from_text(text, "divmon.toml").refused
    except SettingsError as error:
        return str(error).splitlines()


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_settings_file_is_told_in_japanese(text: str) -> None:
    found = faults(text)
    assert found
    for fault in found:
        told = refusal(SettingsError(fault))
        body = told.removesuffix("。以前の設定のまま続行").partition("行目：")[2]
        assert re.search(r"[ぁ-ん]", body), told
        bare = re.sub(r"\"[^\"]*\"|'[^']*'|\[[^]]*\]|\S+ = \S+", "", body)
        assert not re.search(r"[a-z]+ [a-z]+ [a-z]+", bare.partition("：")[0]), told


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (
            "divmon.toml, line 2: [general] langg = 1; the settings before stay in force",
            "divmon.toml 2行目：[general] langg = 1。以前の設定のまま続行",
        ),
        (
            "a.toml: red = '#zzz' is not a colour; write one as #rrggbb; skipped",
            "a.toml：red = '#zzz' は色ではありません。#rrggbb の形で書いてください（読み飛ばし）",
        ),
        ("/a b/divmon.toml: cannot be read: x", "/a b/divmon.toml：読めません：x"),
        ("settings: theme day, channels: 2 added (a, b), 1 removed (c)",
         "設定: テーマ day, 通知先: 2 件追加(a, b), 1 件削除(c)"),
    ],
)  # fmt: skip
def test_faults_and_changes_that_a_watch_tells(fault: str, told: str) -> None:
    assert heard(fault) == told
