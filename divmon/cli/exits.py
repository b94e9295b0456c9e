"""Exit codes, and how errors are told."""

import contextlib
import os
import sys
from typing import IO, Any

import click

OK = 0
SOURCE_FAILED = 1
WRONG_USAGE = 2
BUG = 70  # EX_SOFTWARE of sysexits.h
CANNOT_WRITE = 74  # EX_IOERR
INTERRUPTED = 130  # 128 + SIGINT, as shells say it
PIPE_CLOSED = 141  # 128 + SIGPIPE

HELP = (
    "Exit codes: 0 fine; 1 a required source failed; 2 wrong usage or configuration; "
    "70 a fault of divmon itself (the log has it)."
)


class Failure(click.ClickException):
    """An error for a person: told on stderr, each line after the program's name."""

    exit_code = WRONG_USAGE

    def show(self, file: IO[Any] | None = None) -> None:
        tell(self.message, file)


class SourceFailure(Failure):
    """A source, or a file that stands for one, could not be used."""

    exit_code = SOURCE_FAILED


class ReaderLeft(click.ClickException):
    """Nobody reads stdout any more; there is nobody to tell it to either."""

    exit_code = PIPE_CLOSED

    def __init__(self) -> None:
        super().__init__("the reader of stdout has left")

    def show(self, file: IO[Any] | None = None) -> None:  # noqa: ARG002 (click's signature)
        """Let what Python still wants to flush at exit go nowhere."""
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell(message: str, file: IO[Any] | None = None) -> None:
    """Write `message` on stderr, without what a terminal might act on."""
    for line in message.splitlines():
        click.echo(f"divmon: {plain(line)}", file=file or sys.stderr)


def tell_usage(error: click.UsageError) -> None:
    """Tell what was wrong with the command line, and which help says more."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return
    tell(error.format_message())
    if error.ctx is not None:
        tell(f"`{error.ctx.command_path} --help` says more")


def cause(error: BaseException) -> BaseException:
    """Return what went wrong inside the wrappers that task groups and workers put round it."""
    while True:
        if isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
            error = error.exceptions[0]
        elif type(error).__name__ == "WorkerFailed":  # Textual's, which is not imported here
            error = getattr(error, "error", error.__cause__ or Exception(str(error)))
        else:
            return error


def tell_fault(error: BaseException) -> int:
    """Write a fault of ours to the log and a line of it on stderr; return its exit code."""
    import logging

    from divmon.cli import log

    path = log.start()
    logging.getLogger("divmon").critical("divmon has a fault", exc_info=error)
    tell(f"this is a fault of divmon: {type(error).__name__}: {error}")
    if path:
        tell(f"{path} has the details")
    else:
        # nowhere to write them but here
        import traceback

        traceback.print_exception(error)
    return BUG


def plain(text: str) -> str:
    """Return `text` on one line, with control characters replaced.

    What venues and proxies answer ends up in messages, and a terminal would obey it.
    """
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
