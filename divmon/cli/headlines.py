"""`divmon headlines`: the rarest true facts, one a line."""

from typing import TYPE_CHECKING, Any, Literal

import click

from divmon.cli import exits
from divmon.cli.gathering import Asked, asks, print_reading, to_json

if TYPE_CHECKING:
    from divmon.reading.model import Reading


@click.command(epilog=exits.HELP)
@click.option(
    "--max",
    "most",
    type=click.IntRange(1, 100),
    default=6,
    show_default=True,
    metavar="N",
    help="Lines at most.",
)
@click.option(
    "--lang",
    "language",
    type=click.Choice(["en", "ja"]),
    default="en",
    show_default=True,
    help="Language of the lines.",
)
@asks
@click.pass_context
def headlines(
    context: click.Context, /, most: int, language: Literal["en", "ja"], **asked: Any
) -> None:
    """Print the state and the rarest facts, one a line: for tmux, motd and cron.

    A fact that comes on more than one session in ten is not told.
    """

    def write(reading: "Reading", form: str) -> str:
        from divmon.reading.headlines import headlines as told

        lines = told(reading, most, language)
        if form == "json":
            return to_json(
                {
                    "as_of": reading.as_of,
                    "source": reading.source,
                    "simulated": reading.simulated,
                    "headlines": lines,
                }
            )
        return "".join(f"{exits.plain(line)}\n" for line in lines)

    print_reading(context, Asked(**asked), write)
