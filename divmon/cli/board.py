"""A Reading as plain text, at most 100 columns wide: for pipes, mail and cron."""

from collections.abc import Iterator

from divmon.market.events import SourceHealth
from divmon.reading.model import Instrument, Reading
from divmon.ui import words
from divmon.ui.words import NONE, fit

WIDTH = 100

_HEAD = (
    ("", 9), ("last", 12), ("1d %", 8), ("5d %", 8), ("20d %", 8), ("YTD %", 8),
    ("from high", 10), ("streak", 7), ("vs BTC 20d", 11), ("state", 12),
)  # fmt: skip


def board(reading: Reading) -> str:
    """Return the lines of `reading`, the most important first."""
    return "\n".join(line.rstrip() for line in _lines(reading)) + "\n"


def _lines(reading: Reading) -> Iterator[str]:
    session = reading.session
    state = f"XNYS {session.state}"
    if session.state == "closed" and session.next_open:
        state += f", opens {session.next_open:%Y-%m-%d %H:%M} UTC"
    yield f"divmon · {reading.source} · {reading.as_of:%Y-%m-%d %H:%M:%S} UTC · {state}"
    if reading.simulated or reading.banner:
        yield from words.wrap(reading.banner or "SIMULATED", WIDTH, 4)
    if reading.sentence.en:
        yield from words.wrap(reading.sentence.en, WIDTH, 3)
    yield _abc(reading)
    if "BTC" in reading.instruments:
        yield from _btc(reading.instruments["BTC"])
    yield ""
    yield _row([name for name, _ in _HEAD])
    for group, names in reading.groups.items():
        if any(name in reading.instruments for name in names):
            yield fit(group, WIDTH)
        for name in names:
            if name in reading.instruments:
                yield _row(_cells(name, reading.instruments[name]))
    yield ""
    for pair, run in reading.relative_streaks.items():
        if run.streak is not None:
            since = f" since {run.since}" if run.since else ""
            lead = f", {words.signed(run.lead_pp)} pp" if run.lead_pp is not None else ""
            yield f"{words.clean(pair)}: {run.streak:+d} sessions{since}{lead}"
    yield from words.wrap(
        "sources: " + " · ".join(_health(each) for each in reading.sources.values()), WIDTH, 6
    )
    if reading.missing:
        yield from words.wrap("missing: " + "; ".join(reading.missing), WIDTH, 6)


def _abc(reading: Reading) -> str:
    abc = reading.abc
    if abc.score is None:
        score = "ABC —"
    else:
        spread = f" ±{abc.plus_minus:.0f}" if abc.plus_minus is not None else ""
        score = f"ABC {abc.score:.0f}{spread}"
    parts = [f"{score} {abc.state}" + (f" since {abc.since}" if abc.since else "")]
    if abc.provisional is not None:
        parts.append(f"now {abc.provisional:.0f} (provisional)")
    if abc.coverage is not None:
        parts.append(f"coverage {abc.coverage:.0%}")
    if abc.confidence is not None:
        parts.append(f"confidence {abc.confidence:.0%}")
    return " · ".join(parts)


def _btc(btc: Instrument) -> Iterator[str]:
    used = sum(venue.used for venue in btc.venues.values())
    parts = [f"BTC {words.price(btc.last, btc.decimals)}", f"{words.change(btc.change_24h)} 24h"]
    if btc.venues:
        parts.append(f"{used} of {len(btc.venues)} venues")
    if btc.spread_bp is not None:
        parts.append(f"spread {btc.spread_bp:.0f} bp")
    if btc.usdt_premium_bp is not None:
        parts.append(f"USDT {words.signed(btc.usdt_premium_bp, 0)} bp")
    if btc.streak.candle is not None:
        parts.append(f"{words.run(btc.streak.candle, 'green', 'red')} {btc.streak.boundary}")
    parts.append(_state(btc))
    yield from words.wrap(" · ".join(parts), WIDTH, 2)
    wall = btc.wall
    if wall is not None and wall.closes_below is not None:
        yield f"{wall.closes_below} closes under {words.price(wall.level, 0)}"


def _cells(name: str, row: Instrument) -> list[str]:
    returns = row.returns
    high = _points(row, row.close or row.last, row.high.from_high, 1)
    if row.high.record_close or row.high.provisional_record:
        high = "record" if row.high.record_close else "record?"
    # as on the screen: of candles Bitcoin's, of closes all others'
    streak = row.streak.candle if row.kind == "crypto" else row.streak.close
    return [
        f" {name}",
        words.price(row.last, row.decimals),
        *(_points(row, row.last, returns.get(each)) for each in ("1", "5", "20", "ytd")),
        high,
        NONE if streak is None else f"{streak:+d}",
        words.percent(None if row.kind == "rate" else row.vs_btc20),
        _state(row),
    ]


def _points(row: Instrument, level: float | None, fraction: float | None, digits: int = 2) -> str:
    """Write a change in percent; that of a yield, which is one itself, in basis points."""
    if row.kind != "rate" or fraction is None:
        return words.percent(fraction, digits)
    return f"{words.signed(words.basis_points(level, fraction), 0)} bp"


def _row(cells: list[str]) -> str:
    texts = (
        fit(cell, width, right=column not in (0, len(_HEAD) - 1))
        for column, (cell, (_, width)) in enumerate(zip(cells, _HEAD, strict=True))
    )
    *numbers, state = texts
    return f"{''.join(numbers)}  {state}"


def _state(row: Instrument) -> str:
    if row.state in ("missing", "simulated"):
        return row.state
    return f"{row.state} {words.age(row.age_s)}" if row.age_s is not None else row.state


def _health(source: SourceHealth) -> str:
    reason = f" ({source.reason})" if source.reason and source.state != "ok" else ""
    return f"{source.name} {source.state.replace('_', ' ')}{reason}"
