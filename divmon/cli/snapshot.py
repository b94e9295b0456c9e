"""`divmon snapshot`: one Reading, on stdout."""

from typing import TYPE_CHECKING, Any

import click

from divmon.cli import exits
from divmon.cli.gathering import Asked, asks, print_reading, to_json

if TYPE_CHECKING:
    from divmon.reading.model import Reading


@click.command(epilog=exits.HELP)
@asks
@click.pass_context
def snapshot(context: click.Context, /, **asked: Any) -> None:
    """Gather, print one Reading, and leave.

    Takes the reading of a running `divmon watch` if there is one and no --source is given.

    The JSON has the schema divmon.reading/1: fractions and not percents, times in UTC,
    null where a value is missing.
    """
    print_reading(context, Asked(**asked), _write)


def _write(reading: "Reading", form: str) -> str:
    if form == "json":
        return to_json(reading)
    from divmon.cli.board import board

    return board(reading)
