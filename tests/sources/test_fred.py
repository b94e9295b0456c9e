"""FRED over loopback: real aiohttp, a scripted FRED, a clock moved by hand."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from divmon import settings as settings_of
from divmon.errors import DataError
from divmon.market.events import MacroPoints
from divmon.market.sessions import day_number
from divmon.sources import network
from divmon.sources.fred import FredSource, normalise, parse
from tests.sources.by_hand import HandClock, Stage
from tests.standins.fred import Fred, universe
from tests.standins.internet import Internet

NOW = datetime(2026, 1, 22, 22, 0, tzinfo=UTC).timestamp()


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Internet, Fred]]:
    internet, fred = Internet(), Fred()
    fred.join(internet)
    with internet:
        yield internet, fred


@pytest.fixture
def fred(served: tuple[Internet, Fred]) -> Fred:
    fred = served[1]
    fred.heal()
    fred.counts.clear()
    fred.header, fred.modified, fred.texts = "observation_date", None, {}
    universe(fred, date(2026, 1, 22), years=3)
    return fred


@pytest.fixture
def stage(served: tuple[Internet, Fred], fred: Fred) -> Stage:
    return _stage(served[0])


def _stage(internet: Internet, *series: str, read_timeout_s: float = 10.0) -> Stage:
    settings = settings_of.load()
    if series:
        settings = msgspec.structs.replace(
            settings, fred=msgspec.structs.replace(settings.fred, series=series)
        )
    quick = msgspec.structs.replace(settings.network, read_timeout_s=read_timeout_s)
    clock = HandClock(NOW)
    source = FredSource(settings, network.load(quick, internet.env), clock, jitter=lambda: 0.5)
    return Stage(source, clock, lambda: source.idle)


def newest(stage: Stage, series: str) -> tuple[int, float]:
    return [points for points in stage.of(MacroPoints) if points.series == series][-1].points[-1]


def row(text: str, value: float) -> tuple[int, float]:
    return day_number(date.fromisoformat(text)), value


async def test_every_default_series_comes_with_unit_and_date(stage: Stage, fred: Fred) -> None:
    async with stage:
        await stage.forward(10)
        units = {points.series: points.unit for points in stage.of(MacroPoints)}
        assert units == {
            "WALCL": "USD mn",
            "WDTGAL": "USD mn",
            "RRPONTSYD": "USD bn",
            "DFF": "%",
            "DGS10": "%",
            "IRSTCI01JPM156N": "%",
        }
        day, value = fred.rows["WALCL"][-1]
        assert newest(stage, "WALCL") == row(day, float(value))
        assert date.fromisoformat(day).weekday() == 2  # as of a Wednesday
        (tens,) = [points for points in stage.of(MacroPoints) if points.series == "DGS10"]
        assert len(tens.points) == sum(1 for _, value in fred.rows["DGS10"] if value != ".")
        assert stage.state == "ok"
        assert sum(fred.counts.values()) == 6


async def test_polls_are_hourly_and_tell_only_what_is_new(stage: Stage, fred: Fred) -> None:
    async with stage:
        await stage.forward(10)
        await stage.forward(3 * 3600)
        assert all(3 <= count <= 4 for count in fred.counts.values())
        assert len(stage.of(MacroPoints)) == 6
        assert stage.health.next_try is not None
        assert 0 < stage.health.next_try - stage.clock.now() <= 3600
        fred.rows["WALCL"][-2] = (fred.rows["WALCL"][-2][0], "6543210")  # a revision
        fred.rows["WALCL"].append(("2026-01-23", "6600001"))
        await stage.forward(3600)
        told = stage.of(MacroPoints)[6:]
        assert [(one.series, len(one.points)) for one in told] == [("WALCL", 2)]
        assert newest(stage, "WALCL") == row("2026-01-23", 6600001.0)


async def test_the_header_of_2023_and_the_publication_time(stage: Stage, fred: Fred) -> None:
    fred.header = "DATE"
    fred.modified = "Thu, 15 Jan 2026 21:35:02 GMT"
    async with stage:
        await stage.forward(10)
        assert len(stage.of(MacroPoints)) == 6
        published = datetime(2026, 1, 15, 21, 35, 2, tzinfo=UTC).timestamp()
        assert {points.published for points in stage.of(MacroPoints)} == {published}


FAULTS = {
    "500": ("retrying", "FRED has a fault of its own (500)"),
    "429": ("rate_limited", "FRED asks for quiet (429)"),
    "403": ("rate_limited", "FRED asks for quiet (403)"),
    "html": ("retrying", "a web page for WALCL"),
    "empty": ("retrying", "nothing for WALCL"),
    "header": ("retrying", "has the columns"),
    "cut": ("retrying", "connection failed"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_is_named_and_healed_from(stage: Stage, fred: Fred, fault: str) -> None:
    fred.misbehave(fault)
    async with stage:
        await stage.forward(0)
        state, reason = FAULTS[fault]
        assert stage.state == state
        assert reason in stage.health.reason
        assert stage.health.reason.isprintable()
        await stage.forward(50)
        assert sum(fred.counts.values()) <= 10
        fred.heal()
        await stage.forward(900)
        assert stage.state == "ok"
        assert len({points.series for points in stage.of(MacroPoints)}) == 6


@pytest.mark.parametrize("fault", ["500", "html", "404"])
async def test_one_series_fault_is_not_the_others(stage: Stage, fred: Fred, fault: str) -> None:
    fred.misbehave(fault, "WDTGAL")
    async with stage:
        await stage.forward(60)
        assert len({points.series for points in stage.of(MacroPoints)}) == 5
        assert stage.state == "ok"
        assert "WDTGAL" in stage.health.reason
        assert len(stage.events("symbol")) == (fault == "404")
        fred.heal()
        stage.source.refresh()
        await stage.settle()
        assert newest(stage, "WDTGAL")
        await stage.forward(4000)
        assert stage.health.reason == ""


async def test_time_outs_and_no_way_out(served: tuple[Internet, Fred], fred: Fred) -> None:
    fred.misbehave("hang")
    async with _stage(served[0], "WALCL", read_timeout_s=0.2) as stage:
        await stage.settle()
        assert stage.health.reason == "no answer in time"
    served[0].unreachable = {"fred.stlouisfed.org"}
    try:
        async with _stage(served[0], "WALCL") as stage:
            await stage.settle()
            assert stage.state == "retrying"
            assert stage.health.reason == "the proxy answered HTTP 502; see [network] proxy"
    finally:
        served[0].unreachable = set()


async def test_no_series_is_no_source_to_wait_for(served: tuple[Internet, Fred]) -> None:
    stage = _stage(served[0])
    source = FredSource(
        msgspec.structs.replace(
            settings_of.load(),
            fred=msgspec.structs.replace(settings_of.load().fred, series=()),
        ),
        network.load(settings_of.load().network, served[0].env),
        stage.clock,
    )
    await source.run(stage.said.append)


@pytest.mark.parametrize(
    ("series", "values", "unit", "expected"),
    [
        ("WALCL", [6_738_190.0], "USD mn", [6_738_190.0]),
        ("WALCL", [719.5, 6738.19], "USD mn", [719_500.0, 6_738_190.0]),
        ("WTREGEN", [30.23, 723.41], "USD mn", [30_230.0, 723_410.0]),
        ("WTREGEN", [12_000.0, 953_816.0], "USD mn", [12_000.0, 953_816.0]),
        ("RRPONTSYD", [0.0, 2553.7, 1.1], "USD bn", [0.0, 2553.7, 1.1]),
        ("RRPONTSYD", [0.0, 2_553_716.0], "USD bn", [0.0, 2553.716]),
        ("IRSTCI01JPM156N", [-0.06, 0.48], "%", [-0.06, 0.48]),
        ("ANYTHING", [1e9], "", [1e9]),
    ],
)
def test_units_are_told_by_size(
    series: str, values: list[float], unit: str, expected: list[float]
) -> None:
    points = list(enumerate(values))
    assert normalise(series, points) == (unit, tuple(enumerate(expected)))


@pytest.mark.parametrize(("series", "value"), [("WALCL", 6.7), ("WALCL", 7e12), ("DFF", 433.0)])
def test_a_size_of_no_unit_is_refused_by_name(series: str, value: float) -> None:
    with pytest.raises(DataError, match=series):
        normalise(series, [(1, value)])


def test_rows_that_are_no_points() -> None:
    text = (
        "observation_date,DFF\n2026-01-02,3.6\n2026-01-01,3.5\n2026-01-02,3.7\n2026-01-03,.\n"
        "2026-01-04,\nyesterday,3\n2026-01-05,nan\n2026-01-06,1e999\n2199-01-01,3\n2026-01-07\n\n"
    )
    points, bad = parse(text, "DFF", NOW)
    assert points == (row("2026-01-01", 3.5), row("2026-01-02", 3.7))
    assert bad == 5
    with pytest.raises(DataError, match="no values"):
        parse("DATE,DFF\n2026-01-03,.\n", "DFF", NOW)


@pytest.mark.parametrize(
    ("file", "series", "last"),
    [
        ("WALCL.csv", "WALCL", 6_738_190.0),
        ("WALCL.2023-vintage-DATE-header.csv", "WALCL", 8_296_923.0),
        ("WTREGEN.csv", "WTREGEN", 941_926.0),
        ("WTREGEN.2024-vintage-billions.csv", "WTREGEN", 765_417.0),
        ("RRPONTSYD.csv", "RRPONTSYD", 2.151),
        ("DGS10.csv", "DGS10", 4.68),
        ("IRSTCI01JPM156N.csv", "IRSTCI01JPM156N", -0.014),
    ],
)
def test_recorded_files(shared: Callable[[str], Path], file: str, series: str, last: float) -> None:
    text = shared(f"wire/fred/{file}").read_text(encoding="utf-8")
    points, bad = parse(text, series, datetime(2026, 8, 3, tzinfo=UTC).timestamp())
    _, points = normalise(series, points)
    assert points[-1][1] == pytest.approx(last)
    assert bad == 0
