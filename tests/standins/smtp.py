"""An SMTP server on loopback, as far as a mail needs one (RFC 5321).

`script` takes, for the connections to come: "421" (busy), "451" (after DATA: try
again), "drop" (resets after DATA), "hang". Then all is well.
"""

import asyncio
import contextlib
import email
import email.policy
import threading
import time
from collections import deque
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Self


@dataclass(frozen=True)
class Mail:
    """One mail that was taken."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.content, policy=email.policy.default)


class Smtp:
    """The server, in a thread and a loop of its own."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.script: deque[str] = deque()
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="smtp", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the SMTP server did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def wait_for(self, count: int, timeout: float = 20.0) -> None:
        deadline = time.monotonic() + timeout
        while len(self.mails) < count:
            assert time.monotonic() < deadline, f"{len(self.mails)} of {count} mails have arrived"
            time.sleep(0.01)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        how = self.script.popleft() if self.script else ""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._session(how, reader, writer)
        writer.transport.abort()

    async def _session(
        self, how: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if how == "hang":
            await self._stop.wait()
        if how == "421":
            await _say(writer, "421 too busy")
            return
        await _say(writer, "220 standin ESMTP")
        sender, recipients = "", []
        while line := (await reader.readline()).decode("latin-1").strip():
            verb = line.upper()
            if verb.startswith("EHLO"):
                await _say(writer, "250-standin\r\n250 8BITMIME")
            elif verb.startswith("MAIL FROM:"):
                sender = _address(line)
                await _say(writer, "250 ok")
            elif verb.startswith("RCPT TO:"):
                recipients.append(_address(line))
                await _say(writer, "250 ok")
            elif verb == "DATA":
                await _say(writer, "354 go on")
                content = await reader.readuntil(b"\r\n.\r\n")
                if how == "451":
                    await _say(writer, "451 try again later")
                    continue
                text = content[:-5].replace(b"\r\n..", b"\r\n.")
                self.mails.append(Mail(sender, tuple(recipients), text))
                if how == "drop":
                    return
                await _say(writer, "250 taken")
            elif verb == "QUIT":
                await _say(writer, "221 bye")
                return
            else:
                await _say(writer, "250 ok")


async def _say(writer: asyncio.StreamWriter, line: str) -> None:
    writer.write(f"{line}\r\n".encode())
    await writer.drain()


def _address(line: str) -> str:
    return line.partition("<")[2].partition(">")[0]
