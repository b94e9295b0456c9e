"""`divmon status`: one segment for a status line, from the archive alone.

A status line asks every few seconds and waits for the answer, so no source is asked and
nothing heavy imported: 85 ms on a slow machine, of which Python itself takes 12.
"""

import sys
import time
from datetime import datetime

import click
from msgspec import Struct

from divmon import paths
from divmon.cli import exits
from divmon.reading.model import AbcState, Instrument, Reading

SCHEMA = "divmon.status/1"
LIMIT = 60.0  # seconds: a reading is kept every ten, and nobody misses it for a minute
COLOURS = {"calm": "green", "watch": "yellow", "alert": "red,bold"}  # tmux styles
MISSING = "—"


class Price(Struct, frozen=True, kw_only=True):
    """Bitcoin's last price. `age_s` counts to now, not to the reading."""

    price: float | None
    age_s: float | None
    state: str


class Status(Struct, frozen=True, kw_only=True):
    """What a status line shows, and the whole of its JSON."""

    schema: str = SCHEMA
    as_of: datetime
    age_s: float
    stale: bool  # older than the limit, or of before any source had answered
    source: str
    state: AbcState
    score: float | None
    provisional: float | None
    btc: Price


def status_of(reading: Reading, now: float, limit: float) -> Status:
    """Return what `reading` amounts to at `now`, in Unix seconds.

    One that lies ahead of the clock by more than `limit` is stale as well: one of the
    two clocks is wrong, and nothing can be said of its age.
    """
    age = now - reading.as_of.timestamp()
    stale = reading.warm or abs(age) > limit
    btc = reading.instruments.get("BTC", Instrument())
    old = None if btc.age_s is None else btc.age_s + max(age, 0.0)
    return Status(
        as_of=reading.as_of,
        age_s=age,
        stale=stale,
        source=reading.source,
        state=reading.abc.state,
        score=reading.abc.score,
        provisional=reading.abc.provisional,
        btc=Price(
            price=btc.last,
            age_s=old,
            state="stale" if stale and btc.last is not None else btc.state,
        ),
    )


def words(status: Status) -> tuple[str, str]:
    """Return the segment in two parts: what the state colours, and the rest."""
    score = MISSING if status.score is None else f"{status.score:.0f}"
    btc = status.btc
    if btc.price is None:
        price = f"BTC {MISSING}"
    else:
        old = "" if btc.age_s is None else f" ({span(btc.age_s)})"
        doubt = (
            "" if btc.state in ("live", "delayed", "closed") or status.stale else f" {btc.state}"
        )
        price = f"BTC {btc.price:,.0f}{old}{doubt}"
    if status.stale:
        price += f"  stale {span(status.age_s)}" if status.age_s >= 0 else "  stale, clock is off"
    return f"ABC {score} {status.state}", price


def span(seconds: float) -> str:
    """Return a time span in its largest unit: "3 s", "12 min", "5 h", "2 d"."""
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length:.0f} {unit}"
    return f"{max(seconds, 0) // 1:.0f} s"


def tmux(style: str, text: str) -> str:
    """Return `text` under a style of tmux, which expands #(COMMAND) and #[STYLE] in it."""
    return f"#[{style}]{escaped(text)}#[default]"


def escaped(text: str) -> str:
    """Return `text` such that tmux shows it as it is: doubled, a # is one."""
    return exits.plain(text).replace("#", "##")


@click.command(epilog=exits.HELP)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "tmux", "json"]),
    default="text",
    show_default=True,
)
@click.option(
    "--stale-after",
    "limit",
    type=click.FloatRange(min=0, min_open=True),
    default=LIMIT,
    show_default=True,
    metavar="SECONDS",
    help="Call a reading stale from this age on.",
)
@click.pass_context
def status(context: click.Context, form: str, limit: float) -> None:
    """Print the state, the score and Bitcoin's price in one short segment.

    From the archive, which a running screen or watch brings up to date: no source is asked.
    """
    reading = _last()
    if reading is None:
        nothing = "divmon: no reading yet"
        # tmux shows what stands on stdout, and nothing else
        click.echo(tmux("dim", nothing) if form == "tmux" else nothing, err=form != "tmux")
        context.exit(exits.SOURCE_FAILED)
    found = status_of(reading, time.time(), limit)
    state, price = words(found)
    match form:
        case "json":
            import msgspec

            line = exits.plain(msgspec.json.encode(found).decode())
        case "tmux":
            style = "dim" if found.stale else f"fg={COLOURS.get(found.state, 'default')}"
            line = f"{tmux(style, state)} {tmux('dim', price) if found.stale else escaped(price)}"
        case _:
            line = exits.plain(f"{state}  {price}")
    if "utf" not in (getattr(sys.stdout, "encoding", None) or "utf-8").lower():
        line = line.replace(MISSING, "-")
    click.echo(line)


def _last() -> Reading | None:
    """Return the archive's last Reading; an archive that is not there is not made."""
    path = paths.archive_path()
    if not path.exists():
        return None
    from divmon.store.archive import Archive

    archive = Archive.open(path)
    try:
        return archive.last_reading()
    finally:
        archive.close()
        for notice in archive.notices:
            exits.tell(notice)
