"""A line that is typed into: what a key makes of its text."""

from textual import events


def edited(text: str, event: events.Key, longest: int) -> str | None:
    """Return the text after a key, at most `longest` characters; None if the key edits nothing."""
    if event.key == "backspace":
        return text[:-1]
    if event.key == "ctrl+u":
        return ""
    if event.is_printable and event.character:
        return (text + event.character)[:longest]
    return None
