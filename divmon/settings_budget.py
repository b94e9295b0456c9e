"""How much may go to the terminal: "4KiB/s", "2000B/s"."""

import re

LEAST = 100  # bytes a second: a price takes 20 to 60, and must not stand longer than it is fresh
UNITS = {"B": 1, "kB": 1000, "KiB": 1024, "MB": 1000**2, "MiB": 1024**2}
EXAMPLES = '"4KiB/s" or "2000B/s"'
_FORM = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?([A-Za-z]{1,3})/s")


def budget(text: str) -> float | None:
    """Return the bytes a second that `text` allows; None, as much as comes, for "".

    Raises:
        ValueError: It says nothing of the kind; the message goes on from the value.
    """
    if not text:
        return None
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"must be a number, a unit and /s, such as {EXAMPLES}")
    number, unit = found.groups()
    if unit not in UNITS:
        near = next((known for known in UNITS if known.lower() == unit.lower()), "")
        hint = f"did you mean {near}?" if near else f"known are {', '.join(UNITS)}"
        raise ValueError(f"has no unit that is known: {unit}; {hint}")
    size = float(number) * UNITS[unit]
    if size < LEAST:
        raise ValueError(
            f"must be at least {LEAST}B/s; with less a price would stand longer than it is fresh"
        )
    return size
