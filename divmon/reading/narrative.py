"""The sentence on top: templates over the Reading, in English and Japanese.

Confirmed values only, and no word that the data does not carry: a record names what
it is a record of and where the data begins, "everything" needs every asset.
"""

from collections.abc import Iterable

from divmon.reading.model import Instrument, Reading, Sentence

RECORDS = ("RUT", "SPX", "IXIC", "GOLD", "SILVER", "STAR50")
SPOKEN = {"GOLD": "gold", "SILVER": "silver", "STAR50": "STAR 50", "IXIC": "Nasdaq"}
SPOKEN_JA = {"GOLD": "金", "SILVER": "銀", "STAR50": "科創50", "IXIC": "ナスダック"}
LEAST_STREAK = 3  # a shorter run comes every week
NEAR = 0.02
MOST_CLAUSES = 3


def sentence(reading: Reading) -> Sentence:
    """Return what the Reading amounts to, None-safe: a Reading of nothing says so."""
    start = opening(reading)
    clauses = [
        clause
        for clause in (_records(reading), _relative(reading), _bitcoin(reading))
        if clause is not None
    ][:MOST_CLAUSES]
    if not clauses:
        return Sentence(en=f"{start.en}.", ja=f"{start.ja}。")
    *first, last = clauses
    english = ", ".join(clause.en for clause in first)
    return Sentence(
        en=f"{start.en}: {english}; {last.en}." if first else f"{start.en}: {last.en}.",
        ja=f"{start.ja}：{'、'.join(clause.ja for clause in clauses)}。",
    )


def opening(reading: Reading) -> Sentence:
    """Return the state in words, without a full stop."""
    abc = reading.abc
    if abc.state == "unknown":
        lack = abc.missing[0] if abc.missing else "the windows are not full"
        return Sentence(en=f"No score ({lack})", ja="スコアなし")
    if abc.state == "alert":
        # everything: each of the basket's assets rose and beat BTC over 20 sessions
        if reading.breadth20 is not None and reading.breadth20 >= 1 - 1e-9:
            return Sentence(en="Everything but crypto", ja="暗号資産以外は全面高")
        return Sentence(en="Anything but crypto", ja="暗号資産以外が優勢")
    if abc.state == "watch":
        if abc.gap20 is not None and abc.gap20 > 0:
            return Sentence(
                en=f"Watch, basket {abc.gap20:.1f} σ ahead of BTC over 20 sessions",
                ja=f"注視、20営業日でバスケットがBTCを{abc.gap20:.1f}σ上回る",
            )
        return Sentence(en="Watch", ja="注視")
    return Sentence(en="Calm, no divergence", ja="平穏、乖離なし")


def _records(reading: Reading) -> Sentence | None:
    """Name the record closes, each with what the series is and where its data begins."""
    found: dict[tuple[str, str], list[str]] = {}
    session = reading.session.date
    for name in RECORDS:
        row = reading.instruments.get(name)
        if row is None or not row.high.record_close or row.high.history_start is None:
            continue
        # a bar of an earlier day tells of that day; China's date may be the same or later
        if session is not None and row.confirmed is not None and row.confirmed < session:
            continue
        start = str(row.high.history_start.year)
        found.setdefault((_futures(row), start), []).append(name)
    if not found:
        return None
    english, japanese = [], []
    for (kind, start), names in found.items():
        plural = "record closes" if len(names) > 1 else "a record close"
        what = f"{kind}, data from {start}" if kind else f"data from {start}"
        english.append(f"{_list(SPOKEN.get(n, n) for n in names)} at {plural} ({what})")
        series = f"期近先物、{start}年以降" if kind else f"{start}年以降"
        japanese.append(
            f"{'・'.join(SPOKEN_JA.get(n, n) for n in names)}が終値で最高値（{series}）"
        )
    return Sentence(en=", ".join(english), ja="、".join(japanese))


def _futures(row: Instrument) -> str:
    return "front-month futures" if row.kind == "future" else ""


def _relative(reading: Reading) -> Sentence | None:
    pair = reading.relative_streaks.get("RUT/SPX")
    if pair is None or pair.streak is None or abs(pair.streak) < LEAST_STREAK:
        return None
    n = abs(pair.streak)
    ahead = pair.streak > 0
    least = "at least " if pair.broken_by else ""
    return Sentence(
        en=f"RUT {'ahead of' if ahead else 'behind'} SPX {least}{n} sessions running",
        ja=f"RUTがSPXを{n}営業日{'以上' if pair.broken_by else ''}連続で"
        f"{'上' if ahead else '下'}回る",
    )


def _bitcoin(reading: Reading) -> Sentence | None:
    row = reading.instruments.get("BTC")
    if row is None or row.high.from_52w is None:
        return None
    below = -row.high.from_52w
    if below > NEAR:
        english = f"BTC {100 * below:.0f} % under its 1-year high"
        japanese = f"BTCは1年来高値を{100 * below:.0f}％下回る"
    else:
        english = f"BTC within {100 * NEAR:.0f} % of its 1-year high"
        japanese = f"BTCは1年来高値の{100 * NEAR:.0f}％以内"
    run = row.streak.candle
    if run is not None and abs(run) >= LEAST_STREAK:
        n, boundary = abs(run), row.streak.boundary
        least = "at least " if row.streak.broken_by else ""
        english += f", {least}{n} {'red' if run < 0 else 'green'} candles ({boundary})"
        japanese += f"、{n}本{'以上' if row.streak.broken_by else ''}連続"
        japanese += f"{'陰' if run < 0 else '陽'}線（{boundary}）"
    return Sentence(en=english, ja=japanese)


def _list(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
