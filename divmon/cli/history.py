"""`divmon history`: the score's past, and what followed its alerts."""

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from divmon.cli import exits, options
from divmon.cli.gathering import Asked, asks, finish, run_engine, to_json

if TYPE_CHECKING:
    from divmon.engine.core import Engine
    from divmon.reading.model import Reading


def _day(_context: click.Context, _param: click.Parameter, value: str | None) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no date; write 2026-01-20") from None


@click.command(epilog=exits.HELP)
@click.option("--from", "first", callback=_day, metavar="DATE", help="First session.")
@click.option("--to", "last", callback=_day, metavar="DATE", help="Last session.")
@asks
@click.pass_context
def history(
    context: click.Context, /, first: date | None, last: date | None, **options_asked: Any
) -> None:
    """Print the ABC score of each session, and the episodes of alert with what followed.

    Returns after an episode are simple, as fractions in the JSON, from the close after
    the state was confirmed, over 5, 20, 60 and 120 sessions; null while not over.
    """
    if first and last and first > last:
        raise click.BadParameter(f"--from {first} is later than --to {last}")
    asked = Asked(**options_asked)
    loaded = options.load(context, asked.config)
    name = options.source_name(context, asked.source, loaded)

    def take(engine: "Engine") -> "tuple[Reading | None, dict[str, Any]]":
        from divmon.reading import past

        batch = engine.board.batch
        if batch is None:
            return None, {}
        return engine.reading, {
            "days": past.days(batch.cross, first, last),
            "episodes": [
                episode
                for episode in past.state_episodes(batch.cross, batch.grid)
                if (first is None or episode.end >= first)
                and (last is None or episode.start <= last)
            ],
            "followed": past.followed(batch.cross, batch.grid),
        }

    reading, found = run_engine(loaded, name, asked, take)

    def write(reading: "Reading", form: str) -> str:
        if form == "json":
            head = {"source": reading.source, "simulated": reading.simulated}
            return to_json({"as_of": reading.as_of, **head, **found})
        return _text(reading, found)

    finish(context, loaded, name, asked, reading, write)


def _text(reading: "Reading", found: dict[str, Any]) -> str:
    from divmon.ui import words

    lines = [reading.banner or "SIMULATED"] if reading.simulated else []
    lines.append("date        score  state    coverage  confidence  quadrant")
    for day in found["days"]:
        score = words.NONE if day.score is None else f"{day.score:.1f}"
        lines.append(
            f"{day.date}  {score:>5}  {day.state:<7}  {day.coverage:>8.0%}"
            f"  {day.confidence:>10.0%}  {day.quadrant or words.NONE}"
        )
    for episode in found["episodes"]:
        top = words.NONE if episode.max_score is None else f"{episode.max_score:.0f}"
        lines.append(
            f"alert {episode.start} to {episode.end}: {episode.sessions} sessions, highest {top}"
        )
        for target, after in episode.after.items():
            returns = ", ".join(
                f"{words.percent(value, 1)} % after {sessions}"
                for sessions, value in after.items()
                if value is not None
            )
            lines.append(f"  then {target} {returns or 'not over yet'}")
    for row in found["followed"]:
        enough = "" if row.enough else ", too few to tell"
        lines.append(
            f"after alerts, {row.target} over {row.horizon} sessions: mean "
            f"{words.percent(row.mean, 1)} % (n = {row.n}{enough}); any session "
            f"{words.percent(row.base_mean, 1)} % (n = {row.base_n})"
        )
    return "".join(f"{exits.plain(line)}\n" for line in lines)
