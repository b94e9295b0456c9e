"""`divmon alerts ack`, `snooze`, `mute`, `unmute`: what the alerts page does, from a shell.

A running watch of live prices is asked, so that its screens see it; without one, the same
code writes it into the archive, where every divmon of this user looks.
"""

import re
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from divmon.cli import exits, options

if TYPE_CHECKING:
    from divmon.alerts.keep import Kept
    from divmon.link.feed import Feed
    from divmon.market.events import Event
    from divmon.reading.frames import Ack, Mute, Snooze
    from divmon.settings import Settings
    from divmon.store.archive import Archive

CONFIRMED = 3.0  # seconds for a running watch to say that it is done, which takes one turn
SHORTEST = 4  # letters of an id


@click.command(epilog=exits.HELP)
@options.config_option
@click.argument("identity", metavar="ID|all")
@click.pass_context
def ack(context: click.Context, identity: str, config: Path | None) -> None:
    """Acknowledge an alert: the first letters of its id are enough."""
    from divmon.reading.frames import Ack

    settings = _settings(context, config)

    def command(archive: "Archive") -> "tuple[list[Ack], str]":
        if identity == "all":
            return [Ack("")], "all are acknowledged"
        found = _alert(archive, identity)
        return [Ack(found.alert.id)], f"acknowledged: {found.alert.title}"

    _do(settings, command)


@click.command(epilog=exits.HELP)
@options.config_option
@click.argument("duration", metavar="DURATION")
@click.argument("rule", metavar="[RULE]", required=False)
@click.pass_context
def snooze(context: click.Context, duration: str, rule: str | None, config: Path | None) -> None:
    """Tell what RULE (or every rule) finds only when DURATION is over: 90s, 10m, 4h, 3d."""
    from divmon.reading.frames import Snooze

    settings = _settings(context, config)
    length = _length(duration)
    names = list(settings.alerts) if rule is None else [_rule(settings, rule)]
    until = datetime.fromtimestamp(time.time() + length, UTC)
    told = f"{', '.join(names)}: what is found is told after {until:%Y-%m-%d %H:%M:%S} UTC"
    _do(settings, lambda _: ([Snooze(name, length) for name in names], told))


@click.command(epilog=exits.HELP)
@options.config_option
@click.argument("rule", metavar="RULE")
@click.pass_context
def mute(context: click.Context, rule: str, config: Path | None) -> None:
    """Tell nothing of what RULE finds, until `unmute`."""
    from divmon.reading.frames import Mute

    settings = _settings(context, config)
    name = _rule(settings, rule)
    told = f"{name}: muted; `divmon alerts unmute {name}` ends it"
    _do(settings, lambda _: ([Mute(name)], told))


@click.command(epilog=exits.HELP)
@options.config_option
@click.argument("rule", metavar="RULE")
@click.pass_context
def unmute(context: click.Context, rule: str, config: Path | None) -> None:
    """Tell of what RULE finds again; ends a snooze as well."""
    from divmon.reading.frames import Mute

    settings = _settings(context, config)

    def command(archive: "Archive") -> "tuple[list[Mute], str]":
        from divmon.alerts.keep import Keeper

        # one that has left the settings may still be muted
        name = _rule(settings, rule, Keeper(archive, "").mutes())
        return [Mute(name, muted=False)], f"{name}: speaks again"

    _do(settings, command)


def _settings(context: click.Context, config: Path | None) -> "Settings":
    above = context.parent.params.get("config") if context.parent is not None else None
    loaded = options.load(context, config or above)
    if not loaded.archive.enabled:
        raise exits.Failure(
            "[archive] enabled = false: nothing can be kept; use the keys of a running screen"
        )
    return loaded


def _length(text: str) -> float:
    from divmon.alerts.desk import LONGEST_SNOOZE
    from divmon.settings_alerts import seconds

    length = seconds(text)
    if not length:
        raise exits.Failure(f"{text!r} is no length of time; write 90s, 10m, 4h or 3d")
    if length > LONGEST_SNOOZE:
        days = LONGEST_SNOOZE / 86_400
        raise exits.Failure(
            f"a snooze lasts {days:.0f} days at most, was {text}; `mute` does not end"
        )
    return length


def _rule(settings: "Settings", name: str, others: Iterable[str] = ()) -> str:
    known = [*settings.alerts, *others]
    if name not in known:
        from divmon.settings_check import near_or_all

        raise exits.Failure(f"no rule is named {name!r}{near_or_all(name, known)}")
    return name


def _alert(archive: "Archive", identity: str) -> "Kept":
    """Find the one alert whose id begins with `identity`."""
    from divmon.alerts.keep import Keeper

    if not re.fullmatch(f"[0-9a-f]{{{SHORTEST},32}}", identity):
        raise exits.Failure(
            f"{identity!r} is no id: {SHORTEST} to 32 of 0-9 and a-f; `divmon alerts` prints them"
        )
    found = [each for each in Keeper(archive, "").since(0) if each.alert.id.startswith(identity)]
    if len(found) != 1:
        how = "no alert's" if not found else f"{len(found)} alerts'"
        raise exits.Failure(f"{how} id begins with {identity}; `divmon alerts` prints them")
    return found[0]


def _do(
    settings: "Settings",
    make: "Callable[[Archive], tuple[Sequence[Ack | Snooze | Mute], str]]",
) -> None:
    """Have the commands done, by a watch or here; say what was done."""
    from divmon import paths
    from divmon.cli import loop
    from divmon.cli.screen import attached_feed
    from divmon.store.archive import Archive

    archive = Archive.open(paths.archive_path())
    try:
        commands, told = make(archive)
        feed = attached_feed()
        if feed is None or not loop.run(_through_watch(feed, commands)):
            _directly(settings, archive, commands)
    finally:
        archive.close()
        for notice in archive.notices:
            exits.tell(notice)
    click.echo(exits.plain(told))


def _directly(
    settings: "Settings", archive: "Archive", commands: "Sequence[Ack | Snooze | Mute]"
) -> None:
    from divmon.alerts.desk import Desk

    if archive.mode != "file":
        raise exits.Failure(f"{archive.path} cannot be written; nothing was changed")
    desk = Desk(settings, publish=_ignore, archive=archive)
    for command in commands:
        desk.command(command)
    if not archive.flush():
        raise exits.Failure(f"{archive.path} could not be written; try again")


def _ignore(_event: "Event") -> None:
    """Nobody looks at this desk."""


async def _through_watch(feed: "Feed", commands: "Sequence[Ack | Snooze | Mute]") -> bool:
    """Have a running watch do it; False if none does that keeps this archive.

    Raises:
        Failure: It took the commands and has not said that they are done.
    """
    import asyncio

    from divmon.reading.frames import Happened, Health, Hello

    begun = time.time()
    wanted: list[Any] = []
    try:
        async with asyncio.timeout(CONFIRMED):
            async for frame in feed.frames():
                match frame:
                    case Hello() if frame.simulated or frame.source != "live":
                        return False  # the demo and CSV folders have alerts of their own, or none
                    case Hello() if not wanted:
                        wanted = [_confirmation(command) for command in commands]
                        for command in commands:
                            await feed.send(command)
                    case Health(source) if source.name == "engine" and source.state != "ok":
                        return False  # it has just ended
                    case Happened(event) if event.time >= begun:
                        # a subject is cut for the screens; the rule is told whole
                        said = event.kind, event.data.get("rule", event.subject)
                        wanted = [each for each in wanted if each != said]
                        if not wanted:
                            return True
    except TimeoutError:
        raise exits.Failure(
            f"the running watch has not confirmed it within {CONFIRMED:g} s; try again"
        ) from None
    finally:
        await feed.aclose()
    return False


def _confirmation(command: "Ack | Snooze | Mute") -> tuple[str, str]:
    """Return kind and subject of the event by which the desk confirms a command."""
    from divmon.reading.frames import Ack, Snooze

    match command:
        case Ack(id=identity):
            return "alert_acknowledged", identity or "all"
        case Snooze(rule=rule):
            return "alert_snoozed", rule
        case _:
            return "alert_muted", command.rule


COMMANDS = (ack, snooze, mute, unmute)
