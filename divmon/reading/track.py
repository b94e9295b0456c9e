"""One instrument's runs and records over all its history, as frames carry them. Light."""

from datetime import date as Date  # noqa: N812 (as in the model)
from typing import Literal

from msgspec import Struct

RunKind = Literal["close", "candle"]


class Run(Struct, frozen=True, kw_only=True):
    """One whole run. The prices are those that its gain is counted from and to.

    Of closes: from the close before the run. Of candles: from the first one's open.
    """

    start: Date
    end: Date
    length: int  # signed
    before: float
    after: float
    rank: int  # among the runs of its direction; 1: none was longer
    running: bool = False  # the last completed bar belongs to it
    cut: bool = False  # the history begins, or a session is missing, at an end: "at least"


class Runs(Struct, frozen=True, kw_only=True):
    """All runs of one kind: the longest, and how many reached each length."""

    kind: RunKind
    current: int | None  # signed length; 0: the last bar was a tie
    rises: tuple[Run, ...]  # longest first, then the running one if it is not among them
    falls: tuple[Run, ...]
    reached: tuple[tuple[int, int], ...]  # rises and falls of at least 1, 2, 3 … bars


class RecordRun(Struct, frozen=True, kw_only=True):
    """Record closes less than 20 bars apart."""

    first: Date
    last: Date
    count: int
    before: float  # the record that the first one broke
    after: float


class Fall(Struct, frozen=True, kw_only=True):
    """A drawdown of at least a tenth, in closes."""

    peak: Date
    trough: Date
    recovered: Date | None  # None: still under water
    depth: float
    days: int  # under water, to the last bar if it still is
    rank: int  # 1: none was deeper


class Twin(Struct, frozen=True, kw_only=True):
    """The running fall beside the quartiles of the earlier ones, as many bars after the high.

    `bar` are the counts that are told, at most a few hundred; None where no earlier
    fall lasted as long; `n` counts those that did.
    """

    bar: tuple[int, ...]
    path: tuple[float, ...]
    low: tuple[float | None, ...]
    middle: tuple[float | None, ...]
    high: tuple[float | None, ...]
    n: tuple[int, ...]


class Records(Struct, frozen=True, kw_only=True):
    """Record closes and drawdowns, newest first. `since`: a year after the data begin."""

    since: Date
    count: int  # record closes since then
    last: Date | None
    days_since: int | None  # from the last record to the last bar
    runs: tuple[RecordRun, ...]  # the newest ones
    clusters: int  # all there are
    falls: tuple[Fall, ...]
    twin: Twin | None = None


class Track(Struct, frozen=True, eq=False, tag="track", tag_field="frame", kw_only=True):
    """What the completed bars of one instrument have done. Answers AskTrack, for every screen."""

    instrument: str
    name: str = ""  # the vendor's: "yahoo:^RUT"
    boundary: str = ""  # whose day: "UTC", "session"
    first: Date | None = None
    last: Date | None = None
    years: float | None = None  # of the data; None for less than one
    holes: int = 0  # sessions missing between first and last
    runs: tuple[Runs, ...] = ()
    records: Records | None = None  # None for less than a year of bars
