"""The batch: when it must be made anew, and the laws that no cut of the data may break."""

import msgspec
import numpy as np
import pytest

from divmon.indicators.series import History
from divmon.reading.assess import assess, read
from divmon.reading.live import Live
from divmon.reading.model import Reading
from divmon.reading.prepare import prepare
from tests.history import END, moment, reference
from tests.reading.market import OPEN, SETTINGS, only, replace_hours, without

# When the batch must be made anew, and that nobody looks ahead


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2025-07-01T13:00", "2025-07-01T13:30"),  # XNYS opens
        ("2025-07-01T15:00", "2025-07-01T20:00"),
        ("2025-07-01T20:00", "2025-07-01T22:00"),  # COMEX closes
        ("2025-07-05T12:00", "2025-07-05T20:00"),  # Saturday: Bitcoin's New York day
        ("2025-07-05T20:00", "2025-07-06T00:00"),
    ],
)
def test_the_batch_is_valid_until_something_closes_or_opens(now: str, until: str) -> None:
    general = msgspec.structs.replace(SETTINGS.general, time_zone="UTC")
    own = msgspec.structs.replace(SETTINGS, general=general)
    batch = prepare(only("BTC", "RUT"), own, moment(now))
    assert batch.valid_until == moment(until)


def test_an_old_batch_still_tells_the_session_right() -> None:
    batch = prepare(only("RUT"), SETTINGS, OPEN)
    later = read(batch, Live("live"), moment("2025-07-01T21:00"))
    assert later.session.state == "closed"
    assert str(later.session.date) == "2025-07-01"
    assert later.instruments["RUT"].session == "closed"
    assert later.instruments["RUT"].state == "stale"  # the bar of this day has not come


@pytest.mark.parametrize("text", ["2024-08-06", "2024-11-30T18:30", "2025-03-11T02:00"])
def test_cutting_the_data_changes_nothing_before_the_cut(text: str) -> None:
    now = moment(text)
    cut = {
        name: without(bars, *bars.day[bars.day > now // 86_400].tolist())
        for name, bars in reference().daily.items()
    }
    whole = assess(reference(), Live("csv"), SETTINGS, now)
    part = assess(History(cut, {}, reference().macro), Live("csv"), SETTINGS, now)
    assert part.instruments == whole.instruments
    assert part.relative_streaks == whole.relative_streaks


def test_the_order_of_instruments_does_not_matter() -> None:
    bars = reference().daily
    turned = History(dict(reversed(list(bars.items()))), {}, reference().macro)
    one = assess(reference(), Live("csv"), SETTINGS, END)
    other = assess(turned, Live("csv"), SETTINGS, END)
    assert msgspec.json.encode(one) == msgspec.json.encode(other)


def test_the_viewers_time_zone_changes_the_local_candle_alone() -> None:
    starts = range(int(moment("2025-06-01")), int(END), 3600)
    wave = {start: 11_000 + 500 * np.sin(start / 40_000) for start in starts}
    history = replace_hours(reference(), wave)

    def seen(name: str) -> Reading:
        general = msgspec.structs.replace(SETTINGS.general, time_zone=name)
        return assess(history, Live("csv"), msgspec.structs.replace(SETTINGS, general=general), END)

    def rest(reading: Reading) -> bytes:
        row = reading.instruments["BTC"]
        same = msgspec.structs.replace(row, boundaries=row.boundaries | {"local": None})
        return msgspec.json.encode(
            msgspec.structs.replace(reading, instruments=reading.instruments | {"BTC": same})
        )

    assert rest(seen("Asia/Tokyo")) == rest(seen("America/New_York"))


@pytest.mark.parametrize("gone", ["BTC", "RUT", "SPX", "GOLD", "STAR50", "IXIC", "SILVER"])
def test_an_instrument_that_lacks_is_told_and_raises_nothing(gone: str) -> None:
    kept = {name: bars for name, bars in reference().daily.items() if name != gone}
    reading = assess(History(kept, {}, reference().macro), Live("csv"), SETTINGS, END)
    assert reading.instruments[gone].state == "missing"
    assert any(text.startswith(f"{gone}:") for text in reading.missing)


@pytest.mark.parametrize("n", [0, 1, 2, 21, 31])
def test_short_series_invent_nothing(n: int) -> None:
    short = {
        name: without(bars, *bars.day[: len(bars.day) - n].tolist())
        for name, bars in reference().daily.items()
    }
    reading = assess(History(short), Live("csv"), SETTINGS, END)
    row = reading.instruments["RUT"]
    assert (row.last is None) == (n == 0)
    assert row.high.from_52w is None
    assert row.volatility.percentile_1y is None
    assert row.returns.get("60") is None


def test_nothing_at_all() -> None:
    reading = assess(History(), Live("live"), SETTINGS, OPEN)
    assert {row.state for row in reading.instruments.values()} == {"missing"}
    assert reading.relative_streaks == {}
