"""A folder of CSV files as a source: NAME.csv for each instrument or economic series.

It tells what the files hold up to one moment and is done; its clock stands still
there. Nothing is invented: there are no quotes, the last row is a completed bar.
"""

import time
from array import array
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from divmon.errors import DataError, SettingsError
from divmon.indicators import liquidity
from divmon.indicators.series import Macro
from divmon.market.clock import StillClock
from divmon.market.events import Bars, Emit, Event, MacroPoints, Severity, SourceHealth
from divmon.market.sessions import DAY, sessions
from divmon.settings import Settings
from divmon.sources.files_table import HOUR, Table, newest, plain, read_table
from divmon.sources.threads import DaemonPool

HOURLY_ENDING = "_1h"  # btc_1h.csv; read only where [csv] hourly names it
TODAY_S = 2 * DAY  # rows dated later than this after the machine's clock are not believed

# Stems that name an economic series, and what the readings know it as. The Treasury's
# daily closing balance holds the Wednesday level that H.4.1 calls WDTGAL.
SERIES = {
    "walcl": "WALCL",
    "wdtgal": "WDTGAL",
    "tga": "TGA_DAILY",
    "tga_daily": "TGA_DAILY",
    "rrpontsyd": "RRPONTSYD",
    "dff": "DFF",
    "dfedtaru": "DFEDTARU",
    "dgs10": "DGS10",
    "irstci01jpm156n": "IRSTCI01JPM156N",
    "irstcb01jpm156n": "IRSTCB01JPM156N",
}
WEEK_AVERAGES = {"wtregen": "WDTGAL or tga_daily"}
MILLIONS = ("WALCL", "WDTGAL", "TGA_DAILY")
BILLIONS = ("RRPONTSYD",)


class FilesSource:
    """A folder of CSV files as a Source, read as of a moment."""

    simulated = False

    def __init__(
        self,
        folder: Path | str,
        settings: Settings,
        as_of: datetime | None = None,
        *,
        today: Callable[[], float] = time.time,
    ) -> None:
        """Look at the folder; the files are read by `run`.

        Args:
            folder: Holds NAME.csv, in any case, for the instruments of `settings`.
            settings: The instruments, their calendars, and the FRED series.
            as_of: No bar that ended later is told; the end of the newest date if None.
            today: The machine's clock: dates beyond it are not believed.

        Raises:
            SettingsError: There is no such folder, or nothing in it to read.
        """
        self.folder = Path(folder)
        self.settings = settings
        self.name = f"csv:{plain(str(folder))}"
        self._today = today
        self._asked = as_of is not None
        self._files = self._found()
        if as_of is None:
            ends = [end for path in self._files.values() if (end := newest(path)) is not None]
            limit = today() + TODAY_S
            at = float(max((end for end in ends if end <= limit), default=today()))
        else:
            at = (as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)).timestamp()
        self.clock = StillClock(at)
        self._late: list[str] = []  # files with rows beyond as_of
        self._failed: list[str] = []

    def refresh(self) -> None:
        """Nothing ever waits here."""

    async def run(self, emit: Emit) -> None:
        """Emit everything once."""
        now = self.clock.now()
        emit(SourceHealth("csv", "file", "starting", now))
        pool = DaemonPool(1, "files")
        read: dict[str, Table] = {}
        try:
            for name, path in self._files.items():
                try:
                    read[name] = await pool.run(read_table, path, positive=self._priced(name))
                except DataError as error:
                    self._failed.append(plain(path.name))
                    emit(self._event("bad_file", plain(path.name), str(error)))
        finally:
            pool.close()
        now = self._settle_clock(read)
        for note in self._unused():
            emit(note)
        told = 0
        for name, table in read.items():
            for text, lost in table.notes:
                severity: Severity = "warning" if lost else "notice"
                emit(self._event("bad_rows", table.file, text, severity=severity))
            for fact in self._facts(name, table, now):
                told += not isinstance(fact, Event)
                emit(fact)
        if self._late and self._asked:
            emit(
                self._event(
                    "as_of",
                    self.name,
                    f"as of {_said(now)}: later rows of {len(self._late)} files are left out",
                    severity="info",
                )
            )
        if not told and read:
            emit(self._event("no_rows", self.name, self._too_early(read, now)))
        emit(self._health(told, now))

    # which files

    def _found(self) -> dict[str, Path]:
        """Return the files to read by what they hold: RUT, "BTC 1h", WALCL.

        Raises:
            SettingsError: There is no folder, or nothing in it that has a name of ours.
        """
        shown = plain(str(self.folder))
        try:
            inside = sorted(self.folder.iterdir())
        except FileNotFoundError as error:
            raise SettingsError(
                f"csv:{shown}: no such folder; give one that holds files such as rut.csv"
            ) from error
        except NotADirectoryError as error:
            raise SettingsError(
                f"csv:{shown}: not a folder; give the folder that the file lies in"
            ) from error
        except OSError as error:
            raise SettingsError(f"csv:{shown}: cannot be read: {error.strerror}") from error
        everything = [path for path in inside if _is_csv(path)]
        if not everything:
            raise SettingsError(
                f"csv:{shown}: no .csv file in it; name one after each instrument, such as rut.csv"
            )
        self._twice: list[tuple[str, str]] = []
        self._unknown: list[str] = []
        self._averages: list[str] = []
        self._hours: list[str] = []
        files: dict[str, Path] = self._hourly()
        for path in everything:
            name = self._named(path)
            if name is None:
                continue
            if name in files:
                self._twice.append((plain(path.name), plain(files[name].name)))
            else:
                files[name] = path
        if not files:
            raise SettingsError(
                f"csv:{shown}: none of its {len(everything)} files has the name of an instrument, "
                f"such as rut.csv; found {', '.join(plain(p.name) for p in everything[:5])}"
            )
        return files

    def _hourly(self) -> dict[str, Path]:
        """Return the files of 1-hour bars that the settings name, by "BTC 1h".

        Raises:
            SettingsError: One is not there, or is named after no instrument with hourly bars.
        """
        hourly = {n.casefold(): n for n, each in self.settings.instruments.items() if each.hourly}
        files: dict[str, Path] = {}
        for given in self.settings.csv.hourly:
            path = self.folder / given
            stem = path.stem.casefold()
            name = hourly.get(stem.removesuffix(HOURLY_ENDING))
            if name is None or not stem.endswith(HOURLY_ENDING):
                raise SettingsError(
                    f"[csv] hourly names {plain(given)}; call it after an instrument with "
                    f"hourly = true, such as btc{HOURLY_ENDING}.csv"
                )
            if not _is_csv(path):
                raise SettingsError(
                    f"[csv] hourly names {plain(given)}, which csv:{plain(str(self.folder))} lacks"
                )
            files[f"{name} 1h"] = path
        return files

    def _named(self, path: Path) -> str | None:
        """Return what a file holds by its stem, None if nothing that is used here."""
        stem = path.stem.casefold()
        instruments = {name.casefold(): name for name in self.settings.instruments}
        series = {name.casefold(): name for name in self.settings.fred.series} | SERIES
        name = instruments.get(stem.removesuffix(HOURLY_ENDING))
        if stem.endswith(HOURLY_ENDING) and name is not None:
            if self.settings.instruments[name].hourly and path not in map(
                self.folder.joinpath, self.settings.csv.hourly
            ):
                self._hours.append(path.name)
            return None
        if name is not None:
            return name
        if stem in series:
            return series[stem]
        if stem in WEEK_AVERAGES:
            self._averages.append(path.stem)
        else:
            self._unknown.append(path.stem)
        return None

    def _priced(self, name: str) -> bool:
        """Tell whether a file holds prices, which are positive, and not levels."""
        return name.removesuffix(" 1h") in self.settings.instruments

    def _unused(self) -> Iterator[Event]:
        """Say which files are not used, and why."""
        for stem in self._averages:
            yield self._event(
                "unused",
                plain(stem),
                f"{plain(stem)}.csv holds week averages, not Wednesday levels, and is not used; "
                f"add {WEEK_AVERAGES[stem.casefold()]}.csv",
                severity="info",
            )
        for file in self._hours:
            yield self._event(
                "unused",
                plain(file),
                f'{plain(file)} is not used; [csv] hourly = ["{plain(file)}"] would use it',
                severity="info",
            )
        if self._unknown:
            names = sorted(plain(stem) for stem in self._unknown)
            yield self._event(
                "unused",
                self.name,
                f"not used: {', '.join(names)}; no instrument or series has that name, "
                f"add [instruments.{names[0].upper()}] to the settings to use it",
                severity="info",
            )
        for file, first in self._twice:
            yield self._event("unused", file, f"{file} is not used: {first} holds the same")

    # what they tell

    def _settle_clock(self, read: dict[str, Table]) -> float:
        """Return the time that all is told as of, from the rows if none was asked for."""
        if not self._asked:
            limit = self._today() + TODAY_S
            ends = [
                end
                for table in read.values()
                for row in table.rows[-1:]
                if (end := _end(row[0], hourly=table.hourly)) <= limit
            ]
            self.clock.at = float(max(ends, default=self.clock.at))
        return self.clock.now()

    def _facts(self, name: str, table: Table, now: float) -> Iterator[Bars | MacroPoints | Event]:
        """Return what one file tells as of `now`."""
        until = self._last_known(name, table, now)
        last = table.rows[-1][0]
        if last > until:
            self._late.append(table.file)
            if _end(last, hourly=table.hourly) > self._today() + TODAY_S and not self._asked:
                beyond = sum(row[0] > until for row in table.rows)
                yield self._event(
                    "bad_rows",
                    table.file,
                    f"{table.file}: {beyond} rows are dated in the future and left out, the last "
                    f"{_said(_end(last, hourly=table.hourly))}; give --as-of to use them",
                )
        times, columns = table.columns(until)
        if not times:
            yield self._event("as_of", table.file, f"{table.file}: no row by {_said(now)}")
        elif self._priced(name):
            yield Bars(
                name.removesuffix(" 1h"),
                f"csv:{table.file.removesuffix('.csv')}",
                "1h" if table.hourly else "1d",
                times,
                columns[0],
                columns[1],
                columns[2],
                columns[3],
                columns[4],
                now,
                table.value_only,
            )
        else:
            yield _points(name, times, columns[3], now)

    def _last_known(self, name: str, table: Table, now: float) -> int:
        """Return the newest time whose bar is over at `now`: a day, or an hour's start."""
        if table.hourly:
            return int(now) - HOUR
        if not self._priced(name):
            return int(now // DAY) - 1
        calendar = sessions(self.settings.instruments[name].calendar)
        over = int(now // DAY) - 1  # by then any market has closed
        running = calendar.last_closed(now)
        return over if running is None else max(over, running)

    def _too_early(self, read: dict[str, Table], now: float) -> str:
        """Say from when on there is something, with the file that begins first."""
        first, file = min(
            (_end(table.rows[0][0], hourly=table.hourly), table.file) for table in read.values()
        )
        begins = f"{file} begins first, on {_said(first)}"
        return f"{self.name}: no row by {_said(now)}; {begins}: give a later --as-of"

    def _health(self, told: int, now: float) -> SourceHealth:
        reason = f"not read: {', '.join(self._failed)}" if self._failed else ""
        if not told:
            reason = reason or f"no row by {_said(now)}"
            return SourceHealth("csv", "file", "off", now, reason)
        return SourceHealth("csv", "file", "ok", now, reason, last_data=now)

    def _event(self, kind: str, subject: str, text: str, severity: Severity = "warning") -> Event:
        return Event(self.clock.now(), kind, subject, text, severity)


def _is_csv(path: Path) -> bool:
    # a pipe with such a name would never end
    return path.suffix.casefold() == ".csv" and path.is_file()


def _end(row_time: int, *, hourly: bool) -> int:
    return row_time + HOUR if hourly else (row_time + 1) * DAY


def _said(at: float) -> str:
    """Write a moment; the end of a day as that day."""
    if at % DAY == 0:
        return str(datetime.fromtimestamp(at - DAY, UTC).date())
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _points(name: str, days: "array[int]", values: "array[float]", now: float) -> MacroPoints:
    """Return an economic series in the unit that the readings expect."""
    levels = np.array(values)
    unit = ""
    given = Macro(name, "", np.array(days, dtype=np.int64), levels)
    if name in MILLIONS:
        unit, levels = "USD mn", liquidity.millions(given)
    elif name in BILLIONS:
        unit, levels = "USD bn", liquidity.billions(given)
    elif name in SERIES.values():
        unit = "%"
    return MacroPoints(name, unit, tuple(zip(days, levels.tolist(), strict=True)), now)
