"""The partners' end: answers 200 as fast as Python can, at once or after a while, and writes down what came.

POST /ok/…            200 at once
POST /hang/15/…       200 after 15 seconds
GET  /books           {"open": now, "peak": most at once, "came": [[time, path, webhook-id], …]}
GET  /count           how many came
GET  /quick           how many came to /ok/…, without a look at each
GET  /reset           forgets what came
"""

import asyncio
import json
import sys
import time

import uvloop

ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 85\r\nServer: bench\r\n"
    b"Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n\r\n"
)
ANSWER += b'{"status":"accepted","padding":"%b"}' % (b"x" * (85 - 34))


class Books:
    """What came, and how many requests are being answered."""

    def __init__(self) -> None:
        self.open = 0
        self.peak = 0
        self.quick = 0
        self.came: list[tuple[float, str, str]] = []

    def reset(self) -> None:
        self.peak = self.open
        self.quick = 0
        self.came = []


class Receiver(asyncio.Protocol):
    """One connection; requests come one after the other, as HTTP clients without pipelining send them."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._data = b""
        self._transport: asyncio.WriteTransport
        self._waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a stream's transport writes

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._books.open -= 1

    def data_received(self, data: bytes) -> None:
        data = self._data + data if self._data else data
        end = data.find(b"\r\n\r\n")
        if end < 0 or len(data) < end + 4 + _length(data, end):
            self._data = data
            return
        self._data = b""
        method, path, _ = data[: data.index(b"\r\n")].split(b" ", 2)
        if method == b"GET":
            self._tell(path)
        else:
            self._take(path.decode("ascii"), _header(data, b"webhook-id: ", end))

    def _take(self, path: str, webhook_id: str) -> None:
        books = self._books
        books.came.append((time.time(), path, webhook_id))
        books.quick += path.startswith("/ok/")
        books.peak = max(books.peak, books.open + 1)
        if not path.startswith("/hang/"):
            self._transport.write(ANSWER)
            return
        books.open += 1
        seconds = float(path.split("/")[2])
        self._waiting = asyncio.get_running_loop().call_later(seconds, self._answer)

    def _answer(self) -> None:
        self._waiting = None
        self._books.open -= 1
        self._transport.write(ANSWER)

    def _tell(self, path: bytes) -> None:
        books = self._books
        if path == b"/reset":
            books.reset()
        said: object = len(books.came)
        if path == b"/quick":
            said = books.quick
        if path == b"/books":
            said = {"open": books.open, "peak": books.peak, "came": books.came}
        body = json.dumps(said).encode()
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


def _length(data: bytes, end: int) -> int:
    return int(_header(data, b"content-length: ", end) or 0)


def _header(data: bytes, name: bytes, end: int) -> str:
    """The header's value; `name` in small letters with ": "."""
    at = data.find(name, 0, end)
    if at < 0:
        at = data[:end].lower().find(name)
    if at < 0:
        return ""
    stop = data.find(b"\r\n", at)
    return data[at + len(name) : stop].decode("ascii")


async def serve() -> None:
    """Listens on a free port, says it, and serves until it is ended."""
    books = Books()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Receiver(books), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    sys.exit(uvloop.run(serve()))
