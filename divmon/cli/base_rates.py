"""`divmon base-rates`: what followed a condition, beside what followed any session."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from divmon.cli import exits, options
from divmon.cli.gathering import Asked, asks, finish, run_engine, to_json

if TYPE_CHECKING:
    from divmon.engine.core import Engine
    from divmon.reading.condition import Condition
    from divmon.reading.frames import Rates
    from divmon.reading.model import Reading
    from divmon.settings import Settings

WIDTH = 96  # columns
# the option of each parameter
FLAGS = {
    "on": "--on",
    "other": "--other",
    "length": "--length",
    "share": "--share",
    "level": "--level",
    "window": "--window",
}


def _complete(_context: click.Context, _param: click.Parameter, typed: str) -> list[str]:
    from divmon.reading.conditions import KINDS

    return [kind for kind in KINDS if kind.startswith(typed)]


@click.command("base-rates", epilog=exits.HELP)
@click.argument("condition", required=False, shell_complete=_complete)
@click.option("--on", metavar="NAME", help="The instrument that the condition is of.")
@click.option("--other", metavar="NAME", help="The one that it beat or lost to.")
@click.option("--length", type=int, metavar="N", help="Sessions or days in a row, at least.")
@click.option("--share", type=float, metavar="FRACTION", help="A return, percentile or share.")
@click.option("--level", type=float, metavar="PRICE", help="Of below; else the wall of now.")
@click.option("--window", metavar="SPAN", help="Of a return or a percentile.")
@click.option("--target", default="BTC", show_default=True, metavar="NAME", help="Whose returns.")
@asks
@click.pass_context
def base_rates(
    context: click.Context,
    /,
    condition: str | None,
    target: str,
    on: str | None,
    other: str | None,
    length: int | None,
    share: float | None,
    level: float | None,
    window: str | None,
    **options_asked: Any,
) -> None:
    """Say what followed CONDITION: returns after its episodes beside those after any session.

    CONDITION is a kind of the list that is printed without one, or the id of a claim
    (`divmon claims --format json`), such as btc-red or own-NAME. Entry is the first New York
    close after the signal was known; episodes less than 20 sessions apart are one; fewer
    than ten are too few to tell.
    """
    asked = Asked(**options_asked)
    if condition is None:
        click.echo(_list(asked.form), nl=False)
        return
    loaded = options.load(context, asked.config)
    name = options.source_name(context, asked.source, loaded)
    given = {
        "on": on,
        "other": other,
        "length": length,
        "share": share,
        "level": level,
        "window": window,
    }
    given = {key: value for key, value in given.items() if value is not None}
    chosen = _chosen(condition, given, loaded)
    target = _instrument(target, loaded, "--target")

    def take(engine: "Engine") -> "tuple[Reading | None, Rates | None]":
        from divmon.reading.conditions import of_claim
        from divmon.reading.frames import AskRates
        from divmon.reading.rates import rates

        board, reading = engine.board, engine.reading
        if board.batch is None or reading is None:
            return None, None
        of = chosen or of_claim(condition, reading, loaded.claims)
        if of is None:
            from divmon.ui.conditions import not_asked

            raise exits.Failure(f"{condition}: {not_asked()}")
        return reading, rates(AskRates(of, target), board.batch, board.history)

    reading, found = run_engine(loaded, name, asked, take)

    def write(reading: "Reading", form: str) -> str:
        assert found is not None  # there is a Reading, so there was a batch
        if form == "json":
            return to_json(_json(reading, found))
        return "".join(f"{exits.plain(line).rstrip()}\n" for line in _text(reading, found))

    finish(context, loaded, name, asked, reading, write)


def _chosen(word: str, given: dict[str, Any], loaded: "Settings") -> "Condition | None":
    """Return the condition that is asked for, None for a claim's, which the Reading knows."""
    from difflib import get_close_matches

    from divmon.reading.conditions import CLAIMS, KINDS, SHAPES, default, faults

    kind = next((kind for kind in KINDS if kind == word), None)
    if kind is None:
        own = [f"own-{name}" for name in loaded.claims]
        if word in CLAIMS or word in own:
            if given:
                flag = FLAGS[next(iter(given))]
                raise click.UsageError(f"{flag} is for a condition of the list, {word} is a claim")
            return None
        near = get_close_matches(word, [*KINDS, *CLAIMS, *own], 1)
        mean = f" did you mean {near[0]}?" if near else ""
        raise click.UsageError(
            f"{word!r} is no condition;{mean} `divmon base-rates` without one lists all"
        )
    uses = SHAPES[kind].uses
    for key in given:
        if key not in uses:
            has = ", ".join(FLAGS[name] for name in FLAGS if name in uses) or "no option"
            raise click.UsageError(f"{kind} has no {FLAGS[key]}; it has {has}")
    for key in ("on", "other"):
        if key in given:
            given[key] = _instrument(given[key], loaded, FLAGS[key])
    start = default(kind, given.get("on", "RUT" if "other" in uses else "BTC"))
    found = replace(start, **given)
    if kind == "break" and "on" not in given:
        raise click.UsageError("break compares BTC with another market; name it with --on")
    for key, fault in faults(found, loaded.instruments):
        raise click.UsageError(f"{FLAGS[key]} {fault}")
    return found


def _instrument(name: str, loaded: "Settings", flag: str) -> str:
    """Return an instrument's name as the settings write it."""
    found = next((known for known in loaded.instruments if known.lower() == name.lower()), None)
    if found is None:
        from difflib import get_close_matches

        near = get_close_matches(name.upper(), loaded.instruments, 1)
        way = f"did you mean {near[0]}?" if near else f"known: {', '.join(loaded.instruments)}"
        raise click.UsageError(f"{flag} {name!r} is no instrument of the settings; {way}")
    return found


def _list(form: str) -> str:
    from divmon.reading.conditions import KINDS, SHAPES, default
    from divmon.ui import conditions

    rows = []
    for kind in KINDS:
        uses = SHAPES[kind].uses
        plain = default(kind, "RUT" if "other" in uses or kind == "break" else "BTC")
        flags = [flag for name, flag in FLAGS.items() if name in uses]
        rows.append((kind, conditions.text(plain), flags))
    if form == "json":
        return to_json([{"condition": k, "default": text, "options": f} for k, text, f in rows])
    lines = [f"{'condition':<15}{'as it is without options':<47}options"]
    lines += [f"{kind:<15}{text:<47}{' '.join(flags)}" for kind, text, flags in rows]
    lines += ["", "or the id of a claim: `divmon claims --format json` has them"]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _json(reading: "Reading", found: "Rates") -> dict[str, Any]:
    import msgspec

    from divmon.ui import conditions

    told = msgspec.to_builtins(found)
    told.pop("frame")
    for after in told["after"].values():
        del after["value"]  # of one episode: its own case has it
    problem = conditions.why(found) if found.why else None
    return {
        "as_of": reading.as_of,
        "source": reading.source,
        "simulated": reading.simulated,
        "text": conditions.text(found.condition, found.level),
        "sentence": problem or conditions.sentence(found),
        "cautions": [] if problem else conditions.cautions(found),
        **told,
    }


def _text(reading: "Reading", found: "Rates") -> Iterator[str]:
    from divmon.indicators.base_rates import HORIZONS
    from divmon.ui import conditions, words

    if reading.simulated:
        yield reading.banner or "SIMULATED"
    yield conditions.text(found.condition, found.level)
    if found.why:
        yield conditions.why(found)
        return
    yield from words.wrap(conditions.state(found), WIDTH, 3)
    yield ""
    yield (
        f"{found.target:<10}{'n':>4}{'mean %':>9}  {'95 % interval':<18}{'up %':>6}"
        f"{'any session':>13}{'up %':>6}"
    )
    for horizon in map(str, HORIZONS):
        after = found.after[horizon]
        low, high = after.interval or (None, None)
        ends = f"[{_percent(low)}, {_percent(high)}]" if after.interval else "—"
        few = "" if after.enough else "  too few to tell"
        yield (
            f"+{horizon:<9}{after.n:>4}{_percent(after.mean):>9}  {ends:<18}"
            f"{_share(after.positive):>6}{_percent(after.base.mean):>13}"
            f"{_share(after.base.positive):>6}{few}"
        )
    yield ""
    yield from words.wrap(conditions.sentence(found), WIDTH, 4)
    for caution in conditions.cautions(found):
        yield from words.wrap(caution, WIDTH, 4)
    if not found.cases:
        return
    yield ""
    head = "".join(f"{'+' + str(horizon):>8}" for horizon in HORIZONS)
    yield f"{'from':<12}{'to':<12}{'bars':>5}  {'entry':<12}{head}"
    for case in found.cases:
        entry = str(case.entry or "—")
        returns = "".join(f"{_percent(case.after[str(horizon)]):>8}" for horizon in HORIZONS)
        yield f"{case.start!s:<12}{case.end!s:<12}{case.bars:>5}  {entry:<12}{returns}"


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{100 * value:+.1f}"


def _share(value: float | None) -> str:
    return "—" if value is None else f"{100 * value:.0f}"
