"""The forms of what is wrong with a file of the person's own: settings, themes.

What stands in a placeholder is theirs and stays, but for `what`, which is a fault itself.
"""

import re
from functools import cache

from divmon.ui.i18n import N_, _

# The frame comes first, then what may follow a fault, then the faults.
FAULTS = (
    N_("{what}; the settings before stay in force"), N_("{what}; skipped"),
    N_("{what} (and {n} more: `divmon config check`)"),
    N_("{file}, line {n}: this is not TOML: {reason}"),
    N_("{file}, line {n}, column {column}: this is not TOML: {reason}"),
    N_("{file}, line {n}: {what}"),
    N_("{file}: cannot be read: {reason}"),
    N_("{file}: is larger than 1 MiB; that is no divmon configuration"),
    N_("{file}: arrays or tables are nested too deep"),
    N_("{what}; did you mean {name}?"), N_("{what}; there are {names}"),
    # keys and types
    N_("unknown key {key} in {section}"), N_("unknown table {section}"),
    N_("key {key} stands in no table; put it under {section}"),
    N_("unknown key {key}, and it stands in no table; `divmon config init` lists them all"),
    N_("{key} is a table, was {value}"), N_("{value} must be one of {names}"),
    N_("{value} must be a list of strings, such as {example}"),
    N_("{value} must be a list of {n}, was {length}"), N_("{value} must be true or false"),
    N_('{value} must be a string, in "quotes"'), N_("{value} must be a whole number"),
    N_("{value} must be a number, a unit and /s, such as {example}"),
    N_("{value} must be a number"), N_("{value} must be a finite number"),
    N_("{value} must not hold line breaks or control characters"),
    N_("{value} must be more than {limit}"), N_("{value} must be less than {limit}"),
    N_("{value} must be at most {limit}, which is {other}"),
    N_("{value} must be at least {limit}; with less a price would stand longer than it is fresh"),
    N_("{value} must be at least {limit}"), N_("{value} must be at most {limit}"),
    N_("{value} has no unit that is known: {unit}; known are {names}"),
    N_("{value} has no unit that is known: {unit}"),
    N_("byte {value} is not UTF-8; save the file as UTF-8"),
    # what a value means
    N_("{value} is no IANA time zone, nor local"), N_("{option} names {value}"),
    N_("{value} is a proxy of kind {kind}, which is not supported; use {example}"),
    N_("{value} lacks a host; use {example}"), N_("{value} lacks a port; use {example}"),
    N_("instrument {key} must have a name of at most {n} letters, digits or {signs}"),
    N_("alert {key} must have a name of at most {n} letters, digits or {signs}"),
    N_("claim {key} must have a name of at most {n} letters, digits or {signs}"),
    N_("channel {key} must be named by at most 32 letters, digits, _ . -"),
    N_("{value} must be a time with its zone, as in {example}"),
    N_("{value} must be a time of at most 400 days, such as {example}"),
    N_("{value} must be as in {example}"), N_('{value} must be "EXCHANGE SYMBOL", as in {example}'),
    N_("{value} must be a market of {names}"), N_("{option}: ccxt.pro has no exchange {value}"),
    N_("{option}: {value} stands there twice"), N_("{value} is not known"),
    N_("{option}: there is no column {value}"), N_("{option}: there is no panel {value}"),
    N_("{option}: {value} is all panels, and stands alone"),
    N_("{option}: there is no instrument {value}; add {section} if it is new"),
    N_("{option}: there is no instrument {value}; did you mean {name}?; add {section} if it is "
       "new"),
    N_("{option}: {value} is listed already, in {other}"),
    N_("{value} is no key of a layout; use 1 to 9"),
    N_("{key} must have exactly one of {names}, has none"),
    N_("{key} must have exactly one of {names}, has {value}"),
    N_("{value} must be a number of bars from {low} to {high}, or one of {names}"),
    N_('{value} cannot be read: {reason}; name a PEM file, or leave it empty'),
    # keys of the keyboard
    N_("[keys] there is no action {value}; `divmon config init` lists them all"),
    N_("[keys] there is no action {value}"),
    N_("{option}: a key is missing beside a comma; the comma's own key is comma"),
    N_("{option}: there is no key {value}; write a character, or a name as in {example}"),
    N_("{option}: there is no key {value}"), N_("{option}: {key} always quits; choose another key"),
    N_("{option}: there would be no key to quit by; name one, as in {example}"),
    N_("{option}: there are {n} keys for {places} places; name at most {most}"),
    N_("{option}: {key} is {other}'s; give {again} another key or choose another"),
    # alerts and claims
    N_("{section} {key} is missing; kind = {value} needs it"),
    N_("{section} kind is missing; it is one of {names}"),
    N_("{value} has no {key}; it has {names}"), N_("{option} to holds {value}"),
    N_("{section} on is missing; name instruments, such as {example}"),
    N_("{option} on holds {value}, which is no pair such as {example}"),
    N_("{option} on holds {value}"), N_("{value} is not of one instrument; leave out on"),
    N_('{value} is for streak and move; write "up" or "down"'),
    N_('{value} is for BTC alone; others have "1", one session'),
    N_("{section} enter is missing: the threshold of {example}"),
    N_("{value} can never be crossed: {example} lies between {low} and {high}"),
    N_("{value} lies above {other}, so the rule would end as it begins; exchange them, or leave "
       "out exit"),
    N_("{value} lies below {other}, so the rule would end as it begins; exchange them, or leave "
       "out exit"),
    N_("{value} is never confirmed; add confirmed_only = false"),
    N_("{value} has no running value; leave it out"),
    N_("{value} has no running value; those that have: {names}"),
    N_("{value} is the same as on; name another instrument"),
    N_("{value} must be a price above 0"), N_("{value} must be a fraction: {example}"),
    N_("{section} text has {n} characters; a panel has room for {most}"),
    N_("a percentile (0.05 for the lowest 5 %)"), N_("a move (0.05 for 5 %)"),
    N_("0.05 is the 5th percentile"), N_("0.15 is 15 %"), N_("{value} must be {names}"),
    # themes
    N_("{file}: unknown key {key}; known keys: {names}"),
    N_("{file}: unknown variable {key}; known: {names}"),
    N_("{file}: {key} is missing; add for example {example}"),
    N_("{file}: dark must be true or false, was {value}"),
    N_("{file}: {key} must be a number from 0 to 1, was {value}"),
    N_("{file}: variables must be a table, was {value}"),
    N_("{file}: {value} is not a colour; write one as #rrggbb"),
    N_("{file}: {reason}"),
)  # fmt: skip

LONGEST = 600  # characters; a list of known keys takes 400
_PLACEHOLDER = re.compile(r"\\\{(\w+)\\\}")
_GROUPS = {"file": r"[^,:]+\.toml", "n": r"\d+", "column": r"\d+", "what": ".+"}


@cache
def _forms() -> tuple[tuple[str, re.Pattern[str]], ...]:
    def group(found: re.Match[str]) -> str:
        return f"(?P<{found[1]}>{_GROUPS.get(found[1], '.+?')})"

    return tuple(
        (form, re.compile(_PLACEHOLDER.sub(group, re.escape(form)), re.DOTALL)) for form in FAULTS
    )


def fault_told(text: str) -> str | None:
    """Return a fault in the language of the screen, None if its form is not known."""
    if len(text) > LONGEST:
        return None
    for form, pattern in _forms():
        if found := pattern.fullmatch(text):
            parts = found.groupdict()
            if "what" in parts:
                parts["what"] = fault_told(parts["what"]) or parts["what"]
            if "example" in parts:
                parts["example"] = _(parts["example"])
            for name in ("example", "names", "section"):
                if name in parts:
                    parts[name] = parts[name].replace(" or ", ", ")
            return _(form).format(**parts)
    return None
