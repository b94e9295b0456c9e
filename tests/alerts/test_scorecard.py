"""What followed: outcomes beside the rate of any session."""

from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

import msgspec
import numpy as np
import pytest

from divmon.alerts import scorecard
from divmon.alerts.keep import Given, Keeper
from divmon.alerts.scorecard import any_session, outcome
from divmon.indicators.align import Grid
from divmon.market.events import Severity
from divmon.market.sessions import day_number
from divmon.store.archive import Archive
from tests.alerts.stage import alert
from tests.synthetic import synthetic_grid


def loops(close: Sequence[float], horizon: int) -> tuple[int, int, float]:
    """Count by plain loops."""
    n = fell = 0
    changes = []
    for entry in range(len(close) - horizon):
        first, last = close[entry], close[entry + horizon]
        if first != first or last != last:
            continue
        n += 1
        way = [each for each in close[entry + 1 : entry + horizon + 1] if each == each]
        fell += min(way) <= 0.95 * first
        changes.append(last / first - 1)
    return n, fell, sum(changes) / n


@pytest.mark.parametrize("horizon", [5, 20, 60])
def test_any_sessions_rate_is_what_plain_loops_count(horizon: int) -> None:
    close = synthetic_grid().close["RUT"][-600:].copy()
    close[[3, 200, 201, 599]] = np.nan
    n, fell, mean = any_session(close, horizon)
    assert (n, fell) == loops(close.tolist(), horizon)[:2]
    assert mean == pytest.approx(loops(close.tolist(), horizon)[2])
    assert 0 < fell < n
    assert any_session(close[:horizon], horizon) == (0, 0, None)


def test_an_outcome_is_known_when_its_horizon_is_over() -> None:
    close = np.array([1.0, 100.0, 90.0, np.nan, 120.0])
    known = outcome(close, 1, 3)
    assert known == pytest.approx((0.2, -0.1))
    assert outcome(close, 1, 4) is None
    assert outcome(close, 3, 1) is None


def keep(
    archive: Archive, *sessions: date, rule: str = "abc", severity: Severity = "alert"
) -> None:
    keeper = Keeper(archive, "test")
    keeper.claim(0.0, 1e12)
    alerts = [
        msgspec.structs.replace(
            alert(session.toordinal()),
            rule=rule,
            session=session,
            severity=severity,
            time=86_400.0 * (day_number(session) + 0.9),
        )
        for session in sessions
    ]
    keeper.save({}, [Given(each, 0.0, each.id) for each in alerts])
    for each in alerts:
        keeper.handed(each.id, each.time)
    assert archive.flush()


def session(index: int) -> date:
    return date.fromordinal(int(synthetic_grid().day[index]) + date(1970, 1, 1).toordinal())


def until(index: int) -> Grid:
    """Return the grid as it was after a session."""
    whole = synthetic_grid()
    part = slice(0, index + 1)
    return Grid(
        whole.day[part], whole.at[part], {name: col[part] for name, col in whole.close.items()}
    )


def test_outcomes_are_filled_in_as_they_become_known(tmp_path: Path) -> None:
    with closing(Archive.open(tmp_path / "state" / "archive.db")) as archive:
        at = len(synthetic_grid()) - 100
        keep(archive, session(at))
        counts = []
        for later in (1, 5, 6, 21, 60, 61, 99):
            scorecard.fill(archive, until(at + later))
            assert archive.flush()
            counts.append(sum(len(each) for each in scorecard.outcomes(archive).values()))
        assert counts == [0, 0, 3, 6, 6, 9, 9]
        (found,) = scorecard.outcomes(archive).values()
        rut = synthetic_grid().close["RUT"]
        after = next(each for each in found if (each.target, each.horizon) == ("RUT", 20))
        assert after.change == pytest.approx(rut[at + 21] / rut[at + 1] - 1)
        assert archive.notices == []
