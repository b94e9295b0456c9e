"""The bars of one instrument, as a screen asks for them to draw a chart."""

from divmon.indicators.series import History
from divmon.reading.frames import Series

HOURS = 120  # five days; a longer chart is drawn from daily bars


def series_of(history: History, instrument: str) -> Series:
    """Return every daily bar of `instrument`, and its last hours where they are kept.

    The last bar may be a running one. A name that nothing is known of gives no bars.
    """
    daily, hourly = history.daily.get(instrument), history.hourly.get(instrument)
    if daily is None:
        return Series(instrument=instrument)
    return Series(
        instrument=instrument,
        name=daily.series,
        value_only=daily.value_only,
        day=tuple(daily.day.tolist()),
        open=tuple(daily.open.tolist()),
        high=tuple(daily.high.tolist()),
        low=tuple(daily.low.tolist()),
        close=tuple(daily.close.tolist()),
        hour=() if hourly is None else tuple(hourly.start[-HOURS:].tolist()),
        hour_close=() if hourly is None else tuple(hourly.close[-HOURS:].tolist()),
    )
