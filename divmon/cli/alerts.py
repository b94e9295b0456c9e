"""`divmon alerts`: what fired, what became of it, and how good the rules have been."""

import csv
import io
import json
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import click

from divmon.cli import alerts_hands, exits, options

if TYPE_CHECKING:
    from divmon.alerts.keep import Kept
    from divmon.alerts.scorecard import Outcome, Score

SHOWN = 8  # letters of an id: enough to name one alert of thousands
SEVERITIES = ("info", "notice", "warning", "alert")
COLUMNS = (
    "time", "severity", "rule", "kind", "subject", "title", "value", "was", "since", "session",
    "acknowledged", "handed", "id",
)  # fmt: skip


def _date(_context: click.Context, _param: click.Parameter, value: str | None) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no date; write 2026-01-20") from None


@click.group(epilog=exits.HELP, invoke_without_command=True)
@options.config_option
@click.option("--rule", metavar="NAME", help="Of this rule alone.")
@click.option("--subject", metavar="NAME", help="Of this instrument, pair or source alone.")
@click.option(
    "--severity", type=click.Choice(SEVERITIES), default="info", help="This grave or graver."
)
@click.option("--since", callback=_date, metavar="DATE", help="From this day (UTC) on.")
@click.option(
    "--limit",
    type=click.IntRange(1, 1_000_000),
    default=200,
    show_default=True,
    help="The newest so many.",
)
@click.option(
    "--scorecard", "scores", is_flag=True, help="How often the market fell after each rule's."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
)
@click.pass_context
def alerts(context: click.Context, /, **asked: Any) -> None:
    """Print the alerts that have fired, oldest first, with what followed them.

    Returns count from the close after the alert's session, over 5, 20 and 60 sessions.
    """
    if context.invoked_subcommand is not None:
        _refuse_filters(context)
        return
    from divmon import paths
    from divmon.cli.gathering import for_terminal

    loaded = options.load(context, asked["config"])
    path = paths.archive_path()
    if not loaded.archive.enabled:
        raise exits.Failure("[archive] enabled = false: no alert is kept")
    if not path.exists():
        exits.tell(f"there is no {path} yet: run `divmon` or `divmon watch` first")
    from divmon.alerts import scorecard
    from divmon.alerts.keep import Keeper
    from divmon.store.archive import Archive

    archive = Archive.open(path)
    try:
        keeper = Keeper(archive, "")
        found = [each for each in keeper.since(0) if _wanted(each, asked)]
        silent = _silent(keeper.mutes())
        found.sort(key=lambda each: (each.alert.time, each.number))
        if not asked["scores"]:
            found = found[-asked["limit"] :]
        known = scorecard.outcomes(archive)
        rules: dict[str, list[str]] = {}
        for each in found:
            rules.setdefault(each.alert.rule, []).append(each.alert.id)
        scores = scorecard.scorecard(archive, rules, known) if asked["scores"] else []
    finally:
        archive.close()
    for notice in archive.notices:
        exits.tell(notice)
    match asked["form"]:
        case "json":
            text = _json(found, known, silent, scores if asked["scores"] else None)
        case "csv":
            text = _score_rows(scores) if asked["scores"] else _rows(found, known)
        case _:
            lines = _score_lines(scores) if asked["scores"] else _lines(found, known)
            lines += [
                f"{rule} is silent{f' until {until}' if until else ''}"
                for rule, until in silent.items()
            ]
            text = "".join(f"{exits.plain(line)}\n" for line in lines)
    click.echo(for_terminal(text), nl=False)


for _command in alerts_hands.COMMANDS:
    alerts.add_command(_command)


def _refuse_filters(context: click.Context) -> None:
    """Let no --rule be passed over that was meant for `ack`."""
    for param in context.command.params:
        name = param.name or ""
        given = context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        if given and name != "config":
            raise click.UsageError(
                f"{param.opts[0]} is for the list, not for {context.invoked_subcommand}"
            )


def _silent(mutes: "dict[str, float | None]") -> dict[str, str | None]:
    """Return the rules that tell nothing now, each with the end of its silence if it has one."""
    now = time.time()
    return {
        rule: _stamp(until) or None
        for rule, until in sorted(mutes.items())
        if until is None or until > now
    }


def _wanted(each: "Kept", asked: dict[str, Any]) -> bool:
    alert, since = each.alert, asked["since"]
    return (
        asked["rule"] in (None, alert.rule)
        and asked["subject"] in (None, alert.subject)
        and SEVERITIES.index(alert.severity) >= SEVERITIES.index(asked["severity"])
        and (since is None or _moment(alert.time).date() >= since)
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _stamp(seconds: float | None) -> str:
    return "" if seconds is None else f"{_moment(seconds):%Y-%m-%dT%H:%M:%SZ}"


def _lines(found: "Sequence[Kept]", known: "dict[str, list[Outcome]]") -> list[str]:
    lines = []
    for each in found:
        alert = each.alert
        acked = "" if each.acked is None else " ✓"
        lines.append(
            f"{_moment(alert.time):%Y-%m-%d %H:%M} UTC  {alert.severity:<7}  {alert.rule}: "
            f"{alert.title}{acked}  {alert.id[:SHOWN]}"
        )
        if after := known.get(alert.id):
            told = ", ".join(f"{one.target} {one.change:+.1%} in {one.horizon}" for one in after)
            lines.append(f"    then {told} sessions")
    return lines or ["no alert has fired"]


def _score_lines(scores: "Sequence[Score]") -> list[str]:
    """Say it as in "12 fired, RUT fell ≥ 5 % within 60 sessions after 3; base rate 44 %"."""
    lines = []
    for score in scores:
        rate = "—" if not score.base_n else f"{score.base_fell / score.base_n:.0%}"
        few = ", too few to tell" if score.n < FEW else ""
        lines.append(
            f"{score.rule}: {score.fired} fired; {score.target} fell ≥ 5 % within "
            f"{score.horizon} sessions after {score.fell} of {score.n}{few}; base rate {rate} "
            f"(n = {score.base_n})"
        )
    return lines or ["no alert has fired, or no session has closed since"]


FEW = 10  # below it nothing can be told, as for the episodes of the score


def _json(
    found: "Sequence[Kept]",
    known: "dict[str, list[Outcome]]",
    silent: dict[str, str | None],
    scores: "Sequence[Score] | None",
) -> str:
    import msgspec

    from divmon.cli.gathering import to_json

    data: dict[str, Any] = {
        "alerts": [
            {
                **msgspec.to_builtins(each.alert),
                "acknowledged": _stamp(each.acked) or None,
                "handed": _stamp(each.handed) or None,
                "outcomes": known.get(each.alert.id, []),
            }
            for each in found
        ],
        "silent": silent,
    }
    text = to_json(data if scores is None else {**data, "scorecard": scores})
    # JSON leaves C1 controls and direction marks as they are, and a terminal obeys them
    return "".join(
        letter if letter.isprintable() or letter == "\n" else json.dumps(letter)[1:-1]
        for letter in text
    )


def _rows(found: "Sequence[Kept]", known: "dict[str, list[Outcome]]") -> str:
    from divmon.alerts.scorecard import HORIZONS, TARGETS

    after = [(target, horizon) for target in TARGETS for horizon in HORIZONS]
    names: list[object] = [*COLUMNS, *(f"{target.lower()}_{horizon}" for target, horizon in after)]
    rows = [names]
    for each in found:
        alert = each.alert
        changes = {(one.target, one.horizon): one.change for one in known.get(alert.id, ())}
        rows.append(
            [
                _stamp(alert.time), alert.severity, alert.rule, alert.kind, alert.subject,
                alert.title, alert.value, alert.was, alert.since, alert.session,
                _stamp(each.acked), _stamp(each.handed), alert.id,
                *(changes.get(key) for key in after),
            ]
        )  # fmt: skip
    return _csv(rows)


def _score_rows(scores: "Sequence[Score]") -> str:
    names = ["rule", "fired", "target", "horizon", "n", "fell", "mean"]
    names += ["base_n", "base_fell", "base_mean"]
    return _csv([names, *([getattr(each, name) for name in names] for each in scores)])


def _csv(rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        [
            "" if cell is None else exits.plain(cell) if isinstance(cell, str) else cell
            for cell in row
        ]
        for row in rows
    )
    return text.getvalue()
