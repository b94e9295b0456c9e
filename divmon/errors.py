"""Every error divmon raises on purpose.

* DivmonError
  + SettingsError      the user's file or flag is wrong; print and exit 2
  + ThemeError         a theme file is wrong; skip it and say so
  + DataError          a file or an answer holds something that cannot be a market's data
  + ArchiveError       the archive cannot be used; it is set aside and the program runs on
  + LinkError          a frame or a socket is not what this version speaks
    - UnknownKindError a frame or a command of a kind that this version has not; skip it
  + SourceError        a source failed; the supervisor decides when to try again
    - TransientError   the network: try again soon
    - RateLimitedError the source asked for quiet: try again late
    - BlockedError     the source refuses us for this run (451, 403, unknown symbol)

A message names the thing, the value and the way out, and says "was".
"""


class DivmonError(Exception):
    """The base of them all."""


class SettingsError(DivmonError):
    """The configuration or a command line is wrong."""


class ThemeError(DivmonError):
    """A theme file is wrong."""


class DataError(DivmonError):
    """Data that no market can have produced."""


class ArchiveError(DivmonError):
    """The archive cannot be opened, read or written."""


class LinkError(DivmonError):
    """The other side of a socket speaks something else."""


class UnknownKindError(LinkError):
    """A message that this version does not have: well made, of another version."""


class SourceError(DivmonError):
    """A source failed."""


class TransientError(SourceError):
    """A failure that a retry may cure."""


class RateLimitedError(SourceError):
    """The source asked for quiet; `retry_after` is its wish in seconds, if it told one."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class BlockedError(SourceError):
    """The source will not serve us, however often we ask."""
