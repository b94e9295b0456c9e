"""FRED's keyless CSV on loopback, in its formats of today and of 2023.

`misbehave` takes: 429 403 500 404 html empty header hang cut long.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, timedelta

from aiohttp import web

from tests.standins.internet import Internet

HOST = "fred.stlouisfed.org"


class Fred:
    """The stand-in. Rows are (ISO date, text of the value), as they stand in the file."""

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[str, str]]] = {}
        self.texts: dict[str, str] = {}
        self.header = "observation_date"
        self.modified: str | None = None
        self.counts: Counter[str] = Counter()
        self._wrongs: dict[str, str] = {}

    def join(self, internet: Internet) -> None:
        """Serve FRED's host there. Before its start."""
        internet.add(HOST, self.handle)

    def set(self, series: str, rows: Iterable[tuple[str, str]]) -> None:
        self.rows[series] = list(rows)

    def misbehave(self, how: str, series: str = "*") -> None:
        self._wrongs = {**self._wrongs, series: how}

    def heal(self) -> None:
        self._wrongs = {}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        series = request.query.get("id", "")
        self.counts[series] += 1
        wrong = self._wrongs.get(series, self._wrongs.get("*", ""))
        if wrong == "hang":
            await asyncio.sleep(3600)
        if wrong in ("429", "403", "500"):
            return web.Response(status=int(wrong), text="<html>Access Denied</html>")
        known = series in self.rows or series in self.texts
        if wrong == "404" or request.path != "/graph/fredgraph.csv" or not known:
            return web.Response(status=404, text="<!DOCTYPE html><html>not found</html>")
        text = self.texts.get(series) or self._text(series)
        if wrong == "html":
            text = "<!DOCTYPE html><html><body>Under maintenance</body></html>"
        elif wrong == "empty":
            text = ""
        elif wrong == "header":
            text = text.replace(series, "VALUE [b]x[/b]", 1)
        headers = {"Content-Disposition": f'attachment; filename="{series}.csv"'}
        if self.modified:
            headers["Last-Modified"] = self.modified
        if wrong == "cut":
            headers["Content-Length"] = str(len(text))
            response = web.StreamResponse(headers=headers)
            await response.prepare(request)
            await response.write(text[: len(text) // 2].encode())
            assert request.transport is not None
            request.transport.abort()
            return response
        return web.Response(text=text, content_type="application/csv", headers=headers)

    def _text(self, series: str) -> str:
        lines = [f"{self.header},{series}", *(f"{day},{value}" for day, value in self.rows[series])]
        return "\n".join(lines) + "\n"


def universe(fred: Fred, today: date, years: int = 10) -> None:
    """Serve the default series with plain, wandering figures that end about `today`."""
    wednesday = today - timedelta(days=(today.weekday() - 2) % 7)
    weeks = [wednesday - timedelta(weeks=n) for n in range(52 * years, -1, -1)]
    days = [today - timedelta(days=n) for n in range(365 * years, 0, -1)]
    business = [day for day in days if day.weekday() < 5]
    months = [day for day in days if day.day == 1][:-1]
    table: dict[str, tuple[list[date], Callable[[int], str]]] = {
        "WALCL": (weeks, lambda i: f"{6_600_000 + 900 * i}"),
        "WDTGAL": (weeks, lambda i: f"{800_000 + 40_000 * (i % 5)}"),
        "RRPONTSYD": (business, lambda i: f"{2200 - 2200 * i / len(business):.3f}"),
        "DFF": (days, lambda i: "4.33" if i < len(days) - 200 else "3.64"),
        "DGS10": (business, lambda i: "." if i % 60 == 7 else f"{4 + i % 40 / 100:.2f}"),
        "IRSTCI01JPM156N": (months, lambda i: f"{0.1 + i / 200:.3f}"),
    }
    for series, (dates, value) in table.items():
        fred.set(series, [(str(day), value(i)) for i, day in enumerate(dates)])
