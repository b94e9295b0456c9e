"""The words of the engine, and the forms of the texts that it makes of them.

Both are marked for the catalogue here, since the engine itself speaks only English. Not
imported by a screen in English.
"""

import re
from functools import cache, lru_cache

from divmon.ui.i18n import N_, _
from divmon.ui.words import DATES

# As the engine's types and tables list them; a test compares.
WORDS = {
    "value state": (
        N_("live"), N_("delayed"), N_("closed"), N_("stale"), N_("missing"), N_("simulated"),
    ),
    "session": (N_("market open"), N_("market closed"), "24/7"),
    "ABC state": (N_("calm"), N_("watch"), N_("alert"), N_("unknown")),
    "ABC quadrant": (
        "ABC", N_("BTC lags"), N_("both up"), N_("crypto-led"), N_("risk-off"),
    ),
    "rotation": (
        N_("risk-off"), N_("broad risk-on"), N_("rotation"), N_("large-cap led"), N_("mixed"),
    ),
    "quadrant": (N_("leading"), N_("weakening"), N_("lagging"), N_("improving")),
    "QT": (N_("QT"), N_("flat"), N_("expanding")),
    "source state": (
        N_("starting"), N_("ok"), N_("retrying"), N_("rate limited"), N_("off"),
    ),
    "severity": (N_("info"), N_("notice"), N_("warning"), N_("alert")),
    "alert": (
        N_("abc state"), N_("level"), N_("streak"), N_("record"), N_("wall"),
        N_("relative streak"), N_("volatility"), N_("correlation break"), N_("rotation"),
        N_("qt state"), N_("source"), N_("move"),
    ),
    "boundary": (
        "UTC", N_("session"), N_("New York"), N_("New York close"), "NY16", N_("local"),
    ),
    "anchor": (N_("YTD"), N_("since the wall"), N_("since the last alert")),
    "target": (N_("basket"), N_("the basket")),
    "series": (N_("composite"),),
    "event": (
        N_("record close"), N_("source lost"), N_("source back"), N_("bad tick"), N_("gap"),
        N_("simulation"), N_("symbol"), N_("delivery"), N_("screen"), N_("alert unseen"),
        N_("alert acknowledged"),
    ),
}  # fmt: skip

# The forms of texts that hold a name or a number. What stands in a placeholder is looked
# up in turn, but for numbers and names, which are in no catalogue.
FORMS = (
    # venues
    N_("no price yet"), N_("stale {n} s"), N_("no {currency} rate"), N_("{n} bp off"),
    N_("{share} off"),
    N_("{n} bp off {venue}, cannot tell which is right"),
    # sources
    N_("silent {n} s"), N_("connection refused"), N_("name not found (DNS)"),
    N_("no answer in time"), N_("timed out"), N_("the connection was closed"),
    N_("asked for quiet (HTTP {n})"), N_("Yahoo asks for quiet (429)"),
    N_("FRED asks for quiet ({n})"), N_("connection failed: {reason}"),
    N_("no word from the engine for {n} s"), N_("its clock is {n} s ahead of ours"),
    N_("its clock is {n} s behind ours"),
    # what the score lacks
    N_("{name}: no history"), N_("{name}: {n} sessions late"), N_("{name}: {n} session late"),
    N_("{name}: window not full"),
    N_("{name}: {n} of its sessions late, carried"),
    # who leads
    N_("no lead found"), N_("{first} leads {second} by {n} sessions"),
    N_("{first} leads {second} by {n} session"), N_("too few sessions"),
    # the banner
    N_("SIMULATED"), N_("no market data"), N_("next try in {time}"), N_("{n} s"),
    N_("no price here is real"), N_("January 2026 replayed from round numbers"),
    # claims
    N_("Anything but crypto"), N_("BTC has {n} red daily candles in a row"),
    N_("BTC closed under its wall for {n} days"), N_("BTC's volatility is at a record low"),
    N_("{name} is at a record close"), N_("{name} is at a record high of the day"),
    N_("RUT has beaten SPX {n} sessions in a row"), N_("Small caps rose {n} sessions in a row"),
    N_("{name} gained {share} % in {n} sessions"), N_("{name} gained {share} % in {year}"),
    N_("{name} gained {share} % last calendar year"), N_("{name} gained {share} % this year"),
    N_("{name} gained {share} % this month"), N_("{name} gained {share} % in {n} bars"),
    N_("QT is running"), N_("The Bank of Japan is raising rates"), N_("Liquidity is draining"),
    N_("The strength of small caps is rotation"), N_("Dispersion is unusual"),
    N_("BTC leads stocks"), N_("{name}: {n} green candles in a row"),
    N_("{name}: {n} red candles in a row"), N_("{name} rose {n} times in a row"),
    N_("{name} fell {n} times in a row"), N_("{name} volatility in its lowest {share} %"),
    N_("{name} closed under {level} {n} times"), N_("{name} beat {other} {n} sessions in a row"),
    N_("Gold"), N_("Silver"),
    # their evidence
    N_("no candles"), N_("no history"), N_("no rate"), N_("no level"), N_("no score"),
    N_("no score, {state}"),
    N_("no balance sheet"), N_("no common sessions"), N_("no wall above the last close"),
    N_("not enough bars"), N_("not enough weeks"), N_("an input is missing"),
    N_("{where} only: {runs}"), N_("UTC {runs}"), N_("local {n}"),
    N_("{n} under {level}, {touches}"), N_("{n} touch"),
    N_("{n} touches"), N_("{share} % from the highest close"), N_("closed at {price}"),
    N_("at least {what}"), N_("{n} since {date}, {lead} pp"), N_("{n}, close to close"),
    N_("{state}, {n} bn USD a month"), N_("{n} bn USD"), N_("percentile {n}"),
    N_("{share} %, no change in the data"), N_("{share} %, {change} on {date}"),
    N_("{share} %, pct {n} (all)"), N_("{share} %, pct {n} (all), {year} (1 y)"),
    N_("{score}, {state} since {date}"), N_("{n} closes under {level}"),
    # what they look at
    N_("daily candles by where the day ends"), N_("UTC closes"), N_("{name} closes"),
    N_("30 days, close to close"), N_("30 days, close to close, data from {date}"),
    N_("data from {date}"), N_("data from {date}, {what}"),
    N_("last close of a year to that of the next"),
    N_("{series}, Theil-Sen over {n} weekly levels"),
    N_("a rise within {n} days"), N_("a rise within {n} days; {series}"),
    N_("net liquidity over {n} weeks"),
    N_("{n}-session z-scores, all history; unusual from {share}"),
    N_("lags of up to {n} sessions"), N_("lags of up to {n} sessions, {what}"),
    N_("20 and 60 sessions; alert from {n}"),
    N_("{n} sessions"), N_("in {n} bars"), N_("this month"), N_("this year"),
    N_("last calendar year"), N_("30 bars, within one year"), N_("30 bars"),
    N_("30 bars, data from {date}"), N_("candles by {boundary}"), N_("close to close"),
    # which closes of BTC stand for New York's
    N_("hourly close by 16:00 ET since {date}"), N_("UTC close of the same date"),
    N_("hourly close by 16:00 ET since {date}, UTC close of the same date before"),
    N_("no close"),
    # events of the market, and titles of alerts
    N_("{name} record close {price} (data since {year})"), N_("{name} record close {price}"),
    N_("{name} candle of {date} closed green: {n} in a row ({boundary})"),
    N_("{name} candle of {date} closed red: {n} in a row ({boundary})"),
    N_("{name} closed above {level} after {n} closes below it"),
    N_("{first} beat {second}: {n} sessions running, {lead} pp over the run"),
    N_("{first} trailed {second}: {n} sessions running, {lead} pp over the run"),
    N_("{first} over {second}: the run of {n} sessions has ended"),
    N_("ABC {was} → {state}, score {score} on the session close"),
    N_("ABC {state}, score {score} on the session close"),
    N_("ABC {was} → {state}, score {score}"), N_("ABC {was} → {state}"),
    N_("{name}: {n} green candles in a row ({boundary})"),
    N_("{name}: {n} red candles in a row ({boundary})"),
    N_("{name}: {n} higher closes in a row"), N_("{name}: {n} lower closes in a row"),
    N_("{name}: record close {price}"), N_("{name}: record high {price}"),
    N_("{name} traded above {level} and closed below it"),
    N_("{name} came near {level} and closed below it"),
    N_("{first}: {n} sessions of beating {second} have ended"),
    N_("{first}: {n} sessions of trailing {second} have ended"),
    N_("{name}: volatility at the {share} mark of its year, above {limit}"),
    N_("{name}: volatility at the {share} mark of its year, below {limit}"),
    N_("{pair}: the correlation has broken"), N_("Rotation: {was} → {state}"),
    N_("Federal Reserve balance sheet: {was} → {state}"), N_("Source {name} is lost"),
    N_("Source {name} is back"),
    N_("{name} {change} in 24 hours"), N_("{name}: back after {n} s"),
    N_("SIMULATED: no price here was ever traded; a seeded market between reported levels"),
    N_("{what} (provisional: the bar is not closed)"), N_("not acknowledged: {what}"),
    N_("{state} since {date}"),
)  # fmt: skip

_PLACEHOLDER = re.compile(r"\\\{(\w+)\\\}")
# A form's loose ends must not swallow another's words: a name or a number has no comma,
# but for the groups of a number.
_VALUE = r"(?:[^,:·]|,(?=\d{3}))+?"
_GROUPS = {"runs": ".+", "reason": ".+", "what": ".+", "touches": r"[^,]+", "where": r"[^:]+"}


@cache
def _forms() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (
            form,
            re.compile(
                _PLACEHOLDER.sub(
                    lambda found: f"(?P<{found[1]}>{_GROUPS.get(found[1], _VALUE)})",
                    re.escape(form),
                )
            ),
        )
        for form in (*FORMS, *DATES)
        if "{" in form
    )


LONGEST = 200  # characters of what the engine itself says; a vendor's page is no form


@lru_cache(maxsize=512)
def _form_of(text: str) -> tuple[str, dict[str, str]] | None:
    """Return the form of a text and what stands in its placeholders."""
    for form, pattern in _forms():
        if found := pattern.fullmatch(text):
            return form, found.groupdict()
    return None


def told(text: str) -> str:
    """Return a text of the engine in the language of the screen; of no known form, as it is."""
    whole = _(text)
    if whole != text or len(text) > LONGEST:
        return whole
    found = _form_of(text)
    if found is not None:
        form, parts = found
        parts_told = {name: told(value) for name, value in parts.items()}
        if runs := parts.get("runs"):
            parts_told["runs"] = ", ".join(map(told, runs.split(", ")))
        return _(form).format(**parts_told)
    head, colon, tail = text.partition(": ")
    return f"{told(head)}{colon}{told(tail)}" if colon else text
