"""The words of the engine, and the forms of the texts that it makes of them.

Both are marked for the catalogue here, since the engine itself speaks only English. Not
imported by a screen in English.
"""

import re
from functools import cache, lru_cache

from divmon.ui.forms_faults import fault_told
from divmon.ui.i18n import N_, _
from divmon.ui.words import DATES, ordinal

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
    N_("no word from the engine for {n} s"), N_("the engine (pid {n}) is gone"),
    N_("the watch at {path} hung up"), N_("no watch at {path}: {reason}"),
    N_("the connection is dead: nothing for {n} s"), N_("no trade for {n} s"),
    N_("trades arrive {n} s late"), N_("more than {n} bad frames in a minute"),
    N_("no markets in its answer"),
    N_("no markets in its answer; is there a login page before it?"),
    N_("its certificate is not trusted; behind a company proxy set [network] ca_bundle"),
    N_("the proxy answered HTTP {n}; see [network] proxy"),
    N_("the proxy does not lead to Yahoo; see [network] proxy"),
    N_("Yahoo refused the request ({n})"), N_("Yahoo has a fault of its own ({n})"),
    N_("Yahoo answered with a web page, not with data ({n})"),
    N_("Yahoo gives no prices for any symbol ({reason})"),
    N_("FRED has a fault of its own ({n})"), N_("FRED does not know the series {name}"),
    N_("FRED's answer for {name} does not end"), N_("FRED answered with nothing for {name}"),
    N_("FRED answered with a web page for {name}, not with data"),
    N_("FRED's table for {name} has no values"),
    N_("{name} is unknown"), N_("no prices for {name} and {other}"), N_("no prices for {name}"),
    N_("the watch is older than this screen: restart it ({program}, pid {n})"),
    N_("this screen is older than the watch: quit and start it again ({program}, pid {n})"),
    N_("its clock is {n} s ahead of ours"),
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
    # events of the sources
    N_("{name}: {n} trades missing before {what}"),
    N_("{name}: {n} missing sessions came in, {rest} still missing"),
    N_("{name}: {n} sessions are missing at Yahoo, the last on {date}; asking again"),
    N_("{name}: one session is missing at Yahoo, the last on {date}; asking again"),
    N_("the prices were split; its history is read anew"),
    N_("{symbol} gives {reason} at Yahoo; {other} is shown instead, under its own name"),
    N_("Yahoo does not know the symbol {symbol}; check yahoo = {option} in {section}"),
    N_("Yahoo has no prices for {symbol} ({reason}); check yahoo = {option} in {section}"),
    N_("{venue} does not list {symbol} as trading any more; see [exchanges] venues for another"),
    N_("{venue} calls {symbol} {other} now, was {before}"),
    N_("{name}: {source} said {price}, {share} from the last close; "
       "not used without a second reading"),
    N_("{what}; not used"), N_("No source answers: the demo stands in, SIMULATED"),
    N_("A source answers: the demo has ended, this is live"),
    # the archive
    N_("the archive is read-only: {reason}"), N_("nothing is archived in this run: {reason}"),
    N_("{path} was damaged ({reason}); it is kept as {name} and a new one was begun"),
    N_("{path} is locked by another program"), N_("{path}: writing again"),
    N_("{path} cannot be written: {reason}; trying every {n} s"),
    N_("{n} events not shown: this screen was too slow for them"),
    # what a watch says of its settings
    N_("settings: takes a restart: {names}"), N_("settings: {changes}"),
    N_("theme {value}"), N_("language {value}"), N_("time zone {value}"), N_("up/down {value}"),
    N_("alert rules: {what}"), N_("channels: {what}"), N_("claims: {what}"),
    N_("instruments: {what}"), N_("{n} added ({names})"), N_("{n} changed ({names})"),
    N_("{n} removed ({names})"),
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
    N_("only-under"), N_("cannot-tell"), N_("no candles"), N_("no history"), N_("no rate"),
    N_("no level"), N_("no score"), N_("no score, {state}"),
    N_("no balance sheet"), N_("no common sessions"), N_("no wall above the last close"),
    N_("not enough bars"), N_("not enough weeks"), N_("an input is missing"),
    N_("{where} only: {runs}"), N_("{where} only"), N_("UTC {runs}"), N_("local {n}"),
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
    N_("{name}: record close"), N_("{name}: record high"),
    N_("{name} traded above {level} and closed below it"),
    N_("{name} came near {level} and closed below it"),
    N_("{first}: {n} sessions of beating {second} have ended"),
    N_("{first}: {n} sessions of trailing {second} have ended"),
    N_("{name}: volatility at the {share} mark of its year, above {limit}"),
    N_("{name}: volatility at the {share} mark of its year, below {limit}"),
    N_("{pair}: the correlation has broken"), N_("Rotation: {was} → {state}"),
    N_("Federal Reserve balance sheet: {was} → {state}"), N_("Source {name} is lost"),
    N_("Source {name} is back"),
    N_("{name} {change} in 24 hours"), N_("{name} {change} in a session"),
    N_("{name} {change} in this month"), N_("{name} {change} in this year"),
    N_("{name} {change} in {n} sessions"),
    N_("{name} price"), N_("{name} from_high"), N_("{name} from_52w"), N_("{name} vs_btc20"),
    N_("{name} volatility"),
    N_("{what} {n}, at or above {limit}"), N_("{what} {n}, at or below {limit}"),
    N_("{name}: back after {n} s"),
    N_("SIMULATED: no price here was ever traded; a seeded market between reported levels"),
    N_("{what} (provisional: the bar is not closed)"), N_("not acknowledged: {what}"),
    N_("{what} (and {n} more)"),
    # evidence of alerts, and what followed earlier ones
    N_("20-session gap {n}"), N_("60-session gap {n}"), N_("breadth {n}"), N_("near highs {n}"),
    N_("drawdown gap {n}"), N_("coverage {share}"), N_("confidence {share}"), N_("Before: {n}"),
    N_("Data since {year}"), N_("Close {price}"), N_("30-bar volatility {share}"),
    N_("r = {r} over {n} sessions"), N_("The limit is {share}"),
    N_("No earlier {state} of this history is {n} sessions old."),
    N_("{n} sessions after earlier ones: {rates}. Too few to tell."),
    N_("{n} sessions after earlier ones: {rates}."),
    N_("{target} was higher in {share} of n = {n}, mean {mean} (any session: {base})"),
    N_("{target} was higher in {share} of n = {n}, mean {mean}"),
    N_("Runs this long come {n} times a year."),
    # what the engine did with them
    N_("alert {name}: snoozed for {n} s"), N_("alert {name}: muted"),
    N_("alert {name}: speaks again"),
    # what explains a value
    N_("{share} % a year"), N_("{n} values, the last {item}"), N_("median of {names}"),
    N_("no bar of {date}"),
    # the ledger
    N_("ABC score {value}"), N_("basket less BTC over {n} sessions, σ {value}"),
    N_("share of the basket up and ahead of BTC {value}"), N_("dispersion of z-scores {value}"),
    N_("{name} less BTC over {n} sessions {value}"),
    N_("{rank} highest of {n} sessions from {date}"), N_("highest of {n} sessions from {date}"),
    N_("{rank} lowest of {n} sessions from {date}"), N_("lowest of {n} sessions from {date}"),
    N_("last as high on {date}"), N_("last as low on {date}"),
    # the loosest comes last
    N_("{state} since {date}"),
)  # fmt: skip

# What rules of the kind "level" look at, as the settings call it.
LEVELS = {
    "abc.score": N_("ABC score"), "abc.gap20": N_("basket less BTC over 20 sessions, σ"),
    "abc.gap60": N_("basket less BTC over 60 sessions, σ"), "breadth20": N_("breadth"),
    "dispersion.percentile": N_("dispersion percentile"), "beta_gap.z": N_("beta gap, σ"),
    "btc.spread_bp": N_("spread between venues, bp"),
    "btc.usdt_premium_bp": N_("USDT premium, bp"), "liquidity.net": N_("net liquidity, bn USD"),
    "liquidity.change_4w": N_("net liquidity over 4 weeks, bn USD"),
    "liquidity.change_13w": N_("net liquidity over 13 weeks, bn USD"),
    "liquidity.qt_pace": N_("pace of the balance sheet, bn USD a month"),
}  # fmt: skip

_PLACEHOLDER = re.compile(r"\\\{(\w+)\\\}")
# A form's loose ends must not swallow another's words: a name or a number has no comma,
# but for the groups of a number.
_VALUE = r"(?:[^,:·]|,(?=\d{3}))+?"
_APART = re.compile(r", (?![^(]*\))")  # a comma within brackets parts nothing
_LISTS = {
    "runs": ", ",
    "names": ", ",
    "changes": ", ",
    "item": ", ",
    "rates": "; ",
}  # between their parts
_GROUPS = {
    "reason": ".+", "what": ".+", "touches": r"[^,]+",
    "where": r"[\w/]+(?:, [\w/]+)*",
    "rank": r"\d+(?:st|nd|rd|th)", "n": r"[-+−±]?\d[\d.,e+]*|—", **dict.fromkeys(_LISTS, ".+"),
}  # fmt: skip


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


_OWN_FILE = re.compile(r"[^,:]{1,150}\.toml[,:]")  # what begins so is a fault of the person's own
LONGEST = 200  # characters of what the engine itself says; a vendor's page is no form


@lru_cache(maxsize=512)
def _form_of(text: str) -> tuple[str, dict[str, str]] | None:
    """Return the form of a text and what stands in its placeholders."""
    for form, pattern in _forms():
        if found := pattern.fullmatch(text):
            return form, found.groupdict()
    return None


def _part_told(name: str, value: str) -> str:
    """Return what stands in a placeholder."""
    if name == "rank":
        return ordinal(int(value[:-2]))
    between = _LISTS.get(name)
    if between is None:
        return told(value)
    parts = value.split(between) if between == "; " else _APART.split(value)
    return between.join(map(told, parts))


def told_whole(text: str) -> str | None:
    """Return a text of the engine in the language of the screen, None if its form is not known."""
    whole = _(LEVELS.get(text, text))
    if whole != text:
        return whole
    if _OWN_FILE.match(text):
        return fault_told(text)
    found = _form_of(text) if len(text) <= LONGEST else None
    if found is None:
        return None
    form, parts = found
    parts_told = {name: _part_told(name, value) for name, value in parts.items()}
    return _(form).format(**parts_told)


def told(text: str) -> str:
    """Return a text of the engine in the language of the screen; of no known form, as it is."""
    whole = told_whole(text)
    if whole is not None or len(text) > LONGEST:
        return whole or text
    head, colon, tail = text.partition(": ")
    return f"{told(head)}{colon}{told(tail)}" if colon else text
