"""`divmon history`: the score's past, and what followed its alerts."""

from collections.abc import Callable, Iterator
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from divmon.cli import exits, options
from divmon.cli.gathering import Asked, asks, finish, run_engine, to_json

if TYPE_CHECKING:
    from divmon.engine.core import Engine
    from divmon.reading.history import Past
    from divmon.reading.model import Reading
    from divmon.reading.told import After, Told

Take = Callable[["After"], float | None]

MARKS = {"calm": " ", "watch": "w", "alert": "A", "unknown": "?"}
DECIMALS = {"5": 1, "20": 1, "60": 0, "120": 0}  # so that twelve columns fit a line of 100
LEAD = 29  # columns before the returns


def _day(_context: click.Context, _param: click.Parameter, value: str | None) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no date; write 2026-01-20") from None


@click.command(epilog=exits.HELP)
@click.option("--from", "first", callback=_day, metavar="DATE", help="First session to show.")
@click.option("--to", "last", callback=_day, metavar="DATE", help="Last session to show.")
@asks
@click.pass_context
def history(
    context: click.Context, /, first: date | None, last: date | None, **options_asked: Any
) -> None:
    """Print the ABC score of each session, and the episodes of alert with what followed.

    Returns after an episode are simple, as fractions in the JSON, from the close after
    the state was confirmed, over 5, 20, 60 and 120 sessions; null while not over. Beside
    them stand the mean after all episodes, its interval, and the mean after any session.
    """
    if first and last and first > last:
        raise click.BadParameter(f"--from {first} is later than --to {last}")
    asked = Asked(**options_asked)
    loaded = options.load(context, asked.config)
    name = options.source_name(context, asked.source, loaded)

    def take(engine: "Engine") -> "tuple[Reading | None, Past | None, Past | None]":
        from divmon.reading.history import past

        batch = engine.board.batch
        if batch is None:
            return None, None, None
        shown = past(batch.cross, batch.grid, first, last)
        return engine.reading, shown, None if shown.days else past(batch.cross, batch.grid)

    reading, found, instead = run_engine(loaded, name, asked, take)

    def write(reading: "Reading", form: str) -> str:
        assert found is not None  # there is a Reading, so there was a batch
        if form == "json":
            return to_json(
                {
                    "as_of": reading.as_of,
                    "source": reading.source,
                    "simulated": reading.simulated,
                    "days": found.days,
                    "episodes": found.episodes,
                }
            )
        lines = _text(reading, found) if instead is None else _nothing(reading, instead)
        return "".join(f"{exits.plain(line).rstrip()}\n" for line in lines)

    finish(context, loaded, name, asked, reading, write)


def _nothing(reading: "Reading", instead: "Past") -> Iterator[str]:
    """Say why there is no session to show, and where there are some."""
    from divmon.ui import words

    if instead.days:
        first, last = instead.days[0].date, instead.days[-1].date
        yield f"no session with a score then; there are some from {first} to {last}"
        return
    why = "; ".join(reading.abc.missing)
    yield from words.wrap("no session with a score" + (f": {why}" if why else ""), 96, 6)


def _text(reading: "Reading", found: "Past") -> Iterator[str]:
    if reading.simulated:
        yield reading.banner or "SIMULATED"
    yield "ABC score by session: A alert, w watch, ? unknown, no mark calm"
    for month, days in groupby(found.days, lambda day: f"{day.date:%Y-%m}"):
        cells = (
            f"{'—' if day.score is None else f'{day.score:.0f}':>3}{MARKS[day.state]}"
            for day in days
        )
        yield f"{month} {''.join(cells)}"
    yield ""
    yield from _episodes(found.episodes)


def _episodes(episodes: "tuple[Told, ...]") -> Iterator[str]:
    if not episodes:
        yield "no episode of alert"
        return
    targets = list(next(iter(episodes[0].after.values()), {}))
    yield "Episodes of alert, and simple returns in % after so many sessions"
    yield " " * LEAD + "".join(
        f"{target:>{sum(_width(horizon) for horizon in DECIMALS)}}" for target in targets
    )
    head = f"{'start':<11}{'end':<10}{'n':>4}{'max':>4}"
    yield head + "".join(f"{horizon:>{_width(horizon)}}" for _ in targets for horizon in DECIMALS)
    for each in episodes:
        top = "—" if each.max_score is None else f"{each.max_score:.0f}"
        lead = f"{each.start!s:<11}{each.end!s:<10}{each.sessions:>4}{top:>4}"
        yield lead + _cells(each, targets, lambda after: after.value)
    last = episodes[-1]
    rows: tuple[tuple[str, Take], ...] = (
        ("mean of all episodes", lambda after: after.mean),
        ("  95 % interval, low", lambda after: after.interval[0] if after.interval else None),
        ("  high", lambda after: after.interval[1] if after.interval else None),
        ("mean after any session", lambda after: after.base.mean),
    )
    for name, take in rows:
        yield f"{name:<{LEAD}}" + _cells(last, targets, take)
    counts = [last.after[horizon][target].n for target in targets for horizon in DECIMALS]
    yield f"{'episodes counted':<{LEAD}}" + "".join(
        f"{n:>{_width(horizon)}}"
        for n, horizon in zip(counts, list(DECIMALS) * len(targets), strict=True)
    )
    if min(counts) < 10:
        yield "under ten episodes are too few to tell; no row forecasts anything"


def _cells(episode: "Told", targets: list[str], take: Take) -> str:
    def cell(after: "After", horizon: str) -> str:
        value = take(after)
        text = "—" if value is None else f"{100 * value:+.{DECIMALS[horizon]}f}"
        return f"{text:>{_width(horizon)}}"

    return "".join(
        cell(episode.after[horizon][target], horizon) for target in targets for horizon in DECIMALS
    )


def _width(horizon: str) -> int:
    return 6 if DECIMALS[horizon] else 5
