"""Whether the channels of a settings file can work: URLs, secrets, commands.

A wrong channel is left out and told; the others run. No message holds a secret: of a
URL it shows the scheme.
"""

import os
import re
import shutil
from pathlib import Path as File
from urllib.parse import urlsplit

from divmon.errors import SettingsError
from divmon.settings import ChannelSettings, Settings
from divmon.settings_check import Report, header, near
from divmon.settings_refs import expand, hidden, is_reference

WAYS = ("apprise", "webhook", "command")

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,32}")
_SCHEME = re.compile(r"([a-z][a-z0-9]*)://(.*)", re.DOTALL | re.IGNORECASE)
# protocol = "ntfy", or ("xmpp", "xmpps"), over one line or several
_PROTOCOLS = re.compile(r"^    (?:secure_)?protocol = (\([^)]*\)|\"[^\"]*\")", re.MULTILINE)


def check_channels(settings: Settings, report: Report) -> None:
    """Report every channel that cannot work."""
    for name, channel in settings.channels.items():
        path = ("channels", name)
        if not _NAME.fullmatch(name):
            report.add(path, f'channel "{name}" must be named by at most 32 letters, digits, _ . -')
            continue
        given = [way for way in WAYS if getattr(channel, way)]
        if len(given) != 1:
            report.add(
                path,
                f"{header(path)} must have exactly one of {', '.join(WAYS)}, "
                f"has {' and '.join(given) or 'none'}",
            )
            continue
        for key, fault in _faults(channel):
            report.add((*path, key), f"{header(path)} {key} {fault}")


def _faults(channel: ChannelSettings) -> list[tuple[str, str]]:
    found = [("apprise", apprise_fault(channel.apprise))] if channel.apprise else []
    if channel.webhook:
        found.append(("webhook", _webhook_fault(channel.webhook)))
    if channel.command:
        found.append(("command", _command_fault(channel.command)))
    if channel.secret:
        found.append(("secret", _secret_fault(channel)))
    return [(key, fault) for key, fault in found if fault]


def apprise_fault(text: str) -> str:
    """Say what is wrong with the URL of a service; "" if nothing is."""
    try:
        url = expand(text)
    except SettingsError as error:
        return str(error)
    match = _SCHEME.fullmatch(url)
    shown = hidden(text)
    if match is None or not match[2] or any(char.isspace() for char in url):
        return f'= "{shown}" is no URL; use one as in "ntfys://ntfy.sh/TOPIC"'
    scheme = match[1].lower()
    known = _schemes()
    if known and scheme not in known:
        return f'= "{shown}": apprise has no service "{scheme}"{near(scheme, known)}'
    return ""


def _webhook_fault(text: str) -> str:
    try:
        url = expand(text)
    except SettingsError as error:
        return str(error)
    way_out = 'use one as in "https://host/path"'
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return f'= "{hidden(text)}" is no URL: {error}; {way_out}'
    if parts.scheme not in {"http", "https"} or any(char.isspace() for char in url):
        return f'= "{hidden(text)}" is no http or https URL; {way_out}'
    return "" if parts.hostname else f'= "{hidden(text)}" lacks a host; {way_out}'


def _secret_fault(channel: ChannelSettings) -> str:
    if not channel.webhook:
        return "is for a webhook, which this channel has not"
    if not is_reference(channel.secret):
        return 'must not stand in the file; name it, as in "${HOOK_SECRET}" or "${file:~/.hook}"'
    try:
        expand(channel.secret)
    except SettingsError as error:
        return str(error)
    return ""


def _command_fault(command: tuple[str, ...]) -> str:
    program = File(command[0]).expanduser() if command[0] else File()
    if command[0] and shutil.which(program, os.X_OK):
        return ""
    return f'= ["{command[0]}", …]: there is no such program; give its full path'


def _schemes() -> frozenset[str]:
    """Return the services of apprise, from its text: importing them all takes a second."""
    from importlib.util import find_spec

    spec = find_spec("apprise")
    if spec is None or spec.origin is None:
        return frozenset()
    found: set[str] = set()
    for file in File(spec.origin).parent.joinpath("plugins").rglob("*.py"):
        text = file.read_text(encoding="utf-8", errors="replace")
        for match in _PROTOCOLS.finditer(text):
            found.update(re.findall(r'"([^"]+)"', match[1]))
    return frozenset(found)
