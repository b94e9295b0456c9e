"""State, score and Bitcoin in letters that can be read from across the room."""

from rich.segment import Segment
from rich.style import Style

from divmon.ui.i18n import N_, _
from divmon.ui.widgets.panel import Line, Panel, width_of
from divmon.ui.words import NONE, age, change, day, price, shown_sign

# 3 x 5 dots each, M, N, W and the arrows wider; rows top to bottom. A dot is two cells wide for
# each line that it is high, which on most terminals is a square.
_FONT = {
    "0": "### #.# #.# #.# ###", "1": ".#. ##. .#. .#. ###", "2": "### ..# ### #.. ###",
    "3": "### ..# ### ..# ###", "4": "#.# #.# ### ..# ..#", "5": "### #.. ### ..# ###",
    "6": "### #.. ### #.# ###", "7": "### ..# ..# ..# ..#", "8": "### #.# ### #.# ###",
    "9": "### #.# ### ..# ###", ",": ". . . # #", ".": ". . . . #", "−": "... ... ### ... ...",
    "+": "... .#. ### .#. ...", "%": "#.# ..# .#. #.. #.#", " ": ". . . . .",
    "—": "... ... ### ... ...", "▲": "..... ..#.. .###. ##### .....",
    "▼": "..... ##### .###. ..#.. .....",
    "·": "... ... .#. ... ...",
    "A": ".#. #.# ### #.# #.#", "B": "##. #.# ##. #.# ##.", "C": "### #.. #.. #.. ###",
    "D": "##. #.# #.# #.# ##.", "E": "### #.. ##. #.. ###", "G": "### #.. #.# #.# ###",
    "H": "#.# #.# ### #.# #.#", "I": "### .#. .#. .#. ###", "K": "#.# ##. #.. ##. #.#",
    "L": "#.. #.. #.. #.. ###", "M": "#...# ##.## #.#.# #...# #...#",
    "N": "#..# ##.# #.## #..# #..#", "O": "### #.# #.# #.# ###", "R": "##. #.# ##. #.# #.#",
    "S": "### #.. ### ..# ###", "T": "### .#. .#. .#. .#.", "U": "#.# #.# #.# #.# ###",
    "W": "#...# #...# #.#.# ##.## #...#",
}  # fmt: skip
ROWS = 5
STATES = {"alert": N_("ALERT"), "watch": N_("WATCH"), "calm": N_("CALM"), "unknown": N_("UNKNOWN")}
# What takes the place of the change when the price is not one to go by.
UNSOUND = {"stale": N_("STALE"), "missing": N_("MISSING")}


def drawable(text: str) -> bool:
    """Tell whether every character has a large form; a translation's may have none."""
    return all(character in _FONT for character in text)


def dots(text: str) -> int:
    """Return how many dots wide a text is."""
    return sum(len(_FONT[character].partition(" ")[0]) + 1 for character in text) - 1


def huge(text: str, scale: int) -> list[str]:
    """Write a text in dots of `scale` lines and twice as many cells."""
    lines = []
    for row in range(ROWS):
        line = ".".join(_FONT[character].split()[row] for character in text)
        full = "".join(("█" if dot == "#" else " ") * (2 * scale) for dot in line)
        lines += [full] * scale
    return lines


class GlancePanel(Panel):
    """As large as the room allows, the same size for both lines. A click explains the score."""

    def paint(self, width: int, height: int) -> list[Line]:
        ink, view = self.desk.ink, self.desk.view
        abc = view.reading.abc if view.reading else None
        state = abc.state if abc else "unknown"
        tone = {"alert": ink.alert, "watch": ink.warn, "calm": ink.ok}.get(state, ink.muted)
        score = NONE if abc is None or abc.score is None else f"{abc.score:.0f}"
        price_state = view.state("BTC")
        row = view.rows.get("BTC")
        last = price(row.last if row else None, 0)
        moved = row.change_24h if row else None
        sound = price_state not in UNSOUND
        figures = change(moved, 1) if sound else _(UNSOUND[price_state])
        change_tone = ink.by_sign(shown_sign(100 * (moved or 0), 1)) if sound else ink.warn
        named = _(STATES[state])
        rows = [
            [(named, tone), (f" {score}", tone)] if drawable(named) else [(score, tone)],
            [(last, ink.bold if sound else ink.stale)],
            [(figures, change_tone)],
        ]
        about = self._about_score()
        if not drawable(named):
            about = [Segment(f"{named}  ", tone), *about]
        notes = [about, [], self._about_price(price_state)]
        scale, two = self._scale(rows, width, height), self._scale(rows[:2], width, height)
        if two > scale:
            # the change in plain text makes the rest large
            scale, note = two, [Segment(f"{figures}  ", change_tone), *notes[2]]
            rows, notes = rows[:2], [notes[0], note]
        lines: list[Line] = []
        for parts, note in zip(rows, notes, strict=True):
            lines += self._large(parts, scale, width)
            if note and (scale or height > 5):
                lines.append(self._middle(note, width))
            lines.append([])
        above = max(0, (height - len(lines) + 1) // 2)
        return [*([] for _row in range(above)), *lines]

    def _scale(self, rows: list[list[tuple[str, Style]]], width: int, height: int) -> int:
        """Return the lines of a dot at which all of it fits; 0 if only plain text does."""
        texts = ["".join(text for text, _style in parts) for parts in rows]
        if not all(map(drawable, texts)):
            return 0
        widest = max(map(dots, texts))
        plain = 1 + len(rows)  # lines: two notes, and one between rows
        return max(0, min((width - 2) // (2 * widest), (height - plain) // (ROWS * len(rows))))

    def _large(self, parts: list[tuple[str, Style]], scale: int, width: int) -> list[Line]:
        if not scale:
            return [self._middle([Segment(text, style) for text, style in parts], width)]
        drawn = [(huge(text, scale), style) for text, style in parts]
        gap = Segment("  " * scale, self.desk.ink.text)
        lines = []
        for y in range(ROWS * scale):
            line: Line = []
            for n, (rows, style) in enumerate(drawn):
                line += [gap, Segment(rows[y], style)] if n else [Segment(rows[y], style)]
            lines.append(self._middle(line, width))
        return lines

    def _middle(self, line: Line, width: int) -> Line:
        return [Segment(" " * max(0, (width - width_of(line)) // 2), self.desk.ink.text), *line]

    def _about_score(self) -> Line:
        reading = self.desk.view.reading
        since = reading.abc.since if reading else None
        simulated = self.desk.view.simulated
        said = [_("ABC score, 0-100")]
        if since:
            said.append(_("since {day}").format(day=day(since)))
        line = [Segment(" · ".join(said), self.desk.ink.muted)]
        if simulated:
            line += [Segment("  ", self.desk.ink.text), Segment(" SIMULATED ", self.desk.ink.badge)]
        return line

    def _about_price(self, state: str) -> Line:
        if state in UNSOUND:
            old = self.desk.view.age("BTC")
            told = _("BTC, no price for {age}").format(age=age(old))
            if old is None or old < 1:
                told = _("BTC, last known price")  # nobody says how old it is
            return [Segment(told, self.desk.ink.warn)]
        return [Segment(_("BTC, 24 h"), self.desk.ink.muted)]
