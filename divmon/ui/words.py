"""Numbers and texts as the screen writes them. Missing is "—", never 0."""

from datetime import date, datetime

from rich.cells import cell_len, set_cell_size

from divmon.ui.i18n import N_, _, counted

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
    """Break `text` into at most `lines` lines of `width` cells; the last may be cut.

    At spaces, and between wide characters, but for those that Japanese keeps from the
    beginning or the end of a line.
    """
    text = clean(text)
    done: list[str] = []
    while text and len(done) < lines:
        if cell_len(text) <= width or len(done) == lines - 1:
            done.append(fit(text, width).rstrip())
            break
        cut = _break(text, width) or len(set_cell_size(text, width).rstrip())
        done.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return done


_NOT_FIRST = frozenset(
    "、。，．・：；？！％ー々…」』）】〉》〕”’ぁぃぅぇぉっゃゅょァィゥェォッャュョ"
)
_NOT_LAST = frozenset("「『（【〈《〔“‘")


def _break(text: str, width: int) -> int:
    """Return the last place within `width` cells where `text` may be broken, 0 if there is none."""
    best = taken = 0
    before = ""
    for at, character in enumerate(text):
        if at and (
            character == " "
            or (
                (cell_len(character) == 2 or cell_len(before) == 2)
                and character not in _NOT_FIRST
                and before not in _NOT_LAST
            )
        ):
            best = at
        taken += cell_len(character)
        if taken > width:
            break
        before = character
    return best


def cells(text: str) -> list[str]:
    """Return one item a cell; the second half of a wide character is an empty string."""
    if text.isascii():
        return list(text)
    return [
        half
        for character in text
        for half in ((character, "") if cell_len(character) == 2 else (character,))
    ]


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


def basis_points(level: float | None, change: float | None) -> float | None:
    """Return by how many basis points a rate in percent came to `level`, `change` as a fraction."""
    if level is None or change is None or change <= -1:
        return None
    return 100 * (level - level / (1 + change))


def change(fraction: float | None, decimals: int = 2) -> str:
    """Write a change with arrow and unit: ▼ −1.42 %."""
    if fraction is None:
        return NONE
    return f"{arrow(shown_sign(100 * fraction, decimals))} {percent(fraction, decimals)} %"


_RUNS = {
    "up": (N_("1 up"), N_("{n} up")),
    "down": (N_("1 down"), N_("{n} down")),
    "green": (N_("1 green"), N_("{n} green")),
    "red": (N_("1 red"), N_("{n} red")),
}


def run(count: int | None, up: str = "up", down: str = "down") -> str:
    """Write a signed run: 3 up, 2 down, none."""
    if count is None:
        return NONE
    return _("none") if count == 0 else counted(abs(count), *_RUNS[up if count > 0 else down])


def age(seconds: float | None) -> str:
    """Write an age: 0-4 s as "now", then in steps of 5 s, minutes, hours, days.

    The steps keep a quiet board quiet: a column that counted every second would
    send more bytes than the prices.
    """
    if seconds is None:
        return NONE
    if seconds < 5:
        return _("now")
    if seconds < 60:
        return _("{n} s").format(n=int(seconds) // 5 * 5)
    if seconds < 3600:
        return _("{n} m").format(n=int(seconds) // 60)
    if seconds < 2 * 86400:
        return _("{n} h").format(n=int(seconds) // 3600)
    return _("{n} d").format(n=int(seconds) // 86400)


def ago(seconds: float) -> str:
    """Write how long ago something was: just now, 10 s ago."""
    return _("just now") if seconds < 5 else _("{age} ago").format(age=age(seconds))


def countdown(seconds: float) -> str:
    """Write a time to wait: every second below ten, then in steps of 5 s, minutes, hours."""
    left = max(0, int(seconds + 0.999))
    if left < 10:
        return _("{n} s").format(n=left)
    if left < 60:
        return _("{n} s").format(n=(left + 4) // 5 * 5)
    if left < 3600:
        return _("{n} m").format(n=(left + 59) // 60)
    return _("{n} h").format(n=(left + 3599) // 3600)


def ordinal(number: int) -> str:
    """Write 1st, 2nd, 3rd, 11th."""
    if number % 100 in (11, 12, 13):
        return _("{n}th").format(n=number)
    return _(_ENDINGS.get(number % 10, "{n}th")).format(n=number)


_ENDINGS = {1: N_("{n}st"), 2: N_("{n}nd"), 3: N_("{n}rd")}


def day(value: date | None) -> str:
    """Write a date: 8 Jan. Not strftime: the names are the program's, not the locale's."""
    return NONE if value is None else _(DATES[value.month - 1]).format(day=value.day)


def month(value: date) -> str:
    return _(_MONTHS[value.month - 1])


def month_of_year(value: date) -> str:
    """Write a month with its year: Jan 2026."""
    return _(_MONTHS_OF_YEARS[value.month - 1]).format(year=value.year)


def day_of_year(value: date) -> str:
    """Write a date with its year: 8 Jan 2026."""
    return _("{date} {year}").format(date=day(value), year=value.year)


def weekday(value: datetime) -> str:
    return _("{weekday} {date}").format(weekday=_(_DAYS[value.weekday()]), date=day_of_year(value))


_MONTHS = (
    N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun"),
    N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"), N_("Dec"),
)  # fmt: skip
# whole, since other languages number the months here
DATES = (
    N_("{day} Jan"), N_("{day} Feb"), N_("{day} Mar"), N_("{day} Apr"), N_("{day} May"),
    N_("{day} Jun"), N_("{day} Jul"), N_("{day} Aug"), N_("{day} Sep"), N_("{day} Oct"),
    N_("{day} Nov"), N_("{day} Dec"),
)  # fmt: skip
_MONTHS_OF_YEARS = (
    N_("Jan {year}"), N_("Feb {year}"), N_("Mar {year}"), N_("Apr {year}"), N_("May {year}"),
    N_("Jun {year}"), N_("Jul {year}"), N_("Aug {year}"), N_("Sep {year}"), N_("Oct {year}"),
    N_("Nov {year}"), N_("Dec {year}"),
)  # fmt: skip
_DAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
