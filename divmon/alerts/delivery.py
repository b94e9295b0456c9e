"""Alerts on their way to a person: kept until taken, and no channel waits for another.

    deliver ─▶ terminal (at once)
        └────▶ outbox ─▶ a task for each channel ─▶ webhook, command, push, desktop

All of it runs in one daemon thread with a loop of its own. A failure waits up to 2 s,
4 s, ... 5 min, at random, or as long as the receiver asked for; a new alert is tried at
once all the same. What no channel took within `[notify] give_up_s` is given up.
"""

import asyncio
import contextlib
import os
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from divmon.alerts.channels.base import Channel, clean, reaches
from divmon.alerts.channels.command import Command
from divmon.alerts.channels.desktop import Desktop
from divmon.alerts.channels.push import Push
from divmon.alerts.channels.webhook import Webhook
from divmon.alerts.model import Alert
from divmon.alerts.osc import Terminal
from divmon.alerts.outbox import MOST, Entry, Key, Outbox
from divmon.errors import RateLimitedError, TransientError
from divmon.market.clock import Clock, SystemClock
from divmon.market.events import Event, Severity
from divmon.settings import ChannelSettings, Settings
from divmon.sources import network
from divmon.sources.network import Network
from divmon.sources.supervise import Waits
from divmon.sources.threads import DaemonPool
from divmon.store.archive import Archive

WAITS = Waits(first_s=2.0, longest_s=300.0, quiet_first_s=30.0, quiet_longest_s=900.0)
POLL_S = 2.0  # how soon an alert that another process raised is seen
ALONE_S = 60.0  # how soon what is too old is given up where no other process can raise any
TELL_AFTER = 2  # failures in a row until it is told that a channel fails

_alerts = msgspec.json.Decoder(Alert)


class Delivery:
    """Sends alerts, whatever the receivers do. `deliver` is called from one thread.

    `terminal` writes on this process's own terminal, if it has one, and must not block.
    `on_event` is told when a channel fails, works again, or gives up; it is called from
    the delivery's thread.
    """

    def __init__(
        self,
        settings: Settings,
        archive: Archive | None,
        *,
        terminal: Callable[[str], object] | None = None,
        on_event: Callable[[Event], object] | None = None,
        clock: Clock | None = None,
        env: Mapping[str, str] = os.environ,
        waits: Waits = WAITS,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.outbox = Outbox(archive)
        self._clock = clock or SystemClock()
        self._give_up_s = settings.notify.give_up_s
        self._terminal = Terminal(settings.notify, terminal, env) if terminal else None
        self._tell = on_event or (lambda _event: None)
        self._lines = {
            channel.name: _Line(channel, least, waits, jitter)
            for channel, least in channels(settings, env=env)
        }
        self._poll_s = POLL_S if archive is not None else ALONE_S
        self._disk = DaemonPool(1, "outbox")
        self._thread = threading.Thread(target=self._run, name="delivery", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._stop = asyncio.Event()
        self._retire = asyncio.Event()
        self._ready = threading.Event()
        self._crash: Exception | None = None

    def start(self) -> None:
        """Begin to send, first what an earlier run left."""
        self._thread.start()

    def deliver(self, alert: Alert) -> None:
        """Ring and show on the terminal, and put `alert` into the outbox. Never blocks.

        The archive commits the outbox within half a second, together with what was
        given to it right before. A simulated alert goes nowhere.
        """
        if self._crash is not None:
            raise RuntimeError("the delivery failed") from self._crash
        if alert.simulated:
            return
        if self._terminal is not None:
            self._terminal.tell(alert)
        names = [name for name, line in self._lines.items() if reaches(alert.severity, line.least)]
        self.outbox.add(alert, names, self._clock.now())
        self._call(self._wake.set)

    def close(self, timeout: float = 1.0) -> bool:
        """Stop; what waits stays in the archive. False if an attempt is still under way."""
        self._ready.wait(timeout if self._thread.is_alive() else 0)
        self._call(self._stop.set)
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def retire(self, timeout: float) -> bool:
        """Begin no attempt any more, wait for those under way, and stop; as `close` else.

        One that was cut off might have been taken all the same, and would be made again.
        """
        if self._thread.is_alive():
            self._ready.wait(timeout)
            self._call(self._retire.set)
            self._thread.join(timeout)
        return self.close()

    def _call(self, function: Callable[[], object]) -> None:
        """Have the loop call `function`; before it runs and after its end there is no need."""
        if self._ready.is_set() and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # closed since
                self._loop.call_soon_threadsafe(function)

    def _run(self) -> None:
        try:
            with asyncio.Runner() as runner:
                self._loop = runner.get_loop()
                self._ready.set()
                runner.run(self._main())
        # Broad, since a thread's traceback would go over the screen: the next caller raises it.
        except Exception as error:  # noqa: BLE001
            self._crash = error

    async def _main(self) -> None:
        tasks: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(self._serve(line)) for line in self._lines.values()
        ]
        tasks.append(asyncio.ensure_future(self._keep_fetching()))
        tasks.append(asyncio.ensure_future(self._stop.wait()))
        tasks.append(asyncio.ensure_future(self._last_attempts()))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # raises what a bug of ours raised
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._disk.close()
            self.outbox.close()

    async def _last_attempts(self) -> None:
        """Wait until this delivery retires and no attempt is under way."""
        await self._retire.wait()
        while any(line.sending for line in self._lines.values()):
            await asyncio.sleep(0.02)

    async def _keep_fetching(self) -> None:
        """Move what is in the archive to the channels, for ever."""
        while True:
            self._wake.clear()
            self.outbox.take(await self._disk.run(self.outbox.fetch, self._clock.now()))
            self._give_up()
            for line in self._lines.values():
                line.wake.set()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._poll_s)

    def _give_up(self) -> None:
        """Settle what is too old, or waits for a channel that there is no longer."""
        now = self._clock.now()
        counts: dict[str, int] = {}
        # newest first, so that of too many the oldest go
        for entry in sorted(self.outbox.waiting.values(), key=lambda e: -e.created):
            counts[entry.channel] = counts.get(entry.channel, 0) + 1
            line = self._lines.get(entry.channel)
            if now - entry.created > self._give_up_s:
                self.outbox.settle(entry, "too old", now)
            elif counts[entry.channel] > MOST:
                self.outbox.settle(entry, "too many", now)
            else:
                continue
            if line is not None and not line.gave_up:
                line.gave_up = True
                self._event(line, f"gave up an alert: {line.reason or 'never taken'}", "warning")

    async def _serve(self, line: "_Line") -> None:
        """Send what waits for one channel, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            line.wake.clear()
            retiring = self._retire.is_set()
            entry = None if retiring else line.next(self.outbox.waiting.values(), loop.time())
            if entry is None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(line.wake.wait(), line.pause(loop.time()))
                continue
            try:
                alert = _alerts.decode(entry.payload)
            except msgspec.DecodeError:
                # of a newer divmon, or a damaged archive
                self.outbox.settle(entry, "refused", self._clock.now())
                continue
            line.sending = True
            try:
                await line.channel.send(alert, entry.payload)
            except TransientError as error:
                self._failed(line, entry, error, line.transient(entry, loop.time()))
            except RateLimitedError as error:
                self._failed(line, entry, error, line.quiet(entry, loop.time(), error.retry_after))
            else:
                self.outbox.settle(entry, "sent", self._clock.now())
                if line.failures >= TELL_AFTER:
                    self._event(line, "takes alerts again", "info")
                line.succeeded()
            finally:
                line.sending = False

    def _failed(self, line: "_Line", entry: Entry, error: Exception, wait: float) -> None:
        self.outbox.failed(entry)
        line.reason = clean(str(error))
        if line.failures == TELL_AFTER:
            self._event(line, f"{line.reason}; trying again in {wait:.0f} s, and on", "warning")

    def _event(self, line: "_Line", text: str, severity: Severity) -> None:
        name = line.channel.name.lstrip(":")
        self._tell(Event(self._clock.now(), "delivery", name, f"{name}: {text}", severity))


class _Line:
    """One channel, and how it has been doing."""

    def __init__(
        self, channel: Channel, least: str, waits: Waits, jitter: Callable[[], float]
    ) -> None:
        self.channel = channel
        self.least = least
        self.failures = 0  # in a row
        self.reason = ""
        self.gave_up = False
        self.sending = False
        self.wake = asyncio.Event()
        self._tried: Counter[Key] = Counter()  # since it last took anything
        self._waits = waits
        self._jitter = jitter
        self._again = 0.0  # when retries go on, by the loop's clock
        self._quiet = 0.0  # when anything at all does

    def next(self, waiting: Iterable[Entry], now: float) -> Entry | None:
        """Return what to try now: the least tried first, so that nothing blocks the rest."""
        mine = [entry for entry in waiting if entry.channel == self.channel.name]
        if not mine or now < self._quiet:
            return None
        entry = min(mine, key=lambda each: self._tried[each.key])
        # one that has failed before waits; a new one does not
        return entry if not self._tried[entry.key] or now >= self._again else None

    def pause(self, now: float) -> float | None:
        """Return how long there is nothing to try, in seconds; None: until something comes."""
        until = max(self._again, self._quiet)
        return until - now if until > now else None

    def transient(self, entry: Entry, now: float) -> float:
        """Note a failure; return the wait, in seconds."""
        wait = self._waits.transient(self.failures, self._jitter())
        self._fail(entry)
        self._again = now + wait
        return wait

    def quiet(self, entry: Entry, now: float, told: float | None) -> float:
        """Note that the receiver asked for quiet; return the wait, in seconds."""
        wait = self._waits.quiet(self.failures, told)
        self._fail(entry)
        self._quiet = now + wait
        return wait

    def succeeded(self) -> None:
        self.failures = 0
        self.reason = ""
        self.gave_up = False
        self._tried.clear()
        self._again = self._quiet = 0.0

    def _fail(self, entry: Entry) -> None:
        self.failures += 1
        self._tried[entry.key] += 1


def channels(
    settings: Settings, *, env: Mapping[str, str] = os.environ
) -> list[tuple[Channel, str]]:
    """Return every channel of the settings that works here, and the least severity it takes."""
    desktop = Desktop(env)
    found: list[tuple[Channel, str]] = []
    if settings.notify.desktop != "never" and not desktop.missing():
        found.append((desktop, settings.notify.desktop))
    connection = network.load(settings.network, env) if settings.channels else None
    for name, channel in settings.channels.items():
        assert connection is not None
        found.append((_channel(name, channel, connection, env), channel.severity))
    return found


def _channel(
    name: str, settings: ChannelSettings, connection: Network, env: Mapping[str, str]
) -> Channel:
    if settings.command:
        return Command(name, settings, env)
    if settings.webhook:
        return Webhook(name, settings, connection, env)
    return Push(name, settings, connection, env)
