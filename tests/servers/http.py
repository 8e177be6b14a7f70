"""A small HTTP server on loopback that misbehaves on request.

    with HttpServer() as server:
        server.script(reply(500), reset())      # the next two requests; then `server.default`
        … post to server.url …
        server.requests[0].json()

It runs in a thread of its own, so that the code under test may block, and speaks HTTP by hand, so that
it can break every rule. What a request is answered with is a Behaviour, see `tests.servers.behaviours`.
"""

import asyncio
import json
import ssl
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qsl

BODY_LIMIT = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Received:
    """One request. `at`: `time.monotonic()`; `connection`: from 1; `open`: how many were being answered."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes
    at: float
    connection: int
    open: int

    def header(self, name: str) -> str | None:
        """The header's value; several are joined by a comma, None if there is none."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None

    def json(self) -> Any:
        return json.loads(self.body)

    def form(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode(), keep_blank_values=True)


@dataclass(slots=True)
class Exchange:
    """What a behaviour works with. `keep`: whether the connection serves another request after it."""

    request: Received
    writer: asyncio.StreamWriter
    keep: bool = True

    async def write(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()


Behaviour = Callable[[Exchange], Awaitable[None]]


async def ok(exchange: Exchange) -> None:
    """200, an empty body, and the connection stays open."""
    await exchange.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


class HttpServer:
    """Records every request, answers as scripted. `tls`: an SSL context makes it https.

    `greeting` is said on connecting, before any request.
    """

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", greeting: bytes = b""
    ) -> None:
        self.requests: list[Received] = []
        self.default: Behaviour = ok
        self.answer_at_once: Behaviour | None = None  # to a request whose body is not read
        self.connections = 0
        self.peak = 0
        self._open = 0
        # Nothing else holds on to a behaviour that waits for ever, once its client is gone.
        self._serving: set[asyncio.Task[None] | None] = set()
        self._script: deque[Behaviour] = deque()
        self._tls, self._host, self._greeting = tls, host, greeting
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="test http server", daemon=True)
        self._arrived = threading.Condition()
        self._ready = threading.Event()
        self._server: asyncio.Server | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """The server's root, with its port."""
        scheme = "https" if self._tls else "http"
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{scheme}://{host}:{self.port}/"

    @property
    def open(self) -> int:
        """How many requests are being answered."""
        return self._open

    def script(self, *behaviours: Behaviour) -> None:
        """What answers the next requests, in order of arrival."""
        self._script.extend(behaviours)

    def wait(self, count: int, seconds: float = 5) -> list[Received]:
        """The requests, as soon as there are `count`. Raises AssertionError after `seconds`."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.requests) >= count, seconds):
                raise AssertionError(f"{len(self.requests)} of {count} requests came within {seconds} s")
        return self.requests

    def stop_listening(self) -> None:
        """Refuses new connections. To be called by a behaviour, in the server's own thread."""
        assert self._server is not None
        self._server.close()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, self._host, 0, ssl=self._tls, limit=64 * 1024)
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        self._server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        connection = self.connections
        self._serving.add(asyncio.current_task())
        writer.write(self._greeting)
        with suppress(OSError, EOFError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while (request := await self._read(reader, connection)) is not None:
                exchange = Exchange(request, writer)
                await self._answer(exchange)
                if not exchange.keep:
                    break
        writer.close()
        self._serving.discard(asyncio.current_task())

    async def _answer(self, exchange: Exchange) -> None:
        behaviour = self.answer_at_once or (self._script.popleft() if self._script else self.default)
        try:
            await behaviour(exchange)
        finally:
            self._open -= 1

    async def _read(self, reader: asyncio.StreamReader, connection: int) -> Received | None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        except asyncio.IncompleteReadError:
            return None
        method, path, _version = head[0].split(" ")
        headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in head[1:-2])]
        length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
        body = b"" if self.answer_at_once else await reader.readexactly(min(length, BODY_LIMIT))
        self._open += 1
        self.peak = max(self.peak, self._open)
        request = Received(method, path, headers, body, time.monotonic(), connection, self._open)
        with self._arrived:
            self.requests.append(request)
            self._arrived.notify_all()
        return request
