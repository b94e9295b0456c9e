"""A loopback internet: real host names, TLS by a test CA, reached through a CONNECT proxy."""

import asyncio
import contextlib
import ssl
import tempfile
import threading
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, Self, TypeVar

import trustme
from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
T = TypeVar("T")


class Internet:
    """Serves `hosts` on loopback, in a thread and an event loop of its own.

    Because it has its own thread, blocking clients and child processes can use it
    too. Scripted faults are plain attributes, safe to change while it runs:

    unreachable: hosts that the proxy answers 502 for, as when a name does not resolve
    blackholes:  hosts whose tunnels are never answered (the CONNECT hangs)
    frozen:      hosts whose open tunnels carry no more bytes, and no reset either
    `cut(host)` resets the host's open tunnels.
    """

    def __init__(self) -> None:
        self.hosts: dict[str, Handler] = {}
        self.unreachable: set[str] = set()
        self.blackholes: set[str] = set()
        self.frozen: set[str] = set()
        self.connects: list[str] = []  # "host:port", one for each CONNECT seen
        self._tunnels: dict[str, set[asyncio.StreamWriter]] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="divmon-internet-")
        self.ca_file = Path(self._folder.name) / "ca.pem"
        self.proxy_url = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="internet", daemon=True)
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._tls_port = 0

    def add(self, host: str, handler: Handler) -> None:
        """Serve `host`, on every port that a client asks for. Before `start`."""
        self.hosts[host] = handler

    @property
    def env(self) -> dict[str, str]:
        """The two variables that lead any of our clients here, and nowhere else."""
        return {
            "HTTPS_PROXY": self.proxy_url,
            "HTTP_PROXY": self.proxy_url,
            "NO_PROXY": "",
            "SSL_CERT_FILE": str(self.ca_file),
        }

    def start(self) -> Self:
        self._thread.start()
        if not self._ready.wait(20):
            raise RuntimeError("the loopback internet did not start")
        return self

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(10)
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the internet's own loop, from any other thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def cut(self, host: str) -> int:
        """Reset every open tunnel to `host`; return how many there were."""

        async def reset() -> int:
            writers = list(self._tunnels.get(host, ()))
            for writer in writers:
                writer.transport.abort()
            return len(writers)

        return self.call(reset())

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        with contextlib.suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.ca_file))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(*(list(self.hosts) or ["localhost"])).configure_cert(context)
        runner = web.ServerRunner(web.Server(self._dispatch), shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        self._tls_port = runner.addresses[0][1]
        proxy = await asyncio.start_server(self._tunnel, "127.0.0.1", 0)
        self.proxy_url = f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._stop.wait()
        proxy.close()
        for writers in self._tunnels.values():
            for writer in list(writers):
                writer.transport.abort()
        await runner.cleanup()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _dispatch(self, request: web.BaseRequest) -> web.StreamResponse:
        host = request.host.partition(":")[0]
        handler = self.hosts.get(host)
        if handler is None:
            return web.Response(status=421, text=f"no stand-in for {host}")
        return await handler(request)  # type: ignore[arg-type]

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
            return
        method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
        host = target.rpartition(":")[0]
        self.connects.append(target)
        if host in self.blackholes:
            try:
                await self._stop.wait()
            finally:
                writer.transport.abort()
            return
        if method != "CONNECT" or host not in self.hosts or host in self.unreachable:
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            writer.close()
            return
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._tls_port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        ends = self._tunnels.setdefault(host, set())
        ends |= {writer, up_writer}
        pumps = [
            asyncio.create_task(self._pump(host, reader, up_writer)),
            asyncio.create_task(self._pump(host, up_reader, writer)),
        ]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        ends -= {writer, up_writer}
        for end in (writer, up_writer):
            with contextlib.suppress(ConnectionError):
                end.close()

    async def _pump(
        self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                while host in self.frozen:
                    await asyncio.sleep(0.02)
                writer.write(data)
                await writer.drain()
