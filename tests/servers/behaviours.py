"""Ways to answer a request, good and bad, for `tests.servers.http.HttpServer.script`."""

import asyncio
import socket
import struct
import zlib
from collections.abc import Mapping

from tests.servers.http import Behaviour, Exchange

MIB = 1024 * 1024


def reply(
    status: int = 200,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    *,
    delay: float = 0,
    close: bool = False,
) -> Behaviour:
    """A proper answer, after `delay` seconds; `close` ends the connection after it."""

    async def behave(exchange: Exchange) -> None:
        await asyncio.sleep(delay)
        lines = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        await exchange.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        exchange.keep = not close

    return behave


def echo(status: int = 200) -> Behaviour:
    """Answers with the request's own header and body."""

    async def behave(exchange: Exchange) -> None:
        request = exchange.request
        said = "\n".join(f"{name}: {value}" for name, value in request.headers).encode()
        await reply(status, said + b"\n\n" + request.body)(exchange)

    return behave


def raw(data: bytes, *, close: bool = True) -> Behaviour:
    """These bytes and nothing else."""

    async def behave(exchange: Exchange) -> None:
        await exchange.write(data)
        exchange.keep = not close

    return behave


def hang() -> Behaviour:
    """No answer, and the connection stays."""

    async def behave(exchange: Exchange) -> None:
        await asyncio.Event().wait()

    return behave


def empty() -> Behaviour:
    """Closes without an answer."""

    async def behave(exchange: Exchange) -> None:
        exchange.keep = False

    return behave


def reset(before: bytes = b"") -> Behaviour:
    """Sends `before`, then a TCP reset."""

    async def behave(exchange: Exchange) -> None:
        if before:
            await exchange.write(before)
            await asyncio.sleep(0.05)
        connection: socket.socket = exchange.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        exchange.writer.transport.abort()
        exchange.keep = False

    return behave


def trickle(data: bytes, every: float) -> Behaviour:
    """One byte at a time."""

    async def behave(exchange: Exchange) -> None:
        for byte in data:
            await exchange.write(bytes([byte]))
            await asyncio.sleep(every)

    return behave


def trickled_headers(every: float = 0.05) -> Behaviour:
    """A header that never ends, a byte at a time."""
    return trickle(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 10_000, every)


def trickled_body(status: int = 200, every: float = 0.05) -> Behaviour:
    """A whole header, then a body a byte at a time."""

    async def behave(exchange: Exchange) -> None:
        await exchange.write(b"HTTP/1.1 %d Status\r\nContent-Length: 10000\r\n\r\n" % status)
        await trickle(b"a" * 10_000, every)(exchange)

    return behave


def wrong_length(status: int = 200, body: bytes = b"short", announced: int = 100) -> Behaviour:
    """Announces more than it sends."""
    return raw(b"HTTP/1.1 %d Status\r\nContent-Length: %d\r\n\r\n%b" % (status, announced, body))


def ssh_banner() -> Behaviour:
    """Another protocol."""
    return raw(b"SSH-2.0-OpenSSH_9.9\r\n")


def huge_body(mebibytes: int = 1024) -> Behaviour:
    """A body far beyond what is kept."""

    async def behave(exchange: Exchange) -> None:
        await exchange.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (mebibytes * MIB))
        for _ in range(mebibytes):
            await exchange.write(b"x" * MIB)

    return behave


def endless_headers() -> Behaviour:
    """Header after header, until the other side has enough."""

    async def behave(exchange: Exchange) -> None:
        await exchange.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            await exchange.write(b"X-More: %b\r\n" % (b"a" * 1000))

    return behave


def gzip_bomb(mebibytes: int = 256) -> Behaviour:
    """A small body that unpacks to a large one."""

    async def behave(exchange: Exchange) -> None:
        packer = zlib.compressobj(1, wbits=31)
        parts = [packer.compress(b"\0" * MIB) for _ in range(mebibytes)]
        packed = b"".join(parts) + packer.flush()
        await reply(200, packed, {"Content-Encoding": "gzip", "Content-Type": "text/plain"})(exchange)

    return behave
