"""Numbers and texts as the screen writes them. Missing is "—", never 0."""

from datetime import date, datetime

from rich.cells import cell_len, set_cell_size

NONE = "—"
MINUS = "−"

# What a terminal would obey or what would reorder a line: C0 and C1 controls, DEL,
# zero-width characters and the marks of bidirectional text. They are shown, not done.
_SHOWN = (
    {code: chr(0x2400 + code) for code in range(0x20)}
    | {0x7F: "␡"}
    | {
        code: "·"
        for first, last in (
            (0x80, 0x9F),
            (0x200B, 0x200F),
            (0x2028, 0x202E),
            (0x2060, 0x2069),
            (0xFEFF, 0xFEFF),
        )
        for code in range(first, last + 1)
    }
)


def clean(text: str) -> str:
    """Return `text` with every control character replaced by a visible one."""
    return text if text.isascii() and text.isprintable() else text.translate(_SHOWN)


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Return `text`, cleaned, in exactly `width` cells; what is cut off ends in "…"."""
    if width <= 0:
        return ""
    text = clean(text)
    length = cell_len(text)
    if length == width:
        return text
    if length > width:
        return set_cell_size(text, width - 1) + "…"
    return " " * (width - length) + text if right else text + " " * (width - length)


def wrap(text: str, width: int, lines: int) -> list[str]:
    """Break `text` at spaces into at most `lines` lines of `width` cells; the last may be cut."""
    text = clean(text)
    done: list[str] = []
    while text and len(done) < lines:
        if cell_len(text) <= width or len(done) == lines - 1:
            done.append(fit(text, width).rstrip())
            break
        head = set_cell_size(text, width + 1)
        cut = head.rfind(" ")
        if cut <= 0:
            cut = len(set_cell_size(text, width).rstrip())
        done.append(text[:cut])
        text = text[cut:].lstrip()
    return done


def price(value: float | None, decimals: int = 2) -> str:
    """Write a price: 91,042.10."""
    return NONE if value is None else f"{value:,.{decimals}f}"


def signed(value: float | None, decimals: int = 2) -> str:
    """Write a number with its sign: +1.20, −0.40; a rounded zero has none."""
    if value is None:
        return NONE
    text = f"{abs(value):,.{decimals}f}"
    if not text.strip("0.,"):
        return text
    return ("+" if value > 0 else MINUS) + text


def arrow(value: float | None) -> str:
    """Return ▲ or ▼, or a dot for neither."""
    return "·" if not value else "▲" if value > 0 else "▼"


def shown_sign(value: float | None, decimals: int = 2) -> float | None:
    """Return `value`, or 0 where it is written as zero: that has no direction, so no colour."""
    return value if value is None or signed(value, decimals)[0] in f"+{MINUS}" else 0.0


def percent(fraction: float | None, decimals: int = 2) -> str:
    """Write a signed change in percent without the unit: +1.20."""
    return NONE if fraction is None else signed(100 * fraction, decimals)


def change(fraction: float | None, decimals: int = 2) -> str:
    """Write a change with arrow and unit: ▼ −1.42 %."""
    if fraction is None:
        return NONE
    return f"{arrow(shown_sign(100 * fraction, decimals))} {percent(fraction, decimals)} %"


def run(count: int | None, up: str = "up", down: str = "down") -> str:
    """Write a signed run: 3 up, 2 down, none."""
    if count is None:
        return NONE
    return "none" if count == 0 else f"{abs(count)} {up if count > 0 else down}"


def age(seconds: float | None) -> str:
    """Write an age: 0-4 s as "now", then in steps of 5 s, minutes, hours, days.

    The steps keep a quiet board quiet: a column that counted every second would
    send more bytes than the prices.
    """
    if seconds is None:
        return NONE
    if seconds < 5:
        return "now"
    if seconds < 60:
        return f"{int(seconds) // 5 * 5} s"
    if seconds < 3600:
        return f"{int(seconds) // 60} m"
    if seconds < 2 * 86400:
        return f"{int(seconds) // 3600} h"
    return f"{int(seconds) // 86400} d"


def countdown(seconds: float) -> str:
    """Write a time to wait: every second below ten, then in steps of 5 s, minutes, hours."""
    left = max(0, int(seconds + 0.999))
    if left < 10:
        return f"{left} s"
    if left < 60:
        return f"{(left + 4) // 5 * 5} s"
    if left < 3600:
        return f"{(left + 59) // 60} m"
    return f"{(left + 3599) // 3600} h"


def ordinal(number: int) -> str:
    """Write 1st, 2nd, 3rd, 11th."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}" + {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def day(value: date | None) -> str:
    """Write a date: 8 Jan. Not strftime: the names are the program's, not the locale's."""
    return NONE if value is None else f"{value.day} {_MONTHS[value.month - 1]}"


def month(value: date) -> str:
    return _MONTHS[value.month - 1]


def weekday(value: datetime) -> str:
    return f"{_DAYS[value.weekday()]} {day(value)} {value.year}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
